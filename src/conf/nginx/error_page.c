/* SPDX-License-Identifier: Apache-2.0 */
/* error_page, and the pages that nginx has of its own. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

/* ---- error_page ---- */

static bool status_of(struct build *b, const struct word *w, uint16_t *out)
{
    uint64_t n;
    if (!span_to_u64(w->text, 599, &n) || n < 300) {
        diag_add(b->diags, &nginx_bad_status, w->at, DIAG_TEXT(w->text));
        return false;
    }
    if (n == 499) {
        diag_add(b->diags, &nginx_no_page, w->at, DIAG_TEXT(w->text));
        return false;
    }
    *out = (uint16_t)n;
    return true;
}

/* "=", "=200" before the target: what becomes of the status. */
static bool take_change(struct build *b, const struct word *w, struct error_page *page)
{
    int64_t n;
    if (w->text.len == 1) {
        page->status = UINT16_MAX;
        return true;
    }
    struct word status = word_part(w, 1, w->text.len - 1);
    if (value_number(b->diags, &status, 0, 999, &n))
        page->status = (uint16_t)n;
    return true;
}

static void compile_page(struct build *b, const struct level *l, const struct statement *s)
{
    struct error_page page = { .at = s->at };
    uint32_t last = s->words.count - 1, statuses = last;
    const struct word *target = word_at(s, last);
    if (last > 1 && span_starts_with(text_at(s, last - 1), SPAN("=")) &&
        take_change(b, word_at(s, last - 1), &page))
        statuses = last - 1;
    for (uint32_t i = 1; i < statuses; i++) {
        uint16_t status;
        if (status_of(b, word_at(s, i), &status))
            *ARENA_PUSH(b->arena, &page.statuses) = status;
    }
    if (statuses < 2) {
        diag_add(b->diags, &nginx_page_without_status, s->at, DIAG_NO_TEXT);
        return;
    }
    if (span_starts_with(target->text, SPAN("@"))) {
        const struct level *named = nginx_find_named(l, target->text);
        page.named = named ? named->scope : nginx_missing_named(b, target);
    } else {
        page.target = nginx_expr(b, &b->http, target, NULL);
    }
    *ARENA_PUSH(b->arena, &l->scope->error_pages) = page;
}

void nginx_compile_error_pages(struct build *b, const struct level *l)
{
    const struct kept *k = KEPT(l, error_page);
    l->scope->error_pages_set = true;
    for (uint32_t i = 0; k && i < k->count; i++)
        compile_page(b, l, &k->items[i]);
}

/* ---- our own pages: all that nginx has. It has none for 408, and closes ---- */

static const struct page {
    uint16_t status;
    const char *title;  /* of the page, as nginx writes it */
    const char *reason; /* in the status line, when it is another */
    uint16_t sent; /* as which it is sent, when that is another; then <title> says more than the heading */
} pages[] = {
    { 301, "Moved Permanently" },
    { 302, "Found", "Moved Temporarily" },
    { 303, "See Other" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Authorization Required", "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Not Allowed" },
    { 406, "Not Acceptable" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Request Entity Too Large" },
    { 414, "Request-URI Too Large" },
    { 415, "Unsupported Media Type" },
    { 416, "Requested Range Not Satisfiable" },
    { 421, "Misdirected Request" },
    { 429, "Too Many Requests" },
    { 494, "Request Header Or Cookie Too Large", "Bad Request", 400 },
    { 495, "The SSL certificate error", "Bad Request", 400 },
    { 496, "No required SSL certificate was sent", "Bad Request", 400 },
    { 497, "The plain HTTP request was sent to HTTPS port", "Bad Request", 400 },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Temporarily Unavailable" },
    { 504, "Gateway Time-out" },
    { 505, "HTTP Version Not Supported" },
    { 507, "Insufficient Storage" },
};

/* Errors of nginx's own, which the client gets as 400. */
static struct span special_page(struct build *b, const struct page *page, const char *who)
{
    return arena_printf(b->arena,
                        "<html>\r\n<head><title>%u %s</title></head>\r\n<body>\r\n"
                        "<center><h1>%u %s</h1></center>\r\n<center>%s</center>\r\n"
                        "<hr><center>%s</center>\r\n</body>\r\n</html>\r\n",
                        page->sent, page->title, page->sent, page->reason, page->title, who);
}

static struct span usual_page(struct build *b, const struct page *page, const char *who)
{
    return arena_printf(b->arena,
                        "<html>\r\n<head><title>%u %s</title></head>\r\n<body>\r\n"
                        "<center><h1>%u %s</h1></center>\r\n<hr><center>%s</center>\r\n"
                        "</body>\r\n</html>\r\n",
                        page->status, page->title, page->status, page->title, who);
}

static struct reply *make_page(struct build *b, const struct page *page, const char *who)
{
    struct reply *r = ARENA_NEW(b->arena, struct reply);
    r->status = page->sent ? page->sent : page->status;
    r->instead = page->sent ? page->status : 0;
    r->reason = span_from(page->reason ? page->reason : page->title);
    r->content_type = SPAN("text/html");
    r->default_page = true;
    r->body = expr_text(b->arena, page->sent ? special_page(b, page, who) : usual_page(b, page, who));
    return r;
}

static struct reply_set *make_pages(struct build *b, bool version)
{
    struct reply_set *set = ARENA_NEW(b->arena, struct reply_set);
    set->name = version ? SPAN("nginx's pages, with version") : SPAN("nginx's pages");
    for (size_t i = 0; i < COUNT_OF(pages); i++)
        *ARENA_PUSH(b->arena, &set->replies) =
            make_page(b, &pages[i], version ? "evenkeel/" KEEL_VERSION : "evenkeel");
    return set;
}

const struct reply_set *nginx_replies(struct build *b, const struct level *l)
{
    bool version = SETTING(l, server_tokens, 0) != 0;
    if (b->replies[version] == NULL)
        b->replies[version] = make_pages(b, version);
    return b->replies[version];
}
