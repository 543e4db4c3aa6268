/* SPDX-License-Identifier: Apache-2.0 */
/* How a server's answer is changed: fields that are hidden, redirects, cookies, and what its X-Accel-* fields
 * ask. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

/* ---- fields that are hidden ---- */

static bool is_passed(const struct kept *pass, struct span name)
{
    for (uint32_t i = 0; pass && i < pass->count; i++)
        if (span_eq_nocase(text_at(&pass->items[i], 1), name))
            return true;
    return false;
}

static void fill_hidden(struct build *b, const struct level *l, struct proxy *p)
{
    static const char *const hidden[] = { "Date",
                                          "Server",
                                          "X-Pad",
                                          "X-Accel-Expires",
                                          "X-Accel-Redirect",
                                          "X-Accel-Limit-Rate",
                                          "X-Accel-Buffering",
                                          "X-Accel-Charset" };
    const struct kept *hide = KEPT(l, proxy_hide_header), *pass = KEPT(l, proxy_pass_header);
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        if (!is_passed(pass, span_from(hidden[i])))
            *ARENA_PUSH(b->arena, &p->hide_fields) = span_from(hidden[i]);
    for (uint32_t i = 0; hide && i < hide->count; i++)
        *ARENA_PUSH(b->arena, &p->hide_fields) = text_at(&hide->items[i], 1);
    for (uint32_t i = 0; pass && i < pass->count; i++)
        *ARENA_PUSH(b->arena, &p->pass_hidden_fields) = text_at(&pass->items[i], 1);
}

/* ---- Location, Refresh ---- */

/* "FROM TO", "~REGEX TO", "~*REGEX TO". */
static struct redirect_map read_map(struct build *b, const struct statement *s)
{
    struct redirect_map map = { 0 };
    const struct word *from = word_at(s, 1);
    if (span_starts_with(from->text, SPAN("~"))) {
        bool nocase = span_starts_with(from->text, SPAN("~*"));
        map.regex = nginx_regex(b, &b->http, from, span_from_index(from->text, nocase ? 2 : 1), nocase);
    } else {
        map.from = nginx_expr(b, &b->http, from, NULL);
    }
    map.to = nginx_expr(b, &b->http, word_at(s, 2), map.regex);
    return map;
}

/* <computed>: the target has variables, and there is nothing to map back by default. */
static void fill_redirects(struct build *b, const struct level *l, bool computed, struct proxy *p)
{
    const struct kept *k = KEPT(l, proxy_redirect);
    p->redirect_default = k == NULL && !computed;
    for (uint32_t i = 0; k && i < k->count; i++) {
        const struct statement *s = &k->items[i];
        if (s->words.count > 2) {
            *ARENA_PUSH(b->arena, &p->redirects) = read_map(b, s);
        } else if (span_eq(text_at(s, 1), SPAN("default"))) {
            p->redirect_default = true;
        } else if (!span_eq(text_at(s, 1), SPAN("off"))) {
            diag_add(b->diags, &nginx_bad_parameter, word_at(s, 1)->at,
                     DIAG_TEXT(text_at(s, 1), SPAN("proxy_redirect")));
        }
    }
}

/* ---- cookies ---- */

static bool is_off(struct build *b, const struct statement *s, struct span directive)
{
    if (s->words.count > 2)
        return false;
    if (!span_eq(text_at(s, 1), SPAN("off")))
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1), directive));
    return true;
}

static void fill_cookie_flags(struct build *b, const struct statement *s, struct proxy *p)
{
    static const char *const words[] = { "secure",        "nosecure",        "httponly",
                                         "nohttponly",    "samesite=strict", "samesite=lax",
                                         "samesite=none", "nosamesite",      NULL };
    struct cookie_flags f = { .name = NULL };
    const struct word *name = word_at(s, 1);
    if (s->words.count == 2 && span_eq(name->text, SPAN("off")))
        return;
    if (span_starts_with(name->text, SPAN("~")))
        f.regex = nginx_regex(b, &b->http, name, span_from_index(name->text, 1), true);
    else
        f.name = nginx_expr(b, &b->http, name, NULL);
    for (uint32_t i = 2; i < s->words.count; i++) {
        static const char *const values[] = { "Strict", "Lax", "None" };
        unsigned n;
        if (!value_choice(b->diags, word_at(s, i), words, &n))
            continue;
        enum flag_change to = n % 2 ? FLAG_CLEAR : FLAG_SET;
        if (n < 2)
            f.secure = to;
        else if (n < 4)
            f.httponly = to;
        else
            f.samesite = n == 7 ? FLAG_CLEAR : FLAG_SET;
        if (n >= 4 && n < 7)
            f.samesite_value = span_from(values[n - 4]);
    }
    *ARENA_PUSH(b->arena, &p->cookie_flags) = f;
}

static void fill_cookies(struct build *b, const struct level *l, struct proxy *p)
{
    const struct kept *domains = KEPT(l, proxy_cookie_domain), *paths = KEPT(l, proxy_cookie_path);
    const struct kept *flags = KEPT(l, proxy_cookie_flags);
    for (uint32_t i = 0; domains && i < domains->count; i++)
        if (!is_off(b, &domains->items[i], SPAN("proxy_cookie_domain")))
            *ARENA_PUSH(b->arena, &p->cookie_domains) = read_map(b, &domains->items[i]);
    for (uint32_t i = 0; paths && i < paths->count; i++)
        if (!is_off(b, &paths->items[i], SPAN("proxy_cookie_path")))
            *ARENA_PUSH(b->arena, &p->cookie_paths) = read_map(b, &paths->items[i]);
    for (uint32_t i = 0; flags && i < flags->count; i++)
        fill_cookie_flags(b, &flags->items[i], p);
}

/* ---- what the server asks of us ---- */

static void fill_accel(struct build *b, const struct level *l, struct proxy *p)
{
    static const char *const words[] = { "X-Accel-Redirect",
                                         "X-Accel-Buffering",
                                         "X-Accel-Limit-Rate",
                                         "X-Accel-Charset",
                                         "X-Accel-Expires",
                                         "Expires",
                                         "Cache-Control",
                                         "Set-Cookie",
                                         "Vary",
                                         NULL };
    static const uint32_t bits[] = { ACCEL_REDIRECT, ACCEL_BUFFERING, ACCEL_LIMIT_RATE, ACCEL_CHARSET };
    const struct kept *k = KEPT(l, proxy_ignore_headers);
    p->accel = ACCEL_REDIRECT | ACCEL_BUFFERING | ACCEL_LIMIT_RATE | ACCEL_CHARSET;
    for (uint32_t i = 1; k && i < k->items[0].words.count; i++) {
        unsigned n;
        if (value_choice(b->diags, word_at(&k->items[0], i), words, &n) && n < COUNT_OF(bits))
            p->accel &= ~bits[n];
    }
}

void nginx_fill_answer(struct build *b, const struct level *l, bool computed, struct proxy *p)
{
    fill_hidden(b, l, p);
    fill_redirects(b, l, computed, p);
    fill_cookies(b, l, p);
    fill_accel(b, l, p);
}
