/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state machine: every state with every event for what must always hold,
 * then the stories of the RFCs and of the manual one by one, then whole networks
 * of machines in simulated time.
 */
#include "vrrp/fsm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "unit.h"

#define SECOND 1000000u

static struct fsm_config plain(void)
{
    return (struct fsm_config){ .version = 2,
                                .base_priority = 100,
                                .down_adverts = 3,
                                .interval_us = SECOND,
                                .preempt = true,
                                .answer_lower = true };
}

static bool did(const struct fsm_result *r, enum fsm_action a)
{
    for (int i = 0; i < r->count; i++)
        if (r->actions[i] == a)
            return true;
    return false;
}

/* A machine with its addresses, driven by hand. */
struct rig {
    struct fsm_config config;
    struct fsm f;
    instant now;
    struct fsm_result last;
    bool holds; /* the addresses */
    int sent;
    int last_sent; /* priority */
};

static void note_actions(struct rig *r)
{
    for (int i = 0; i < r->last.count; i++) {
        switch ((enum fsm_action)r->last.actions[i]) {
        case FSM_TAKE:
            assert_false(r->holds);
            r->holds = true;
            break;
        case FSM_RELEASE:
        case FSM_LET_GO:
            r->holds = false;
            break;
        case FSM_SEND:
            r->sent++;
            r->last_sent = fsm_advert_priority(&r->last.next);
            break;
        case FSM_SEND_GOODBYE:
            r->sent++;
            r->last_sent = 0;
            break;
        case FSM_ANNOUNCE_AGAIN:
        case FSM_TELL:
        case FSM_TELL_LOWER:
        case FSM_TWO_MASTERS:
        case FSM_ASK_GROUP:
        case FSM_ACTION_COUNT:
            break;
        }
    }
}

static enum fsm_state give(struct rig *r, struct fsm_event e)
{
    r->last = fsm_step(&r->config, &r->f, &e, r->now);
    note_actions(r);
    r->f = r->last.next;
    assert_int_equal(r->holds, fsm_is_master(r->f.state));
    return r->f.state;
}

static enum fsm_state event(struct rig *r, enum fsm_event_kind k)
{
    return give(r, (struct fsm_event){ .kind = k });
}

static enum fsm_state hear(struct rig *r, uint8_t priority, int source)
{
    return give(r, (struct fsm_event){ .kind = FSM_ADVERT,
                                       .priority = priority,
                                       .source = source,
                                       .interval_us = r->config.interval_us });
}

static void wait_us(struct rig *r, uint64_t us)
{
    r->now.us += us;
}

/* Lets time pass as a main loop would, and no more than <us>. */
static void run(struct rig *r, uint64_t us)
{
    instant end = { r->now.us + us };
    for (int turns = 0; turns < 10000; turns++) {
        instant next = fsm_next(&r->f);
        if (next.us > end.us)
            break;
        r->now.us = next.us > r->now.us ? next.us : r->now.us;
        event(r, FSM_TIME);
    }
    r->now = end;
}

static struct rig rig_at(struct fsm_config c, enum fsm_state state)
{
    struct rig r = { .config = c, .f = fsm_new(&c, false), .now = { 100 * (uint64_t)SECOND } };
    if (state == FSM_INIT)
        return r;
    if (state == FSM_FAULT)
        event(&r, FSM_FAIL);
    if (state == FSM_YIELDED || state == FSM_HOLDING)
        event(&r, FSM_YIELD);
    event(&r, state == FSM_MASTER || state == FSM_HOLDING ? FSM_RESUME : FSM_START);
    assert_int_equal(r.f.state, state);
    r.sent = 0;
    return r;
}

/* ---- every pair ---- */

static const uint8_t priorities[] = { 0, 1, 50, 99, 100, 101, 254, 255 };

