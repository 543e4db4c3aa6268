/* SPDX-License-Identifier: Apache-2.0 */
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/acceptor.h"

static struct loop *new_loop(struct loop_options o)
{
    struct loop *l = loop_new(&o);
    assert_non_null(l);
    return l;
}

/* --- watches --- */
struct eye {
    struct watch watch;
    struct grave grave;
    struct loop *loop;
    struct eye *other; /* closed and buried by the first of the two that is called */
    unsigned *calls;
};

static void eye_release(struct grave *g)
{
    free(CONTAINER_OF(g, struct eye, grave));
}

static void eye_on_event(struct watch *w, uint32_t events)
{
    struct eye *e = CONTAINER_OF(w, struct eye, watch), *other = e->other;

    (void)events;
    ++*e->calls;
    if (!other)
        return;
    other->other = NULL;
    int fd = other->watch.fd;
    loop_unwatch_closing(&other->watch);
    (void)close(fd);
    loop_bury(e->loop, &other->grave, eye_release);
}

/* Two fds are ready in one batch; whoever comes first frees the other. */
static void test_an_event_meets_no_freed_memory(void **state)
{
    struct loop *l = new_loop((struct loop_options){ 0 });
    struct eye *eyes[2];
    unsigned calls = 0;
    int fds[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        eyes[i] = calloc(1, sizeof(**eyes));
        eyes[i]->loop = l;
        eyes[i]->calls = &calls;
        fds[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
        assert_true(loop_watch(l, &eyes[i]->watch, fds[i], eye_on_event));
    }
    eyes[0]->other = eyes[1];
    eyes[1]->other = eyes[0];
    loop_turn(l, 1000);
    assert_int_equal(calls, 1);
    struct eye *left = eyes[0]->watch.on_event ? eyes[0] : eyes[1];
    (void)close(left->watch.fd);
    free(left);
    loop_turn(l, 0);
    loop_free(&l);
    assert_null(l);
}

static unsigned fresh_calls;
static void on_fresh(struct watch *w, uint32_t events)
{
    (void)w, (void)events;
    fresh_calls++;
}

struct swap {
    struct watch first, second;
    struct loop *loop;
    int fresh;
    bool swapped;
};

static void swap_second(struct swap *s, struct watch *w)
{
    if (s->swapped)
        return;
    s->swapped = true;
    int old = w->fd;
    loop_unwatch_closing(w);
    (void)close(old);
    assert_true(loop_watch(s->loop, w, s->fresh, on_fresh));
}
static void on_first(struct watch *w, uint32_t events)
{
    struct swap *s = CONTAINER_OF(w, struct swap, first);
    (void)events;
    swap_second(s, &s->second);
}
static void on_second(struct watch *w, uint32_t events)
{
    struct swap *s = CONTAINER_OF(w, struct swap, second);
    (void)events;
    swap_second(s, &s->first);
}

/* A struct that gets a new fd in the middle of a batch must not get the old fd's event. */
static void test_a_new_fd_does_not_get_the_old_ones_event(void **state)
{
    struct loop *l = new_loop((struct loop_options){ 0 });
    struct swap s = { .loop = l };
    int silent[2];

    (void)state;
    fresh_calls = 0;
    loop_turn(l, 0); /* the loop's own first event */
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, silent), 0);
    s.fresh = silent[0];
    assert_true(loop_watch(l, &s.first, eventfd(1, EFD_NONBLOCK), on_first));
    assert_true(loop_watch(l, &s.second, eventfd(1, EFD_NONBLOCK), on_second));
    loop_turn(l, 1000);
    assert_true(s.swapped);
    assert_int_equal(fresh_calls, 0);
    loop_turn(l, 1000); /* its own: there is room to write */
    assert_int_equal(fresh_calls, 1);
    (void)close(s.first.fd);
    (void)close(s.second.fd);
    (void)close(silent[1]);
    loop_free(&l);
}

