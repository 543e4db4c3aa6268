/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands before a message to a log server: RFC 3164, RFC 5424 and the
 * shorter forms of HAProxy's `log ... format`. Into a given buffer; nothing is
 * sent here. The date comes from base/clock's cached texts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/span.h"

enum syslog_format {
    SYSLOG_LOCAL,    /* <30>Nov 22 12:00:31 tag[123]: */
    SYSLOG_RFC3164,  /* <30>Nov 22 12:00:31 host tag[123]: */
    SYSLOG_RFC5424,  /* <30>1 2026-11-22T12:00:31.000123+00:00 host tag 123 - - */
    SYSLOG_PRIORITY, /* <30> */
    SYSLOG_SHORT,    /* <6>: the level alone, as systemd reads it */
    SYSLOG_TIMED,    /* <6>2026-11-22T12:00:31.000123+00:00 */
    SYSLOG_ISO,      /* 2026-11-22T12:00:31.000123+00:00 */
    SYSLOG_RAW,      /* nothing */
};

struct syslog_head {
    enum syslog_format format;
    uint8_t facility; /* 0-23 */
    uint8_t level;    /* 0-7 */
    const struct clock_text *date;
    uint32_t us;            /* of the second, for the ISO dates */
    struct span host;       /* empty: "localhost" in RFC 3164, "-" in RFC 5424 */
    struct span tag;        /* the program's name */
    uint32_t pid;           /* 0: without "[pid]" (nginx), "-" in RFC 5424 */
    struct span msgid;      /* RFC 5424; empty: "-" */
    struct span structure;  /* RFC 5424's structured data, with its brackets; empty: "-" */
    bool structure_follows; /* the caller writes it behind the head */
};

/*
 * Writes the head with the blank that ends it and returns its length; 0 when
 * <room> is too small or the format has none. No longer than SYSLOG_HEAD_MAX
 * plus the lengths of host, tag, msgid and structure.
 */
#define SYSLOG_HEAD_MAX 80
size_t syslog_write_head(char *out, size_t room, const struct syslog_head *h);

/* The same numbers have other names in nginx ("intern", "clock", "error", "warn") than in syslog.conf and
 * HAProxy. */
enum syslog_words { SYSLOG_WORDS_BSD, SYSLOG_WORDS_NGINX };
/* 0-23 and 0-7; -1 when there is no such name. Lower case only. */
int syslog_facility_of(struct span name, enum syslog_words words);
int syslog_level_of(struct span name, enum syslog_words words);
/* The names; "" out of range. For messages that list what is allowed. */
struct span syslog_facility_name(unsigned facility, enum syslog_words words);
struct span syslog_level_name(unsigned level, enum syslog_words words);
/* "rfc3164", "local" ...; -1 when there is no such format. */
int syslog_format_of(struct span name);
