/* SPDX-License-Identifier: Apache-2.0 */
/* show table, set table, clear table: HAProxy's words and lines, for the tools that read them. */
#include <inttypes.h>

#include "admin/command_internal.h"
#include "state/snapshot.h"

#define FILTERS_MOST 4

struct condition {
    enum stick_data data;
    unsigned how; /* of <operators> */
    int64_t value;
};
struct table_call {
    struct call *c;
    const struct stick_table *model;
    struct stick_state *state;
    bool has_key;
    struct span key;
    char key_room[STICK_KEY_ROOM];
    struct condition conditions[FILTERS_MOST];
    unsigned condition_count;
};

static const char *const operators[] = { "eq", "ne", "le", "ge", "lt", "gt" };

static const struct stick_table *find_table(const struct call *c, struct span name)
{
    const struct config *config = c->now->snapshot->config;

    for (uint32_t i = 0; i < config->stick_tables.count; i++)
        if (span_eq(config->stick_tables.items[i]->name, name))
            return config->stick_tables.items[i];
    return NULL;
}

/* ---- showing ---- */

static void put_head(struct call *c, const struct stick_table *t, struct stick_state *s)
{
    buf_printf(c->out, "# table: %.*s, type: %s, size:%u, used:%u\n", SPAN_ARGS(t->name),
               stick_type_word(t->type), t->size, stick_used(s, c->now->now));
}

static void put_key(struct buf *out, enum stick_type type, struct span key)
{
    struct address ip;
    uint32_t n = 0;

    switch (type) {
    case STICK_IPV4:
    case STICK_IPV6:
        address_of_bytes(&ip, key);
        address_put_ip(out, &ip);
        return;
    case STICK_INTEGER:
        for (size_t i = 0; i < key.len; i++)
            n = n << 8 | (unsigned char)key.ptr[i];
        buf_put_u64(out, n);
        return;
    case STICK_STRING: /* a blank or a line end in it may not look like the next word */
        for (size_t i = 0; i < key.len; i++) {
            unsigned char ch = (unsigned char)key.ptr[i];
            if (ch <= ' ' || ch >= 0x7f || ch == '\\')
                buf_printf(out, "\\x%02x", ch);
            else
                buf_put_char(out, (char)ch);
        }
        return;
    case STICK_BINARY:
        for (size_t i = 0; i < key.len; i++)
            buf_printf(out, "%02X", (unsigned char)key.ptr[i]);
        return;
    }
}

/* The server of that id in the section whose table it is. */
static void put_server_name(const struct table_call *t, uint64_t id)
{
    const struct config *config = t->c->now->snapshot->config;
    const struct server *found = NULL;

    for (uint32_t i = 0; i < config->pools.count && found == NULL && id <= UINT32_MAX; i++)
        if (config->pools.items[i]->language == t->model->language &&
            span_eq(config->pools.items[i]->name, t->model->name))
            found = pool_server_by_id(config->pools.items[i], (uint32_t)id);
    if (found)
        buf_printf(t->c->out, " server_key=%.*s", SPAN_ARGS(found->name));
    else
        buf_put(t->c->out, SPAN(" server_key=-"));
}

static void put_datum(const struct table_call *t, struct stick_entry *e, enum stick_data d, uint32_t i)
{
    const char *word = stick_data_word(d);
    uint64_t n = stick_read(t->state, e, d, i, t->c->now->now);

    if (d == STICK_GPT || d == STICK_GPC)
        buf_printf(t->c->out, " %s%u=%" PRIu64, word, i, n);
    else if (d == STICK_GPC_RATE)
        buf_printf(t->c->out, " gpc%u_rate(%u)=%" PRIu64, i, t->model->periods[d].ms, n);
    else if (stick_data_is_rate(d))
        buf_printf(t->c->out, " %s(%u)=%" PRIu64, word, t->model->periods[d].ms, n);
    else
        buf_printf(t->c->out, " %s=%" PRIu64, word, n);
    if (d == STICK_SERVER_ID)
        put_server_name(t, n);
}

static void put_entry(const struct table_call *t, struct stick_entry *e)
{
    struct buf *out = t->c->out;
    uint64_t left = stick_expires_ms(t->state, e, t->c->now->now);

    buf_put(out, SPAN("0x0: key="));
    put_key(out, t->model->type, stick_key(e));
    buf_printf(out, " use=%u exp=%" PRIu64, stick_trackers(e) - 1, left);
    for (unsigned d = 0; d < STICK_DATA_COUNT; d++)
        for (uint32_t i = 0; i < t->model->counts[d]; i++)
            put_datum(t, e, (enum stick_data)d, i);
    buf_put_char(out, '\n');
}

