/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

static const char *word_of(enum notify_what what)
{
    static const char *const words[] = {
        [NOTIFY_MASTER] = "MASTER",
        [NOTIFY_BACKUP] = "BACKUP",
        [NOTIFY_FAULT] = "FAULT",
        [NOTIFY_STOP] = "STOP",
        [NOTIFY_DELETED] = "DELETED",
        [NOTIFY_LOWER] = "MASTER_RX_LOWER_PRI",
        [NOTIFY_MASTER_PRIORITY] = "MASTER_PRIORITY",
        [NOTIFY_BACKUP_PRIORITY] = "BACKUP_PRIORITY",
    };
    return words[what];
}

/* ---- FIFOs ---- */

static const struct vrrp_fifo *fifo_at(const struct vrrp_config *c, unsigned i)
{
    return i == 0 ? &c->fifo : &c->vrrp_fifo;
}

/* Opened for both directions: so it never lacks a reader, and writing gives EAGAIN at worst. */
static int open_fifo(const struct vrrp_fifo *f)
{
    if (mkfifo(f->path.ptr, 0600) < 0 && errno != EEXIST)
        return -1;
    AUTO_FD int fd = open(f->path.ptr, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -1;
    if (!S_ISFIFO(st.st_mode)) {
        errno = EEXIST;
        return -1;
    }
    if (f->uid != UINT32_MAX && fchown(fd, f->uid, f->gid) < 0)
        return -1;
    return fd_take(&fd);
}

static void start_reader(struct notify *n, const struct vrrp_fifo *f)
{
    if (f->command != VRRP_NONE && !n->host->run(n->host->self, 0, f->command, &f->path, 1))
        SAY(n->host, &say_notify_not_run, f->path);
}

static void try_to_open(struct notify *n, unsigned i)
{
    const struct vrrp_fifo *f = fifo_at(n->config, i);
    if (f->path.len == 0 || n->fifos[i] >= 0)
        return;
    n->fifos[i] = open_fifo(f);
    if (n->fifos[i] >= 0)
        start_reader(n, f);
    else if (!n->failed[i])
        SAY(n->host, &say_fifo_failed, f->path, span_from(strerrordesc_np(errno)));
    if (n->fifos[i] >= 0 && n->failed[i])
        SAY(n->host, &say_fifo_there, f->path);
    n->failed[i] = n->fifos[i] < 0;
}

static void open_one(struct notify *n, unsigned i)
{
    n->fifos[i] = -1;
    n->full[i] = n->failed[i] = false;
    try_to_open(n, i);
}

static void close_one(struct notify *n, unsigned i)
{
    if (n->fifos[i] < 0)
        return;
    (void)close(n->fifos[i]);
    (void)unlink(fifo_at(n->config, i)->path.ptr);
    n->fifos[i] = -1;
}

void notify_open(struct notify *n, const struct vrrp_config *c, const struct vrrp_host *host)
{
    *n = (struct notify){ .config = c, .host = host, .fifos = { -1, -1 } };
    for (unsigned i = 0; i < COUNT_OF(n->fifos); i++)
        open_one(n, i);
}

void notify_close(struct notify *n)
{
    for (unsigned i = 0; i < COUNT_OF(n->fifos); i++)
        close_one(n, i);
}

void notify_reload(struct notify *n, const struct vrrp_config *c)
{
    for (unsigned i = 0; i < COUNT_OF(n->fifos); i++) {
        bool same = span_eq(fifo_at(n->config, i)->path, fifo_at(c, i)->path);
        if (same && n->fifos[i] >= 0)
            continue;
        close_one(n, i);
        const struct vrrp_config *old = n->config;
        n->config = c;
        open_one(n, i);
        n->config = old;
    }
    n->config = c;
}

/* A line is shorter than PIPE_BUF: it is written whole or not at all. */
static void write_line(struct notify *n, unsigned i, struct span line)
{
    if (n->fifos[i] < 0)
        return;
    bool ok = write(n->fifos[i], line.ptr, line.len) == (ssize_t)line.len;
    if (!ok && !n->full[i])
        SAY(n->host, &say_fifo_full, fifo_at(n->config, i)->path);
    n->full[i] = !ok;
}

static void write_fifos(struct notify *n, const struct notify_subject *s, enum notify_what what)
{
    char text[512];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    buf_printf(&b, "%s \"%.*s\" %s %u\n", s->group ? "GROUP" : "INSTANCE", SPAN_ARGS(s->name), word_of(what),
               s->priority);
    for (unsigned i = 0; i < COUNT_OF(n->fifos); i++) {
        try_to_open(n, i);
        write_line(n, i, buf_span(&b));
    }
}

/* ---- scripts ---- */

static uint32_t script_of(const struct vrrp_notify *s, enum notify_what what)
{
    switch (what) {
    case NOTIFY_MASTER:
        return s->master;
    case NOTIFY_BACKUP:
        return s->backup;
    case NOTIFY_FAULT:
        return s->fault;
    case NOTIFY_STOP:
        return s->stop;
    case NOTIFY_DELETED:
        return s->deleted;
    case NOTIFY_LOWER:
        return s->lower;
    case NOTIFY_MASTER_PRIORITY:
    case NOTIFY_BACKUP_PRIORITY:
        break;
    }
    return VRRP_NONE;
}

static bool goes_to_any(enum notify_what what)
{
    return what <= NOTIFY_DELETED;
}

static void run(struct notify *n, const struct notify_subject *s, uint32_t command, const struct span *args,
                uint32_t count)
{
    if (command != VRRP_NONE && !n->host->run(n->host->self, 0, command, args, count))
        SAY(n->host, &say_notify_not_run, s->name);
}

void notify_send(struct notify *n, const struct notify_subject *s, enum notify_what what)
{
    write_fifos(n, s, what);
    run(n, s, script_of(s->scripts, what), NULL, 0);
    if (!goes_to_any(what))
        return;
    struct span args[4] = { s->group ? SPAN("GROUP") : SPAN("INSTANCE"), s->name, span_from(word_of(what)),
                            SAY_NUMBER(s->priority) };
    run(n, s, s->scripts->any, args, COUNT_OF(args));
}
