/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small languages of the page's door: its uri's options (";csv;norefresh"),
 * the body of its form, Basic credentials, and where a request comes from.
 * HAProxy's words; pure.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "model/action.h"

enum form_view { FORM_PAGE, FORM_CSV, FORM_TYPED, FORM_JSON, FORM_OVERVIEW, FORM_SCHEMA };
struct form_options {
    enum form_view view;
    bool no_refresh, up, no_maint;
    struct span result; /* ";st=DONE" */
    struct span scope;  /* of a proxy's name, as written: decode it */
};
/* <rest> is the target behind the page's uri. What nobody knows is passed over, as HAProxy does. */
struct form_options form_options(struct span rest);

/* name=value&name=value: the next pair, still encoded; false: no more. */
bool form_next(struct span *body, struct span *name, struct span *value);
/* Undoes percent and plus, into <out>. */
void form_decode(struct buf *out, struct span s);

/* The user whose name and password these are; NULL: nobody's. Takes the same time for every wrong password.
 */
const struct stats_user *form_user(const struct stats_page *page, struct span authorization);

/*
 * Does a browser say that this request was begun by one of our own pages? Who
 * says nothing (curl, scripts) is believed. <guarded>: a password protects the
 * page; without one only addresses and <hostname> are good names for us, so that
 * a foreign name that was made to point here (DNS rebinding) does nothing.
 */
bool form_is_ours(struct span host, struct span origin, struct span fetch_site, struct span hostname,
                  bool guarded);
