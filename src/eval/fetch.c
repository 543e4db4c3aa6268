/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary's table: which file answers a fetch. */
#include "eval/eval_internal.h"
#include "model/lookup.h"

/* ---- variables ---- */

struct value fetch_slots(struct facts *f, const struct expr_part *p)
{
    switch ((unsigned)p->fetch) {
    case FETCH_CAPTURE:
        return p->number >= 0 && p->number < f->match.count ? value_text(f->match.part[p->number])
                                                            : value_none();
    case FETCH_CAPTURE_NAMED: {
        int group = f->matched ? regex_named(f->matched, p->text) : -1;
        return group >= 0 && group < f->match.count ? value_text(f->match.part[group]) : value_none();
    }
    case FETCH_CAPTURED: {
        unsigned response = p->number2 == 1;
        bool there = f->captures[response] && p->number < f->capture_count[response];
        return there ? value_text(f->captures[response][p->number]) : value_none();
    }
    case FETCH_SLOT:
        return eval_slot(f, (uint32_t)p->number);
    case FETCH_MAP: {
        struct conversion c = { .kind = CONVERT_MAP, .lookup = p->lookup };
        return convert_value(f, p->lookup->subject ? eval_value(f, p->lookup->subject) : value_none(), &c);
    }
    default:
        BUG_ON(true);
        return value_none();
    }
}

/* ---- the table ---- */

typedef struct value fetch_fn(struct facts *f, const struct expr_part *p);

static fetch_fn *const fetches[FETCH_COUNT] = {
    [FETCH_TRUE... FETCH_DATE_WHOLE_US] = fetch_process,
    [FETCH_CLIENT_IP... FETCH_CONNECTION_ERROR] = fetch_client,
    [FETCH_HELLO_SNI... FETCH_INSPECTED] = fetch_bytes,
    [FETCH_SESSION_PROTOCOL... FETCH_REQUEST_US] = fetch_client,
    [FETCH_METHOD... FETCH_REQUEST_COMPLETE] = fetch_request,
    [FETCH_AUTH_LISTED... FETCH_AUTH_LISTED_USER] = fetch_auth,
    [FETCH_CAPTURE... FETCH_MAP] = fetch_slots,
    [FETCH_PROXY_HOST... FETCH_PROXY_PORT] = fetch_request,
    [FETCH_POOL_NAME... FETCH_SERVER_SOURCE_PORT] = fetch_server,
    [FETCH_TLS_SERVER_USED... FETCH_TLS_SERVER_SESSION_ID] = fetch_client,
    [FETCH_POOL_USABLE... FETCH_SERVER_WEIGHT] = fetch_server,
    [FETCH_STICK_NUMBER... FETCH_STICK_KEY] = fetch_stick,
    [FETCH_STATUS... FETCH_RESPONSE_VERSION] = fetch_response,
    [FETCH_BYTES_SENT... FETCH_TIME_UPSTREAM_RESPONSE] = fetch_end,
    [FETCH_TIMER_HANDSHAKE... FETCH_DATE_REQUEST] = fetch_timer,
    [FETCH_TERMINATION... FETCH_STREAM_STATUS] = fetch_end,
};

struct value fetch_value(struct facts *f, const struct expr_part *p)
{
    fetch_fn *fetch = fetches[p->fetch];

    BUG_ON(fetch == NULL);
    return fetch(f, p);
}
