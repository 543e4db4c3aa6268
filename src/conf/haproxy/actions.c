/* SPDX-License-Identifier: Apache-2.0 */
/* The actions of http-request, http-response, http-after-response and tcp-request. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"
#include "conf/haproxy/stick.h"
#include "conf/haproxy/users.h"
#include "model/patterns.h"

/* ---- ends of a ruleset ---- */

static void on_accept(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    (void)haproxy_action(b, ACTION_ACCEPT);
}

static void on_retry_off(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    (void)haproxy_action(b, ACTION_RETRY_OFF);
}

static void on_close(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    haproxy_action(b, ACTION_CLOSE)->number = k->low;
}

static void on_deny(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct reply *reply = haproxy_reply_words(b, s, 1, (uint16_t)k->low);
    if (reply == NULL)
        return;
    struct action *a = haproxy_action(b, ACTION_REPLY);
    a->reply = reply;
    a->number = text_is(s, 0, "deny") && k->low == 403; /* the client's error */
}

static void on_tarpit(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct reply *reply = haproxy_reply_words(b, s, 1, (uint16_t)k->low);
    if (reply == NULL)
        return;
    const struct draft *d = b->at;
    duration t = haproxy_time(d->timeout_tarpit.set ? &d->timeout_tarpit : &d->timeout_connect);
    struct action *a = haproxy_action(b, ACTION_TARPIT);
    a->reply = reply;
    a->number = duration_is_none(t) ? 0 : t.ms;
}

static void on_redirect(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    haproxy_redirect(b, s, 1);
}

/* ---- fields ---- */

static void on_field(struct build *b, const struct keyword *k, const struct statement *s)
{
    const struct expr *value = haproxy_format(b, word_at(s, 2), FORMAT_RULE);
    if (value == NULL)
        return;
    struct action *a = haproxy_action(b, (enum action_kind)k->low);
    a->name = arena_span(b->arena, text_at(s, 1));
    a->expr = value;
}

/* del-header NAME [-m METHOD] */
static void on_delete(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (s->words.count == 2) {
        haproxy_action(b, ACTION_FIELD_DELETE)->name = arena_span(b->arena, text_at(s, 1));
        return;
    }
    static const char *const words[] = { "str", "beg", "end", "sub", "reg", NULL };
    static const enum match hows[] = { MATCH_EXACT, MATCH_BEGIN, MATCH_END, MATCH_SUB, MATCH_REGEX };
    unsigned how;
    if (s->words.count != 4 || !text_is(s, 2, "-m")) {
        diag_add(b->diags, &haproxy_action_word, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2), text_at(s, 0)));
        return;
    }
    if (!value_choice(b->diags, word_at(s, 3), words, &how))
        return;
    struct test *t = ARENA_NEW(b->arena, struct test);
    *t = (struct test){ .how = hows[how], .nocase = true, .at = s->at, .source = text_at(s, 1) };
    if (t->how == MATCH_REGEX) {
        const struct regex *r = haproxy_regex(b, word_at(s, 1), text_at(s, 1), false);
        if (r == NULL)
            return;
        *ARENA_PUSH(b->arena, &t->regexes) = r;
    } else {
        *ARENA_PUSH(b->arena, &t->texts) = arena_span(b->arena, text_at(s, 1));
    }
    test_finish(b->arena, t);
    haproxy_action(b, ACTION_FIELD_DELETE)->match = t;
}

/* replace-header NAME REGEX FORMAT; <low> 1: each member of a list by itself */
static void on_replace(struct build *b, const struct keyword *k, const struct statement *s)
{
    const struct regex *r = haproxy_regex(b, word_at(s, 2), text_at(s, 2), false);
    const struct expr *to = haproxy_format(b, word_at(s, 3), FORMAT_RULE);
    if (r == NULL || to == NULL)
        return;
    struct action *a = haproxy_action(b, ACTION_FIELD_REPLACE);
    a->name = arena_span(b->arena, text_at(s, 1));
    a->regex = r;
    a->expr = to;
    a->number = k->low;
}

