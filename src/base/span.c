/* SPDX-License-Identifier: Apache-2.0 */
#include "base/span.h"

static inline unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

static bool same_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

bool span_eq_nocase(struct span a, struct span b)
{
    return a.len == b.len && same_nocase(a.ptr, b.ptr, a.len);
}

int span_cmp(struct span a, struct span b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool span_starts_with(struct span s, struct span prefix)
{
    return s.len >= prefix.len && span_eq(span_first(s, prefix.len), prefix);
}

bool span_starts_with_nocase(struct span s, struct span prefix)
{
    return s.len >= prefix.len && same_nocase(s.ptr, prefix.ptr, prefix.len);
}

bool span_ends_with(struct span s, struct span suffix)
{
    return s.len >= suffix.len && span_eq(span_of(s.ptr + (s.len - suffix.len), suffix.len), suffix);
}

bool span_ends_with_nocase(struct span s, struct span suffix)
{
    return s.len >= suffix.len && same_nocase(s.ptr + (s.len - suffix.len), suffix.ptr, suffix.len);
}

size_t span_find_char(struct span s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SPAN_NONE;
}

size_t span_find(struct span s, struct span what)
{
    if (what.len == 0)
        return 0;
    if (what.len > s.len)
        return SPAN_NONE;
    const char *at = memmem(s.ptr, s.len, what.ptr, what.len);
    return at ? (size_t)(at - s.ptr) : SPAN_NONE;
}

size_t span_find_nocase(struct span s, struct span what)
{
    if (what.len > s.len)
        return SPAN_NONE;
    for (size_t i = 0; i <= s.len - what.len; i++)
        if (same_nocase(s.ptr + i, what.ptr, what.len))
            return i;
    return SPAN_NONE;
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
    while (s.len && is_blank(s.ptr[0]))
        s = span_from_index(s, 1);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

struct span span_cut(struct span *s, char c)
{
    struct span all = *s;
    size_t at = span_find_char(all, c);
    if (at == SPAN_NONE) {
        *s = span_of(NULL, 0);
        return all;
    }
    *s = span_from_index(all, at + 1);
    return span_first(all, at);
}

bool span_to_u64(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;
    size_t i = 0;
    if (s.len == 0)
        return false;
    for (size_t safe = s.len < 19 ? s.len : 19; i < safe; i++) { /* 19 digits are below 2^64 */
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit > 9)
            return false;
        n = n * 10 + digit;
    }
    for (; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
            return false;
    }
    if (n > max)
        return false;
    *out = n;
    return true;
}
