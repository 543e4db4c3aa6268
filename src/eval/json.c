/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/json.h"

#include <stdint.h>
#include <string.h>

#include "base/scratch.h"

#define DEPTH_MOST 64

/* ---- walking over values ---- */

static void skip_blanks(struct span *s)
{
    while (s->len && strchr(" \t\r\n", s->ptr[0]) && s->ptr[0])
        *s = span_from_index(*s, 1);
}

static bool take_char(struct span *s, char c)
{
    skip_blanks(s);
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = span_from_index(*s, 1);
    return true;
}

static bool take_string(struct span *s, struct span *raw)
{
    size_t i = 0;

    if (!take_char(s, '"'))
        return false;
    while (i < s->len && s->ptr[i] != '"')
        i += s->ptr[i] == '\\' ? 2 : 1;
    if (i >= s->len)
        return false;
    *raw = span_first(*s, i);
    *s = span_from_index(*s, i + 1);
    return true;
}

/* A number, true, false or null: everything up to what ends it. */
static bool take_plain(struct span *s, enum json_kind *kind, struct span *raw)
{
    size_t i = 0;

    while (i < s->len && !strchr(" \t\r\n,]}", s->ptr[i]))
        i++;
    *raw = span_first(*s, i);
    *s = span_from_index(*s, i);
    if (span_eq(*raw, SPAN("true")))
        *kind = JSON_TRUE;
    else if (span_eq(*raw, SPAN("false")))
        *kind = JSON_FALSE;
    else if (span_eq(*raw, SPAN("null")))
        *kind = JSON_NULL;
    else if (i && (raw->ptr[0] == '-' || (raw->ptr[0] >= '0' && raw->ptr[0] <= '9')))
        *kind = JSON_NUMBER;
    else
        return false;
    return true;
}

/* To the end of an array or an object whose beginning was taken: brackets are counted, strings passed over.
 */
static bool take_nested(struct span *s)
{
    unsigned depth = 1;
    struct span text;

    while (s->len && depth) {
        char c = s->ptr[0];
        if (c == '"') {
            if (!take_string(s, &text))
                return false;
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (depth > DEPTH_MOST)
            return false;
        *s = span_from_index(*s, 1);
    }
    return depth == 0;
}

static bool take_value(struct span *s, enum json_kind *kind, struct span *raw)
{
    skip_blanks(s);
    if (s->len == 0)
        return false;
    const char *from = s->ptr;
    if (*from == '"') {
        *kind = JSON_STRING;
        return take_string(s, raw);
    }
    if (*from != '{' && *from != '[')
        return take_plain(s, kind, raw);
    *kind = *from == '{' ? JSON_OBJECT : JSON_ARRAY;
    *s = span_from_index(*s, 1);
    if (!take_nested(s))
        return false;
    *raw = span_of(from, (size_t)(s->ptr - from));
    return true;
}

/* ---- one step of a path ---- */

struct step {
    bool index;
    uint64_t number;
    struct span key; /* '\' before a character that counts as itself */
};

static bool take_index(struct span *path, struct step *step)
{
    size_t end = span_find_char(*path, ']');

    if (end == SPAN_NONE || !span_to_u64(span_first(*path, end), UINT32_MAX, &step->number))
        return false;
    step->index = true;
    *path = span_from_index(*path, end + 1);
    return true;
}

static bool take_step(struct span *path, struct step *step)
{
    size_t i = 0;
    char first = path->ptr[0];

    *step = (struct step){ 0 };
    *path = span_from_index(*path, 1);
    if (first == '[')
        return take_index(path, step);
    if (first != '.')
        return false;
    while (i < path->len && path->ptr[i] != '.' && path->ptr[i] != '[')
        i += path->ptr[i] == '\\' && i + 1 < path->len ? 2 : 1;
    step->key = span_first(*path, i);
    *path = span_from_index(*path, i);
    return i > 0;
}

/* The key of a path may escape its dots. */
static bool key_is(struct span key, struct span name)
{
    size_t k = 0;

    for (size_t i = 0; i < key.len; i++, k++) {
        if (key.ptr[i] == '\\' && i + 1 < key.len)
            i++;
        if (k >= name.len || key.ptr[i] != name.ptr[k])
            return false;
    }
    return k == name.len;
}

/* <s> stands behind "{" or "["; then before the value that <step> names. */
static bool enter(struct span *s, const struct step *step)
{
    enum json_kind kind;
    struct span name, raw;

    for (uint64_t i = 0;; i++) {
        if (!step->index && (!take_string(s, &name) || !take_char(s, ':')))
            return false;
        if (step->index ? i == step->number : key_is(step->key, name))
            return true;
        if (!take_value(s, &kind, &raw) || !take_char(s, ','))
            return false;
    }
}

bool json_find(struct span json, struct span path, enum json_kind *kind, struct span *raw)
{
    struct step step;

    if (path.len == 0 || path.ptr[0] != '$')
        return false;
    for (path = span_from_index(path, 1); path.len;) {
        if (!take_step(&path, &step) || !take_char(&json, step.index ? '[' : '{') || !enter(&json, &step))
            return false;
    }
    return take_value(&json, kind, raw);
}

/* ---- strings ---- */

static bool take_hex(struct span raw, size_t at, uint32_t *out)
{
    *out = 0;
    if (raw.len < at + 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        char c = raw.ptr[at + i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *to++ = (char)(0xe0 | c >> 12);
        } else {
            *to++ = (char)(0xf0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 63));
        }
        *to++ = (char)(0x80 | (c >> 6 & 63));
    }
    *to++ = (char)(0x80 | (c & 63));
    return to;
}

/* \uXXXX at <*i>, or two of them that are one character. It never grows. */
static bool put_unicode(struct span raw, size_t *i, char **to)
{
    uint32_t c, low;

    if (!take_hex(raw, *i + 2, &c))
        return false;
    *i += 6;
    if (c >= 0xd800 && c < 0xdc00) {
        if (raw.len < *i + 6 || raw.ptr[*i] != '\\' || raw.ptr[*i + 1] != 'u' ||
            !take_hex(raw, *i + 2, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        *i += 6;
    }
    *to = put_utf8(*to, c);
    return true;
}

struct span json_unescape(struct scratch *s, struct span raw)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const struct span nothing = { .ptr = NULL };

    if (span_find_char(raw, '\\') == SPAN_NONE)
        return raw;
    char *start = scratch_bytes(s, raw.len), *to = start;
    if (start == NULL)
        return nothing;
    for (size_t i = 0; i < raw.len;) {
        const char *name = NULL;
        if (raw.ptr[i] != '\\') {
            *to++ = raw.ptr[i++];
            continue;
        }
        if (i + 1 >= raw.len)
            return nothing;
        if (raw.ptr[i + 1] == 'u') {
            if (!put_unicode(raw, &i, &to))
                return nothing;
            continue;
        }
        name = memchr(names, raw.ptr[i + 1], sizeof(names) - 1);
        if (name == NULL)
            return nothing;
        *to++ = values[name - names];
        i += 2;
    }
    return span_of(start, (size_t)(to - start));
}
