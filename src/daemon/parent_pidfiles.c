/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pid files of the parent and of the process that holds the addresses. One that
 * cannot be written stops nothing: it is said once, and tried again.
 */
#include <errno.h>
#include <unistd.h>

#include "daemon/parent_internal.h"
#include "daemon/pidfile.h"
#include "daemon/words.h"

#define AGAIN_TIME DURATION_S(5)

static const instant never = { UINT64_MAX };

static bool write_one(struct parent *p, struct span path, int pid, bool said)
{
    if (pidfile_write_of(path, pid))
        return true;
    int error = errno;
    if (!said)
        words_say(p->plan->called_as, WORDS_WARNING,
                  "cannot write the pid file %.*s: %s; it is tried again every 5 s", SPAN_ARGS(path),
                  error == ENOSPC ? "no room on that disk; make some" : strerrordesc_np(error));
    return false;
}

static bool write_own(struct parent *p)
{
    bool ok = true;

    for (uint32_t i = 0; p->published != NULL && i < p->published->manifest.pid_files.count; i++)
        ok = write_one(p, p->published->manifest.pid_files.items[i], (int)getpid(), p->pid_files.own_said) &&
             ok;
    p->pid_files.own_said = !ok;
    return ok;
}

static bool write_vrrp(struct parent *p)
{
    bool ok = p->pid_files.vrrp == 0 || p->plan->vrrp_pid_file.len == 0 ||
              write_one(p, p->plan->vrrp_pid_file, (int)p->pid_files.vrrp, p->pid_files.vrrp_said);
    p->pid_files.vrrp_said = !ok;
    return ok;
}

void parent_pidfiles_write(struct parent *p)
{
    bool own = write_own(p), vrrp = write_vrrp(p);
    p->pid_files.again_at = own && vrrp ? never : instant_after(clock_now(), AGAIN_TIME);
}

void parent_pidfiles_vrrp(struct parent *p, pid_t pid)
{
    p->pid_files.vrrp = pid;
    if (!write_vrrp(p))
        p->pid_files.again_at = instant_after(clock_now(), AGAIN_TIME);
}

void parent_pidfiles_turn(struct parent *p, instant now)
{
    if (now.us >= p->pid_files.again_at.us && !p->stopping)
        parent_pidfiles_write(p);
}
