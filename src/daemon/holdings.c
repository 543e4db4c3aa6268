/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/holdings.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "daemon/inherited.h"
#include "daemon/words.h"

#define MANIFEST_MAX  ((size_t)64 << 20)
#define BIND_TRIES    5
#define BIND_PAUSE_US 500000 /* nginx: five tries, half a second apart */
#define LOG_MODE      0644

static int *fd_array(struct arena *a, uint32_t count)
{
    int *fds = ARENA_ARRAY(a, count + 1, int);

    for (uint32_t i = 0; i <= count; i++)
        fds[i] = -1;
    return fds;
}

struct holdings *holdings_new(int manifest_fd, int bundle_fd)
{
    struct arena *a = arena_new(0);
    struct holdings *h = ARENA_NEW(a, struct holdings);
    AUTO_FD int manifest = manifest_fd;

    h->arena = a;
    h->bundle = bundle_fd;
    if (!memfd_is_sealed(manifest) || !memfd_is_sealed(bundle_fd) ||
        !memfd_map(manifest, MANIFEST_MAX, &h->manifest_map) ||
        !manifest_read(a, memfd_span(&h->manifest_map), &h->manifest)) {
        holdings_free(&h, NULL);
        return NULL;
    }
    const struct manifest *m = &h->manifest;
    h->listeners = ARENA_ARRAY(a, m->listeners.count + 1, int *);
    h->borrowed = ARENA_ARRAY(a, m->listeners.count + 1, bool);
    for (uint32_t i = 0; i < m->listeners.count; i++)
        h->listeners[i] = fd_array(a, m->listeners.items[i].sockets);
    h->logs = fd_array(a, m->logs.count);
    h->controls = fd_array(a, m->controls.count);
    h->control_paths = ARENA_ARRAY(a, m->controls.count + 1, struct held_path);
    return h;
}

/* ---- listening sockets ---- */

static bool same_identity(const struct manifest_listener *a, const struct manifest_listener *b)
{
    return a->datagram == b->datagram && address_eq(&a->address, &b->address) &&
           span_eq(a->interface, b->interface) && a->inherited_fd == b->inherited_fd &&
           a->v6only == b->v6only && a->transparent == b->transparent;
}

static bool borrow(struct holdings *h, uint32_t i, struct holdings *old)
{
    const struct manifest_listener *want = &h->manifest.listeners.items[i];

    for (uint32_t j = 0; old != NULL && j < old->manifest.listeners.count; j++) {
        const struct manifest_listener *have = &old->manifest.listeners.items[j];
        if (!same_identity(want, have) || want->sockets != have->sockets || old->listeners[j][0] < 0)
            continue;
        for (uint32_t s = 0; s < want->sockets; s++)
            h->listeners[i][s] = old->listeners[j][s];
        return true;
    }
    return false;
}

static void options_of(const struct manifest_listener *l, struct socket_listen *s, char name[IF_NAMESIZE])
{
    *s = (struct socket_listen)SOCKET_LISTEN_INIT;
    s->at = l->address;
    s->datagram = l->datagram;
    s->backlog = l->backlog;
    s->reuse_port = l->reuseport || l->sockets > 1;
    s->v6only = address_family(&l->address) == AF_INET6 ? l->v6only : -1;
    s->transparent = l->transparent;
    s->free_bind = l->free_bind;
    s->defer_accept = l->defer_accept ? 1 : 0;
    s->keepalive = l->probe_idle;
    s->fast_open = l->fastopen;
    s->mode = l->mode == UINT32_MAX ? 0 : (mode_t)l->mode;
    s->uid = (uid_t)l->uid;
    s->gid = (gid_t)l->gid;
    if (l->interface.len > 0 && l->interface.len < IF_NAMESIZE) {
        memcpy(name, l->interface.ptr, l->interface.len);
        name[l->interface.len] = '\0';
        s->interface = name;
    }
}

