/* SPDX-License-Identifier: Apache-2.0 */
/* The rarer converters. */
#include <endian.h>

#include "eval/eval_internal.h"
#include "state/snapshot.h"

/* ---- bytes and numbers ---- */

static struct value htonl_of(struct facts *f, int64_t n)
{
    uint32_t word = htobe32((uint32_t)n);
    return value_binary(scratch_span(f->scratch, span_of((const char *)&word, sizeof(word))));
}

static struct value hex_to_int(struct span s)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return value_none();
        n = n << 4 | (unsigned)digit;
    }
    return value_int((int64_t)n);
}

static uint64_t number_at(const char *at, size_t len, bool little)
{
    uint64_t n = 0;

    for (size_t i = 0; i < len; i++)
        n = n << 8 | (unsigned char)at[little ? len - 1 - i : i];
    return n;
}

/* "1.2.3" of bytes, <number> at a time. */
static struct value in_chunks(struct facts *f, struct span s, const struct conversion *c)
{
    size_t each = c->number > 0 ? (size_t)c->number : 1, room = 1;
    struct buf b;
    char *at;

    if (__builtin_mul_overflow(s.len / each + 1, 24 + c->text.len + 2 * each, &room) || room > 65536)
        return value_none();
    at = scratch_bytes(f->scratch, room);
    if (at == NULL)
        return value_none();
    buf_init_fixed(&b, at, room);
    for (size_t i = 0; i < s.len; i += each) {
        size_t len = s.len - i < each ? s.len - i : each;
        if (len < each && c->number2 == 1)
            break;
        if (i > 0)
            buf_put(&b, c->text);
        if (c->kind == CONVERT_BE_TO_HEX)
            for (size_t k = 0; k < len; k++)
                buf_printf(&b, "%02X", (unsigned char)s.ptr[i + k]);
        else
            buf_put_u64(&b, number_at(s.ptr + i, len, c->kind == CONVERT_LE_TO_DEC));
    }
    return b.truncated ? value_none() : value_text(buf_span(&b));
}

static struct value secure_equal(struct facts *f, struct span s, const struct conversion *c)
{
    struct value v = eval_slot(f, (uint32_t)c->number2 - 1);
    struct span with = eval_as_text(f, &v);
    unsigned different = 0;

    if (v.type == VALUE_NONE || with.ptr == NULL)
        return value_none();
    if (with.len != s.len)
        return value_bool(false);
    for (size_t i = 0; i < s.len; i++)
        different |= (unsigned char)s.ptr[i] ^ (unsigned char)with.ptr[i];
    return value_bool(different == 0);
}

/* ---- text ---- */

static struct value cut_crlf(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n')
            return value_text(span_first(s, i));
    return value_text(s);
}

/* What is there, the separator when there is something on both sides, the slot's, and <text2>. */
static struct value add_item(struct facts *f, struct span s, const struct conversion *c)
{
    struct value v = c->number2 > 0 ? eval_slot(f, (uint32_t)c->number2 - 1) : value_none();
    struct span item = v.type == VALUE_NONE ? SPAN("") : eval_as_text(f, &v);
    struct span out = s;

    if (item.ptr == NULL)
        return value_none();
    if (s.len && (item.len || c->text2.len))
        out = scratch_join(f->scratch, out, c->text);
    out = out.ptr ? scratch_join(f->scratch, out, item) : out;
    out = out.ptr ? scratch_join(f->scratch, out, c->text2) : out;
    return value_text(out);
}

/* "0.75" in thousandths; 1000 when nothing is said (RFC 9110 12.4.2). */
static unsigned weight_of(struct span params)
{
    size_t at = span_find(params, SPAN("q="));
    unsigned weight = 0, unit = 1000;

    if (at == SPAN_NONE)
        return 1000;
    for (struct span q = span_from_index(params, at + 2); q.len; q = span_from_index(q, 1)) {
        if (q.ptr[0] == '.' && unit == 100)
            continue;
        if (q.ptr[0] < '0' || q.ptr[0] > '9' || unit == 0)
            break;
        weight += (unsigned)(q.ptr[0] - '0') * unit;
        unit /= 10;
    }
    return weight < 1000 ? weight : 1000;
}

/* How much <wanted> (of Accept-Language) likes <language>. */
static unsigned liked(struct span wanted, struct span language)
{
    unsigned best = 0;

    while (wanted.ptr && wanted.len) {
        struct span params = span_cut(&wanted, ','), name = span_trim(span_cut(&params, ';'));
        unsigned weight = weight_of(params.ptr ? params : SPAN(""));
        if (span_eq_nocase(name, language) && weight > best)
            best = weight;
    }
    return best;
}

static struct value language(struct span s, const struct conversion *c)
{
    struct span best = c->text2;
    unsigned most = 0;

    for (struct span rest = c->text; rest.ptr && rest.len;) {
        struct span one = span_cut(&rest, ';');
        unsigned likes = liked(s, one);
        if (likes > most) {
            most = likes;
            best = one;
        }
    }
    return best.len ? value_text(best) : value_none();
}

/* ---- the rest ---- */

static struct value capture(struct facts *f, struct span s, const struct conversion *c)
{
    unsigned response = c->number2 == 1;
    uint32_t count = f->front ? (response ? f->front->response_slots : f->front->slots) : 0;

    if (c->number < count && !eval_capture(f, response, (uint32_t)c->number, count, s, SIZE_MAX))
        return value_none();
    return value_text(s);
}

static struct value pool_usable_of(const struct facts *f, struct span name)
{
    const struct pool *p = config_find_pool(f->snapshot->config, LANGUAGE_HAPROXY, name);

