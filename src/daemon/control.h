/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control sockets: accepts, reads lines, lets admin/talk.h answer, writes.
 * What only the parent can do is asked through <ask>; the answer comes back by
 * control_answered. All in the worker's control thread, on its loop; a client
 * that neither reads nor writes is dropped after its session's timeout.
 */
#pragma once

#include "admin/command.h"
#include "io/loop.h"

struct config;
struct control;

struct control_options {
    struct loop *loop;
    /* The moment, filled in. false: nothing is served yet. */
    bool (*look)(void *self, struct admin_now *now);
    /* The parent is asked; <number> comes back with its answer. false: it cannot be. */
    bool (*ask)(void *self, enum command_ask what, uint64_t number);
    /* The files are built again with <count> changes, and served. false: <why> they cannot be. */
    bool (*amend)(void *self, const struct amendment *what, unsigned count, struct buf *why);
    void *self;
};

/* NULL: no memory. */
struct control *control_new(const struct control_options *o);
/*
 * From now on these are the sockets: by index in config->process.control_sockets,
 * -1 = none. They stay the caller's, open until the next call or control_free.
 * Sessions go on.
 */
void control_publish(struct control *c, const struct config *config, const int *fds, uint32_t count);
/* Accepts no more; sessions end with the answer that they wait for. */
void control_drain(struct control *c);
void control_answered(struct control *c, uint64_t number, uint32_t code, struct span text);
/* Ends all sessions at once. NULL-safe; the loop turns once more before it ends. */
void control_free(struct control **c);
