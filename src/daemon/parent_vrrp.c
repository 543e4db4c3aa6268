/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's side of the process that holds the addresses: starts it, starts
 * it again, runs scripts for it, keeps the memory by which its next life knows
 * what the last one held, and tells it whether a worker serves.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "daemon/parent_internal.h"
#include "daemon/pidfile.h"
#include "daemon/vrrp_process.h"
#include "daemon/words.h"
#include "os/system_log.h"
#include "state/vrrp_health.h"
#include "vrrp/vrrp.h"

#define READY_TIME    DURATION_S(20)
#define SCRIPTS_TIME  DURATION_MS(3000) /* when everything ends; a second later they are killed */
#define SWEEP_TIME    DURATION_MS(900)
#define YOUNG_MS      10000
#define LETTING_GO_MS 2000
/* It turns at least each VRRP_HEALTH_HEARTBEAT_MS. Looks are counted, not seconds: a machine that slept as a
 * whole, or a parent that had no turn itself, is no proof. With adverts a second apart nobody else has missed
 * it yet. */
#define LOOK_TIME       DURATION_MS(300)
#define LOOKS_MOST      5
#define TICKET_STARTUP  (UINT64_MAX - 1) /* a child's fit into 32 bits */
#define TICKET_SHUTDOWN (UINT64_MAX - 2)

static const instant never = { UINT64_MAX };

static struct child *vrrp_child(struct parent *p)
{
    for (unsigned i = 0; i < COUNT_OF(p->children); i++)
        if (p->children[i].pid != 0 && p->children[i].kind == CHILD_VRRP)
            return &p->children[i];
    return NULL;
}

static struct span net_namespace(const struct parent *p, const struct manifest *m)
{
    return p->plan->net_namespace.len ? p->plan->net_namespace : m->net_namespace;
}

/* ---- memory ---- */

bool parent_vrrp_memory(struct parent *p)
{
    if (p->vrrp.memory < 0)
        p->vrrp.memory = memfd_open_shared("keel-vrrp", sizeof(struct vrrp_memory));
    if (p->vrrp.health.base == NULL &&
        !memfd_map_shared(p->health, sizeof(struct vrrp_health_shared), &p->vrrp.health))
        return false;
    return p->vrrp.memory >= 0;
}

void parent_vrrp_worker(struct parent *p, enum vrrp_worker state)
{
    struct vrrp_health_shared *shared = p->vrrp.health.base;

    if (shared != NULL)
        atomic_store_explicit(&shared->worker, state, memory_order_release);
}

/* ---- scripts ---- */

static void tell_ran(struct parent *p, uint64_t ticket, enum runner_end end, int status)
{
    struct child *c = vrrp_child(p);
    uint32_t result = (uint32_t)status << 8 | end;

    if (c != NULL && c->channel.fd >= 0 && channel_say(&c->channel, MESSAGE_RAN, result, ticket) != FDPASS_OK)
        (void)kill(c->pid, SIGKILL); /* it does not listen */
}

static bool start(struct parent *p, struct holdings *h);

static void on_script_end(void *self, uint64_t ticket, enum runner_end end, int status)
{
    struct parent *p = self;

    if (ticket != TICKET_STARTUP && ticket != TICKET_SHUTDOWN) {
        tell_ran(p, ticket, end, status);
        return;
    }
    if (end != RUNNER_EXITED || status != 0)
        words_say(p->plan->called_as, WORDS_WARNING, "the %s script failed (%s %d)",
                  ticket == TICKET_STARTUP ? "startup" : "shutdown",
                  end == RUNNER_EXITED ? "status" : "signal", status);
    if (ticket == TICKET_STARTUP && p->vrrp.awaited && !p->stopping && vrrp_child(p) == NULL)
        (void)start(p, p->next);
}

static bool run_script(struct parent *p, const struct manifest *m, uint32_t which, uint64_t ticket,
                       struct span more)
{
    if (which >= m->scripts.count)
        return false;
    bool ok = runner_start(&p->vrrp.runner, &(struct runner_order){ .script = &m->scripts.items[which],
                                                                    .ticket = ticket,
                                                                    .more = more,
                                                                    .net_namespace = net_namespace(p, m) });
    if (!ok)
        words_say(p->plan->called_as, WORDS_WARNING, "the script %.*s was not started: %m",
                  SPAN_ARGS(m->scripts.items[which].name));
    if (p->stopping)
        runner_stop(&p->vrrp.runner, p->vrrp.stop_by);
    return ok;
}

/* ---- starting ---- */

static void kill_child(struct parent *p, struct child *c, const char *why)
{
    words_say(p->plan->called_as, WORDS_ERROR, "vrrp %d %s; it is replaced", (int)c->pid, why);
    (void)kill(c->pid, SIGKILL);
}

