/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation in the command language: bytes in, bytes out. Lines end in a
 * newline, commands of a line in ';'. Without `prompt` the session ends after
 * the line that it began with; with it every answer ends in "\n> ". Who carries
 * the bytes (daemon/control.c, a test) knows nothing of commands. One thread.
 */
#pragma once

#include "admin/command.h"

#define TALK_LINE_MAX    16384
#define TALK_PAYLOAD_MAX ((size_t)64 << 20)

struct talk {
    struct command_session session;
    char line[TALK_LINE_MAX];
    size_t len, at;  /* bytes of the line; where its next command begins */
    size_t column;   /* bytes of a payload's line */
    struct buf text; /* of the payload */
    bool whole;      /* the line has its end: its commands are being carried out */
    bool payload;    /* lines until an empty one belong to the command before them */
    bool too_long;   /* the line does not fit; the rest of it is dropped */
    bool answered;   /* something was */
    bool over;       /* nothing more is read; what was said is still to be sent */
};

/* talk_fini at its end. */
void talk_init(struct talk *t, enum command_level level, const struct act_by *by);
void talk_fini(struct talk *t);
/*
 * Takes from <bytes> what it can and answers into <out>. It stops when an answer
 * has to come from the parent (talk_asks) or it is over; call again then with
 * what is left.
 */
void talk_take(struct talk *t, struct span *bytes, const struct admin_now *now, struct buf *out);
/* No more bytes will come: a last line without a newline counts. */
void talk_end(struct talk *t, const struct admin_now *now, struct buf *out);

static inline enum command_ask talk_asks(const struct talk *t)
{
    return t->session.asks;
}
/* The answer to what was asked: <code> 0 is success. Then talk_take again, also with no bytes. */
void talk_answer(struct talk *t, unsigned code, struct span text, struct buf *out);
