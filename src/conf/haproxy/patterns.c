/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of patterns that the control socket and rules may change: which there are, and what they are called.
 */
#include "model/patterns.h"

#include "conf/haproxy/acl.h"
#include "conf/haproxy/rules.h"

static void put_place(struct build *b, struct buf *out, const struct pattern_user *u, struct where at)
{
    struct span name = SPAN("");
    uint32_t line = 0, column;

    (void)diags_place(b->diags, at, &name, &line, &column);
    buf_printf(out, "%s at file '%.*s' line %u", u->of_map ? "map" : "acl", SPAN_ARGS(name), line);
}

static void say_use(struct build *b, struct pattern_list *l, const struct pattern_user *u, struct where at)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    if (l->about.len == 0)
        buf_printf(&text, "pattern loaded from file '%.*s' used by ", SPAN_ARGS(l->file));
    else
        buf_printf(&text, "%.*s, by ", SPAN_ARGS(l->about));
    put_place(b, &text, u, at);
    l->about = arena_span(b->arena, buf_span(&text));
    buf_fini(&text);
}

struct pattern_list *haproxy_pattern_file(struct build *b, const struct word *w, struct pattern_user *u,
                                          bool *fresh)
{
    struct span identity = arena_printf(b->arena, "haproxy:file %.*s", SPAN_ARGS(w->text));
    struct pattern_list *l = config_find_pattern_list(b->config, identity);

    if (l == NULL)
        l = config_add_pattern_list(b->config, arena_span(b->arena, w->text), identity);
    if (!l->loaded)
        l->at = w->at;
    *fresh = !l->loaded;
    l->loaded = true;
    pattern_user_add(b->config, u, l);
    if (l->users.count < 100) /* a line of a hundred places says enough */
        say_use(b, l, u, w->at);
    return l;
}

/* "hdr" of "hdr(host)" */
static struct span bare_name(struct span criterion)
{
    size_t end = 0;

    while (end < criterion.len && criterion.ptr[end] != '(' && criterion.ptr[end] != ',')
        end++;
    return span_first(criterion, end);
}

static bool id_is_free(const struct build *b, uint64_t id)
{
    for (uint32_t i = 0; i < b->config->pattern_lists.count; i++)
        if (b->config->pattern_lists.items[i]->id == (int64_t)id)
            return false;
    return true;
}

struct pattern_list *haproxy_pattern_values(struct build *b, const struct word *w, struct span source,
                                            struct where end, struct pattern_user *u, struct span id)
{
    struct span name = SPAN("");
    uint32_t line = 0, column;
    uint64_t n = 0;

    if (id.len && (!span_to_u64(id, INT32_MAX, &n) || !id_is_free(b, n))) {
        diag_add(b->diags, &haproxy_pattern_id, w->at, DIAG_TEXT(id));
        return NULL;
    }
    struct pattern_list *l =
        config_add_pattern_list(b->config, SPAN(""),
                                arena_printf(b->arena, "haproxy:%.*s: %.*s", b->at ? (int)b->at->name.len : 0,
                                             b->at ? b->at->name.ptr : "", SPAN_ARGS(source)));
    l->at = end;
    if (id.len)
        l->id = (int64_t)n;
    (void)diags_place(b->diags, w->at, &name, &line, &column);
    l->about = arena_printf(b->arena, "acl '%.*s' file '%.*s' line %u", SPAN_ARGS(bare_name(w->text)),
                            SPAN_ARGS(name), line);
    pattern_user_add(b->config, u, l);
    return l;
}

/* ---- rules ---- */

void haproxy_patterns_action(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct span file = text_at(s, 1);
    struct span identity = arena_printf(b->arena, "haproxy:file %.*s", SPAN_ARGS(file));
    struct pattern_edit *e = ARENA_NEW(b->arena, struct pattern_edit);
    const struct expr *key = haproxy_format(b, word_at(s, 2), FORMAT_RULE);

    e->how = (enum pattern_edit_how)k->low;
    if (e->how == PATTERN_EDIT_SET)
        e->value = haproxy_format(b, word_at(s, 3), FORMAT_RULE);
    if (key == NULL || (e->how == PATTERN_EDIT_SET && e->value == NULL))
        return;
    e->list = config_find_pattern_list(b->config, identity);
    if (e->list == NULL) {
        e->list = config_add_pattern_list(b->config, arena_span(b->arena, file), identity);
        e->list->at = word_at(s, 1)->at;
    }
    struct action *a = haproxy_action(b, ACTION_PATTERNS);
    a->edit = e;
    a->expr = key;
}

void haproxy_finish_patterns(struct build *b)
{
    for (uint32_t i = 0; i < b->config->pattern_lists.count; i++) {
        const struct pattern_list *l = b->config->pattern_lists.items[i];
        if (l->users.count > 0)
            continue;
        struct diag *d = diag_add(b->diags, &haproxy_no_pattern_list, l->at, DIAG_TEXT(l->file));
        diag_help(b->diags, d, "an ACL looks into it: acl NAME src -f %.*s; a map: %%[src,map_ip(%.*s)]",
                  SPAN_ARGS(l->file), SPAN_ARGS(l->file));
    }
    config_number_patterns(b->config);
}
