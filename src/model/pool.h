/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool is a set of servers and how to choose among them: nginx's upstream,
 * HAProxy's backend servers. What is true now (health, counts, weights at run
 * time) is not here but in state/.
 */
#pragma once

#include "base/address.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/map.h"
#include "model/expr.h"
#include "model/list_of.h"

/* Which language a name lives in: for identity, messages and views only; the engine never branches on it. */
enum language { LANGUAGE_NONE, LANGUAGE_NGINX, LANGUAGE_HAPROXY, LANGUAGE_KEEPALIVED };

enum balance_algorithm {
    BALANCE_ROUND_ROBIN, /* nginx: smooth weighted */
    BALANCE_STATIC_RR,   /* HAProxy static-rr: one fixed order */
    BALANCE_LEAST_CONN,  /* nginx: ties by smooth round robin */
    BALANCE_FIRST,
    BALANCE_RANDOM,          /* <draws> candidates, the least loaded wins */
    BALANCE_IP_HASH,         /* nginx's */
    BALANCE_HASH,            /* <key>, nginx's crc32 way */
    BALANCE_KETAMA,          /* <key>, nginx's consistent way */
    BALANCE_HASH_MAP,        /* <key>, HAProxy map-based with <hash> */
    BALANCE_HASH_CONSISTENT, /* <key>, HAProxy consistent */
    BALANCE_LEAST_TIME,
    BALANCE_FAIR,
    BALANCE_STRIDE,       /* HAProxy roundrobin: each is due every total/weight choices */
    BALANCE_LEAST_OLDEST, /* HAProxy leastconn: ties to the one whose load changed longest ago */
};

/* What LEAST_TIME and RANDOM look at, beside the requests that a server has now. */
enum load { LOAD_CONNECTIONS, LOAD_CONNECT, LOAD_FIRST_BYTE, LOAD_LAST_BYTE };

/* What weights mean to FAIR. */
enum fair_weights {
    FAIR_WEIGHTS_SHARE,
    FAIR_WEIGHTS_IDLE, /* with fewer requests than its weight it counts as idle */
    FAIR_WEIGHTS_PEAK, /* it never has more than its weight */
};

/* When an idle server connection may carry another client's request. */
enum reuse { REUSE_NEVER, REUSE_SAFE, REUSE_AGGRESSIVE, REUSE_ALWAYS };

/* What may be tried again, with which server (proxy_next_upstream, retry-on). */
enum retry_on {
    RETRY_CONNECT = 1 << 0,        /* connecting failed or timed out: nothing was sent */
    RETRY_CLOSED = 1 << 1,         /* closed or reset before a byte of the answer (empty-response) */
    RETRY_TIMEOUT = 1 << 2,        /* no answer in time */
    RETRY_GARBAGE = 1 << 3,        /* not an HTTP head (invalid_header, junk-response) */
    RETRY_NON_IDEMPOTENT = 1 << 4, /* POST, LOCK, PATCH too, though already sent */
    RETRY_STATUS = 1 << 5,         /* <retry_statuses> */
    RETRY_0RTT_REJECTED = 1 << 6,
    RETRY_CONNECT_REFUSED =
        1 << 7, /* connecting failed, but not by time: nginx's `error` without `timeout` */
    RETRY_CONNECT_TIMEOUT = 1 << 8, /* and the other half; RETRY_CONNECT means both */
};

enum check_kind {
    CHECK_NONE,
    CHECK_TCP,
    CHECK_HTTP,
    CHECK_TLS_HELLO,
    CHECK_MYSQL,
    CHECK_PGSQL,
    CHECK_REDIS,
    CHECK_SMTP,
    CHECK_LDAP,
    CHECK_SCRIPT,
    CHECK_EXTERNAL
};