/* --- deferred work --- */
struct worker {
    struct deferred deferred;
    struct loop *loop;
    unsigned runs, want;
    struct worker *cancels;
};
static void worker_run(struct deferred *d)
{
    struct worker *w = CONTAINER_OF(d, struct worker, deferred);

    w->runs++;
    if (w->cancels)
        loop_undefer(&w->cancels->deferred);
    if (w->runs < w->want)
        loop_defer(w->loop, d);
}

static void test_deferred_work_goes_on_a_turn_later(void **state)
{
    struct loop *l = new_loop((struct loop_options){ .heartbeat = DURATION_NONE });
    struct worker w = { .loop = l, .want = 3 };

    (void)state;
    deferred_init(&w.deferred, worker_run);
    loop_defer(l, &w.deferred);
    loop_defer(l, &w.deferred);
    for (unsigned i = 1; i <= 3; i++) {
        loop_turn(l, 60000); /* does not sleep: the test would take minutes */
        assert_int_equal(w.runs, i);
    }
    loop_turn(l, 1);
    assert_int_equal(w.runs, 3);
    loop_free(&l);
}

static void test_deferred_work_can_be_cancelled_by_other_deferred_work(void **state)
{
    struct loop *l = new_loop((struct loop_options){ 0 });
    struct worker a = { .loop = l }, b = { .loop = l };

    (void)state;
    deferred_init(&a.deferred, worker_run);
    deferred_init(&b.deferred, worker_run);
    a.cancels = &b;
    loop_defer(l, &a.deferred);
    loop_defer(l, &b.deferred);
    loop_turn(l, 0);
    loop_turn(l, 0);
    assert_int_equal(a.runs, 1);
    assert_int_equal(b.runs, 0);
    loop_free(&l);
}

/* --- time --- */
static bool fired;
static void on_expired(struct deadline *d)
{
    (void)d;
    fired = true;
}

static void test_a_deadline_wakes_the_loop(void **state)
{
    struct loop *l = new_loop((struct loop_options){ .spin_us = 50 });
    struct deadline d;
    instant begin = loop_now(l);

    (void)state;
    fired = false;
    deadline_init(&d, on_expired);
    loop_set_deadline(l, &d, DURATION_MS(30));
    for (unsigned i = 0; !fired && i < 100; i++)
        loop_turn(l, 60000);
    assert_true(fired);
    assert_in_range(instant_ms_between(begin, loop_now(l)), 30, 5000);
    loop_forget_deadline(l, &d);
    loop_free(&l);
}

static void test_the_wall_clock_is_read_once_a_turn(void **state)
{
    struct loop *l = new_loop((struct loop_options){ 0 });
    uint64_t first = loop_wall_us(l);

    (void)state;
    (void)usleep(2000);
    assert_int_equal(loop_wall_us(l), first);
    assert_int_equal(strlen(loop_wall_text(l)->error), strlen("2026/11/22 12:00:31"));
    loop_turn(l, 0);
    assert_true(loop_wall_us(l) > first);
    loop_free(&l);
}

static void test_an_idle_loop_turns_at_its_heartbeat(void **state)
{
    _Atomic uint64_t turns = 0;
    struct loop *l = new_loop((struct loop_options){ .heartbeat = DURATION_MS(5), .turns = &turns });

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        loop_turn(l, 60000);
    assert_int_equal(atomic_load(&turns), 4);
    loop_free(&l);
}

/* --- mail --- */
enum { SENDERS = 2, LETTERS = 20000 };

struct letter {
    struct task task;
    unsigned sender, number;
    struct office *office;
};
struct office {
    struct loop *loop;
    unsigned next[SENDERS]; /* the number that must come next; of the loop's thread */
    unsigned received;
    bool in_order;
};

