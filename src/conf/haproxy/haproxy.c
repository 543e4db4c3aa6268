/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of HAProxy's dialect: files and folders, lines, sections, words of
 * several words, "no" and "default" before them. haproxy_internal.h tells how a
 * file becomes a model.
 */
#include "conf/haproxy/haproxy_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/preprocess.h"
#include "conf/haproxy/users.h"

/* ---- words ---- */

struct word haproxy_part(const struct word *w, size_t from, size_t len)
{
    struct word part = *w;
    part.text = span_first(span_from_index(w->text, from), len);
    size_t quote = w->quote ? 1 : 0;
    if (w->raw.len == w->text.len + 2 * quote) { /* nothing was escaped: places correspond */
        part.at.offset += (uint32_t)(from + quote);
        part.at.length = (uint32_t)part.text.len;
    }
    return part;
}

/* Where two words, or three, are one keyword: "option httplog", "capture request header". */
static const struct {
    const char *first;
    unsigned words;
} joined[] = {
    { "option", 2 },     { "timeout", 2 },     { "stats", 2 },       { "http-check", 2 },
    { "tcp-check", 2 },  { "monitor", 2 },     { "capture", 2 },     { "declare", 2 },
    { "stick", 2 },      { "email-alert", 2 }, { "tcp-request", 2 }, { "tcp-response", 2 },
    { "rate-limit", 2 }, { "persist", 2 },     { "compression", 2 }, { "external-check", 2 },
    { "filter", 2 },
};

/* Makes one word of the first <n>. */
static void join(struct build *b, struct statement *s, uint32_t n)
{
    struct word first = *word_at(s, 0);
    const struct word *last = word_at(s, n - 1);
    for (uint32_t i = 1; i < n; i++)
        first.text = arena_printf(b->arena, "%.*s %.*s", SPAN_ARGS(first.text), SPAN_ARGS(text_at(s, i)));
    first.at = last->at; /* the first is right, or there would be nothing to join */
    if (last->raw.ptr > first.raw.ptr)
        first.raw.len = (size_t)(span_end(last->raw) - first.raw.ptr);
    struct word *words = ARENA_ARRAY(b->arena, s->words.count - n + 1, struct word);
    words[0] = first;
    for (uint32_t i = n; i < s->words.count; i++)
        words[i - n + 1] = *word_at(s, i);
    s->words.items = words;
    s->words.count = s->words.room = s->words.count - n + 1;
}

struct where haproxy_keyword_at(const struct statement *s)
{
    const struct word *w = word_at(s, 0);
    uint32_t end = w->at.offset + w->at.length;

    return w->raw.len > w->at.length && w->raw.len <= end
               ? (struct where){ w->at.source, end - (uint32_t)w->raw.len, (uint32_t)w->raw.len }
               : w->at;
}

/* "http-check set-var(check.x)" is the keyword "http-check set-var". */
static void drop_arguments(struct statement *s)
{
    struct word *first = &s->words.items[0];
    if (span_starts_with(first->text, SPAN("http-check set-var")) ||
        span_starts_with(first->text, SPAN("tcp-check set-var")) ||
        span_ends_with(span_first(first->text, span_find_char(first->text, '(')), SPAN("-check unset-var")))
        first->text = span_first(first->text, span_find_char(first->text, '('));
}

/* False and a diagnostic when the second word is missing. */
static bool join_keyword(struct build *b, struct statement *s)
{
    for (size_t i = 0; i < COUNT_OF(joined); i++) {
        if (!text_is(s, 0, joined[i].first) || b->context == IN_GLOBAL)
            continue;
        if (s->words.count < joined[i].words) {
            diag_add(b->diags, &conf_arity, word_at(s, 0)->at,
                     DIAG_TEXT(text_at(s, 0), SPAN("1 or more"), SPAN("0")));
            return false;
        }
        join(b, s, joined[i].words);
        drop_arguments(s);
        return true;
    }
    if (b->context == IN_GLOBAL && text_is(s, 0, "stats") && s->words.count > 1)
        join(b, s, 2);
    return true;
}

static void drop_first(struct statement *s)
{
    s->words.items++;
    s->words.count--;
}

