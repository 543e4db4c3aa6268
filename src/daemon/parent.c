/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "daemon/parent_internal.h"
#include "daemon/pidfile.h"
#include "daemon/reader.h"
#include "daemon/words.h"
#include "daemon/worker.h"
#include "os/event.h"
#include "os/memfd.h"
#include "os/system_log.h"
#include "state/vrrp_health.h"

#define STOP_TIME DURATION_MS(4000) /* then KILL; all of it ends within 5 s */
#define YOUNG_MS  10000             /* a worker that dies younger than that is restarted more slowly */

/* ---- children ---- */

static struct child *child_slot(struct parent *p)
{
    for (unsigned i = 0; i < COUNT_OF(p->children); i++)
        if (p->children[i].pid == 0)
            return &p->children[i];
    return NULL;
}

struct child *parent_child_find(struct parent *p, enum child_kind kind, enum child_stage stage)
{
    for (unsigned i = 0; i < COUNT_OF(p->children); i++)
        if (p->children[i].pid != 0 && p->children[i].kind == kind && p->children[i].stage == stage)
            return &p->children[i];
    return NULL;
}

void parent_child_forget(struct child *c)
{
    channel_close(&c->channel);
    c->pid = 0;
}

struct child *parent_fork(struct parent *p, enum child_kind kind, struct channel *end, bool *failed)
{
    int ends[2];
    struct child *c = child_slot(p);

    *failed = c == NULL || !fdpass_pair(ends, false);
    if (*failed)
        return NULL;
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        parent_close_for_child(p);
        end->fd = ends[1];
        return NULL;
    }
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        *failed = true;
        return NULL;
    }
    *c = (struct child){ .kind = kind, .stage = CHILD_STARTING, .pid = pid, .started = clock_now() };
    c->channel.fd = ends[0];
    return c;
}