struct tls_client; /* model/tls.h */
enum check_step_kind { CHECK_STEP_CONNECT, CHECK_STEP_SEND, CHECK_STEP_EXPECT };
struct check_field {
    struct span name;
    const struct expr *value;
};
struct check_step { /* tcp-check, http-check: a script; defaults are one connect, send, expect */
    enum check_step_kind kind;
    struct address address;           /* CONNECT: len 0 = the check's */
    uint16_t port;                    /* CONNECT: 0 = the check's */
    bool send_proxy;                  /* CONNECT: begins with a PROXY header */
    const struct tls_client *tls;     /* CONNECT: NULL: plain */
    bool default_options;             /* use the server line's TLS and PROXY settings */
    const struct expr *data;          /* SEND */
    struct span method, uri, version; /* SEND, HTTP */
    LIST_OF(struct check_field) fields;
    const struct test *expect; /* EXPECT: subject is the data, status, header or body */
    enum { EXPECT_STATUS, EXPECT_BODY, EXPECT_FIELD, EXPECT_DATA } expects;
    struct span field;
    bool negate;
    uint32_t at_least;         /* EXPECT: so many bytes are waited for before they are judged */
    struct span ok, bad, late; /* EXPECT: HAProxy's codes of results ("L7OKC") instead of the usual ones */
    struct where at;
};
struct check {
    enum check_kind kind;
    duration interval, fast_interval, down_interval; /* fast/down NONE: interval */
    duration timeout, connect_timeout;
    duration jitter; /* at most so much is added to the interval, by chance */
    uint32_t rise, fall;
    struct address address;       /* len 0: the server's */
    uint16_t port;                /* 0: the server's */
    const struct tls_client *tls; /* NULL: plain */
    bool send_proxy;
    bool drains_on_404;               /* HTTP: 404 from a server that is up: it gets no new clients */
    bool tells_state;                 /* HTTP: a field says what the server counts as */
    LIST_OF(struct check_step) steps; /* empty: the kind's own */
    struct span user;                 /* mysql, pgsql, smtp domain */
    struct span command, path;        /* EXTERNAL: what is started, and where it is looked for */
    struct span speaks;               /* EXTERNAL: what it is told that the server speaks: h1, tcp */
    uint32_t program;                 /* EXTERNAL: in the config's check_programs */
    struct where at;
};

struct buf;
/* All that it is, as indented text: the dump's, and what tells two checks apart. */
void check_put(struct buf *out, const struct check *c);

/* A program beside the server that says how much it can take (HAProxy's agent-check). */
struct agent {
    duration interval, timeout;
    struct address address; /* len 0: the server's */
    uint16_t port;
    struct span send; /* what it is told at first */
    struct where at;
};

/* Where a connection to a server comes from. */
struct source_rule {
    struct address address;  /* len 0: the kernel chooses, or <from> says it */
    const struct expr *from; /* an address, maybe with a port, worked out for each connection; NULL = none */
    bool client_port;        /* with <from>: and the client's port */
    bool transparent;        /* it need not be an address of this machine */
    struct span interface;   /* ends in a NUL; empty: any */
};

enum observe { OBSERVE_NONE, OBSERVE_LAYER4, OBSERVE_LAYER7 };
enum on_error { ON_ERROR_FASTINTER, ON_ERROR_FAIL_CHECK, ON_ERROR_SUDDEN_DEATH, ON_ERROR_MARK_DOWN };

/* What a checked server counts as before its first result. */
enum init_state {
    INIT_UP,         /* up; one bad check takes it down (HAProxy's default) */
    INIT_FULLY_UP,   /* up; <fall> bad ones */
    INIT_DOWN,       /* down; one good check brings it up */
    INIT_FULLY_DOWN, /* down; <rise> good ones */
};

/* What a state file says of a server, as it was before this start. */
struct server_saved {
    bool maint, drain, stopped;
    bool has_weight; /* <weight> was set at run time, over the same weight of the file */
    uint32_t weight;
    uint32_t since_s; /* how long it was so */
    uint32_t points;  /* of its checks: struct health_report */
};

/* Something that a PROXY header of version 2 says besides. */
struct proxy_tlv_line {
    uint8_t type;
    const struct expr *value; /* empty: it is not said */
};
struct server {
    uint32_t index; /* in the config: state is found by it */
    struct pool *pool;
    uint32_t ordinal;     /* in the pool, from 0, all servers counted */
    uint32_t id;          /* HAProxy's, from 1; 0: seal gives the lowest free one */
    bool id_given;        /* by the file */
    struct span name;     /* "web1"; nginx: the address as written */
    struct span identity; /* what it is called across reloads, unique in its pool; empty: seal makes it of
                             the name, or (nginx) of the address and its how-manieth it is */
    struct address address;
    bool client_address, client_port; /* where the client wanted to go, instead of <address>'s */
    int32_t port_add;                 /* to the client's port */
    struct span host;         /* a name to be resolved again while running; empty = the address is literal.
                                 <address> is then the first one, or none */
    uint32_t weight;          /* 0 = drains (HAProxy) */
    uint32_t connections_max; /* 0 = no limit; over it requests queue */
    uint32_t connections_min;
    uint32_t queue_max;
    uint32_t fails_max; /* passive: this many in <fail_window> take it out for <fail_window>; 0 = never */
    duration fail_window;
    duration slow_start; /* 0 = off */
    bool backup, down, drain;
    enum init_state init_state; /* of a checked server, before the first result */
    enum { SEND_PROXY_NONE, SEND_PROXY_V1, SEND_PROXY_V2 } send_proxy;
    LIST_OF(struct proxy_tlv_line) greeting, greeting_tls; /* more of version 2; within what it says of TLS */
    bool greeting_has_tls, greeting_sum;                   /* the client's TLS; a CRC32c */
    const struct check *check;                             /* NULL: not checked */
    const struct agent *agent;                             /* NULL: none */
    enum observe observe;
    enum on_error on_error;
    uint32_t error_limit;
    bool on_down_shutdown_sessions, on_up_shutdown_backup_sessions;
    const struct tls_client *tls; /* NULL: plain, or as the policy says */
    struct source_rule source;    /* nothing set: as the policy says */
    struct span cookie;
    struct span route;    /* nginx: what is said when this one is meant (sticky); empty: its address's sum */
    uint64_t mark;        /* of its route; of no use where that is empty */
    struct span redirect; /* redir: prefix for GET and HEAD instead of forwarding */
    uint32_t idle_max;    /* idle connections kept, UINT32_MAX = no limit */
    duration idle_timeout;
    const struct server *track;
    const struct server_saved *saved; /* NULL: nothing is known */
    uint64_t line;                    /* fingerprint of what its file says of it; 0: none */
    struct where at;
};

