/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of rules in the order of the file become rulesets, and rulesets the
 * lists of hooks: in HTTP mode the request's list is what HAProxy does one after
 * the other (content rules, http-request, statistics, redirect, use_backend).
 * The actions themselves are in actions.c.
 */
#include "conf/haproxy/rules.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/stick.h"

struct action *haproxy_action(struct build *b, enum action_kind kind)
{
    struct action_list *list = &b->at->rules[b->ruleset];
    struct action *a = ARENA_PUSH(b->arena, list);
    *a = (struct action){ .kind = kind, .when = b->when, .at = b->line->s.at };
    const struct statement *s = &b->line->s;
    struct span first = word_at(s, 0)->raw, last = word_at(s, s->words.count - 1)->raw;
    a->source = span_of(first.ptr, (size_t)(span_end(last) - first.ptr));
    return a;
}

struct action *haproxy_hook_action(struct build *b, struct draft *d, enum hook h, enum action_kind kind,
                                   struct where at)
{
    return action_add(b->config, d->scope, h, kind, at);
}

/* ---- one line ---- */

static bool is_condition(const struct statement *s, uint32_t i)
{
    return word_at(s, i)->quote == 0 && (text_is(s, i, "if") || text_is(s, i, "unless"));
}

uint32_t haproxy_find_condition(const struct statement *s, uint32_t from)
{
    for (uint32_t i = from; i < s->words.count; i++)
        if (is_condition(s, i))
            return i;
    return s->words.count;
}

/* "set-var(txn.x)": the name, and what is in the parentheses as a word behind it. */
static struct statement split_name(struct build *b, const struct statement *s, uint32_t from, uint32_t to)
{
    struct statement out = *s;
    out.words.items = NULL;
    out.words.count = out.words.room = 0;
    const struct word *w = word_at(s, from);
    size_t open = span_find_char(w->text, '(');
    if (open == SPAN_NONE || !span_ends_with(w->text, SPAN(")"))) {
        *ARENA_PUSH(b->arena, &out.words) = *w;
    } else {
        *ARENA_PUSH(b->arena, &out.words) = haproxy_part(w, 0, open);
        *ARENA_PUSH(b->arena, &out.words) = haproxy_part(w, open + 1, w->text.len - open - 2);
    }
    for (uint32_t i = from + 1; i < to; i++)
        *ARENA_PUSH(b->arena, &out.words) = *word_at(s, i);
    out.at = w->at;
    return out;
}

/* A rule whose condition is wrong would, without it, hold always: then it is not compiled at all. */
static bool take_condition(struct build *b, const struct statement *s, uint32_t at)
{
    b->when = NULL;
    if (at >= s->words.count)
        return true;
    b->when = haproxy_condition(b, s, at);
    return b->when != NULL;
}

static void compile_action(struct build *b, const struct statement *s, enum ruleset set, uint32_t context)
{
    const struct word *w = word_at(s, 1);
    struct span name = span_first(w->text, span_find_char(w->text, '('));
    if (span_starts_with(name, SPAN("lua.")))
        name = SPAN("lua."); /* any function of a script */
    const struct keyword *row = haproxy_row(context, name);
    bool parens = name.len < w->text.len;
    uint32_t least = row && row->min > parens ? row->min - parens : 0;
    uint32_t cond = haproxy_find_condition(s, 2 + least < s->words.count ? 2 + least : s->words.count);
    b->ruleset = set;
    bool good = take_condition(b, s, cond);
    struct statement part = split_name(b, s, 1, cond);
    if (span_eq(name, SPAN("lua.")))
        part.words.items[0].text = name;
    if (good || row == NULL || row->support == KEYWORD_REFUSED)
        keyword_walk(&haproxy_keywords, b, b->arena, b->diags, context, NULL, &part);
}

/* ---- which line is what ---- */

