/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that HAProxy answers by itself, and errorfile, errorloc, errorfiles over them. */
#include "conf/haproxy/rules.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

static const struct page {
    uint16_t status;
    const char *reason, *sentence;
} pages[] = {
    { 200, "OK", "Service ready." },
    { 400, "Bad request", "Your browser sent an invalid request." },
    { 401, "Unauthorized", "You need a valid user and password to access this content." },
    { 403, "Forbidden", "Request forbidden by administrative rules." },
    { 404, "Not Found", "The resource could not be found." },
    { 405, "Method Not Allowed", "This method is not supported for the resource." },
    { 407, "Unauthorized", "You need a valid user and password to access this content." },
    { 408, "Request Time-out", "Your browser didn't send a complete request in time." },
    { 410, "Gone", "The resource is gone and will not come back." },
    { 413, "Payload Too Large", "The request is larger than is allowed here." },
    { 414, "URI Too Long", "The address of the request is longer than is allowed here." },
    { 421, "Misdirected Request", "This server does not answer for that host." },
    { 422, "Unprocessable Content", "The request could not be processed." },
    { 425, "Too Early", "Your browser sent early data." },
    { 429, "Too Many Requests", "You have sent too many requests in a given amount of time." },
    { 431, "Request Header Fields Too Large", "The head of the request is larger than is allowed here." },
    { 500, "Internal Server Error", "An internal server error occurred." },
    { 501, "Not Implemented", "The server does not support what the request asks for." },
    { 502, "Bad Gateway", "The server returned an invalid or incomplete response." },
    { 503, "Service Unavailable", "No server is available to handle this request." },
    { 504, "Gateway Time-out", "The server didn't respond in time." },
};

static struct reply *page_reply(struct build *b, const struct page *p)
{
    struct reply *r = ARENA_NEW(b->arena, struct reply);
    r->status = p->status;
    r->reason = span_from(p->reason);
    *ARENA_PUSH(b->arena, &r->fields) =
        (struct field_line){ SPAN("cache-control"), expr_text(b->arena, SPAN("no-cache")) };
    r->content_type = SPAN("text/html");
    r->body = expr_text(b->arena, arena_printf(b->arena, "<html><body><h1>%u %s</h1>\n%s\n</body></html>\n",
                                               p->status, p->reason, p->sentence));
    r->default_page = true;
    return r;
}

static const struct reply_set *default_pages(struct build *b)
{
    if (b->pages == NULL) {
        b->pages = ARENA_NEW(b->arena, struct reply_set);
        b->pages->name = SPAN("haproxy");
        for (size_t i = 0; i < COUNT_OF(pages); i++)
            *ARENA_PUSH(b->arena, &b->pages->replies) = page_reply(b, &pages[i]);
    }
    return b->pages;
}

struct reply *haproxy_default_reply(struct build *b, uint16_t status, struct where at)
{
    struct reply *r = ARENA_NEW(b->arena, struct reply);
    r->status = status;
    r->default_page = true;
    r->at = at;
    return r;
}

static bool page_status(struct build *b, const struct word *w, uint16_t *out)
{
    uint64_t status;
    if (span_to_u64(w->text, 999, &status)) {
        for (size_t i = 0; i < COUNT_OF(pages); i++) {
            if (pages[i].status == status) {
                *out = (uint16_t)status;
                return true;
            }
        }
    }
    diag_add(b->diags, &haproxy_page_status, w->at, DIAG_TEXT(w->text));
    return false;
}

/* ---- a file that holds a whole answer ---- */

static bool bad_file(struct build *b, const struct word *w, const char *why)
{
    diag_add(b->diags, &haproxy_errorfile_bad, w->at, DIAG_TEXT(w->text, span_from(why)));
    return false;
}

static struct span take_line(struct span *rest)
{
    struct span line = span_cut(rest, '\n');
    if (span_ends_with(line, SPAN("\r")))
        line = span_first(line, line.len - 1);
    return line;
}

/* "HTTP/1.0 403 Forbidden" */
static bool take_status_line(struct build *b, const struct word *w, struct span line, struct reply *r)
{
    uint64_t status;
    struct span rest = line, version = span_cut(&rest, ' ');
    if (!span_starts_with(version, SPAN("HTTP/")) || !rest.ptr)
        return bad_file(b, w, "it does not begin with a status line");
    struct span code = span_cut(&rest, ' ');
    if (code.len != 3 || !span_to_u64(code, 999, &status) || status < 100)
        return bad_file(b, w, "its status line has no status");
    r->status = (uint16_t)status;
    r->reason = rest.ptr ? rest : SPAN("");
    return true;
}

