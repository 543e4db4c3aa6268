/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: what a command line asked for. The command-line modules (cli_*.c)
 * fill it in; the reader carries it out; it travels in the bundle so that a
 * worker builds from exactly the same request.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "conf/common/dialect.h"

enum plan_mode {
    PLAN_RUN,
    PLAN_CHECK, /* every diagnostic, then exit */
    PLAN_DUMP,  /* nginx -T: the check, then every file as read */
};

struct plan_file {
    enum language language; /* LANGUAGE_NONE: told by content and name */
    struct span path;
};

/* How `keel check` tells what it found; all but TEXT go to stdout. */
enum plan_format { FORMAT_TEXT, FORMAT_SHORT, FORMAT_JSON, FORMAT_SARIF, FORMAT_GITHUB };

struct plan {
    enum plan_mode mode;
    enum language called_as; /* NONE: keel's own words and signals */
    struct span program;     /* argv[0] as messages show it: "nginx" */
    LIST_OF(struct plan_file) files;
    struct dialect_options options;
    /* What the command line says over the file; -1 = the file decides. */
    int8_t daemonize;
    bool with_master;         /* haproxy -W, -Ws: reload by USR2, and sd_notify */
    bool quiet;               /* no warnings, no "is successful" */
    bool warnings_are_errors; /* haproxy -dW */
    bool pictures;            /* show the source line and caret though stderr is no terminal */
    struct span pid_file;     /* haproxy -p; over the file's */
    enum plan_format format;  /* keel check --format */
    bool explain;             /* keel check --explain: each kind's paragraph behind the messages */
    struct span folder;       /* haproxy -C: change to it first */
    struct span
        control;        /* keel run, haproxy -S: a control socket of our own beside the files'; empty: none */
    bool control_asked; /* it was asked for: without it nothing is served */
    uint32_t control_mode;         /* permissions of that socket; 0 = 0600 */
    struct span vrrp_pid_file;     /* keepalived -r */
    struct span net_namespace;     /* keepalived -s; over the file's */
    bool keep_addresses;           /* keepalived -V: they stay when it ends */
    bool no_respawn;               /* keepalived -R: a child that dies ends it */
    int log_facility;              /* keepalived -S: of syslog */
    LIST_OF(uint32_t) finish;      /* haproxy -sf: pids to drain when we serve */
    LIST_OF(uint32_t) terminate;   /* haproxy -st */
    struct span take_sockets_from; /* haproxy -x */
};

void plan_write(const struct plan *p, struct buf *out);
/* False when the bytes are not a plan. Spans lie in <bytes>. */
bool plan_read(struct arena *a, struct span bytes, struct plan *p);
