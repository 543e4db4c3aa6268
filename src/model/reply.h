/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that we give ourselves: return, deny, redirect, error pages. What a
 * language says by default is data here, not code in the engine.
 */
#pragma once

#include "model/expr.h"
#include "model/list_of.h"

struct field_line {
    struct span name;
    const struct expr *value; /* an empty value sends no field, as in nginx */
};

struct reply {
    uint16_t status;    /* 0: closes without a byte (nginx 444, silent) */
    uint16_t instead;   /* in a reply_set: the status that it is sent for; 0 = its own */
    struct span reason; /* empty: the registered phrase */
    LIST_OF(struct field_line) fields;
    struct span content_type; /* empty: none is sent */
    bool type_by_path;        /* as for a file of the request's path: the scope's mime_types, default_type */
    const struct expr *body;  /* NULL: none */
    const struct expr *location; /* redirects: an absolute URL, or a path that is completed */
    bool relative;               /* leave a path in Location as it is */
    struct span raw;             /* HAProxy errorfile: a whole HTTP/1 answer, sent as it is */
    bool close;
    bool default_page; /* no content of its own: the scope's error_pages, then its <replies> decide what is
                          sent with <status> (and <location>, <fields>); in a reply_set: it is such a page */
    struct where at;
};

/* Status -> answer. A language has a default set; a scope may lie over it. */
struct reply_set {
    struct span name;                /* of a language's own set: the dump then says only that */
    const struct reply_set *below;   /* asked when this one has none */
    LIST_OF(struct reply *) replies; /* by .instead, else by .status */
};
const struct reply *reply_set_find(const struct reply_set *set, unsigned status);

/* nginx error_page: a status that is about to be answered becomes something else. */
struct error_page {
    LIST_OF(uint16_t) statuses;
    uint16_t status;           /* the new one; 0 = keep; UINT16_MAX = that of the answer (`=`) */
    const struct expr *target; /* "/50x.html" internal; "http://..." redirect */
    struct scope *named;       /* "@name" */
    struct where at;
};
