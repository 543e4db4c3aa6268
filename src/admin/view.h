/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot as people and their tools see it: what there is, how it is, since
 * when, in figures and in a word, and one verdict over all. Everything is read
 * once, when the view is made; whoever renders it (page, CSV, JSON, commands)
 * reads only this. One thread.
 *
 * Words are judged by what users got as well as by checks, and the worse counts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "admin/admin.h"
#include "admin/window.h"
#include "base/buf.h"
#include "model/config.h"
#include "state/server_state.h"

/* From best to worst. X(NAME, word, glyph, rendered with the word because colour is never alone). */
#define VIEW_WORD_LIST(X)                                                                                    \
    X(UP, "up", "\u25cf")                                                                                    \
    X(NO_CHECK, "no check", "\u2013")                                                                        \
    X(UNCHECKED, "not yet checked", "?")                                                                     \
    X(DRAINING, "draining", "\u25cc")                                                                        \
    X(MAINTENANCE, "maintenance", "\u25a0")                                                                  \
    X(SLOW, "slow", "\u25d0")                                                                                \
    X(ERRORS, "errors", "\u25b2")                                                                            \
    X(DOWN, "down", "\u2715")
enum view_word {
#define X(name, word, glyph) VIEW_##name,
    VIEW_WORD_LIST(X)
#undef X
        VIEW_WORDS
};
const char *view_word(enum view_word w);
const char *view_glyph(enum view_word w);

enum view_verdict { VERDICT_WELL, VERDICT_DEGRADED, VERDICT_FAILING };
const char *view_verdict_word(enum view_verdict v);

/* A counts_sum without its histograms. */
struct view_counts {
#define X(name) uint64_t name;
    COUNT_LIST(X)
#undef X
    uint32_t session_rate, request_rate, session_rate_most, request_rate_most, idle;
    uint64_t queue_most_us, connect_most_us, response_most_us, total_most_us;
};

/* The last minute (window.h). Percentiles are of the time to the answer's first byte. */
struct view_recent {
    uint64_t us; /* how long it is; 0: not known */
    uint64_t answers, failed;
    uint64_t samples;       /* what the percentiles are made of */
    uint64_t p50, p95, p99; /* us; of less than VIEW_SAMPLES_MIN they say nothing */
};
#define VIEW_SAMPLES_MIN 20

#define VIEW_NONE UINT32_MAX

struct view_server {
    const struct server *model;
    struct server_state *state;
    enum view_word word;
    enum server_use use;
    struct health_report health;
    uint8_t admin; /* enum admin */
    uint32_t active, active_most, waiting, waiting_most;
    uint32_t limit;            /* of requests at once, now; 0 = none */
    uint32_t connections_max;  /* what <limit> may grow to */
    uint32_t weight, weight16; /* set; what counts now, in 16ths */
    uint32_t fails;            /* passive, in a row */
    uint64_t last_us;          /* instant of the last request; 0 = never */
    struct view_counts counts;
    struct view_recent recent;
    uint64_t slow_peers; /* SLOW: the median of its peers' p99 */
};
struct view_pool {
    const struct pool *model;
    const struct pool_state *state;
    enum view_word word;
    bool tcp;               /* nothing of it is HTTP */
    uint32_t first, count;  /* of view->servers */
    uint32_t usable;        /* servers that take new requests now (nbsrv) */
    uint32_t active_usable; /* of these, not backups; */
    uint32_t backup_usable; /* and backups */
    uint32_t active, active_most, waiting, waiting_most;
    uint64_t downs, down_us, since_us; /* the first two without now */
    bool down;
    struct view_counts counts;
    struct view_recent recent;
};
struct view_service {
    const struct service *model;
    struct service_state *state;
    enum view_word word; /* MAINTENANCE: disabled */
    uint32_t active, active_most;
    uint32_t limit; /* of connections; 0 = none */
    bool disabled;
    struct view_counts counts;
    struct view_recent recent;
};

/*
 * HAProxy's proxies, in the order of the files: a frontend, a backend, or both
 * when one section is both. <iid> is what its commands and forms call it by.
 */
struct view_proxy {
    struct span name;
    enum language language;
    uint32_t iid;
    uint32_t service, pool; /* indices, or VIEW_NONE */
};

enum view_cause_kind {
    CAUSE_POOL_EMPTY,      /* a pool that is used has no usable server */
    CAUSE_SERVICE_FAILING, /* more than half of what it answers fails */
    CAUSE_SERVER_DOWN,
    CAUSE_SERVER_ERRORS,
    CAUSE_SERVER_SLOW,
};
/* What needs attention, worst first. */
struct view_cause {
    enum view_cause_kind kind;
    uint32_t index; /* of the pool, service or server */
};

struct view {
    const struct admin_now *now;
    bool many_languages; /* names are shown with theirs: "nginx:web" */
    struct view_server *servers;
    struct view_pool *pools;
    struct view_service *services;
    struct view_proxy *proxies;
    uint32_t server_count, pool_count, service_count, proxy_count;
    struct view_cause *causes;
    uint32_t cause_count;
    enum view_verdict verdict;
    struct view_recent total; /* of all services, without percentiles */
};

/* Connections of clients at most: what the files say, or what descriptors allow with one more for each
 * server. */
uint32_t view_connections_max(const struct admin_now *now);

/* NULL: no memory. <now> must outlive it. */
MUST_USE struct view *view_new(const struct admin_now *now);
/* NULL-safe. */
void view_free(struct view **v);

/* "web", or "haproxy:web" where the files are of several languages. */
void view_put_name(struct buf *out, const struct view *v, enum language l, struct span name);
/* "web/w1" */
void view_put_server_name(struct buf *out, const struct view *v, const struct view_server *s);
/* "refused", "200 in 3 ms", "no answer within 500 ms (2 of 3 failed)" */
void view_put_check(struct buf *out, const struct view *v, const struct view_server *s);
/* "web/w1 is down: connection refused" */
void view_put_cause(struct buf *out, const struct view *v, const struct view_cause *c);
/* One sentence, or two. */
void view_put_verdict(struct buf *out, const struct view *v);
/* "12 s", "14 min", "3 h 20 min", "5 d 2 h" */
void view_put_span_of_time(struct buf *out, uint64_t us);
/* "0.4 ms", "12 ms", "1.31 s" */
void view_put_short_time(struct buf *out, uint64_t us);
/* Since when its word holds, in us from <now> backwards; false: that is not known. */
bool view_since(const struct view *v, const struct view_server *s, uint64_t *us);

/* view_judge.c: words, causes, verdict, of what was read. false: no memory. */
MUST_USE bool view_judge(struct view *v);