static void on_acl(struct build *b, const struct statement *s)
{
    haproxy_define_acl(b, s);
}
static void on_http_request(struct build *b, const struct statement *s)
{
    compile_action(b, s, RULES_HTTP_REQUEST, IN_HTTP_REQUEST);
}
static void on_http_response(struct build *b, const struct statement *s)
{
    compile_action(b, s, RULES_HTTP_RESPONSE, IN_HTTP_RESPONSE);
}
static void on_http_after(struct build *b, const struct statement *s)
{
    compile_action(b, s, RULES_HTTP_AFTER, IN_HTTP_AFTER);
}
static void on_tcp_connection(struct build *b, const struct statement *s)
{
    compile_action(b, s, RULES_CONNECTION, IN_TCP_CONNECTION);
}
static void on_tcp_session(struct build *b, const struct statement *s)
{
    compile_action(b, s, RULES_SESSION, IN_TCP_SESSION);
}
static void on_tcp_content(struct build *b, const struct statement *s)
{
    compile_action(b, s, RULES_CONTENT, IN_TCP_CONTENT);
}

static void on_tcp_response(struct build *b, const struct statement *s)
{
    compile_action(b, s, RULES_TCP_RESPONSE, IN_TCP_RESPONSE);
}

/* redirect, block, monitor fail: the condition is the last thing on the line. */
static void on_block(struct build *b, const struct statement *s)
{
    b->ruleset = RULES_BLOCK;
    if (take_condition(b, s, 1))
        haproxy_action(b, ACTION_REPLY)->reply = haproxy_default_reply(b, 403, s->at);
}

static void on_redirect(struct build *b, const struct statement *s)
{
    uint32_t cond = haproxy_find_condition(s, 3 < s->words.count ? 3 : s->words.count);
    struct statement part = *s;
    part.words.count = part.words.room = cond;
    b->ruleset = RULES_REDIRECT;
    if (take_condition(b, s, cond))
        haproxy_redirect(b, &part, 1);
}

static void on_use_backend(struct build *b, const struct statement *s)
{
    b->ruleset = RULES_USE_BACKEND;
    if (take_condition(b, s, 2))
        haproxy_use_backend(b, s);
}

static void on_use_server(struct build *b, const struct statement *s)
{
    b->ruleset = RULES_USE_SERVER;
    if (!take_condition(b, s, 2))
        return;
    struct server *server = haproxy_named_server(b, b->at, word_at(s, 1), text_at(s, 1));
    if (server)
        haproxy_action(b, ACTION_USE_SERVER)->server = server;
}

static void on_stick(struct build *b, const struct statement *s)
{
    uint32_t cond = haproxy_find_condition(s, 2 < s->words.count ? 2 : s->words.count);
    struct statement part = *s;
    part.words.count = part.words.room = cond;
    b->ruleset = text_is(s, 0, "stick store-response") ? RULES_STICK_RESPONSE : RULES_STICK;
    if (take_condition(b, s, cond))
        haproxy_stick(b, &part);
}

static void on_persist(struct build *b, const struct statement *s)
{
    b->ruleset = RULES_PERSIST;
    if (take_condition(b, s, 1))
        haproxy_action(b, ACTION_PERSIST)->number = text_is(s, 0, "force-persist");
}

static void on_monitor_fail(struct build *b, const struct statement *s)
{
    if (take_condition(b, s, 1))
        *ARENA_PUSH(b->arena, &b->at->monitor_fails) = b->when;
}

static void on_stats(struct build *b, const struct statement *s)
{
    compile_action(b, s, RULES_STATS, IN_STATS_RULES);
}

/* reqadd, rspadd */
static void on_old_add(struct build *b, const struct statement *s)
{
    b->ruleset = text_is(s, 0, "reqadd") ? RULES_HTTP_REQUEST : RULES_HTTP_RESPONSE;
    if (take_condition(b, s, 2))
        haproxy_old_add(b, s);
}

/* reqrep, rspdel ...: their places are those of http-request and http-response rules. */
static void on_old_lines(struct build *b, const struct statement *s)
{
    uint32_t from = span_ends_with(text_at(s, 0), SPAN("rep")) ? 3 : 2;
    uint32_t cond = haproxy_find_condition(s, from < s->words.count ? from : s->words.count);
    b->ruleset = span_starts_with(text_at(s, 0), SPAN("req")) ? RULES_HTTP_REQUEST : RULES_HTTP_RESPONSE;
    if (take_condition(b, s, cond))
        haproxy_old_lines(b, s);
}

