/* SPDX-License-Identifier: Apache-2.0 */
/* track_* blocks, and the things they track: vrrp_script, vrrp_track_process, track_file. */
#include "conf/keepalived/keepalived_internal.h"

#define SECONDS(n) ((int64_t)((n)*1000000LL))

/* ---- rows of track_* blocks ---- */

struct row {
    struct build *b;
    const struct statement *s;
    uint32_t at;
    struct track_draft *out;
    int64_t most; /* a weight's size */
};

static void take_weight(struct row *r, struct opt *out)
{
    if (r->at + 1 >= r->s->words.count)
        diag_add(r->b->diags, &ka_no_value, word_at(r->s, r->at)->at, DIAG_TEXT(text_at(r->s, r->at)));
    else
        (void)ka_number(r->b, word_at(r->s, ++r->at), -r->most, r->most, out);
}

static void take_usable(struct row *r)
{
    if (r->at + 1 >= r->s->words.count)
        diag_add(r->b->diags, &ka_no_value, word_at(r->s, r->at)->at, DIAG_TEXT(text_at(r->s, r->at)));
    else
        (void)ka_number(r->b, word_at(r->s, ++r->at), 1, 65535, &r->out->usable);
}

static void take_option(struct row *r)
{
    const struct word *w = word_at(r->s, r->at);
    bool health = r->out->kind == VRRP_TRACK_HEALTH;
    if (span_eq(w->text, SPAN("weight")))
        take_weight(r, &r->out->weight);
    else if (span_eq(w->text, SPAN("reverse")))
        r->out->reverse = (struct opt){ .set = true, .n = 1, .at = w->at };
    else if (span_eq(w->text, SPAN("noreverse")) || span_eq(w->text, SPAN("no_reverse")))
        r->out->reverse = (struct opt){ .set = true, .n = 0, .at = w->at };
    else if (health && r->out->health == VRRP_HEALTH_POOL && span_eq(w->text, SPAN("usable")))
        take_usable(r);
    else if (health && span_eq(w->text, SPAN("fault")))
        r->out->fault = true;
    else if (health && span_eq(w->text, SPAN("yield")))
        r->out->yield = true;
    else
        diag_add(r->b->diags, &ka_bad_option, w->at, DIAG_TEXT(w->text, SPAN("a track")));
}

static struct track_drafts *current(struct build *b)
{
    return b->context == IN_GROUP ? &b->group->tracks : &b->instance->tracks;
}

static void read_rows(struct build *b, enum vrrp_track_kind kind, enum vrrp_health_kind health, int64_t most)
{
    struct track_drafts *list = current(b);
    struct statement s;
    while (keepalived_next_row(b, &s)) {
        struct track_draft t = {
            .kind = kind, .health = health, .name = ka_keep(b, text_at(&s, 0)), .at = word_at(&s, 0)->at
        };
        struct row r = { .b = b, .s = &s, .at = 1, .out = &t, .most = most };
        for (; r.at < s.words.count; r.at++)
            take_option(&r);
        *ARENA_PUSH(b->arena, list) = t;
    }
}

static void read_tracks(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    read_rows(b, (enum vrrp_track_kind)k->low, (enum vrrp_health_kind)k->offset, k->high);
}

/* ---- vrrp_script ---- */

static void read_script(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct keyword_seen seen = { 0 };
    struct script_draft *d = ARENA_NEW(b->arena, struct script_draft);
    (void)k;
    d->model.name = ka_keep(b, text_at(s, 1));
    d->model.at = word_at(s, 1)->at;
    *ARENA_PUSH(b->arena, &b->scripts) = b->script = d;
    keepalived_read_block(b, IN_SCRIPT, &seen);
}

/* `script "/path args"`, or `script /path args`. */
static void set_script(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct command_draft *d = &b->script->command;
    struct word user = d->user, group = d->group;
    (void)k;
    *d = (struct command_draft){ .set = true, .text = *word_at(s, 1), .user = user, .group = group };
    for (uint32_t i = 2; i < s->words.count; i++)
        *ARENA_PUSH(b->arena, &d->more) = *word_at(s, i);
}

static void set_user(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->script->command.user = *word_at(s, 1);
    if (s->words.count > 2)
        b->script->command.group = *word_at(s, 2);
}

static void set_script_weight(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_number(b, word_at(s, 1), k->low, k->high, &b->script->weight);
    if (s->words.count > 2 && word_is(s, 2, "reverse"))
        b->script->reverse = (struct opt){ .set = true, .n = 1, .at = word_at(s, 2)->at };
    else if (s->words.count > 2)
        diag_add(b->diags, &ka_bad_option, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2), SPAN("a weight")));
}

static void set_script_seconds(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct opt *out = (struct opt *)(void *)((char *)b->script + k->offset);
    (void)ka_seconds(b, word_at(s, 1), k->low, k->high, out);
}

