/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of servers, asked for again as their answers run out (nginx's resolve,
 * HAProxy's resolvers). Each server of a group has one address of the answer; a
 * server keeps its address as long as it is among them, who has none is not used.
 * When nobody answers, everything stays as it is. One thread.
 */
#pragma once

#include "state/bulletin.h"

struct loop;
struct names;

/* For all name groups of <s>, which is borrowed; <on_news> hears who has an address now and who has none.
 * Dies on out of memory. */
struct names *names_start(struct loop *l, const struct snapshot *s, bulletin_fn on_news, void *to);
/* No question is asked or heard any more. NULL-safe. */
void names_stop(struct names *n);
/* After names_stop, in a later step of the loop. NULL-safe. */
void names_free(struct names **n);