/* ---- the request's line ---- */

static void on_set_part(struct build *b, const struct keyword *k, const struct statement *s)
{
    const struct expr *value = haproxy_format(b, word_at(s, 1), FORMAT_RULE);
    if (value)
        haproxy_action(b, (enum action_kind)k->low)->expr = value;
}

/*
 * replace-path REGEX FORMAT: where the regular expression is found, the *whole*
 * path becomes the format, as in replace-header. So the expression is stretched
 * to the whole value; its groups keep their numbers.
 */
static void on_replace_part(struct build *b, const struct keyword *k, const struct statement *s)
{
    const struct word *pattern = word_at(s, 1);
    if (haproxy_regex(b, pattern, pattern->text, false) == NULL)
        return;
    const struct expr *to = haproxy_format(b, word_at(s, 2), FORMAT_RULE);
    if (to == NULL)
        return;
    if (to->constant.ptr == NULL) {
        diag_add(b->diags, &haproxy_replace_format, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 0)));
        return;
    }
    const struct regex *whole = haproxy_regex(
        b, pattern, arena_printf(b->arena, "^(?s:.*?)(?:%.*s)(?s:.*)$", SPAN_ARGS(pattern->text)), false);
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    struct expr_part *p = expr_add_fetch(b->arena, e, (enum fetch)k->high, SPAN(""));
    struct conversion *v = expr_add_conversion(b->arena, p, CONVERT_REGSUB);
    v->regex = whole;
    v->text = to->constant;
    e->source = arena_span(b->arena, text_at(s, 2));
    e->at = p->at = s->at;
    expr_finish(b->arena, e);
    haproxy_action(b, (enum action_kind)k->low)->expr = e;
}

/* set-status STATUS [reason TEXT] */
static void on_set_status(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t status;
    if (!value_number(b->diags, word_at(s, 1), 100, 999, &status))
        return;
    const struct expr *reason = NULL;
    if (s->words.count > 2) {
        if (!text_is(s, 2, "reason") || s->words.count != 4) {
            diag_add(b->diags, &haproxy_action_word, word_at(s, 2)->at,
                     DIAG_TEXT(text_at(s, 2), text_at(s, 0)));
            return;
        }
        reason = expr_text(b->arena, arena_span(b->arena, text_at(s, 3)));
    }
    struct action *a = haproxy_action(b, ACTION_SET_STATUS);
    a->number = status;
    a->expr = reason;
}

/* ---- variables, captures, logs ---- */

static const struct expr *sample_expr(struct build *b, const struct word *w)
{
    struct sample sample;
    return haproxy_sample(b, w, false, &sample) ? sample.expr : NULL;
}

static void on_set_address(struct build *b, const struct keyword *k, const struct statement *s)
{
    const struct expr *value = sample_expr(b, word_at(s, 1));
    if (value == NULL)
        return;
    struct action *a = haproxy_action(b, ACTION_SET_ADDRESS);
    a->number = k->low;
    a->expr = value;
}

/* capture EXPRESSION len N, capture EXPRESSION id N */
static void on_capture(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    const struct expr *value = sample_expr(b, word_at(s, 1));
    int64_t n;
    bool id = text_is(s, 2, "id");
    if (value == NULL)
        return;
    if (!id && !text_is(s, 2, "len")) {
        diag_add(b->diags, &haproxy_action_word, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2), text_at(s, 0)));
        return;
    }
    if (!value_number(b->diags, word_at(s, 3), !id, UINT16_MAX, &n))
        return;
    haproxy_capture_rule(b, s, value, id, (uint32_t)n);
}

static void on_log_level(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    unsigned level;
    bool silent = text_is(s, 1, "silent");
    if (!silent && !value_choice(b->diags, word_at(s, 1), haproxy_log_levels, &level))
        return;
    haproxy_action(b, ACTION_SET_LOG_LEVEL)->number = silent ? LOG_LEVEL_SILENT : (int64_t)level;
}

