/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between the parent and its children, over a SEQPACKET socket:
 * docs/design/processes.md lists who says what. Whole messages or nothing;
 * EOF means that the other side is dead.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"
#include "os/fdpass.h"

enum message_kind {
    /* reader -> parent */
    MESSAGE_RESULT = 1, /* fds: manifest, bundle */
    /* parent -> worker */
    MESSAGE_BUNDLE,   /* number: generation; fd */
    MESSAGE_LISTENER, /* index, number: which of its sockets; fd */
    MESSAGE_LOG,      /* index; fd */
    MESSAGE_CONTROL,  /* index; fd: a listening control socket */
    MESSAGE_MEMORY,   /* fds: mirror, health */
    MESSAGE_PUBLISH,  /* number: generation; to vrrp, index: is there a balancer here? */
    MESSAGE_REOPENED, /* the LOG messages before this one are fresh files */
    MESSAGE_DRAIN,    /* number: ms at most; UINT64_MAX = as long as it takes */
    MESSAGE_ANSWER,   /* number: of the COMMAND; index: exit code; text */
    /* worker -> parent */
    MESSAGE_READY,   /* number: generation */
    MESSAGE_REFUSED, /* number: generation; text */
    MESSAGE_DRAINED,
    MESSAGE_COMMAND, /* index: enum parent_command; number: to answer to */
    /* vrrp, worker -> parent */
    MESSAGE_RUN,  /* index: script; number: generation << 32 | ticket; text: words that follow its own */
    MESSAGE_KILL, /* number: ticket */
    /* parent -> vrrp, worker */
    MESSAGE_RAN,  /* number: ticket; index: status << 8 | enum runner_end */
    MESSAGE_DUMP, /* index: enum vrrp_dump; fd: a file to write it to */
    MESSAGE_KINDS
};
enum parent_command {
    COMMAND_RELOAD,
    COMMAND_REOPEN,
    COMMAND_STOP,
    COMMAND_DRAIN,
    COMMAND_UPGRADE,
    COMMAND_DUMP, /* vrrp's; number: enum vrrp_dump */
};
/* keepalived's signals: what goes into which file. */
enum vrrp_dump { DUMP_DATA, DUMP_STATS, DUMP_STATS_CLEAR, DUMP_JSON, DUMP_KINDS };

#define MESSAGE_TEXT_MAX 16384
#define MESSAGE_FDS_MAX  2

struct message {
    enum message_kind kind;
    uint32_t index;
    uint64_t number;
    struct span text;         /* received: in the channel's storage, until the next receive */
    int fds[MESSAGE_FDS_MAX]; /* sent: stay the sender's; received: the receiver's own */
    unsigned fd_count;
};

struct channel {
    int fd; /* -1 when closed */
    char storage[MESSAGE_TEXT_MAX + 32];
};

MUST_USE enum fdpass_result channel_send(struct channel *c, const struct message *m);
/* FDPASS_ERROR with errno EBADMSG: not one of our messages; its fds are closed. */
MUST_USE enum fdpass_result channel_receive(struct channel *c, struct message *m);
void channel_close(struct channel *c);
/* Without payload but the numbers. */
MUST_USE enum fdpass_result channel_say(struct channel *c, enum message_kind kind, uint32_t index,
                                        uint64_t number);
/* With one fd, which stays the sender's. */
MUST_USE enum fdpass_result channel_hand(struct channel *c, enum message_kind kind, uint32_t index,
                                         uint64_t number, int fd);