void parent_close_for_child(struct parent *p)
{
    sigset_t none;

    for (unsigned i = 0; i < COUNT_OF(p->children); i++)
        if (p->children[i].pid != 0)
            channel_close(&p->children[i].channel);
    (void)close(p->signals);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

const struct manifest *parent_manifest_of(const struct parent *p, uint32_t generation)
{
    const struct holdings *known[] = { p->published, p->next };

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (known[i] != NULL && (uint32_t)known[i]->manifest.generation == generation)
            return &known[i]->manifest;
    return NULL;
}

/* ---- workers ---- */

struct child *parent_start_worker(struct parent *p, struct holdings *h)
{
    struct channel end;
    bool failed;
    struct child *c = parent_fork(p, CHILD_WORKER, &end, &failed);

    if (failed) {
        words_say(p->plan->called_as, WORDS_ERROR, "cannot start a worker: fork(): %s",
                  strerror(errno)); // NOLINT(concurrency-mt-unsafe): the parent has one thread
        return NULL;
    }
    if (c == NULL) {
        parent_title(p, "worker process");
        holdings_leave(p->published);
        holdings_leave(p->next);
        exit(worker_run(&h->manifest, &end, p->started)); // NOLINT(concurrency-mt-unsafe): one thread yet
    }
    c->generation = h->manifest.generation;
    c->deadline = instant_after(c->started, WORKER_TIME);
    if (!holdings_send(h, &c->channel, p->mirror, p->health))
        (void)kill(c->pid, SIGKILL);
    return c;
}

static void replace_worker(struct parent *p)
{
    static const uint32_t pause_ms[] = { 0, 100, 500, 2000, 10000 };
    unsigned step = p->young_deaths < COUNT_OF(pause_ms) ? p->young_deaths : COUNT_OF(pause_ms) - 1;

    if (pause_ms[step] == 0)
        (void)parent_start_worker(p, p->published);
    else
        p->restart_at = instant_after(clock_now(), DURATION_MS(pause_ms[step]));
}

/* ---- what children say ---- */

static void on_reader_message(struct parent *p, struct child *c, struct message *m)
{
    (void)c;
    if (m->kind == MESSAGE_RESULT && m->fd_count == 2 && p->reloading && p->next == NULL) {
        parent_prepare(p, m->fds[0], m->fds[1]);
        return;
    }
    for (unsigned i = 0; i < m->fd_count; i++)
        (void)close(m->fds[i]);
    if (m->kind == MESSAGE_RESULT)
        parent_keep_answer(p, m->text);
}

/* From the published bundle. */
static void replaced(struct parent *p, struct child *c)
{
    c->stage = CHILD_SERVING;
    if (p->published != NULL && p->published->manifest.has_traffic)
        parent_vrrp_worker(p, VRRP_WORKER_SERVING);
}

static void on_worker_message(struct parent *p, struct child *c, struct message *m)
{
    for (unsigned i = 0; i < m->fd_count; i++)
        (void)close(m->fds[i]);
    switch ((unsigned)m->kind) {
    case MESSAGE_READY:
        c->deadline = (instant){ UINT64_MAX };
        if (p->next != NULL && m->number == p->next->manifest.generation)
            parent_worker_ready(p, c);
        else
            replaced(p, c);
        return;
    case MESSAGE_REFUSED:
        words_say(p->plan->called_as, WORDS_ERROR, "the worker refused the configuration: %.*s",
                  SPAN_ARGS(m->text));
        parent_keep_answer(p, m->text);
        c->deadline = (instant){ UINT64_MAX };
        if (p->next != NULL && m->number == p->next->manifest.generation) {
            if (c->stage == CHILD_STARTING)
                (void)kill(c->pid, SIGTERM);
            parent_refuse(p);
        }
        return;
    case MESSAGE_DRAINED:
        (void)kill(c->pid, SIGTERM);
        return;
    case MESSAGE_COMMAND:
        parent_on_command(p, c, m);
        return;
    case MESSAGE_RUN:
        parent_checks_run(p, c, m);
        return;
    case MESSAGE_KILL:
        parent_checks_kill(p, c, m);
        return;
    default:
        words_say(p->plan->called_as, WORDS_ERROR,
                  "worker %d said something that no worker says (%d); it is replaced", (int)c->pid,
                  (int)m->kind);
        (void)kill(c->pid, SIGKILL);
        return;
    }
}

static void on_channel(struct parent *p, struct child *c)
{
    struct message m;
    enum fdpass_result result = channel_receive(&c->channel, &m);

    if (result == FDPASS_AGAIN)
        return;
    if (result != FDPASS_OK) {
        if (result == FDPASS_ERROR && c->kind != CHILD_READER)
            (void)kill(c->pid, SIGKILL);
        channel_close(&c->channel); /* its end is told by SIGCHLD */
        return;
    }
    if (c->kind == CHILD_READER)
        on_reader_message(p, c, &m);
    else if (c->kind == CHILD_VRRP)
        parent_vrrp_message(p, c, &m);
    else
        on_worker_message(p, c, &m);
}

/* ---- ends of children ---- */

static void drain_messages(struct parent *p, struct child *c)
{
    struct pollfd ready = { .fd = c->channel.fd, .events = POLLIN };

    while (c->channel.fd >= 0 && poll(&ready, 1, 0) > 0) {
        on_channel(p, c);
        ready.fd = c->channel.fd;
    }
}

static void say_end(struct parent *p, const struct child *c, int status)
{
    const char *what = c->kind == CHILD_WORKER ? "worker" : c->kind == CHILD_VRRP ? "vrrp" : "reader";

    if (WIFSIGNALED(status))
        words_say(p->plan->called_as, WORDS_ERROR, "%s %d was ended by signal %d (%s)", what, (int)c->pid,
                  WTERMSIG(status), strsignal(WTERMSIG(status))); // NOLINT(concurrency-mt-unsafe): one thread
    else if (WEXITSTATUS(status) != 0 && c->kind != CHILD_READER)
        words_say(p->plan->called_as, WORDS_ERROR, "%s %d ended with code %d", what, (int)c->pid,
                  WEXITSTATUS(status));
}

static void worker_ended(struct parent *p, const struct child *was)
{
    bool for_next =
        p->next != NULL && was->generation == p->next->manifest.generation && was->stage == CHILD_STARTING;
    bool serving = was->stage == CHILD_SERVING || (was->stage == CHILD_STARTING && !for_next);

    if (for_next || (p->next != NULL && was->stage == CHILD_SERVING))
        parent_refuse(p);
    if (p->stopping || !serving || p->published == NULL)
        return;
    bool young = instant_ms_between(was->started, clock_now()) < YOUNG_MS;
    p->young_deaths = young ? p->young_deaths + (was->generation == p->last_dead_generation) : 0;
    p->last_dead_generation = was->generation;
    if (p->published->manifest.has_traffic)
        parent_vrrp_worker(p, VRRP_WORKER_STARTING);
    replace_worker(p);
}

static void child_ended(struct parent *p, struct child *c, int status)
{
    drain_messages(p, c);
    struct child was = {
        .kind = c->kind, .stage = c->stage, .pid = c->pid, .generation = c->generation, .started = c->started
    };
    parent_child_forget(c);
    if (was.kind == CHILD_UPGRADE) {
        parent_upgrade_ended(p);
        return;
    }
    if (was.stage != CHILD_STOPPING)
        say_end(p, &was, status);
    if (was.kind == CHILD_WORKER) {
        parent_checks_ended(p, &was);
        worker_ended(p, &was);
    }
    if (was.kind == CHILD_WORKER)
        return;
    if (was.kind == CHILD_VRRP)
        parent_vrrp_ended(p, &was, status);
    else if (p->reloading && p->next == NULL && was.generation == p->generation)
        parent_reload_ended(p, false);
}

static void reap(struct parent *p)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (runner_reaped(&p->vrrp.runner, pid, status) || runner_reaped(&p->checks, pid, status))
            continue;
        for (unsigned i = 0; i < COUNT_OF(p->children); i++)
            if (p->children[i].pid == pid) {
                child_ended(p, &p->children[i], status);
                break;
            }
    }
}

