/* SPDX-License-Identifier: Apache-2.0 */
#include "model/text_match.h"

#include "base/macros.h"

static bool is_delimiter(enum match how, char c)
{
    if (c == '/' || c == '?')
        return true;
    return how == MATCH_DOM && (c == '.' || c == ':');
}

static struct span without_delimiters(enum match how, struct span s)
{
    while (s.len && is_delimiter(how, s.ptr[0]))
        s = span_from_index(s, 1);
    while (s.len && is_delimiter(how, s.ptr[s.len - 1]))
        s.len--;
    return s;
}

static bool has_piece(enum match how, struct span subject, struct span pattern, bool nocase)
{
    pattern = without_delimiters(how, pattern);
    if (pattern.len == 0)
        return false;
    for (size_t from = 0;;) {
        struct span rest = span_from_index(subject, from);
        size_t at = nocase ? span_find_nocase(rest, pattern) : span_find(rest, pattern);
        if (at == SPAN_NONE)
            return false;
        size_t begin = from + at, end = begin + pattern.len;
        if ((begin == 0 || is_delimiter(how, subject.ptr[begin - 1])) &&
            (end == subject.len || is_delimiter(how, subject.ptr[end])))
            return true;
        from = begin + 1;
    }
}

bool text_matches(enum match how, struct span subject, struct span pattern, bool nocase)
{
    if (how == MATCH_EXACT)
        return nocase ? span_eq_nocase(subject, pattern) : span_eq(subject, pattern);
    if (how == MATCH_BEGIN)
        return nocase ? span_starts_with_nocase(subject, pattern) : span_starts_with(subject, pattern);
    if (how == MATCH_END)
        return nocase ? span_ends_with_nocase(subject, pattern) : span_ends_with(subject, pattern);
    if (how == MATCH_SUB)
        return (nocase ? span_find_nocase(subject, pattern) : span_find(subject, pattern)) != SPAN_NONE;
    BUG_ON(how != MATCH_DIR && how != MATCH_DOM);
    return has_piece(how, subject, pattern, nocase);
}
