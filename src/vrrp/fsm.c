/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/fsm.h"

#include "wire/vrrp.h"

enum {
    HOLDING_PRIORITY = 1,   /* the lowest that a master may have: everybody who is well may preempt it */
    OFFER_EVERY = 10,       /* adverts of a HOLDING master */
    TWO_MASTER_SILENCE = 3, /* intervals without a weaker master's advert until the matter is forgotten */
};

/* One step under way: the result that grows, and what it was made from. */
struct step {
    const struct fsm_config *config;
    const struct fsm_event *event;
    instant now;
    struct fsm_result *out;
    struct fsm *f; /* out->next */
};
typedef void step_fn(struct step *s);

static void act(struct step *s, enum fsm_action a)
{
    BUG_ON(s->out->count == FSM_ACTIONS_MAX);
    s->out->actions[s->out->count++] = (uint8_t)a;
}

static instant in_us(const struct step *s, uint64_t us)
{
    return (instant){ s->now.us + us };
}

static bool reached(const struct step *s, instant at)
{
    return s->now.us >= at.us;
}

/* ---- times ---- */

uint64_t fsm_skew_us(const struct fsm_config *c, const struct fsm *f)
{
    /* RFC 3768 6.1 counts the skew in parts of a second, RFC 9568 6.1 in parts of the master's interval. */
    uint64_t unit = c->version == 2 ? 1000000 : f->master_interval_us;
    return (256 - (uint64_t)f->priority) * unit / 256;
}

uint64_t fsm_down_us(const struct fsm_config *c, const struct fsm *f)
{
    uint64_t interval = c->version == 2 ? c->interval_us : f->master_interval_us;
    return c->down_adverts * interval + fsm_skew_us(c, f);
}

static uint64_t patience_us(const struct step *s)
{
    return fsm_down_us(s->config, s->f) * (s->f->reluctant ? 2 : 1);
}

instant fsm_next(const struct fsm *f)
{
    switch (f->state) {
    case FSM_BACKUP:
    case FSM_YIELDED:
        return f->down_at;
    case FSM_MASTER:
    case FSM_HOLDING:
        return f->advert_at;
    case FSM_INIT:
    case FSM_FAULT:
    case FSM_STATE_COUNT:
        break;
    }
    return FSM_NEVER;
}

uint8_t fsm_advert_priority(const struct fsm *f)
{
    return f->state == FSM_HOLDING ? HOLDING_PRIORITY : f->priority;
}

/* ---- going from state to state ---- */

static void send_advert(struct step *s, enum fsm_action kind)
{
    act(s, kind);
    s->f->sent_at = s->now;
    s->f->advert_at = in_us(s, s->config->interval_us);
}

static void become_master(struct step *s)
{
    struct fsm *f = s->f;
    f->state = f->reluctant ? FSM_HOLDING : FSM_MASTER;
    f->leftover = false; /* adopted */
    f->ready = false;
    f->offers = 0;
    f->lower_at = (instant){ 0 };
    f->preempt_at = (instant){ 0 };
    f->down_at = FSM_NEVER;
    f->master_interval_us = s->config->interval_us;
    send_advert(s, FSM_SEND); /* first: RFC 9568 6.4.2 (375) */
    act(s, FSM_TAKE);
    act(s, FSM_TELL);
}

/* BACKUP or YIELDED, listening from now on. */
static void begin_to_listen(struct step *s)
{
    struct fsm *f = s->f;
    f->state = f->reluctant ? FSM_YIELDED : FSM_BACKUP;
    f->ready = false;
    f->preempt_at = (instant){ 0 };
    f->advert_at = FSM_NEVER;
    f->quiet_since = s->now;
    f->down_at = in_us(s, patience_us(s));
}

/* From INIT or FAULT. An owner that is told to begin as master owes nobody patience. */
static void enter(struct step *s)
{
    bool owner = s->config->base_priority == VRRP_OWNER && s->config->start_master && !s->config->grouped;
    if (owner && !s->f->reluctant) {
        become_master(s);
        return;
    }
    s->f->master_interval_us = s->config->interval_us;
    begin_to_listen(s);
    act(s, FSM_TELL);
}

static void drop_leftover(struct step *s)
{
    if (s->f->leftover)
        act(s, FSM_RELEASE);
    s->f->leftover = false;
}