/* wait-for-body time T [at-least BYTES] */
static void on_wait_body(struct build *b, const struct keyword *k, const struct statement *s)
{
    duration most = DURATION_NONE;
    uint64_t least = 0;
    (void)k;
    for (uint32_t i = 1; i < s->words.count; i += 2) {
        bool more = i + 1 < s->words.count, good = more;
        if (more && text_is(s, i, "time"))
            good = value_time(b->diags, WORDS_HAPROXY, word_at(s, i + 1), 1, &most);
        else if (more && text_is(s, i, "at-least"))
            good = value_size(b->diags, word_at(s, i + 1), 1, UINT32_MAX, &least);
        else
            diag_add(b->diags, &haproxy_action_word, word_at(s, i)->at,
                     DIAG_TEXT(text_at(s, i), text_at(s, 0)));
        if (!good)
            return;
    }
    struct action *a = haproxy_action(b, ACTION_WAIT_BODY);
    a->number = duration_is_none(most) ? 0 : most.ms;
    a->number2 = (int64_t)least;
}

/* expect-proxy layer4: for every connection, or not at all. */
static void on_expect_proxy(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (!text_is(s, 1, "layer4")) {
        diag_add(b->diags, &haproxy_action_word, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1), text_at(s, 0)));
        return;
    }
    if (b->when) {
        diag_add(b->diags, &haproxy_expect_proxy_if, b->when->at, DIAG_TEXT(text_at(s, 0)));
        return;
    }
    for (uint32_t i = 0; i < b->config->listeners.count; i++)
        if (b->config->listeners.items[i]->service == b->at->service)
            b->config->listeners.items[i]->accept_proxy = true;
}

/* ---- words ---- */

#define IN_HTTP_ANSWER (IN_HTTP_RESPONSE | IN_HTTP_AFTER)
#define IN_TCP         (IN_TCP_CONNECTION | IN_TCP_SESSION | IN_TCP_CONTENT)
#define ACTION(name, in, min, max, handler, ...)                                                             \
    {                                                                                                        \
        name, in, min, max, .handle = handler, __VA_ARGS__                                                   \
    }
#define REFUSED(name, in, why)                                                                               \
    {                                                                                                        \
        name, in, 0, ARGS_ANY, KEYWORD_REFUSED, .today = why                                                 \
    }
#define ANYWHERE (IN_HTTP_RULES | IN_TCP_RULES)
#define TRACK(n)                                                                                             \
    ACTION("track-sc" #n, ANYWHERE, 1, 3, haproxy_track, .low = n,                                           \
           .manual = "KEY [table T]: followed from now on")

