/* SPDX-License-Identifier: Apache-2.0 */
/* Actions on the stream itself: how long it waits, and how its packets are marked. */
#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "engine/core/session.h"
#include "os/socket.h"

#define LONGEST_MS (24 * 3600 * 1000) /* that a rule may make a stream wait */

/* In milliseconds, as it is written or computed. False: it is none. */
static bool time_of(struct rules *r, const struct action *a, duration *out)
{
    int64_t ms = a->number;

    if (a->expr && !eval_number(r->facts, a->expr, &ms))
        return false;
    *out = DURATION_MS((uint32_t)(ms > LONGEST_MS ? LONGEST_MS : ms));
    return ms > 0;
}

static enum outcome set_server_timeout(struct rules *r, const struct action *a, duration t)
{
    if (r->server == NULL)
        return NEXT;
    struct server_policy *own = scratch_alloc(r->facts->scratch, sizeof(*own));
    if (own == NULL)
        return rules_end(r, RULES_FAILED);
    *own = *r->server;
    if (a->number2 == SET_TIMEOUT_TUNNEL)
        own->tunnel_timeout = t;
    else
        own->read_timeout = own->send_timeout = t;
    r->server = own;
    return NEXT;
}

static enum outcome set_client_timeout(struct rules *r, duration t)
{
    struct client_policy *own = scratch_alloc(r->facts->scratch, sizeof(*own));

    if (own == NULL || r->client == NULL)
        return rules_end(r, RULES_FAILED);
    *own = *r->client;
    own->body_timeout = own->send_timeout = t;
    r->client = own;
    return NEXT;
}

/* The policy is many streams': this one gets its own. */
enum outcome act_set_timeout(struct rules *r, const struct action *a)
{
    duration t;

    if (!time_of(r, a, &t))
        return NEXT;
    return a->number2 == SET_TIMEOUT_CLIENT ? set_client_timeout(r, t) : set_server_timeout(r, a, t);
}

enum outcome act_pause(struct rules *r, const struct action *a)
{
    return time_of(r, a, &r->pause) ? rules_end(r, RULES_PAUSE) : NEXT;
}

enum outcome act_set_tos(struct rules *r, const struct action *a)
{
    if (r->session->conn.watch.fd >= 0)
        socket_set_tos(r->session->conn.watch.fd, (int)a->number);
    return NEXT;
}
