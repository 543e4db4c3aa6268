/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status page: one HTML document that needs nothing else, neither another
 * request nor JavaScript. A small script, where it may run, fetches the same
 * document again and puts in what has changed; so there is one place that
 * formats. Every name in it comes from files and is escaped all the same.
 */
#pragma once

#include "admin/columns.h"

struct page_options {
    const struct row_filter *filter;
    struct span node, description; /* shown in the title; may be empty */
    struct span self;              /* the page's uri, for links and the form */
    struct span result;            /* of an action: "DONE"; empty: none was asked for */
    struct span scope;             /* what is typed into the search field */
    duration refresh;              /* between two looks of the script */
    bool live;                     /* it looks from the beginning; else when it is asked to */
    bool reload;                   /* without a script the whole document is fetched anew as often */
    bool addresses;                /* of servers are shown */
    bool hide_version;
    bool may_act; /* show what can be done */
    bool open;    /* no password is asked for */
};
void page_put(struct buf *out, const struct view *v, const struct page_options *o);

/* What the document's own style and script are allowed by: a Content-Security-Policy. */
struct span page_policy(void);
/* The style and the script as they stand in the document. */
struct span page_style(void);
struct span page_script(void);
