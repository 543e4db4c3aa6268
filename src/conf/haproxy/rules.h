/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of rules share: rulesets being filled, and answers of our own. */
#pragma once

#include "conf/haproxy/haproxy_internal.h"

/* At the end of the open ruleset, under the rule's condition. Valid until the next one. */
struct action *haproxy_action(struct build *b, enum action_kind kind);
/* At the end of a hook's list, without a condition. */
struct action *haproxy_hook_action(struct build *b, struct draft *d, enum hook h, enum action_kind kind,
                                   struct where at);

/* ---- reply_words.c ---- */
/*
 * "status 403 content-type text/plain string ..." from word <from> on: an answer
 * of our own. <status> is what it is when the words say none. NULL and a diagnostic.
 */
struct reply *haproxy_reply_words(struct build *b, const struct statement *s, uint32_t from, uint16_t status);

/* ---- replies.c ---- */
/* What an http-errors section has for <status>, else the page of it. NULL and a diagnostic: there is no such
 * section. */
struct reply *haproxy_section_reply(struct build *b, const struct word *name, uint16_t status,
                                    struct where at);

/* ---- redirect.c ---- */
/* "location URL code 301 ..." from word <from> on, to the open ruleset. */
void haproxy_redirect(struct build *b, const struct statement *s, uint32_t from);

/* ---- frontend.c: what stands in a scope's hooks besides rules ---- */
void haproxy_begin_hooks(struct build *b, struct draft *d); /* unique id, monitors */
void haproxy_end_hooks(struct build *b, struct draft *d);   /* default backend, forwarded-for, proxy */
/* use_backend NAME, use_backend %[...]; under b->when. */
void haproxy_use_backend(struct build *b, const struct statement *s);
void haproxy_compile_captures(struct build *b, struct draft *d);
/* http-request capture: <n> is a length, or with <id> the slot of a declared one. */
void haproxy_capture_rule(struct build *b, const struct statement *s, const struct expr *value, bool id,
                          uint32_t n);

/* ---- forwarded.c: before the request goes to a server ---- */
void haproxy_forwarded(struct build *b, struct draft *d);

/* ---- actions_stream.c ---- */
keyword_fn haproxy_on_timeout, haproxy_on_pause, haproxy_on_normalize, haproxy_on_tos;

/* ---- stats.c ---- */
void haproxy_stats(struct build *b, struct draft *d); /* behind http-request rules */

/* ---- patterns.c ---- */
keyword_fn haproxy_patterns_action; /* add-acl, del-acl, set-map, del-map */

/* ---- old.c ---- */
/* reqrep, rspdel ... */
void haproxy_old_lines(struct build *b, const struct statement *s);
/* reqadd, rspadd */
void haproxy_old_add(struct build *b, const struct statement *s);
