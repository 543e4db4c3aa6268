/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes of bytes in the text protocols (RFC 9110 5.6.2, RFC 3986): one table,
 * one bit a class. ASCII only; the locale never matters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum char_class {
    CHAR_TOKEN = 1,  /* tchar */
    CHAR_DIGIT = 2,  /* 0-9 */
    CHAR_ALPHA = 4,  /* A-Z a-z */
    CHAR_HEX = 8,    /* 0-9 A-F a-f */
    CHAR_TEXT = 16,  /* a field value's: VCHAR, obs-text, SP, HTAB */
    CHAR_HOST = 32,  /* reg-name without "%" and ",": unreserved and sub-delims */
    CHAR_TARGET = 64 /* in a request target: VCHAR and bytes >= 0x80, but neither '#' nor '?' */
};

extern const uint8_t char_classes[256];

static inline bool char_is(char c, enum char_class class)
{
    return (char_classes[(unsigned char)c] & class) != 0;
}

static inline bool char_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* How many bytes at the start of <s> are of the class. */
static inline size_t chars_of(struct span s, enum char_class class)
{
    size_t i = 0;
    while (i < s.len && char_is(s.ptr[i], class))
        i++;
    return i;
}

/* 0-15, or -1. */
static inline int char_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
