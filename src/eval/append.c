/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions straight into a line: what a log costs is decided here. Texts are
 * looked through sixteen bytes at a time for what needs an escape, which is
 * rare, and copied whole; what every log line has is written without becoming a
 * value first. Everything else goes by its value.
 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "eval/eval_internal.h"
#include "wire/message.h"

/*
 * Where the line goes on: by value, so that it stays in registers while bytes
 * are stored that might be anything. The buf hears of it when it must grow, and
 * at the end.
 */
struct cursor {
    char *at, *end;
};

/* ---- bytes ---- */

/* At most sixteen bytes, without a call: two overlapping halves. */
static inline void copy_few(char *to, const char *from, size_t len)
{
    if (len >= 8) {
        uint64_t first, last;
        memcpy(&first, from, 8);
        memcpy(&last, from + len - 8, 8);
        memcpy(to, &first, 8);
        memcpy(to + len - 8, &last, 8);
    } else if (len >= 4) {
        uint32_t first, last;
        memcpy(&first, from, 4);
        memcpy(&last, from + len - 4, 4);
        memcpy(to, &first, 4);
        memcpy(to + len - 4, &last, 4);
    } else if (len) {
        to[0] = from[0];
        to[len / 2] = from[len / 2];
        to[len - 1] = from[len - 1];
    }
}

static struct cursor cursor_of(const struct buf *out)
{
    /* What is cut stays cut: nothing may follow a gap. */
    return (struct cursor){ out->data + out->len, out->data + (out->truncated ? out->len : out->room) };
}

static inline void settle(struct buf *out, struct cursor c)
{
    out->len = (size_t)(c.at - out->data);
}

/* No room: the buf grows, or cuts. */
static __attribute__((noinline)) struct cursor put_slowly(struct buf *out, struct cursor c, const char *from,
                                                          size_t len)
{
    settle(out, c);
    buf_put(out, span_of(from, len));
    return cursor_of(out);
}

static inline struct cursor put(struct buf *out, struct cursor c, const char *from, size_t len)
{
    if (UNLIKELY(len > (size_t)(c.end - c.at)))
        return put_slowly(out, c, from, len);
    if (len <= 16)
        copy_few(c.at, from, len);
    else
        memcpy(c.at, from, len);
    c.at += len;
    return c;
}

static inline struct cursor put_span(struct buf *out, struct cursor c, struct span s)
{
    return put(out, c, s.ptr, s.len);
}

static inline struct cursor put_char(struct buf *out, struct cursor c, char byte)
{
    if (UNLIKELY(c.at == c.end))
        return put_slowly(out, c, &byte, 1);
    *c.at++ = byte;
    return c;
}

/* "00" to "99". */
static const char pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940"
    "4142434445464748495051525354555657585960616263646566676869707172737475767778798081"
    "828384858687888990919293949596979899";

static inline unsigned digits_of(uint64_t n)
{
    unsigned digits = 1;

    for (; n >= 1000; n /= 1000)
        digits += 3;
    return digits + (n >= 10) + (n >= 100);
}

static struct cursor put_number(struct buf *out, struct cursor c, int64_t n)
{
    uint64_t left = n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n;

    if (UNLIKELY(c.end - c.at < 24)) {
        settle(out, c);
        buf_put_i64(out, n);
        return cursor_of(out);
    }
    if (left < 10 && n >= 0) {
        *c.at++ = (char)('0' + n);
        return c;
    }
    if (left < 1000 && n >= 0) { /* a status, a small length */
        const char *pair = &pairs[left % 100 * 2];
        if (left >= 100)
            *c.at++ = (char)('0' + left / 100);
        *c.at++ = pair[0];
        *c.at++ = pair[1];
        return c;
    }
    if (n < 0)
        *c.at++ = '-';
    char *at = c.at + digits_of(left);
    c.at = at;
    for (; left >= 100; left /= 100) {
        const char *pair = &pairs[left % 100 * 2];
        *--at = pair[1];
        *--at = pair[0];
    }
    if (left >= 10)
        *--at = pairs[left * 2 + 1];
    at[-1] = left >= 10 ? pairs[left * 2] : (char)('0' + left);
    return c;
}

/* ---- escapes ---- */

typedef int8_t sixteen __attribute__((vector_size(16)));

/* Bytes below 0x20 and from 0x7f on, as signed ones: those from 0x80 on are negative. */
static inline sixteen not_printable(sixteen v)
{
    return (v < 0x20) | (v == 0x7f);
}

