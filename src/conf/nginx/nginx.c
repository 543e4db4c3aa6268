/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of nginx's dialect: files, includes, blocks, and what belongs to
 * which block. nginx_internal.h tells how a file becomes a model.
 */
#include "conf/nginx/nginx_internal.h"

#include <errno.h>

#include "base/macros.h"
#include "conf/common/diag_conf.h"

/* A file that includes a file that includes ...: nginx has no limit but the stack. */
enum { INCLUDE_DEPTH_MAX = 16 };

struct included {
    struct span path;
    const struct included *by;
    unsigned depth;
};

/* ---- statements and blocks ---- */

bool nginx_next(struct build *b, struct statement *s)
{
    while (words_next(b->words, s)) {
        if (s->words.count)
            return true;
        if (s->end == END_BLOCK_ENDS)
            return false;
        nginx_skip_block(b); /* a "{" without a word: said by the lexer */
    }
    return false;
}

void nginx_skip_block(struct build *b)
{
    struct statement s;
    unsigned depth = 1;
    b->block_open = false;
    while (depth > 0 && words_next(b->words, &s)) {
        if (s.end == END_BLOCK_BEGINS)
            depth++;
        else if (s.end == END_BLOCK_ENDS && s.words.count == 0)
            depth--;
    }
}

static void run_statement(struct build *b, const struct statement *s)
{
    b->block_open = s->end == END_BLOCK_BEGINS;
    keyword_walk(&nginx_keywords, b, b->arena, b->diags, b->context, b->seen, s);
    if (b->block_open)
        nginx_skip_block(b);
}

static bool begins_line(const struct word *before, const struct word *w)
{
    const char *from = span_end(before->raw);
    return from < w->raw.ptr && span_find_char(span_of(from, (size_t)(w->raw.ptr - from)), '\n') != SPAN_NONE;
}

static bool fits(const struct keyword *k, uint32_t args, bool block)
{
    return args >= k->min && (k->max == ARGS_ANY || args <= k->max) &&
           (block ? k->block || k->block_optional : !k->block);
}

/*
 * Where a ";" was forgotten, the next line's directive became an argument: the
 * statement is wrong as a whole, its beginning would be right, and a word that
 * begins a line is a directive of this block. 0: it does not look like that.
 */
static uint32_t forgotten_semicolon(const struct build *b, const struct statement *s)
{
    const struct keyword *k = keyword_find(&nginx_keywords, b->context, text_at(s, 0));
    bool block = s->end == END_BLOCK_BEGINS;
    if (k == NULL || k->block || fits(k, s->words.count - 1, block))
        return 0;
    for (uint32_t i = 1; i < s->words.count; i++) {
        const struct word *w = word_at(s, i);
        if (w->quote == 0 && begins_line(word_at(s, i - 1), w) && fits(k, i - 1, false) &&
            keyword_find(&nginx_keywords, b->context, w->text))
            return i;
    }
    return 0;
}

/* A list may be long, so nginx takes `server_name a` and the `root /b;` below it as one statement. */
static void warn_of_swallowed(struct build *b, const struct statement *s)
{
    const struct keyword *k = keyword_find(&nginx_keywords, b->context, text_at(s, 0));
    if (k == NULL || k->max != ARGS_ANY || k->support == KEYWORD_REFUSED)
        return;
    for (uint32_t i = 2; i < s->words.count; i++) {
        const struct word *w = word_at(s, i);
        if (w->quote || !begins_line(word_at(s, i - 1), w) ||
            !keyword_find(&nginx_keywords, b->context, w->text))
            continue;
        struct diag *d = diag_add(b->diags, &conf_swallowed, w->at, DIAG_TEXT(text_at(s, 0), w->text));
        diag_also(b->diags, d, word_at(s, 0)->at, "this statement goes on");
    }
}

static void run_statements(struct build *b, struct statement s)
{
    for (uint32_t i; (i = forgotten_semicolon(b, &s)) > 0;) {
        const struct word *last = word_at(&s, i - 1);
        struct diag *d =
            diag_add(b->diags, &conf_missing_semicolon, last->at, DIAG_TEXT(text_at(&s, 0), text_at(&s, i)));
        diag_label(b->diags, d, "a \";\" is missing after this");
        struct statement first = s;
        first.words.count = i;
        first.end = END_SEMICOLON;
        run_statement(b, &first);
        s.words.items += i;
        s.words.count -= i;
    }
    warn_of_swallowed(b, &s);
    run_statement(b, &s);
}

