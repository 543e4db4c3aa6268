/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parent holds open for one manifest: listening sockets, log files,
 * control sockets. A socket that the holdings before have under the same
 * identity (address, protocol, interface) is taken over as it is, untouched;
 * the rest is opened. All or nothing.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/channel.h"
#include "daemon/manifest.h"
#include "os/memfd.h"

struct inherited; /* daemon/inherited.h: sockets that another program left us */

/* The file of a UNIX socket: somebody else's may have taken its place. */
struct held_path {
    dev_t device;
    ino_t file; /* 0 = none */
};

struct holdings {
    struct arena *arena;
    struct memfd_map manifest_map; /* the manifest's texts lie here */
    struct manifest manifest;
    int bundle;      /* sealed memory file */
    int **listeners; /* [index][shard]; -1 = not open */
    int *logs;       /* by index; -1 = none to open */
    int *controls;   /* -1 = an optional one that could not be had */
    struct held_path *control_paths;
    bool *borrowed; /* [index]: the sockets are also the older holdings' */
};

/* Takes both fds. NULL: the manifest is not one of ours. */
MUST_USE struct holdings *holdings_new(int manifest_fd, int bundle_fd);
/* Opens what is missing; false: said why (words.h), and what was opened anew is closed again. <old> may be
 * NULL. */
MUST_USE bool holdings_open(struct holdings *h, struct holdings *old, const struct inherited *left_to_us,
                            enum language called_as);
/* All log files again, under their names as they are now. A file that fails keeps its old descriptor, and is
 * said. */
void holdings_reopen_logs(struct holdings *h, enum language called_as);
/* Sends everything that a worker needs, ending with PUBLISH. false: the channel failed. */
MUST_USE bool holdings_send(const struct holdings *h, struct channel *to, int mirror, int health);
MUST_USE bool holdings_send_logs(const struct holdings *h, struct channel *to);
/* In a forked child, which gets its own copies by message: closes the descriptors and leaves names alone.
 * NULL-safe. */
void holdings_leave(struct holdings *h);
/* Stops listening for good: closes the sockets and, but for those that a new program has too, removes UNIX
 * paths. */
void holdings_stop_listening(struct holdings *h, bool others_listen);
/* <next> has taken over: closes what it does not share, removes UNIX paths that nobody has any more.
 * NULL-safe. */
void holdings_free(struct holdings **h, const struct holdings *next);