/* Non-zero where a byte needs an escape. */
#define INLINE_ALWAYS inline __attribute__((always_inline))
static INLINE_ALWAYS sixteen needs_escape(enum expr_escape escape, sixteen v)
{
    switch (escape) {
    case ESCAPE_NGINX_LOG:
        return not_printable(v) | (v == '"') | (v == '\\');
    case ESCAPE_HAPROXY_LOG:
        return not_printable(v) | (v == '"') | (v == '#');
    case ESCAPE_HAPROXY_TEXT:
        return ((v < 0x20) & (v >= 0)) | (v == 0x7f);
    case ESCAPE_NGINX_JSON:
    case ESCAPE_JSON:
        return ((v < 0x20) & (v >= 0)) | (v == '"') | (v == '\\');
    case ESCAPE_NONE:
        break;
    }
    return (sixteen){ 0 };
}

/* The same for one byte. */
static bool is_clean_byte(enum expr_escape escape, unsigned char c)
{
    if (escape == ESCAPE_HAPROXY_TEXT)
        return (c >= 0x20 && c != 0x7f) || c == '\t';
    if (c < 0x20 || c == '"')
        return false;
    if (escape == ESCAPE_NGINX_JSON || escape == ESCAPE_JSON)
        return c != '\\';
    if (c >= 0x7f)
        return false;
    if (escape == ESCAPE_NGINX_LOG)
        return c != '\\';
    return c != '#';
}

static inline bool any(sixteen v)
{
#ifdef __SSE2__
    return _mm_movemask_epi8((__m128i)v) != 0;
#else
    uint64_t half[2];
    memcpy(half, &v, sizeof(half));
    return (half[0] | half[1]) != 0;
#endif
}

static struct cursor put_json_char(struct buf *out, struct cursor c, unsigned char byte)
{
    static const char names[] = "btn\vfr", hex[] = "0123456789ABCDEF"; /* \b \t \n - \f \r */

    c = put_char(out, c, '\\');
    if (byte == '"' || byte == '\\')
        return put_char(out, c, (char)byte);
    if (byte >= '\b' && byte <= '\r' && byte != '\v')
        return put_char(out, c, names[byte - '\b']);
    c = put_span(out, c, SPAN("u00"));
    c = put_char(out, c, hex[byte >> 4]);
    return put_char(out, c, hex[byte & 15]);
}

static struct cursor put_escaped_char(struct buf *out, struct cursor c, enum expr_escape escape,
                                      unsigned char byte)
{
    static const char hex[] = "0123456789ABCDEF";

    if (escape == ESCAPE_NGINX_JSON || escape == ESCAPE_JSON)
        return put_json_char(out, c, byte);
    c = put_span(out, c, escape == ESCAPE_NGINX_LOG ? SPAN("\\x") : SPAN("#"));
    c = put_char(out, c, hex[byte >> 4]);
    return put_char(out, c, hex[byte & 15]);
}

/* Runs of what needs no escape are copied at once. */
static __attribute__((noinline)) struct cursor put_unclean(struct buf *out, struct cursor c,
                                                           enum expr_escape escape, struct span s)
{
    size_t from = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (is_clean_byte(escape, (unsigned char)s.ptr[i]))
            continue;
        c = put(out, c, s.ptr + from, i - from);
        c = put_escaped_char(out, c, escape, (unsigned char)s.ptr[i]);
        from = i + 1;
    }
    return put(out, c, s.ptr + from, s.len - from);
}