const struct keyword haproxy_action_words[] = {
    ACTION("allow", IN_HTTP_RULES | IN_STATS_RULES, 0, 0, on_accept,
           .manual = "no further rule of this list"),
    ACTION("close", IN_TCP_RESPONSE, 0, 0, on_close, .low = CLOSE_AFTER,
           .manual = "the server's connection is closed"),
    ACTION("accept", IN_TCP | IN_TCP_RESPONSE, 0, 0, on_accept, .manual = "no further rule of this list"),
    ACTION("deny", IN_HTTP_REQUEST | IN_STATS_RULES, 0, ARGS_ANY, on_deny, .low = 403,
           .manual = "answers 403, or what the words say"),
    ACTION("deny", IN_HTTP_RESPONSE, 0, ARGS_ANY, on_deny, .low = 502,
           .manual = "answers 502, or what the words say"),
    ACTION("auth", IN_HTTP_REQUEST | IN_STATS_RULES, 0, 2, haproxy_on_auth,
           .manual = "[realm TEXT]: asks for a name and a password (401)"),
    ACTION("tarpit", IN_HTTP_REQUEST, 0, ARGS_ANY, on_tarpit, .low = 500,
           .manual = "waits `timeout tarpit`, then answers 500, or what the words say"),
    ACTION("return", IN_HTTP_REQUEST | IN_HTTP_RESPONSE, 0, ARGS_ANY, on_deny, .low = 200,
           .manual = "status N content-type T file|lf-file|string|lf-string ... hdr NAME FORMAT"),
    ACTION("reject", IN_TCP | IN_TCP_RESPONSE | IN_HTTP_REQUEST, 0, 0, on_close, .low = 0,
           .manual = "closes without an answer"),
    ACTION("silent-drop", IN_TCP | IN_TCP_RESPONSE | IN_HTTP_REQUEST | IN_HTTP_RESPONSE, 0, 0, on_close,
           .low = 2, .manual = "vanishes: the client is not told"),
    ACTION("redirect", IN_HTTP_REQUEST | IN_HTTP_RESPONSE, 2, ARGS_ANY, on_redirect,
           .manual = "location|prefix|scheme TO [code N] ..."),
    ACTION("set-header", IN_HTTP_RULES, 2, 2, on_field, .low = ACTION_FIELD_SET, .manual = "NAME FORMAT"),
    ACTION("add-header", IN_HTTP_RULES, 2, 2, on_field, .low = ACTION_FIELD_ADD, .manual = "NAME FORMAT"),
    ACTION("del-header", IN_HTTP_RULES, 1, 3, on_delete, .manual = "NAME [-m str|beg|end|sub|reg]"),
    ACTION("replace-header", IN_HTTP_RULES, 3, 3, on_replace, .low = 0,
           .manual = "NAME REGEX FORMAT: whole values"),
    ACTION("replace-value", IN_HTTP_RULES, 3, 3, on_replace, .low = 1,
           .manual = "NAME REGEX FORMAT: members of lists"),
    ACTION("set-method", IN_HTTP_REQUEST, 1, 1, on_set_part, .low = ACTION_SET_METHOD, .manual = "FORMAT"),
    ACTION("set-path", IN_HTTP_REQUEST, 1, 1, on_set_part, .low = ACTION_SET_PATH, .manual = "FORMAT"),
    ACTION("set-pathq", IN_HTTP_REQUEST, 1, 1, on_set_part, .low = ACTION_SET_TARGET,
           .manual = "FORMAT: path and query"),
    ACTION("set-query", IN_HTTP_REQUEST, 1, 1, on_set_part, .low = ACTION_SET_QUERY, .manual = "FORMAT"),
    ACTION("set-uri", IN_HTTP_REQUEST, 1, 1, on_set_part, .low = ACTION_SET_TARGET, .manual = "FORMAT"),
    ACTION("replace-path", IN_HTTP_REQUEST, 2, 2, on_replace_part, .low = ACTION_SET_PATH, .high = FETCH_PATH,
           .manual = "REGEX TEXT"),
    ACTION("replace-pathq", IN_HTTP_REQUEST, 2, 2, on_replace_part, .low = ACTION_SET_TARGET,
           .high = FETCH_PATH_AND_QUERY, .manual = "REGEX TEXT"),
    ACTION("replace-uri", IN_HTTP_REQUEST, 2, 2, on_replace_part, .low = ACTION_SET_TARGET,
           .high = FETCH_TARGET, .manual = "REGEX TEXT"),
    ACTION("disable-l7-retry", IN_HTTP_REQUEST, 0, 0, on_retry_off,
           .manual = "what was sent to a server is not sent again"),
    ACTION("set-status", IN_HTTP_ANSWER, 1, 3, on_set_status, .manual = "STATUS [reason TEXT]"),
    ACTION("set-var", ANYWHERE, 2, 2, haproxy_on_set_var,
           .manual = "set-var(txn.NAME[,ifset|ifnotset|ifempty|ifnotempty|ifgt|iflt ...]) EXPRESSION"),
    ACTION("set-var-fmt", ANYWHERE, 2, 2, haproxy_on_set_var, .low = 1,
           .manual = "set-var-fmt(txn.NAME) FORMAT"),
    ACTION("unset-var", ANYWHERE, 1, 1, haproxy_on_unset_var, .manual = "unset-var(txn.NAME)"),
    ACTION("capture", IN_HTTP_RULES | IN_TCP_CONTENT, 3, 3, on_capture,
           .manual = "EXPRESSION len N | id N: into the log"),
    ACTION("set-log-level", IN_HTTP_RULES | IN_TCP_CONTENT | IN_TCP_RESPONSE, 1, 1, on_log_level,
           .manual = "LEVEL or silent"),
    ACTION("expect-proxy", IN_TCP_CONNECTION, 1, 1, on_expect_proxy,
           .manual = "layer4: a PROXY header comes first"),
    ACTION("set-src", IN_TCP | IN_HTTP_REQUEST, 1, 1, on_set_address, .low = SET_SOURCE,
           .manual = "EXPRESSION: who the client is"),
    ACTION("set-src-port", IN_TCP | IN_HTTP_REQUEST, 1, 1, on_set_address, .low = SET_SOURCE_PORT,
           .manual = "EXPRESSION: its port"),
    ACTION("set-dst", IN_TCP | IN_HTTP_REQUEST, 1, 1, on_set_address, .low = SET_TARGET,
           .manual = "EXPRESSION: where the client wanted to go"),
    ACTION("set-dst-port", IN_TCP | IN_HTTP_REQUEST, 1, 1, on_set_address, .low = SET_TARGET_PORT,
           .manual = "EXPRESSION: the port there"),
    { "strict-mode", IN_HTTP_RULES, 1, 1, KEYWORD_TUNING, .manual = "how failing edits are taken" },
    { "wait-for-handshake", IN_HTTP_REQUEST, 0, 0, KEYWORD_TUNING,
      .manual = "early data is not taken, so handshakes are over" },

    REFUSED("cache-use", IN_HTTP_REQUEST, "answers are not cached yet"),
    REFUSED("cache-store", IN_HTTP_RESPONSE, "answers are not cached yet"),
    REFUSED("do-log", ANYWHERE, "lines are written at the end of a request only"),
    REFUSED("do-resolve", ANYWHERE, "names are resolved once, at start"),
    REFUSED("early-hint", IN_HTTP_REQUEST, "1xx answers of our own are not served yet"),
    ACTION("set-timeout", IN_HTTP_REQUEST, 2, 2, haproxy_on_timeout,
           .manual = "server|tunnel|client TIME|EXPRESSION: of this stream"),
    ACTION("pause", IN_HTTP_REQUEST, 1, 1, haproxy_on_pause,
           .manual = "TIME|EXPRESSION: waits, then goes on"),
    ACTION("normalize-uri", IN_HTTP_REQUEST, 1, 2, haproxy_on_normalize,
           .manual = "path-merge-slashes, path-strip-dot ...: the target in one form"),
    ACTION("set-tos", ANYWHERE, 1, 1, haproxy_on_tos, .manual = "NUMBER: of packets to the client"),
    ACTION("set-fc-tos", ANYWHERE, 1, 1, haproxy_on_tos, .manual = "NUMBER: of packets to the client"),
    { "set-nice", ANYWHERE, 1, 1, KEYWORD_TUNING, .manual = "a priority among HAProxy's own tasks" },
    ACTION("wait-for-body", IN_HTTP_REQUEST, 2, 4, on_wait_body,
           .manual = "time T [at-least BYTES]: until the body is there, or the buffer is full"),
    REFUSED("wait-for-body", IN_HTTP_RESPONSE, "bodies of answers are not looked at"),
    REFUSED("expect-netscaler-cip", IN_TCP_CONNECTION,
            "NetScaler's header is not understood; `expect-proxy` is"),
    REFUSED("ot-group", ANYWHERE, "tracing is not served"),
    REFUSED("send-spoe-group", ANYWHERE, "filters are not served"),
    REFUSED("use-service", ANYWHERE, "built-in services are not served"),
    REFUSED("lua.", ANYWHERE, "no interpreter is built in"),
    REFUSED("switch-mode", IN_TCP_CONTENT, "a TCP proxy does not become an HTTP one here"),
    REFUSED("attach-srv", IN_TCP_SESSION, "reverse HTTP is not served"),
    REFUSED("set-mark", ANYWHERE, "marks on packets are not set by this program"),
    REFUSED("set-fc-mark", ANYWHERE, "marks on packets are not set by this program"),
    REFUSED("set-bc-mark", ANYWHERE, "marks on packets are not set by this program"),
    REFUSED("set-bc-tos", ANYWHERE, "the type of service is not set by this program"),
    REFUSED("set-priority-class", ANYWHERE, "requests wait for servers in the order in which they came"),
    REFUSED("set-priority-offset", ANYWHERE, "requests wait for servers in the order in which they came"),
    REFUSED("set-retries", ANYWHERE, "retries are those of the section"),
    REFUSED("set-bandwidth-limit", ANYWHERE, "limits of bandwidth are not served yet"),
    REFUSED("set-fc-proxy-v2-tlv-fmt", ANYWHERE, "optional parts of the PROXY header are not sent yet"),
    REFUSED("set-cookie-fmt", ANYWHERE, "it is not served yet"),
    REFUSED("set-headers-bin", ANYWHERE, "it is not served yet"),
    REFUSED("add-headers-bin", ANYWHERE, "it is not served yet"),
    REFUSED("del-headers-bin", ANYWHERE, "it is not served yet"),
    ACTION("add-acl", ANYWHERE, 2, 2, haproxy_patterns_action, .low = PATTERN_EDIT_ADD,
           .manual = "add-acl(FILE) FORMAT: into what `-f FILE` matches"),
    ACTION("del-acl", ANYWHERE, 2, 2, haproxy_patterns_action, .low = PATTERN_EDIT_DELETE,
           .manual = "del-acl(FILE) FORMAT: out of it"),
    ACTION("set-map", ANYWHERE, 3, 3, haproxy_patterns_action, .low = PATTERN_EDIT_SET,
           .manual = "set-map(FILE) FORMAT FORMAT: a key's value, new or other"),
    ACTION("del-map", ANYWHERE, 2, 2, haproxy_patterns_action, .low = PATTERN_EDIT_DELETE,
           .manual = "del-map(FILE) FORMAT: a key is gone"),
    ACTION("track-sc", ANYWHERE, 2, 4, haproxy_track, .low = -1, .manual = "track-sc(N) KEY [table T]"),
    TRACK(0),
    TRACK(1),
    TRACK(2),
    TRACK(3),
    TRACK(4),
    TRACK(5),
    TRACK(6),
    TRACK(7),
    TRACK(8),
    TRACK(9),
    TRACK(10),
    TRACK(11),
    ACTION("sc-inc-gpc", ANYWHERE, 1, 1, haproxy_count_action, .low = STICK_GPC, .high = 0,
           .manual = "sc-inc-gpc(INDEX,N): one more"),
    ACTION("sc-inc-gpc0", ANYWHERE, 1, 1, haproxy_count_action, .low = STICK_GPC0, .high = 0,
           .manual = "sc-inc-gpc0(N): one more"),
    ACTION("sc-inc-gpc1", ANYWHERE, 1, 1, haproxy_count_action, .low = STICK_GPC1, .high = 0,
           .manual = "sc-inc-gpc1(N): one more"),
    ACTION("sc-add-gpc", ANYWHERE, 2, 2, haproxy_count_action, .low = STICK_GPC, .high = 1,
           .manual = "sc-add-gpc(INDEX,N) NUMBER|EXPRESSION"),
    ACTION("sc-set-gpt", ANYWHERE, 2, 2, haproxy_count_action, .low = STICK_GPT, .high = 2,
           .manual = "sc-set-gpt(INDEX,N) NUMBER|EXPRESSION"),
    ACTION("sc-set-gpt0", ANYWHERE, 2, 2, haproxy_count_action, .low = STICK_GPT0, .high = 2,
           .manual = "sc-set-gpt0(N) NUMBER|EXPRESSION"),
    { NULL },
};
