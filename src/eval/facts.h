/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an expression can read now. A stream or a TCP session embeds one struct
 * facts and fills it in as it goes: a pointer is NULL, and a value none, until
 * its moment has come. What changes while nobody looks, or is rarely asked for,
 * comes through struct live.
 *
 * Everything is borrowed for as long as the request lives.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/span.h"
#include "model/expr.h"
#include "model/regex.h"

struct auth;
struct auth_verdict;
struct expr_part;
struct kept_values;
struct message;
struct pool;
struct proxy;
struct rand;
struct recorder;
struct scope;
struct scratch;
struct server;
struct service;
struct snapshot;
struct stick_entry;
struct stick_state;

enum which_address {
    ADDRESS_CLIENT, /* after PROXY header and real_ip */
    ADDRESS_PEER,   /* what the socket says */
    ADDRESS_LOCAL,
    ADDRESS_PROXY_SOURCE,
    ADDRESS_PROXY_TARGET,
    ADDRESS_SERVER,        /* of the server that was connected to */
    ADDRESS_SERVER_SOURCE, /* ours towards it */
};

/* Answers of the engine. <self> is facts->self. All are called in the stream's thread. */
struct live {
    /* False: there is none. */
    bool (*address)(void *self, enum which_address which, struct address *out);
    /*
     * CONNECTION_SERIAL, CONNECTION_REQUESTS, PROCESS_CONNECTIONS, REQUEST_SERIAL
     * (the next number of the process; asked once a request), INSPECTED, TLS_USED
     * (0, 1), REQUEST_LENGTH. False: none.
     */
    bool (*number)(void *self, enum fetch f, int64_t *out);
    /*
     * LISTENER_NAME, DOCUMENT_ROOT, REQUEST_FILENAME, COMPRESSION_RATIO, LIMIT_*_STATUS. ptr NULL: none. What
     * must be made lies in the stream's scratch.
     */
    struct span (*text)(void *self, enum fetch f);
    /* Every other TLS_*: <number> is the part's. What must be made lies in <room>. NULL, or a value of none.
     */
    struct value (*tls)(void *self, enum fetch f, int32_t number, struct scratch *room);
    /* The request's body as far as it is buffered, as one span. False: none yet. */
    bool (*body)(void *self, struct span *out);
    /* The first bytes of a TCP session. False: none yet. */
    bool (*bytes)(void *self, struct span *out);
    /* Variables of the client's connection; NULL: it has none, and <make> false or no memory. NULL: no
     * connection. */
    struct kept_values *(*kept)(void *self, bool make);
    /* nginx -f, -d, -e, -x: is <path> a file ('f'), folder ('d'), anything ('e'), executable ('x')? */
    bool (*file)(void *self, struct span path, char kind);
};

/* One try of a server, for logs: nginx lists all. */
struct try_facts {
    const struct server *server;
    const struct address *found; /* where it was, when that is not <server>'s own address; NULL: it is */
    uint16_t status;             /* 0 = no answer */
    instant began;
    instant connected, header, ended; /* us 0 = not reached */
    uint64_t sent, received, body;    /* bytes; <body>: of the answer, without its head */
    bool again; /* the first after an internal redirect: ':' stands before it instead of ',' */
};

/* Moments; us 0 = not reached. */
struct facts_times {
    instant accepted;  /* the connection */
    instant handshake; /* its PROXY header and TLS are done; for later requests: the last answer's end */
    instant begun;     /* first byte of the request */
    instant head;      /* the request's head was complete */
    instant picked;    /* a server was given, after the queue */
    instant connected;
    instant answer; /* the answer's head came */
    instant end;    /* now, in the log */
};

/* The end of a stream or session. */
struct facts_end {
    uint64_t bytes_sent, body_bytes_sent, bytes_received;
    char termination[4]; /* HAProxy's two letters, then the two of cookies */
    uint32_t retries;
    bool redispatched, complete, pipelined;
    uint32_t count_process, count_service, count_pool, count_server; /* connections, after this one */
    uint32_t queue_server, queue_pool;                               /* how many were before it */
    struct span captured_cookie_request, captured_cookie_response;   /* empty: none */
};

/* A key of a stick table that a connection or a request follows: a reference, given back at its end. */
struct stick_follow {
    struct stick_state *state; /* NULL: none */
    struct stick_entry *entry;
};

struct facts {
    /* set once, never NULL */
    const struct live *live;
    void *self;
    struct scratch *scratch;
    struct rand *rand;
    const struct snapshot *snapshot;
    struct span hostname; /* of the machine */

    struct recorder *recorder; /* NULL on the hot path */

    /* of the turn: the stream sets them whenever it goes on */
    instant now;
    uint64_t wall_us;
    struct clock_text *clock; /* by facts_clock: nobody may have asked for its texts in this second yet */

    /* the connection */
    const struct service *service;
    uint64_t accepted_wall_us, begun_wall_us; /* 0 = not reached */
    struct span connection_error; /* why nothing could be spoken on it; ptr NULL: nothing of the kind */
    bool udp;

    /* the first bytes of a TCP session */
    struct span answered; /* the server's first bytes; ptr NULL: it is not asked about them */
    bool inspected;       /* no more will be waited for: what is there is all */
    bool pending;         /* set by a fetch that more bytes would have answered otherwise */

    /* the request */
    const struct message *request; /* as it is now, after edits */
    struct span target;            /* as received */
    struct span first_line;        /* when <request> is NULL: what came instead; ptr NULL: nothing */
    struct span uri;               /* decoded and normalized, as rewritten; ptr NULL: as message->path */
    struct span host;              /* lower case, without port; empty: the server's name is taken */
    struct span auth_user;         /* set by the action that checked it; else the field is read */
    const struct auth_verdict *verdicts; /* passwords that were asked about; NULL: none */
    const struct auth *auth_wanted; /* set by a fetch: a hash of this list is slow, and somebody may wait */
    bool auth_may_wait;             /* he who evaluates asks again when it is computed */
    const struct scope *scope;      /* where the stream is */
    const struct scope *front;      /* the virtual server, or the frontend */
    const struct proxy *proxy;
    struct span proxy_host, proxy_port; /* $proxy_host; ptr NULL: none */
    struct regex_match match;           /* of the last regular expression that matched */
    const struct regex *matched;        /* for named groups; NULL: none has */
    struct value *slots;                /* stream variables; eval_set_slot makes them. NULL: none was set */
    struct stick_follow *follows[2]; /* of the request, of its connection: STICK_COUNTERS each; NULL: none */
    struct span *captures[2];        /* of requests, of responses; NULL: none was taken */
    uint16_t capture_count[2];
    char unique_id[32]; /* made when first asked for */
    bool has_unique_id;
    bool has_serial; /* REQUEST_SERIAL was asked for */
    int64_t serial;

    /* the server */
    const struct pool *pool;     /* the last that was asked; NULL: none */
    const struct server *server; /* the last that was picked */
    bool by_page;                /* none was: the statistics page answers in a server's place */
    const struct try_facts *tries;
    uint32_t try_count;

    /* the answer */
    const struct message *response; /* of the server */
    const struct message *sent;     /* what the client gets */
    uint16_t status;                /* as sent; 0: not yet */

    bool early_line; /* of a log: what still grows is shown with a plus */

    /* the end */
    const struct facts_times *times;
    const struct facts_end *end;
};

/* The turn's date as text. */
static inline const struct clock_text *facts_clock(const struct facts *f)
{
    clock_text_at(f->clock, f->wall_us);
    return f->clock;
}