static void on_letter(struct task *t)
{
    struct letter *letter = CONTAINER_OF(t, struct letter, task);
    struct office *o = letter->office;

    if (o->next[letter->sender]++ != letter->number)
        o->in_order = false;
    free(letter);
    if (++o->received == SENDERS * LETTERS)
        loop_stop(o->loop);
}

struct sender {
    pthread_t thread;
    unsigned number;
    struct office *office;
};
static void *send_letters(void *arg)
{
    struct sender *s = arg;

    for (unsigned i = 0; i < LETTERS; i++) {
        struct letter *letter = malloc(sizeof(*letter));
        *letter = (struct letter){ .sender = s->number, .number = i, .office = s->office };
        loop_post(s->office->loop, &letter->task, on_letter);
        if (i % 512 == 0)
            (void)usleep(200); /* lets the loop fall asleep now and then */
    }
    return NULL;
}

static void run_office(uint32_t spin_us)
{
    struct office o = { .in_order = true };
    struct sender senders[SENDERS];

    o.loop = new_loop((struct loop_options){ .spin_us = spin_us });
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){ .number = i, .office = &o };
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_letters, &senders[i]), 0);
    }
    loop_run(o.loop);
    for (unsigned i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_join(senders[i].thread, NULL), 0);
    assert_int_equal(o.received, SENDERS * LETTERS);
    assert_true(o.in_order);
    loop_free(&o.loop);
}

static void test_mail_of_two_threads_comes_whole_and_in_order(void **state)
{
    (void)state;
    run_office(0);
}

static void test_mail_comes_to_a_spinning_loop(void **state)
{
    (void)state;
    run_office(50);
}

static void *stop_soon(void *arg)
{
    (void)usleep(20000);
    loop_stop(arg);
    return NULL;
}

static void test_stop_wakes_a_sleeping_loop(void **state)
{
    struct loop *l = new_loop((struct loop_options){ .heartbeat = DURATION_NONE });
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, l), 0);
    loop_run(l);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(loop_stats(l)->sleeps >= 1);
    loop_free(&l);
}

/* --- spinning --- */
static void test_spinning_is_given_up_when_nothing_comes(void **state)
{
    struct loop *l = new_loop((struct loop_options){ .spin_us = 50 });

    (void)state;
    for (unsigned i = 0; i < 300; i++)
        loop_turn(l, 1);
    const struct loop_stats *s = loop_stats(l);
    assert_true(s->spins_lost >= 1);
    assert_true(s->spins_lost < 20); /* 300 waits: probes after 1, 2, 4, ... of them */
    loop_free(&l);
}

/* --- acceptor --- */
struct door {
    struct acceptor acceptor;
    unsigned count, limit;
    int fds[64];
};

static bool door_on_accept(struct acceptor *a, int fd, const struct address *peer)
{
    struct door *d = CONTAINER_OF(a, struct door, acceptor);

    assert_int_equal(address_family(peer), AF_INET);
    d->fds[d->count++] = fd;
    return d->count != d->limit;
}

static int listen_on_loopback(struct address *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(address_parse_ip(SPAN("127.0.0.1"), at));
    assert_return_code(bind(fd, &at->u.sa, at->len), 0);
    assert_return_code(listen(fd, 64), 0);
    assert_return_code(getsockname(fd, &at->u.sa, &at->len), 0);
    return fd;
}

static int dial(const struct address *to)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_return_code(connect(fd, &to->u.sa, to->len), 0);
    return fd;
}

static void door_close(struct door *d)
{
    acceptor_close(&d->acceptor);
    for (unsigned i = 0; i < d->count; i++)
        (void)close(d->fds[i]);
}