static void set_script_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct opt *out = (struct opt *)(void *)((char *)b->script + k->offset);
    (void)ka_number(b, word_at(s, 1), k->low, k->high, out);
}

static void set_init_fail(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->script->model.init_fail = true;
}

/* ---- vrrp_track_process ---- */

static void read_process(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct keyword_seen seen = { 0 };
    struct process_draft *d = ARENA_NEW(b->arena, struct process_draft);
    (void)k;
    d->model.name = ka_keep(b, text_at(s, 1));
    d->model.at = word_at(s, 1)->at;
    *ARENA_PUSH(b->arena, &b->processes) = b->process = d;
    keepalived_read_block(b, IN_PROCESS, &seen);
}

static void set_process(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    for (uint32_t i = 1; i < s->words.count; i++)
        *ARENA_PUSH(b->arena, &b->process->model.words) = ka_keep(b, text_at(s, i));
}

static void set_match(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "initial", "partial", NULL };
    unsigned which;
    (void)k;
    b->process->match_set = true;
    b->process->model.match = VRRP_MATCH_EXACT;
    if (s->words.count > 1 && value_choice(b->diags, word_at(s, 1), words, &which))
        b->process->model.match = which == 0 ? VRRP_MATCH_INITIAL : VRRP_MATCH_PARTIAL;
}

static void set_process_weight(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_number(b, word_at(s, 1), k->low, k->high, &b->process->weight);
    if (s->words.count > 2)
        b->process->reverse =
            (struct opt){ .set = true, .n = word_is(s, 2, "reverse"), .at = word_at(s, 2)->at };
}

static void set_process_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct opt *out = (struct opt *)(void *)((char *)b->process + k->offset);
    (void)ka_number(b, word_at(s, 1), k->low, k->high, out);
}

static void set_process_delay(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct opt delay = { 0 };
    if (!ka_seconds(b, word_at(s, 1), k->low, k->high, &delay))
        return;
    if (k->offset != offsetof(struct process_draft, terminate_delay))
        b->process->fork_delay = delay;
    if (k->offset != offsetof(struct process_draft, fork_delay))
        b->process->terminate_delay = delay;
}

static void set_full_command(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->process->model.full_command = true;
}

/* ---- track_file ---- */

static void read_file(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct keyword_seen seen = { 0 };
    struct file_draft *d = ARENA_NEW(b->arena, struct file_draft);
    (void)k;
    d->model.name = ka_keep(b, text_at(s, 1));
    d->model.at = word_at(s, 1)->at;
    *ARENA_PUSH(b->arena, &b->files) = b->file = d;
    keepalived_read_block(b, IN_FILE, &seen);
}

static void set_path(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->file->model.path = ka_keep(b, text_at(s, 1));
}

static void set_file_weight(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_number(b, word_at(s, 1), k->low, k->high, &b->file->weight);
    if (s->words.count > 2)
        b->file->reverse =
            (struct opt){ .set = true, .n = word_is(s, 2, "reverse"), .at = word_at(s, 2)->at };
}

/* init_file [VALUE] [overwrite] */
static void set_init(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->file->model.init = true;
    for (uint32_t i = 1; i < s->words.count; i++) {
        struct opt n = { 0 };
        if (word_is(s, i, "overwrite"))
            b->file->model.overwrite = true;
        else if (ka_number(b, word_at(s, i), INT32_MIN, INT32_MAX, &n))
            b->file->model.init_value = n.n;
    }
}

#define SCRIPT(member)     .offset = offsetof(struct script_draft, member)
#define PROCESS(member)    .offset = offsetof(struct process_draft, member)
#define TRACKS(kind, most) .handle = read_tracks, .low = VRRP_TRACK_##kind, .high = (most)