const struct keyword *haproxy_row(uint32_t context, struct span name)
{
    return keyword_find(&haproxy_keywords, context, name);
}

bool haproxy_walk_part(struct build *b, uint32_t context, const struct statement *s, uint32_t from,
                       uint32_t count)
{
    struct statement part = *s;
    part.words.items += from;
    part.words.count = part.words.room = count;
    const struct word *last = word_at(&part, count - 1);
    part.at = word_at(&part, 0)->at;
    part.at.length = last->at.offset + last->at.length - part.at.offset;
    return keyword_walk(&haproxy_keywords, b, b->arena, b->diags, context, NULL, &part);
}

/* ---- lines ---- */

/* A word of the other kind of proxy is ignored with a warning; for these the real one refuses. */
static bool is_strict(struct span name)
{
    static const char *const strict[] = { "server",
                                          "default-server",
                                          "server-template",
                                          "retry-on",
                                          "use-server",
                                          "declare capture",
                                          "tcp-request connection",
                                          "tcp-request session",
                                          "tcp-response content",
                                          "tcp-response inspect-delay" };
    for (size_t i = 0; i < COUNT_OF(strict); i++)
        if (span_eq(name, span_from(strict[i])))
            return true;
    return false;
}

/* Says that the word has no effect here; false when it may be here, or when it is an error that it is. */
static bool is_ignored(struct build *b, const struct statement *s)
{
    struct span name = text_at(s, 0);
    if (!(b->context & IN_PROXY) || haproxy_row(b->context, name) || is_strict(name))
        return false;
    const struct keyword *elsewhere = haproxy_row(IN_PROXY, name);
    if (elsewhere == NULL || elsewhere->support == KEYWORD_REFUSED)
        return false;
    struct diag *d =
        diag_add(b->diags, &haproxy_ignored_here, haproxy_keyword_at(s),
                 DIAG_TEXT(name, span_from(keyword_context_name(&haproxy_keywords, b->context)),
                           b->context == IN_FRONTEND ? SPAN("backend") : SPAN("frontend"), b->draft->name));
    if (span_eq(name, SPAN("maxconn")))
        diag_help(b->diags, d, "a backend has `fullconn`; a server has `maxconn`");
    else if (span_eq(name, SPAN("fullconn")))
        diag_help(b->diags, d, "a frontend has `maxconn`");
    return true;
}

static bool no_is_allowed(struct build *b, const struct statement *s, struct where no)
{
    const struct keyword *row = haproxy_row(b->context, text_at(s, 0));
    if (row == NULL || row->high == INT64_MIN)
        return true;
    diag_add(b->diags, &haproxy_no_no, no, DIAG_TEXT(text_at(s, 0)));
    return false;
}

/* Rules in defaults are for sections that ask for them by name. */
static bool is_nameless_rule(struct build *b, const struct statement *s)
{
    if (b->context != IN_DEFAULTS || b->draft->name.len)
        return false;
    const struct keyword *row = haproxy_row(IN_DEFAULTS, text_at(s, 0));
    bool rule = row && row->handle == haproxy_keep && row->offset == KEPT_RULE;
    if (!rule && !text_is(s, 0, "tcp-request inspect-delay") && !text_is(s, 0, "tcp-response inspect-delay"))
        return false;
    diag_add(b->diags, &haproxy_defaults_rules, word_at(s, 0)->at, DIAG_TEXT(text_at(s, 0)));
    return true;
}

static void run_keyword(struct build *b, struct statement s)
{
    struct where first = word_at(&s, 0)->at;
    bool no = text_is(&s, 0, "no"), fallback = text_is(&s, 0, "default");
    if ((no || fallback) && s.words.count > 1)
        drop_first(&s);
    if (!join_keyword(b, &s) || is_ignored(b, &s) || is_nameless_rule(b, &s))
        return;
    if ((no || fallback) && !no_is_allowed(b, &s, first))
        return;
    b->no = no;
    b->back_to_default = fallback;
    keyword_walk(&haproxy_keywords, b, b->arena, b->diags, b->context,
                 b->draft ? &b->draft->seen : &b->global.seen, &s);
    b->no = b->back_to_default = false;
}

