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

/* ---- text ---- */

static struct value change_case(struct facts *f, struct span s, char from, char to)
{
    char *at = scratch_bytes(f->scratch, s.len + 1);

    if (at == NULL)
        return value_none();
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        at[i] = c >= from && c <= from + 25 ? (char)(c - from + to) : c;
    }
    return value_text(span_of(at, s.len));
}

static bool is_one_of(char c, struct span set)
{
    return span_find_char(set, c) != SPAN_NONE;
}

struct piece {
    size_t from, to, next; /* <next>: where the one behind it begins; past the end after the last */
};

/* The piece at <p>->next; false after the last. */
static bool next_piece(struct span s, struct span separators, bool skip_empty, struct piece *p)
{
    do {
        if (p->next > s.len)
            return false;
        p->from = p->to = p->next;
        while (p->to < s.len && !is_one_of(s.ptr[p->to], separators))
            p->to++;
        p->next = p->to + 1;
    } while (skip_empty && p->from == p->to);
    return true;
}

/* From the <first> to the <last> piece, counted from 1, with what stands between them. */
static struct span from_to(struct span s, struct span separators, bool skip_empty, int64_t first,
                           int64_t last)
{
    struct piece p = { .next = 0 };
    size_t from = 0, to = 0;

    for (int64_t i = 1; i <= last && next_piece(s, separators, skip_empty, &p); i++) {
        if (i == first)
            from = p.from;
        to = p.to;
    }
    return span_of(s.ptr + from, to - from);
}

/* The <n>-th piece and those behind it, <count> in all; from the end, and those before it, when <n> is
 * negative. <count> 0: all there are. */
static struct span pieces(struct span s, const struct conversion *c, bool skip_empty)
{
    struct piece p = { .next = 0 };
    int64_t found = 0, count = c->number2 > 0 ? c->number2 : INT32_MAX;

    while (next_piece(s, c->text, skip_empty, &p))
        found++;
    int64_t at = c->number > 0 ? c->number : found + 1 + c->number;
    if (c->number == 0 || at < 1 || at > found)
        return span_of(NULL, 0);
    int64_t first = c->number > 0 ? at : at - count + 1, last = c->number > 0 ? at + count - 1 : at;
    return from_to(s, c->text, skip_empty, first < 1 ? 1 : first, last > found ? found : last);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* A '%' that does not stand before two digits makes the whole no value, as in HAProxy. */
static struct value url_decode(struct facts *f, struct span s, bool plus)
{
    char *at = scratch_bytes(f->scratch, s.len + 1);
    size_t len = 0;

    if (at == NULL)
        return value_none();
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != '%') {
            at[len++] = plus && s.ptr[i] == '+' ? ' ' : s.ptr[i];
            continue;
        }
        int high = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1;
        int low = i + 2 < s.len ? hex_digit(s.ptr[i + 2]) : -1;
        if (high < 0 || low < 0)
            return value_none();
        at[len++] = (char)(high << 4 | low);
        i += 2;
    }
    return value_text(span_of(at, len));
}

/* RFC 3986 2.3: what is unreserved stays. */
static struct value url_encode(struct facts *f, struct span s)
{
    static const char hex[] = "0123456789ABCDEF";
    char *at = scratch_bytes(f->scratch, s.len * 3 + 1);
    size_t len = 0;

    if (at == NULL)
        return value_none();
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            is_one_of((char)c, SPAN("-._~"))) {
            at[len++] = (char)c;
            continue;
        }
        at[len++] = '%';
        at[len++] = hex[c >> 4];
        at[len++] = hex[c & 15];
    }
    return value_text(span_of(at, len));
}

/* A path that came quoted was decoded; what is cut out of it must not end a query or a field. */
static bool was_quoted(const struct facts *f)
{
    struct span path = f->target, query = span_cut(&path, '?');

    return span_find_char(query, '%') != SPAN_NONE || span_find_char(query, '+') != SPAN_NONE;
}

static struct value quote_capture(struct facts *f, struct span s, bool path)
{
    const struct span ends = path ? SPAN("#%") : SPAN("#%&+;?");
    static const char hex[] = "0123456789ABCDEF";
    char *at;
    size_t len = 0;

    if (!was_quoted(f))
        return value_text(s);
    at = scratch_bytes(f->scratch, s.len * 3 + 1);
    if (at == NULL)
        return value_none();
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c > ' ' && c < 0x7f && !is_one_of((char)c, ends)) {
            at[len++] = (char)c;
            continue;
        }
        at[len++] = '%';
        at[len++] = hex[c >> 4];
        at[len++] = hex[c & 15];
    }
    return value_text(span_of(at, len));
}

/* "[::1]:80" -> "[::1]", "80": cut at the last colon, if no bracket follows. */
static struct span host_part(struct span s, bool port)
{
    size_t colon = s.len;

    while (colon > 0 && s.ptr[colon - 1] != ':' && s.ptr[colon - 1] != ']')
        colon--;
    bool found = colon > 0 && s.ptr[colon - 1] == ':';
    if (port)
        return found ? span_from_index(s, colon) : SPAN("");
    return found ? span_first(s, colon - 1) : s;
}

static struct value json_text(struct facts *f, struct span s)
{
    struct buf b;
    char *at = scratch_bytes(f->scratch, s.len * 6 + 3);

