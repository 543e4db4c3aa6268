/* SPDX-License-Identifier: Apache-2.0 */
/* What stick tables know: of the keys that are followed, of the client's address, of any key. */
#include "eval/eval_internal.h"
#include "model/stick.h"
#include "state/snapshot.h"

const struct stick_follow *eval_follow(const struct facts *f, uint32_t n)
{
    for (unsigned i = 0; i < COUNT_OF(f->follows); i++)
        if (f->follows[i] && f->follows[i][n].state)
            return &f->follows[i][n];
    return NULL;
}

bool eval_stick_key(struct facts *f, const struct stick_table *t, struct value v, struct span *key)
{
    static const enum value_type types[] = { [STICK_IPV4] = VALUE_IP,
                                             [STICK_IPV6] = VALUE_IP,
                                             [STICK_INTEGER] = VALUE_INT,
                                             [STICK_STRING] = VALUE_TEXT,
                                             [STICK_BINARY] = VALUE_BINARY };
    char *room = scratch_bytes(f->scratch, STICK_KEY_ROOM);

    v = value_as(f, v, types[t->type]);
    return room && stick_key_of(t, &v, room, key);
}

/* ---- one question about one key ---- */

static struct value key_value(struct facts *f, const struct stick_state *s, const struct stick_entry *e)
{
    struct span key = stick_key(e);
    struct address ip;
    uint32_t n = 0;

    switch (s->table.type) {
    case STICK_IPV4:
    case STICK_IPV6:
        address_of_bytes(&ip, key);
        return value_ip(&ip);
    case STICK_INTEGER:
        for (size_t i = 0; i < key.len; i++)
            n = n << 8 | (unsigned char)key.ptr[i];
        return value_int(n);
    case STICK_STRING:
        return value_text(scratch_span(f->scratch, key));
    case STICK_BINARY:
        break;
    }
    return value_binary(scratch_span(f->scratch, key));
}

static enum stick_data rate_of(enum stick_data d)
{
    return d == STICK_GPC    ? STICK_GPC_RATE
           : d == STICK_GPC0 ? STICK_GPC0_RATE
           : d == STICK_GPC1 ? STICK_GPC1_RATE
                             : STICK_DATA_COUNT;
}

/* A counter and its rate, whichever of them there is. */
static struct value increase(struct facts *f, struct stick_state *s, struct stick_entry *e,
                             const struct stick_ask *a)
{
    enum stick_data rate = rate_of(a->data);
    uint64_t of_rate = 0;

    if (rate != STICK_DATA_COUNT)
        of_rate = stick_add(s, e, rate, a->index, 1, f->now);
    if (!stick_table_has(&s->table, a->data))
        return value_int((int64_t)of_rate);
    return value_int((int64_t)stick_add(s, e, a->data, a->index, 1, f->now));
}

static struct value connected(struct facts *f, struct stick_state *s, struct stick_entry *e)
{
    return value_int((int64_t)stick_add(s, e, STICK_CONN_CNT, 0, 1, f->now));
}

static struct value answer(struct facts *f, struct stick_state *s, struct stick_entry *e,
                           const struct stick_ask *a)
{
    bool kept = a->verb > STICK_CLEAR || stick_table_has(&s->table, a->data) ||
                (a->verb == STICK_INCREASE && rate_of(a->data) != STICK_DATA_COUNT &&
                 stick_table_has(&s->table, rate_of(a->data)));

    if (!kept)
        return a->verb == STICK_INCREASE || a->verb == STICK_CLEAR ? value_int(0) : value_none();
    switch (a->verb) {
    case STICK_READ:
        return value_int((int64_t)stick_read(s, e, a->data, a->index, f->now));
    case STICK_KBYTES:
        return value_int((int64_t)(stick_read(s, e, a->data, a->index, f->now) >> 10));
    case STICK_INCREASE:
        return increase(f, s, e, a);
    case STICK_CLEAR:
        return value_int((int64_t)stick_set(s, e, a->data, a->index, 0, f->now));
    case STICK_TRACKERS:
        return value_int(stick_trackers(e));
    case STICK_KEY:
        return key_value(f, s, e);
    case STICK_CONNECTED:
        return connected(f, s, e);
    case STICK_EXPIRES:
        return value_int((int64_t)stick_expires_ms(s, e, f->now));
    case STICK_IDLE:
        return value_int((int64_t)stick_idle_ms(e, f->now));
    case STICK_IS_TRACKED:
    case STICK_IS_IN:
        return value_bool(true);
    case STICK_USED:
    case STICK_FREE:
        break;
    }
    return value_none();
}

/* What is said of a key that is not there. */
static struct value absent(const struct stick_ask *a)
{
    if (a->verb == STICK_IS_TRACKED || a->verb == STICK_IS_IN)
        return value_bool(false);
    if (a->verb == STICK_KEY || a->verb == STICK_EXPIRES || a->verb == STICK_IDLE)
        return value_none();
    return value_int(0);
}

static bool makes(const struct stick_ask *a)
{
    return a->verb == STICK_INCREASE || a->verb == STICK_CONNECTED;
}

/* <a> of <key>, in the table that it names. */
static struct value of_key(struct facts *f, const struct stick_ask *a, struct span key)
{
    struct stick_state *s = snapshot_stick(f->snapshot, a->table);
    struct stick_entry *e = makes(a) ? stick_make(s, key, f->now) : stick_find(s, key, f->now);

    if (e == NULL)
        return absent(a);
    struct value v = answer(f, s, e, a);
    if (a->verb == STICK_TRACKERS)
        v.as.number--; /* we */
    stick_put(s, e, makes(a), f->now);
    return v;
}

static struct value of_table(struct facts *f, const struct stick_ask *a)
{
    struct stick_state *s = snapshot_stick(f->snapshot, a->table);
    uint32_t used = stick_count(s, f->now);

    if (a->verb == STICK_USED)
        return value_int(used);
    return value_int(used < a->table->size ? a->table->size - used : 0);
}

struct value fetch_stick(struct facts *f, const struct expr_part *p)
{
    const struct stick_ask *a = p->stick;
    struct span key;

    if (a->verb == STICK_USED || a->verb == STICK_FREE)
        return of_table(f, a);
    if (p->number == 1) {
        struct expr_part client = { .kind = PART_FETCH, .fetch = FETCH_CLIENT_IP };
        return eval_stick_key(f, a->table, fetch_value(f, &client), &key) ? of_key(f, a, key) : value_none();
    }
    const struct stick_follow *w = eval_follow(f, a->counter);
    if (w == NULL)
        return a->verb == STICK_IS_TRACKED ? value_bool(false) : value_none();
    if (a->table && snapshot_stick(f->snapshot, a->table) != w->state)
        return w->state->table.type == a->table->type ? of_key(f, a, stick_key(w->entry)) : absent(a);
    return answer(f, w->state, w->entry, a);
}

struct value convert_stick(struct facts *f, struct value v, const struct conversion *c)
{
    struct span key;

    if (!eval_stick_key(f, c->stick->table, v, &key))
        return value_none();
    return of_key(f, c->stick, key);
}