static void check_pair(const struct fsm_config *c, enum fsm_state s, struct fsm_event e, uint64_t later)
{
    struct rig r = rig_at(*c, s);
    wait_us(&r, later);
    struct fsm before = r.f;
    bool held = r.holds;
    give(&r, e);
    const struct fsm *f = &r.f;
    /* The state and what is on the interface agree (give asserts the addresses). */
    bool changed = strcmp(fsm_state_word(before.state), fsm_state_word(f->state)) != 0;
    assert_int_equal(did(&r.last, FSM_TELL), changed);
    assert_int_equal(did(&r.last, FSM_TAKE), !held && r.holds);
    if (did(&r.last, FSM_TAKE))
        assert_int_equal(r.last.actions[0], FSM_SEND);
    /* A master that leaves on its own account says so first; one that is beaten does not. */
    if (held && !r.holds && e.kind != FSM_ADVERT)
        assert_int_equal(r.last.actions[0], FSM_SEND_GOODBYE);
    if (e.kind == FSM_ADVERT && held && !r.holds)
        assert_false(did(&r.last, FSM_SEND_GOODBYE));
    /* Conditions and states agree. */
    if (f->state == FSM_FAULT)
        assert_true(f->faulted);
    if (f->state != FSM_INIT && f->state != FSM_FAULT) {
        assert_false(f->faulted);
        assert_int_equal(f->reluctant, f->state == FSM_YIELDED || f->state == FSM_HOLDING);
    }
    /* Exactly the states that wait have a timer. */
    bool waits = f->state != FSM_INIT && f->state != FSM_FAULT;
    assert_int_equal(fsm_next(f).us != UINT64_MAX, waits);
    if (e.kind != FSM_PRIORITY)
        assert_int_equal(f->priority, before.priority);
    /* Nobody is beaten by less than it says. */
    if (e.kind == FSM_ADVERT && held && e.priority < fsm_advert_priority(&before))
        assert_true(r.holds);
    if (e.kind == FSM_ADVERT && !held)
        assert_false(r.holds);
}

static void every_state_with_every_event(void **state)
{
    (void)state;
    struct fsm_config configs[] = { plain(), plain(), plain(), plain(), plain() };
    configs[1].preempt = false;
    configs[2].version = 3, configs[2].interval_us = 100000, configs[2].answer_lower = false;
    configs[3].preempt_delay_us = 5 * SECOND, configs[3].answer_higher = true;
    configs[4].grouped = true;
    static const uint64_t laters[] = { 0, 1, 99999, 100000, SECOND, 3 * SECOND + 609375, 10 * SECOND };
    unsigned pairs = 0;
    for (size_t c = 0; c < COUNT_OF(configs); c++)
        for (int s = 0; s < FSM_STATE_COUNT; s++)
            for (int k = 0; k < FSM_EVENT_COUNT; k++)
                for (size_t p = 0; p < COUNT_OF(priorities); p++)
                    for (int source = -1; source <= 1; source++)
                        for (size_t l = 0; l < COUNT_OF(laters); l++, pairs++) {
                            struct fsm_event e = { (enum fsm_event_kind)k, priorities[p], SECOND, source };
                            if (k == FSM_PRIORITY && (e.priority == 0 || e.priority == 255))
                                continue; /* tracking never says these */
                            check_pair(&configs[c], (enum fsm_state)s, e, laters[l]);
                        }
    assert_true(pairs > 10000);
}

/* ---- the RFCs ---- */

static void becomes_master_after_three_intervals_and_the_skew(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_BACKUP);
    assert_int_equal(fsm_down_us(&r.config, &r.f), 3 * SECOND + 609375); /* 156 of 256 parts */
    run(&r, 3 * SECOND + 609374);
    assert_int_equal(r.f.state, FSM_BACKUP);
    run(&r, 1);
    assert_int_equal(r.f.state, FSM_MASTER);
    assert_int_equal(r.last_sent, 100);
}

static void skew_of_version_3_is_a_part_of_the_interval(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    c.version = 3, c.interval_us = 100000;
    struct rig r = rig_at(c, FSM_BACKUP);
    assert_int_equal(fsm_down_us(&c, &r.f), 300000 + 60937);
    /* A master with another interval is waited for by its own. */
    give(&r, (struct fsm_event){ FSM_ADVERT, 200, 2 * SECOND, 1 });
    assert_int_equal(fsm_down_us(&c, &r.f), 6 * SECOND + 1218750);
    run(&r, 7 * SECOND);
    assert_int_equal(r.f.state, FSM_BACKUP);
    run(&r, SECOND);
    assert_int_equal(r.f.state, FSM_MASTER);
    run(&r, 10 * SECOND); /* and as master it speaks by its own */
    assert_in_range(r.sent, 100, 110);
}