static const struct {
    const char *word;
    void (*compile)(struct build *b, const struct statement *s);
} kinds[] = {
    { "acl", on_acl },
    { "http-request", on_http_request },
    { "http-response", on_http_response },
    { "http-after-response", on_http_after },
    { "tcp-request connection", on_tcp_connection },
    { "tcp-request session", on_tcp_session },
    { "tcp-request content", on_tcp_content },
    { "tcp-response content", on_tcp_response },
    { "block", on_block },
    { "redirect", on_redirect },
    { "use_backend", on_use_backend },
    { "use-server", on_use_server },
    { "stick on", on_stick },
    { "stick match", on_stick },
    { "stick store-request", on_stick },
    { "stick store-response", on_stick },
    { "force-persist", on_persist },
    { "ignore-persist", on_persist },
    { "monitor fail", on_monitor_fail },
    { "stats http-request", on_stats },
    { "reqadd", on_old_add },
    { "rspadd", on_old_add },
    { "reqallow", on_old_lines },
    { "reqiallow", on_old_lines },
    { "reqdel", on_old_lines },
    { "reqidel", on_old_lines },
    { "reqdeny", on_old_lines },
    { "reqideny", on_old_lines },
    { "reqrep", on_old_lines },
    { "reqirep", on_old_lines },
    { "rspdel", on_old_lines },
    { "rspidel", on_old_lines },
    { "rspdeny", on_old_lines },
    { "rspideny", on_old_lines },
    { "rsprep", on_old_lines },
    { "rspirep", on_old_lines },
};

static bool is_http_rule(const struct statement *s)
{
    return span_starts_with(text_at(s, 0), SPAN("http-")) || text_is(s, 0, "redirect") ||
           text_is(s, 0, "block") || text_is(s, 0, "stats http-request") ||
           span_starts_with(text_at(s, 0), SPAN("req")) || span_starts_with(text_at(s, 0), SPAN("rsp"));
}

static void compile_line(struct build *b, const struct line *l)
{
    if (is_http_rule(&l->s) && !draft_is_http(b->at)) {
        diag_add(b->diags, &haproxy_needs_http, haproxy_keyword_at(&l->s),
                 DIAG_TEXT(text_at(&l->s, 0), b->at->name));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (text_is(&l->s, 0, kinds[i].word))
            kinds[i].compile(b, &l->s);
}

/* ---- from rulesets to hooks ---- */

/*
 * Puts a ruleset behind what the hook holds. "allow" and "accept" leave the
 * ruleset, not the hook's whole list: they skip what remains of it.
 */
static void append(struct build *b, struct draft *d, enum hook h, enum ruleset set)
{
    const struct action_list *from = &d->rules[set];
    for (uint32_t i = 0; i < from->count; i++) {
        struct action *a = ARENA_PUSH(b->arena, &d->scope->on[h]);
        *a = from->items[i];
        uint32_t rest = from->count - i - 1;
        if (a->kind == ACTION_ACCEPT) {
            a->kind = ACTION_SKIP;
            a->number = rest;
        } else if (a->kind == ACTION_USE_SERVER) {
            a->number = rest;
        } else if (a->kind == ACTION_PERSIST || (a->kind == ACTION_LINES && a->number == LINES_ALLOW)) {
            a->number2 = rest;
        }
    }
}

static void assemble(struct build *b, struct draft *d)
{
    bool http = draft_is_http(d);
    enum hook route = http ? HOOK_REQUEST : HOOK_CONTENT;
    haproxy_begin_hooks(b, d);
    if (http && is_on(&d->http_buffer_request)) {
        duration most =
            haproxy_time(d->timeout_http_request.set ? &d->timeout_http_request : &d->timeout_client);
        haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_WAIT_BODY, d->http_buffer_request.at)->number =
            duration_is_none(most) ? 0 : most.ms;
    }
    append(b, d, HOOK_CONNECTION, RULES_CONNECTION);
    append(b, d, HOOK_SESSION, RULES_SESSION);
    append(b, d, route, RULES_CONTENT);
    append(b, d, route, RULES_BLOCK);
    append(b, d, route, RULES_HTTP_REQUEST);
    if (http)
        haproxy_stats(b, d);
    append(b, d, route, RULES_REDIRECT);
    append(b, d, route, RULES_USE_BACKEND);
    append(b, d, HOOK_PICK, RULES_PERSIST);
    append(b, d, HOOK_PICK, RULES_USE_SERVER);
    haproxy_finish_cookie(b, d);
    append(b, d, HOOK_PICK, RULES_STICK);
    append(b, d, HOOK_RESPONSE, RULES_TCP_RESPONSE);
    append(b, d, HOOK_RESPONSE, RULES_HTTP_RESPONSE);
    append(b, d, HOOK_RESPONSE, RULES_STICK_RESPONSE);
    append(b, d, HOOK_REPLY, RULES_HTTP_AFTER);
    haproxy_end_hooks(b, d);
}