static void rest(struct step *s, enum fsm_state state)
{
    struct fsm *f = s->f;
    f->state = state;
    f->ready = false;
    f->down_at = f->advert_at = FSM_NEVER;
    f->preempt_at = (instant){ 0 };
    drop_leftover(s);
    act(s, FSM_TELL);
}

/* ---- what each cell of the table does ---- */

static void ignore(struct step *s)
{
    (void)s;
}

static void start(struct step *s)
{
    if (s->f->faulted)
        rest(s, FSM_FAULT);
    else
        enter(s);
}

static void resume(struct step *s)
{
    if (s->f->faulted)
        rest(s, FSM_FAULT);
    else
        become_master(s);
}

static void stop(struct step *s)
{
    rest(s, FSM_INIT);
}

static void fail(struct step *s)
{
    rest(s, FSM_FAULT);
}

static void leave_master(struct step *s)
{
    act(s, FSM_SEND_GOODBYE);
    act(s, FSM_RELEASE);
}

static void stop_master(struct step *s)
{
    leave_master(s);
    rest(s, FSM_INIT);
}

static void fail_master(struct step *s)
{
    leave_master(s);
    rest(s, FSM_FAULT);
}

static void give_up(struct step *s)
{
    leave_master(s);
    s->f->master_interval_us = s->config->interval_us;
    begin_to_listen(s);
    act(s, FSM_TELL);
}

static void recover(struct step *s)
{
    enter(s);
}

static void note_master(struct step *s)
{
    s->f->quiet_since = s->now;
    s->f->master_priority = s->event->priority;
    s->f->ready = false;
}

/* RFC 9568 6.4.2 (420): a master is there, and stays. */
static void respect(struct step *s)
{
    if (s->config->version != 2)
        s->f->master_interval_us = s->event->interval_us;
    s->f->down_at = in_us(s, patience_us(s));
}

static bool may_preempt(struct step *s)
{
    struct fsm *f = s->f;
    if (!s->config->preempt)
        return false;
    if (f->preempt_at.us == 0)
        f->preempt_at = in_us(s, s->config->preempt_delay_us);
    return reached(s, f->preempt_at);
}

static void hear_as_backup(struct step *s)
{
    note_master(s);
    if (s->event->priority == VRRP_GOODBYE) {
        s->f->preempt_at = (instant){ 0 };
        s->f->down_at = in_us(s, fsm_skew_us(s->config, s->f));
        return;
    }
    drop_leftover(s); /* somebody else has the addresses */
    if (s->event->priority >= s->f->priority) {
        s->f->preempt_at = (instant){ 0 };
        respect(s);
    } else if (!may_preempt(s)) {
        respect(s);
    } /* else: not heard; the timer that runs ends its reign */
}

static void hear_as_yielded(struct step *s)
{
    if (s->event->priority == VRRP_GOODBYE)
        return; /* an offer, or the end of a master: not for us, but no sign of life either */
    note_master(s);
    drop_leftover(s);
    respect(s);
}

/* A second advert within a tenth of an interval tells nobody anything, and could be a loop or an attack. */
static void answer(struct step *s)
{
    if (reached(s, (instant){ s->f->sent_at.us + s->config->interval_us / 10 }))
        send_advert(s, FSM_SEND);
}

/* One advert may have crossed ours on the way. The next one, an interval later, comes from a master that does
 * not hear us. */
static void suspect_two_masters(struct step *s)
{
    struct fsm *f = s->f;
    uint64_t since = instant_us_between(f->lower_at, s->now);
    if (f->lower_at.us == 0 || since > (uint64_t)s->config->interval_us * TWO_MASTER_SILENCE) {
        f->lower_at = s->now;
    } else if (since >= s->config->interval_us / 2) {
        f->lower_at = s->now;
        act(s, FSM_TWO_MASTERS);
    }
}

static void hear_weaker_master(struct step *s)
{
    if (s->config->answer_lower)
        answer(s);
    act(s, FSM_ANNOUNCE_AGAIN);
    act(s, FSM_TELL_LOWER);
    suspect_two_masters(s);
}

static void hear_stronger_master(struct step *s)
{
    if (s->config->answer_higher)
        act(s, FSM_SEND);
    act(s, FSM_LET_GO);
    begin_to_listen(s);
    note_master(s);
    respect(s);
    act(s, FSM_TELL);
}

