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

/*
 * Virtual servers of one address: exact names, "*.suffix", "prefix.*", regular
 * expressions in order, a default. host_table_add fills the maps.
 */
struct host_regex {
    const struct regex *regex;
    struct scope *scope;
};
struct host_table {
    struct map exact;           /* "www.example.com", also "" (a request without a host) -> struct scope */
    struct map suffixes;        /* "example.com" of "*.example.com" -> scope; the longest wins */
    struct map exact_or_suffix; /* "example.com" of ".example.com": both */
    struct map prefixes;        /* "www.example" of "www.example.*" -> scope; the longest wins */
    LIST_OF(struct host_regex) regexes;
    struct scope *fallback; /* default_server; never NULL */
    struct scope *first;    /* that has a name here; NULL: none yet */
    bool several;           /* another one has a name too */
};

/* nginx's locations of one server, or nested in one location. */
struct location_tree;
struct location_prefix {
    struct span prefix;
    struct scope *scope;
    bool exact;                   /* = */
    bool no_regex;                /* ^~ */
    bool auto_redirect;           /* "/a/" with proxy_pass: "/a" is answered with 301 to "/a/" */
    struct location_tree *nested; /* NULL: none */
};
struct location_regex {
    const struct regex *regex;
    struct scope *scope;
    struct location_tree *nested;
};
struct location_node; /* a radix tree over the prefixes */
struct location_tree {
    LIST_OF(struct location_prefix) prefixes;
    LIST_OF(struct location_regex) regexes;
    struct map named; /* "@name" -> struct scope */
    bool nocase;
    /* built by location_tree_finish */
    struct map exact; /* path -> struct location_prefix */
    struct location_node *root;
    const struct location_prefix *only; /* "/", when it is all that there is */
    bool finished;
};

/* An empty table; <fallback> may be set later, before the seal. */
void host_table_init(struct host_table *t, struct scope *fallback);
enum host_name_kind { HOST_NAME_ADDED, HOST_NAME_TAKEN, HOST_NAME_BAD };
/*
 * A server_name as nginx writes it: "a.b", "*.b", ".b", "a.*", "" (case does
 * not matter). TAKEN: another scope has it already and keeps it; BAD: a star
 * elsewhere, or "..". Regular expressions go into <regexes>.
 */
enum host_name_kind host_table_add(struct arena *a, struct host_table *t, struct span name,
                                   struct scope *scope);
/* NULL is never returned. <host> is lower case, without port. <by> (or NULL) gets the regular expression that
 * decided, if one did, and <match> its groups. */
struct scope *host_table_find(const struct host_table *t, struct span host, struct regex_match *match,
                              const struct regex **by);

/* Builds <exact> and <root> from <prefixes>; config_seal calls it for every tree that an action holds. */
void location_tree_finish(struct arena *a, struct location_tree *t);
/*
 * The exact entry for <path>, else the longest prefix entry that begins it, else
 * NULL. An entry one byte longer than <path> is one with <auto_redirect>: the
 * answer is a redirect to the path with a slash.
 */
const struct location_prefix *location_tree_find(const struct location_tree *t, struct span path);

/* Where nginx would go, regular expressions and nested locations included. */
struct location_choice {
    struct scope *scope;                  /* NULL: no location, the server's own settings count */
    const struct location_prefix *prefix; /* what decided, for explain: a prefix, a regular expression, */
    const struct location_regex *regex;   /* or a prefix nested in the location of one */
    bool redirect;                        /* to <path> with a slash behind it */
};
struct location_choice location_tree_route(const struct location_tree *t, struct span path,
                                           struct regex_match *match);
