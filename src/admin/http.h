/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP door: what a page of statistics or nginx's stub_status answers to a
 * request. The engine calls it when the rules end in ACTION_STATUS and sends
 * what it gets: bytes in, bytes out, no facts of the stream are kept. Any
 * thread; it takes as long as the number of servers asks for.
 */
#pragma once

#include "admin/admin.h"
#include "base/buf.h"
#include "base/macros.h"
#include "model/action.h"

struct admin_request {
    struct admin_now now;
    const struct stats_page *page; /* the action's; NULL: stub_status */
    struct span method;
    struct span target; /* path and query as received; it begins with page->uri */
    /* Fields of the request, empty when absent. */
    struct span host, authorization, origin, fetch_site; /* the last: Sec-Fetch-Site */
    struct span body;                                    /* of a POST, whole */
    bool body_cut;                                       /* it was larger than what is kept */
    bool may_act;       /* one of page->admins holds (eval_cond); looked at for POST and for the form */
    struct span client; /* its address, for the record */
};

struct admin_field {
    struct span name, value;
};
#define ADMIN_FIELDS 8
struct admin_reply {
    uint16_t status;
    struct span content_type; /* empty: no body */
    struct admin_field fields[ADMIN_FIELDS];
    unsigned field_count;
    struct buf body;  /* sent as it is; not to HEAD */
    struct span user; /* who was let in, for the log; lies in <room> */
    char room[768];   /* of values that are made */
    size_t used;
};

/* Largest body of a POST that is looked at. */
#define ADMIN_BODY_MAX 65536

/* Fills <out>, which admin_reply_fini empties whatever came. false: no memory; answer 503. */
MUST_USE bool admin_answer(const struct admin_request *q, struct admin_reply *out);
void admin_reply_fini(struct admin_reply *r);

/* nginx's four lines, byte for byte. */
void admin_put_stub(struct buf *out, const struct admin_totals *t);