static void hear_as_master(struct step *s)
{
    const struct fsm_event *e = s->event;
    uint8_t ours = fsm_advert_priority(s->f);
    if (e->priority == VRRP_GOODBYE)
        answer(s);
    else if (e->priority > ours || (e->priority == ours && e->source > 0))
        hear_stronger_master(s);
    else
        hear_weaker_master(s);
}

static void time_as_backup(struct step *s)
{
    if (!reached(s, s->f->down_at))
        return;
    if (!s->config->grouped) {
        become_master(s);
        return;
    }
    s->f->ready = true;
    s->f->down_at = in_us(s, s->config->interval_us); /* ask again */
    act(s, FSM_ASK_GROUP);
}

static void time_as_master(struct step *s)
{
    if (!reached(s, s->f->advert_at))
        return;
    instant next = { s->f->advert_at.us + s->config->interval_us };
    send_advert(s, FSM_SEND);
    if (next.us > s->now.us) /* from the time that was due, so that the rate does not drift */
        s->f->advert_at = next;
}

static void time_as_holding(struct step *s)
{
    if (!reached(s, s->f->advert_at))
        return;
    bool offer = ++s->f->offers >= OFFER_EVERY;
    if (offer)
        s->f->offers = 0;
    send_advert(s, offer ? FSM_SEND_GOODBYE : FSM_SEND);
}

static void set_priority(struct step *s)
{
    s->f->priority = s->event->priority;
}

/* The skew is part of a timer that runs. */
static void set_priority_of_backup(struct step *s)
{
    uint64_t before = fsm_skew_us(s->config, s->f);
    set_priority(s);
    uint64_t after = fsm_skew_us(s->config, s->f);
    s->f->down_at.us = s->f->down_at.us + after > before ? s->f->down_at.us + after - before : 0;
}

static void note_yield(struct step *s)
{
    (void)s; /* f->reluctant says it */
}

static void yield_as_backup(struct step *s)
{
    instant quiet = s->f->quiet_since;
    begin_to_listen(s);
    s->f->quiet_since = quiet;
}

/* Whether there is a master is known from how long it has been quiet. */
static void unyield_as_yielded(struct step *s)
{
    instant quiet = s->f->quiet_since;
    begin_to_listen(s);
    s->f->quiet_since = quiet;
    uint64_t due = quiet.us + fsm_down_us(s->config, s->f);
    s->f->down_at.us = due > s->now.us ? due : s->now.us;
}

static void unyield_as_holding(struct step *s)
{
    s->f->state = FSM_MASTER;
    send_advert(s, FSM_SEND);
}

static void yield_as_master(struct step *s)
{
    give_up(s);
}

static void configure_backup(struct step *s)
{
    if (s->config->version == 2)
        s->f->master_interval_us = s->config->interval_us;
    s->f->preempt_at = (instant){ 0 };
    s->f->ready = false;
    s->f->down_at = in_us(s, patience_us(s));
}

static void configure_master(struct step *s)
{
    instant soon = in_us(s, s->config->interval_us);
    s->f->master_interval_us = s->config->interval_us;
    if (soon.us < s->f->advert_at.us)
        s->f->advert_at = soon;
}

/* ---- the table ---- */

struct cell {
    step_fn *does;
    uint8_t to; /* bits of the states it may end in */
    const char *text;
};

#define TO(state) (1 << FSM_##state)
#define LISTENING (TO(BACKUP) | TO(YIELDED))
#define MASTERING (TO(MASTER) | TO(HOLDING))
#define IGNORED(in)                                                                                          \
    {                                                                                                        \
        ignore, TO(in), ""                                                                                   \
    }