static INLINE_ALWAYS bool is_clean_few(enum expr_escape escape, struct span s)
{
    sixteen v = { 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x' };
    char few[16];

    memcpy(few, &v, 16);
    copy_few(few, s.ptr, s.len);
    memcpy(&v, few, 16);
    return !any(needs_escape(escape, v));
}

/* Looks and copies in one go, as long as nothing needs an escape. */
static INLINE_ALWAYS struct cursor put_as(struct buf *out, struct cursor c, enum expr_escape escape,
                                          struct span s)
{
    sixteen v;

    if (s.len < 16)
        return LIKELY(is_clean_few(escape, s)) ? put_span(out, c, s) : put_unclean(out, c, escape, s);
    if (UNLIKELY(s.len > (size_t)(c.end - c.at)))
        return put_unclean(out, c, escape, s);
    char *to = c.at;
    for (size_t i = 0;; i += 16) {
        if (i + 16 > s.len)
            i = s.len - 16; /* the last ones, some of them again */
        memcpy(&v, s.ptr + i, 16);
        if (UNLIKELY(any(needs_escape(escape, v))))
            return put_unclean(out, c, escape, s);
        memcpy(to + i, &v, 16);
        if (i + 16 == s.len)
            break;
    }
    c.at += s.len;
    return c;
}

/* One loop for each escape, with its comparisons as constants. */
static struct cursor put_escaped(struct buf *out, struct cursor c, enum expr_escape escape, struct span s)
{
    switch (escape) {
    case ESCAPE_NGINX_LOG:
        return put_as(out, c, ESCAPE_NGINX_LOG, s);
    case ESCAPE_HAPROXY_LOG:
        return put_as(out, c, ESCAPE_HAPROXY_LOG, s);
    case ESCAPE_HAPROXY_TEXT:
        return put_as(out, c, ESCAPE_HAPROXY_TEXT, s);
    case ESCAPE_NGINX_JSON:
    case ESCAPE_JSON:
        return put_as(out, c, ESCAPE_JSON, s);
    case ESCAPE_NONE:
        break;
    }
    return put_span(out, c, s);
}

/* A value of RFC 5424's structured data (6.3.3). */
static __attribute__((noinline)) struct cursor put_slashed(struct buf *out, struct cursor c,
                                                           enum expr_escape escape, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char byte = s.ptr[i];
        if (byte == '\\' || byte == ']' || (byte == '"' && escape != ESCAPE_HAPROXY_LOG))
            c = put_char(out, c, '\\');
        c = put_escaped(out, c, escape, span_of(&s.ptr[i], 1));
    }
    return c;
}

/* ---- what every log line has ---- */

static inline struct cursor put_text(struct buf *out, struct cursor c, const struct expr_part *p,
                                     struct span s)
{
    if (s.len == 0)
        return p->dash == DASH_EMPTY || (p->dash && !s.ptr) ? put_char(out, c, '-') : c;
    if (UNLIKELY(p->slash))
        return put_slashed(out, c, p->escape, s);
    return put_escaped(out, c, p->escape, s);
}

/* "0" to "255", and how long each is. */
// clang-format off
#define DIGIT(n) ((char)('0' + (n) % 10))
#define OCTET(n) { { (n) >= 100 ? DIGIT((n) / 100) : (n) >= 10 ? DIGIT((n) / 10) : DIGIT(n), \
                     (n) >= 100 ? DIGIT((n) / 10) : DIGIT(n), DIGIT(n) }, \
                   (n) >= 100 ? 3 : (n) >= 10 ? 2 : 1 }
#define OCTETS_4(n)  OCTET(n), OCTET((n) + 1), OCTET((n) + 2), OCTET((n) + 3)
#define OCTETS_16(n) OCTETS_4(n), OCTETS_4((n) + 4), OCTETS_4((n) + 8), OCTETS_4((n) + 12)
#define OCTETS_64(n) OCTETS_16(n), OCTETS_16((n) + 16), OCTETS_16((n) + 32), OCTETS_16((n) + 48)
static const struct octet {
    char digits[3];
    uint8_t len;
} octets[256] = { OCTETS_64(0), OCTETS_64(64), OCTETS_64(128), OCTETS_64(192) };
// clang-format on

static __attribute__((noinline)) struct cursor put_ip_slowly(struct buf *out, struct cursor c,
                                                             const struct address *a)
{
    char room[64];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    address_put_ip(&b, a);
    return put_span(out, c, buf_span(&b));
}

static inline struct cursor put_ip(struct buf *out, struct cursor c, const struct address *a)
{
    if (UNLIKELY(address_family(a) != AF_INET || c.end - c.at < 20))
        return put_ip_slowly(out, c, a);
    const unsigned char *ip = (const unsigned char *)&a->u.in.sin_addr;
    for (unsigned i = 0; i < 4; i++) {
        const struct octet *o = &octets[ip[i]];
        c.at[0] = o->digits[0];
        c.at[1] = o->digits[1];
        c.at[2] = o->digits[2];
        c.at += o->len;
        *c.at++ = '.';
    }
    c.at--;
    return c;
}

/* As it was received, whatever was edited; never as one text in the scratch. */
static struct cursor put_request_line(struct facts *f, const struct expr_part *p, struct buf *out,
                                      struct cursor c)
{
    const struct message *m = f->request;

