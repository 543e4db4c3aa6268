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
struct stick_store;
struct limits;
struct message;
struct session;
struct zone;
struct zone_state;

#define RULES_AGAIN_MAX 10 /* routed again at most; then it is a circle */
#define RULES_ENTER_MAX 64 /* scopes entered in one run: a circle of the file's ends there */

enum rules_result {
    RULES_DONE,       /* the list ended, or said accept */
    RULES_REPLY,      /* rules->reply, or when that is NULL rules->status and rules->location */
    RULES_CLOSE,      /* rules->action->number: 0 FIN, 1 RST, 2 vanish */
    RULES_TARPIT,     /* wait, then rules->reply */
    RULES_WAIT_BYTES, /* a condition needs bytes that are not there yet; resume looks again */
    RULES_PROXY,      /* rules->action->proxy */
    RULES_FILES,      /* rules->action->files */
    RULES_STATUS,     /* rules->action->number */
    RULES_PAUSE,      /* rules->pause, then resume */
    RULES_AUTH,      /* facts->auth_wanted: resume when it is computed; none: rules->action->auth, resume when
                        it is passed, else 401 */
    RULES_WAIT_BODY, /* rules->action->number ms, ->number2 bytes; resume goes on behind it */
    RULES_FAILED,    /* a circle, no memory, or a value that may not be sent: 500 */
};

/* What became of the cookie that names a server: letters of HAProxy's log, and what was read. */
struct rules_cookie {
    char request, answer; /* '-': there is none in this pool */
    bool ignored;         /* PERSIST said so: none is set either */
    bool shown;           /* the letters are for the log */
    uint32_t used, given; /* when it was last used and first given: seconds since 1970; 0 = not told */
    const struct server *server;
};

/* What a limit said to a request. */
enum limited { LIMITED_NOT, LIMITED_PASSED, LIMITED_DELAYED, LIMITED_REJECTED, LIMITED_DRY = 16 };
struct rules_limit {
    const struct limits *limits;
    const struct zone *zone; /* the one that decided */
    uint64_t early;          /* thousandths of a request */
    enum limited how;
};

#define RULES_HOLDS 8 /* limits of what runs at once that a request may pass */

struct rules {
    const struct scope *entry; /* of the service */
    const struct scope *scope; /* where the stream is */
    const struct scope *front; /* the virtual server, or the frontend: where routing begins anew */
    /* What the scopes that were entered have set. */
    const struct client_policy *client;
    const struct server_policy *server;
    const struct compression *compression; /* NULL: none */
    const struct reply_set *replies;
    const struct scope *pages; /* whose error_pages count */
    const struct scope *logs;  /* whose logs count */
    const struct log_target_list *error_logs;

    struct facts *facts;
    struct session *session;
    struct message *request, *answer; /* what edits change; NULL: its moment has not come */

    const struct action_list *list; /* where it stands */
    uint32_t next;
    uint8_t hook;   /* enum hook */
    uint8_t agains; /* how often it was routed again */
    uint8_t entered;
    uint8_t result;      /* enum rules_result */
    bool uri_changed;    /* by a rewrite or an internal redirect: facts->uri counts, not what was received */
    bool path_is_whole;  /* a rewrite has said so: no part of it is replaced on the way to a server */
    bool target_changed; /* by an edit: request->path and ->query count */
    const struct action *action; /* that ended the list */
    const struct reply *reply;
    uint16_t status;
    struct span location;
    struct {
        struct zone_state *zone;
        uint64_t ticket;
    } holds[RULES_HOLDS]; /* given back by rules_end_limits */
    uint8_t hold_count;
    uint8_t limit_req, limit_conn; /* enum limited; of a dry run with LIMITED_DRY */
    duration pause;
    void (*on_limit)(struct rules *r, const struct rules_limit *l); /* somebody writes it down; NULL */
    const struct server *wanted; /* as USE_SERVER, COOKIE said; NULL: the balancer chooses */
    bool wanted_down;            /* also when it is down */
    bool wanted_always;          /* as PERSIST said: whatever its state, and no other */
    struct rules_cookie cookie;
    struct stick_store *stores; /* keys that get the server when it has answered; in the scratch */
    bool retry_off;             /* RETRY_OFF was met */
    uint8_t log_level;          /* as SET_LOG_LEVEL said; UINT8_MAX: not */
    uint64_t rate, rate_after;  /* as LIMIT_RATE said; 0: the policy's */
};

/* <facts>, <session> and <request> are set; everything else is made new: in <entry>, with its policies. */
void rules_begin(struct rules *r, const struct scope *entry);
/* The same of one that is zeroed but for these. */
void rules_begin_zeroed(struct rules *r, const struct scope *entry);
/* Runs <h> of the current scope; of RESPONSE, REPLY and LOG then of <entry>, when it is another. */
enum rules_result rules_run(struct rules *r, enum hook h);
/* Goes on after the action that ended the list (WAIT_BYTES: with that one). */
enum rules_result rules_resume(struct rules *r);
/* Goes to <scope>, taking what it sets; its lists are run by the caller. */
void rules_enter(struct rules *r, const struct scope *scope);
/* Back to the virtual server's request list, after its first <skip> actions, for rules_resume. false: too
 * often. */
MUST_USE bool rules_again(struct rules *r, uint32_t skip);
/* What REAL_IP made of the client's address is over with the request. */
void rules_forget_source(struct rules *r);
/* "4096", "4k", "1m": bytes. */
bool rules_parse_size(struct span text, uint64_t *out);
/* "PASSED", "REJECTED_DRY_RUN": what <how> of enum limited is called; ptr NULL: it was not limited. */
struct span rules_limit_text(uint8_t how);
/* As nginx words it in its error log: a rate tells how much too early, "5.040". */
struct buf;
void rules_limit_put(struct buf *b, const struct rules_limit *l);
/* What it holds of zones is given back: at the end. */
void rules_give_up_holds(struct rules *r);
static inline void rules_end_limits(struct rules *r)
{
    if (UNLIKELY(r->hold_count != 0))
        rules_give_up_holds(r);
}
/* The location of the virtual server that is called "@name"; NULL: there is none. */
const struct scope *rules_named(const struct rules *r, struct span name);
/* The uri is now <uri>, which may hold a query: an error page, try_files, index. */
void rules_set_uri(struct rules *r, struct span uri);
