/* SPDX-License-Identifier: Apache-2.0 */
/* nginx's map and geo, HAProxy's map files: a subject, rows of patterns, a value each, a default. */
#pragma once

#include "base/address.h"
#include "base/map.h"
#include "model/expr.h"

struct lookup_row {
    enum match how; /* EXACT, BEGIN, END, SUB, DIR, DOM, LEN, REGEX, IP, INT */
    struct span text;
    struct network network;
    struct int_range range;
    const struct regex *regex;
    const struct expr *value; /* finished; NULL: none */
    struct where at;
};
/*
 * Which row wins: an exact text; then the longest "*.suffix" mask, then the
 * longest "prefix.*" mask; then the longest network; then the longest text that
 * the subject begins with; then the others in their
 * order. So nginx's map and geo; a HAProxy map file has rows of one kind.
 */
struct lookup {
    struct span name;
    const struct expr *subject; /* finished; NULL when the converter's input is the subject */
    bool by_hash;               /* rows are ranges of the subject's MurmurHash2 (nginx split_clients) */
    bool nocase;
    bool hostnames; /* nginx `hostnames`: masks *.a, .a and a.* among the exact texts, and the subject's
                       trailing dot does not count */
    LIST_OF(struct lookup_row) rows;
    const struct expr *fallback; /* finished; NULL: no value */
    struct where at;
    uint32_t patterns; /* 1 + index of its struct pattern_user; 0: its rows never change */
    /* built by lookup_finish: texts and networks cost the same however many there are */
    struct map exact, suffixes, prefixes; /* -> struct lookup_row */
    const struct network_set *networks;
    struct map begins;            /* texts that the subject begins with: the longest wins */
    LIST_OF(uint32_t) begin_lens; /* their lengths, the longest first */
    LIST_OF(const struct lookup_row *) others;
    uint32_t needs; /* of the rows' values and the fallback, without the subject's */
    bool finished;
};
/* The first of two rows with the same text wins. Call before an expression that uses it is finished. */
void lookup_finish(struct arena *a, struct lookup *l);
/*
 * The row for a subject as text; NULL: the fallback. <ip> may be NULL: then
 * networks are matched with the text's address, if it is one. <match> may be
 * NULL; it gets a regular expression's groups.
 */
struct regex_match;
const struct lookup_row *lookup_find(const struct lookup *l, struct span subject, const struct address *ip,
                                     struct regex_match *match);
