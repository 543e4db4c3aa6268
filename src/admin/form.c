/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/form.h"

#include "base/address.h"

/* ---- options ---- */

static void take_option(struct form_options *o, struct span word)
{
    static const struct {
        struct span word;
        enum form_view view;
    } views[] = { { SPAN_INIT("csv"), FORM_CSV },
                  { SPAN_INIT("typed"), FORM_TYPED },
                  { SPAN_INIT("json"), FORM_JSON },
                  { SPAN_INIT("json-schema"), FORM_SCHEMA },
                  { SPAN_INIT("api=overview"), FORM_OVERVIEW } };

    for (size_t i = 0; i < COUNT_OF(views); i++)
        if (span_eq(word, views[i].word))
            o->view = views[i].view;
    if (span_eq(word, SPAN("norefresh")))
        o->no_refresh = true;
    else if (span_eq(word, SPAN("up")))
        o->up = true;
    else if (span_eq(word, SPAN("no-maint")))
        o->no_maint = true;
    else if (span_starts_with(word, SPAN("st=")))
        o->result = span_from_index(word, 3);
    else if (span_starts_with(word, SPAN("scope=")))
        o->scope = span_from_index(word, 6);
}

struct form_options form_options(struct span rest)
{
    struct form_options o = { .view = FORM_PAGE };
    size_t begin = 0;

    for (size_t i = 0; i <= rest.len; i++) {
        bool ends = i == rest.len || rest.ptr[i] == ';' || rest.ptr[i] == '?' || rest.ptr[i] == '&';
        if (!ends)
            continue;
        take_option(&o, span_of(rest.ptr + begin, i - begin));
        begin = i + 1;
    }
    return o;
}

/* ---- forms ---- */

bool form_next(struct span *body, struct span *name, struct span *value)
{
    while (body->len > 0) {
        *value = span_cut(body, '&');
        if (value->len == 0)
            continue;
        *name = span_cut(value, '=');
        return true;
    }
    return false;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void form_decode(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        bool coded = s.ptr[i] == '%' && i + 2 < s.len && hex(s.ptr[i + 1]) >= 0 && hex(s.ptr[i + 2]) >= 0;
        if (coded) {
            buf_put_char(out, (char)(hex(s.ptr[i + 1]) << 4 | hex(s.ptr[i + 2])));
            i += 2;
        } else {
            buf_put_char(out, s.ptr[i] == '+' ? ' ' : s.ptr[i]);
        }
    }
}

/* ---- who ---- */

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648 4. False: it is not base64. */
static bool base64_decode(struct buf *out, struct span s)
{
    uint32_t bits = 0;
    unsigned have = 0;

    while (s.len > 0 && s.ptr[s.len - 1] == '=')
        s.len--;
    for (size_t i = 0; i < s.len; i++) {
        int digit = base64_digit(s.ptr[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (uint32_t)digit) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_put_char(out, (char)(bits >> have & 0xff));
        }
    }
    return true;
}

/* Looks at every byte of both, however they differ. */
static bool same_secret(struct span a, struct span b)
{
    unsigned differ = a.len != b.len;

    for (size_t i = 0; i < a.len; i++)
        differ |= (unsigned char)a.ptr[i] ^ (b.len ? (unsigned char)b.ptr[i % b.len] : 0x100u);
    return differ == 0;
}

const struct stats_user *form_user(const struct stats_page *page, struct span authorization)
{
    const struct stats_user *found = NULL;
    char room[512];
    struct buf plain;

    if (!span_starts_with_nocase(authorization, SPAN("Basic ")))
        return NULL;
    buf_init_fixed(&plain, room, sizeof(room));
    if (!base64_decode(&plain, span_trim(span_from_index(authorization, 6))) || plain.truncated)
        return NULL;
    struct span password = buf_span(&plain);
    struct span name = span_cut(&password, ':');
    for (uint32_t i = 0; i < page->users.count; i++) {
        const struct stats_user *u = &page->users.items[i];
        /* Both are compared, whatever the first said. */
        bool password_fits = same_secret(password, u->password);
        bool name_fits = same_secret(name, u->name);
        if (password_fits && name_fits)
            found = u;
    }
    return found;
}

/* ---- from where ---- */

static struct span without_port(struct span host)
{
    size_t end = span_find_char(host, ']');

    if (host.len > 0 && host.ptr[0] == '[' && end != SPAN_NONE)
        return span_of(host.ptr + 1, end - 1);
    return span_first(host, span_find_char(host, ':'));
}

static bool is_address_or(struct span host, struct span name)
{
    struct address a;

    host = without_port(host);
    return address_parse_ip(host, &a) || span_eq_nocase(host, SPAN("localhost")) ||
           (name.len > 0 && span_eq_nocase(host, name));
}

bool form_is_ours(struct span host, struct span origin, struct span fetch_site, struct span hostname,
                  bool guarded)
{
    if (fetch_site.len > 0 && !span_eq_nocase(fetch_site, SPAN("same-origin")) &&
        !span_eq_nocase(fetch_site, SPAN("none")))
        return false;
    if (origin.len == 0)
        return true;
    size_t scheme = span_find(origin, SPAN("://"));
    if (scheme == SPAN_NONE || host.len == 0 || !span_eq_nocase(span_from_index(origin, scheme + 3), host))
        return false;
    return guarded || is_address_or(host, hostname);
}