static bool send_all(struct parent *p, struct child *c, const struct holdings *h)
{
    struct message memory = { .kind = MESSAGE_MEMORY, .fds = { p->health, p->vrrp.memory }, .fd_count = 2 };
    uint64_t generation = h->manifest.generation;

    return channel_hand(&c->channel, MESSAGE_BUNDLE, 0, generation, h->bundle) == FDPASS_OK &&
           channel_send(&c->channel, &memory) == FDPASS_OK &&
           channel_say(&c->channel, MESSAGE_PUBLISH, h->manifest.has_traffic, generation) == FDPASS_OK;
}

static bool start(struct parent *p, struct holdings *h)
{
    struct channel end;
    bool failed;

    vrrp_prioritise_parent();
    struct child *c = parent_fork(p, CHILD_VRRP, &end, &failed);

    if (failed) {
        words_say(p->plan->called_as, WORDS_ERROR, "cannot start vrrp: fork(): %m");
        return false;
    }
    if (c == NULL) {
        struct vrrp_process_options o = {
            .language = p->plan->called_as,
            .net_namespace = p->plan->net_namespace,
            .keep_addresses = p->plan->keep_addresses,
            .daemonized = h->manifest.daemonize,
        };
        parent_title(p, "vrrp");
        system_log_close();
        process_close_from(STDERR_FILENO + 1, &end.fd, 1); /* nothing else of ours is its business */
        if (p->plan->called_as == LANGUAGE_KEEPALIVED)
            system_log_open("Keepalived_vrrp", p->plan->log_facility);
        exit(vrrp_process_run(&o, &end)); // NOLINT(concurrency-mt-unsafe): one thread
    }
    (void)fcntl(c->channel.fd, F_SETFL, O_NONBLOCK);
    c->generation = h->manifest.generation;
    c->deadline = instant_after(c->started, READY_TIME);
    p->vrrp.watch.next = instant_after(c->started, LOOK_TIME);
    p->vrrp.watch.looks = 0;
    p->vrrp.restart_at = never;
    if (!send_all(p, c, h))
        (void)kill(c->pid, SIGKILL);
    return true;
}

/* The new program begins where the old one let go: its first advert is due within the same interval. */
static void ask_for_addresses(struct parent *p)
{
    struct pollfd answer = { .fd = p->vrrp.before, .events = POLLIN };
    char byte = 'a';

    if (p->vrrp.before < 0)
        return;
    if (write(p->vrrp.before, &byte, 1) == 1)
        (void)poll(&answer, 1, LETTING_GO_MS);
    (void)close(p->vrrp.before);
    p->vrrp.before = -1;
}

static void let_go(struct parent *p)
{
    char byte = 'a';

    if (p->vrrp.heir >= 0)
        (void)!write(p->vrrp.heir, &byte, 1);
}

