/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of what clients did: keys (an address, a number, a text) and for each
 * the counters that a file asks for. HAProxy's stick-table. What is in them is
 * state/stick.h; here is how they are laid out, and what expressions ask.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/span.h"
#include "model/pool.h"

enum stick_type { STICK_IPV4, STICK_IPV6, STICK_INTEGER, STICK_STRING, STICK_BINARY };

/*
 * X(NAME, word, kind): what can be kept for a key. COUNT: a number; RATE: events
 * in the last period. In the order in which HAProxy shows them.
 */
#define STICK_DATA_LIST(X)                                                                                   \
    X(SERVER_ID, "server_id", COUNT)                                                                         \
    X(GPT0, "gpt0", COUNT)                                                                                   \
    X(GPC0, "gpc0", COUNT)                                                                                   \
    X(GPC0_RATE, "gpc0_rate", RATE)                                                                          \
    X(CONN_CNT, "conn_cnt", COUNT)                                                                           \
    X(CONN_RATE, "conn_rate", RATE)                                                                          \
    X(CONN_CUR, "conn_cur", COUNT)                                                                           \
    X(SESS_CNT, "sess_cnt", COUNT)                                                                           \
    X(SESS_RATE, "sess_rate", RATE)                                                                          \
    X(HTTP_REQ_CNT, "http_req_cnt", COUNT)                                                                   \
    X(HTTP_REQ_RATE, "http_req_rate", RATE)                                                                  \
    X(HTTP_ERR_CNT, "http_err_cnt", COUNT)                                                                   \
    X(HTTP_ERR_RATE, "http_err_rate", RATE)                                                                  \
    X(BYTES_IN_CNT, "bytes_in_cnt", COUNT)                                                                   \
    X(BYTES_IN_RATE, "bytes_in_rate", RATE)                                                                  \
    X(BYTES_OUT_CNT, "bytes_out_cnt", COUNT)                                                                 \
    X(BYTES_OUT_RATE, "bytes_out_rate", RATE)                                                                \
    X(GPC1, "gpc1", COUNT)                                                                                   \
    X(GPC1_RATE, "gpc1_rate", RATE)                                                                          \
    X(HTTP_FAIL_CNT, "http_fail_cnt", COUNT)                                                                 \
    X(HTTP_FAIL_RATE, "http_fail_rate", RATE)                                                                \
    X(GPT, "gpt", COUNT)                                                                                     \
    X(GPC, "gpc", COUNT)                                                                                     \
    X(GPC_RATE, "gpc_rate", RATE)
enum stick_data {
#define X(name, word, kind) STICK_##name,
    STICK_DATA_LIST(X)
#undef X
        STICK_DATA_COUNT
};
const char *stick_data_word(enum stick_data d); /* "gpc0_rate" */
bool stick_data_is_rate(enum stick_data d);
bool stick_data_is_array(enum stick_data d);
/* STICK_DATA_COUNT: it is none of them. */
enum stick_data stick_data_of(struct span word);
const char *stick_type_word(enum stick_type t); /* "ip" */

#define STICK_COUNTERS   12  /* that a connection or a request may follow at a time: sc0 to sc11 */
#define STICK_ARRAY_MAX  100 /* gpc(n), gpt(n) */
#define STICK_RATE_WORDS 3

struct stick_table {
    uint32_t index;
    enum language language;
    struct span name;
    enum stick_type type;
    uint32_t key_len;                   /* bytes; of texts the most */
    uint32_t size;                      /* keys */
    duration expire;                    /* after a key was used last; NONE = never */
    bool nopurge;                       /* when it is full, new keys are not taken; else old ones go */
    uint32_t counts[STICK_DATA_COUNT];  /* how many of each; 0 = not kept */
    duration periods[STICK_DATA_COUNT]; /* of rates */
    struct where at;
    /* by stick_table_finish */
    uint32_t offsets[STICK_DATA_COUNT]; /* in words of 64 bits */
    uint32_t words;
};
struct arena;
void stick_table_finish(struct stick_table *t);
static inline bool stick_table_has(const struct stick_table *t, enum stick_data d)
{
    return t->counts[d] != 0;
}
struct buf;
/* "gpc0 conn_rate(10000) ...": what is kept, in the order of its words; for dumps and identities. */
void stick_table_put_data(struct buf *out, const struct stick_table *t);

/* What an expression or an action asks of a key. */
enum stick_verb {
    STICK_READ,
    STICK_KBYTES,     /* READ, in units of 1024 */
    STICK_INCREASE,   /* by one, its rate too; gives what it is then */
    STICK_CLEAR,      /* gives what it was */
    STICK_IS_TRACKED, /* is something followed? */
    STICK_TRACKERS,   /* how many follow it */
    STICK_KEY,        /* the key itself */
    STICK_CONNECTED,  /* counts a connection and gives their number (src_updt_conn_cnt) */
    STICK_IS_IN,      /* is the key there? */
    STICK_USED,       /* keys of the table */
    STICK_FREE,       /* keys that it has room for */
    STICK_EXPIRES,    /* ms until it is forgotten */
    STICK_IDLE,       /* ms since it was used */
};
const char *stick_verb_name(enum stick_verb v); /* "READ" */
struct stick_ask {
    enum stick_verb verb;
    enum stick_data data;
    uint32_t index;                  /* of arrays */
    uint32_t counter;                /* sc0 ... */
    const struct stick_table *table; /* NULL: the one that the counter follows a key of */
};
/* "READ http_req_rate of `web`". */
void stick_ask_put(struct buf *out, const struct stick_ask *a);
