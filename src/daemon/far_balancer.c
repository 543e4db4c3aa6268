/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/far_balancer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/buf.h"
#include "model/vrrp.h"
#include "state/vrrp_health.h"

#define ASK_EACH_MS 200
#define ANSWER_MOST ((size_t)1 << 20)

static const char question[] = "show health\n";

struct far_balancer {
    struct vrrp_health_shared *health;
    char *path;
    int fd;    /* -1: not asking */
    bool sent; /* the question is */
    instant ask_at;
    struct buf answer;
};

struct far_balancer *far_balancer_new(struct span path)
{
    struct far_balancer *f = calloc(1, sizeof(*f));

    if (f != NULL) {
        f->health = calloc(1, sizeof(*f->health));
        f->path = strndup(path.ptr, path.len);
    }
    if (f == NULL || f->health == NULL || f->path == NULL)
        oom_die(sizeof(*f->health));
    f->fd = -1;
    buf_init(&f->answer, ANSWER_MOST);
    atomic_store(&f->health->worker, VRRP_WORKER_STARTING);
    return f;
}

static void hang_up(struct far_balancer *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
    f->sent = false;
    buf_clear(&f->answer);
    f->answer.truncated = false;
}

void far_balancer_free(struct far_balancer **owner)
{
    struct far_balancer *f = *owner;

    *owner = NULL;
    if (f == NULL)
        return;
    hang_up(f);
    buf_fini(&f->answer);
    free(f->health);
    free(f->path);
    free(f);
}

struct span far_balancer_path(const struct far_balancer *f)
{
    return span_from(f->path);
}

struct vrrp_health_shared *far_balancer_health(struct far_balancer *f)
{
    return f->health;
}

struct pollfd far_balancer_wants(const struct far_balancer *f)
{
    return (struct pollfd){ .fd = f->fd, .events = f->sent ? POLLIN : POLLOUT };
}

instant far_balancer_next(const struct far_balancer *f)
{
    return f->fd < 0 ? f->ask_at : (instant){ UINT64_MAX };
}

/* ---- reading ---- */

static void read_turns(struct span rest, struct vrrp_health_shared *h)
{
    uint32_t count = 0;
    uint64_t n;

    while (rest.len > 0 && count < VRRP_HEALTH_THREADS) {
        struct span word = span_cut(&rest, ' ');
        if (!span_to_u64(word, UINT64_MAX, &n))
            break;
        atomic_store_explicit(&h->turns[count++], n, memory_order_relaxed);
    }
    atomic_store(&h->first, 0);
    atomic_store(&h->threads, count);
}

/* "2 3 haproxy:web", "1 1 nginx:site" */
static void read_item(struct span rest, enum vrrp_health_kind kind, struct vrrp_health_shared *h,
                      bool known[VRRP_HEALTH_ITEMS])
{
    uint64_t value, total;
    uint32_t wanted_kind;
    struct span v = span_cut(&rest, ' '), t = span_cut(&rest, ' ');

    if (!span_to_u64(v, UINT32_MAX, &value) || !span_to_u64(t, UINT32_MAX, &total))
        return;
    for (uint32_t i = 0; i < VRRP_HEALTH_ITEMS; i++) {
        struct span wanted = vrrp_health_name(h, i, &wanted_kind);
        if (wanted.len == 0)
            return;
        if (known[i] || wanted_kind != (uint32_t)kind || !vrrp_health_is(wanted, rest))
            continue;
        known[i] = true;
        vrrp_health_say(h, i, VRRP_ITEM_KNOWN, (uint32_t)value, (uint32_t)total);
    }
}

bool far_balancer_read(struct span answer, struct vrrp_health_shared *h)
{
    bool known[VRRP_HEALTH_ITEMS] = { false }, whole = false;
    uint32_t kind;

    if (span_find(answer, SPAN("\nend\n")) == SPAN_NONE)
        return false;
    while (answer.len > 0 && !whole) {
        struct span line = span_cut(&answer, '\n');
        struct span word = span_cut(&line, ' ');
        if (span_eq(word, SPAN("turns")))
            read_turns(line, h);
        else if (span_eq(word, SPAN("listener")))
            read_item(line, VRRP_HEALTH_LISTENER, h, known);
        else if (span_eq(word, SPAN("pool")))
            read_item(line, VRRP_HEALTH_POOL, h, known);
        else
            whole = span_eq(word, SPAN("end"));
    }
    for (uint32_t i = 0; i < VRRP_HEALTH_ITEMS && vrrp_health_name(h, i, &kind).len > 0; i++)
        if (!known[i])
            vrrp_health_say(h, i, VRRP_ITEM_ABSENT, 0, 0);
    return true;
}

/* ---- asking ---- */

static void say_gone(struct far_balancer *f, instant now)
{
    hang_up(f);
    f->ask_at = instant_after(now, DURATION_MS(ASK_EACH_MS));
    atomic_store(&f->health->worker, VRRP_WORKER_STARTING);
}

static void ask(struct far_balancer *f, instant now)
{
    struct address at;

    f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (f->fd < 0 || !address_unix(span_from(f->path), false, &at)) {
        say_gone(f, now);
        return;
    }
    if (connect(f->fd, &at.u.sa, at.len) == 0)
        return;
    if (errno != EAGAIN) {
        say_gone(f, now);
        return;
    }
    hang_up(f); /* many wait there already: it hangs, and its counters stand still */
    f->ask_at = instant_after(now, DURATION_MS(ASK_EACH_MS));
}

static void take_answer(struct far_balancer *f, instant now)
{
    struct span answer = buf_span(&f->answer);

    if (f->answer.truncated || !far_balancer_read(answer, f->health)) {
        say_gone(f, now);
        return;
    }
    atomic_store(&f->health->worker, VRRP_WORKER_SERVING);
    hang_up(f);
    f->ask_at = instant_after(now, DURATION_MS(ASK_EACH_MS));
}

static void hear(struct far_balancer *f, instant now)
{
    char room[8192];

    for (;;) {
        ssize_t n = recv(f->fd, room, sizeof(room), 0);
        if (n > 0) {
            buf_put(&f->answer, span_of(room, (size_t)n));
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        take_answer(f, now);
        return;
    }
}

void far_balancer_turn(struct far_balancer *f, instant now)
{
    if (f->fd < 0 && now.us >= f->ask_at.us)
        ask(f, now);
    if (f->fd < 0)
        return;
    if (!f->sent) {
        f->sent = send(f->fd, question, sizeof(question) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(question) - 1;
        if (!f->sent && errno != EAGAIN)
            say_gone(f, now);
        return;
    }
    hear(f, now);
}