    if (p != NULL)
        return value_int(pool_usable(f->snapshot, p, f->now));
    return value_none();
}

static struct value with_source(struct facts *f, struct span s)
{
    struct address ip;

    if (!f->live->address(f->self, ADDRESS_CLIENT, &ip))
        return value_none();
    if (address_family(&ip) == AF_INET)
        return value_binary(
            scratch_join(f->scratch, s, span_of((const char *)&ip.u.in.sin_addr, sizeof(ip.u.in.sin_addr))));
    if (address_family(&ip) != AF_INET6)
        return value_none();
    return value_binary(
        scratch_join(f->scratch, s, span_of((const char *)&ip.u.in6.sin6_addr, sizeof(ip.u.in6.sin6_addr))));
}

/* ---- names of certificates (RFC 2253): the last entry of the certificate stands first ---- */

/* Up to "," or "+" outside of escapes. */
static struct span take_entry(struct span *rest)
{
    size_t i = 0;

    while (i < rest->len && rest->ptr[i] != ',' && rest->ptr[i] != '+')
        i += rest->ptr[i] == '\\' && i + 1 < rest->len ? 2 : 1;
    struct span entry = span_first(*rest, i);
    *rest = i < rest->len ? span_from_index(*rest, i + 1) : span_of(NULL, 0);
    return entry;
}

/* Without its escapes. */
static struct value entry_value(struct facts *f, struct span s)
{
    char *at = scratch_bytes(f->scratch, s.len + 1);
    size_t len = 0;

    for (size_t i = 0; at && i < s.len; i++) {
        if (s.ptr[i] != '\\' || i + 1 == s.len) {
            at[len++] = s.ptr[i];
            continue;
        }
        struct value hex = i + 2 < s.len ? hex_to_int(span_of(s.ptr + i + 1, 2)) : value_none();
        at[len++] = hex.type == VALUE_INT ? (char)hex.as.number : s.ptr[i + 1];
        i += hex.type == VALUE_INT ? 2 : 1;
    }
    return at ? value_text(span_of(at, len)) : value_none();
}

static struct value name_entry(struct facts *f, struct span s, const struct conversion *c)
{
    int64_t count = 0, wanted;
    struct span value;

    for (struct span rest = s; rest.ptr && rest.len;) {
        value = take_entry(&rest);
        count += span_eq_nocase(span_cut(&value, '='), c->text);
    }
    wanted = c->number < 0 ? -c->number : count + 1 - c->number; /* counted in the order of the text */
    for (struct span rest = s; rest.ptr && rest.len && wanted > 0;) {
        value = take_entry(&rest);
        if (span_eq_nocase(span_cut(&value, '='), c->text) && --wanted == 0)
            return entry_value(f, value);
    }
    return value_none();
}

static bool is_safe(char c)
{
    return ((unsigned char)c >= 0x20 && c != 0x7f) || c == '\t';
}

static struct value field_safe(struct facts *f, struct span s)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t bad = 0, len = 0;

    for (size_t i = 0; i < s.len; i++)
        bad += !is_safe(s.ptr[i]);
    if (bad == 0)
        return value_text(s);
    char *at = scratch_bytes(f->scratch, s.len + 2 * bad);
    if (at == NULL)
        return value_none();
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (is_safe(s.ptr[i])) {
            at[len++] = s.ptr[i];
            continue;
        }
        at[len++] = '%';
        at[len++] = hex[c >> 4];
        at[len++] = hex[c & 15];
    }
    return value_text(span_of(at, len));
}

/* "server" of the stream's own pool, or "pool/server". */
static struct value server_queue_of(const struct facts *f, struct span name)
{
    size_t slash = span_find_char(name, '/');
    const struct pool *p =
        slash == SPAN_NONE ? f->pool
                           : config_find_pool(f->snapshot->config, LANGUAGE_HAPROXY, span_first(name, slash));
    if (slash != SPAN_NONE)
        name = span_from_index(name, slash + 1);
    for (uint32_t i = 0; p && i < p->servers.count; i++)
        if (span_eq(p->servers.items[i]->name, name))
            return value_int(atomic_load_explicit(&snapshot_server(f->snapshot, p->servers.items[i])->waiting,
                                                  memory_order_relaxed));
    return value_none();
}

struct value convert_more(struct facts *f, struct value v, const struct conversion *c)
{
    struct span s = v.as.text;

    switch ((unsigned)c->kind) {
    case CONVERT_IIF:
        return value_text(v.as.truth ? c->text : c->text2);
    case CONVERT_HTONL:
        return htonl_of(f, v.as.number);
    case CONVERT_HEX_TO_INT:
        return hex_to_int(s);
    case CONVERT_CUT_CRLF:
        return cut_crlf(s);
    case CONVERT_SECURE_EQUAL:
        return secure_equal(f, s, c);
    case CONVERT_CAPTURE:
        return capture(f, s, c);
    case CONVERT_POOL_USABLE:
        return pool_usable_of(f, s);
    case CONVERT_WITH_SOURCE:
        return with_source(f, s);
    case CONVERT_NAME_ENTRY:
        return name_entry(f, s, c);
    case CONVERT_FIELD_SAFE:
        return field_safe(f, s);
    case CONVERT_SERVER_QUEUE:
        return server_queue_of(f, s);
    case CONVERT_ADD_ITEM:
        return add_item(f, s, c);
    case CONVERT_LANGUAGE:
        return language(s, c);
    default: /* CONVERT_BE_TO_DEC, LE_TO_DEC, BE_TO_HEX */
        return in_chunks(f, s, c);
    }
}
