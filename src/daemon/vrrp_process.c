/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/vrrp_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/common/world.h"
#include "daemon/build.h"
#include "daemon/confine.h"
#include "daemon/far_balancer.h"
#include "daemon/record.h"
#include "daemon/runner.h"
#include "daemon/words.h"
#include "os/event.h"
#include "os/memfd.h"
#include "os/process.h"
#include "vrrp/vrrp.h"

#define BUNDLE_MAX    ((size_t)1 << 30)
#define STATUS_MS     250 /* its own words about itself are as old as that */
#define MESSAGES_TURN 64
#define DUMP_MOST     ((size_t)64 << 20)

/* What one generation was built from. */
struct build_of {
    struct memfd_map bundle;
    struct arena *arena;
    struct diags *diags;
    struct config *config;
};

struct keeper {
    const struct vrrp_process_options *options;
    struct channel *parent;
    int signals;
    int bundle; /* what is arriving */
    struct memfd_map health, memory;
    bool has_balancer;
    struct far_balancer *far; /* a balancer in another program; NULL: none */
    struct build_of *current;
    struct vrrp *vrrp; /* NULL before the first PUBLISH */
    uint64_t generation;
    instant status_at;
    struct buf status;
    bool ended;
    int exit_code;
};

/* ---- the model ---- */

static void build_free(struct build_of **owner)
{
    struct build_of *b = *owner;

    *owner = NULL;
    if (b == NULL)
        return;
    config_free(&b->config);
    diags_free(&b->diags);
    arena_free(&b->arena);
    memfd_unmap(&b->bundle);
    free(b);
}

/* The rest is the worker's: no key and no password of it is looked at here. */
static void leave_own_files(struct plan *p, const struct world *w)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < p->files.count; i++) {
        const struct plan_file *f = &p->files.items[i];
        struct answer a =
            f->language == LANGUAGE_NONE ? world_ask(w, ASK_FILE, f->path) : (struct answer){ 0 };
        if (build_dialect_of(f, a.error ? SPAN("") : a.bytes)->language == LANGUAGE_KEEPALIVED)
            p->files.items[kept++] = *f;
    }
    p->files.count = kept;
}

static bool read_bundle(struct build_of *b, int fd)
{
    struct plan plan;

    if (!memfd_is_sealed(fd) || !memfd_map(fd, BUNDLE_MAX, &b->bundle))
        return false;
    struct bundle *bundle = bundle_open(b->arena, memfd_span(&b->bundle));
    if (bundle == NULL)
        return false;
    struct world world = bundle_world(bundle);
    struct answer a = world_ask(&world, ASK_PLAN, SPAN(""));
    if (a.error != 0 || !plan_read(b->arena, a.bytes, &plan))
        return false;
    leave_own_files(&plan, &world);
    b->config = build_config(&plan, &world, b->diags);
    return b->config != NULL && b->config->vrrp != NULL;
}

static struct build_of *build(int fd)
{
    struct build_of *b = calloc(1, sizeof(*b));

    if (b == NULL)
        oom_die(sizeof(*b));
    b->arena = arena_new(0);
    b->diags = diags_new();
    if (!read_bundle(b, fd))
        build_free(&b);
    return b;
}

/* ---- what vrrp asks of its host ---- */

static void on_log(void *self, const struct diag_kind *kind, const struct span *args)
{
    static const enum words_level levels[] = {
        [SEVERITY_NOTE] = WORDS_NOTICE, [SEVERITY_WARNING] = WORDS_WARNING, [SEVERITY_ERROR] = WORDS_ERROR
    };
    const struct keeper *p = self;
    struct buf text;
    char room[1024];

    buf_init_fixed(&text, room, sizeof(room));
    vrrp_sentence(&text, kind, args,
                  p->options->language == LANGUAGE_KEEPALIVED ? "keepalived" : words_language());
    words_say(p->options->language, levels[kind->severity], "%.*s", (int)text.len, text.data);
}

