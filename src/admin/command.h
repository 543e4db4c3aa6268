/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language of HAProxy's stats socket, and keel's own few commands: one
 * command, one answer. What is served is in the table of command.c; what
 * HAProxy knows and we do not serve is there too, with a sentence that says so.
 * talk.h makes conversations of it. One thread a session.
 */
#pragma once

#include "admin/act.h"
#include "model/amendment.h"

enum command_level { COMMAND_USER, COMMAND_OPERATOR, COMMAND_ADMIN };

/* What only the parent can do. */
enum command_ask {
    ASK_NOTHING,
    ASK_RELOAD,
    ASK_REOPEN,
    ASK_STOP,
    ASK_DRAIN,
    ASK_UPGRADE,
    /* of who carries the conversation, not of the parent: */
    ASK_WAIT,  /* for <wait> */
    ASK_AMEND, /* what <amend> says is to be so */
};

/* What a command wants changed of what the files say. */
struct command_amend {
    struct amendment what[2];
    unsigned count;
    char reply[300]; /* when it is done */
    size_t reply_len;
    const char *refused; /* said in front of the reason when it cannot be done; NULL: the reason alone */
    char room[4400];     /* of <what>'s texts */
    size_t used;
};

enum command_result {
    COMMAND_DONE,
    COMMAND_FAILED, /* the answer says why */
    COMMAND_ASKS,   /* session->asks: the answer comes from elsewhere */
    COMMAND_QUIT,
};

struct command_session {
    struct act_by by;
    enum command_level level;
    bool interactive; /* `prompt` */
    bool exit_codes;  /* each answer begins with a line "0" or "1" */
    duration timeout; /* of an idle session; `set timeout cli` */
    enum command_ask asks;
    duration wait;
    char wait_server[256]; /* until it can be taken away: "backend/server"; empty: just wait */
    struct command_amend amend;
    struct span payload; /* of the command that runs: lines behind "<<"; ptr NULL: none */
};

/* <text> is one command without its end. <out> gets the answer, with a newline at its end if there is any. */
enum command_result command_run(struct command_session *s, const struct admin_now *now, struct span text,
                                struct buf *out);
const char *command_level_name(enum command_level l);
/*
 * Behind ASK_WAIT with a server: is there more to wait for? false: <out> has the
 * answer, and <*ok> says whether it is a good one.
 */
bool command_waits(struct command_session *s, const struct admin_now *now, bool late, struct buf *out,
                   bool *ok);
