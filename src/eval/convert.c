/* SPDX-License-Identifier: Apache-2.0 */
/* Converters: a value into another. What cannot be made is no value. */
#include <arpa/inet.h>
#include <endian.h>
#include <time.h>

#include "eval/eval_internal.h"
#include "model/lookup.h"
#include "state/snapshot.h"

/* ---- types ---- */

/* The whole text is a number. */
bool text_is_number(struct span s, int64_t *out)
{
    uint64_t n;
    bool negative = s.len > 0 && s.ptr[0] == '-';

    if (!span_to_u64(span_from_index(s, negative), INT64_MAX, &n))
        return false;
    *out = negative ? -(int64_t)n : (int64_t)n;
    return true;
}

/*
 * What HAProxy makes of a text where a number is asked for: the digits that it
 * begins with, 0 when it begins otherwise, nothing when it is empty. Too large a
 * number is the largest.
 */
static struct value text_to_int(struct span s)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    int64_t n = 0;

    if (s.len == 0)
        return value_none();
    for (size_t i = negative; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, s.ptr[i] - '0', &n))
            return value_int(negative ? INT64_MIN : INT64_MAX);
    return value_int(negative ? -n : n);
}

/* Numbers and addresses as bytes in network order, as HAProxy hashes and shows them. */
static struct value to_bytes(struct facts *f, struct value v)
{
    if (v.type == VALUE_IP)
        return value_binary(scratch_span(f->scratch, address_bytes(&v.as.ip)));
    uint64_t n = htobe64((uint64_t)v.as.number);
    return value_binary(scratch_span(f->scratch, span_of((const char *)&n, sizeof(n))));
}

static struct value ip_to_int(const struct address *a)
{
    struct span bytes = address_bytes(a);
    uint32_t n;

    if (bytes.len != sizeof(n))
        return value_none();
    memcpy(&n, bytes.ptr, sizeof(n));
    return value_int(ntohl(n));
}

struct value value_as(struct facts *f, struct value v, enum value_type want)
{
    struct address ip;

    if (v.type == want || v.type == VALUE_NONE || want == VALUE_NONE)
        return v;
    switch (want) {
    case VALUE_TEXT:
    case VALUE_BINARY:
        if (want == VALUE_BINARY && (v.type == VALUE_IP || v.type == VALUE_INT))
            return to_bytes(f, v);
        v.as.text = eval_as_text(f, &v);
        v.type = v.as.text.ptr ? want : VALUE_NONE;
        return v;
    case VALUE_INT:
        if (v.type == VALUE_BOOL)
            return value_int(v.as.truth);
        return v.type == VALUE_IP ? ip_to_int(&v.as.ip) : text_to_int(v.as.text);
    case VALUE_BOOL:
        v = value_as(f, v, VALUE_INT);
        return v.type == VALUE_INT ? value_bool(v.as.number != 0) : v;
    case VALUE_IP:
        if ((v.type == VALUE_TEXT || v.type == VALUE_BINARY) && address_parse_ip(v.as.text, &ip))
            return value_ip(&ip);
        return value_none();
    case VALUE_NONE:
        break;
    }
    return v;
}

struct value convert_operand(struct facts *f, const struct conversion *c)
{
    return c->number2 > 0 ? eval_slot(f, (uint32_t)c->number2 - 1) : value_none();
}

/* ---- numbers ---- */

static int64_t clamp_add(int64_t a, int64_t b)
{
    int64_t r;
    return __builtin_add_overflow(a, b, &r) ? (a < 0 ? INT64_MIN : INT64_MAX) : r;
}

static int64_t clamp_mul(int64_t a, int64_t b)
{
    int64_t r;
    return __builtin_mul_overflow(a, b, &r) ? ((a < 0) == (b < 0) ? INT64_MAX : INT64_MIN) : r;
}

static int64_t divide(int64_t a, int64_t b)
{
    if (b == 0 || (a == INT64_MIN && b == -1))
        return INT64_MAX;
    return a / b;
}