static void test_accepts_all_of_a_burst(void **state)
{
    struct loop *l = new_loop((struct loop_options){ 0 });
    struct door d = { 0 };
    struct address at;
    int listener = listen_on_loopback(&at), clients[20];

    (void)state;
    assert_true(acceptor_open(&d.acceptor, l, listener, 4, door_on_accept));
    for (unsigned i = 0; i < 20; i++)
        clients[i] = dial(&at);
    for (unsigned i = 0; i < 30 && d.count < 20; i++)
        loop_turn(l, 100);
    assert_int_equal(d.count, 20);
    door_close(&d);
    for (unsigned i = 0; i < 20; i++)
        (void)close(clients[i]);
    (void)close(listener);
    loop_free(&l);
}

static void test_rests_without_descriptors_and_recovers(void **state)
{
    struct loop *l = new_loop((struct loop_options){ 0 });
    struct door d = { 0 };
    struct address at;
    int listener = listen_on_loopback(&at);
    struct rlimit before, none;

    (void)state;
    loop_turn(l, 0);
    assert_true(acceptor_open(&d.acceptor, l, listener, 0, door_on_accept));
    int client = dial(&at);
    assert_return_code(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){ .rlim_cur = 3, .rlim_max = before.rlim_max };
    assert_return_code(setrlimit(RLIMIT_NOFILE, &none), 0);
    loop_turn(l, 1000);
    assert_true(d.acceptor.resting);
    assert_int_equal(d.acceptor.exhausted, 1);
    uint64_t turns = loop_stats(l)->turns;
    loop_turn(l, 20); /* the listener is ready all the time, and yet this sleeps */
    loop_turn(l, 20);
    assert_int_equal(loop_stats(l)->turns, turns + 2);
    assert_int_equal(d.acceptor.exhausted, 1);

    assert_return_code(setrlimit(RLIMIT_NOFILE, &before), 0);
    instant begin = loop_now(l);
    while (d.count == 0 && instant_ms_between(begin, loop_now(l)) < 3000)
        loop_turn(l, 1000);
    assert_int_equal(d.count, 1);
    assert_true(instant_ms_between(begin, loop_now(l)) < 1000); /* 200 ms, and some for a busy machine */
    door_close(&d);
    (void)close(client);
    (void)close(listener);
    loop_free(&l);
}

static void test_rests_when_the_owner_says_so(void **state)
{
    struct loop *l = new_loop((struct loop_options){ 0 });
    struct door d = { .limit = 1 };
    struct address at;
    int listener = listen_on_loopback(&at), one = dial(&at), two = dial(&at);

    (void)state;
    assert_true(acceptor_open(&d.acceptor, l, listener, 0, door_on_accept));
    for (unsigned i = 0; i < 5; i++)
        loop_turn(l, 10);
    assert_int_equal(d.count, 1);
    acceptor_resume(&d.acceptor);
    for (unsigned i = 0; i < 5 && d.count < 2; i++)
        loop_turn(l, 100);
    assert_int_equal(d.count, 2);
    door_close(&d);
    acceptor_close(&d.acceptor);
    (void)close(one);
    (void)close(two);
    (void)close(listener);
    loop_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_meets_no_freed_memory),
        cmocka_unit_test(test_a_new_fd_does_not_get_the_old_ones_event),
        cmocka_unit_test(test_deferred_work_goes_on_a_turn_later),
        cmocka_unit_test(test_deferred_work_can_be_cancelled_by_other_deferred_work),
        cmocka_unit_test(test_a_deadline_wakes_the_loop),
        cmocka_unit_test(test_the_wall_clock_is_read_once_a_turn),
        cmocka_unit_test(test_an_idle_loop_turns_at_its_heartbeat),
        cmocka_unit_test(test_mail_of_two_threads_comes_whole_and_in_order),
        cmocka_unit_test(test_mail_comes_to_a_spinning_loop),
        cmocka_unit_test(test_stop_wakes_a_sleeping_loop),
        cmocka_unit_test(test_spinning_is_given_up_when_nothing_comes),
        cmocka_unit_test(test_accepts_all_of_a_burst),
        cmocka_unit_test(test_rests_without_descriptors_and_recovers),
        cmocka_unit_test(test_rests_when_the_owner_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
