/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that look at servers for the worker (HAProxy's external-check): the
 * worker may start none, so it asks by number, and is told how each ended. What
 * it says of the server is checked word by word in runner.c.
 */
#include <signal.h>

#include "daemon/parent_internal.h"

static void tell(struct parent *p, uint64_t ticket, enum runner_end end, int status)
{
    const pid_t worker = (pid_t)(ticket >> 32);
    const uint32_t result = (uint32_t)status << 8 | end;

    for (unsigned i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &p->children[i];
        if (c->pid != worker || c->channel.fd < 0)
            continue;
        if (channel_say(&c->channel, MESSAGE_RAN, result, ticket & UINT32_MAX) != FDPASS_OK)
            (void)kill(c->pid, SIGKILL); /* it does not listen */
        return;
    }
}

static void on_end(void *self, uint64_t ticket, enum runner_end end, int status)
{
    tell(self, ticket, end, status);
}

static uint64_t ticket_of(const struct child *worker, uint64_t number)
{
    return (uint64_t)worker->pid << 32 | (number & UINT32_MAX);
}

void parent_checks_init(struct parent *p)
{
    p->checks.ended = on_end;
    p->checks.self = p;
}

void parent_checks_run(struct parent *p, const struct child *worker, const struct message *m)
{
    const struct manifest *known = parent_manifest_of(p, (uint32_t)(m->number >> 32));
    const uint64_t ticket = ticket_of(worker, m->number);
    bool started = false;

    if (known != NULL && m->index < known->scripts.count && !p->stopping &&
        known->scripts.items[m->index].takes == SCRIPT_TAKES_SERVER)
        started = runner_start(&p->checks, &(struct runner_order){ .script = &known->scripts.items[m->index],
                                                                   .ticket = ticket,
                                                                   .more = m->text,
                                                                   .root = known->chroot });
    if (!started)
        tell(p, ticket, RUNNER_NOT_STARTED, 0);
}

void parent_checks_kill(struct parent *p, const struct child *worker, const struct message *m)
{
    runner_kill(&p->checks, ticket_of(worker, m->number));
}

void parent_checks_ended(struct parent *p, const struct child *worker)
{
    runner_forget_of(&p->checks, (uint32_t)worker->pid);
}