/* A cookie that keeps a client with its server (HAProxy's `cookie` line; server->cookie is the value). */
enum cookie_mode {
    COOKIE_PASSIVE, /* only read: the application sets it */
    COOKIE_REWRITE, /* the application's is overwritten */
    COOKIE_INSERT,  /* ours is added */
    COOKIE_PREFIX,  /* ours stands before the application's value, with "~" between */
};
struct cookie_policy {
    struct span name;
    enum cookie_mode mode;
    bool indirect; /* not shown to the server; not sent again to who has it */
    bool nocache;  /* an answer that sets it is marked as private */
    bool postonly; /* set in answers to POST only */
    bool preserve; /* one that the server set is left alone */
    bool httponly, secure;
    bool dynamic; /* values are made of the server's address and <dynamic_key> */
    struct span dynamic_key;
    duration idle_max, life_max; /* NONE = no limit */
    LIST_OF(struct span) domains;
    LIST_OF(struct span) attributes; /* as written behind: "SameSite=None" */
    const struct map *servers;       /* by the values of their cookies; the first of a value */
    struct where at;
};

struct log_target_list;
struct pool;
struct sticky;
/* The pool's server with that id, or NULL. */
const struct server *pool_server_by_id(const struct pool *p, uint32_t id);

struct pool {
    uint32_t index;
    uint32_t id; /* HAProxy's; 0: none */
    enum language language;
    struct span name; /* as written; nginx's implicit ones: "10.0.0.1:80" */
    bool stream;      /* nginx: named in stream {}, beside the names of http {} */
    bool implicit;    /* made for a proxy_pass to an address: never taken out as a single server is not */
    enum balance_algorithm algorithm;
    const struct expr *key;      /* hashes */
    const struct expr *key_else; /* when <key> has no value; NULL: it goes by turn, or the empty text is
                                    hashed (nginx) */
    uint32_t draws;
    enum load load;
    bool inflight; /* what a server has not answered yet counts for its time, as long as it has taken */
    enum fair_weights fair_weights;
    bool fair_first;       /* of idle servers the first one, and not each in turn */
    uint8_t hash_function; /* HAProxy: 0 sdbm 1 djb2 2 wt6 3 crc32 4 none; bit 7: avalanche */
    uint32_t balance_factor;
    struct sticky *sticky; /* model/sticky.h; NULL: none */
    LIST_OF(struct server *) servers;
    LIST_OF(uint32_t) ids_gone;           /* of servers that were taken away at run time: nobody gets them */
    LIST_OF(const struct server *) by_id; /* the same in the order of their ids; by config_seal */
    uint32_t weight_scale;
    bool all_backups;        /* use every backup together (nginx; HAProxy allbackups) */
    bool backups_help;       /* nginx: a backup is used too when the others are full or were tried; set by
                                config_add_pool */
    bool single_never_fails; /* nginx: with one server, fails are not counted */
    enum reuse reuse;
    uint32_t idle_max; /* per thread over all its servers (nginx keepalive N), UINT32_MAX = no limit */
    duration idle_timeout, idle_life; /* keepalive_timeout, keepalive_time */
    uint64_t idle_requests;           /* keepalive_requests */
    uint32_t fullconn;
    duration queue_timeout;
    uint32_t queue_max;                 /* nginx queue; 0 = none, UINT32_MAX = no limit */
    const struct check *check;          /* what servers with `check` do */
    const struct cookie_policy *cookie; /* NULL: none */
    bool persist;     /* a server that is named is kept even when it is down (option persist) */
    bool prefer_last; /* the connection's last server, when the algorithm has no reason against it */
    bool logs_checks; /* each change of a check's result is told in <news>, not only up and down */
    /* Where it is said that a server went up or down: HAProxy's, in its words; NULL: the config's error logs.
     */
    const struct log_target_list *news;
    uint32_t uses; /* how often a route names it: seal adds PROXY and ENTER, dialects add nbsrv() and such */
    struct where at;
};