static struct value arithmetic(struct facts *f, int64_t a, const struct conversion *c)
{
    struct value v = value_as(f, convert_operand(f, c), VALUE_INT);
    int64_t b = c->number2 == 0 ? c->number : v.type == VALUE_INT ? v.as.number : 0;

    switch ((unsigned)c->kind) {
    case CONVERT_ADD:
        return value_int(clamp_add(a, b));
    case CONVERT_SUB:
        return value_int(b == INT64_MIN ? clamp_add(clamp_add(a, INT64_MAX), 1) : clamp_add(a, -b));
    case CONVERT_MUL:
        return value_int(clamp_mul(a, b));
    case CONVERT_DIV:
        return value_int(divide(a, b));
    case CONVERT_MOD:
        return value_int(b == 0 || b == -1 ? 0 : a % b);
    case CONVERT_AND:
        return value_int(a & b);
    case CONVERT_OR:
        return value_int(a | b);
    case CONVERT_XOR:
        return value_int(a ^ b);
    case CONVERT_NEG:
        return value_int(a == INT64_MIN ? INT64_MAX : -a);
    case CONVERT_EVEN:
        return value_bool((a & 1) == 0);
    default: /* CONVERT_ODD */
        return value_bool((a & 1) != 0);
    }
}

/* ---- addresses, dates ---- */

static struct value mask_ip(struct address a, const struct conversion *c)
{
    struct span bytes = address_bytes(&a);
    uint8_t *at = (uint8_t *)(uintptr_t)bytes.ptr; /* of our own copy */
    int64_t bits = bytes.len == 4 ? c->number : c->number2;

    for (size_t i = 0; i < bytes.len; i++, bits -= 8)
        at[i] = (uint8_t)(at[i] & (bits >= 8 ? 0xff : bits <= 0 ? 0 : 0xff << (8 - bits)));
    address_set_port(&a, 0);
    return value_ip(&a);
}

static struct value format_time(struct facts *f, int64_t seconds, const struct conversion *c)
{
    time_t t = (time_t)clamp_add(seconds, c->number);
    struct tm tm;
    char format[128], room[256];

    if (c->text.len >= sizeof(format) ||
        (c->kind == CONVERT_LTIME ? localtime_r(&t, &tm) : gmtime_r(&t, &tm)) == NULL)
        return value_none();
    memcpy(format, c->text.ptr ? c->text.ptr : "", c->text.len);
    format[c->text.len] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the operator's own format */
    size_t n = strftime(room, sizeof(room), format, &tm);
#pragma GCC diagnostic pop
    return value_text(scratch_span(f->scratch, span_of(room, n)));
}

static struct value http_date(struct facts *f, int64_t n, const struct conversion *c)
{
    struct buf b;
    char room[64];
    int64_t unit = c->number2 == 1 ? 1000 : c->number2 == 2 ? 1000000 : 1;

    n = clamp_add(n, c->number) / unit;
    if (n < 0)
        return value_none();
    buf_init_fixed(&b, room, sizeof(room));
    clock_put_http(&b, (uint64_t)n);
    return value_text(scratch_span(f->scratch, buf_span(&b)));
}

/* ---- tables, bytes ---- */

/* MurmurHash2, 32 bits, without a seed. */
static uint32_t murmur2(struct span s)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t h = (uint32_t)s.len;

    for (; s.len >= 4; s = span_from_index(s, 4)) {
        uint32_t k = (uint32_t)(unsigned char)s.ptr[0] | (uint32_t)(unsigned char)s.ptr[1] << 8 |
                     (uint32_t)(unsigned char)s.ptr[2] << 16 | (uint32_t)(unsigned char)s.ptr[3] << 24;
        k *= m;
        k ^= k >> 24;
        h = h * m ^ k * m;
    }
    for (size_t i = s.len; i > 0; i--)
        h ^= (uint32_t)(unsigned char)s.ptr[i - 1] << (8 * (i - 1));
    if (s.len)
        h *= m;
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