static void read_statements(struct build *b)
{
    struct statement s;
    while (nginx_next(b, &s))
        run_statements(b, s);
}

void nginx_read_block(struct build *b, uint32_t context, struct level *level)
{
    struct keyword_seen seen = { 0 }, *outer_seen = b->seen;
    uint32_t outer_context = b->context;
    struct level *outer_level = b->level;
    b->context = context;
    b->level = level;
    b->seen = &seen;
    b->block_open = false;
    read_statements(b);
    b->context = outer_context;
    b->level = outer_level;
    b->seen = outer_seen;
}

/* ---- files ---- */

struct span nginx_path(struct build *b, struct span path)
{
    if (span_starts_with(path, SPAN("/")))
        return path;
    return arena_printf(b->arena, "%.*s%.*s", SPAN_ARGS(b->prefix), SPAN_ARGS(path));
}

struct span nginx_conf_path(struct build *b, struct span path)
{
    if (span_starts_with(path, SPAN("/")))
        return path;
    return arena_printf(b->arena, "%.*s%.*s", SPAN_ARGS(b->conf_prefix), SPAN_ARGS(path));
}

/* The text is read by <each>, with the model's own copy: the model lives longer than what the world gave. */
static void read_text(struct build *b, struct span name, struct span text,
                      void (*each)(struct build *, void *), void *self)
{
    struct included frame = { .path = name, .by = b->including };
    frame.depth = frame.by ? frame.by->depth + 1 : 0;
    struct words *outer = b->words;
    const struct included *by = b->including;
    uint32_t source = diags_add_source(b->diags, name, text);
    b->words = words_open(b->arena, b->diags, WORDS_NGINX, arena_span(b->arena, text), source, NULL, NULL);
    b->including = &frame;
    each(b, self);
    b->words = outer;
    b->including = by;
}

static void say_unreadable(struct build *b, struct span path, int error, struct where at)
{
    diag_add(b->diags, &nginx_unreadable, at,
             DIAG_TEXT(path, span_from(strerrordesc_np(error)), arena_printf(b->arena, "%d", error)));
}

static void read_file(struct build *b, struct span path, struct where at,
                      void (*each)(struct build *, void *), void *self)
{
    for (const struct included *i = b->including; i; i = i->by) {
        if (span_eq(i->path, path)) {
            diag_add(b->diags, &nginx_include_circle, at, DIAG_TEXT(path));
            return;
        }
    }
    if (b->including && b->including->depth >= INCLUDE_DEPTH_MAX) {
        diag_add(b->diags, &nginx_include_deep, at, DIAG_TEXT(path));
        return;
    }
    struct answer a = world_ask(b->world, ASK_FILE, path);
    if (a.error)
        say_unreadable(b, path, a.error, at);
    else
        read_text(b, path, a.bytes.ptr ? a.bytes : SPAN(""), each, self);
}

/* `include`: a path or a pattern; a pattern may match nothing. */
static void include(struct build *b, const struct statement *s, void (*each)(struct build *, void *),
                    void *self)
{
    struct span pattern = arena_span(b->arena, nginx_conf_path(b, text_at(s, 1)));
    struct where at = word_at(s, 1)->at;
    if (pattern.len == 0 || !strpbrk(pattern.ptr, "*?[")) {
        read_file(b, pattern, at, each, self);
        return;
    }
    struct answer a = world_ask(b->world, ASK_GLOB, pattern);
    if (a.error && a.error != ENOENT)
        say_unreadable(b, pattern, a.error, at);
    for (struct span all = a.error ? SPAN("") : a.bytes; all.len;) {
        struct span path = span_cut(&all, '\0');
        read_file(b, path, at, each, self);
    }
}

static void each_statement(struct build *b, void *self)
{
    (void)self;
    read_statements(b);
}

static void on_include(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    include(b, s, each_statement, NULL);
}

/* ---- blocks of rows: types, map, geo ---- */

struct rows {
    nginx_row_fn *row;
    void *self;
};