/* ---- filters ---- */

static bool holds(const struct table_call *t, struct stick_entry *e)
{
    for (unsigned i = 0; i < t->condition_count; i++) {
        const struct condition *k = &t->conditions[i];
        int64_t n = (int64_t)stick_read(t->state, e, k->data, 0, t->c->now->now);
        const bool results[] = { n == k->value, n != k->value, n <= k->value, n >= k->value,
                                 n<k->value, n> k->value };
        if (!results[k->how])
            return false;
    }
    return true;
}

static enum stick_data datum_of(struct span word)
{
    return span_starts_with(word, SPAN("data.")) ? stick_data_of(span_from_index(word, 5)) : STICK_DATA_COUNT;
}

static bool read_number(struct span text, int64_t *n)
{
    uint64_t u;
    bool negative = span_starts_with(text, SPAN("-"));

    if (!span_to_u64(span_from_index(text, negative), INT64_MAX, &u))
        return false;
    *n = negative ? -(int64_t)u : (int64_t)u;
    return true;
}

static bool read_operator(struct span word, unsigned *how)
{
    for (*how = 0; *how < COUNT_OF(operators); ++*how)
        if (span_eq(word, span_from(operators[*how])))
            return true;
    return false;
}

static bool read_condition(struct table_call *t, unsigned at)
{
    unsigned nth = t->condition_count + 1;
    struct condition *k = &t->conditions[t->condition_count];

    if (t->condition_count == FILTERS_MOST) {
        (void)call_fail(t->c, "At most %d conditions are looked at.", FILTERS_MOST);
        return false;
    }
    k->data = datum_of(call_arg(t->c, at));
    if (k->data == STICK_DATA_COUNT)
        (void)call_fail(t->c, "Filter entry #%u: Unknown data type", nth);
    else if (!stick_table_has(t->model, k->data))
        (void)call_fail(t->c, "Filter entry #%u: Data type not stored in this table", nth);
    else if (!read_operator(call_arg(t->c, at + 1), &k->how))
        (void)call_fail(
            t->c,
            "Filter entry #%u: Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", \"gt\"",
            nth);
    else if (!read_number(call_arg(t->c, at + 2), &k->value))
        (void)call_fail(t->c, "Filter entry #%u: Require a valid integer value to compare against", nth);
    else
        return ++t->condition_count > 0;
    return false;
}

static bool read_key(struct table_call *t, struct span text)
{
    struct value v = { .type = VALUE_TEXT, .as.text = text };
    struct address ip;
    int64_t n;

    if (text.len == 0) {
        (void)call_fail(t->c, "Key value expected");
        return false;
    }
    if (t->model->type == STICK_BINARY) {
        (void)call_fail(t->c, "Keys of tables of type binary cannot be written here");
        return false;
    }
    if (t->model->type == STICK_INTEGER && read_number(text, &n))
        v = (struct value){ .type = VALUE_INT, .as.number = n };
    else if (t->model->type <= STICK_IPV6 && address_parse_ip(text, &ip) &&
             address_bytes(&ip).len == t->model->key_len)
        v = (struct value){ .type = VALUE_IP, .as.ip = ip };
    t->has_key = stick_key_of(t->model, &v, t->key_room, &t->key);
    if (!t->has_key)
        (void)call_fail(t->c, "Invalid key");
    return t->has_key;
}

static bool begin(struct table_call *t, struct call *c)
{
    *t = (struct table_call){ .c = c, .model = find_table(c, call_arg(c, 0)) };
    if (t->model == NULL) {
        (void)call_fail(c, "No such table");
        return false;
    }
    t->state = snapshot_stick(c->now->snapshot, t->model);
    return true;
}

/* "key K", or conditions. */
static bool read_filter(struct table_call *t)
{
    if (t->c->count == 1)
        return true;
    if (span_eq(call_arg(t->c, 1), SPAN("key")))
        return read_key(t, call_arg(t->c, 2));
    if (!span_starts_with(call_arg(t->c, 1), SPAN("data."))) {
        (void)call_fail(
            t->c,
            "Optional argument only supports \"data.<store_data_type>\" <operator> <value> and key <key>");
        return false;
    }
    for (unsigned at = 1; at < t->c->count; at += 3)
        if (!read_condition(t, at))
            return false;
    return true;
}

/* ---- the commands ---- */

