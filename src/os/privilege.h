/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving privileges up, in the order that the kernel wants: what is to be
 * kept is said first, then group, user and bounding set go in one call, then
 * no_new_privs. Nothing here can be taken back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"

enum privilege { /* bits of a set */
                 PRIVILEGE_NONE = 0,
                 PRIVILEGE_BIND = 1 << 0,      /* CAP_NET_BIND_SERVICE */
                 PRIVILEGE_RAW = 1 << 1,       /* CAP_NET_RAW */
                 PRIVILEGE_ADMIN = 1 << 2,     /* CAP_NET_ADMIN */
                 PRIVILEGE_SYS_ADMIN = 1 << 3, /* CAP_SYS_ADMIN: namespaces */
};

struct privilege_drop {
    uid_t uid;           /* (uid_t)-1 = stay */
    gid_t gid;           /* (gid_t)-1 = stay */
    const gid_t *groups; /* supplementary, resolved before a chroot; NULL with 0 = none */
    unsigned group_count;
    const char *chroot; /* NULL = none; done first, and the working directory is its root */
    uint32_t keep;      /* enum privilege bits that stay permitted and effective */
};
/* false: errno, and <step> names the call ("setgid()"). A process that is not root can only
 * stay what it is. */
MUST_USE bool privilege_drop(const struct privilege_drop *d, const char **step);
/* For a program that is about to be started: that user and that group alone. Who is not root stays who it is.
 * false: errno. */
MUST_USE bool privilege_become(uid_t uid, gid_t gid);
bool privilege_has(enum privilege p); /* in the effective set now */
MUST_USE bool privilege_no_new(void); /* PR_SET_NO_NEW_PRIVS */
