/* SPDX-License-Identifier: Apache-2.0 */
/* A criterion of an ACL: what is fetched, how it is matched, with what. */
#pragma once

#include "conf/haproxy/haproxy_internal.h"
#include "model/patterns.h"

/* Words <from> to <to> become tests of <acl>. False and a diagnostic when they cannot. */
bool haproxy_criterion(struct build *b, const struct statement *s, uint32_t from, uint32_t to,
                       struct acl *acl);

/* ---- patterns.c: what may be changed while running ---- */
/* The list of that file, which <w> names, for <u>. <fresh>: its lines are not in it yet. */
struct pattern_list *haproxy_pattern_file(struct build *b, const struct word *w, struct pattern_user *u,
                                          bool *fresh);
/* A list of the values that stand in a line from the criterion <w> to the word at <end>. NULL and a
 * diagnostic: <id> is no number, or it is taken. */
struct pattern_list *haproxy_pattern_values(struct build *b, const struct word *w, struct span source,
                                            struct where end, struct pattern_user *u, struct span id);
/* When everything was read: numbers; rules on lists that nobody looks into are told. */
void haproxy_finish_patterns(struct build *b);
