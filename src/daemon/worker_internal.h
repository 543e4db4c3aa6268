/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the worker share; nobody else includes it. */
#pragma once

#include "admin/admin.h"
#include "base/diag.h"
#include "check/schedule.h"
#include "daemon/build.h"
#include "daemon/channel.h"
#include "daemon/check_programs.h"
#include "daemon/control.h"
#include "daemon/manifest.h"
#include "daemon/parcel.h"
#include "daemon/prepare.h"
#include "daemon/teller.h"
#include "engine/engine.h"
#include "io/loop.h"
#include "model/amendment.h"
#include "os/memfd.h"
#include "state/snapshot.h"

/*
 * What a published generation was built from. It ends with the last that uses the
 * snapshot: a session, or the checks, which learn of a new one a little later.
 */
struct built {
    struct memfd_map bundle; /* texts of the model lie here */
    struct arena *arena;     /* of the bundle's index */
    struct diags *diags;
    struct config *config;
    struct prepared *prepared;
};

struct worker {
    const struct manifest *manifest;
    struct channel *parent;
    struct loop *loop; /* of the control thread: this one */
    struct watch parent_watch, signal_watch;
    int signals;
    int temp_dir;
    int null;              /* /dev/null of a daemon: it cannot be opened by name once we are confined */
    struct engine *engine; /* NULL before the first publish */
    struct checks *checks; /* NULL until a file wants any */
    struct check_programs programs;
    struct state_world *world;
    struct tls_store *tls;     /* what TLS remembers over reloads */
    struct built *current;     /* what the engine serves; its generation's */
    struct parcel arriving;    /* what the parent is sending */
    struct parcel served;      /* what the engine was given */
    struct snapshot *snapshot; /* what is served; the engine's. NULL before the first publish */
    struct control *control;
    struct admin_process admin;
    struct admin_sessions sessions;
    struct teller teller;
    instant parent_started;
    struct deadline sample; /* the next of admin.window */
    struct deadline health; /* the next look for vrrp */
    char hostname[256];
    bool draining, ended;
    instant drain_until;
    int exit_code;
};

/*
 * The same code that the reader ran, on the answers that it wrote down, with what
 * was changed since. Without <prepared> it failed, and <diags> say why.
 */
struct built *worker_build(struct worker *w, int bundle_fd, const struct amendments *changed);
void worker_built_free(struct built *b);
struct snapshot *worker_bind_state(struct worker *w, struct built *b);
/* <snapshot>, of <b>, is served from now on, through the sockets of <from>. */
void worker_serve(struct worker *w, struct built *b, struct snapshot *snapshot, const struct parcel *from);

/* worker_control.c */
MUST_USE bool worker_begin_control(struct worker *w);
