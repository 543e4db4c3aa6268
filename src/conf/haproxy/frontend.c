/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in a scope's hooks besides rules: captures, the unique id and
 * monitor-uri before them, routes behind them, the proxy itself at the end.
 */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

/* ---- captures ---- */

/* "capture request header NAME len N" */
static void capture_header(struct build *b, struct draft *d, const struct statement *s, bool response)
{
    int64_t len;
    if (!text_is(s, 1, "header") || s->words.count != 5 || !text_is(s, 3, "len")) {
        diag_add(b->diags, &haproxy_capture_form, s->at, DIAG_TEXT(text_at(s, 0)));
        return;
    }
    if (!value_number(b->diags, word_at(s, 4), 1, UINT16_MAX, &len))
        return;
    struct span name = arena_span(b->arena, text_at(s, 2));
    struct expr *e = expr_fetch(b->arena, response ? FETCH_RESPONSE_FIELD : FETCH_REQUEST_FIELD, name);
    struct action *a =
        haproxy_hook_action(b, d, response ? HOOK_RESPONSE : HOOK_REQUEST, ACTION_CAPTURE, s->at);
    a->name = name;
    a->expr = e;
    a->number = response ? d->scope->response_slots++ : d->scope->slots++;
    a->number2 = len;
}

/* "capture cookie NAME len N": how the log's cookie columns are filled. */
static void capture_cookie(struct build *b, struct draft *d, const struct statement *s)
{
    int64_t len;
    if (s->words.count != 4 || !text_is(s, 2, "len")) {
        diag_add(b->diags, &haproxy_capture_form, s->at, DIAG_TEXT(text_at(s, 0)));
        return;
    }
    if (!value_number(b->diags, word_at(s, 3), 1, UINT16_MAX, &len))
        return;
    struct captured_cookie *c = ARENA_NEW(b->arena, struct captured_cookie);
    *c = (struct captured_cookie){ .name = arena_span(b->arena, text_at(s, 1)), .len = (uint32_t)len };
    c->prefix = !span_ends_with(c->name, SPAN("="));
    if (!c->prefix)
        c->name.len--;
    d->scope->captured_cookie = c;
}

/* "declare capture request len N": a slot for rules to fill by its id. */
static void declare(struct build *b, struct draft *d, const struct statement *s)
{
    int64_t len;
    bool response = text_is(s, 1, "response");
    if ((!response && !text_is(s, 1, "request")) || s->words.count != 4 || !text_is(s, 2, "len")) {
        diag_add(b->diags, &haproxy_capture_form, s->at, DIAG_TEXT(text_at(s, 0)));
        return;
    }
    if (!value_number(b->diags, word_at(s, 3), 1, UINT16_MAX, &len))
        return;
    if (response)
        d->scope->response_slots++;
    else
        d->scope->slots++;
    *ARENA_PUSH(b->arena, response ? &d->response_lengths : &d->request_lengths) =
        (struct declared){ (response ? d->scope->response_slots : d->scope->slots) - 1, (uint32_t)len };
}

void haproxy_compile_captures(struct build *b, struct draft *d)
{
    for (uint32_t i = 0; i < d->kept[KEPT_CAPTURE].count; i++) {
        const struct line *l = &d->kept[KEPT_CAPTURE].items[i];
        struct opened before = haproxy_line_begin(b, l);
        if (text_is(&l->s, 0, "capture cookie"))
            capture_cookie(b, d, &l->s);
        else if (text_is(&l->s, 0, "declare capture"))
            declare(b, d, &l->s);
        else
            capture_header(b, d, &l->s, text_is(&l->s, 0, "capture response"));
        haproxy_line_end(b, before);
    }
}