static bool show_one(void *to, struct stick_entry *e)
{
    const struct table_call *t = to;

    if (holds(t, e))
        put_entry(t, e);
    stick_put(t->state, e, false, t->c->now->now);
    return !t->c->out->truncated;
}

static enum command_result show_all(struct call *c)
{
    const struct config *config = c->now->snapshot->config;

    for (uint32_t i = 0; i < config->stick_tables.count; i++)
        put_head(c, config->stick_tables.items[i],
                 snapshot_stick(c->now->snapshot, config->stick_tables.items[i]));
    return COMMAND_DONE;
}

enum command_result show_table(struct call *c)
{
    struct table_call t;

    if (c->count == 0)
        return show_all(c);
    if (!begin(&t, c) || !read_filter(&t))
        return COMMAND_FAILED;
    if (!t.has_key) {
        put_head(c, t.model, t.state);
        stick_each(t.state, c->now->now, show_one, &t);
        return COMMAND_DONE;
    }
    struct stick_entry *e = stick_find(t.state, t.key, c->now->now);
    if (e == NULL)
        return COMMAND_DONE;
    put_head(c, t.model, t.state);
    put_entry(&t, e);
    stick_put(t.state, e, false, c->now->now);
    return COMMAND_DONE;
}

static bool clear_one(void *to, struct stick_entry *e)
{
    const struct table_call *t = to;

    if (holds(t, e))
        (void)stick_forget(t->state, e);
    else
        stick_put(t->state, e, false, t->c->now->now);
    return true;
}

enum command_result clear_table(struct call *c)
{
    struct table_call t;

    if (c->count == 0)
        return call_fail(
            c, "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or <table> "
               "key <key>");
    if (!begin(&t, c) || !read_filter(&t))
        return COMMAND_FAILED;
    act_note(c->now, &c->session->by, SPAN("clear table"));
    if (!t.has_key) {
        stick_each(t.state, c->now->now, clear_one, &t);
        return COMMAND_DONE;
    }
    struct stick_entry *e = stick_find(t.state, t.key, c->now->now);
    if (e && !stick_forget(t.state, e))
        return call_fail(c, "Entry currently in use, cannot remove");
    return COMMAND_DONE;
}

/* "data.gpc0 5" ...: everything is looked at before anything is changed. */
static bool read_data(struct table_call *t, enum stick_data *data, int64_t *values, unsigned *count)
{
    *count = 0;
    for (unsigned at = 3; at < t->c->count; at += 2, ++*count) {
        data[*count] = datum_of(call_arg(t->c, at));
        if (!span_starts_with(call_arg(t->c, at), SPAN("data."))) {
            (void)call_fail(t->c, "\"data.<type>\" followed by a value expected");
            return false;
        }
        if (data[*count] == STICK_DATA_COUNT || !stick_table_has(t->model, data[*count])) {
            (void)call_fail(t->c, data[*count] == STICK_DATA_COUNT ? "Unknown data type"
                                                                   : "Data type not stored in this table");
            return false;
        }
        if (!read_number(call_arg(t->c, at + 1), &values[*count])) {
            (void)call_fail(t->c, "Require a valid integer value to store");
            return false;
        }
    }
    return true;
}

enum command_result set_table(struct call *c)
{
    enum stick_data data[COMMAND_WORDS];
    int64_t values[COMMAND_WORDS];
    struct table_call t;
    unsigned count;

    if (c->count == 0)
        return call_fail(c, "Required arguments: <table> key <key> [data.<store_data_type> <value>]*");
    if (!begin(&t, c))
        return COMMAND_FAILED;
    if (!span_eq(call_arg(c, 1), SPAN("key")))
        return call_fail(
            c, span_starts_with(call_arg(c, 1), SPAN("data."))
                   ? "content-based lookup is only supported with the \"show\" and \"clear\" actions"
                   : "Required arguments: <table> key <key> [data.<store_data_type> <value>]*");
    if (!read_key(&t, call_arg(c, 2)) || !read_data(&t, data, values, &count))
        return COMMAND_FAILED;
    act_note(c->now, &c->session->by, SPAN("set table"));
    struct stick_entry *e = stick_make(t.state, t.key, c->now->now);
    if (e == NULL)
        return call_fail(c, "Unable to allocate a new entry");
    for (unsigned i = 0; i < count; i++)
        (void)stick_set(t.state, e, data[i], 0, (uint64_t)values[i], c->now->now);
    stick_put(t.state, e, true, c->now->now);
    return COMMAND_DONE;
}