static bool on_run(void *self, uint32_t ticket, uint32_t command, const struct span *args, uint32_t count)
{
    struct keeper *p = self;
    struct buf more;
    char room[2048];

    buf_init_fixed(&more, room, sizeof(room));
    if (count > 0)
        record_u32(&more, count);
    for (uint32_t i = 0; i < count; i++)
        record_span(&more, args[i]);
    struct message m = {
        .kind = MESSAGE_RUN, .index = command, .number = p->generation << 32 | ticket, .text = buf_span(&more)
    };
    return !more.truncated && channel_send(p->parent, &m) == FDPASS_OK;
}

static void on_kill(void *self, uint32_t ticket)
{
    struct keeper *p = self;

    (void)!channel_say(p->parent, MESSAGE_KILL, 0, ticket);
}

/* ---- publishing ---- */

static void refuse(struct keeper *p, struct span why)
{
    struct message m = { .kind = MESSAGE_REFUSED, .number = p->generation, .text = why };

    (void)!channel_send(p->parent, &m);
    p->exit_code = 1;
    p->ended = true;
}

static struct vrrp_health_shared *health_of(struct keeper *p)
{
    if (p->far != NULL)
        return far_balancer_health(p->far);
    return p->has_balancer ? p->health.base : NULL;
}

static void ask_far(struct keeper *p, const struct vrrp_config *c)
{
    if (p->far != NULL && span_eq(far_balancer_path(p->far), c->control_socket))
        return;
    far_balancer_free(&p->far);
    if (c->control_socket.len > 0)
        p->far = far_balancer_new(c->control_socket);
}

static bool enter_network(struct keeper *p, const struct vrrp_config *c)
{
    struct span name = p->options->net_namespace.len ? p->options->net_namespace : c->net_namespace;

    if (process_enter_network(name))
        return true;
    words_say(p->options->language, WORDS_ERROR, "the network namespace %.*s: %m", SPAN_ARGS(name));
    return false;
}

/* Sockets and FIFOs while we may still be anybody; addresses only when we may do nothing else any more. */
static bool open_first(struct keeper *p, const struct vrrp_config *c)
{
    struct vrrp_options o = {
        .host = { .self = p, .log = on_log, .run = on_run, .kill = on_kill },
        .memory = p->memory.base,
        .health = health_of(p),
        .keep_addresses = p->options->keep_addresses,
    };
    struct buf why;
    char room[512];

    buf_init_fixed(&why, room, sizeof(room));
    vrrp_prioritise(c);
    if (!enter_network(p, c)) {
        refuse(p, SPAN("its network namespace cannot be entered"));
        return false;
    }
    p->vrrp = vrrp_open(c, &o, &why);
    if (p->vrrp == NULL || !confine_vrrp()) {
        refuse(p, why.len ? buf_span(&why) : SPAN("it could not give its privileges up"));
        return false;
    }
    return true;
}

static void publish(struct keeper *p, uint64_t generation, bool has_balancer)
{
    struct build_of *b = build(p->bundle);

    p->generation = generation; /* from here on scripts are numbered as the new file numbers them */
    (void)close(p->bundle);
    p->bundle = -1;
    if (b == NULL) {
        refuse(p, SPAN("the bundle does not build; this is a bug"));
        return;
    }
    p->has_balancer = has_balancer;
    ask_far(p, b->config->vrrp);
    if (p->vrrp == NULL) {
        if (!open_first(p, b->config->vrrp)) {
            build_free(&b);
            return;
        }
    } else {
        vrrp_set_health(p->vrrp, health_of(p));
        vrrp_reload(p->vrrp, b->config->vrrp, clock_now());
    }
    build_free(&p->current);
    p->current = b;
    p->status_at = (instant){ 0 };
    if (p->options->daemonized && !process_close_standard(-1))
        words_say(p->options->language, WORDS_WARNING, "the standard streams stay open: %m");
    if (channel_say(p->parent, MESSAGE_READY, 0, generation) != FDPASS_OK)
        p->ended = true;
}

/* ---- what is said about itself ---- */

