/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs lists of actions (docs/design/request-program.md): conditions, edits,
 * routing. A stream and a TCP session embed one struct rules. It decides and
 * edits; it never does I/O and never waits: what an action asks of the outside
 * (answer, proxy, files, wait) is the result, and the caller comes back by
 * rules_resume. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/config.h"

struct facts;
struct message;
struct recorder;
struct scratch;

#define RULES_AGAIN_MAX 10
#define RULES_ENTER_MAX 64 /* scopes entered in one hook: a circle of ours, or of the file's, ends there */

enum rules_result {
    RULES_DONE,       /* the list ended, or said accept */
    RULES_REPLY,      /* rules->reply */
    RULES_CLOSE,      /* rules->action->number: 0 FIN, 1 RST, 2 vanish */
    RULES_TARPIT,     /* wait, then rules->reply */
    RULES_WAIT_BYTES, /* conditions need bytes that are not there yet; resume looks again */
    RULES_PROXY,      /* rules->action->proxy */
    RULES_FILES,      /* rules->action->files */
    RULES_STATUS,     /* rules->action->number */
    RULES_AGAIN,      /* the uri was changed: the caller counts, and starts rules->again's list */
    RULES_FAILED,     /* a circle, or no memory for what was to be computed: 500 */
};

struct rules {
    const struct scope *entry; /* of the service */
    const struct scope *scope; /* where the stream is */
    const struct scope *again; /* where routing begins anew: the virtual server */
    /* What the scopes that were entered have set. */
    const struct client_policy *client;
    const struct server_policy *server;
    const struct reply_set *replies;
    const struct scope *pages; /* whose error_pages count */
    const struct scope *logs;  /* whose logs count */
    const struct log_target_list *error_logs;

    struct facts *facts;
    struct scratch *scratch;
    struct recorder *recorder; /* NULL on the hot path */

    const struct action_list *list; /* where it stands */
    uint32_t next;
    uint8_t hook;   /* enum hook */
    uint8_t agains; /* how often it was routed again */
    uint8_t entered;
    const struct action *action; /* that ended the list */
    const struct reply *reply;
};

/* Sets the policies of <entry>; everything else is zeroed but facts, scratch and recorder, which the caller
 * sets before. */
void rules_begin(struct rules *r, const struct scope *entry);
/* Runs <h> of the current scope; of RESPONSE, REPLY and LOG then of <entry> too, when it is another. */
enum rules_result rules_run(struct rules *r, enum hook h);
/* Goes on with the action after the one that ended the list (WAIT_BYTES: with that one). */
enum rules_result rules_resume(struct rules *r);
/* Goes to <scope>, taking what it sets; its lists are run by the caller. */
void rules_enter(struct rules *r, const struct scope *scope);
