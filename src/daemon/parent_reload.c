/* SPDX-License-Identifier: Apache-2.0 */
/* A reload, the first start among them: the reader reads, sockets open, the worker builds, all of it counts.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/parent_internal.h"
#include "daemon/pidfile.h"
#include "daemon/reader.h"
#include "daemon/words.h"
#include "os/memfd.h"
#include "state/vrrp_health.h"

#define READER_TIME DURATION_S(30)

static bool start_reader(struct parent *p)
{
    struct channel end;
    bool failed;
    struct child *c = parent_fork(p, CHILD_READER, &end, &failed);

    if (failed)
        return false;
    if (c == NULL) {
        parent_title(p, "reader");
        reader_run(p->plan, p->generation + 1, &end);
    }
    p->generation++;
    c->generation = p->generation;
    c->deadline = instant_after(c->started, READER_TIME);
    return true;
}

void parent_reload(struct parent *p)
{
    if (p->stopping)
        return;
    if (p->reloading) {
        p->reload_again = true;
        return;
    }
    p->reloading = true;
    p->answer.len = 0;
    if (!start_reader(p)) {
        words_say(p->plan->called_as, WORDS_ERROR, "reload: the reader could not be started: %m");
        parent_reload_ended(p, false);
    }
}

void parent_reload_ended(struct parent *p, bool ok)
{
    p->reloading = false;
    parent_answer_reload(p, ok);
    if (p->published == NULL && !ok) {
        p->exit_code = 1;
        parent_stop(p, PARENT_STOP_NOW);
        return;
    }
    if (p->reload_again) {
        p->reload_again = false;
        parent_reload(p);
    }
}

/* Everything serves: tell those who wait for it. Once, after the first READY. */
static void first_ready(struct parent *p)
{
    const struct manifest *m = &p->published->manifest;

    parent_pidfiles_write(p);
    parent_tell_supervisor("READY=1");
    parent_signal_others(p);
    if (p->daemon_ready >= 0)
        process_ready(p->daemon_ready, 0);
    p->daemon_ready = -1;
    p->daemonized = p->daemonized || m->daemonize;
}

static void move_pid_files(const struct manifest *old, const struct manifest *new)
{
    for (uint32_t i = 0; i < new->pid_files.count; i++)
        (void)!pidfile_write(new->pid_files.items[i]);
    for (uint32_t i = 0; i < old->pid_files.count; i++) {
        bool kept = false;
        for (uint32_t j = 0; j < new->pid_files.count; j++)
            kept = kept || span_eq(old->pid_files.items[i], new->pid_files.items[j]);
        if (!kept)
            pidfile_remove(old->pid_files.items[i]);
    }
}

void parent_commit(struct parent *p)
{
    struct holdings *old = p->published;

    p->published = p->next;
    p->next = NULL;
    if (old == NULL)
        first_ready(p);
    else
        move_pid_files(&old->manifest, &p->published->manifest);
    holdings_free(&old, p->published);
    parent_reload_ended(p, true);
}

/* The worker serves p->next, or none is wanted: now the addresses. */
static void go_on(struct parent *p)
{
    if (!parent_vrrp_publish(p))
        parent_commit(p);
}

void parent_worker_ready(struct parent *p, struct child *ready)
{
    struct child *before = parent_child_find(p, CHILD_WORKER, CHILD_SERVING);

    ready->stage = CHILD_SERVING;
    ready->generation = p->next->manifest.generation;
    if (before != NULL && before != ready)
        parent_drain_child(p, before); /* a hand-over */
    parent_vrrp_worker(p, p->next->manifest.has_traffic ? VRRP_WORKER_SERVING : VRRP_WORKER_NONE);
    go_on(p);
}

void parent_refuse(struct parent *p)
{
    p->vrrp.awaited = false;
    holdings_free(&p->next, p->published);
    parent_reload_ended(p, false);
}

/* The daemon is not the reader's parent: let it end before, and take it off the list. */
static void await_reader(struct parent *p)
{
    for (unsigned i = 0; i < COUNT_OF(p->children); i++) {
        struct child *c = &p->children[i];
        if (c->pid == 0 || c->kind != CHILD_READER)
            continue;
        channel_close(&c->channel);
        (void)waitpid(c->pid, NULL, 0);
        parent_child_forget(c);
    }
}

static bool leave_terminal(struct parent *p)
{
    /* A new binary stays the old one's child, which must see its end: the daemon is there already. */
    if (p->published != NULL || !p->next->manifest.daemonize || p->left_to_us.sockets.count > 0)
        return true;
    await_reader(p);
    p->daemon_ready = process_daemonize();
    return p->daemon_ready >= 0;
}

static bool make_memory(struct parent *p)
{
    if (p->health < 0)
        p->health = memfd_open_shared("keel-health", sizeof(struct vrrp_health_shared));
    if (p->mirror < 0)
        p->mirror = memfd_open_shared("keel-mirror", MIRROR_MEMORY);
    return p->health >= 0 && p->mirror >= 0 && parent_vrrp_memory(p);
}

/* Who only holds addresses serves nobody, unless somebody may ask it things. */
static bool wants_worker(const struct manifest *m)
{
    return m->has_traffic || !m->has_vrrp || m->controls.count > 0;
}

void parent_prepare(struct parent *p, int manifest, int bundle)
{
    struct child *serving = parent_child_find(p, CHILD_WORKER, CHILD_SERVING);
    const char *why = NULL;

    p->next = holdings_new(manifest, bundle);
    if (p->next != NULL && p->plan->called_as == LANGUAGE_HAPROXY && p->next->manifest.listeners.count == 0) {
        words_say(LANGUAGE_HAPROXY, WORDS_ERROR,
                  "[haproxy.main()] No enabled listener found (check for 'bind' directives) ! Exiting.");
        parent_refuse(p);
        return;
    }
    if (p->next == NULL || !make_memory(p) ||
        !holdings_open(p->next, p->published, &p->left_to_us, p->plan->called_as)) {
        parent_refuse(p);
        return;
    }
    if (!leave_terminal(p)) {
        words_say(p->plan->called_as, WORDS_ERROR, "cannot become a daemon: %m");
        parent_refuse(p);
        return;
    }
    if (serving != NULL && !manifest_needs_handover(&p->published->manifest, &p->next->manifest, &why)) {
        serving->deadline = instant_after(clock_now(), WORKER_TIME);
        if (holdings_send(p->next, &serving->channel, p->mirror, p->health))
            return; /* READY or REFUSED follows */
        (void)kill(serving->pid, SIGKILL);
        parent_refuse(p);
        return;
    }
    if (serving == NULL && !wants_worker(&p->next->manifest)) {
        go_on(p);
        return;
    }
    if (why != NULL)
        words_say(p->plan->called_as, WORDS_NOTICE, "%s: a second worker takes over and the first drains",
                  why);
    if (parent_start_worker(p, p->next) == NULL)
        parent_refuse(p);
}