/* ---- stopping ---- */

void parent_drain_child(struct parent *p, struct child *c)
{
    duration longest = p->published ? p->published->manifest.drain_max : DURATION_NONE;

    c->stage = CHILD_DRAINING;
    c->deadline = instant_after(clock_now(), longest);
    if (channel_say(&c->channel, MESSAGE_DRAIN, 0, duration_is_none(longest) ? UINT64_MAX : longest.ms) !=
        FDPASS_OK)
        (void)kill(c->pid, SIGTERM);
}

void parent_stop_child(struct child *c)
{
    c->stage = CHILD_STOPPING;
    c->deadline = instant_after(clock_now(), STOP_TIME);
    (void)kill(c->pid, SIGTERM);
}

void parent_stop(struct parent *p, enum parent_stop how)
{
    p->stopping = true;
    p->restart_at = (instant){ UINT64_MAX };
    for (unsigned i = 0; i < COUNT_OF(p->children); i++) /* first: another director waits for the goodbye */
        if (p->children[i].pid != 0 && p->children[i].kind == CHILD_VRRP &&
            p->children[i].stage != CHILD_STOPPING)
            parent_stop_child(&p->children[i]);
    if (p->published != NULL)
        holdings_stop_listening(p->published, p->upgrade != 0);
    for (unsigned i = 0; i < COUNT_OF(p->children); i++) {
        struct child *c = &p->children[i];
        if (c->pid == 0 || c->stage == CHILD_STOPPING || c->kind == CHILD_UPGRADE)
            continue;
        if (how == PARENT_STOP_DRAIN && c->kind == CHILD_WORKER && c->stage != CHILD_STARTING) {
            if (c->stage == CHILD_SERVING)
                parent_drain_child(p, c);
        } else {
            parent_stop_child(c);
        }
    }
    parent_vrrp_stop(p);
}

void parent_reopen_logs(struct parent *p)
{
    struct child *c = parent_child_find(p, CHILD_WORKER, CHILD_SERVING);

    if (p->published == NULL)
        return;
    holdings_reopen_logs(p->published, p->plan->called_as);
    if (c != NULL && (!holdings_send_logs(p->published, &c->channel) ||
                      channel_say(&c->channel, MESSAGE_REOPENED, 0, 0) != FDPASS_OK))
        (void)kill(c->pid, SIGKILL);
}

/* ---- time ---- */

static void on_time(struct parent *p, instant now)
{
    for (unsigned i = 0; i < COUNT_OF(p->children); i++) {
        struct child *c = &p->children[i];
        if (c->pid == 0 || c->deadline.us > now.us)
            continue;
        c->deadline = (instant){ UINT64_MAX };
        if (c->kind == CHILD_READER)
            words_say(p->plan->called_as, WORDS_ERROR,
                      "reading the configuration took longer than 30 s; nothing was changed");
        if (c->stage == CHILD_DRAINING)
            parent_stop_child(c);
        else
            (void)kill(c->pid, SIGKILL);
    }
    if (p->restart_at.us <= now.us) {
        p->restart_at = (instant){ UINT64_MAX };
        (void)parent_start_worker(p, p->published);
    }
    runner_turn(&p->checks, now);
    parent_pidfiles_turn(p, now);
    parent_vrrp_turn(p, now);
}