static void version_2_never_learns_an_interval(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_BACKUP);
    give(&r, (struct fsm_event){ FSM_ADVERT, 200, 9 * SECOND, 1 });
    assert_int_equal(fsm_down_us(&r.config, &r.f), 3 * SECOND + 609375);
}

static void goodbye_shortens_the_wait_to_the_skew(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_BACKUP);
    hear(&r, 200, 1);
    hear(&r, 0, 1);
    run(&r, 609374);
    assert_int_equal(r.f.state, FSM_BACKUP);
    run(&r, 1);
    assert_int_equal(r.f.state, FSM_MASTER);
}

static void adverts_keep_a_backup_a_backup(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_BACKUP);
    for (int i = 0; i < 20; i++) {
        run(&r, 3 * SECOND);
        hear(&r, i % 2 ? 100 : 101, -1); /* equal is respected too */
    }
    assert_int_equal(r.f.state, FSM_BACKUP);
}

static void a_weaker_master_is_preempted(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_BACKUP);
    for (int i = 0; i < 3; i++) {
        run(&r, SECOND);
        assert_int_equal(hear(&r, 50, 1), FSM_BACKUP);
    }
    run(&r, 609375);
    assert_int_equal(r.f.state, FSM_MASTER);
}

static void nopreempt_leaves_it_alone(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    c.preempt = false;
    struct rig r = rig_at(c, FSM_BACKUP);
    for (int i = 0; i < 30; i++) {
        run(&r, SECOND);
        assert_int_equal(hear(&r, 50, 1), FSM_BACKUP);
    }
    run(&r, 4 * SECOND); /* but silence is silence */
    assert_int_equal(r.f.state, FSM_MASTER);
}

static void preempt_delay_comes_before_the_master_down_interval(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    c.preempt_delay_us = 5 * SECOND;
    struct rig r = rig_at(c, FSM_BACKUP);
    uint64_t since = 0;
    for (; r.f.state == FSM_BACKUP && since < 60; since++) {
        hear(&r, 50, 1);
        run(&r, SECOND);
    }
    /* first heard at 0, left alone until 5, and the last one that counted was at 4 */
    assert_int_equal(since, 8);
    /* a stronger one in between starts the delay anew */
    r = rig_at(c, FSM_BACKUP);
    hear(&r, 50, 1);
    run(&r, 3 * SECOND);
    hear(&r, 200, 1);
    run(&r, 3 * SECOND);
    hear(&r, 50, 1);
    assert_int_equal(r.f.preempt_at.us, r.now.us + 5 * SECOND);
}

static void preempt_delay_does_not_delay_without_a_master(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    c.preempt_delay_us = 300 * SECOND;
    struct rig r = rig_at(c, FSM_BACKUP);
    run(&r, 4 * SECOND);
    assert_int_equal(r.f.state, FSM_MASTER);
}

static void a_master_speaks_without_drift(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_MASTER);
    for (int i = 0; i < 100; i++) { /* always 3 ms late */
        r.now.us = fsm_next(&r.f).us + 3000;
        event(&r, FSM_TIME);
        if (i == 0)
            assert_int_equal(r.sent, 1);
    }
    assert_int_equal(fsm_next(&r.f).us, (uint64_t)100 * SECOND + 101u * SECOND);
    /* Asleep for a minute: one advert, not sixty. */
    r.sent = 0;
    wait_us(&r, 60 * SECOND);
    run(&r, 0);
    assert_int_equal(r.sent, 1);
}

static void equal_priorities_are_decided_by_address(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_MASTER);
    assert_int_equal(hear(&r, 100, -1), FSM_MASTER);
    assert_int_equal(hear(&r, 100, 1), FSM_BACKUP);
}

