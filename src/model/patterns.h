/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of patterns that may be changed while running: the files and the values
 * of ACLs, and map files. A test or a lookup that can follow such changes is a
 * *user* of one list or several. What the file said stays in the test or lookup
 * itself; state/pattern_state.h has what was changed.
 */
#pragma once

#include "base/arena.h"
#include "model/expr.h"

struct config;

struct pattern_text {
    struct span key, value;
    struct span as; /* what <key> means, where it is written in a way that only the file's reader knows; else
                       ptr NULL */
};
struct pattern_list {
    uint32_t index;       /* of config->pattern_lists */
    int64_t id;           /* as operators number it; below 0: not yet */
    struct span file;     /* empty: the values stand in the configuration */
    struct span identity; /* "haproxy:/etc/list": the same across reloads */
    struct span about;    /* where it is used */
    struct where at;      /* its first place; they are numbered in this order */
    bool of_acls, of_maps;
    bool loaded;    /* its texts are there */
    uint32_t twins; /* later ones that would have had its identity */
    LIST_OF(struct pattern_text) texts;
    LIST_OF(struct pattern_user *) users;
};
struct pattern_user {
    uint32_t index; /* of config->pattern_users */
    enum match how;
    bool nocase;
    bool of_map;
    bool groups; /* values have \0 to \9 of the key's groups */
    bool gives_key;
    enum value_type gives; /* of a map: what its values must be */
    LIST_OF(struct pattern_list *) lists;
};

/* What a rule does to a list. */
struct pattern_edit {
    enum pattern_edit_how { PATTERN_EDIT_ADD, PATTERN_EDIT_SET, PATTERN_EDIT_DELETE } how;
    struct pattern_list *list;
    const struct expr *value; /* of SET */
};

/* With id -1. <identity> is made unique. */
struct pattern_list *config_add_pattern_list(struct config *c, struct span file, struct span identity);
struct pattern_list *config_find_pattern_list(const struct config *c, struct span identity);
struct pattern_user *config_add_pattern_user(struct config *c);
/* Once for each pair. */
void pattern_user_add(struct config *c, struct pattern_user *u, struct pattern_list *l);
/* Lists without a number get the lowest that are free, in the order of their places. */
void config_number_patterns(struct config *c);
