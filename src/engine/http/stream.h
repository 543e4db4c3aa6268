/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and its answer, from the first byte of the head to the line in
 * the log. Read this first: the steps below are the whole story, stream.c's
 * table says which function does each and where it may go.
 *
 * A stream owns what the request needs: the chunk with the head's bytes (spans of
 * <request> point into it until the end), the edits (scratch), both bodies, the
 * hold on a server, the lease on its snapshot. It sits between a front (the
 * client's side, front.h: HTTP/1 today) and a back (the server's side). Events on
 * either connection call stream_run; nothing else moves it. It ends in one place,
 * STEP_END, with a reason. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/scratch.h"
#include "engine/core/end.h"
#include "engine/core/rules.h"
#include "engine/core/upstream.h"
#include "engine/http/flow.h"
#include "engine/http/h1_io.h"
#include "eval/facts.h"
#include "wire/h1.h"
#include "wire/message.h"

struct front;
struct lease;
struct relay;
struct session;
struct served_file;
struct thread;

enum stream_step {
    STEP_HEAD,     /* the request's head comes */
    STEP_REQUEST,  /* hook request: edits, access, routing, what to do */
    STEP_BODY,     /* the request's body comes, as far as it must be there first */
    STEP_PICK,     /* hook pick, then a server */
    STEP_CONNECT,  /* queue, connect */
    STEP_SEND,     /* head and body go to the server, its head is awaited */
    STEP_RESPONSE, /* hook response */
    STEP_FORWARD,  /* the answer goes to the client */
    STEP_FILES,    /* a file is looked for */
    STEP_TARPIT,   /* waiting on purpose */
    STEP_REPLY,    /* our own answer: error pages, hook reply */
    STEP_LOCAL,    /* our own answer goes to the client */
    STEP_TUNNEL,   /* after 101, or a 2xx to CONNECT */
    STEP_DRAIN,    /* the answer is out, the rest of the request's body is dropped */
    STEP_END,      /* log, give everything back */
    STEP_COUNT,
    STEP_WAIT = STEP_COUNT, /* a step's function: not yet; stay */
};

#define STREAM_FIELDS 64

/* Moments, for logs; {0} = not reached. In loop time, so exact to a turn. */
struct stream_times {
    instant begun;  /* first byte of the request, or the accept */
    instant head;   /* the request's head was complete */
    instant body;   /* and its body */
    instant answer; /* the answer's head came */
    instant sent;   /* its last byte went out */
};

struct stream {
    struct thread *thread;
    struct lease *lease;
    struct session *session;
    const struct front *front;
    uint8_t step;
    bool running;             /* stream_run is on the stack */
    bool wanted;              /* and was asked for again */
    bool body_unread : 1;     /* the request's body was not read to its end */
    bool continue_wanted : 1; /* 100-continue is still to be said */
    bool head_sent : 1;       /* a byte of the answer's head was given to the socket */
    bool own : 1;             /* the answer is ours */
    bool keep_client : 1;     /* the client's connection may carry another request */
    bool keep_server : 1;
    bool upgraded : 1;
    bool again : 1; /* an error page is being looked for: its failure is final */
    bool timed_out : 1;
    uint16_t status;      /* sent, or to be sent */
    uint16_t status_kept; /* that an error page keeps, 0 = its own */
    struct end end;
    struct stream_times times;
    struct deferred turn; /* continues after having used up its share */

    /* request */
    char *in;               /* chunk that holds the head and what came with it */
    uint32_t in_len, in_at; /* bytes in it; of these used up */
    uint32_t head_len;
    uint8_t in_size; /* enum chunk_size */
    struct h1_scan scan;
    struct h1_in request_in;
    struct flow to_server;
    uint64_t bytes_in, bytes_out; /* of the client's connection */

    /* server */
    const struct proxy *proxy;
    struct upstream upstream;
    struct h1_out request_out;
    uint64_t back_in, back_out; /* of the server's connection, this try */

    /* answer */
    char *back; /* chunk that holds the answer's head and what came with it */
    uint32_t back_len, back_at;
    uint32_t back_head_len;
    uint8_t back_size;
    struct h1_scan back_scan;
    struct h1_in answer_in;
    struct h1_out answer_out;
    struct flow to_client;
    struct served_file *file;
    struct relay *tunnel;

    struct rules rules;
    struct facts facts;
    struct scratch scratch;
    struct message request, answer;
    /* Not cleared when a stream begins. */
    struct field request_fields[STREAM_FIELDS], answer_fields[STREAM_FIELDS];
};

/* From the thread's slab, in STEP_HEAD. NULL: no memory, refuse. */
struct stream *stream_new(struct session *session, const struct front *front);
/* Runs steps until one waits. Called by whoever saw an event; calls from inside are noted and done after. */
void stream_run(struct stream *s);
/* The head is complete and parsed: bound to a lease, facts are set. */
void stream_head_done(struct stream *s);

/* What steps and their helpers say. */
/* Our own answer with <status> (0: close without one), for <reason>. Returns where to go. */
enum stream_step stream_refuse(struct stream *s, unsigned status, enum end_reason reason);
/* No answer is possible any more. */
enum stream_step stream_give_up(struct stream *s, enum end_reason reason);
/* The moment that the stream is in, for its end. */
enum end_moment stream_moment(const struct stream *s);
const char *stream_step_name(enum stream_step step);
/* May it be sent a second time without harm (RFC 9110 9.2.2)? */
bool stream_is_idempotent(const struct stream *s);