static void a_stronger_master_is_given_way(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    struct rig r = rig_at(c, FSM_MASTER);
    assert_int_equal(hear(&r, 101, -1), FSM_BACKUP);
    assert_int_equal(r.sent, 0);
    assert_true(did(&r.last, FSM_LET_GO) && !did(&r.last, FSM_RELEASE)); /* it has not announced itself yet */
    c.answer_higher = true;
    r = rig_at(c, FSM_MASTER);
    assert_int_equal(hear(&r, 101, -1), FSM_BACKUP);
    assert_int_equal(r.sent, 1);
}

static void a_weaker_master_is_answered_and_announced_over(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    struct rig r = rig_at(c, FSM_MASTER);
    wait_us(&r, SECOND / 2);
    hear(&r, 50, 1);
    assert_int_equal(r.sent, 1);
    assert_true(did(&r.last, FSM_ANNOUNCE_AGAIN) && did(&r.last, FSM_TELL_LOWER));
    assert_false(did(&r.last, FSM_TWO_MASTERS)); /* it may have crossed ours */
    wait_us(&r, SECOND);
    hear(&r, 50, 1);
    assert_true(did(&r.last, FSM_TWO_MASTERS));
    /* Silence for more than three intervals, then one: a new story. */
    wait_us(&r, 4 * SECOND);
    hear(&r, 50, 1);
    assert_false(did(&r.last, FSM_TWO_MASTERS));
    c.answer_lower = false;
    r = rig_at(c, FSM_MASTER);
    wait_us(&r, SECOND / 2);
    hear(&r, 50, 1);
    assert_int_equal(r.sent, 0);
}

static void a_flood_of_weaker_adverts_is_answered_ten_times_a_second(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_MASTER);
    for (int i = 0; i < 6000; i++) {
        hear(&r, i % 2 ? 50 : 0, 1);
        run(&r, SECOND / 600);
    }
    assert_int_equal(r.f.state, FSM_MASTER);
    assert_in_range(r.sent, 10, 120);
}

static void an_owner_that_may_begins_as_master(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    c.base_priority = 255;
    struct rig r = rig_at(c, FSM_BACKUP); /* without `state MASTER` it listens */
    assert_int_equal(fsm_down_us(&c, &r.f), 3 * SECOND + 3906);
    c.start_master = true;
    r = rig_at(c, FSM_INIT);
    assert_int_equal(event(&r, FSM_START), FSM_MASTER);
    assert_int_equal(event(&r, FSM_FAIL), FSM_FAULT);
    assert_int_equal(event(&r, FSM_RECOVER), FSM_MASTER);
    c.base_priority = 254; /* `state MASTER` alone means nothing, as in keepalived */
    r = rig_at(c, FSM_INIT);
    assert_int_equal(event(&r, FSM_START), FSM_BACKUP);
}

static void stop_says_goodbye_only_as_master(void **state)
{
    (void)state;
    for (int s = 0; s < FSM_STATE_COUNT; s++) {
        struct rig r = rig_at(plain(), (enum fsm_state)s);
        assert_int_equal(event(&r, FSM_STOP), FSM_INIT);
        assert_int_equal(did(&r.last, FSM_SEND_GOODBYE), fsm_is_master((enum fsm_state)s));
        assert_int_equal(r.sent, fsm_is_master((enum fsm_state)s) ? 1 : 0);
    }
}

/* ---- addresses that were there before ---- */