// clang-format off
static const struct cell table[FSM_STATE_COUNT][FSM_EVENT_COUNT] = {
    [FSM_INIT] = {
        [FSM_START]        = { start,        LISTENING | TO(MASTER) | TO(FAULT), "listen; an owner with `state MASTER` takes the addresses" },
        [FSM_RESUME]       = { resume,       MASTERING | TO(FAULT), "take the addresses again" },
        [FSM_STOP]         = { drop_leftover, TO(INIT), "" },
        [FSM_TIME]         = IGNORED(INIT),
        [FSM_ADVERT]       = IGNORED(INIT),
        [FSM_PRIORITY]     = { set_priority, TO(INIT), "remember" },
        [FSM_FAIL]         = { ignore,       TO(INIT), "remember" },
        [FSM_RECOVER]      = { ignore,       TO(INIT), "remember" },
        [FSM_YIELD]        = { note_yield,   TO(INIT), "remember" },
        [FSM_UNYIELD]      = { note_yield,   TO(INIT), "remember" },
        [FSM_GROUP_MASTER] = IGNORED(INIT),
        [FSM_GROUP_BACKUP] = IGNORED(INIT),
        [FSM_CONFIG]       = IGNORED(INIT),
    },
    [FSM_BACKUP] = {
        [FSM_START]        = IGNORED(BACKUP),
        [FSM_RESUME]       = IGNORED(BACKUP),
        [FSM_STOP]         = { stop,                   TO(INIT), "" },
        [FSM_TIME]         = { time_as_backup,         TO(BACKUP) | TO(MASTER), "no master for a master-down interval: take the addresses (in a group: when all are ready)" },
        [FSM_ADVERT]       = { hear_as_backup,         TO(BACKUP), "equal, stronger, or nopreempt: wait on; weaker: let the timer run; 0: wait for the skew only" },
        [FSM_PRIORITY]     = { set_priority_of_backup, TO(BACKUP), "move the timer by the skew" },
        [FSM_FAIL]         = { fail,                   TO(FAULT), "" },
        [FSM_RECOVER]      = IGNORED(BACKUP),
        [FSM_YIELD]        = { yield_as_backup,        TO(YIELDED), "be twice as patient" },
        [FSM_UNYIELD]      = IGNORED(BACKUP),
        [FSM_GROUP_MASTER] = { become_master,          TO(MASTER), "take the addresses" },
        [FSM_GROUP_BACKUP] = IGNORED(BACKUP),
        [FSM_CONFIG]       = { configure_backup,       TO(BACKUP), "start the timer again" },
    },
    [FSM_MASTER] = {
        [FSM_START]        = IGNORED(MASTER),
        [FSM_RESUME]       = IGNORED(MASTER),
        [FSM_STOP]         = { stop_master,      TO(INIT), "say goodbye (priority 0), release the addresses" },
        [FSM_TIME]         = { time_as_master,   TO(MASTER), "send an advert" },
        [FSM_ADVERT]       = { hear_as_master,   TO(MASTER) | TO(BACKUP), "stronger (or equal from a higher address): release; weaker: answer, announce again; 0: answer" },
        [FSM_PRIORITY]     = { set_priority,     TO(MASTER), "said with the next advert" },
        [FSM_FAIL]         = { fail_master,      TO(FAULT), "say goodbye, release" },
        [FSM_RECOVER]      = IGNORED(MASTER),
        [FSM_YIELD]        = { yield_as_master,  TO(YIELDED), "say goodbye, release" },
        [FSM_UNYIELD]      = IGNORED(MASTER),
        [FSM_GROUP_MASTER] = IGNORED(MASTER),
        [FSM_GROUP_BACKUP] = { give_up,          TO(BACKUP), "say goodbye, release" },
        [FSM_CONFIG]       = { configure_master, TO(MASTER), "next advert by the new interval" },
    },
    [FSM_FAULT] = {
        [FSM_START]        = IGNORED(FAULT),
        [FSM_RESUME]       = IGNORED(FAULT),
        [FSM_STOP]         = { stop,         TO(INIT), "" },
        [FSM_TIME]         = IGNORED(FAULT),
        [FSM_ADVERT]       = IGNORED(FAULT),
        [FSM_PRIORITY]     = { set_priority, TO(FAULT), "remember" },
        [FSM_FAIL]         = IGNORED(FAULT),
        [FSM_RECOVER]      = { recover,      LISTENING | TO(MASTER), "listen; an owner with `state MASTER` takes the addresses" },
        [FSM_YIELD]        = { note_yield,   TO(FAULT), "remember" },
        [FSM_UNYIELD]      = { note_yield,   TO(FAULT), "remember" },
        [FSM_GROUP_MASTER] = IGNORED(FAULT),
        [FSM_GROUP_BACKUP] = IGNORED(FAULT),
        [FSM_CONFIG]       = IGNORED(FAULT),
    },
    [FSM_YIELDED] = {
        [FSM_START]        = IGNORED(YIELDED),
        [FSM_RESUME]       = IGNORED(YIELDED),
        [FSM_STOP]         = { stop,                   TO(INIT), "" },
        [FSM_TIME]         = { time_as_backup,         TO(YIELDED) | TO(HOLDING), "no master for two master-down intervals: take the addresses back" },
        [FSM_ADVERT]       = { hear_as_yielded,        TO(YIELDED), "any but 0: wait on" },
        [FSM_PRIORITY]     = { set_priority_of_backup, TO(YIELDED), "move the timer by the skew" },
        [FSM_FAIL]         = { fail,                   TO(FAULT), "" },
        [FSM_RECOVER]      = IGNORED(YIELDED),
        [FSM_YIELD]        = IGNORED(YIELDED),
        [FSM_UNYIELD]      = { unyield_as_yielded,     TO(BACKUP), "wait what is left of one master-down interval" },
        [FSM_GROUP_MASTER] = { become_master,          TO(HOLDING), "take the addresses" },
        [FSM_GROUP_BACKUP] = IGNORED(YIELDED),
        [FSM_CONFIG]       = { configure_backup,       TO(YIELDED), "start the timer again" },
    },
    [FSM_HOLDING] = {
        [FSM_START]        = IGNORED(HOLDING),
        [FSM_RESUME]       = IGNORED(HOLDING),
        [FSM_STOP]         = { stop_master,        TO(INIT), "say goodbye, release the addresses" },
        [FSM_TIME]         = { time_as_holding,    TO(HOLDING), "send an advert of priority 1, each tenth of 0: an offer" },
        [FSM_ADVERT]       = { hear_as_master,     TO(HOLDING) | TO(YIELDED), "stronger than 1: release; else answer" },
        [FSM_PRIORITY]     = { set_priority,       TO(HOLDING), "remember" },
        [FSM_FAIL]         = { fail_master,        TO(FAULT), "say goodbye, release" },
        [FSM_RECOVER]      = IGNORED(HOLDING),
        [FSM_YIELD]        = IGNORED(HOLDING),
        [FSM_UNYIELD]      = { unyield_as_holding, TO(MASTER), "send an advert of the real priority" },
        [FSM_GROUP_MASTER] = IGNORED(HOLDING),
        [FSM_GROUP_BACKUP] = { give_up,            TO(YIELDED), "say goodbye, release" },
        [FSM_CONFIG]       = { configure_master,   TO(HOLDING), "next advert by the new interval" },
    },
};
// clang-format on