static void each_row(struct build *b, void *self)
{
    const struct rows *rows = self;
    struct statement s;
    while (nginx_next(b, &s)) {
        b->block_open = s.end == END_BLOCK_BEGINS;
        if (b->block_open) {
            diag_add(b->diags, &conf_not_a_block, word_at(&s, 0)->at, DIAG_TEXT(text_at(&s, 0)));
            nginx_skip_block(b);
        } else if (s.words.count == 2 && span_eq(text_at(&s, 0), SPAN("include"))) {
            include(b, &s, each_row, self);
        } else {
            rows->row(b, rows->self, &s);
        }
    }
}

void nginx_read_rows(struct build *b, nginx_row_fn *row, void *self)
{
    struct rows rows = { row, self };
    b->block_open = false;
    each_row(b, &rows);
}

/* ---- the language ---- */

static const struct keyword file_words[] = {
    { "include", UINT32_MAX & ~(uint32_t)IN_MAIN, 1, 1, .handle = on_include,
      .manual = "reads other files here" },
    { "include", IN_MAIN, 1, 1, .handle = on_include, .manual = "reads other files here" },
    { NULL },
};

static const struct keyword *const lists[] = {
    file_words,
    nginx_main_words,
    nginx_log_words,
    nginx_http_words,
    nginx_server_words,
    nginx_location_words,
    nginx_proxy_words,
    nginx_upstream_words,
    nginx_sticky_words,
    nginx_rewrite_words,
    nginx_access_words,
    nginx_headers_words,
    nginx_file_words,
    nginx_map_words,
    nginx_stream_words,
    nginx_tls_words,
    nginx_tuning_words,
    nginx_refused_words,
    nginx_resolver_words,
    nginx_health_words,
    nginx_limit_words,
    nginx_auth_words,
    nginx_gzip_words,
    nginx_guard_words,
    NULL,
};
static const char *const contexts[] = {
    "main",
    "events",
    "http",
    "server",
    "location",
    "if (in server)",
    "if (in location)",
    "limit_except",
    "upstream",
    "stream",
    "server (of stream)",
    "upstream (of stream)",
    "mail",
    NULL,
};
static const char *const synonyms[] = {
    "HAProxy:frontend",
    "server { listen ...; }",
    "HAProxy:listen",
    "server { listen ...; location / { proxy_pass ...; } }",
    "HAProxy:backend",
    "upstream NAME { ... }",
    "HAProxy:bind",
    "listen",
    "HAProxy:balance roundrobin",
    "nothing: an upstream takes its servers in turn",
    "HAProxy:balance leastconn",
    "least_conn",
    "HAProxy:balance source",
    "ip_hash",
    "HAProxy:balance uri",
    "hash $request_uri",
    "HAProxy:balance",
    "least_conn, ip_hash, hash or random",
    "HAProxy:use_backend",
    "location, or map with proxy_pass",
    "HAProxy:default_backend",
    "location / { proxy_pass ...; }",
    "HAProxy:option httpchk",
    "health_check",
    "HAProxy:option forwardfor",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for",
    "HAProxy:option httplog",
    "access_log",
    "HAProxy:option redispatch",
    "proxy_next_upstream",
    "HAProxy:retries",
    "proxy_next_upstream_tries",
    "HAProxy:timeout connect",
    "proxy_connect_timeout",
    "HAProxy:timeout server",
    "proxy_read_timeout",
    "HAProxy:timeout client",
    "send_timeout and client_body_timeout",
    "HAProxy:timeout http-request",
    "client_header_timeout",
    "HAProxy:timeout http-keep-alive",
    "keepalive_timeout",
    "HAProxy:maxconn",
    "worker_connections, or max_conns of an upstream's server",
    "HAProxy:nbthread",
    "worker_processes",
    "HAProxy:log",
    "access_log and error_log",
    "HAProxy:acl",
    "map, or if",
    "HAProxy:redirect",
    "return 301",
    "HAProxy:http-request redirect",
    "return 301",
    "HAProxy:http-request deny",
    "return 403, or deny",
    "HAProxy:http-request set-header",
    "proxy_set_header",
    "HAProxy:http-response set-header",
    "add_header",
    "HAProxy:errorfile",
    "error_page",
    "HAProxy:stats uri",
    "stub_status",
    "HAProxy:daemon",
    "daemon on",
    "keepalived:virtual_server",
    "stream { server { ... } }",
    "keepalived:real_server",
    "server, in an upstream",
    NULL,
};
const struct keyword_table nginx_keywords = { lists, contexts, synonyms, LANGUAGE_NGINX };