static void leftover_addresses_are_adopted_or_dropped(void **state)
{
    (void)state;
    static const struct {
        enum fsm_event_kind kind;
        uint8_t priority;
        bool released;
    } cases[] = { { FSM_ADVERT, 101, true },
                  { FSM_ADVERT, 50, true },
                  { FSM_ADVERT, 0, false },
                  { FSM_FAIL, 0, true },
                  { FSM_STOP, 0, true } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fsm_config c = plain();
        struct fsm f = fsm_new(&c, true);
        struct fsm_event e = { FSM_START, 0, 0, 0 };
        struct fsm_result r = fsm_step(&c, &f, &e, (instant){ SECOND });
        assert_false(did(&r, FSM_RELEASE)); /* nobody else is known: let them serve */
        e = (struct fsm_event){ cases[i].kind, cases[i].priority, SECOND, 1 };
        r = fsm_step(&c, &r.next, &e, (instant){ 2 * SECOND });
        assert_int_equal(did(&r, FSM_RELEASE), cases[i].released);
        assert_int_equal(r.next.leftover, !cases[i].released);
        if (cases[i].kind == FSM_ADVERT && cases[i].released) { /* once */
            r = fsm_step(&c, &r.next, &e, (instant){ 2 * SECOND });
            assert_false(did(&r, FSM_RELEASE));
        }
    }
    struct fsm_config c = plain();
    struct fsm f = fsm_new(&c, true);
    struct fsm_event e = { FSM_STOP, 0, 0, 0 };
    struct fsm_result r = fsm_step(&c, &f, &e, (instant){ SECOND });
    assert_true(did(&r, FSM_RELEASE)); /* also when it never began */
}

static void resume_takes_the_addresses_at_once(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_INIT);
    assert_int_equal(event(&r, FSM_RESUME), FSM_MASTER);
    assert_int_equal(r.last_sent, 100);
    r = rig_at(plain(), FSM_INIT);
    event(&r, FSM_FAIL);
    assert_int_equal(event(&r, FSM_RESUME), FSM_FAULT);
}

/* ---- conditions ---- */

static void a_priority_that_falls_moves_the_timer(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_BACKUP);
    uint64_t before = r.f.down_at.us;
    give(&r, (struct fsm_event){ FSM_PRIORITY, 80, 0, 0 });
    assert_in_range(r.f.down_at.us - before, 20 * SECOND / 256, 20 * SECOND / 256 + 1);
    give(&r, (struct fsm_event){ FSM_PRIORITY, 254, 0, 0 });
    assert_in_range(before - r.f.down_at.us, 154 * SECOND / 256, 154 * SECOND / 256 + 1);
}

static void a_fault_within_a_yield_remembers_the_yield(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_MASTER);
    assert_int_equal(event(&r, FSM_FAIL), FSM_FAULT);
    assert_int_equal(event(&r, FSM_YIELD), FSM_FAULT);
    assert_int_equal(event(&r, FSM_RECOVER), FSM_YIELDED);
    assert_int_equal(event(&r, FSM_FAIL), FSM_FAULT);
    assert_int_equal(event(&r, FSM_UNYIELD), FSM_FAULT);
    assert_int_equal(event(&r, FSM_RECOVER), FSM_BACKUP);
}

static void who_yields_is_twice_as_patient_and_then_holds(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    c.preempt = false;
    struct rig r = rig_at(c, FSM_MASTER);
    assert_int_equal(event(&r, FSM_YIELD), FSM_YIELDED);
    assert_int_equal(r.last_sent, 0);
    run(&r, 2 * (3 * SECOND + 609375) - 1);
    assert_int_equal(r.f.state, FSM_YIELDED);
    run(&r, 1);
    assert_int_equal(r.f.state, FSM_HOLDING);
    assert_int_equal(r.last_sent, 1);
    int offers = 0;
    for (int i = 0; i < 40; i++) {
        run(&r, SECOND);
        offers += r.last_sent == 0;
    }
    assert_int_equal(offers, 4);
    assert_int_equal(r.f.state, FSM_HOLDING);
    assert_int_equal(hear(&r, 2, -1), FSM_YIELDED);
}

static void a_goodbye_does_not_hurry_who_yields(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_YIELDED);
    run(&r, SECOND);
    hear(&r, 50, 1);
    instant due = r.f.down_at;
    run(&r, SECOND);
    hear(&r, 0, 1);
    assert_int_equal(r.f.down_at.us, due.us);
}

static void recovery_while_holding_is_not_a_change(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_HOLDING);
    assert_int_equal(event(&r, FSM_UNYIELD), FSM_MASTER);
    assert_int_equal(r.last_sent, 100);
    assert_false(did(&r.last, FSM_TELL));
}

