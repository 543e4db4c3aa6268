/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links that only some may follow (nginx): those that come from known pages
 * (valid_referers), and those that carry a sum made with a secret (secure_link).
 * What is found out goes into slots; conditions of the file decide.
 */
#pragma once

#include "model/expr.h"
#include "model/list_of.h"
#include "model/lookup.h"
#include "model/regex.h"

struct referers {
    bool none;                             /* who tells no page is welcome */
    bool blocked;                          /* and who tells something that is no URL of HTTP */
    const struct lookup *hosts;            /* a row's value: how the path must begin */
    LIST_OF(const struct regex *) regexes; /* of what follows "http://" */
    uint32_t slot;                         /* "1": it is not welcome; else empty */
};

struct secure_link {
    const struct expr *given; /* "SUM" or "SUM,TIME" */
    const struct expr *of;    /* the text of which MD5 is the sum, in base64url */
    struct span secret;       /* instead: paths are PREFIX/SUM/LINK, the sum that of LINK and this */
    uint32_t slot, expires_slot;
};
