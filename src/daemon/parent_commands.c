/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parent is told from outside: signals (a table for each name that we
 * are called by), commands from a control socket, and what it tells others:
 * supervisors, older programs, the next binary.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "daemon/parent_internal.h"
#include "daemon/pidfile.h"
#include "daemon/words.h"

enum order {
    ORDER_NONE,
    ORDER_STOP,
    ORDER_DRAIN,
    ORDER_RELOAD,
    ORDER_REOPEN,
    ORDER_UPGRADE,
    ORDER_DUMP_DATA, /* keepalived's: what vrrp knows, into a file */
    ORDER_DUMP_STATS,
    ORDER_DUMP_STATS_CLEAR,
    ORDER_DUMP_JSON,
    ORDER_DRAIN_WORKERS, /* nginx WINCH: the parent stays, for the way back from an upgrade */
};

/* docs/design/processes.md, "Signals" */
struct signal_row {
    int number;
    enum order own, nginx, haproxy, keepalived;
};
// clang-format off
static const struct signal_row signal_rows[] = {
    /*           keel run       nginx                haproxy       keepalived */
    { SIGTERM,  ORDER_STOP,    ORDER_STOP,          ORDER_STOP,   ORDER_STOP   },
    { SIGINT,   ORDER_STOP,    ORDER_STOP,          ORDER_STOP,   ORDER_STOP   },
    { SIGQUIT,  ORDER_DRAIN,   ORDER_DRAIN,         ORDER_NONE,   ORDER_STOP   },
    { SIGHUP,   ORDER_RELOAD,  ORDER_RELOAD,        ORDER_RELOAD, ORDER_RELOAD },
    { SIGUSR1,  ORDER_REOPEN,  ORDER_REOPEN,        ORDER_DRAIN,  ORDER_DUMP_DATA },
    { SIGUSR2,  ORDER_UPGRADE, ORDER_UPGRADE,       ORDER_RELOAD, ORDER_DUMP_STATS },
    { SIGWINCH, ORDER_NONE,    ORDER_DRAIN_WORKERS, ORDER_NONE,   ORDER_NONE   },
};
// clang-format on

/* keepalived --signum: real-time signals have no constant numbers. */
static enum order real_time_order_of(int number)
{
    return number == SIGRTMIN + 2   ? ORDER_DUMP_JSON
           : number == SIGRTMAX - 1 ? ORDER_DUMP_STATS_CLEAR
                                    : ORDER_NONE;
}

static enum order order_of(const struct parent *p, int number)
{
    for (size_t i = 0; i < COUNT_OF(signal_rows); i++) {
        const struct signal_row *row = &signal_rows[i];
        if (row->number != number)
            continue;
        switch (p->plan->called_as) {
        case LANGUAGE_NGINX:
            return row->nginx;
        case LANGUAGE_HAPROXY:
            /* Without a master (-W) haproxy does not reload. */
            return row->haproxy == ORDER_RELOAD && !p->plan->with_master ? ORDER_NONE : row->haproxy;
        case LANGUAGE_KEEPALIVED:
            return row->keepalived;
        case LANGUAGE_NONE:
            return row->own;
        }
    }
    return p->plan->called_as == LANGUAGE_KEEPALIVED ? real_time_order_of(number) : ORDER_NONE;
}

/* ---- a new binary ---- */

static void put_sockets(struct parent *p, struct buf *out)
{
    const struct holdings *h = p->published;

    buf_put(out, SPAN("KEEL_SOCKETS="));
    for (uint32_t i = 0; i < h->manifest.listeners.count; i++)
        for (uint32_t s = 0; s < h->manifest.listeners.items[i].sockets; s++) {
            int fd = h->listeners[i][s];
            (void)fcntl(fd, F_SETFD, 0); /* in the child that execs: these go on */
            buf_put_i64(out, fd);
            buf_put_char(out, ';');
        }
    buf_put_char(out, '\0');
}

static void set_pid_files_old(struct parent *p, bool old)
{
    for (uint32_t i = 0; i < p->published->manifest.pid_files.count; i++)
        pidfile_set_old(p->published->manifest.pid_files.items[i], old);
}

NORETURN static void exec_new(struct parent *p, int heir)
{
    struct buf sockets;

    parent_close_for_child(p);
    buf_init(&sockets, (size_t)1 << 20);
    put_sockets(p, &sockets);
    if (heir >= 0 && !inherited_leave_addresses(p->vrrp.memory, heir))
        words_say(p->plan->called_as, WORDS_WARNING, "upgrade: the addresses cannot be handed over: %m");
    if (!sockets.truncated)
        (void)putenv(sockets.data); // NOLINT(concurrency-mt-unsafe): one thread
    (void)execvp(p->argv[0], p->argv);
    words_say(p->plan->called_as, WORDS_ERROR, "upgrade: cannot start %s: %m", p->argv[0]);
    _exit(1);
}

static void upgrade(struct parent *p)
{
    if (p->published == NULL || p->upgrade != 0) {
        words_say(p->plan->called_as, WORDS_WARNING, "an upgrade is under way already");
        return;
    }
    set_pid_files_old(p, true);
    int heir = parent_vrrp_offer(p);
    pid_t pid = fork();
    if (pid == 0)
        exec_new(p, heir);
    if (heir >= 0)
        (void)close(heir);
    p->upgrade = pid > 0 ? pid : 0;
    for (unsigned i = 0; pid > 0 && i < COUNT_OF(p->children); i++) {
        if (p->children[i].pid != 0)
            continue;
        p->children[i] = (struct child){ .kind = CHILD_UPGRADE,
                                         .stage = CHILD_SERVING,
                                         .pid = pid,
                                         .deadline = { UINT64_MAX },
                                         .channel = { .fd = -1 } };
        return;
    }
    if (pid < 0) {
        words_say(p->plan->called_as, WORDS_ERROR, "upgrade: fork(): %m");
        set_pid_files_old(p, false);
    }
}