static bool take_field(struct build *b, const struct word *w, struct span line, struct reply *r,
                       uint64_t *length)
{
    struct span value = line, name = span_cut(&value, ':');
    if (!value.ptr || name.len == 0)
        return bad_file(b, w, "a line of its head has no \":\"");
    value = span_trim(value);
    if (span_eq_nocase(name, SPAN("content-length")))
        return span_to_u64(value, UINT32_MAX, length) || bad_file(b, w, "its Content-Length is no number");
    if (span_eq_nocase(name, SPAN("connection")) || span_eq_nocase(name, SPAN("transfer-encoding")))
        return true; /* the connection is ours to keep or close */
    if (span_eq_nocase(name, SPAN("content-type"))) {
        r->content_type = value;
        return true;
    }
    *ARENA_PUSH(b->arena, &r->fields) = (struct field_line){ name, expr_text(b->arena, value) };
    return true;
}

static bool parse_answer(struct build *b, const struct word *w, struct span text, struct reply *r)
{
    struct span rest = text;
    uint64_t length = UINT64_MAX;
    if (!take_status_line(b, w, take_line(&rest), r))
        return false;
    for (;;) {
        if (rest.ptr == NULL || rest.len == 0)
            return bad_file(b, w, "an empty line is missing behind its head");
        struct span line = take_line(&rest);
        if (line.len == 0)
            break;
        if (!take_field(b, w, line, r, &length))
            return false;
    }
    struct span body = rest.ptr ? rest : SPAN("");
    if (length != UINT64_MAX && length != body.len)
        diag_add(b->diags, &haproxy_errorfile_length, w->at,
                 DIAG_TEXT(w->text, arena_printf(b->arena, "%llu", (unsigned long long)length),
                           arena_printf(b->arena, "%zu", body.len)));
    body = span_first(body, length < body.len ? (size_t)length : body.len);
    r->body = body.len ? expr_text(b->arena, body) : NULL;
    return true;
}

/* An empty file: closed without a byte. NULL and a diagnostic when it cannot be read. */
struct reply *haproxy_errorfile(struct build *b, const struct word *w, uint16_t status)
{
    struct span path = arena_span(b->arena, w->text);
    if (b->global.errors_relative.len && !span_starts_with(path, SPAN("/")))
        path = arena_printf(b->arena, "%.*s/%.*s", SPAN_ARGS(b->global.errors_relative), SPAN_ARGS(path));
    struct answer a = world_ask(b->world, ASK_FILE, path);
    if (a.error) {
        diag_add(b->diags, &haproxy_errorfile_missing, w->at,
                 DIAG_TEXT(path, span_from(strerrordesc_np(a.error))));
        return NULL;
    }
    struct reply *r = ARENA_NEW(b->arena, struct reply);
    r->at = w->at;
    r->status = status;
    if (a.bytes.len == 0) {
        r->status = 0;
        r->close = true;
        return r;
    }
    if (a.bytes.len > haproxy_buffer_size(b)) {
        (void)bad_file(b, w, "it is larger than tune.bufsize");
        return NULL;
    }
    return parse_answer(b, w, arena_span(b->arena, a.bytes), r) ? r : NULL;
}

/* ---- the lines ---- */

static void put(struct build *b, struct reply_set *set, uint16_t status, struct reply *r)
{
    r->instead = status;
    for (uint32_t i = 0; i < set->replies.count; i++) {
        if (set->replies.items[i]->instead == status) {
            set->replies.items[i] = r;
            return;
        }
    }
    *ARENA_PUSH(b->arena, &set->replies) = r;
}

static void take_errorfile(struct build *b, const struct statement *s, struct reply_set *set)
{
    uint16_t status;
    if (!page_status(b, word_at(s, 1), &status))
        return;
    struct reply *r = haproxy_errorfile(b, word_at(s, 2), status);
    if (r)
        put(b, set, status, r);
}

static void take_errorloc(struct build *b, const struct statement *s, struct reply_set *set)
{
    uint16_t status;
    if (!page_status(b, word_at(s, 1), &status))
        return;
    struct reply *r = ARENA_NEW(b->arena, struct reply);
    r->status = text_is(s, 0, "errorloc303") ? 303 : 302;
    *ARENA_PUSH(b->arena, &r->fields) =
        (struct field_line){ SPAN("cache-control"), expr_text(b->arena, SPAN("no-cache")) };
    r->location = expr_text(b->arena, arena_span(b->arena, text_at(s, 2)));
    r->relative = true;
    r->at = s->at;
    put(b, set, status, r);
}

