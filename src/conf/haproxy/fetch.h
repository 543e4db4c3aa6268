/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of sample fetches and converters, and how their arguments are read. */
#pragma once

#include "conf/haproxy/haproxy_internal.h"

#define SAMPLE_ARGS_MAX 8
struct sample_args {
    struct word items[SAMPLE_ARGS_MAX]; /* unquoted */
    uint32_t count;
};

/* A word that is being read as a sample. */
struct sample_reader {
    struct build *b;
    const struct word *w;
    struct span rest; /* of the word's text */
    bool acl;
    struct expr_part *part; /* being made */
    struct expr *expr;
    const struct user_list *groups; /* whose groups the values of an ACL are; NULL: none's */
};

struct fetch_row;
typedef bool fetch_fn(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args);
struct fetch_row {
    const char *name;
    uint8_t min, max; /* arguments */
    fetch_fn *make;   /* makes r->part; NULL: refused, with <why> */
    enum fetch fetch;
    int32_t number, number2;
    bool derived;      /* "_beg", "_reg" ... may follow in ACLs */
    const char *why;   /* refused: why */
    enum convert then; /* applied behind, when <converts> */
    bool converts;
    int64_t then_number; /* its <number> */
};
extern const struct fetch_row haproxy_fetches[]; /* NULL-terminated */
/* Names that are refused alike, separated by blanks. */
struct refused_names {
    const char *names;
    const char *why;
};
extern const struct refused_names haproxy_refused_fetches[], haproxy_refused_converters[];
/* Why; NULL: the name is none of them. */
const char *haproxy_refused_name(const struct refused_names *families, struct span name);

/* One converter at the cursor: adds it to r->part. False and a diagnostic when it cannot be. */
bool haproxy_take_converter(struct sample_reader *r, struct span name, const struct sample_args *args);

/* ---- helpers for both ---- */
bool haproxy_sample_fail(struct sample_reader *r, const struct diag_kind *kind, struct span what,
                         struct span more);
bool haproxy_sample_number(struct sample_reader *r, const struct word *arg, int64_t low, int64_t high,
                           int64_t *out);
