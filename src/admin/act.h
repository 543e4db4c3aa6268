/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator can do to a server or a frontend while it runs, whichever
 * door they came through. Each attempt, allowed or not, leaves one JSON line:
 * who, from where, through what, to what, before, after.
 */
#pragma once

#include "admin/view.h"

enum act {
    ACT_READY, /* out of maintenance and drain */
    ACT_DRAIN,
    ACT_MAINT,
    ACT_ENABLE,  /* the page's: out of maintenance alone; a drain stays */
    ACT_STOP,    /* in old pages' words: a drain, */
    ACT_DISABLE, /* and maintenance */
    ACT_CHECKS_ON,
    ACT_CHECKS_OFF,
    ACT_HEALTH_UP,
    ACT_HEALTH_DOWN,
    ACT_HEALTH_STOPPING,
    ACT_WEIGHT, /* <value> */
    ACT_LIMIT,  /* <value>; requests at once */
    ACT_END_SESSIONS,
    ACT_AGENT_ON,
    ACT_AGENT_OFF,
    ACT_AGENT_UP, /* as if the agent had said so */
    ACT_AGENT_DOWN,
    ACT_FRONTEND_ON,
    ACT_FRONTEND_OFF,
    ACT_FRONTEND_LIMIT, /* <value>; connections */
    ACTS
};
const char *act_name(enum act a);

enum act_result {
    ACT_DONE,
    ACT_NO_CHECK, /* the server is not checked, so nothing can be said in its check's place */
    ACT_SAME,     /* a frontend was as asked already */
    ACT_FAILED,   /* the engine could not be asked */
};

/* Who asks. Borrowed. */
struct act_by {
    struct span user;    /* empty: nobody said */
    struct span from;    /* an address, or what a socket knows of its peer */
    struct span through; /* "page", "socket" */
};

enum act_result act_on_server(const struct admin_now *now, const struct act_by *by,
                              const struct server *server, enum act a, uint32_t value);
enum act_result act_on_frontend(const struct admin_now *now, const struct act_by *by,
                                const struct service *service, enum act a, uint32_t value);
/* 0: as the files say. */
void act_on_process_limit(const struct admin_now *now, const struct act_by *by, uint32_t connections);
/* <kind>: enum rate_kind of state/rates.h; 0: no limit. */
void act_on_process_rate(const struct admin_now *now, const struct act_by *by, unsigned kind, uint32_t most);
/* An attempt that was turned away: <what> was asked for, <why> it was not done. */
void act_refused(const struct admin_now *now, const struct act_by *by, struct span what, struct span why);
/* Something done elsewhere (reload, clear counters), for the record. */
void act_note(const struct admin_now *now, const struct act_by *by, struct span what);
/* Sums and peaks to 0; <all> false: peaks only. */
void act_clear_counters(const struct admin_now *now, const struct act_by *by, bool all);
