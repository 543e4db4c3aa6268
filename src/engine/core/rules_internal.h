/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of rules share; nobody outside may include it. Read rules.c first. */
#pragma once

#include "engine/core/rules.h"
#include "eval/eval.h"

/* How an action ends. */
enum outcome {
    NEXT,
    LEAVE,  /* the list is over */
    JUMPED, /* r->list and r->next are set */
    ENDED,  /* r->result is set */
};

typedef enum outcome action_fn(struct rules *r, const struct action *a);

/* rules_route.c */
action_fn act_enter, act_adopt, act_route_host, act_route_location, act_rewrite;
/* rules_access.c */
action_fn act_allow, act_deny, act_real_ip, act_set_address, act_auth_basic;
/* rules_limit.c */
action_fn act_limit_req, act_limit_conn;
/* cookie.c */
action_fn act_cookie, act_persist;
/* follow.c */
action_fn act_track, act_stick_add, act_stick_set, act_stick_match, act_stick_store;
/* rules_stream.c */
action_fn act_set_timeout, act_pause, act_set_tos;
/* rules_uri.c */
action_fn act_normalize;
/* rules_guard.c */
action_fn act_referer, act_secure_link;
/* rules_expires.c */
action_fn act_expires;
/* rules_lines.c */
action_fn act_lines;
/* rules_patterns.c */
action_fn act_patterns;
/* rules_edit.c */
action_fn act_field_set, act_field_add, act_field_set_default, act_field_delete, act_field_replace,
    act_set_method, act_set_path, act_set_query, act_set_target, act_set_status, act_set_slot,
    act_forwarded_for, act_capture;

/* rules_edit.c: a path, or a whole URL, which may not end the request's line. */
MUST_USE bool rules_set_target(struct rules *r, struct span target);
/* rules_edit.c: room for another field. False: none. */
MUST_USE bool rules_make_room(struct rules *r, struct message *m);

static inline enum outcome rules_end(struct rules *r, enum rules_result result)
{
    r->result = (uint8_t)result;
    return ENDED;
}
/* An answer without a struct reply. */
static inline enum outcome rules_answer(struct rules *r, unsigned status, struct span location)
{
    r->reply = NULL;
    r->status = (uint16_t)status;
    r->location = location;
    return rules_end(r, RULES_REPLY);
}