static int open_inherited_number(const struct manifest_listener *l, struct socket_failure *why)
{
    struct address at;
    bool datagram;

    if (!socket_is_listening(l->inherited_fd, &at, &datagram) || datagram != l->datagram) {
        *why = (struct socket_failure){ .step = SOCKET_LISTEN, .error = EBADF };
        return -1;
    }
    int fd = fcntl(l->inherited_fd, F_DUPFD_CLOEXEC, 3);
    /* accept must never wait, and who bound it need not have thought of that */
    if (fd >= 0)
        (void)!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

static int open_socket(const struct manifest_listener *l, const struct inherited *left, uint32_t shard,
                       enum language as)
{
    char interface[IF_NAMESIZE];
    struct socket_listen options;
    struct socket_failure why = { 0 };
    int tries = l->retry_bind ? BIND_TRIES : 1;

    int fd = inherited_take(left, &l->address, l->datagram, shard);
    if (fd >= 0)
        return fd;
    if (l->inherited_fd >= 0) {
        fd = open_inherited_number(l, &why);
        if (fd < 0)
            words_bind_failed(as, l, &why);
        return fd;
    }
    options_of(l, &options, interface);
    for (int i = 0; i < tries; i++) {
        if (i > 0)
            (void)usleep(BIND_PAUSE_US);
        fd = socket_listen(&options, &why);
        if (fd >= 0)
            return fd;
        words_bind_failed(as, l, &why);
        if (why.error != EADDRINUSE)
            return -1;
    }
    if (l->retry_bind)
        words_say(as, WORDS_ERROR, "still could not bind()");
    return -1;
}

static bool open_listener(struct holdings *h, uint32_t i, const struct inherited *left, enum language as)
{
    const struct manifest_listener *l = &h->manifest.listeners.items[i];

    for (uint32_t s = 0; s < l->sockets; s++) {
        h->listeners[i][s] = open_socket(l, left, s, as);
        if (h->listeners[i][s] < 0)
            return false;
    }
    return true;
}

/*
 * When another director takes the address, answers to requests that came here
 * are under way or not yet made; the kernel sends nothing from an address that
 * is gone, and the clients would wait for nothing.
 */
static void outlive_address(struct holdings *h, uint32_t i)
{
    for (uint32_t s = 0; s < h->manifest.listeners.items[i].sockets; s++)
        socket_outlive_address(h->listeners[i][s]);
}

/* ---- log files and control sockets ---- */

/* The folder that <name> lies in, unless it is there. */
static void make_folder(const char *name)
{
    char folder[4096];
    const char *slash = name ? strrchr(name, '/') : NULL;

    if (slash == NULL || slash == name || (size_t)(slash - name) >= sizeof(folder))
        return;
    memcpy(folder, name, (size_t)(slash - name));
    folder[slash - name] = '\0';
    (void)mkdir(folder, 0755);
}

static int open_log(const struct manifest_log *l)
{
    char name[4096];

    if (l->path.len >= sizeof(name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, l->path.ptr, l->path.len);
    name[l->path.len] = '\0';
    if (l->place.len == 0)
        make_folder(name); /* nobody named it, so nobody made its folder, where no nginx was installed */
    /* Not blocking: a pipe that nobody reads must not stop us. */
    return open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, LOG_MODE);
}

static bool say_log_failed(const struct manifest_log *l, enum language as)
{
    const char *what = strerror(errno); // NOLINT(concurrency-mt-unsafe): the parent has one thread

    if (as == LANGUAGE_NGINX)
        words_say(as, WORDS_ERROR, "open() \"%.*s\" failed (%d: %s)", SPAN_ARGS(l->path), errno, what);
    else
        words_say(as, WORDS_ERROR, "cannot open the log file %.*s (%.*s): %s", SPAN_ARGS(l->path),
                  SPAN_ARGS(l->place.len ? l->place : SPAN("the default")), what);
    return false;
}

static bool open_logs(struct holdings *h, enum language as)
{
    for (uint32_t i = 0; i < h->manifest.logs.count; i++) {
        const struct manifest_log *l = &h->manifest.logs.items[i];
        if (l->path.len == 0)
            continue;
        h->logs[i] = open_log(l);
        if (h->logs[i] < 0)
            return say_log_failed(l, as);
        /* The worker may rotate nothing, but a user's log belongs to that user, as nginx does it. */
        if (h->manifest.uid != UINT32_MAX && geteuid() == 0)
            (void)!fchown(h->logs[i], h->manifest.uid, (gid_t)-1);
    }
    return true;
}

void holdings_reopen_logs(struct holdings *h, enum language called_as)
{
    for (uint32_t i = 0; i < h->manifest.logs.count; i++) {
        const struct manifest_log *l = &h->manifest.logs.items[i];
        if (l->path.len == 0)
            continue;
        int fd = open_log(l);
        if (fd < 0) {
            (void)say_log_failed(l, called_as);
            continue;
        }
        if (h->manifest.uid != UINT32_MAX && geteuid() == 0)
            (void)!fchown(fd, h->manifest.uid, (gid_t)-1);
        (void)close(h->logs[i]);
        h->logs[i] = fd;
    }
}

static int borrow_control(const struct manifest_control *want, const struct holdings *old,
                          struct held_path *path)
{
    for (uint32_t j = 0; old != NULL && j < old->manifest.controls.count; j++)
        if (address_eq(&old->manifest.controls.items[j].address, &want->address) && old->controls[j] >= 0) {
            *path = old->control_paths[j];
            return fcntl(old->controls[j], F_DUPFD_CLOEXEC, 3);
        }
    return -1;
}

static const char *path_of(const struct address *a)
{
    return address_family(a) == AF_UNIX && a->u.un.sun_path[0] != '\0' ? a->u.un.sun_path : NULL;
}

static struct held_path look_at_path(const struct address *a)
{
    struct stat st;

    if (path_of(a) == NULL || lstat(path_of(a), &st) < 0)
        return (struct held_path){ 0 };
    return (struct held_path){ st.st_dev, st.st_ino };
}

/*
 * A program that takes over from another one, by an upgrade or as HAProxy does it
 * always, takes the path over too: the other still listens there.
 */
static int open_control(const struct manifest_control *c, bool replace, struct socket_failure *why)
{
    struct socket_listen s = SOCKET_LISTEN_INIT;

    s.at = c->address;
    s.mode = c->mode == UINT32_MAX ? 0600 : (mode_t)c->mode;
    s.uid = (uid_t)c->uid;
    s.gid = (gid_t)c->gid;
    s.replace = replace;
    if (c->optional)
        make_folder(path_of(&c->address)); /* /run is empty after a boot */
    return socket_listen(&s, why);
}

static bool open_controls(struct holdings *h, const struct holdings *old, const struct inherited *left_to_us,
                          enum language as)
{
    bool upgrade = left_to_us != NULL && left_to_us->sockets.count > 0;

    for (uint32_t i = 0; i < h->manifest.controls.count; i++) {
        const struct manifest_control *c = &h->manifest.controls.items[i];
        struct socket_failure why = { 0 };

        h->controls[i] = borrow_control(c, old, &h->control_paths[i]);
        if (h->controls[i] >= 0)
            continue;
        h->controls[i] = open_control(c, upgrade || as == LANGUAGE_HAPROXY, &why);
        h->control_paths[i] = look_at_path(&c->address);
        if (h->controls[i] >= 0 || c->optional)
            continue;
        struct manifest_listener like = { .written = SPAN("the control socket"), .place = c->place };
        words_bind_failed(as, &like, &why);
        return false;
    }
    return true;
}

/* ---- all together ---- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void close_anew(struct holdings *h)
{
    for (uint32_t i = 0; h->listeners != NULL && i < h->manifest.listeners.count; i++)
        for (uint32_t s = 0; !h->borrowed[i] && s < h->manifest.listeners.items[i].sockets; s++)
            close_fd(&h->listeners[i][s]);
    for (uint32_t i = 0; h->logs != NULL && i < h->manifest.logs.count; i++)
        close_fd(&h->logs[i]);
    for (uint32_t i = 0; h->controls != NULL && i < h->manifest.controls.count; i++)
        close_fd(&h->controls[i]);
}

bool holdings_open(struct holdings *h, struct holdings *old, const struct inherited *left_to_us,
                   enum language called_as)
{
    bool ok = true;

    for (uint32_t i = 0; i < h->manifest.listeners.count; i++) {
        h->borrowed[i] = borrow(h, i, old);
        ok = ok && (h->borrowed[i] || open_listener(h, i, left_to_us, called_as));
        if (ok && h->manifest.listeners.items[i].floating)
            outlive_address(h, i);
    }
    ok = ok && open_logs(h, called_as) && open_controls(h, old, left_to_us, called_as);
    if (!ok)
        close_anew(h);
    return ok;
}

bool holdings_send_logs(const struct holdings *h, struct channel *to)
{
    for (uint32_t i = 0; i < h->manifest.logs.count; i++)
        if (h->logs[i] >= 0 && channel_hand(to, MESSAGE_LOG, i, 0, h->logs[i]) != FDPASS_OK)
            return false;
    return true;
}

bool holdings_send(const struct holdings *h, struct channel *to, int mirror, int health)
{
    uint64_t generation = h->manifest.generation;
    struct message memory = { .kind = MESSAGE_MEMORY, .fds = { mirror, health }, .fd_count = 2 };

    if (channel_hand(to, MESSAGE_BUNDLE, 0, generation, h->bundle) != FDPASS_OK)
        return false;
    for (uint32_t i = 0; i < h->manifest.listeners.count; i++)
        for (uint32_t s = 0; s < h->manifest.listeners.items[i].sockets; s++)
            if (channel_hand(to, MESSAGE_LISTENER, i, s, h->listeners[i][s]) != FDPASS_OK)
                return false;
    for (uint32_t i = 0; i < h->manifest.controls.count; i++)
        if (h->controls[i] >= 0 && channel_hand(to, MESSAGE_CONTROL, i, 0, h->controls[i]) != FDPASS_OK)
            return false;
    return holdings_send_logs(h, to) && channel_send(to, &memory) == FDPASS_OK &&
           channel_say(to, MESSAGE_PUBLISH, 0, generation) == FDPASS_OK;
}

void holdings_leave(struct holdings *h)
{
    for (uint32_t i = 0; h != NULL && i < h->manifest.listeners.count; i++)
        for (uint32_t s = 0; s < h->manifest.listeners.items[i].sockets; s++)
            close_fd(&h->listeners[i][s]);
    for (uint32_t i = 0; h != NULL && i < h->manifest.logs.count; i++)
        close_fd(&h->logs[i]);
    for (uint32_t i = 0; h != NULL && i < h->manifest.controls.count; i++)
        close_fd(&h->controls[i]);
    if (h != NULL)
        close_fd(&h->bundle);
}

static bool shares_socket(const struct holdings *next, int fd)
{
    for (uint32_t i = 0; next != NULL && i < next->manifest.listeners.count; i++)
        for (uint32_t s = 0; s < next->manifest.listeners.items[i].sockets; s++)
            if (next->listeners[i][s] == fd)
                return true;
    return false;
}

static void remove_path(const struct address *a)
{
    if (path_of(a) != NULL)
        (void)unlink(path_of(a));
}

/* Another program's socket may lie there by now. */
static void remove_own_path(const struct address *a, const struct held_path *ours)
{
    struct held_path there = look_at_path(a);

    if (there.file != 0 && there.file == ours->file && there.device == ours->device)
        remove_path(a);
}

static void close_controls(struct holdings *h, const struct holdings *next)
{
    for (uint32_t i = 0; h->controls != NULL && i < h->manifest.controls.count; i++) {
        const struct manifest_control *c = &h->manifest.controls.items[i];
        struct held_path path;
        int again = borrow_control(c, next, &path);
        if (again < 0 && h->controls[i] >= 0)
            remove_own_path(&c->address, &h->control_paths[i]);
        close_fd(&again);
        close_fd(&h->controls[i]);
    }
}

static void close_listeners(struct holdings *h, const struct holdings *next, bool leave_paths)
{
    for (uint32_t i = 0; h->listeners != NULL && i < h->manifest.listeners.count; i++) {
        const struct manifest_listener *l = &h->manifest.listeners.items[i];
        if (h->listeners[i][0] >= 0 && !shares_socket(next, h->listeners[i][0]) && l->inherited_fd < 0 &&
            !leave_paths)
            remove_path(&l->address);
        for (uint32_t s = 0; s < l->sockets; s++)
            if (!shares_socket(next, h->listeners[i][s]))
                close_fd(&h->listeners[i][s]);
    }
}

void holdings_stop_listening(struct holdings *h, bool others_listen)
{
    close_listeners(h, NULL, others_listen);
    close_controls(h, NULL);
}

void holdings_free(struct holdings **owner, const struct holdings *next)
{
    struct holdings *h = *owner;

    *owner = NULL;
    if (h == NULL)
        return;
    close_listeners(h, next, false);
    for (uint32_t i = 0; h->logs != NULL && i < h->manifest.logs.count; i++)
        close_fd(&h->logs[i]);
    close_controls(h, next);
    close_fd(&h->bundle);
    memfd_unmap(&h->manifest_map);
    struct arena *a = h->arena;
    arena_free(&a);
}
