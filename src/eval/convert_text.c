/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of texts: cut, quoted, replaced. */
#include "eval/eval_internal.h"

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

/* RFC 3986 2.3 */
static bool is_unreserved(char c, struct span also)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_one_of(c, also);
}

static bool is_plain(char c, struct span ends)
{
    return c > ' ' && c < 0x7f && !is_one_of(c, ends);
}

/* <s> with %XX for every byte that does not stay. */
static struct value quote(struct facts *f, struct span s, bool (*stays)(char c, struct span set),
                          struct span set)
{
    static const char hex[] = "0123456789ABCDEF";
    char *at = scratch_bytes(f->scratch, s.len * 3 + 1);
    size_t len = 0;

    if (at == NULL)
        return value_none();
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (stays(s.ptr[i], set)) {
            at[len++] = s.ptr[i];
            continue;
        }
        at[len++] = '%';
        at[len++] = hex[c >> 4];
        at[len++] = hex[c & 15];
    }
    return value_text(span_of(at, len));
}

static struct value url_encode(struct facts *f, struct span s)
{
    return quote(f, s, is_unreserved, SPAN("-._~"));
}

/* A path that came quoted was decoded; what is cut out of it must not end a query or a field. */
static bool was_quoted(const struct facts *f)
{
    struct span path = f->target, query = span_cut(&path, '?');

    return span_find_char(query, '%') != SPAN_NONE || span_find_char(query, '+') != SPAN_NONE;
}

static struct value quote_capture(struct facts *f, struct span s, bool path)
{
    return was_quoted(f) ? quote(f, s, is_plain, path ? SPAN("#%") : SPAN("#%&+;?")) : value_text(s);
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

static struct value concat(struct facts *f, struct span s, const struct conversion *c)
{
    struct value v = convert_operand(f, c);
    struct span middle = v.type == VALUE_NONE ? SPAN("") : eval_as_text(f, &v);

    struct span first = scratch_join(f->scratch, s, c->text);
    if (first.ptr == NULL || middle.ptr == NULL)
        return value_none();
    first = scratch_join(f->scratch, first, middle);
    return first.ptr ? value_text(scratch_join(f->scratch, first, c->text2)) : value_none();
}

static struct value compare(struct facts *f, struct span s, const struct conversion *c)
{
    struct value v = convert_operand(f, c);
    struct span with = c->number2 > 0 ? eval_as_text(f, &v) : c->text;

    if (c->number2 > 0 && with.ptr == NULL)
        return value_none(); /* a variable that was never set */
    return value_int(span_cmp(s, with));
}

struct value convert_text(struct facts *f, struct span s, const struct conversion *c)
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
        return s.len ? value_as(f, value_text(s), VALUE_INT) : value_int(0);
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
