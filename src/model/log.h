/* SPDX-License-Identifier: Apache-2.0 */
/* Where log lines go and what they say. */
#pragma once

#include "base/address.h"
#include "base/clock.h"
#include "model/expr.h"
#include "model/list_of.h"

#define LOG_LEVEL_SILENT 8 /* a line of this level: no target takes it */

enum log_target_kind { LOG_FILE, LOG_STDERR, LOG_STDOUT, LOG_SYSLOG, LOG_STREAM };
enum log_frame {                         /* what stands before the message */
                 LOG_FRAME_NONE,         /* files: the line and a newline */
                 LOG_FRAME_RFC3164,      /* HAProxy: with host and pid */
                 LOG_FRAME_RFC3164_HOST, /* nginx: with host, without pid */
                 LOG_FRAME_RFC5424,
                 LOG_FRAME_LOCAL,
                 LOG_FRAME_SHORT, /* <142>message */
                 LOG_FRAME_RAW,
                 LOG_FRAME_TIMED,
                 LOG_FRAME_ISO,
                 LOG_FRAME_PRIORITY,
};
struct log_target {
    uint32_t index;
    enum log_target_kind kind;
    struct span path;       /* LOG_FILE; opened by the parent and passed */
    struct address address; /* LOG_SYSLOG: datagrams; LOG_STREAM: a connection */
    bool counted;   /* LOG_STREAM: each line's length stands before it (RFC 6587), else a newline behind */
    uint32_t queue; /* LOG_STREAM: bytes that wait for who takes them */
    int fd;         /* HAProxy fd@N; -1 = none */
    enum log_frame frame;
    struct span tag, host;
    uint32_t line_max;
    uint32_t buffer; /* nginx buffer=; written when full, or after <flush> */
    duration flush;
    struct where at;
};
struct log_target_list {
    struct log_level_target {
        struct log_target *target;
        uint8_t facility, level_max, level_min; /* syslog numbers */
        bool bare;                              /* the message alone (HAProxy); else as nginx writes errors */
    } * items;
    uint32_t count, room;
};
/* Of <size> lines in a row the <low>-th to the <high>-th, from 1. */
struct log_range {
    uint32_t low, high;
};
struct log_rule {
    const struct expr *line;
    const struct expr *structure; /* RFC 5424's structured data; NULL: none */
    struct span format_name;
    struct log_target *target;
    const struct expr *when; /* nginx if=: logged unless empty or "0" */
    const struct cond *cond;
    uint8_t facility, level, level_max, level_min; /* syslog numbers 0-7; facility 0-23 */
    bool early;                                    /* logasap: when the answer begins */
    uint32_t sample_size; /* 0 = all; else lines of a round, of which <samples> are written */
    LIST_OF(struct log_range) samples;
    uint32_t sample_counter; /* of those of the config; those with one number share their rounds */
    struct where at;
};