    if (at == NULL)
        return value_none();
    buf_init_fixed(&b, at, s.len * 6 + 3);
    buf_put_json(&b, s);
    if (b.truncated || b.len < 2)
        return value_none();
    return value_text(span_of(at + 1, b.len - 2)); /* without its quotes */
}

static struct value trim(struct span s, struct span set, bool left)
{
    while (s.len > 0 && is_one_of(left ? s.ptr[0] : s.ptr[s.len - 1], set))
        s = left ? span_from_index(s, 1) : span_first(s, s.len - 1);
    return value_text(s);
}

/* Every match, or the first, replaced. */
static struct value regsub(struct facts *f, struct span s, const struct conversion *c)
{
    struct span done = SPAN("");
    struct regex_match before = f->match;

    while (regex_matches(c->regex, s, &f->match)) {
        struct span whole = f->match.part[0], put = eval_expand(f, c->text);
        struct span head = span_of(s.ptr, (size_t)(whole.ptr - s.ptr));
        done = scratch_join(f->scratch, scratch_join(f->scratch, done, head), put);
        if (done.ptr == NULL)
            break;
        size_t used = head.len + whole.len;
        if (whole.len == 0 && used < s.len) { /* an empty match: go on one further */
            done = scratch_join(f->scratch, done, span_of(s.ptr + used, 1));
            used++;
        } else if (whole.len == 0) {
            s = SPAN("");
            break;
        }
        s = span_from_index(s, used);
        if (c->number != 1)
            break;
    }
    f->match = before;
    return done.ptr ? value_text(scratch_join(f->scratch, done, s)) : value_none();
}

/* Between the last two dots; from the beginning when there is but one. */
static struct span main_domain(struct span s)
{
    size_t end = s.len, from;

    while (end > 0 && s.ptr[end - 1] != '.')
        end--;
    if (end == 0)
        return s;
    for (from = --end; from > 0 && s.ptr[from - 1] != '.'; from--)
        ;
    return span_of(s.ptr + from, end - from);
}

static struct value query_param(struct span s, const struct conversion *c)
{
    struct span separators = c->text2.len ? c->text2 : SPAN("&");

    while (s.len > 0) {
        size_t end = 0;
        while (end < s.len && !is_one_of(s.ptr[end], separators))
            end++;
        struct span pair = span_first(s, end), key = span_cut(&pair, '=');
        if (span_eq(key, c->text))
            return value_text(pair.ptr ? pair : SPAN(""));
        s = span_from_index(s, end + 1);
    }
    return value_none();
}

/* The operand: a slot when the file named one, else the text or number that it gave. */
static struct value operand(struct facts *f, const struct conversion *c)
{
    return c->number2 > 0 ? eval_slot(f, (uint32_t)c->number2 - 1) : value_none();
}

static struct value concat(struct facts *f, struct span s, const struct conversion *c)
{
    struct value v = operand(f, c);
    struct span middle = v.type == VALUE_NONE ? SPAN("") : eval_as_text(f, &v);

    struct span first = scratch_join(f->scratch, s, c->text);
    if (first.ptr == NULL || middle.ptr == NULL)
        return value_none();
    first = scratch_join(f->scratch, first, middle);
    return first.ptr ? value_text(scratch_join(f->scratch, first, c->text2)) : value_none();
}

static struct value compare(struct facts *f, struct span s, const struct conversion *c)
{
    struct value v = operand(f, c);
    struct span with = c->number2 > 0 ? eval_as_text(f, &v) : c->text;

    if (c->number2 > 0 && with.ptr == NULL)
        return value_none(); /* a variable that was never set */
    return value_int(span_cmp(s, with));
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
    struct value v = value_as(f, operand(f, c), VALUE_INT);
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

static struct value convert_text(struct facts *f, struct span s, const struct conversion *c)
{
    switch ((unsigned)c->kind) {
    case CONVERT_LOWER:
        return change_case(f, s, 'A', 'a');
    case CONVERT_UPPER:
        return change_case(f, s, 'a', 'A');
    case CONVERT_LENGTH:
        return value_int((int64_t)s.len);
    case CONVERT_FIELD:
        return value_text(pieces(s, c, false));
    case CONVERT_WORD:
        return value_text(pieces(s, c, true));
    case CONVERT_REGSUB:
        return regsub(f, s, c);
    case CONVERT_URL_DECODE:
        return url_decode(f, s, c->number == 1);
    case CONVERT_URL_ENCODE:
        return url_encode(f, s);
    case CONVERT_HOST_ONLY:
        return change_case(f, host_part(s, false), 'A', 'a');
    case CONVERT_PORT_ONLY:
        s = host_part(s, true);
        return s.len ? text_to_int(s) : value_int(0);
    case CONVERT_CONCAT:
        return concat(f, s, c);
    case CONVERT_JSON:
        return json_text(f, s);
    case CONVERT_LTRIM:
        return trim(s, c->text, true);
    case CONVERT_RTRIM:
        return trim(s, c->text, false);
    case CONVERT_STRCMP:
        return compare(f, s, c);
    case CONVERT_QUOTE_CAPTURE:
        return quote_capture(f, s, c->number == 1);
    case CONVERT_QUERY_PARAM:
        return query_param(s, c);
    case CONVERT_MAIN_DOMAIN:
        return value_text(main_domain(s));
    default: /* CONVERT_TO_TEXT */
        return value_text(s);
    }
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