/* "capture EXPRESSION len N" makes a slot of its own, "id N" fills one that was declared in the frontend. */
void haproxy_capture_rule(struct build *b, const struct statement *s, const struct expr *value, bool id,
                          uint32_t n)
{
    struct draft *d = b->at;
    bool response = b->ruleset == RULES_HTTP_RESPONSE;
    struct action *a = haproxy_action(b, ACTION_CAPTURE);
    a->name = arena_span(b->arena, text_at(s, 1));
    a->expr = value;
    if (!id) {
        if (response || !draft_is_front(d)) {
            diag_add(b->diags, &haproxy_capture_len, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2)));
            return;
        }
        a->number = d->scope->slots++;
        a->number2 = n;
        return;
    }
    a->number = n;
    a->number2 = UINT16_MAX;
    bool declared = !draft_is_front(d); /* a backend cannot know which frontend it will be */
    const struct declared_list *list = response ? &d->response_lengths : &d->request_lengths;
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].slot != n)
            continue;
        a->number2 = list->items[i].len;
        declared = true;
    }
    if (!declared)
        diag_add(b->diags, &haproxy_capture_id, word_at(s, 3)->at, DIAG_TEXT(text_at(s, 3), d->name));
}

/* ---- the unique id ---- */

static void unique_id(struct build *b, struct draft *d)
{
    const struct line *format = haproxy_line_last(d, KEPT_UNIQUE_ID),
                      *header = haproxy_line_last(d, KEPT_UNIQUE_ID_HEADER);
    if (format == NULL) {
        if (header && draft_is_front(d))
            diag_add(b->diags, &haproxy_unique_id, header->s.at, DIAG_TEXT(d->name));
        return;
    }
    struct opened before = haproxy_line_begin(b, format);
    const struct expr *e = haproxy_format(b, word_at(&format->s, 1), FORMAT_LOG);
    haproxy_line_end(b, before);
    if (e == NULL)
        return;
    uint32_t slot = config_slot(b->config, SPAN("unique-id"));
    enum hook hook = draft_is_http(d) ? HOOK_REQUEST : HOOK_CONTENT;
    struct action *a = haproxy_hook_action(b, d, hook, ACTION_SET_SLOT, format->s.at);
    a->number = slot;
    a->expr = e;
    if (header == NULL || !draft_is_http(d))
        return;
    struct expr *value = ARENA_NEW(b->arena, struct expr);
    expr_add_fetch(b->arena, value, FETCH_SLOT, SPAN(""))->number = (int32_t)slot;
    expr_finish(b->arena, value);
    a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_FIELD_ADD, header->s.at);
    a->name = arena_span(b->arena, text_at(&header->s, 1));
    a->expr = value;
}

/* ---- monitors ---- */

static struct test uri_test(struct build *b, struct span uri, struct where at)
{
    struct test t = { .subject = expr_fetch(b->arena, FETCH_TARGET, SPAN("")), .how = MATCH_EXACT, .at = at };
    *ARENA_PUSH(b->arena, &t.texts) = uri;
    t.source = uri;
    return t;
}

/* The answer is ours, and no line is written about it. */
static void monitor_reply(struct build *b, struct draft *d, const struct cond *when, uint16_t status,
                          struct where at)
{
    struct action *a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_SET_LOG_LEVEL, at);
    a->when = when;
    a->number = LOG_LEVEL_SILENT;
    a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_REPLY, at);
    a->when = when;
    a->reply = haproxy_default_reply(b, status, at);
}

/*
 * monitor-uri: other requests skip these actions; the first `monitor fail` that
 * holds gives 503, none 200.
 */
static void monitor_uri(struct build *b, struct draft *d, const struct line *l)
{
    struct test other = uri_test(b, arena_span(b->arena, text_at(&l->s, 1)), l->s.at);
    other.negate = true;
    struct action *a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_SKIP, l->s.at);
    a->when = cond_of_test(b->arena, &other);
    a->number = d->monitor_fails.count + 2;
    struct action *silent = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_SET_LOG_LEVEL, l->s.at);
    silent->number = LOG_LEVEL_SILENT;
    for (uint32_t i = 0; i < d->monitor_fails.count; i++) {
        a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_REPLY, d->monitor_fails.items[i]->at);
        a->when = d->monitor_fails.items[i];
        a->reply = haproxy_default_reply(b, 503, a->at);
    }
    a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_REPLY, l->s.at);
    a->reply = haproxy_default_reply(b, 200, l->s.at);
}