void haproxy_compile_rules(struct build *b, struct draft *d)
{
    b->at = d;
    if (draft_is_http(d))
        haproxy_compile_captures(b, d);
    for (uint32_t i = 0; i < d->kept[KEPT_RULE].count; i++) {
        const struct line *l = &d->kept[KEPT_RULE].items[i];
        struct opened before = haproxy_line_begin(b, l);
        compile_line(b, l);
        haproxy_line_end(b, before);
        b->when = NULL;
    }
    assemble(b, d);
    haproxy_finish_acls(b, d);
}

/* ---- words ---- */

#define RULE(name, in, min, what)                                                                            \
    {                                                                                                        \
        name, in, min, ARGS_ANY, KEEP(KEPT_RULE), .manual = what                                             \
    }

const struct keyword haproxy_rule_words[] = {
    RULE("acl", IN_D_PROXY, 2, "NAME CRITERION [FLAGS] [VALUES]: a named test"),
    RULE("http-request", IN_D_PROXY, 1, "ACTION ... [if CONDITION]: what is done with requests"),
    RULE("http-response", IN_D_PROXY, 1, "ACTION ... [if CONDITION]: what is done with answers of servers"),
    RULE("http-after-response", IN_D_PROXY, 1, "ACTION ... [if CONDITION]: what is done with every answer"),
    RULE("tcp-request connection", IN_D_FRONT, 1, "ACTION ... [if CONDITION]: when a connection is accepted"),
    RULE("tcp-request session", IN_D_FRONT, 1, "ACTION ... [if CONDITION]: when its handshakes are done"),
    RULE("tcp-request content", IN_D_PROXY, 1, "ACTION ... [if CONDITION]: when its first bytes are there"),
    { "tcp-request inspect-delay", IN_D_PROXY, 1, 1, .handle = haproxy_set_time, TO(inspect_delay),
      .manual = "how long content rules wait for bytes" },
    RULE("redirect", IN_PROXY, 2, "location|prefix|scheme TO [code N] ... [if CONDITION]"),
    RULE("use_backend", IN_FRONT, 1, "NAME [if CONDITION]: which backend; the first that holds"),
    { "default_backend", IN_D_FRONT, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_DEFAULT_BACKEND,
      .manual = "NAME: when no use_backend held" },
    RULE("use-server", IN_BACK, 2, "NAME if CONDITION: past the balancing"),
    { "stick-table", IN_PROXY, 2, ARGS_ANY, .handle = haproxy_keep_one, .offset = KEPT_STICK_TABLE,
      .manual = "type ip|ipv6|integer|string|binary size N [expire T] [nopurge] [store DATA,...]" },
    RULE("stick on", IN_BACK, 1, "KEY [table T] [if CONDITION]: stick match and stick store-request"),
    RULE("stick match", IN_BACK, 1, "KEY [table T] [if CONDITION]: the server that the table has for it"),
    RULE("stick store-request", IN_BACK, 1, "KEY [table T] [if CONDITION]: its server is put into the table"),
    RULE("stick store-response", IN_BACK, 1, "KEY [table T] [if CONDITION]: the same, of the answer"),
    RULE("force-persist", IN_BACK, 2, "if CONDITION: a server that a cookie names is kept though it is down"),
    RULE("ignore-persist", IN_BACK, 2, "if CONDITION: what cookies say does not count"),
    RULE("monitor fail", IN_FRONT, 1, "if CONDITION: then monitor-uri answers 503"),
    { "block", IN_PROXY, 2, ARGS_ANY, KEYWORD_OLD, .handle = haproxy_keep, .offset = KEPT_RULE,
      .today = "http-request deny if ...", .manual = "if CONDITION: answers 403" },
    RULE("tcp-response content", IN_D_BACK, 1,
         "ACTION ... [if CONDITION]: when the server's first bytes are there"),
    { "tcp-response inspect-delay", IN_D_BACK, 1, 1, .handle = haproxy_set_time, TO(inspect_delay_response),
      .manual = "how long tcp-response rules wait for bytes" },
    { NULL },
};
