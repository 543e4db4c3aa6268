/* SPDX-License-Identifier: Apache-2.0 */
/* Adverts and goodbyes must go out in time also when the traffic's threads eat every CPU. */
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "vrrp/vrrp.h"

enum { NICE_UNLESS_SAID = -20 };

static void set_cpus(const struct vrrp_config *c)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (uint32_t i = 0; i < c->cpus.count; i++)
        if (c->cpus.items[i] < CPU_SETSIZE)
            CPU_SET(c->cpus.items[i], &set);
    if (c->cpus.count)
        (void)sched_setaffinity(0, sizeof(set), &set);
}

/*
 * Without the capability, which is given up later, each further page counts
 * against a limit: where that cannot be lifted only what is there is locked.
 */
static void lock_memory(void)
{
    const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
    bool lifted = setrlimit(RLIMIT_MEMLOCK, &all) == 0;

    (void)mlockall(lifted ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT);
}

void vrrp_prioritise(const struct vrrp_config *c)
{
    set_cpus(c);
    if (c->no_swap)
        lock_memory();
    if (c->scheduling == VRRP_SCHED_REALTIME) {
        struct sched_param p = { .sched_priority = c->scheduling_value };
        if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &p) == 0)
            return;
    }
    int nice_value = c->scheduling == VRRP_SCHED_NICE ? c->scheduling_value : NICE_UNLESS_SAID;
    (void)setpriority(PRIO_PROCESS, 0, nice_value);
}

void vrrp_prioritise_parent(void)
{
    const struct sched_param none = { 0 };

    errno = 0;
    if (getpriority(PRIO_PROCESS, 0) != 0 || errno != 0 || sched_getscheduler(0) != SCHED_OTHER)
        return;
    if (sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none) == 0)
        (void)setpriority(PRIO_PROCESS, 0, NICE_UNLESS_SAID);
}
