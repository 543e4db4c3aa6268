/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a scope by host and by path: tables that cost the same with ten or
 * ten thousand entries. Filled by a builder, looked up by engine/core/route.c.
 */
#pragma once

#include "base/map.h"
#include "model/expr.h"
#include "model/list_of.h"
#include "model/regex.h"

struct scope;

/* Virtual servers of one address: exact, "*.suffix", "prefix.*", regular expressions in order, default. */
struct host_regex {
    const struct regex *regex;
    struct scope *scope;
};
struct host_table {
    struct map exact;           /* lower-case name -> struct scope */
    struct map suffixes;        /* ".example.com" of "*.example.com" -> scope; the longest wins */
    struct map exact_or_suffix; /* ".example.com" as written: both */
    struct map prefixes;        /* "www.example." of "www.example.*" -> scope; the longest wins */
    LIST_OF(struct host_regex) regexes;
    struct scope *fallback; /* default_server; never NULL */
};

/* nginx's locations of one server (or nested in one location). */
struct location_prefix {
    struct span prefix;
    struct scope *scope;
    bool exact;         /* = */
    bool no_regex;      /* ^~ */
    bool auto_redirect; /* "/a/" with proxy_pass: "/a" is answered with 301 to "/a/" */
};
struct location_regex {
    const struct regex *regex;
    struct scope *scope;
};
struct location_node; /* built by model/route.c at seal: a radix tree over the prefixes */
struct location_tree {
    LIST_OF(struct location_prefix) prefixes;
    LIST_OF(struct location_regex) regexes;
    struct map exact; /* path -> struct location_prefix */
    struct location_node *root;
    struct map named; /* "@name" -> struct scope */
    bool nocase;
};

/* Seals: builds <exact> and <root> from <prefixes>. */
void location_tree_finish(struct arena *a, struct location_tree *t);
/* The longest prefix entry that begins <path>; NULL when none. <exact> entries only match whole. */
const struct location_prefix *location_tree_find(const struct location_tree *t, struct span path);
/* NULL is never returned. <host> is lower case, without port. */
struct scope *host_table_find(const struct host_table *t, struct span host, struct regex_match *match);