/* Conditions that outlast states are noted whatever the state, so that no cell can forget one. */
static void note_condition(struct fsm *f, enum fsm_event_kind e)
{
    if (e == FSM_FAIL || e == FSM_RECOVER)
        f->faulted = e == FSM_FAIL;
    else if (e == FSM_YIELD || e == FSM_UNYIELD)
        f->reluctant = e == FSM_YIELD;
}

struct fsm fsm_new(const struct fsm_config *c, bool leftover)
{
    return (struct fsm){ .state = FSM_INIT,
                         .priority = c->base_priority,
                         .leftover = leftover,
                         .master_interval_us = c->interval_us,
                         .down_at = FSM_NEVER,
                         .advert_at = FSM_NEVER };
}

struct fsm_result fsm_step(const struct fsm_config *c, const struct fsm *before, const struct fsm_event *e,
                           instant now)
{
    struct fsm_result out = { .next = *before };
    struct step s = { .config = c, .event = e, .now = now, .out = &out, .f = &out.next };
    const struct cell *cell = &table[before->state][e->kind];
    note_condition(s.f, e->kind);
    cell->does(&s);
    BUG_ON(!(cell->to & 1 << out.next.state));
    return out;
}

/* ---- names and the picture ---- */

const char *fsm_state_name(enum fsm_state s)
{
    static const char *const names[FSM_STATE_COUNT] = {
        [FSM_INIT] = "INIT",   [FSM_BACKUP] = "BACKUP",   [FSM_MASTER] = "MASTER",
        [FSM_FAULT] = "FAULT", [FSM_YIELDED] = "YIELDED", [FSM_HOLDING] = "HOLDING",
    };
    return names[s];
}

