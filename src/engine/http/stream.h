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
#include "engine/core/live.h"
#include "engine/core/rules.h"
#include "engine/core/upstream.h"
#include "engine/http/flow.h"
#include "engine/http/h1_io.h"
#include "wire/h1.h"
#include "wire/message.h"

struct admin_reply;
struct compressor;
struct auth_check;
struct front;
struct lease;
struct session;
struct proxy_memo;
struct served_file;
struct target;
struct thread;
struct tunnel;

enum stream_step {
    STEP_HEAD,     /* the request's head comes */
    STEP_REQUEST,  /* hook request: edits, access, routing, what to do */
    STEP_BODY,     /* the request's body comes, as far as it must be there first */
    STEP_PICK,     /* hook pick, then a server */
    STEP_CONNECT,  /* queue, connect */
    STEP_SEND,     /* head and body go to the server, its head is awaited */
    STEP_RESPONSE, /* hook response */
    STEP_FORWARD,  /* the answer goes to the client: a server's, a file, or our own */
    STEP_FILES,    /* a file is looked for */
    STEP_STATUS,   /* a view of our own numbers is asked for, maybe with a form */
    STEP_PAUSE,    /* waiting until a limit allows it */
    STEP_AUTH,     /* whether it is from whom it says */
    STEP_TARPIT,   /* waiting on purpose */
    STEP_REPLY,    /* our own answer: error pages, hook reply */
    STEP_TUNNEL,   /* after 101, or a 2xx to CONNECT */
    STEP_DRAIN,    /* the answer is out, the rest of the request's body is dropped */
    STEP_END,      /* log, give everything back */
    STEP_COUNT,
    STEP_WAIT = STEP_COUNT, /* a step's function: not yet; stay */
};

#define STREAM_FIELDS 48

/* Is the server's answer read ahead of the client? */
enum buffer_wanted { BUFFER_AS_POLICY, BUFFER_ON, BUFFER_OFF };

struct stream {
    struct live_self live; /* first: facts.self points here */
    struct thread *thread;
    struct lease *lease;
    struct session *session;
    const struct front *front;

    uint8_t step;
    uint8_t connect_result; /* enum upstream_result that came by callback; WAIT = none yet */
    bool client_expired : 1, server_expired : 1; /* a deadline passed since the last run */
    bool continue_wanted : 1;                    /* the client waits for 100-continue */
    bool body_replaced : 1;                      /* the server gets another one, or none */
    bool body_none : 1;                          /* the request has none: its head is all */
    bool answer_direct : 1;                      /* <answer_whole> is all of its body */
    bool body_begun : 1;                         /* STEP_BODY was there */
    bool head_ready : 1;                         /* the head of the answer was put together */
    bool own : 1;                                /* the answer is ours */
    bool keep_client : 1;                        /* the client's connection may carry another request */
    bool upgraded : 1;
    bool request_upgrades : 1; /* Upgrade was passed on to the server */
    bool request_cut : 1;      /* the server takes no more of it */
    bool tunnel_over : 1;
    bool head_read : 1;    /* <request> is filled */
    bool head_waits : 1;   /* a part of it came, and it is counted as such */
    bool pipelined : 1;    /* it was there before its forerunner's answer was complete */
    bool front_silent : 1; /* the connection brought no byte: no answer */
    bool back_garbage : 1; /* the server sent more than its answer */
    bool page_sought : 1;  /* an error page was routed to: no other one is looked for */
    bool answered : 1;     /* the server's head was counted */
    bool server_done : 1;  /* the server was let go */
    bool silent : 1;       /* nothing is sent: closed without an answer */
    bool logged_early : 1; /* rules with <early> have written their lines */
    bool broken : 1;       /* the client's connection must end: its answer is not whole */
    bool paused : 1;       /* the pause is over */
    bool routed_again : 1; /* STEP_REQUEST goes on where rules_again has put it */
    bool body_wait : 1;    /* rules wait for the request's body */
    bool body_shown : 1;   /* they have seen what there is of it */
    bool body_bad : 1;     /* the framing of the request's body */
    bool whole : 1;        /* all of the answer was sent */
    bool source_known : 1; /* <server_source> is filled */
    bool status_view : 1;  /* the answer is a view of our own numbers */
    uint8_t close_how;     /* 0 FIN, 1 RST, 2 vanish */
    uint16_t status;       /* to be sent, or sent */
    uint16_t status_kept;  /* what an error page's answer shall say; 0 = its own */
    struct end end;

