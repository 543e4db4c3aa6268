/* SPDX-License-Identifier: Apache-2.0 */
#include "os/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct {
    enum privilege privilege;
    unsigned capability;
} capabilities[] = {
    { PRIVILEGE_BIND, CAP_NET_BIND_SERVICE },
    { PRIVILEGE_RAW, CAP_NET_RAW },
    { PRIVILEGE_ADMIN, CAP_NET_ADMIN },
    { PRIVILEGE_SYS_ADMIN, CAP_SYS_ADMIN },
};

/* In the effective, permitted and bounding sets exactly what is kept, of what there is. */
static bool set_capabilities(uint32_t keep)
{
    capng_clear(CAPNG_SELECT_BOTH);
    for (unsigned i = 0; i < COUNT_OF(capabilities); i++)
        if (keep & capabilities[i].privilege &&
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
                         capabilities[i].capability) < 0)
            return false;
    return true;
}

static bool is_root(void)
{
    return geteuid() == 0;
}

static bool change_ids(const struct privilege_drop *d, const char **step)
{
    *step = "setgroups()";
    if (is_root() && setgroups(d->group_count, d->groups) < 0)
        return false;
    *step = "setgid()";
    if (d->gid != (gid_t)-1 && setresgid(d->gid, d->gid, d->gid) < 0)
        return false;
    *step = "setuid()";
    return d->uid == (uid_t)-1 || setresuid(d->uid, d->uid, d->uid) == 0;
}

/* Which of <keep> we have at all: asking for another one would fail. */
static uint32_t available(uint32_t keep)
{
    uint32_t have = 0;

    for (unsigned i = 0; i < COUNT_OF(capabilities); i++)
        if (keep & capabilities[i].privilege &&
            capng_have_capability(CAPNG_PERMITTED, capabilities[i].capability))
            have |= capabilities[i].privilege;
    return have;
}

static bool enter_root(const char *path, const char **step)
{
    *step = "chroot()";
    if (chroot(path) < 0)
        return false;
    *step = "chdir()";
    return chdir("/") == 0;
}

bool privilege_drop(const struct privilege_drop *d, const char **step)
{
    if (d->chroot && !enter_root(d->chroot, step))
        return false;
    *step = "capget()";
    if (capng_get_caps_process() < 0)
        return false;
    uint32_t keep = available(d->keep);
    bool bounded = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);

    *step = "capset()";
    if (!set_capabilities(keep))
        return false;
    /* The bounding set goes first, while we may; then the ids, with the permitted set held over setuid. */
    if (bounded && capng_apply(CAPNG_SELECT_BOUNDS) < 0)
        return false;
    *step = "prctl()";
    if (prctl(PR_SET_KEEPCAPS, keep != 0) < 0)
        return false;
    if (!change_ids(d, step))
        return false;
    *step = "capset()";
    if (capng_apply(CAPNG_SELECT_CAPS) < 0)
        return false;
    *step = "prctl()";
    return prctl(PR_SET_KEEPCAPS, 0) == 0;
}

bool privilege_become(uid_t uid, gid_t gid)
{
    if (!is_root())
        return true;
    return setgroups(1, &gid) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

bool privilege_has(enum privilege p)
{
    if (capng_get_caps_process() < 0)
        return false;
    for (unsigned i = 0; i < COUNT_OF(capabilities); i++)
        if (p & capabilities[i].privilege &&
            !capng_have_capability(CAPNG_EFFECTIVE, capabilities[i].capability))
            return false;
    return true;
}

bool privilege_no_new(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
