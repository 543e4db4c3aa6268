/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the nearest word of a list. */
#include "base/diag.h"

#include <string.h>

#include "base/macros.h"

enum { LONGEST = 63 };

static unsigned char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : (unsigned char)c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/*
 * How many letters must be inserted, dropped, changed or swapped with their
 * neighbour (Damerau; no letter is edited twice) to make <a> of <b>; anything
 * over <limit> when there are more than that. Neither is longer than LONGEST.
 */
static unsigned distance(struct span a, struct span b, unsigned limit)
{
    size_t gap = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (gap > limit)
        return limit + 1;
    unsigned rows[3][LONGEST + 1];
    unsigned *two_up = rows[0], *up = rows[1], *row = rows[2];
    for (unsigned j = 0; j <= b.len; j++)
        up[j] = j;
    memset(two_up, 0, sizeof(rows[0]));
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned best = row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned char x = lower(a.ptr[i - 1]), y = lower(b.ptr[j - 1]);
            row[j] = least(least(up[j], row[j - 1]) + 1, up[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b.ptr[j - 2]) && y == lower(a.ptr[i - 2]))
                row[j] = least(row[j], two_up[j - 2] + 1);
            best = least(best, row[j]);
        }
        if (best > limit)
            return limit + 1;
        unsigned *free_row = two_up;
        two_up = up;
        up = row;
        row = free_row;
    }
    return up[b.len];
}

const char *diag_nearest(struct span word, const char *const *words)
{
    if (word.len == 0 || word.len > LONGEST)
        return NULL;
    const char *nearest = NULL;
    unsigned limit = (unsigned)word.len / 3 + 1;
    for (; *words; words++) {
        struct span candidate = span_from(*words);
        if (candidate.len > LONGEST)
            continue;
        unsigned n = distance(word, candidate, limit);
        if (n > limit || n >= word.len || n >= candidate.len) /* nothing in common is not near */
            continue;
        nearest = *words;
        if (n == 0)
            break;
        limit = n - 1;
    }
    return nearest;
}