static void each_main_statement(struct build *b, void *self)
{
    (void)self;
    b->context = IN_MAIN;
    b->level = NULL;
    b->seen = &b->main_seen;
    read_statements(b);
}

/* "/etc/nginx/nginx.conf" -> "/etc/nginx/" */
static struct span folder_of(struct span path)
{
    while (path.len && path.ptr[path.len - 1] != '/')
        path.len--;
    return path;
}

static void begin(struct build *b, struct span file)
{
    struct span prefix = b->options ? b->options->prefix : SPAN("");
    b->debian = prefix.len == 0 || span_starts_with(prefix, SPAN("/usr/share/nginx"));
    b->prefix = prefix.len == 0 ? SPAN("/usr/share/nginx/") : arena_span(b->arena, prefix);
    if (!span_ends_with(b->prefix, SPAN("/")))
        b->prefix = arena_printf(b->arena, "%.*s/", SPAN_ARGS(b->prefix));
    b->conf_prefix = arena_span(b->arena, folder_of(file));
    b->stream.stream = true;
    map_init(&b->http.upstream_names, true);
    map_init(&b->stream.upstream_names, true);
    map_init(&b->http.variables, true);
    map_init(&b->stream.variables, true);
    map_init(&b->http.zones, false);
    map_init(&b->stream.zones, false);
    map_init(&b->user_files, false);
}

static void read_one(struct config *c, struct diags *d, const struct world *w, struct span file,
                     const struct dialect_options *options)
{
    struct build b = { .config = c, .arena = c->arena, .diags = d, .world = w, .options = options };
    begin(&b, file);
    if (options && options->globals.len)
        read_text(&b, SPAN("command line"), options->globals, each_main_statement, NULL);
    read_file(&b, file, WHERE_NONE, each_main_statement, NULL);
    if (b.http.top)
        nginx_compile_http(&b);
    if (b.stream.top)
        nginx_compile_stream(&b);
    nginx_finish_main(&b);
}

static void read_files(struct config *c, struct diags *d, const struct world *w, const struct span *files,
                       uint32_t count, const struct dialect_options *options)
{
    for (uint32_t i = 0; i < count; i++)
        read_one(c, d, w, files[i], options);
}

/* ---- is it nginx's? ---- */

static bool is_telling(struct span word)
{
    static const char *const telling[] = { "http",       "events",   "stream",  "server",
                                           "upstream",   "location", "include", "worker_processes",
                                           "proxy_pass", "listen" };
    for (size_t i = 0; i < COUNT_OF(telling); i++)
        if (span_eq(word, span_from(telling[i])))
            return true;
    return false;
}

/* The line's first word, without a "{" or ";" that sticks to it. */
static struct span first_word(struct span line)
{
    size_t n = 0;
    while (n < line.len && !strchr(" \t{;", line.ptr[n]))
        n++;
    return span_first(line, n);
}

static unsigned recognise(struct span name, struct span text)
{
    unsigned semicolons = 0, telling = 0;
    while (text.len) {
        struct span line = span_trim(span_cut(&text, '\n'));
        size_t comment = span_find_char(line, '#');
        line = span_trim(span_first(line, comment == SPAN_NONE ? line.len : comment));
        if (span_ends_with(line, SPAN("\r")))
            line = span_trim(span_first(line, line.len - 1));
        bool semicolon = span_ends_with(line, SPAN(";"));
        bool block = span_ends_with(line, SPAN("{")) || span_ends_with(line, SPAN("}"));
        semicolons += semicolon;
        telling += (semicolon || block) && is_telling(first_word(line));
    }
    unsigned points = (semicolons ? 40u : 0u) + (telling ? 40u : 0u);
    if (points && span_find(name, SPAN("nginx")) != SPAN_NONE)
        points += 15;
    return points;
}

const struct dialect dialect_nginx = {
    .language = LANGUAGE_NGINX,
    .name = "nginx",
    .recognise = recognise,
    .read = read_files,
    .keywords = &nginx_keywords,
    .kinds = nginx_kinds,
};