static const struct http_errors *find_errors(struct build *b, const struct word *w)
{
    for (uint32_t i = 0; i < b->http_errors.count; i++)
        if (span_eq(b->http_errors.items[i].name, w->text))
            return &b->http_errors.items[i];
    diag_add(b->diags, &haproxy_no_http_errors, w->at, DIAG_TEXT(w->text));
    return NULL;
}

/* errorfiles NAME [STATUS ...] */
static void take_errorfiles(struct build *b, const struct statement *s, struct reply_set *set)
{
    const struct http_errors *e = find_errors(b, word_at(s, 1));
    for (uint32_t i = 0; e && i < e->files.count; i++) {
        const struct statement *file = &e->files.items[i].s;
        bool wanted = s->words.count == 2;
        for (uint32_t k = 2; k < s->words.count; k++)
            wanted |= span_eq(text_at(s, k), text_at(file, 1));
        if (wanted)
            take_errorfile(b, file, set);
    }
}

struct reply *haproxy_section_reply(struct build *b, const struct word *name, uint16_t status,
                                    struct where at)
{
    const struct http_errors *e = find_errors(b, name);
    if (e == NULL)
        return NULL;
    for (uint32_t i = e->files.count; i > 0; i--) { /* the last line of a status counts */
        const struct statement *file = &e->files.items[i - 1].s;
        uint64_t own;
        if (span_to_u64(text_at(file, 1), 999, &own) && own == status)
            return haproxy_errorfile(b, word_at(file, 2), status);
    }
    return haproxy_default_reply(b, status, at);
}

/* http-error status N ... */
static void take_http_error(struct build *b, const struct statement *s, struct reply_set *set)
{
    struct reply *r = haproxy_reply_words(b, s, 1, 0);
    if (r == NULL)
        return;
    uint16_t status = r->status;
    if (!r->default_page) /* the page is there already */
        put(b, set, status, r);
}

const struct reply_set *haproxy_replies(struct build *b, struct draft *d)
{
    static const struct {
        const char *word;
        void (*take)(struct build *b, const struct statement *s, struct reply_set *set);
    } words[] = {
        { "errorfile", take_errorfile },   { "errorloc", take_errorloc },
        { "errorloc302", take_errorloc },  { "errorloc303", take_errorloc },
        { "errorfiles", take_errorfiles }, { "http-error", take_http_error },
    };
    const struct lines *lines = &d->kept[KEPT_ERROR];
    if (lines->count == 0)
        return default_pages(b);
    struct reply_set *set = ARENA_NEW(b->arena, struct reply_set);
    set->below = default_pages(b);
    b->at = d;
    for (uint32_t i = 0; i < lines->count; i++) {
        struct opened before = haproxy_line_begin(b, &lines->items[i]);
        for (size_t k = 0; k < COUNT_OF(words); k++)
            if (text_is(&lines->items[i].s, 0, words[k].word))
                words[k].take(b, &lines->items[i].s, set);
        haproxy_line_end(b, before);
    }
    return set;
}

/* ---- words ---- */

static void on_errors_file(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct line *l = ARENA_PUSH(b->arena, &b->http_errors.items[b->http_errors.count - 1].files);
    *l = (struct line){ .s = *s, .row = k };
}

const struct keyword haproxy_reply_words_table[] = {
    { "errorfile", IN_D_PROXY, 2, 2, KEEP(KEPT_ERROR),
      .manual = "STATUS FILE: sent instead of our own page" },
    { "errorfile", IN_HTTP_ERRORS, 2, 2, .handle = on_errors_file, .manual = "STATUS FILE" },
    { "errorfiles", IN_D_PROXY, 1, ARGS_ANY, KEEP(KEPT_ERROR),
      .manual = "NAME [STATUS ...]: of an http-errors section" },
    { "errorloc", IN_D_PROXY, 2, 2, KEEP(KEPT_ERROR), .manual = "STATUS URL: redirects there (302)" },
    { "errorloc302", IN_D_PROXY, 2, 2, KEEP(KEPT_ERROR), .manual = "STATUS URL: redirects there (302)" },
    { "errorloc303", IN_D_PROXY, 2, 2, KEEP(KEPT_ERROR), .manual = "STATUS URL: redirects there (303)" },
    { "http-error", IN_D_PROXY, 2, ARGS_ANY, KEEP(KEPT_ERROR),
      .manual = "status N content-type T ...: an own page" },
    { NULL },
};
