/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at one server: connect, perhaps send, perhaps expect, a result. The
 * steps are those of the model's check; a kind without steps has its own here.
 * What a result means for the server is state/'s, when to look is schedule.c's.
 * One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/conn.h"
#include "io/loop.h"
#include "model/pool.h"
#include "state/server_state.h"

#define PROBE_ANSWER_MAX                                                                                     \
    16384 /* bytes of an answer that are looked at; what it expects must be among them                       \
           */

struct probe;
struct tls_context;
/* Once for each probe_start; the probe may be started again, or freed, by it. */
typedef void (*probe_fn)(struct probe *p, enum check_result result, int32_t detail);

struct probe {
    struct conn conn;
    struct loop *loop;
    struct deadline deadline;
    probe_fn on_done;
    const struct server *server;
    struct address address;
    const struct check *check;
    struct tls_context *const *tls; /* by tls_client of the config */
    const struct check_step *steps;
    uint32_t step_count, step;
    size_t sent;   /* of the current request */
    char *request; /* of the current SEND; malloc */
    size_t request_len;
    char *answer; /* PROBE_ANSWER_MAX bytes while one is awaited; malloc */
    size_t answer_len;
    int32_t detail;    /* the status of the last good HTTP answer */
    int refused;       /* errno of a connect that failed at once */
    struct span state; /* HTTP: what the server counts as, for a check that tells it; borrowed */
    bool was_up;       /* set by who starts it: 404 then only drains the server, where the file says so */
    const struct tls_client *tls_later; /* after the PROXY header */
    bool greets;                        /* the PROXY header is still to be sent */
    bool running, speaks_http;
    bool answer_ended; /* the server closed its direction */
};

void probe_init(struct probe *p, struct loop *l, probe_fn on_done);
/* Looks at <server>, which is at <address> now, as its check says; <tls> by tls_client, borrowed until it is
 * done. on_done comes in a later turn, at the latest after the check's timeouts. */
void probe_start(struct probe *p, const struct server *server, const struct address *address,
                 struct tls_context *const *tls);
/* Without on_done. The struct must live until the end of the turn. Harmless when it does not run. */
void probe_cancel(struct probe *p);