static struct value otherwise(struct facts *f, const struct lookup *l)
{
    return l->fallback ? eval_value(f, l->fallback) : value_none();
}

/* What was changed while running counts; its text is copied, as it may be gone in the thread's next turn. */
static struct value look_up_live(struct facts *f, const struct value *v, const struct lookup *l,
                                 const struct pattern_live *live)
{
    const struct pattern_user *user = f->snapshot->config->pattern_users.items[l->patterns - 1];
    struct span subject = eval_as_text(f, v);
    struct regex_match match = { .count = 0 };
    const struct pattern_row *row;

    if (subject.ptr == NULL)
        return value_none();
    row = pattern_live_find(live, subject, v->type == VALUE_IP ? &v->as.ip : NULL, &match);
    if (row == NULL)
        return otherwise(f, l);
    if (match.count > 0) {
        f->match = match;
        f->matched = NULL;
    }
    struct span text = user->groups ? eval_expand(f, pattern_row_value(row))
                                    : scratch_span(f->scratch, pattern_row_value(row));
    return text.ptr ? value_text(text) : value_none();
}

static struct value look_up(struct facts *f, struct value v, const struct conversion *c)
{
    struct span subject = v.type == VALUE_NONE ? SPAN("") : eval_as_text(f, &v);
    struct regex_match match = { .count = 0 };
    const struct lookup_row *row;

    if (v.type == VALUE_NONE && c->lookup->subject == NULL) /* HAProxy's: there is nothing to look up */
        return v;
    const struct pattern_live *live =
        c->lookup->patterns ? snapshot_pattern_live(f->snapshot, c->lookup->patterns) : NULL;
    if (UNLIKELY(live != NULL))
        return look_up_live(f, &v, c->lookup, live);
    if (subject.ptr == NULL)
        return value_none();
    if (c->lookup->by_hash)
        subject = scratch_span(
            f->scratch, eval_as_text(f, &(struct value){ .type = VALUE_INT, .as.number = murmur2(subject) }));
    if (subject.ptr == NULL)
        return value_none();
    row = lookup_find(c->lookup, subject, v.type == VALUE_IP ? &v.as.ip : NULL, &match);
    if (row != NULL && match.count > 0) {
        f->match = match;
        f->matched = row->regex;
    }
    if (row != NULL)
        return row->value ? eval_value(f, row->value) : value_none();
    return otherwise(f, c->lookup);
}

static struct value cut_bytes(struct value v, const struct conversion *c)
{
    size_t from = c->number > 0 ? (size_t)c->number : 0;

    if (v.as.text.len < from)
        return value_none();
    v.as.text = span_from_index(v.as.text, from);
    if (c->number2 >= 0)
        v.as.text = span_first(v.as.text, (size_t)c->number2);
    return v;
}

static struct value hex_text(struct facts *f, struct span s)
{
    static const char hex[] = "0123456789ABCDEF";
    char *at = scratch_bytes(f->scratch, s.len * 2 + 1);

    for (size_t i = 0; at != NULL && i < s.len; i++) {
        at[2 * i] = hex[(unsigned char)s.ptr[i] >> 4];
        at[2 * i + 1] = hex[s.ptr[i] & 15];
    }
    return at ? value_text(span_of(at, s.len * 2)) : value_none();
}

