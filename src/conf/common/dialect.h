/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of a dialect: files in, model out. Each of conf/nginx, conf/haproxy
 * and conf/keepalived exports one `const struct dialect`.
 */
#pragma once

#include "conf/common/keyword.h"
#include "conf/common/world.h"
#include "model/config.h"

struct amendments; /* model/amendment.h */

struct dialect_options {
    struct span prefix;             /* nginx -p; empty = the language's default */
    struct span globals;            /* nginx -g: directives before the file */
    struct span error_log;          /* nginx -e */
    LIST_OF(struct span) defines;   /* for later use: keepalived -i, HAProxy -dM ... */
    struct span node_name;          /* haproxy -L */
    uint32_t connections_max;       /* haproxy -n; 0 = the file's */
    uint32_t connections_per_proxy; /* haproxy -N; 0 = the file\'s */
    bool daemonize, quiet, verbose;
    const struct amendments *amendments; /* what was changed while running; NULL: nothing. Not in a plan */
};

struct dialect {
    enum language language;
    const char *name; /* "nginx" */
    /* 0-100: how sure this text is of this language; the name of the file may help. */
    unsigned (*recognise)(struct span name, struct span text);
    /*
     * Reads <files> (paths; folders are expanded by the dialect where its program does)
     * into <c>, asking <w>. Everything wrong goes to <d>; reading goes on. Adds to what
     * other files put there; does not seal.
     */
    void (*read)(struct config *c, struct diags *d, const struct world *w, const struct span *files,
                 uint32_t count, const struct dialect_options *options);
    /* The keyword table, for the manual and for "did you mean" across languages. */
    const struct keyword_table *keywords;
    /* Its diagnostics, NULL-terminated, for `keel check --explain`; those of all dialects are
     * diag_conf_kinds. */
    const struct diag_kind *const *kinds;
};

extern const struct dialect dialect_nginx, dialect_haproxy, dialect_keepalived;
