/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/parcel.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/vrrp_health.h"

#define INDEX_MAX  1000000u
#define MEMORY_MAX ((size_t)64 << 20)

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

void parcel_init(struct parcel *p)
{
    *p = (struct parcel){ .bundle = -1 };
}

/* Room for [index], new places -1. */
static void make_room(int **fds, uint32_t *room, uint32_t index)
{
    BUG_ON(index > INDEX_MAX);
    if (index < *room)
        return;
    uint32_t more = index + 16;
    int *grown = realloc(*fds, more * sizeof(int));
    if (grown == NULL)
        oom_die(more * sizeof(int));
    for (uint32_t i = *room; i < more; i++)
        grown[i] = -1;
    *fds = grown;
    *room = more;
}

static void put_fd(int **fds, uint32_t *room, uint32_t index, int fd)
{
    make_room(fds, room, index);
    close_fd(&(*fds)[index]);
    (*fds)[index] = fd;
}

static void put_socket(struct parcel *p, uint32_t listener, int fd)
{
    if (p->socket_count == p->socket_room) {
        p->socket_room = p->socket_room * 2 + 16;
        struct engine_socket *grown = realloc(p->sockets, p->socket_room * sizeof(*grown));
        if (grown == NULL)
            oom_die(p->socket_room * sizeof(*grown));
        p->sockets = grown;
    }
    p->sockets[p->socket_count++] = (struct engine_socket){ .listener = listener, .fd = fd };
}

static void put_memory(struct memfd_map *map, int fd)
{
    struct stat st;

    memfd_unmap(map);
    if (fstat(fd, &st) == 0 && st.st_size > 0 && (size_t)st.st_size <= MEMORY_MAX)
        (void)!memfd_map_shared(fd, (size_t)st.st_size, map);
    (void)close(fd);
}

void parcel_take(struct parcel *p, const struct message *m)
{
    BUG_ON(m->fd_count != (m->kind == MESSAGE_MEMORY ? 2 : 1));
    switch ((unsigned)m->kind) {
    case MESSAGE_BUNDLE:
        close_fd(&p->bundle);
        p->bundle = m->fds[0];
        p->generation = m->number;
        return;
    case MESSAGE_LISTENER:
        put_socket(p, m->index, m->fds[0]);
        return;
    case MESSAGE_LOG:
        put_fd(&p->logs, &p->log_room, m->index, m->fds[0]);
        return;
    case MESSAGE_CONTROL:
        put_fd(&p->controls, &p->control_room, m->index, m->fds[0]);
        return;
    case MESSAGE_MEMORY:
        put_memory(&p->mirror, m->fds[0]);
        put_memory(&p->health, m->fds[1]);
        return;
    default:
        BUG_ON(true);
    }
}

static bool same_socket(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

void parcel_keep_same(struct parcel *fresh, struct parcel *held)
{
    for (uint32_t i = 0; i < fresh->socket_count; i++)
        for (uint32_t j = 0; j < held->socket_count; j++) {
            if (held->sockets[j].fd < 0 || !same_socket(fresh->sockets[i].fd, held->sockets[j].fd))
                continue;
            (void)close(fresh->sockets[i].fd);
            fresh->sockets[i].fd = held->sockets[j].fd;
            held->sockets[j].fd = -1; /* moved */
            break;
        }
}

static void free_logs(struct parcel *p)
{
    for (uint32_t i = 0; i < p->log_room; i++)
        close_fd(&p->logs[i]);
    free(p->logs);
    p->logs = NULL;
    p->log_room = 0;
}

void parcel_close_sockets(struct parcel *p)
{
    for (uint32_t i = 0; i < p->socket_count; i++)
        close_fd(&p->sockets[i].fd);
    p->socket_count = 0;
}

void parcel_close_controls(struct parcel *p)
{
    for (uint32_t i = 0; i < p->control_room; i++)
        close_fd(&p->controls[i]);
}

void parcel_fini(struct parcel *p)
{
    parcel_close_sockets(p);
    parcel_close_controls(p);
    free_logs(p);
    free(p->sockets);
    free(p->controls);
    close_fd(&p->bundle);
    memfd_unmap(&p->mirror);
    memfd_unmap(&p->health);
    parcel_init(p);
}

void parcel_replace(struct parcel *held, struct parcel *fresh)
{
    /* Shared memory stays where it is mapped: threads count in it. */
    if (held->mirror.base != NULL) {
        memfd_unmap(&fresh->mirror);
        fresh->mirror = held->mirror;
        held->mirror = (struct memfd_map){ 0 };
    }
    if (held->health.base != NULL) {
        memfd_unmap(&fresh->health);
        fresh->health = held->health;
        held->health = (struct memfd_map){ 0 };
    }
    parcel_fini(held);
    *held = *fresh;
    parcel_init(fresh);
}

void parcel_replace_logs(struct parcel *held, struct parcel *fresh)
{
    free_logs(held);
    held->logs = fresh->logs;
    held->log_room = fresh->log_room;
    fresh->logs = NULL;
    fresh->log_room = 0;
}

struct span parcel_mirror(const struct parcel *p)
{
    return memfd_span(&p->mirror);
}

void parcel_log_room(struct parcel *p, uint32_t count)
{
    make_room(&p->logs, &p->log_room, count);
}

/* A second worker during a hand-over counts in the other half, so that nobody takes it for the first. */
_Atomic uint64_t *parcel_turns(const struct parcel *p, uint32_t threads)
{
    struct vrrp_health_shared *shared = p->health.base;
    const uint32_t half = VRRP_HEALTH_THREADS / 2;

    if (shared == NULL || p->health.size < sizeof(*shared) || threads > half)
        return NULL;
    uint32_t first = atomic_load(&shared->first) == 0 && atomic_load(&shared->threads) > 0 ? half : 0;
    shared->version = VRRP_HEALTH_VERSION;
    atomic_store(&shared->first, first);
    atomic_store(&shared->threads, threads);
    return &shared->turns[first];
}