struct value convert_value(struct facts *f, struct value v, const struct conversion *c)
{
    if (c->kind == CONVERT_DEFAULT)
        return v.type == VALUE_NONE ||
                       ((v.type == VALUE_TEXT || v.type == VALUE_BINARY) && v.as.text.len == 0)
                   ? value_text(c->text)
                   : v;
    if (c->kind == CONVERT_MAP)
        return look_up(f, v, c);
    if (c->kind == CONVERT_SET_SLOT || c->kind == CONVERT_UNSET_SLOT) {
        struct value kept = c->kind == CONVERT_SET_SLOT ? v : value_none();
        bool done;
        return eval_set_slot_when(f, (uint32_t)c->number, (unsigned)c->number2, &kept, &done) && done
                   ? v
                   : value_none();
    }
    if (c->kind == CONVERT_NODE_TEXT)
        return convert_forwarded(f, v, c);
    if (c->kind == CONVERT_STICK_NUMBER || c->kind == CONVERT_STICK_TRUTH)
        return convert_stick(f, v, c);
    if (c->kind == CONVERT_BYTES && v.type == VALUE_TEXT)
        return cut_bytes(v, c);
    v = value_as(f, v, convert_takes(c->kind));
    if (v.type == VALUE_NONE)
        return v;
    switch ((unsigned)c->kind) {
    case CONVERT_IP_MASK:
        return mask_ip(v.as.ip, c);
    case CONVERT_TO_INT:
    case CONVERT_TO_IP:
    case CONVERT_BOOL:
        return v;
    case CONVERT_NOT:
        return value_bool(!v.as.truth);
    case CONVERT_HEX:
        return hex_text(f, v.as.text);
    case CONVERT_HEX_NUMBER:
        return value_text(scratch_text(f, "%04llX", (unsigned long long)v.as.number));
    case CONVERT_BYTES:
        return cut_bytes(v, c);
    case CONVERT_UTIME:
    case CONVERT_LTIME:
        return format_time(f, v.as.number, c);
    case CONVERT_HTTP_DATE:
        return http_date(f, v.as.number, c);
    case CONVERT_ADD:
    case CONVERT_SUB:
    case CONVERT_MUL:
    case CONVERT_DIV:
    case CONVERT_MOD:
    case CONVERT_AND:
    case CONVERT_OR:
    case CONVERT_XOR:
    case CONVERT_NEG:
    case CONVERT_EVEN:
    case CONVERT_ODD:
        return arithmetic(f, v.as.number, c);
    case CONVERT_IIF:
    case CONVERT_HTONL:
    case CONVERT_HEX_TO_INT:
    case CONVERT_CUT_CRLF:
    case CONVERT_SECURE_EQUAL:
    case CONVERT_CAPTURE:
    case CONVERT_POOL_USABLE:
    case CONVERT_SERVER_QUEUE:
    case CONVERT_WITH_SOURCE:
    case CONVERT_NAME_ENTRY:
    case CONVERT_FIELD_SAFE:
    case CONVERT_ADD_ITEM:
    case CONVERT_BE_TO_DEC:
    case CONVERT_LE_TO_DEC:
    case CONVERT_BE_TO_HEX:
    case CONVERT_LANGUAGE:
        return convert_more(f, v, c);
    case CONVERT_JSON_QUERY:
    case CONVERT_TOKEN_PART:
    case CONVERT_TOKEN_VERIFY:
    case CONVERT_AES_GCM_DECODE:
        return convert_token(f, v, c);
    case CONVERT_FORWARDED_FIELD:
    case CONVERT_FORWARDED_VALID:
    case CONVERT_NODE_NAME:
    case CONVERT_NODE_PORT:
        return convert_forwarded(f, v, c);
    case CONVERT_BASE64_URL:
    case CONVERT_BASE64_URL_DECODE:
    case CONVERT_CRC32C:
    case CONVERT_HMAC:
    case CONVERT_BASE64:
    case CONVERT_BASE64_DECODE:
    case CONVERT_CRC32:
    case CONVERT_DJB2:
    case CONVERT_SDBM:
    case CONVERT_WT6:
    case CONVERT_XXH32:
    case CONVERT_XXH64:
    case CONVERT_SHA1:
    case CONVERT_SHA2:
    case CONVERT_MD5:
        return convert_hash(f, v, c);
    default:
        return convert_text(f, v.as.text, c);
    }
}