static void recovery_after_a_long_silence_takes_at_once(void **state)
{
    (void)state;
    struct rig r = rig_at(plain(), FSM_YIELDED);
    run(&r, 5 * SECOND); /* longer than one master-down interval, shorter than two */
    event(&r, FSM_UNYIELD);
    run(&r, 0);
    assert_int_equal(r.f.state, FSM_MASTER);
    r = rig_at(plain(), FSM_YIELDED);
    hear(&r, 50, 1);
    run(&r, SECOND);
    event(&r, FSM_UNYIELD);
    run(&r, 2 * SECOND + 609374);
    assert_int_equal(r.f.state, FSM_BACKUP);
    run(&r, 1);
    assert_int_equal(r.f.state, FSM_MASTER);
}

/* ---- groups and reload ---- */

static void a_grouped_machine_asks(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    c.grouped = true;
    struct rig r = rig_at(c, FSM_BACKUP);
    run(&r, 4 * SECOND);
    assert_int_equal(r.f.state, FSM_BACKUP);
    assert_true(r.f.ready && did(&r.last, FSM_ASK_GROUP));
    run(&r, SECOND); /* asks again each interval */
    assert_true(did(&r.last, FSM_ASK_GROUP));
    hear(&r, 200, 1); /* and a master takes the wish back */
    assert_false(r.f.ready);
    assert_int_equal(event(&r, FSM_GROUP_MASTER), FSM_MASTER);
    assert_int_equal(event(&r, FSM_GROUP_BACKUP), FSM_BACKUP);
    assert_int_equal(r.last_sent, 0);
}

static void a_shorter_interval_is_obeyed_at_once(void **state)
{
    (void)state;
    struct fsm_config c = plain();
    c.version = 3;
    struct rig r = rig_at(c, FSM_MASTER);
    r.config.interval_us = 100000;
    event(&r, FSM_CONFIG);
    assert_int_equal(fsm_next(&r.f).us, r.now.us + 100000);
    r.config.interval_us = 5 * SECOND; /* a longer one does not postpone what is promised */
    event(&r, FSM_CONFIG);
    assert_int_equal(fsm_next(&r.f).us, r.now.us + 100000);
    assert_false(did(&r.last, FSM_TELL));
}

/* ---- networks ---- */

enum { NODES = 3 };
struct network {
    struct rig node[NODES];
    bool cut[NODES][NODES]; /* from, to: adverts are lost */
    bool dead[NODES];
    uint64_t now;
};

static void deliver(struct network *n, int from)
{
    const struct fsm_result made = n->node[from].last;
    for (int i = 0; i < made.count; i++) {
        if (made.actions[i] != FSM_SEND && made.actions[i] != FSM_SEND_GOODBYE)
            continue;
        uint8_t priority = made.actions[i] == FSM_SEND ? fsm_advert_priority(&made.next) : 0;
        for (int to = 0; to < NODES; to++) {
            if (to == from || n->dead[to] || n->cut[from][to])
                continue;
            struct rig *r = &n->node[to];
            r->now.us = n->now;
            give(r, (struct fsm_event){ FSM_ADVERT, priority, n->node[from].config.interval_us,
                                        from < to ? -1 : 1 });
            deliver(n, to); /* answers; ends, because each answer is an interval's tenth apart */
        }
    }
}

static void network_give(struct network *n, int i, enum fsm_event_kind k)
{
    n->node[i].now.us = n->now;
    event(&n->node[i], k);
    deliver(n, i);
}

static int holders(const struct network *n)
{
    int count = 0;
    for (int i = 0; i < NODES; i++)
        count += !n->dead[i] && n->node[i].holds;
    return count;
}

/* Runs for <us>; returns for how long there was no holder, and in <many> for how long more than one. */
static uint64_t network_run(struct network *n, uint64_t us, uint64_t *many)
{
    uint64_t end = n->now + us, none = 0;
    *many = 0;
    while (n->now < end) {
        for (int i = 0; i < NODES; i++)
            if (!n->dead[i] && fsm_next(&n->node[i].f).us <= n->now)
                network_give(n, i, FSM_TIME);
        none += holders(n) == 0 ? 1000 : 0;
        *many += holders(n) > 1 ? 1000 : 0;
        n->now += 1000;
    }
    return none;
}

