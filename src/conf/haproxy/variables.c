/* SPDX-License-Identifier: Apache-2.0 */
/* Variables: their names and scopes, set-var and unset-var of rules, set-var of `global`. */
#include "base/macros.h"
#include "conf/haproxy/rules.h"

static const struct {
    const char *scope;
    enum { OF_STREAM, OF_SESSION, OF_PROCESS, OF_NOBODY } whose;
} scopes[] = {
    { "txn.", OF_STREAM },   { "req.", OF_STREAM },   { "res.", OF_STREAM },   { "sess.", OF_SESSION },
    { "proc.", OF_PROCESS }, { "psess.", OF_NOBODY }, { "check.", OF_NOBODY },
};

bool haproxy_variable_slot(struct build *b, const struct word *w, struct span name, uint32_t *slot)
{
    for (size_t i = 0; i < COUNT_OF(scopes); i++) {
        struct span scope = span_from(scopes[i].scope);
        if (!span_starts_with(name, scope) || name.len == scope.len)
            continue;
        struct span kept = arena_printf(b->arena, "%.*s", SPAN_ARGS(name));
        if (scopes[i].whose == OF_NOBODY) {
            diag_add(b->diags, &haproxy_variable_scope, w->at, DIAG_TEXT(name));
            return false;
        }
        *slot = scopes[i].whose == OF_STREAM
                    ? config_slot(b->config, kept)
                    : config_kept_slot(b->config, kept, scopes[i].whose == OF_PROCESS);
        return true;
    }
    diag_add(b->diags, &haproxy_variable_name, w->at, DIAG_TEXT(name));
    return false;
}

static const struct {
    const char *name;
    unsigned bit;
} conditions[] = {
    { "ifexists", SLOT_IF_SET },     { "ifnotexists", SLOT_IF_NOT_SET }, { "ifset", SLOT_IF_SET },
    { "ifnotset", SLOT_IF_NOT_SET }, { "ifempty", SLOT_IF_EMPTY },       { "ifnotempty", SLOT_IF_NOT_EMPTY },
    { "ifgt", SLOT_IF_GREATER },     { "iflt", SLOT_IF_LESS },
};

static bool take_condition(struct build *b, const struct word *w, struct span name, unsigned *when)
{
    const char *names[COUNT_OF(conditions) + 1] = { NULL };
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        names[i] = conditions[i].name;
        if (!span_eq(name, span_from(conditions[i].name)))
            continue;
        *when |= conditions[i].bit;
        return true;
    }
    struct diag *d = diag_add(b->diags, &haproxy_action_word, w->at, DIAG_TEXT(name, SPAN("set-var")));
    const char *near = diag_nearest(name, names);
    if (near)
        diag_help(b->diags, d, "did you mean `%s`?", near);
    return false;
}

bool haproxy_variable_when(struct build *b, const struct word *w, struct span text, uint32_t *slot,
                           unsigned *when)
{
    struct span rest = text, name = span_cut(&rest, ',');
    *when = SLOT_IF_FOUND;
    if (!haproxy_variable_slot(b, w, name, slot))
        return false;
    while (rest.ptr)
        if (!take_condition(b, w, span_cut(&rest, ','), when))
            return false;
    return true;
}

/* ---- rules ---- */

static const struct expr *value_at(struct build *b, const struct statement *s, uint32_t i, bool format)
{
    struct sample sample;
    if (format)
        return haproxy_format(b, word_at(s, i), FORMAT_VALUE);
    return haproxy_sample(b, word_at(s, i), false, &sample) ? sample.expr : NULL;
}

void haproxy_on_set_var(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint32_t slot;
    unsigned when;
    if (!haproxy_variable_when(b, word_at(s, 1), text_at(s, 1), &slot, &when))
        return;
    const struct expr *value = value_at(b, s, 2, k->low);
    if (value == NULL)
        return;
    struct action *a = haproxy_action(b, ACTION_SET_SLOT);
    a->number = slot;
    a->number2 = when;
    a->expr = value;
}

/* Without an expression the variable is unset. */
void haproxy_on_unset_var(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint32_t slot;
    (void)k;
    if (haproxy_variable_slot(b, word_at(s, 1), text_at(s, 1), &slot))
        haproxy_action(b, ACTION_SET_SLOT)->number = slot;
}

/* ---- global ---- */

static void on_global(struct build *b, const struct keyword *k, const struct statement *s)
{
    *ARENA_PUSH(b->arena, &b->global.variables) = (struct line){ .s = *s, .row = k };
}

static void compile_value(struct build *b, const struct statement *s, bool format)
{
    const struct word *name = word_at(s, 1);
    struct process_value v;
    if (!span_starts_with(name->text, SPAN("proc."))) {
        diag_add(b->diags, &haproxy_variable_process, name->at, DIAG_TEXT(name->text));
        return;
    }
    if (!haproxy_variable_slot(b, name, name->text, &v.slot))
        return;
    v.expr = value_at(b, s, 2, format);
    if (v.expr == NULL)
        return;
    if (v.expr->needs != NEEDS_NOTHING) {
        diag_add(b->diags, &haproxy_variable_early, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2)));
        return;
    }
    *ARENA_PUSH(b->arena, &b->config->process_values) = v;
}

void haproxy_compile_process_values(struct build *b)
{
    if (b->global.variables.count == 0)
        return;
    b->at = haproxy_draft_new(b, IN_GLOBAL, NULL); /* nobody's section */
    for (uint32_t i = 0; i < b->global.variables.count; i++)
        compile_value(b, &b->global.variables.items[i].s, b->global.variables.items[i].row->low);
}

const struct keyword haproxy_variable_words[] = {
    { "set-var", IN_GLOBAL, 2, 2, .handle = on_global,
      .manual = "proc.NAME EXPRESSION: what a variable of the process begins as" },
    { "set-var-fmt", IN_GLOBAL, 2, 2, .handle = on_global, .low = 1, .manual = "proc.NAME FORMAT: the same" },
    { NULL },
};
