/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that holds the addresses: the main loop around vrrp/vrrp.h, its
 * channel to the parent, its privileges. It builds its model from the bundle, as
 * a worker does, but only from the files in keepalived's language. It keeps
 * CAP_NET_RAW and CAP_NET_ADMIN, may start nothing, and ends with a goodbye when
 * the parent says so or is dead.
 */
#pragma once

#include "daemon/channel.h"
#include "daemon/plan.h"

struct vrrp_process_options {
    enum language language;    /* whose words the log has */
    struct span net_namespace; /* the command line's; empty: the file's */
    bool keep_addresses;
    bool daemonized;
};
/* Runs in the child; what to serve comes by BUNDLE, MEMORY and PUBLISH. Returns the exit code. */
int vrrp_process_run(const struct vrrp_process_options *o, struct channel *parent);