    struct facts_times times;
    duration wait_client, wait_server;   /* what the step waits for; NONE: not that side */
    uint64_t client_moved, server_moved; /* bytes when that side's deadline was set */
    struct deferred turn;                /* goes on after having used up its share */
    struct deadline pause;               /* tarpit */

    /* request */
    char *in;               /* chunk that holds the head and what came with it */
    uint32_t in_len, in_at; /* bytes in it; of these used up */
    uint32_t head_len;
    char *ahead; /* chunk of bytes behind a chunked body: the next request's; NULL = none */
    uint32_t ahead_len;
    uint8_t in_size, ahead_size; /* enum chunk_size */
    struct h1_scan scan;
    struct h1_in request_in;
    struct flow to_server;
    uint64_t bytes_in; /* received from the client, head and framing included */

    /* server */
    const struct proxy *proxy;
    struct target *target;         /* in the scratch; NULL: <proxy> says where */
    const struct proxy_memo *memo; /* of it */
    struct h1_out request_out;
    uint64_t back_in;   /* received from the server, this try */
    uint64_t back_head; /* of these, up to the end of its head */

    /* answer */
    char *back; /* chunk that holds the answer's head and what came with it */
    uint32_t back_len, back_at;
    uint8_t back_size;
    struct h1_scan back_scan;
    struct h1_in answer_in;
    struct h1_out answer_out;
    struct span answer_whole;
    struct compressor *compressor; /* NULL: the answer goes as it is */
    struct flow to_client;
    const struct flow_sink *client_sink; /* the front's, or one before it that holds it back */
    uint64_t rate, rate_after;           /* bytes a second to the client; 0 = no limit */
    instant rate_from;
    uint32_t answer_head;  /* bytes of the answer's head */
    uint64_t interim_out;  /* bytes of interim answers to the client */
    struct field *carried; /* fields of an answer that another content took the place of */
    uint16_t carried_count;
    uint8_t buffer_wanted;    /* enum buffer_wanted */
    struct span charset;      /* that the server asks for; ptr NULL: the scope's */
    struct span pending_head; /* in thread->head: goes out with the next bytes, in this same step */
    struct admin_reply *view; /* in the scratch; NULL = none */
    struct served_file *file;
    struct auth_check *auth;        /* a password that is being looked at */
    struct span challenge;          /* WWW-Authenticate of a 401; ptr NULL: none */
    struct span captured_cookie[2]; /* of the request, of the answer; empty: none */
    const struct scope *file_scope; /* FILES_ENTER: where to */
    struct tunnel *tunnel;
    struct end tunnel_end;
    uint64_t tunnel_out; /* bytes of the tunnel to the client */
    int error;           /* errno behind GOT_ERROR and PUT_ERROR */

    struct facts facts;
    struct rules rules;
    struct scratch scratch;
    struct upstream upstream;
    /* Not cleared when a stream begins, as what <upstream> has tried. */
    struct message request, answer; /* made when their heads are read */
    struct facts_end facts_end;
    struct address server_source; /* ours towards the server, for logs that show it */
    struct field request_fields[STREAM_FIELDS], answer_fields[STREAM_FIELDS];
};

/* From the thread's slab, in STEP_HEAD, on the session's current lease. NULL: no memory, refuse. */
struct stream *stream_new(struct session *session, const struct front *front);
/* Runs steps until one waits. Called by whoever saw an event. <s> may be gone afterwards. */
void stream_run(struct stream *s);
void stream_free(struct stream *s);
/* The client's deadline passed. */
void stream_expired(struct stream *s);

/* What steps and their helpers say: where to go. */
/* Our own answer with <status>, for <reason>. */
enum stream_step stream_refuse(struct stream *s, unsigned status, enum end_reason reason);
/* The same when something was sent already: only the end is left. */
enum stream_step stream_give_up(struct stream *s, enum end_reason reason);
/* Sets why it ends, once: the first reason stays. */
void stream_note_end(struct stream *s, enum end_reason reason);
const char *stream_step_name(enum stream_step step);
/* May it be sent a second time without harm (RFC 9110 9.2.2)? */
bool stream_is_idempotent(const struct stream *s);