// clang-format off
const struct keyword keepalived_track_words[] = {
    { "track_interface", IN_BOTH, 0, 0, .block = true, TRACKS(INTERFACE, 253), .manual = "these must be up: NAME [weight N [reverse]]" },
    { "track_script", IN_BOTH, 0, 0, .block = true, TRACKS(SCRIPT, 253), .manual = "these must succeed: NAME [weight N [reverse]]" },
    { "track_process", IN_BOTH, 0, 0, .block = true, TRACKS(PROCESS, 254), .manual = "these must run: NAME [weight N [reverse]]" },
    { "track_file", IN_BOTH, 0, 0, .block = true, TRACKS(FILE, 254), .manual = "the numbers in these count: NAME [weight N [reverse]]" },
    { "track_listener", IN_BOTH, 0, 0, .block = true, TRACKS(HEALTH, 253), .offset = VRRP_HEALTH_LISTENER, .manual = "ours: these must be bound and serving: NAME [weight N [reverse] | yield]" },
    { "track_frontend", IN_BOTH, 0, 0, .block = true, TRACKS(HEALTH, 253), .offset = VRRP_HEALTH_LISTENER, .manual = "ours: the same, in HAProxy's words" },
    { "track_pool", IN_BOTH, 0, 0, .block = true, TRACKS(HEALTH, 253), .offset = VRRP_HEALTH_POOL, .manual = "ours: these must have servers: NAME [usable N] [weight N [reverse] | fault]; without a weight their loss is a yield" },
    { "track_backend", IN_BOTH, 0, 0, .block = true, TRACKS(HEALTH, 253), .offset = VRRP_HEALTH_POOL, .manual = "ours: the same, in HAProxy's words" },
    { "track_upstream", IN_BOTH, 0, 0, .block = true, TRACKS(HEALTH, 253), .offset = VRRP_HEALTH_POOL, .manual = "ours: the same, in nginx's words" },

    { "vrrp_script", IN_MAIN, 1, 1, .block = true, .handle = read_script, .manual = "a check script" },
    { "script", IN_SCRIPT, 1, ARGS_ANY, .once = true, .handle = set_script, .manual = "the path and its arguments" },
    { "interval", IN_SCRIPT, 1, 1, .once = true, .handle = set_script_seconds, SCRIPT(interval), .low = SECONDS(0.001), .high = SECONDS(1000000), .manual = "seconds from one run to the next; 1" },
    { "timeout", IN_SCRIPT, 1, 1, .once = true, .handle = set_script_seconds, SCRIPT(timeout), .low = SECONDS(0.001), .high = SECONDS(1000000), .manual = "seconds until it is killed and counts as failed; the interval" },
    { "weight", IN_SCRIPT, 1, 2, .once = true, .handle = set_script_weight, .low = -253, .high = 253, .manual = "what it adds to the priority; 0: it must succeed" },
    { "rise", IN_SCRIPT, 1, 1, .once = true, .handle = set_script_number, SCRIPT(rise), .low = 1, .high = INT32_MAX, .manual = "successes in a row that make it well" },
    { "fall", IN_SCRIPT, 1, 1, .once = true, .handle = set_script_number, SCRIPT(fall), .low = 1, .high = INT32_MAX, .manual = "failures in a row that make it ill" },
    { "user", IN_SCRIPT, 1, 2, .once = true, .handle = set_user, .manual = "who runs it: user, group" },
    { "init_fail", IN_SCRIPT, 0, 0, .handle = set_init_fail, .manual = "it counts as failed until its first success" },

    { "vrrp_track_process", IN_MAIN, 1, 1, .block = true, .handle = read_process, .manual = "processes that must run" },
    { "track_process", IN_MAIN, 1, 1, .block = true, .handle = read_process, .manual = "processes that must run" },
    { "process", IN_PROCESS, 1, ARGS_ANY, .once = true, .handle = set_process, .manual = "the name, and parameters to compare" },
    { "param_match", IN_PROCESS, 0, 1, .once = true, .handle = set_match, .manual = "initial or partial" },
    { "weight", IN_PROCESS, 1, 2, .once = true, .handle = set_process_weight, .low = -254, .high = 254, .manual = "what it adds to the priority; 0: it must run" },
    { "quorum", IN_PROCESS, 1, 1, .once = true, .handle = set_process_number, PROCESS(quorum), .low = 1, .high = 65535, .manual = "so many at least; 1" },
    { "quorum_max", IN_PROCESS, 1, 1, .once = true, .handle = set_process_number, PROCESS(quorum_max), .low = 0, .high = 65535, .manual = "so many at most" },
    { "fork_delay", IN_PROCESS, 1, 1, .once = true, .handle = set_process_delay, PROCESS(fork_delay), .high = SECONDS(3600), .manual = "seconds that it must run to count" },
    { "terminate_delay", IN_PROCESS, 1, 1, .once = true, .handle = set_process_delay, PROCESS(terminate_delay), .high = SECONDS(3600), .manual = "seconds that it may be away" },
    { "delay", IN_PROCESS, 1, 1, .once = true, .handle = set_process_delay, .high = SECONDS(3600), .manual = "both" },
    { "full_command", IN_PROCESS, 0, 0, .handle = set_full_command, .manual = "the name is what it was called by, not the kernel's short one" },

    { "track_file", IN_MAIN, 1, 1, .block = true, .handle = read_file, .manual = "a file with a number" },
    { "vrrp_track_file", IN_MAIN, 1, 1, .support = KEYWORD_OLD, .block = true, .handle = read_file, .today = "track_file", .manual = "a file with a number" },
    { "file", IN_FILE, 1, 1, .once = true, .handle = set_path, .manual = "its path" },
    { "weight", IN_FILE, 1, 2, .once = true, .handle = set_file_weight, .low = INT32_MIN + 1, .high = INT32_MAX, .manual = "what its number is multiplied by; 0: a number other than 0 is a fault" },
    { "init_file", IN_FILE, 0, 2, .once = true, .handle = set_init, .manual = "written at start: value (0), and `overwrite` also when it is there" },
    { NULL },
};
// clang-format on