static void run_statement(struct build *b, const struct statement *s)
{
    if (haproxy_preprocess(b, s))
        return;
    if (haproxy_row(IN_FILE, text_at(s, 0))) {
        b->draft = NULL;
        b->context = IN_SKIPPED; /* unless the section is one of ours */
        keyword_walk(&haproxy_keywords, b, b->arena, b->diags, IN_FILE, NULL, s);
        return;
    }
    if (b->context == IN_FILE)
        diag_add(b->diags, &haproxy_no_section, word_at(s, 0)->at, DIAG_TEXT(text_at(s, 0)));
    else if (b->context != IN_SKIPPED)
        run_keyword(b, *s);
}

/* ---- files ---- */

static bool expand(void *self, struct span name, struct span *value)
{
    return haproxy_expand(self, name, value);
}

/* The text is read from the model's own copy: the model lives longer than what the world gave. */
static void read_text(struct build *b, struct span name, struct span text)
{
    struct statement s;
    b->file = arena_span(b->arena, name);
    b->file_source = diags_add_source(b->diags, name, text);
    b->context = IN_FILE;
    b->draft = NULL;
    b->words =
        words_open(b->arena, b->diags, WORDS_HAPROXY, arena_span(b->arena, text), b->file_source, expand, b);
    haproxy_preprocess_begin(b);
    while (words_next(b->words, &s))
        if (s.words.count)
            run_statement(b, &s);
    haproxy_preprocess_end(b);
}

static void read_file(struct build *b, struct span path)
{
    struct answer a = world_ask(b->world, ASK_FILE, path);
    if (a.error)
        diag_add(b->diags, &haproxy_unreadable, WHERE_NONE,
                 DIAG_TEXT(path, span_from(strerrordesc_np(a.error))));
    else
        read_text(b, path, a.bytes.ptr ? a.bytes : SPAN(""));
}

/* A folder: every file in it that ends in ".cfg", in the order of their names. */
static void read_path(struct build *b, struct span path)
{
    struct answer kind = world_ask(b->world, ASK_FILE_KIND, path);
    if (kind.error || !span_eq(kind.bytes, SPAN("d"))) {
        read_file(b, path);
        return;
    }
    struct answer names =
        world_ask(b->world, ASK_GLOB, arena_printf(b->arena, "%.*s/*.cfg", SPAN_ARGS(path)));
    for (struct span all = names.error ? SPAN("") : names.bytes; all.len;) {
        struct span file = span_cut(&all, '\0');
        if (file.len)
            read_file(b, file);
    }
}

static void read_files(struct config *c, struct diags *d, const struct world *w, const struct span *files,
                       uint32_t count, const struct dialect_options *options)
{
    struct build b = { .config = c, .arena = c->arena, .diags = d, .world = w, .options = options };
    b.known = diags_new();
    b.spoken = d;
    b.global.socket_like.mode = b.global.socket_like.uid = b.global.socket_like.gid = UINT32_MAX;
    haproxy_environment_begin(&b, files, count);
    for (uint32_t i = 0; i < count; i++)
        read_path(&b, files[i]);
    /* What a line of defaults says once more is kept from the reader's eyes, but it has its place too. */
    for (uint32_t i = 0; i < diags_source_count(d); i++)
        (void)diags_add_source(b.known, diags_source_at(d, i)->name, diags_source_at(d, i)->text);
    haproxy_finish_global(&b);
    haproxy_finish_users(&b);
    haproxy_compile(&b);
    diags_free(&b.known);
}

/* ---- the language ---- */