static struct network network_new(struct fsm_config c, const uint8_t *of)
{
    struct network n = { .now = 1000 * (uint64_t)SECOND };
    for (int i = 0; i < NODES; i++) {
        n.node[i].config = c;
        n.node[i].config.base_priority = of[i];
        n.node[i].f = fsm_new(&n.node[i].config, false);
        network_give(&n, i, FSM_START);
    }
    return n;
}

static void one_of_three_holds_and_the_next_takes_over(void **state)
{
    (void)state;
    static const uint8_t of[NODES] = { 150, 100, 50 };
    uint64_t many;
    struct network n = network_new(plain(), of);
    assert_in_range(network_run(&n, 10 * SECOND, &many), 3400000, 3430000);
    assert_int_equal(many, 0);
    assert_true(n.node[0].holds);
    n.dead[0] = true; /* killed: no goodbye; worst case just after an advert */
    assert_in_range(network_run(&n, 10 * SECOND, &many), 2500000, 3620000);
    assert_true(n.node[1].holds);
    assert_int_equal(many, 0);
    network_give(&n, 1, FSM_STOP); /* a clean stop is a skew long */
    assert_in_range(network_run(&n, 10 * SECOND, &many), 800000, 810000);
    assert_int_equal(many, 0);
    assert_true(n.node[2].holds);
}

static void a_healed_network_has_one_master_again(void **state)
{
    (void)state;
    static const uint8_t of[NODES] = { 150, 100, 50 };
    uint64_t many;
    struct network n = network_new(plain(), of);
    network_run(&n, 10 * SECOND, &many);
    for (int i = 1; i < NODES; i++)
        n.cut[0][i] = n.cut[i][0] = true;
    network_run(&n, 10 * SECOND, &many);
    assert_int_equal(holders(&n), 2);
    memset(n.cut, 0, sizeof(n.cut));
    network_run(&n, 2 * SECOND, &many);
    assert_true(many <= SECOND); /* one interval at most */
    assert_true(n.node[0].holds && holders(&n) == 1);
}

static void when_all_have_lost_their_backends_one_still_holds(void **state)
{
    (void)state;
    static const uint8_t of[NODES] = { 150, 100, 50 };
    for (int preempt = 0; preempt < 2; preempt++) {
        uint64_t many;
        struct fsm_config c = plain();
        c.preempt = preempt;
        struct network n = network_new(c, of);
        network_run(&n, 10 * SECOND, &many);
        network_give(&n, 0, FSM_YIELD); /* the next takes over as after a clean stop */
        assert_in_range(network_run(&n, 5 * SECOND, &many), 600000, 620000);
        assert_int_equal(many, 0);
        assert_true(n.node[1].holds);
        network_give(&n, 1, FSM_YIELD);
        network_give(&n, 2, FSM_YIELD);
        network_run(&n, 8 * SECOND, &many);
        assert_int_equal(many, 0);
        assert_int_equal(holders(&n), 1);
        assert_true(n.node[0].f.state == FSM_HOLDING);             /* the strongest of them */
        assert_int_equal(network_run(&n, 120 * SECOND, &many), 0); /* and keeps it, through its own offers */
        assert_int_equal(many, 0);
        assert_true(n.node[0].f.state == FSM_HOLDING);
        network_give(&n, 2, FSM_UNYIELD); /* one is well again: it gets the address, also under nopreempt */
        network_run(&n, 12 * SECOND, &many);
        assert_true(n.node[2].f.state == FSM_MASTER);
        assert_int_equal(holders(&n), 1);
        assert_true(many <= 1000);
    }
}

