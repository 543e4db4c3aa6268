/* SPDX-License-Identifier: Apache-2.0 */
/* .if and its like, and the environment. The conditions themselves are in predicates.c. */
#include "conf/haproxy/preprocess.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

/* As in HAProxy. */
enum { IF_DEPTH_MAX = 16 };

enum branch {
    BRANCH_TAKEN,    /* its lines are read */
    BRANCH_WAITING,  /* not yet: an .elif or .else may be */
    BRANCH_FINISHED, /* one before it was taken, or the whole .if stands where nothing is read */
};
struct preprocessor {
    struct {
        enum branch branch;
        bool had_else;
        struct where at;
    } level[IF_DEPTH_MAX];
    uint32_t depth;
};

static bool is_skipping(const struct preprocessor *p)
{
    return p->depth > 0 && p->level[p->depth - 1].branch != BRANCH_TAKEN;
}

/* The words behind the directive, as one text. */
static struct span rest_of(struct build *b, const struct statement *s)
{
    struct span all = SPAN("");
    for (uint32_t i = 1; i < s->words.count; i++)
        all =
            arena_printf(b->arena, "%.*s%s%.*s", SPAN_ARGS(all), i > 1 ? " " : "", SPAN_ARGS(text_at(s, i)));
    return all;
}

static bool holds(struct build *b, const struct statement *s)
{
    struct where at = s->at;
    if (s->words.count > 1) {
        at.offset = word_at(s, 1)->at.offset;
        at.length = s->at.offset + s->at.length - at.offset;
    }
    return haproxy_predicate(b, rest_of(b, s), at);
}

static void on_if(struct build *b, const struct statement *s)
{
    struct preprocessor *p = b->preprocessor;
    if (p->depth == IF_DEPTH_MAX) {
        diag_add(b->diags, &conf_too_deep, s->at, DIAG_TEXT(arena_printf(b->arena, "%d", IF_DEPTH_MAX)));
        return;
    }
    enum branch branch = BRANCH_FINISHED;
    if (!is_skipping(p))
        branch = holds(b, s) ? BRANCH_TAKEN : BRANCH_WAITING;
    p->level[p->depth].branch = branch;
    p->level[p->depth].had_else = false;
    p->level[p->depth].at = s->at;
    p->depth++;
}

/* .elif, .else and .endif need an open .if, and the first two none after .else. */
static bool is_open(struct build *b, const struct statement *s, bool ends)
{
    const struct preprocessor *p = b->preprocessor;
    if (p->depth == 0) {
        diag_add(b->diags, &haproxy_if_lone, s->at, DIAG_TEXT(text_at(s, 0)));
        return false;
    }
    if (!ends && p->level[p->depth - 1].had_else) {
        struct diag *d = diag_add(b->diags, &haproxy_if_after_else, s->at, DIAG_TEXT(text_at(s, 0)));
        diag_also(b->diags, d, p->level[p->depth - 1].at, "this .if");
        return false;
    }
    return true;
}

static void on_elif(struct build *b, const struct statement *s)
{
    if (!is_open(b, s, false))
        return;
    enum branch *branch = &b->preprocessor->level[b->preprocessor->depth - 1].branch;
    if (*branch == BRANCH_WAITING)
        *branch = holds(b, s) ? BRANCH_TAKEN : BRANCH_WAITING;
    else
        *branch = BRANCH_FINISHED;
}

static void on_else(struct build *b, const struct statement *s)
{
    if (!is_open(b, s, false))
        return;
    struct preprocessor *p = b->preprocessor;
    enum branch *branch = &p->level[p->depth - 1].branch;
    *branch = *branch == BRANCH_WAITING ? BRANCH_TAKEN : BRANCH_FINISHED;
    p->level[p->depth - 1].had_else = true;
}

static void on_endif(struct build *b, const struct statement *s)
{
    if (is_open(b, s, true))
        b->preprocessor->depth--;
}

static void on_message(struct build *b, const struct statement *s)
{
    static const struct {
        const char *word;
        const struct diag_kind *kind;
    } messages[] = {
        { ".notice", &haproxy_notice },
        { ".warning", &haproxy_warning },
        { ".alert", &haproxy_alert },
    };
    if (is_skipping(b->preprocessor))
        return;
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        if (text_is(s, 0, messages[i].word))
            diag_add(b->diags, messages[i].kind, s->at, DIAG_TEXT(rest_of(b, s)));
    /* .diag speaks only when asked for (-dD), which nobody can ask here */
}

bool haproxy_preprocess(struct build *b, const struct statement *s)
{
    static const struct {
        const char *word;
        void (*run)(struct build *b, const struct statement *s);
    } directives[] = {
        { ".if", on_if },           { ".elif", on_elif },     { ".else", on_else },
        { ".endif", on_endif },     { ".diag", on_message },  { ".notice", on_message },
        { ".warning", on_message }, { ".alert", on_message },
    };
    for (size_t i = 0; i < COUNT_OF(directives); i++) {
        if (text_is(s, 0, directives[i].word)) {
            directives[i].run(b, s);
            return true;
        }
    }
    return is_skipping(b->preprocessor);
}