const char *fsm_state_word(enum fsm_state s)
{
    static const char *const words[FSM_STATE_COUNT] = {
        [FSM_INIT] = "STOP",   [FSM_BACKUP] = "BACKUP",  [FSM_MASTER] = "MASTER",
        [FSM_FAULT] = "FAULT", [FSM_YIELDED] = "BACKUP", [FSM_HOLDING] = "MASTER",
    };
    return words[s];
}

const char *fsm_event_name(enum fsm_event_kind e)
{
    static const char *const names[FSM_EVENT_COUNT] = {
        [FSM_START] = "start",
        [FSM_RESUME] = "resume",
        [FSM_STOP] = "stop",
        [FSM_TIME] = "time",
        [FSM_ADVERT] = "advert",
        [FSM_PRIORITY] = "priority",
        [FSM_FAIL] = "fail",
        [FSM_RECOVER] = "recover",
        [FSM_YIELD] = "yield",
        [FSM_UNYIELD] = "unyield",
        [FSM_GROUP_MASTER] = "group master",
        [FSM_GROUP_BACKUP] = "group backup",
        [FSM_CONFIG] = "config",
    };
    return names[e];
}

const char *fsm_action_name(enum fsm_action a)
{
    static const char *const names[FSM_ACTION_COUNT] = {
        [FSM_SEND] = "send",
        [FSM_SEND_GOODBYE] = "send goodbye",
        [FSM_TAKE] = "take",
        [FSM_RELEASE] = "release",
        [FSM_LET_GO] = "let go",
        [FSM_ANNOUNCE_AGAIN] = "announce again",
        [FSM_TELL] = "tell",
        [FSM_TELL_LOWER] = "tell lower",
        [FSM_TWO_MASTERS] = "two masters",
        [FSM_ASK_GROUP] = "ask group",
    };
    return names[a];
}

static void print_targets(struct buf *out, const struct cell *cell, enum fsm_state from)
{
    const char *gap = "";
    for (unsigned to = 0; to < FSM_STATE_COUNT; to++) {
        if (!(cell->to & 1 << to) || (to == (unsigned)from && cell->to == 1 << to))
            continue;
        buf_printf(out, "%s%s", gap, fsm_state_name((enum fsm_state)to));
        gap = ", ";
    }
    if (gap[0] == '\0')
        buf_put(out, SPAN("stays"));
}

static void print_table(struct buf *out, enum fsm_state from)
{
    buf_printf(out, "\n### %s\n\n| event | goes to | does |\n|---|---|---|\n", fsm_state_name(from));
    for (unsigned e = 0; e < FSM_EVENT_COUNT; e++) {
        const struct cell *cell = &table[from][e];
        if (cell->does == ignore && cell->text[0] == '\0')
            continue;
        buf_printf(out, "| %s | ", fsm_event_name((enum fsm_event_kind)e));
        print_targets(out, cell, from);
        buf_printf(out, " | %s |\n", cell->text);
    }
}

static void print_arrows(struct buf *out, enum fsm_state from, enum fsm_state to)
{
    const char *gap = "";
    for (unsigned e = 0; e < FSM_EVENT_COUNT; e++) {
        if (from == to || !(table[from][e].to & 1 << to))
            continue;
        if (gap[0] == '\0')
            buf_printf(out, "    %s --> %s: ", fsm_state_name(from), fsm_state_name(to));
        buf_printf(out, "%s%s", gap, fsm_event_name((enum fsm_event_kind)e));
        gap = ", ";
    }
    if (gap[0] != '\0')
        buf_put_char(out, '\n');
}

void fsm_print(struct buf *out)
{
    buf_put(out,
            SPAN("# The states of a VRRP instance\n\nPrinted from the table in src/vrrp/fsm.c. Events that a "
                 "state ignores are left out.\n\n```mermaid\nstateDiagram-v2\n    [*] --> INIT\n"));
    for (unsigned from = 0; from < FSM_STATE_COUNT; from++)
        for (unsigned to = 0; to < FSM_STATE_COUNT; to++)
            print_arrows(out, (enum fsm_state)from, (enum fsm_state)to);
    buf_put(out, SPAN("```\n"));
    for (unsigned from = 0; from < FSM_STATE_COUNT; from++)
        print_table(out, (enum fsm_state)from);
}