static const struct keyword *const lists[] = {
    haproxy_tls_words,         haproxy_tls_global_words,  haproxy_section_words,
    haproxy_global_words,      haproxy_rate_words,        haproxy_tuning_words,
    haproxy_proxy_words,       haproxy_timeout_words,     haproxy_option_words,
    haproxy_frontend_words,    haproxy_stats_words,       haproxy_check_words,
    haproxy_cookie_words,      haproxy_environment_words, haproxy_refused_words,
    haproxy_old_words,         haproxy_balance_words,     haproxy_log_words,
    haproxy_compression_words, haproxy_reply_words_table, haproxy_rule_words,
    haproxy_action_words,      haproxy_bind_words,        haproxy_server_words,
    haproxy_state_words,       haproxy_resolvers_words,   haproxy_user_words,
    haproxy_variable_words,    haproxy_ring_words,        NULL,
};
static const char *const contexts[] = {
    "the file",
    "global",
    "defaults",
    "frontend",
    "listen",
    "backend",
    "bind",
    "server",
    "http-request",
    "http-response",
    "http-after-response",
    "tcp-request connection",
    "tcp-request session",
    "tcp-request content",
    "tcp-response content",
    "http-errors",
    "stats http-request",
    "resolvers",
    "a refused section",
    "userlist",
    "ring",
    NULL,
};
static const char *const synonyms[] = {
    "nginx:upstream",
    "backend NAME",
    "nginx:server {",
    "frontend NAME",
    "nginx:http {",
    "nothing: `mode http` in defaults",
    "nginx:worker_processes",
    "nbthread in global",
    "nginx:worker_connections",
    "maxconn in global",
    "nginx:proxy_pass",
    "default_backend, use_backend",
    "nginx:proxy_set_header",
    "http-request set-header",
    "nginx:add_header",
    "http-response set-header",
    "nginx:proxy_connect_timeout",
    "timeout connect",
    "nginx:proxy_read_timeout",
    "timeout server",
    "nginx:keepalive_timeout",
    "timeout http-keep-alive",
    "nginx:client_header_timeout",
    "timeout http-request",
    "nginx:proxy_next_upstream",
    "retry-on, option redispatch",
    "nginx:ip_hash",
    "balance source",
    "nginx:least_conn",
    "balance leastconn",
    "nginx:health_check",
    "option httpchk, and `check` on the server line",
    "nginx:access_log",
    "log, option httplog",
    "nginx:error_log",
    "log",
    "nginx:error_page",
    "errorfile",
    "nginx:return",
    "http-request return, redirect",
    "nginx:location",
    "acl NAME path_beg ..., use_backend ... if NAME",
    "nginx:stub_status",
    "stats uri",
    "nginx:deny",
    "http-request deny",
    "nginx:include",
    "another file: -f FILE",
    "keepalived:virtual_server",
    "listen NAME",
    "keepalived:real_server",
    "server NAME ADDRESS:PORT check",
    NULL,
};
const struct keyword_table haproxy_keywords = { lists, contexts, synonyms, LANGUAGE_HAPROXY };

/* ---- is it HAProxy's? ---- */

static struct span first_word(struct span line)
{
    size_t n = 0;
    while (n < line.len && line.ptr[n] != ' ' && line.ptr[n] != '\t')
        n++;
    return span_first(line, n);
}

static bool is_one_of(struct span word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_eq(word, span_from(words[i])))
            return true;
    return false;
}

static unsigned recognise(struct span name, struct span text)
{
    static const char *const sections[] = { "global", "defaults", "frontend", "backend", "listen" };
    static const char *const telling[] = { "bind",   "server",  "mode",    "balance",     "timeout",
                                           "option", "maxconn", "acl",     "use_backend", "default_backend",
                                           "stats",  "log",     "retries", "nbthread" };
    unsigned begun = 0, told = 0, foreign = 0;
    while (text.len) {
        struct span line = span_trim(span_cut(&text, '\n'));
        if (span_ends_with(line, SPAN("\r")))
            line = span_trim(span_first(line, line.len - 1));
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        foreign += (unsigned)(span_ends_with(line, SPAN(";")) || span_ends_with(line, SPAN("{")));
        begun += is_one_of(first_word(line), sections, COUNT_OF(sections));
        told += begun > 0 && is_one_of(first_word(line), telling, COUNT_OF(telling)) ? 1 : 0;
    }
    unsigned points = (begun ? 40u : 0u) + (told ? 40u : 0u);
    if (foreign > told)
        points /= 4;
    if (points && (span_find(name, SPAN("haproxy")) != SPAN_NONE || span_ends_with(name, SPAN(".cfg"))))
        points += 15;
    return points;
}

const struct dialect dialect_haproxy = {
    .language = LANGUAGE_HAPROXY,
    .name = "haproxy",
    .recognise = recognise,
    .read = read_files,
    .keywords = &haproxy_keywords,
    .kinds = haproxy_kinds,
};