void haproxy_preprocess_begin(struct build *b)
{
    b->preprocessor = ARENA_NEW(b->arena, struct preprocessor);
}

void haproxy_preprocess_end(struct build *b)
{
    for (uint32_t i = 0; i < b->preprocessor->depth; i++)
        diag_add(b->diags, &haproxy_if_open, b->preprocessor->level[i].at, DIAG_NO_TEXT);
}

/* ---- the environment ---- */

static void set_variable(struct build *b, struct span name, struct span value)
{
    struct span *kept = ARENA_NEW(b->arena, struct span);
    *kept = value;
    (void)map_put(b->arena, &b->environment, name, kept);
}

bool haproxy_variable(struct build *b, struct span name, struct span *value)
{
    const struct span *set = map_get(&b->environment, name);
    if (set) {
        *value = *set;
        return set->ptr != NULL; /* NULL: unsetenv */
    }
    if (b->environment_reset)
        return false;
    struct answer a = world_ask(b->world, ASK_ENV, arena_span(b->arena, name));
    *value = a.bytes.ptr ? arena_span(b->arena, a.bytes) : SPAN("");
    return a.error == 0;
}

static struct span line_number(struct build *b)
{
    struct where here = { .source = b->file_source, .offset = words_offset(b->words), .length = 0 };
    struct span name;
    uint32_t line = 0, column;
    (void)diags_place(b->diags, here, &name, &line, &column);
    return arena_printf(b->arena, "%u", line);
}

bool haproxy_expand(struct build *b, struct span name, struct span *value)
{
    if (is_skipping(b->preprocessor)) { /* nobody reads this line: no note that a variable is unset */
        *value = SPAN("");
        return true;
    }
    if (span_eq(name, SPAN(".FILE")))
        *value = b->file;
    else if (span_eq(name, SPAN(".LINE")))
        *value = line_number(b);
    else if (span_eq(name, SPAN(".SECTION")))
        *value = b->draft && b->draft->name.len ? b->draft->name : span_from(haproxy_section_name(b));
    else
        return haproxy_variable(b, name, value);
    return true;
}

void haproxy_environment_begin(struct build *b, const struct span *files, uint32_t count)
{
    map_init(&b->environment, false);
    struct span all = SPAN("");
    for (uint32_t i = 0; i < count; i++)
        all = arena_printf(b->arena, "%.*s%s%.*s", SPAN_ARGS(all), i ? ";" : "", SPAN_ARGS(files[i]));
    set_variable(b, SPAN("HAPROXY_CFGFILES"), all);
    set_variable(b, SPAN("HAPROXY_MWORKER"), SPAN("1"));
    set_variable(b, SPAN("HAPROXY_STARTUP_VERSION"), SPAN(HAPROXY_VERSION));
    set_variable(b, SPAN("HAPROXY_BRANCH"), SPAN(HAPROXY_BRANCH));
    struct answer host = world_ask(b->world, ASK_HOSTNAME, SPAN(""));
    struct span peer = b->options && b->options->node_name.len ? b->options->node_name : host.bytes;
    if (peer.len)
        set_variable(b, SPAN("HAPROXY_LOCALPEER"), arena_span(b->arena, peer));
}

static void on_setenv(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct span value;
    bool keep = span_eq(span_from(k->name), SPAN("presetenv"));
    if (keep && haproxy_variable(b, text_at(s, 1), &value))
        return;
    set_variable(b, text_at(s, 1), text_at(s, 2));
    *ARENA_PUSH(b->arena, &b->config->process.environment) =
        (struct env_setting){ .name = text_at(s, 1), .value = text_at(s, 2) };
}

static void unset(struct build *b, struct span name)
{
    set_variable(b, name, span_of(NULL, 0));
    *ARENA_PUSH(b->arena, &b->config->process.environment) =
        (struct env_setting){ .name = name, .unset = true };
}

static void on_unsetenv(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    for (uint32_t i = 1; i < s->words.count; i++)
        unset(b, text_at(s, i));
}

/* Drops every variable but those that are named. */
static void on_resetenv(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct map kept;
    map_init(&kept, false);
    for (uint32_t i = 1; i < s->words.count; i++) {
        struct span value, *copy = ARENA_NEW(b->arena, struct span);
        if (!haproxy_variable(b, text_at(s, i), &value))
            continue;
        *copy = value;
        (void)map_put(b->arena, &kept, text_at(s, i), copy);
    }
    b->environment = kept;
    b->environment_reset = true;
}

const struct keyword haproxy_environment_words[] = {
    { "setenv", IN_GLOBAL, 2, 2, .handle = on_setenv, .manual = "sets a variable of the environment" },
    { "presetenv", IN_GLOBAL, 2, 2, .handle = on_setenv,
      .manual = "sets a variable unless it is set already" },
    { "unsetenv", IN_GLOBAL, 1, ARGS_ANY, .handle = on_unsetenv, .manual = "removes variables" },
    { "resetenv", IN_GLOBAL, 0, ARGS_ANY, .handle = on_resetenv,
      .manual = "removes every variable but those that are named" },
    { NULL },
};
