/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registered field names as a table, for who looks up one a line: what is
 * behind field_id_of, where the compiler can see it. names.c fills the table.
 */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/message.h"

/* A table of 128. The slot of a name is made of its length and its last four bytes in lower case. */
#define NAME_TAIL(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define NAME_SLOT(len, tail)  ((uint32_t)(((tail) + (uint32_t)(len)) * UINT32_C(0xaa4fdfdb)) >> 25)
#define NAME_SLOTS            128
#define NAME_MIN              4
#define NAME_MAX              22

struct known_field {
    char text[NAME_MAX + 6]; /* lower case; 32 bytes in all, which are found by a shift */
    uint8_t len, id;
    uint8_t hop;  /* whatever Connection says (RFC 9110 7.6.1) */
    uint8_t read; /* h1_fields.c reads its values */
};
extern const struct known_field known_fields[NAME_SLOTS], field_te, field_other;

#define NAME_CASE UINT64_C(0x2020202020202020)

static inline uint64_t name_load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* In the order of the machine: for comparing. */
static inline uint32_t name_load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* Of two that have the same length; as the next function says. */
static inline bool token_is_name(const char *text, const char *lower, size_t len)
{
    if (len < 8)
        return (name_load4(text) | (uint32_t)NAME_CASE) == name_load4(lower) &&
               (name_load4(text + len - 4) | (uint32_t)NAME_CASE) == name_load4(lower + len - 4);
    /* NAME_MAX is below 24: three overlapping words are all of it */
    return (name_load8(text) | NAME_CASE) == name_load8(lower) &&
           (name_load8(text + len - 8) | NAME_CASE) == name_load8(lower + len - 8) &&
           (len <= 16 || (name_load8(text + 8) | NAME_CASE) == name_load8(lower + 8));
}

/*
 * field_id_of for what is known to hold token characters only: of these only
 * letters become letters by the case bit, and only '-' stays '-'.
 */
static inline const struct known_field *field_of_token(const char *name, size_t len)
{
    if (UNLIKELY(len < NAME_MIN))
        return len == 2 && (name[0] | 0x20) == 't' && (name[1] | 0x20) == 'e' ? &field_te : &field_other;
    uint32_t tail = le32toh(name_load4(name + len - 4)) | (uint32_t)NAME_CASE;
    const struct known_field *k = &known_fields[NAME_SLOT(len, tail)];
    return k->len == len && token_is_name(name, k->text, len) ? k : &field_other;
}
