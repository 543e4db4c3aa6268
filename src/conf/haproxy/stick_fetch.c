/* SPDX-License-Identifier: Apache-2.0 */
/* What samples ask of stick tables: sc_*, sc0_* to sc2_*, src_*, table_*. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/stick.h"

enum {
    OF_COUNTER = 1, /* sc_NAME(counter), sc0_NAME */
    OF_SOURCE = 2,  /* src_NAME */
    OF_KEY = 4,     /* KEY,table_NAME(table) */
    INDEXED = 8,    /* the first argument counts in an array */
    EVERY = OF_COUNTER | OF_SOURCE | OF_KEY,
};
static const struct {
    const char *name;
    enum stick_verb verb;
    enum stick_data data;
    unsigned of;
} questions[] = {
    { "conn_cnt", STICK_READ, STICK_CONN_CNT, EVERY },
    { "conn_cur", STICK_READ, STICK_CONN_CUR, EVERY },
    { "conn_rate", STICK_READ, STICK_CONN_RATE, EVERY },
    { "sess_cnt", STICK_READ, STICK_SESS_CNT, EVERY },
    { "sess_rate", STICK_READ, STICK_SESS_RATE, EVERY },
    { "http_req_cnt", STICK_READ, STICK_HTTP_REQ_CNT, EVERY },
    { "http_req_rate", STICK_READ, STICK_HTTP_REQ_RATE, EVERY },
    { "http_err_cnt", STICK_READ, STICK_HTTP_ERR_CNT, EVERY },
    { "http_err_rate", STICK_READ, STICK_HTTP_ERR_RATE, EVERY },
    { "http_fail_cnt", STICK_READ, STICK_HTTP_FAIL_CNT, EVERY },
    { "http_fail_rate", STICK_READ, STICK_HTTP_FAIL_RATE, EVERY },
    { "bytes_in_rate", STICK_READ, STICK_BYTES_IN_RATE, EVERY },
    { "bytes_out_rate", STICK_READ, STICK_BYTES_OUT_RATE, EVERY },
    { "kbytes_in", STICK_KBYTES, STICK_BYTES_IN_CNT, EVERY },
    { "kbytes_out", STICK_KBYTES, STICK_BYTES_OUT_CNT, EVERY },
    { "gpc_rate", STICK_READ, STICK_GPC_RATE, EVERY | INDEXED },
    { "gpc0_rate", STICK_READ, STICK_GPC0_RATE, EVERY },
    { "gpc1_rate", STICK_READ, STICK_GPC1_RATE, EVERY },
    { "get_gpc", STICK_READ, STICK_GPC, OF_COUNTER | OF_SOURCE | INDEXED },
    { "get_gpc0", STICK_READ, STICK_GPC0, OF_COUNTER | OF_SOURCE },
    { "get_gpc1", STICK_READ, STICK_GPC1, OF_COUNTER | OF_SOURCE },
    { "get_gpt", STICK_READ, STICK_GPT, OF_COUNTER | OF_SOURCE | INDEXED },
    { "get_gpt0", STICK_READ, STICK_GPT0, OF_COUNTER | OF_SOURCE },
    { "inc_gpc", STICK_INCREASE, STICK_GPC, EVERY | INDEXED },
    { "inc_gpc0", STICK_INCREASE, STICK_GPC0, EVERY },
    { "inc_gpc1", STICK_INCREASE, STICK_GPC1, EVERY },
    { "clr_gpc", STICK_CLEAR, STICK_GPC, EVERY | INDEXED },
    { "clr_gpc0", STICK_CLEAR, STICK_GPC0, EVERY },
    { "clr_gpc1", STICK_CLEAR, STICK_GPC1, EVERY },
    { "gpc", STICK_READ, STICK_GPC, OF_KEY | INDEXED },
    { "gpc0", STICK_READ, STICK_GPC0, OF_KEY },
    { "gpc1", STICK_READ, STICK_GPC1, OF_KEY },
    { "gpt", STICK_READ, STICK_GPT, OF_KEY | INDEXED },
    { "gpt0", STICK_READ, STICK_GPT0, OF_KEY },
    { "server_id", STICK_READ, STICK_SERVER_ID, OF_KEY },
    { "expire", STICK_EXPIRES, 0, OF_KEY },
    { "idle", STICK_IDLE, 0, OF_KEY },
    { "trackers", STICK_TRACKERS, 0, OF_COUNTER | OF_KEY },
    { "tracked", STICK_IS_TRACKED, 0, OF_COUNTER },
    { "key", STICK_KEY, 0, OF_COUNTER },
    { "updt_conn_cnt", STICK_CONNECTED, STICK_CONN_CNT, OF_SOURCE },
};

/* What is asked by <name> of <of>; NULL: there is no such name. */
static struct stick_ask *ask_of(struct sample_reader *r, struct span name, unsigned of, bool *indexed)
{
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        if (!(questions[i].of & of) || !span_eq(name, span_from(questions[i].name)))
            continue;
        struct stick_ask *a = ARENA_NEW(r->b->arena, struct stick_ask);
        a->verb = questions[i].verb;
        a->data = questions[i].data;
        *indexed = questions[i].of & INDEXED;
        return a;
    }
    return NULL;
}