void parent_upgrade_ended(struct parent *p)
{
    p->upgrade = 0;
    parent_vrrp_heir_ended(p);
    if (p->published != NULL && !p->stopping)
        set_pid_files_old(p, false);
}

/* ---- signals ---- */

static void drain_workers(struct parent *p)
{
    for (unsigned i = 0; i < COUNT_OF(p->children); i++)
        if (p->children[i].pid != 0 && p->children[i].kind == CHILD_WORKER &&
            p->children[i].stage == CHILD_SERVING)
            parent_drain_child(p, &p->children[i]);
}

static void carry_out(struct parent *p, enum order order)
{
    switch (order) {
    case ORDER_NONE:
        return;
    case ORDER_STOP:
        parent_stop(p, PARENT_STOP_NOW);
        return;
    case ORDER_DRAIN:
        parent_tell_supervisor("STOPPING=1");
        parent_stop(p, PARENT_STOP_DRAIN);
        return;
    case ORDER_RELOAD:
        parent_reload(p);
        return;
    case ORDER_REOPEN:
        parent_reopen_logs(p);
        return;
    case ORDER_UPGRADE:
        upgrade(p);
        return;
    case ORDER_DUMP_DATA:
        parent_vrrp_dump(p, DUMP_DATA);
        return;
    case ORDER_DUMP_STATS:
        parent_vrrp_dump(p, DUMP_STATS);
        return;
    case ORDER_DUMP_STATS_CLEAR:
        parent_vrrp_dump(p, DUMP_STATS_CLEAR);
        return;
    case ORDER_DUMP_JSON:
        parent_vrrp_dump(p, DUMP_JSON);
        return;
    case ORDER_DRAIN_WORKERS:
        drain_workers(p);
        return;
    }
}

void parent_on_signal(struct parent *p, int number)
{
    carry_out(p, order_of(p, number));
}

/* ---- control commands, passed on by the worker ---- */

void parent_keep_answer(struct parent *p, struct span text)
{
    p->answer.len = text.len < sizeof(p->answer.text) ? text.len : sizeof(p->answer.text);
    memcpy(p->answer.text, text.ptr, p->answer.len);
}

static void answer(struct child *c, uint64_t number, uint32_t code, struct span text)
{
    struct message m = { .kind = MESSAGE_ANSWER, .index = code, .number = number, .text = text };

    if (c->channel.fd >= 0 && channel_send(&c->channel, &m) != FDPASS_OK)
        (void)kill(c->pid, SIGKILL);
}

void parent_answer_reload(struct parent *p, bool ok)
{
    for (unsigned i = 0; p->answer.worker != 0 && i < COUNT_OF(p->children); i++)
        if (p->children[i].pid == p->answer.worker)
            answer(&p->children[i], p->answer.number, ok ? 0 : 1,
                   ok ? SPAN("") : span_of(p->answer.text, p->answer.len));
    p->answer.worker = 0;
}

void parent_on_command(struct parent *p, struct child *c, const struct message *m)
{
    switch ((enum parent_command)m->index) {
    case COMMAND_RELOAD:
        if (p->reloading) {
            answer(c, m->number, 1, SPAN("a reload is under way already"));
            return;
        }
        parent_reload(p);
        p->answer.number = m->number;
        p->answer.worker = c->pid;
        return;
    case COMMAND_REOPEN:
        parent_reopen_logs(p);
        break;
    case COMMAND_STOP:
        carry_out(p, ORDER_STOP);
        break;
    case COMMAND_DRAIN:
        carry_out(p, ORDER_DRAIN);
        break;
    case COMMAND_UPGRADE:
        upgrade(p);
        break;
    case COMMAND_DUMP: /* vrrp's */
        break;
    }
    answer(c, m->number, 0, SPAN(""));
}

/* ---- what others are told ---- */

void parent_title(const struct parent *p, const char *what)
{
    const bool parent = strncmp(what, "master", 6) == 0;
    struct buf line;
    char room[4096];

    switch (p->plan->called_as) {
    case LANGUAGE_NGINX: /* the master's shows the whole command line */
        buf_init_fixed(&line, room, sizeof(room));
        for (char **word = p->argv; parent && *word != NULL; word++)
            buf_printf(&line, " %s", *word);
        process_title_set(p->title, "nginx: %s%.*s", what, (int)line.len, line.data);
        return;
    case LANGUAGE_HAPROXY: /* haproxy leaves its title as it was typed */
    case LANGUAGE_KEEPALIVED:
        return;
    case LANGUAGE_NONE:
        process_title_set(p->title, "keel: %s", parent ? "parent" : what);
        return;
    }
}

void parent_tell_supervisor(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe): one thread
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char line[128];

    if (path == NULL || *path == '\0' || strlen(path) >= sizeof(at.sun_path))
        return;
    memcpy(at.sun_path, path, strlen(path));
    if (at.sun_path[0] == '@')
        at.sun_path[0] = '\0';
    AUTO_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int n = snprintf(line, sizeof(line), "%s\nMAINPID=%d\n", text, (int)getpid());
    if (fd >= 0)
        (void)!sendto(fd, line, (size_t)n, MSG_NOSIGNAL, (struct sockaddr *)&at,
                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
}

void parent_signal_others(const struct parent *p)
{
    for (uint32_t i = 0; i < p->plan->finish.count; i++)
        (void)kill((pid_t)p->plan->finish.items[i], SIGUSR1);
    for (uint32_t i = 0; i < p->plan->terminate.count; i++)
        (void)kill((pid_t)p->plan->terminate.items[i], SIGTERM);
}