static void put_dump(struct keeper *p, enum vrrp_dump which, struct buf *out)
{
    switch (which) {
    case DUMP_DATA:
        vrrp_put_data(p->vrrp, out, clock_now());
        return;
    case DUMP_STATS:
    case DUMP_STATS_CLEAR:
        vrrp_put_stats(p->vrrp, out, which == DUMP_STATS_CLEAR);
        return;
    case DUMP_JSON:
    case DUMP_KINDS:
        vrrp_status(p->vrrp, out, clock_now());
        return;
    }
}

static void dump(struct keeper *p, uint32_t which, int fd)
{
    struct buf text;

    buf_init(&text, DUMP_MOST);
    if (p->vrrp != NULL && which < DUMP_KINDS)
        put_dump(p, (enum vrrp_dump)which, &text);
    for (size_t at = 0; at < text.len;) { /* what there is of it stays */
        ssize_t n = write(fd, text.data + at, text.len - at);
        if (n <= 0 && errno != EINTR) {
            words_say(
                p->options->language, WORDS_ERROR, "cannot write what was asked for: /tmp/keepalived.*: %s",
                errno == ENOSPC ? "no room on that disk; make some and ask again" : strerrordesc_np(errno));
            break;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    buf_fini(&text);
    (void)close(fd);
}

static void put_status(struct keeper *p, instant now)
{
    struct vrrp_health_shared *shared = p->health.base;

    if (shared == NULL || now.us < p->status_at.us)
        return;
    p->status_at = instant_after(now, DURATION_MS(STATUS_MS));
    buf_clear(&p->status);
    vrrp_status(p->vrrp, &p->status, now);
    buf_put_char(&p->status, '\0');
    vrrp_put_rows(p->vrrp, &p->status, now);
    if (!p->status.truncated)
        vrrp_status_publish(shared, buf_span(&p->status));
    p->status.truncated = false;
}

static void take_wish(struct keeper *p)
{
    struct vrrp_health_shared *shared = p->health.base;
    struct span name;
    bool away;

    if (shared == NULL || !vrrp_wish_get(shared, &name, &away))
        return;
    (void)vrrp_give_away(p->vrrp, name, away,
                         clock_now()); /* a name that it does not know any more is gone */
    vrrp_wish_taken(shared);
}

/* ---- what the parent says ---- */

static void take_memory(struct keeper *p, const struct message *m)
{
    if (p->health.base == NULL)
        (void)!memfd_map_shared(m->fds[0], sizeof(struct vrrp_health_shared), &p->health);
    if (p->memory.base == NULL)
        (void)!memfd_map_shared(m->fds[1], sizeof(struct vrrp_memory), &p->memory);
    (void)close(m->fds[0]);
    (void)close(m->fds[1]);
}

static void on_ran(struct keeper *p, const struct message *m)
{
    static const enum track_end ends[] = { [RUNNER_EXITED] = TRACK_EXITED,
                                           [RUNNER_SIGNALED] = TRACK_SIGNALED,
                                           [RUNNER_NOT_STARTED] = TRACK_NOT_STARTED };
    uint32_t end = m->index & 0xff;

    if (p->vrrp != NULL && end < COUNT_OF(ends))
        vrrp_on_script(p->vrrp, (uint32_t)m->number, ends[end], (int)(m->index >> 8), clock_now());
}

static void on_message(struct keeper *p, const struct message *m)
{
    switch ((unsigned)m->kind) {
    case MESSAGE_BUNDLE:
        BUG_ON(m->fd_count != 1);
        if (p->bundle >= 0)
            (void)close(p->bundle);
        p->bundle = m->fds[0];
        return;
    case MESSAGE_MEMORY:
        BUG_ON(m->fd_count != 2);
        take_memory(p, m);
        return;
    case MESSAGE_PUBLISH:
        publish(p, m->number, m->index != 0);
        return;
    case MESSAGE_RAN:
        on_ran(p, m);
        return;
    case MESSAGE_DUMP:
        BUG_ON(m->fd_count != 1);
        dump(p, m->index, m->fds[0]);
        return;
    default:
        BUG_ON(true);
    }
}

static void on_channel(struct keeper *p)
{
    struct message m;

    for (int i = 0; i < MESSAGES_TURN && !p->ended; i++) {
        enum fdpass_result result = channel_receive(p->parent, &m);
        if (result == FDPASS_AGAIN)
            return;
        if (result == FDPASS_OK)
            on_message(p, &m);
        else
            p->ended = true; /* the parent is dead: the addresses go, with a goodbye */
    }
}

/* Scripts of the real one send signals to the pid of this process too: the parent decides. */
static void on_signals(struct keeper *p)
{
    struct signalfd_siginfo info;

    for (int n; (n = event_signals_take(p->signals, &info)) > 0;) {
        p->ended = p->ended || n == SIGTERM;
        if (n == SIGHUP)
            (void)!channel_say(p->parent, MESSAGE_COMMAND, COMMAND_RELOAD, 0);
        else if (n == SIGUSR1 || n == SIGUSR2)
            (void)!channel_say(p->parent, MESSAGE_COMMAND, COMMAND_DUMP,
                               n == SIGUSR1 ? DUMP_DATA : DUMP_STATS);
    }
}

/* ---- the loop ---- */

static instant earlier(instant a, instant b)
{
    return b.us < a.us ? b : a;
}

static struct timespec patience(const struct keeper *p)
{
    instant now = clock_now(), next = { now.us + UINT64_C(3600000000) };

    if (p->vrrp != NULL)
        next = earlier(earlier(next, vrrp_next(p->vrrp)), p->health.base ? p->status_at : next);
    if (p->far != NULL)
        next = earlier(next, far_balancer_next(p->far));
    uint64_t us = instant_us_between(now, next);
    return (struct timespec){ .tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000 };
}

/* By this the parent knows that we do not hang. */
static void count_turn(struct keeper *p)
{
    struct vrrp_health_shared *shared = p->health.base;

    if (shared != NULL)
        atomic_fetch_add_explicit(&shared->vrrp_turns, 1, memory_order_relaxed);
}

static void turn(struct keeper *p)
{
    struct pollfd fds[4] = {
        { .fd = p->parent->fd, .events = POLLIN },
        { .fd = p->signals, .events = POLLIN },
        { .fd = p->vrrp ? vrrp_fd(p->vrrp) : -1, .events = POLLIN },
        { .fd = -1 },
    };
    struct timespec wait = patience(p);

    if (p->far != NULL)
        fds[3] = far_balancer_wants(p->far);
    if (ppoll(fds, COUNT_OF(fds), &wait, NULL) < 0 && errno != EINTR)
        return;
    count_turn(p);
    /* First the network: what else there is may take its time. */
    if (p->vrrp != NULL)
        vrrp_turn(p->vrrp, clock_now());
    if (fds[1].revents != 0)
        on_signals(p);
    if (fds[0].revents != 0)
        on_channel(p);
    if (p->far != NULL)
        far_balancer_turn(p->far, clock_now());
    if (p->vrrp != NULL && !p->ended) {
        take_wish(p);
        put_status(p, clock_now());
    }
}

int vrrp_process_run(const struct vrrp_process_options *o, struct channel *parent)
{
    static const int taken[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGPIPE, 0 };
    struct keeper p = { .options = o, .parent = parent, .bundle = -1 };
    struct vrrp_health_shared *shared;

    p.signals = event_signals_open(taken);
    /* Nobody waits for the other: a parent that is busy must not cost an advert. */
    if (p.signals < 0 || fcntl(parent->fd, F_SETFL, O_NONBLOCK) < 0)
        return 1;
    clock_load_zone();
    buf_init(&p.status, VRRP_STATUS_MOST);
    while (!p.ended)
        turn(&p);
    if (p.vrrp != NULL)
        vrrp_stop(p.vrrp, clock_now());
    vrrp_close(&p.vrrp);
    shared = p.health.base;
    if (shared != NULL)
        vrrp_status_publish(shared, SPAN(""));
    far_balancer_free(&p.far);
    build_free(&p.current);
    buf_fini(&p.status);
    memfd_unmap(&p.health);
    memfd_unmap(&p.memory);
    return p.exit_code;
}
