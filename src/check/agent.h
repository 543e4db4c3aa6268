/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's agent-check: a program beside a server is asked what the server can
 * take, and answers with words on one line: "75%", "maxconn:30", "drain",
 * "down # disk is full". One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "io/conn.h"
#include "io/loop.h"
#include "model/pool.h"
#include "state/server_state.h"

#define AGENT_ANSWER_MAX 1024

/* What an answer says; each may be missing. */
struct agent_words {
    enum agent_admin { AGENT_SAYS_NOTHING, AGENT_READY, AGENT_DRAIN, AGENT_MAINT } admin;
    enum agent_health { AGENT_HEALTH_SAME, AGENT_UP, AGENT_DOWN } health;
    bool has_weight, has_limit;
    uint32_t percent, limit;
    struct span word, remark; /* of health; what is behind '#' */
    struct span strange; /* the first word that is none of these: the rest counts all the same; empty: none */
};
/* <line>: without its end. What is behind '#' is a remark. */
struct agent_words agent_read(struct span line);
/* Takes effect. */
void agent_apply(const struct agent_words *w, const struct server *model, struct server_state *state,
                 instant now);

/* As it is told to operators; <error>: why nobody answered. */
void agent_tell(struct agent_report *r, const struct agent_words *w, bool answered, int error);

struct agent_probe;
/* Once for each start. <answered>: <words> are there, as long as the call; else nobody answered, which
 * changes nothing. */
typedef void (*agent_fn)(struct agent_probe *p, bool answered, const struct agent_words *words);

struct agent_probe {
    struct conn conn;
    struct loop *loop;
    struct deadline deadline;
    agent_fn on_done;
    void *owner; /* the caller's */
    const struct server *server;
    size_t sent, len;
    bool running;
    int error; /* why nobody answered; 0: it took too long */
    instant started;
    char answer[AGENT_ANSWER_MAX];
};
/* <owner> is set by who calls. */
void agent_probe_init(struct agent_probe *p, struct loop *l, agent_fn on_done);
void agent_probe_start(struct agent_probe *p, const struct server *server, const struct address *address);
void agent_probe_cancel(struct agent_probe *p);