    c = put_span(out, c, m->method_text); /* a token: nothing in it needs an escape */
    c = put_char(out, c, ' ');
    c = put_escaped(out, c, p->escape, f->target.ptr ? f->target : m->target);
    return put_span(out, c,
                    m->major == 2   ? SPAN(" HTTP/2.0")
                    : m->minor == 0 ? SPAN(" HTTP/1.0")
                                    : SPAN(" HTTP/1.1"));
}

/* The two that every access log has, without asking for all names. */
static inline enum field_id log_field(struct span name)
{
    if (name.len == 7 && memcmp(name.ptr, "referer", 7) == 0)
        return FIELD_REFERER;
    return name.len == 10 && memcmp(name.ptr, "user-agent", 10) == 0 ? FIELD_USER_AGENT : FIELD_OTHER;
}

/* One field of that name, or none. False: several, or one of them. */
static bool field_alone(const struct facts *f, const struct expr_part *p, struct span *value)
{
    if (f->request == NULL || p->number2 != 0 ||
        (p->number != OCCURRENCE_ALL && p->number != OCCURRENCE_LAST))
        return false;
    enum field_id id = log_field(p->text);
    const struct field *field =
        id == FIELD_OTHER ? message_find_name(f->request, p->text) : message_find(f->request, id);
    if (field && message_next(f->request, field))
        return false;
    *value = field ? field->value : span_of(NULL, 0);
    return true;
}

static inline bool is_timer(enum fetch which)
{
    return which >= FETCH_TIMER_HANDSHAKE && which <= FETCH_TIMER_QUERY;
}

/* The numbers of a line; false: none, or not one of these. */
static inline bool number_of(struct facts *f, enum fetch which, int64_t *out)
{
    if (which == FETCH_STATUS) {
        *out = f->status;
        return f->status != 0;
    }
    if (UNLIKELY(f->early_line) && grows(which))
        return false;
    if (is_timer(which)) {
        if (f->times)
            *out = timer_of(f, which);
        return f->times != NULL;
    }
    return f->end && end_number(f, which, out);
}

/* The texts of a line that lie there whole; false: none, or not one of these. */
static inline bool text_of(struct facts *f, const struct expr_part *p, struct span *out)
{
    switch ((unsigned)p->fetch) {
    case FETCH_REQUEST_FIELD:
        return field_alone(f, p, out);
    case FETCH_AUTH_USER:
        *out = span_of(NULL, 0);
        return f->request && f->auth_user.ptr == NULL &&
               message_find(f->request, FIELD_AUTHORIZATION) == NULL;
    case FETCH_SERVICE_NAME:
        *out = f->service ? f->service->name : SPAN("");
        return true;
    case FETCH_POOL_NAME:
        *out = p->pool ? p->pool->name : f->pool ? f->pool->name : SPAN("");
        return true;
    case FETCH_SERVER_PICKED_NAME:
        *out = f->by_page ? SPAN("<STATS>") : f->server ? f->server->name : SPAN("");
        return true;
    case FETCH_TERMINATION_COOKIE:
        *out = f->end ? span_of(f->end->termination, 4) : SPAN("");
        return true;
    case FETCH_CAPTURED_COOKIE_REQUEST:
        *out = f->end ? f->end->captured_cookie_request : SPAN("");
        return true;
    case FETCH_CAPTURED_COOKIE_RESPONSE:
        *out = f->end ? f->end->captured_cookie_response : SPAN("");
        return true;
    case FETCH_CAPTURED_REQUEST:
    case FETCH_CAPTURED_RESPONSE:
        *out = SPAN("");
        return eval_capture_slots(f, p->fetch == FETCH_CAPTURED_RESPONSE) == 0;
    default:
        return false;
    }
}

static inline bool put_client(struct facts *f, const struct expr_part *p, struct buf *out, struct cursor *c)
{
    struct address a;

    if (!f->live->address(f->self, ADDRESS_CLIENT, &a) || a.len == 0 || address_family(&a) == AF_UNIX)
        return false;
    *c = p->fetch == FETCH_CLIENT_IP ? put_ip(out, *c, &a) : put_number(out, *c, address_port(&a));
    return true;
}

static inline bool put_date(const struct facts *f, const struct expr_part *p, struct buf *out,
                            struct cursor *c)
{
    char room[DATE_ROOM];
    uint64_t wall_us = date_of_fetch(f, p->fetch);