static int time_to_wait(const struct parent *p, instant now)
{
    uint64_t vrrp = parent_vrrp_next(p).us, next = p->restart_at.us < vrrp ? p->restart_at.us : vrrp;
    const uint64_t checks = runner_next(&p->checks).us;

    if (checks < next)
        next = checks;

    if (!p->stopping && p->pid_files.again_at.us < next)
        next = p->pid_files.again_at.us;

    for (unsigned i = 0; i < COUNT_OF(p->children); i++)
        if (p->children[i].pid != 0 && p->children[i].deadline.us < next)
            next = p->children[i].deadline.us;
    if (next == UINT64_MAX)
        return -1;
    return next <= now.us ? 0 : (int)((next - now.us) / 1000 + 1);
}

/* ---- the loop ---- */

static bool any_child(const struct parent *p)
{
    for (unsigned i = 0; i < COUNT_OF(p->children); i++)
        if (p->children[i].pid != 0 && p->children[i].kind != CHILD_UPGRADE)
            return true;
    return false;
}

static void on_signals(struct parent *p)
{
    struct signalfd_siginfo info;
    int number;

    while ((number = event_signals_take(p->signals, &info)) > 0) {
        if (number == SIGCHLD)
            reap(p);
        else
            parent_on_signal(p, number);
    }
}

static void turn(struct parent *p)
{
    struct pollfd fds[2 + CHILDREN_MAX];
    struct child *who[2 + CHILDREN_MAX];
    nfds_t count = 1;

    fds[0] = (struct pollfd){ .fd = p->signals, .events = POLLIN };
    for (unsigned i = 0; i < COUNT_OF(p->children); i++) {
        if (p->children[i].pid == 0 || p->children[i].channel.fd < 0)
            continue;
        who[count] = &p->children[i];
        fds[count++] = (struct pollfd){ .fd = p->children[i].channel.fd, .events = POLLIN };
    }
    fds[count] = (struct pollfd){ .fd = p->vrrp.heir, .events = POLLIN };
    if (poll(fds, count + 1, time_to_wait(p, clock_now())) < 0 && errno != EINTR)
        return;
    for (nfds_t i = 1; i < count; i++)
        if (fds[i].revents != 0 && who[i]->channel.fd == fds[i].fd)
            on_channel(p, who[i]);
    if (fds[count].revents != 0 && p->vrrp.heir == fds[count].fd)
        parent_vrrp_on_heir(p);
    if (fds[0].revents != 0)
        on_signals(p);
    on_time(p, clock_now());
}

static void remove_pid_files(struct parent *p)
{
    for (uint32_t i = 0; p->published != NULL && i < p->published->manifest.pid_files.count; i++)
        pidfile_remove(p->published->manifest.pid_files.items[i]);
}

int parent_run(const struct plan *plan, char **argv, const struct process_title *title)
{
    const int taken[] = { SIGCHLD,  SIGTERM, SIGINT,  SIGQUIT, SIGHUP,       SIGUSR1,      SIGUSR2,
                          SIGWINCH, SIGTTOU, SIGTTIN, SIGALRM, SIGRTMIN + 2, SIGRTMAX - 1, 0 };
    struct parent *p = calloc(1, sizeof(*p));

    if (p == NULL)
        oom_die(sizeof(*p));
    p->plan = plan;
    p->argv = argv;
    p->title = title;
    p->daemon_ready = p->mirror = p->health = -1;
    p->restart_at = p->pid_files.again_at = (instant){ UINT64_MAX };
    p->arena = arena_new(0);
    parent_vrrp_init(p);
    parent_checks_init(p);
    inherited_from_environment(p->arena, &p->left_to_us);
    (void)signal(SIGPIPE, SIG_IGN);
    p->started = clock_now();
    p->signals = event_signals_open(taken);
    if (p->signals < 0) {
        words_say(plan->called_as, WORDS_ERROR, "cannot listen to signals: %m");
        return 1;
    }
    if (plan->called_as == LANGUAGE_KEEPALIVED)
        system_log_open("Keepalived", plan->log_facility);
    if (plan->called_as == LANGUAGE_KEEPALIVED && pidfile_is_running(plan->pid_file)) {
        words_say(plan->called_as, WORDS_ERROR, "daemon is already running");
        return 1;
    }
    parent_title(p, "master process");
    parent_reload(p);
    while (!p->stopping || any_child(p) || parent_vrrp_is_busy(p) || runner_is_busy(&p->checks))
        turn(p);
    remove_pid_files(p);
    if (p->daemon_ready >= 0)
        process_ready(p->daemon_ready, p->exit_code ? p->exit_code : 1);
    holdings_free(&p->next, p->published);
    holdings_free(&p->published, NULL);
    inherited_close(&p->left_to_us);
    parent_vrrp_fini(p);
    arena_free(&p->arena);
    int code = p->exit_code;
    free(p);
    return code;
}