int parent_vrrp_offer(struct parent *p)
{
    int ends[2];

    if (vrrp_child(p) == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return -1;
    p->vrrp.heir = ends[0];
    return ends[1];
}

/* It is ended as a crash would end it: without a goodbye, and the addresses stay where they are. */
void parent_vrrp_on_heir(struct parent *p)
{
    struct child *c = vrrp_child(p);
    char byte;

    if (read(p->vrrp.heir, &byte, 1) != 1) {
        (void)close(p->vrrp.heir);
        p->vrrp.heir = -1;
        return;
    }
    p->vrrp.lent = true;
    p->vrrp.restart_at = never;
    if (c == NULL) {
        let_go(p);
        return;
    }
    c->stage = CHILD_STOPPING;
    (void)kill(c->pid, SIGKILL);
}

void parent_vrrp_heir_ended(struct parent *p)
{
    if (p->vrrp.heir >= 0)
        (void)close(p->vrrp.heir);
    p->vrrp.heir = -1;
    if (p->vrrp.lent && !p->stopping)
        p->vrrp.restart_at = clock_now();
    p->vrrp.lent = false;
}

/* The script that comes before everything; true while it runs. */
static bool starts_up(struct parent *p, const struct manifest *m)
{
    if (p->published != NULL || m->startup == MANIFEST_NO_SCRIPT)
        return false;
    return run_script(p, m, m->startup, TICKET_STARTUP, SPAN(""));
}

bool parent_vrrp_publish(struct parent *p)
{
    struct child *c = vrrp_child(p);

    if (!p->next->manifest.has_vrrp) {
        p->vrrp.restart_at = never;
        if (c != NULL)
            parent_stop_child(c);
        return false;
    }
    if (c != NULL && c->stage == CHILD_STOPPING) { /* it comes back when the old one has ended */
        p->vrrp.restart_at = clock_now();
        return false;
    }
    p->vrrp.awaited = true;
    if (c != NULL) {
        c->deadline = instant_after(clock_now(), READY_TIME);
        if (!send_all(p, c, p->next))
            kill_child(p, c, "does not take a new configuration");
        return true;
    }
    ask_for_addresses(p);
    if (!starts_up(p, &p->next->manifest) && !start(p, p->next))
        p->vrrp.awaited = false;
    return p->vrrp.awaited;
}

static void replace(struct parent *p)
{
    static const uint32_t pause_ms[] = { 0, 0, 100, 500, 2000, 10000 };
    unsigned step = p->vrrp.young_deaths < COUNT_OF(pause_ms) ? p->vrrp.young_deaths : COUNT_OF(pause_ms) - 1;

    p->vrrp.restart_at = instant_after(clock_now(), DURATION_MS(pause_ms[step]));
    if (pause_ms[step] == 0)
        (void)start(p, p->published);
}

/* ---- what it says ---- */

static void settle(struct parent *p, bool ok)
{
    if (!p->vrrp.awaited || p->next == NULL)
        return;
    p->vrrp.awaited = false;
    if (ok || p->published != NULL) /* the worker serves the new file already */
        parent_commit(p);
    else
        parent_refuse(p);
}

static void on_ready(struct parent *p, struct child *c, uint64_t generation)
{
    c->stage = CHILD_SERVING;
    c->deadline = never;
    c->generation = generation;
    parent_pidfiles_vrrp(p, c->pid);
    if (p->stopping)
        parent_stop_child(c);
    if (p->next != NULL && generation == p->next->manifest.generation)
        settle(p, true);
}

static void on_run(struct parent *p, const struct message *m)
{
    const struct manifest *known = parent_manifest_of(p, (uint32_t)(m->number >> 32));
    uint64_t ticket = m->number & UINT32_MAX;
    bool started = known != NULL && run_script(p, known, m->index, ticket, m->text);

    if (!started && ticket != 0)
        tell_ran(p, ticket, RUNNER_NOT_STARTED, 0);
}

static bool open_dump(enum vrrp_dump which, int *fd)
{
    static const char *const names[DUMP_KINDS] = {
        [DUMP_DATA] = "/tmp/keepalived.data",
        [DUMP_STATS] = "/tmp/keepalived.stats",
        [DUMP_STATS_CLEAR] = "/tmp/keepalived.stats",
        [DUMP_JSON] = "/tmp/keepalived.json",
    };

    (void)unlink(names[which]); /* whose it was before does not matter: /tmp is everybody's */
    *fd = open(names[which], O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return *fd >= 0;
}

void parent_vrrp_dump(struct parent *p, enum vrrp_dump which)
{
    struct child *c = vrrp_child(p);
    AUTO_FD int fd = -1;

    if (c == NULL || c->stage != CHILD_SERVING)
        return;
    if (!open_dump(which, &fd))
        words_say(p->plan->called_as, WORDS_ERROR, "cannot write what was asked for: /tmp/keepalived.*: %m");
    else if (channel_hand(&c->channel, MESSAGE_DUMP, which, 0, fd) != FDPASS_OK)
        words_say(p->plan->called_as, WORDS_ERROR, "vrrp cannot be asked");
}

static void on_command(struct parent *p, struct child *c, const struct message *m)
{
    if (m->index == COMMAND_RELOAD)
        parent_reload(p);
    else if (m->index == COMMAND_DUMP && m->number < DUMP_KINDS)
        parent_vrrp_dump(p, (enum vrrp_dump)m->number);
    else
        kill_child(p, c, "asked for what it may not ask for");
}

void parent_vrrp_message(struct parent *p, struct child *c, const struct message *m)
{
    for (unsigned i = 0; i < m->fd_count; i++)
        (void)close(m->fds[i]);
    switch ((unsigned)m->kind) {
    case MESSAGE_READY:
        on_ready(p, c, m->number);
        return;
    case MESSAGE_REFUSED:
        words_say(p->plan->called_as, WORDS_ERROR, "vrrp: %.*s", SPAN_ARGS(m->text));
        parent_keep_answer(p, m->text);
        settle(p, false);
        return;
    case MESSAGE_RUN:
        on_run(p, m);
        return;
    case MESSAGE_KILL:
        runner_kill(&p->vrrp.runner, m->number);
        return;
    case MESSAGE_COMMAND:
        on_command(p, c, m);
        return;
    default:
        kill_child(p, c, "said something that it never says");
        return;
    }
}

/* ---- its end ---- */

/*
 * It had to be killed, or crashed, while everything ends: the addresses are still
 * there. One more life finds them, takes them off and says goodbye.
 */
static void sweep(struct parent *p, int status)
{
    struct child *c;

    if (status == 0 || p->vrrp.swept || p->vrrp.lent || p->plan->keep_addresses || p->published == NULL ||
        !p->published->manifest.has_vrrp)
        return;
    p->vrrp.swept = true;
    if (!start(p, p->published))
        return;
    c = vrrp_child(p);
    c->deadline = instant_after(c->started, SWEEP_TIME);
}

void parent_vrrp_ended(struct parent *p, const struct child *was, int status)
{
    struct vrrp_health_shared *shared = p->vrrp.health.base;

    if (shared != NULL)
        atomic_store(&shared->status_turn, 0);
    p->pid_files.vrrp = 0;
    if (p->plan->vrrp_pid_file.len > 0)
        pidfile_remove_of(p->plan->vrrp_pid_file, was->pid);
    if (p->vrrp.lent)
        let_go(p);
    if (p->stopping) {
        sweep(p, status);
        return;
    }
    runner_forget(&p->vrrp.runner);
    settle(p, false);
    if (p->stopping || p->published == NULL || !p->published->manifest.has_vrrp || p->vrrp.lent)
        return;
    if (was->stage == CHILD_STOPPING) {
        replace(p);
        return;
    }
    if (p->plan->no_respawn) {
        p->exit_code = 1;
        parent_stop(p, PARENT_STOP_NOW);
        return;
    }
    p->vrrp.young_deaths =
        instant_ms_between(was->started, clock_now()) < YOUNG_MS ? p->vrrp.young_deaths + 1 : 0;
    replace(p);
}

bool parent_vrrp_is_busy(struct parent *p)
{
    const struct manifest *m = p->published ? &p->published->manifest : NULL;

    if (!p->vrrp.shut && !p->vrrp.lent && p->stopping && vrrp_child(p) == NULL && m != NULL && m->has_vrrp) {
        p->vrrp.shut = true;
        if (m->shutdown != MANIFEST_NO_SCRIPT)
            (void)run_script(p, m, m->shutdown, TICKET_SHUTDOWN, SPAN(""));
    }
    return runner_is_busy(&p->vrrp.runner);
}

void parent_vrrp_stop(struct parent *p)
{
    p->vrrp.restart_at = never;
    p->vrrp.stop_by = instant_after(clock_now(), SCRIPTS_TIME);
    runner_stop(&p->vrrp.runner, p->vrrp.stop_by);
}

/* ---- time ---- */

instant parent_vrrp_next(const struct parent *p)
{
    instant next = runner_next(&p->vrrp.runner);

    if (p->vrrp.watch.next.us < next.us)
        next = p->vrrp.watch.next;
    return p->vrrp.restart_at.us < next.us ? p->vrrp.restart_at : next;
}

/* What builds a configuration, or ends, has a deadline instead. */
static bool is_watched(const struct parent *p, const struct child *c)
{
    return c->stage == CHILD_SERVING && !p->vrrp.awaited && p->vrrp.health.base != NULL;
}

static void look(struct parent *p, instant now)
{
    struct child *c = vrrp_child(p);
    const struct vrrp_health_shared *shared = p->vrrp.health.base;

    if (c == NULL) {
        p->vrrp.watch.next = never;
        return;
    }
    p->vrrp.watch.next = instant_after(now, LOOK_TIME);
    uint64_t turns = shared ? atomic_load_explicit(&shared->vrrp_turns, memory_order_relaxed) : 0;
    bool stands = turns == p->vrrp.watch.turns && is_watched(p, c);
    p->vrrp.watch.turns = turns;
    p->vrrp.watch.looks = stands ? p->vrrp.watch.looks + 1 : 0;
    if (p->vrrp.watch.looks < LOOKS_MOST)
        return;
    p->vrrp.watch.next = never; /* its end is told by SIGCHLD */
    kill_child(p, c, "hangs");
}

void parent_vrrp_turn(struct parent *p, instant now)
{
    runner_turn(&p->vrrp.runner, now);
    if (now.us >= p->vrrp.watch.next.us)
        look(p, now);
    if (now.us < p->vrrp.restart_at.us || vrrp_child(p) != NULL)
        return;
    p->vrrp.restart_at = never;
    if (p->published != NULL && p->published->manifest.has_vrrp)
        (void)start(p, p->published);
}

void parent_vrrp_init(struct parent *p)
{
    inherited_addresses(&p->vrrp.memory, &p->vrrp.before);
    p->vrrp.heir = -1;
    p->vrrp.restart_at = never;
    p->vrrp.watch.next = never;
    p->vrrp.stop_by = never;
    p->vrrp.runner.ended = on_script_end;
    p->vrrp.runner.self = p;
}

void parent_vrrp_fini(struct parent *p)
{
    memfd_unmap(&p->vrrp.health);
    const int fds[] = { p->vrrp.memory, p->vrrp.heir, p->vrrp.before };
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}