/* monitor-net: whoever comes from there is answered 200 at once. */
static void monitor_net(struct build *b, struct draft *d, const struct line *l)
{
    struct network n;
    if (!value_network(b->diags, word_at(&l->s, 1), &n))
        return;
    struct test t = { .subject = expr_fetch(b->arena, FETCH_CLIENT_IP, SPAN("")),
                      .how = MATCH_IP,
                      .at = l->s.at };
    *ARENA_PUSH(b->arena, &t.networks) = n;
    t.source = text_at(&l->s, 1);
    const struct cond *when = cond_of_test(b->arena, &t);
    if (draft_is_http(d)) {
        monitor_reply(b, d, when, 200, l->s.at);
        return;
    }
    struct action *a = haproxy_hook_action(b, d, HOOK_CONNECTION, ACTION_CLOSE, l->s.at);
    a->when = when;
}

static void monitors(struct build *b, struct draft *d)
{
    const struct line *uri = NULL;
    for (uint32_t i = 0; i < d->kept[KEPT_MONITOR].count; i++) {
        const struct line *l = &d->kept[KEPT_MONITOR].items[i];
        if (text_is(&l->s, 0, "monitor-uri"))
            uri = l;
        else
            monitor_net(b, d, l);
    }
    if (uri && draft_is_http(d))
        monitor_uri(b, d, uri);
}

/* option http-restrict-req-hdr-names reject: 403 for names with other characters. */
static void reject_names(struct build *b, struct draft *d)
{
    struct word at = { .at = d->restrict_names.at };
    struct test t = { .subject = expr_fetch(b->arena, FETCH_REQUEST_FIELD_NAMES, SPAN("")),
                      .how = MATCH_REGEX,
                      .at = at.at,
                      .source = SPAN("http-restrict-req-hdr-names reject") };
    *ARENA_PUSH(b->arena, &t.regexes) = haproxy_regex(b, &at, SPAN("[^a-zA-Z0-9,-]"), false);
    struct action *a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_REPLY, at.at);
    a->when = cond_of_test(b->arena, &t);
    a->reply = haproxy_default_reply(b, 403, at.at);
}

void haproxy_begin_hooks(struct build *b, struct draft *d)
{
    if (!draft_is_front(d))
        return;
    if (draft_is_http(d) && value_or(&d->restrict_names, NAMES_PRESERVE) == NAMES_REJECT)
        reject_names(b, d);
    monitors(b, d);
    unique_id(b, d);
}

/* ---- routes ---- */

static bool modes_agree(struct build *b, const struct draft *front, const struct draft *back,
                        const struct word *w)
{
    if (haproxy_draft_mode(front) == haproxy_draft_mode(back))
        return true;
    struct diag *d = diag_add(b->diags, &haproxy_mode_differs, w->at,
                              DIAG_TEXT(front->name, draft_is_http(front) ? SPAN("http") : SPAN("tcp"),
                                        back->name, draft_is_http(back) ? SPAN("http") : SPAN("tcp")));
    diag_also(b->diags, d, front->mode.set ? front->mode.at : front->at, "mode of `%.*s`",
              SPAN_ARGS(front->name));
    diag_also(b->diags, d, back->mode.set ? back->mode.at : back->at, "mode of `%.*s`",
              SPAN_ARGS(back->name));
    return false;
}

