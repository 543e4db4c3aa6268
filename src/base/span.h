/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A span is text by value: where it starts and how long it is. It owns nothing
 * and is not NUL-terminated. Everything that parses takes a span and returns
 * spans into it; what must outlive the bytes is copied into an arena at one
 * visible place (arena_span).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *ptr;
    size_t len;
};

#define SPAN(literal) ((struct span){ "" literal, sizeof(literal) - 1 })
#define SPAN_INIT(literal)                                                                                   \
    {                                                                                                        \
        "" literal, sizeof(literal) - 1                                                                      \
    }
/* For printf: "%.*s", SPAN_ARGS(s). */
#define SPAN_ARGS(s) (int)(s).len, (s).ptr

static inline struct span span_of(const char *ptr, size_t len)
{
    return (struct span){ ptr, len };
}

/* <text> may be NULL: then the span is empty. */
static inline struct span span_from(const char *text)
{
    return (struct span){ text, text ? strlen(text) : 0 };
}

static inline bool span_is_empty(struct span s)
{
    return s.len == 0;
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline const char *span_end(struct span s)
{
    return s.len ? s.ptr + s.len : s.ptr; /* NULL + 0 is undefined */
}

/* The part from <from> on; empty when <from> is past the end. */
static inline struct span span_from_index(struct span s, size_t from)
{
    return from >= s.len ? span_of(span_end(s), 0) : span_of(s.ptr + from, s.len - from);
}

/* The first <len> bytes, or all when there are fewer. */
static inline struct span span_first(struct span s, size_t len)
{
    return span_of(s.ptr, len < s.len ? len : s.len);
}

/* ASCII only, as every protocol here asks for; locale never matters. */
bool span_eq_nocase(struct span a, struct span b);
/* <0, 0, >0 like memcmp, shorter first when one is the other's beginning. */
int span_cmp(struct span a, struct span b);
bool span_starts_with(struct span s, struct span prefix);
bool span_starts_with_nocase(struct span s, struct span prefix);
bool span_ends_with(struct span s, struct span suffix);
bool span_ends_with_nocase(struct span s, struct span suffix);

#define SPAN_NONE ((size_t)-1)
/* Index of the first match, or SPAN_NONE. */
size_t span_find_char(struct span s, char c);
size_t span_find(struct span s, struct span what);
size_t span_find_nocase(struct span s, struct span what);

/* Without blanks (space and tab) at both ends. */
struct span span_trim(struct span s);
/*
 * Cuts <s> at the first <c>: returns what is before it and leaves what is
 * after it in <s>. Without a <c> returns all and leaves <s> empty with a NULL ptr.
 */
struct span span_cut(struct span *s, char c);

/* Whole span as a number; false when empty, not decimal, or over <max>. */
bool span_to_u64(struct span s, uint64_t max, uint64_t *out);
