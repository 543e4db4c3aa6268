/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling others of changes: notify scripts (run by the host, in the order of
 * the changes) and notify FIFOs, whose lines are written without ever waiting.
 */
#pragma once

#include <stdbool.h>

#include "model/vrrp.h"
#include "vrrp/say.h"

enum notify_what {
    NOTIFY_MASTER,
    NOTIFY_BACKUP,
    NOTIFY_FAULT,
    NOTIFY_STOP,
    NOTIFY_DELETED,         /* an instance that the new configuration does not have */
    NOTIFY_LOWER,           /* a weaker master was heard */
    NOTIFY_MASTER_PRIORITY, /* the priority changed; FIFO only, where asked for */
    NOTIFY_BACKUP_PRIORITY,
};

struct notify {
    const struct vrrp_config *config;
    const struct vrrp_host *host;
    int fifos[2];            /* all events, VRRP's; -1 = none */
    bool full[2], failed[2]; /* said already */
};

/* Makes and opens the FIFOs, starts their scripts. What fails is said, and left out. */
void notify_open(struct notify *n, const struct vrrp_config *c, const struct vrrp_host *host);
/* Removes the FIFOs that it made. */
void notify_close(struct notify *n);
/* Goes on with another configuration; FIFOs of the same path stay open. */
void notify_reload(struct notify *n, const struct vrrp_config *c);

struct notify_subject {
    bool group;
    struct span name;
    const struct vrrp_notify *scripts;
    uint8_t priority;
};
void notify_send(struct notify *n, const struct notify_subject *s, enum notify_what what);