/* use_backend NAME, use_backend %[...]; under b->when. */
void haproxy_use_backend(struct build *b, const struct statement *s)
{
    const struct word *w = word_at(s, 1);
    if (span_find_char(w->text, '%') != SPAN_NONE) {
        const struct expr *e = haproxy_format(b, w, FORMAT_RULE);
        if (e)
            haproxy_action(b, ACTION_ENTER)->expr = e;
        return;
    }
    struct draft *back = haproxy_find_backend(b, w->text);
    if (back == NULL)
        haproxy_say_no_backend(b, w, w->text);
    else if (modes_agree(b, b->at, back, w))
        haproxy_action(b, ACTION_ENTER)->scope = back->scope;
}

static void default_backend(struct build *b, struct draft *d, enum hook route)
{
    const struct line *l = haproxy_line_last(d, KEPT_DEFAULT_BACKEND);
    if (l == NULL)
        return;
    const struct word *w = word_at(&l->s, 1);
    struct draft *back = haproxy_find_backend(b, w->text);
    if (back == NULL) {
        struct opened before = haproxy_line_begin(b, l);
        haproxy_say_no_backend(b, w, w->text);
        haproxy_line_end(b, before);
    } else if (modes_agree(b, d, back, w)) {
        haproxy_hook_action(b, d, route, ACTION_ENTER, l->s.at)->scope = back->scope;
    }
}

static void proxy(struct build *b, struct draft *d, enum hook route)
{
    struct proxy *p = ARENA_NEW(b->arena, struct proxy);
    p->pool = d->pool;
    p->scheme = SPAN("http");
    p->pass_fields = p->pass_body = true;
    p->minor = 1;
    p->at = d->at;
    haproxy_hook_action(b, d, route, ACTION_PROXY, d->at)->proxy = p;
}

void haproxy_end_hooks(struct build *b, struct draft *d)
{
    enum hook route = draft_is_http(d) ? HOOK_REQUEST : HOOK_CONTENT;
    if (draft_is_front(d))
        default_backend(b, d, route);
    if (draft_is_back(d)) {
        if (draft_is_http(d))
            haproxy_forwarded(b, d);
        proxy(b, d, route);
    } else if (draft_is_http(d)) {
        haproxy_hook_action(b, d, route, ACTION_REPLY, d->at)->reply = haproxy_default_reply(b, 503, d->at);
    } else {
        (void)haproxy_hook_action(b, d, route, ACTION_CLOSE, d->at);
    }
    d->scope->answer_delay =
        d->inspect_delay_response.set ? DURATION_MS((uint32_t)d->inspect_delay_response.n) : DURATION_MS(0);
    d->scope->inspect_delay =
        d->inspect_delay.set ? DURATION_MS((uint32_t)d->inspect_delay.n) : DURATION_MS(0);
}

/* ---- words ---- */

const struct keyword haproxy_frontend_words[] = {
    { "capture request", IN_FRONT, 4, 4, KEEP(KEPT_CAPTURE), .manual = "header NAME len N: into the log" },
    { "capture response", IN_FRONT, 4, 4, KEEP(KEPT_CAPTURE), .manual = "header NAME len N: into the log" },
    { "capture cookie", IN_FRONT, 3, 3, KEEP(KEPT_CAPTURE), .manual = "NAME len N: into the log" },
    { "declare capture", IN_FRONT, 3, 3, KEEP(KEPT_CAPTURE),
      .manual = "request|response len N: a slot for rules" },
    { "unique-id-format", IN_D_FRONT, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_UNIQUE_ID,
      .manual = "FORMAT of each request's id" },
    { "unique-id-header", IN_D_FRONT, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_UNIQUE_ID_HEADER,
      .manual = "NAME of the field that takes it to servers" },
    { "monitor-uri", IN_D_FRONT, 1, 1, KEEP(KEPT_MONITOR),
      .manual = "URI that is answered 200 by ourselves" },
    { "monitor-net", IN_D_FRONT, 1, 1, KEYWORD_OLD, .handle = haproxy_keep, .offset = KEPT_MONITOR,
      .today = "http-request return status 200 if { src NETWORK }",
      .manual = "NETWORK whose requests are answered 200 by ourselves" },
    { NULL },
};