static void random_lives_end_with_one_holder(void **state)
{
    (void)state;
    static const uint8_t of[NODES] = { 100, 100, 50 };
    struct rand rnd;
    rand_seed(&rnd, 80);
    for (int life = 0; life < 60; life++) {
        uint64_t many;
        struct fsm_config c = plain();
        c.preempt = life & 1;
        c.version = life & 2 ? 3 : 2;
        c.preempt_delay_us = life & 4 ? 2 * SECOND : 0;
        struct network n = network_new(c, of);
        for (int i = 0; i < 60; i++) {
            int who = (int)rand_below(&rnd, NODES), other = (int)rand_below(&rnd, NODES);
            n.cut[who][other] = rand_below(&rnd, 2) == 0;
            if (rand_below(&rnd, 3) == 0)
                network_give(&n, who, (enum fsm_event_kind)(FSM_FAIL + rand_below(&rnd, 4)));
            network_run(&n, rand_below(&rnd, 3 * SECOND), &many);
        }
        memset(n.cut, 0, sizeof(n.cut));
        for (int i = 0; i < NODES; i++)
            network_give(&n, i, FSM_RECOVER);
        network_run(&n, 12 * SECOND, &many);
        assert_int_equal(network_run(&n, 30 * SECOND, &many), 0);
        assert_int_equal(holders(&n), 1);
        assert_true(many <= 1000);
    }
}

/* ---- the manual ---- */

static void the_manual_is_what_the_table_says(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 20);
    fsm_print(&out);
    assert_false(out.truncated);
    /* The compiler was called in the build folder, where tests run too. */
    static const char here[] = __FILE__;
    char path[sizeof(here) + 32];
    size_t root = sizeof(here) - sizeof("tests/unit/vrrp/test_fsm.c");
    snprintf(path, sizeof(path), "%.*sdocs/manual/vrrp-states.md", (int)root, here);
    if (getenv("KEEL_WRITE_DOCS")) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
        assert_int_equal(fclose(f), 0);
    }
    char *text = malloc(out.len + 2);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(text, 1, out.len + 1, f);
    assert_int_equal(fclose(f), 0);
    assert_spans_equal(span_of(text, len), buf_span(&out)); /* stale? KEEL_WRITE_DOCS=1 writes it anew */
    free(text);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_with_every_event),
        cmocka_unit_test(becomes_master_after_three_intervals_and_the_skew),
        cmocka_unit_test(skew_of_version_3_is_a_part_of_the_interval),
        cmocka_unit_test(version_2_never_learns_an_interval),
        cmocka_unit_test(goodbye_shortens_the_wait_to_the_skew),
        cmocka_unit_test(adverts_keep_a_backup_a_backup),
        cmocka_unit_test(a_weaker_master_is_preempted),
        cmocka_unit_test(nopreempt_leaves_it_alone),
        cmocka_unit_test(preempt_delay_comes_before_the_master_down_interval),
        cmocka_unit_test(preempt_delay_does_not_delay_without_a_master),
        cmocka_unit_test(a_master_speaks_without_drift),
        cmocka_unit_test(equal_priorities_are_decided_by_address),
        cmocka_unit_test(a_stronger_master_is_given_way),
        cmocka_unit_test(a_weaker_master_is_answered_and_announced_over),
        cmocka_unit_test(a_flood_of_weaker_adverts_is_answered_ten_times_a_second),
        cmocka_unit_test(an_owner_that_may_begins_as_master),
        cmocka_unit_test(stop_says_goodbye_only_as_master),
        cmocka_unit_test(leftover_addresses_are_adopted_or_dropped),
        cmocka_unit_test(resume_takes_the_addresses_at_once),
        cmocka_unit_test(a_priority_that_falls_moves_the_timer),
        cmocka_unit_test(a_fault_within_a_yield_remembers_the_yield),
        cmocka_unit_test(who_yields_is_twice_as_patient_and_then_holds),
        cmocka_unit_test(a_goodbye_does_not_hurry_who_yields),
        cmocka_unit_test(recovery_while_holding_is_not_a_change),
        cmocka_unit_test(recovery_after_a_long_silence_takes_at_once),
        cmocka_unit_test(a_grouped_machine_asks),
        cmocka_unit_test(a_shorter_interval_is_obeyed_at_once),
        cmocka_unit_test(one_of_three_holds_and_the_next_takes_over),
        cmocka_unit_test(a_healed_network_has_one_master_again),
        cmocka_unit_test(when_all_have_lost_their_backends_one_still_holds),
        cmocka_unit_test(random_lives_end_with_one_holder),
        cmocka_unit_test(the_manual_is_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
