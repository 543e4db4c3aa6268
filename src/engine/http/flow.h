/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of an exchange: a body on its way from a source (client,
 * server, file, memory) to a sink (server, client). Read sizes, fairness, splice
 * and buffering are decided here, once for both directions and every protocol
 * version. What the sink does not take at once waits in <body>; a source is read
 * only while there is room. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/http/body.h"
#include "io/conn.h"

#define FLOW_PARTS 64

struct flow;
struct stream;

enum flow_got {
    GOT_BYTES, /* parts hold payload, valid until the next call */
    GOT_LAST,  /* the same, maybe none, and the body is complete */
    GOT_AGAIN, /* nothing now; a wake-up will come */
    GOT_EOF,   /* the peer ended it too early */
    GOT_ERROR, /* s->...error */
    GOT_BAD,   /* framing that is none */
};
/* Who sends: up to <len> raw bytes are read into <room>, at most FLOW_PARTS parts come back. */
struct flow_source {
    enum flow_got (*get)(struct stream *s, char *room, size_t len, struct iovec *parts, unsigned *count);
    struct conn *(*conn)(struct stream *s); /* for splice; NULL: cannot */
    uint64_t (*splice_left)(
        struct stream *s); /* payload that may be moved unseen: all that is left; 0: none */
    bool (*spliced)(struct stream *s, size_t n); /* <n> of it were moved; true: these were the last */
};
enum flow_put { PUT_ALL, PUT_PART, PUT_ERROR };
/* Who receives. <last>: nothing follows these parts. */
struct flow_sink {
    enum flow_put (*put)(struct stream *s, const struct iovec *parts, unsigned count, bool last,
                         size_t *taken);
    /* From a file; NULL: not supported, the bytes are read and put. */
    enum flow_put (*put_file)(struct stream *s, int fd, off_t *offset, size_t len, bool last, size_t *taken);
    struct conn *(*conn)(struct stream *s); /* for splice: an open plain one with nothing of ours before it */
    void (*spliced)(struct stream *s, size_t n);
};

struct flow {
    struct stream *stream;
    const struct flow_source *source;
    const struct flow_sink *sink; /* NULL: nobody yet; only the body is filled */
    struct body body;
    struct splice splice;
    uint64_t received, passed; /* payload bytes */
    uint32_t read_size;
    bool buffer;      /* go on reading into the body when the sink is slow (nginx's buffering) */
    bool may_splice;  /* neither side's bytes are looked at */
    bool source_done; /* all was read */
    bool sink_done;   /* all was passed on, with its end */
    bool started;     /* the sink was given something: the head, at least */
    bool sink_full;
    uint8_t source_failed; /* enum flow_state, once what came before has been passed on; FLOW_DONE = not */
};

enum flow_state {
    FLOW_DONE,        /* the sink has all */
    FLOW_WAIT_SOURCE, /* the sink is not to blame */
    FLOW_WAIT_SINK,   /* the source is not read for want of room, or is over */
    FLOW_WAIT_BOTH,
    FLOW_WAIT_FILE,  /* a helper works */
    FLOW_SHARE_USED, /* let the others in; comes back by itself (the caller defers) */
    FLOW_SOURCE_EOF,
    FLOW_SOURCE_ERROR,
    FLOW_SOURCE_BAD,
    FLOW_SINK_ERROR,
    FLOW_LOST, /* the body could not be kept (file) */
};

/* Without a sink: set f->sink when there is one. */
void flow_init(struct flow *f, struct stream *s, const struct flow_source *source, uint32_t memory_max,
               uint64_t file_max, body_fn on_change);
/* Harmless on a zeroed or finished one. */
void flow_fini(struct flow *f);
/* The sink is gone and there will be another one: begins with the first byte, if the body was kept (the
 * caller rewinds it). */
void flow_again(struct flow *f);
/* Moves what can be moved now. */
enum flow_state flow_pump(struct flow *f);