static bool take_index(struct sample_reader *r, const struct sample_args *args, uint32_t *at,
                       struct stick_ask *a)
{
    int64_t n;
    if (*at >= args->count)
        return haproxy_sample_fail(r, &haproxy_sample_args, r->w->text, SPAN(""));
    if (!haproxy_sample_number(r, &args->items[(*at)++], 0, STICK_ARRAY_MAX - 1, &n))
        return false;
    a->index = (uint32_t)n;
    return true;
}

static bool take_counter(struct sample_reader *r, const struct sample_args *args, uint32_t *at,
                         struct stick_ask *a)
{
    int64_t n;
    if (*at >= args->count)
        return haproxy_sample_fail(r, &haproxy_sample_args, r->w->text, SPAN(""));
    if (!haproxy_sample_number(r, &args->items[(*at)++], 0, STICK_COUNTERS - 1, &n))
        return false;
    a->counter = (uint32_t)n;
    return true;
}

/* [table]: without one the section's own, or with <may_lack> none. */
static bool take_table(struct sample_reader *r, const struct sample_args *args, uint32_t at,
                       struct stick_ask *a, bool may_lack)
{
    if (at + 1 < args->count)
        return haproxy_sample_fail(r, &haproxy_sample_args, r->w->text, SPAN(""));
    if (at < args->count)
        return (a->table = haproxy_stick_table(r->b, &args->items[at], args->items[at].text)) != NULL;
    if (may_lack)
        return true;
    a->table = r->b->at->table ? r->b->at->table : haproxy_stick_table(r->b, r->w, r->b->at->name);
    return a->table != NULL;
}

static void make(struct sample_reader *r, const struct stick_ask *a, bool source)
{
    enum fetch f = a->verb == STICK_IS_TRACKED ? FETCH_STICK_TRUTH
                   : a->verb == STICK_KEY      ? FETCH_STICK_KEY
                                               : FETCH_STICK_NUMBER;
    r->part = expr_add_fetch(r->b->arena, r->expr, f, SPAN(""));
    r->part->number = source;
    r->part->stick = a;
}

/* table_cnt([table]), table_avl([table]) */
static bool table_fetch(struct sample_reader *r, const struct sample_args *args, enum stick_verb verb)
{
    struct stick_ask *a = ARENA_NEW(r->b->arena, struct stick_ask);
    a->verb = verb;
    if (!take_table(r, args, 0, a, false))
        return false;
    make(r, a, false);
    return true;
}

/* "sc_", "sc0_", "sc1_", "sc2_" and what follows. */
static bool counter_prefix(struct span name, struct span *rest, int *counter)
{
    if (span_starts_with(name, SPAN("sc_"))) {
        *counter = -1;
        *rest = span_from_index(name, 3);
        return true;
    }
    if (name.len < 4 || !span_starts_with(name, SPAN("sc")) || name.ptr[2] < '0' || name.ptr[2] > '2' ||
        name.ptr[3] != '_')
        return false;
    *counter = name.ptr[2] - '0';
    *rest = span_from_index(name, 4);
    return true;
}

bool haproxy_stick_fetch(struct sample_reader *r, struct span name, const struct sample_args *args,
                         bool *known)
{
    bool source = span_starts_with(name, SPAN("src_")), indexed = false;
    struct span rest = source ? span_from_index(name, 4) : SPAN("");
    int counter = 0;
    uint32_t at = 0;

    *known = true;
    if (span_eq(name, SPAN("table_cnt")) || span_eq(name, SPAN("table_avl")))
        return table_fetch(r, args, span_eq(name, SPAN("table_cnt")) ? STICK_USED : STICK_FREE);
    if (!source && !counter_prefix(name, &rest, &counter)) {
        *known = false;
        return false;
    }
    struct stick_ask *a = ask_of(r, rest, source ? OF_SOURCE : OF_COUNTER, &indexed);
    if (a == NULL) {
        *known = false;
        return false;
    }
    if (indexed && !take_index(r, args, &at, a))
        return false;
    if (!source && counter >= 0)
        a->counter = (uint32_t)counter;
    else if (!source && !take_counter(r, args, &at, a))
        return false;
    if (!take_table(r, args, at, a, !source))
        return false;
    make(r, a, source);
    return true;
}

bool haproxy_stick_converter(struct sample_reader *r, struct span name, const struct sample_args *args,
                             bool *known)
{
    bool in = span_eq(name, SPAN("in_table")), indexed = false;
    struct stick_ask *a = in ? ARENA_NEW(r->b->arena, struct stick_ask) : NULL;
    uint32_t at = 0;

    if (in)
        a->verb = STICK_IS_IN;
    else if (span_starts_with(name, SPAN("table_")))
        a = ask_of(r, span_from_index(name, 6), OF_KEY, &indexed);
    *known = a != NULL;
    if (a == NULL || (indexed && !take_index(r, args, &at, a)) || !take_table(r, args, at, a, false))
        return false;
    expr_add_conversion(r->b->arena, r->part, in ? CONVERT_STICK_TRUTH : CONVERT_STICK_NUMBER)->stick = a;
    return true;
}
