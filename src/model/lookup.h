/* SPDX-License-Identifier: Apache-2.0 */
/* nginx's map and geo, HAProxy's map files: a subject, rows of patterns, a value each, a default. */
#pragma once

#include "base/address.h"
#include "base/map.h"
#include "model/expr.h"

struct lookup_row {
    enum match how; /* EXACT, BEGIN, END, SUB, DOM, REGEX, IP, INT */
    struct span text;
    struct network network;
    struct int_range range;
    const struct regex *regex;
    const struct expr *value;
    struct where at;
};
struct lookup {
    struct span name;
    const struct expr *subject; /* NULL when the converter's input is the subject */
    bool nocase;
    bool hostnames;                  /* nginx `hostnames`: masks *.a and a.* among the texts */
    struct map exact;                /* text -> struct lookup_row */
    LIST_OF(struct lookup_row) rows; /* the others, in order of precedence */
    const struct expr *fallback;     /* NULL: no value */
    struct where at;
};
