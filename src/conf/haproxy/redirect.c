/* SPDX-License-Identifier: Apache-2.0 */
/* redirect location|prefix|scheme TO [code N] [drop-query] [append-slash] [set-cookie C] ... */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

enum redirect_kind { REDIRECT_LOCATION, REDIRECT_PREFIX, REDIRECT_SCHEME };
struct redirect {
    enum redirect_kind kind;
    const struct expr *to;
    uint16_t code;
    bool drop_query, keep_query, append_slash, ignore_empty;
    struct span set_cookie, clear_cookie;
};

/* ---- the Location field ---- */

static void append(struct build *b, struct expr *e, const struct expr *parts)
{
    for (uint32_t i = 0; i < parts->parts.count; i++)
        *ARENA_PUSH(b->arena, &e->parts) = parts->parts.items[i];
}

/* The path, with a slash behind it. */
static void append_path(struct build *b, struct expr *e, const struct redirect *r)
{
    if (!r->drop_query) {
        (void)expr_add_fetch(b->arena, e, FETCH_PATH_AND_QUERY, SPAN(""));
        return;
    }
    struct expr_part *p = expr_add_fetch(b->arena, e, FETCH_PATH, SPAN(""));
    if (!r->append_slash)
        return;
    struct buf why;
    size_t at;
    buf_init(&why, 256);
    const struct regex *no_slash = config_regex(b->config, SPAN("([^/])$"), false, &why, &at);
    buf_fini(&why);
    struct conversion *v = expr_add_conversion(b->arena, p, CONVERT_REGSUB);
    v->regex = no_slash;
    v->text = SPAN("\\1/");
}

static const struct expr *location_of(struct build *b, const struct redirect *r)
{
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    e->source = r->to->source;
    e->at = r->to->at;
    switch (r->kind) {
    case REDIRECT_LOCATION:
        append(b, e, r->to);
        if (r->keep_query) {
            (void)expr_add_fetch(b->arena, e, FETCH_QUERY_MARK, SPAN(""));
            (void)expr_add_fetch(b->arena, e, FETCH_QUERY, SPAN(""));
        }
        break;
    case REDIRECT_PREFIX: /* "/" alone adds nothing: the path begins with it */
        if (!span_eq(r->to->constant, SPAN("/")))
            append(b, e, r->to);
        append_path(b, e, r);
        break;
    case REDIRECT_SCHEME:
        append(b, e, r->to);
        (void)expr_add_text(b->arena, e, SPAN("://"));
        (void)expr_add_fetch(b->arena, e, FETCH_HOST_FIELD, SPAN(""));
        append_path(b, e, r);
        break;
    }
    expr_finish(b->arena, e);
    return e;
}

/* ---- the answer ---- */

static void add_field(struct build *b, struct reply *reply, struct span name, struct span value)
{
    *ARENA_PUSH(b->arena, &reply->fields) = (struct field_line){ name, expr_text(b->arena, value) };
}

static struct reply *reply_of(struct build *b, const struct redirect *r, struct where at)
{
    struct reply *reply = ARENA_NEW(b->arena, struct reply);
    reply->status = r->code;
    reply->location = location_of(b, r);
    reply->relative = true;
    reply->at = at;
    if (r->code == 302 || r->code == 303 || r->code == 307)
        add_field(b, reply, SPAN("cache-control"), SPAN("no-cache"));
    if (r->set_cookie.len)
        add_field(b, reply, SPAN("set-cookie"),
                  arena_printf(b->arena, "%.*s; path=/;", SPAN_ARGS(r->set_cookie)));
    if (r->clear_cookie.len)
        add_field(b, reply, SPAN("set-cookie"),
                  arena_printf(b->arena, "%.*s; path=/; Max-Age=0;", SPAN_ARGS(r->clear_cookie)));
    return reply;
}

/* ---- words ---- */

static bool take_code(struct build *b, const struct word *w, struct redirect *r)
{
    static const uint16_t codes[] = { 301, 302, 303, 307, 308 };
    uint64_t n;
    if (span_to_u64(w->text, 999, &n)) {
        for (size_t i = 0; i < COUNT_OF(codes); i++) {
            if (codes[i] == n) {
                r->code = (uint16_t)n;
                return true;
            }
        }
    }
    diag_add(b->diags, &conf_bad_choice, w->at, DIAG_TEXT(w->text, SPAN("301, 302, 303, 307, 308")));
    return false;
}

/* A word that takes another behind it; 0: it is none. */
static bool take_pair(struct build *b, const struct statement *s, uint32_t i, struct redirect *r, bool *known)
{
    static const char *const kinds[] = { "location", "prefix", "scheme" };
    const struct word *w = word_at(s, i + 1);
    *known = true;
    for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
        if (!text_is(s, i, kinds[k]))
            continue;
        r->kind = (enum redirect_kind)k;
        r->to = haproxy_format(b, w, FORMAT_RULE);
        return r->to != NULL;
    }
    if (text_is(s, i, "code"))
        return take_code(b, w, r);
    if (text_is(s, i, "set-cookie"))
        r->set_cookie = arena_span(b->arena, w->text);
    else if (text_is(s, i, "clear-cookie"))
        r->clear_cookie = arena_span(b->arena, w->text);
    else
        *known = false;
    return true;
}

static bool take_single(const struct statement *s, uint32_t i, struct redirect *r)
{
    if (text_is(s, i, "drop-query"))
        return r->drop_query = true;
    if (text_is(s, i, "keep-query"))
        return r->keep_query = true;
    if (text_is(s, i, "append-slash"))
        return r->append_slash = true;
    if (text_is(s, i, "ignore-empty"))
        return r->ignore_empty = true;
    return false;
}

static bool take_words(struct build *b, const struct statement *s, uint32_t from, struct redirect *r)
{
    for (uint32_t i = from; i < s->words.count;) {
        bool known = false;
        if (take_single(s, i, r)) {
            i++;
            continue;
        }
        if (i + 1 < s->words.count && !take_pair(b, s, i, r, &known))
            return false;
        if (!known) {
            diag_add(b->diags, &haproxy_action_word, word_at(s, i)->at,
                     DIAG_TEXT(text_at(s, i), SPAN("redirect")));
            return false;
        }
        i += 2;
    }
    if (r->to)
        return true;
    diag_add(b->diags, &haproxy_redirect_where, s->at, DIAG_NO_TEXT);
    return false;
}

/* ignore-empty: when the format gives nothing, the rule does not exist. */
static void skip_when_empty(struct build *b, const struct expr *to)
{
    struct test t = { .subject = to, .how = MATCH_LEN, .negate = true, .at = to->at, .source = to->source };
    *ARENA_PUSH(b->arena, &t.ranges) = (struct int_range){ 1, INT64_MAX };
    struct action *a = haproxy_action(b, ACTION_SKIP);
    a->when = haproxy_condition_of(b, &t);
    a->number = 1;
}

void haproxy_redirect(struct build *b, const struct statement *s, uint32_t from)
{
    struct redirect r = { .code = 302 };
    if (!take_words(b, s, from, &r))
        return;
    struct reply *reply = reply_of(b, &r, s->at);
    if (r.ignore_empty)
        skip_when_empty(b, r.to);
    haproxy_action(b, ACTION_REPLY)->reply = reply;
}