    if (wall_us)
        *c = put(out, *c, room, date_put(f, wall_us, room));
    return wall_us != 0;
}

/* True when it was written; else it goes by its value. */
static inline bool put_at_once(struct facts *f, const struct expr_part *p, struct buf *out, struct cursor *c)
{
    struct span s;
    int64_t n;

    switch ((unsigned)p->fetch) {
    case FETCH_CLIENT_IP:
    case FETCH_CLIENT_PORT:
        return put_client(f, p, out, c);
    case FETCH_DATE_COMMON:
        *c = put_span(out, *c, span_from(facts_clock(f)->common));
        return true;
    case FETCH_DATE_ACCEPT:
    case FETCH_DATE_REQUEST:
        return put_date(f, p, out, c);
    case FETCH_REQUEST_LINE:
        if (f->request == NULL)
            return false;
        *c = put_request_line(f, p, out, *c);
        return true;
    default:
        if (number_of(f, p->fetch, &n)) {
            *c = put_number(out, *c, n);
            return true;
        }
        if (!text_of(f, p, &s))
            return false;
        *c = put_text(out, *c, p, s);
        return true;
    }
}

/* ---- everything else ---- */

static struct cursor put_value(struct buf *out, struct cursor c, const struct expr_part *p,
                               const struct value *v)
{
    switch (v->type) {
    case VALUE_TEXT:
    case VALUE_BINARY:
        return put_text(out, c, p, v->as.text);
    case VALUE_INT:
        return put_number(out, c, v->as.number);
    case VALUE_BOOL:
        return put_char(out, c, v->as.truth ? '1' : '0');
    case VALUE_IP:
        return put_ip(out, c, &v->as.ip);
    case VALUE_NONE:
        break;
    }
    return p->dash ? put_char(out, c, '-') : c;
}

static __attribute__((noinline)) struct cursor put_by_value(struct facts *f, const struct expr_part *p,
                                                            struct buf *out, struct cursor c)
{
    struct value v = part_value(f, p);
    return put_value(out, c, p, &v);
}

/* As JSON has it. */
static struct cursor put_typed(struct buf *out, struct cursor c, const struct expr_part *p,
                               const struct value *v)
{
    if (v->type == VALUE_NONE)
        return put_span(out, c, SPAN("null"));
    if (v->type == VALUE_BOOL)
        return put_span(out, c, v->as.truth ? SPAN("true") : SPAN("false"));
    if (v->type == VALUE_INT)
        return put_number(out, c, v->as.number);
    c = put_char(out, c, '"');
    c = put_value(out, c, p, v);
    return put_char(out, c, '"');
}

/* What no common log line has: always by its value. */
static __attribute__((noinline)) struct cursor put_carefully(struct facts *f, const struct expr_part *p,
                                                             struct buf *out, struct cursor c)
{
    struct value v = part_value(f, p);

    if (p->quote == QUOTE_TYPED)
        return put_typed(out, c, p, &v);
    if (p->quote != QUOTE_NONE)
        c = put_char(out, c, '"');
    c = put_value(out, c, p, &v);
    return p->quote != QUOTE_NONE ? put_char(out, c, '"') : c;
}

static inline struct cursor put_part_text(struct buf *out, struct cursor c, const struct expr_part *p)
{
    if (UNLIKELY(p->few_len == 0 || c.end - c.at < (ptrdiff_t)sizeof(p->few)))
        return put_span(out, c, p->text);
    memcpy(c.at, p->few, sizeof(p->few));
    c.at += p->few_len;
    return c;
}

void eval_append(struct facts *f, const struct expr *e, struct buf *out)
{
    struct cursor c = cursor_of(out);
    const struct expr_part *end = e->parts.items + e->parts.count;

    for (const struct expr_part *p = e->parts.items; p < end; p++) {
        if (p->kind == PART_TEXT && p->as_is) {
            c = put_part_text(out, c, p);
            continue;
        }
        if (UNLIKELY(p->quote == QUOTE_TYPED || p->slash)) {
            c = put_carefully(f, p, out, c);
            continue;
        }
        const bool quoted = p->quote != QUOTE_NONE;
        if (UNLIKELY(quoted))
            c = put_char(out, c, '"');
        if (!p->as_is || !put_at_once(f, p, out, &c))
            c = put_by_value(f, p, out, c);
        if (UNLIKELY(quoted))
            c = put_char(out, c, '"');
    }
    settle(out, c);
}
