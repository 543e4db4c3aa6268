/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/syslog.h"

#include "base/buf.h"

/* ---- names ---- */

#define FACILITIES 24
#define LEVELS     8

static const struct span facilities[][FACILITIES] = {
    [SYSLOG_WORDS_BSD] = {
        SPAN_INIT("kern"),   SPAN_INIT("user"),   SPAN_INIT("mail"),   SPAN_INIT("daemon"),
        SPAN_INIT("auth"),   SPAN_INIT("syslog"), SPAN_INIT("lpr"),    SPAN_INIT("news"),
        SPAN_INIT("uucp"),   SPAN_INIT("cron"),   SPAN_INIT("auth2"),  SPAN_INIT("ftp"),
        SPAN_INIT("ntp"),    SPAN_INIT("audit"),  SPAN_INIT("alert"),  SPAN_INIT("cron2"),
        SPAN_INIT("local0"), SPAN_INIT("local1"), SPAN_INIT("local2"), SPAN_INIT("local3"),
        SPAN_INIT("local4"), SPAN_INIT("local5"), SPAN_INIT("local6"), SPAN_INIT("local7"),
    },
    [SYSLOG_WORDS_NGINX] = {
        SPAN_INIT("kern"),   SPAN_INIT("user"),   SPAN_INIT("mail"),     SPAN_INIT("daemon"),
        SPAN_INIT("auth"),   SPAN_INIT("intern"), SPAN_INIT("lpr"),      SPAN_INIT("news"),
        SPAN_INIT("uucp"),   SPAN_INIT("clock"),  SPAN_INIT("authpriv"), SPAN_INIT("ftp"),
        SPAN_INIT("ntp"),    SPAN_INIT("audit"),  SPAN_INIT("alert"),    SPAN_INIT("cron"),
        SPAN_INIT("local0"), SPAN_INIT("local1"), SPAN_INIT("local2"),   SPAN_INIT("local3"),
        SPAN_INIT("local4"), SPAN_INIT("local5"), SPAN_INIT("local6"),   SPAN_INIT("local7"),
    },
};

static const struct span levels[][LEVELS] = {
    [SYSLOG_WORDS_BSD] = { SPAN_INIT("emerg"), SPAN_INIT("alert"), SPAN_INIT("crit"), SPAN_INIT("err"),
                           SPAN_INIT("warning"), SPAN_INIT("notice"), SPAN_INIT("info"), SPAN_INIT("debug") },
    [SYSLOG_WORDS_NGINX] = { SPAN_INIT("emerg"), SPAN_INIT("alert"), SPAN_INIT("crit"), SPAN_INIT("error"),
                             SPAN_INIT("warn"), SPAN_INIT("notice"), SPAN_INIT("info"), SPAN_INIT("debug") },
};

static const struct span formats[] = {
    [SYSLOG_LOCAL] = SPAN_INIT("local"),     [SYSLOG_RFC3164] = SPAN_INIT("rfc3164"),
    [SYSLOG_RFC5424] = SPAN_INIT("rfc5424"), [SYSLOG_PRIORITY] = SPAN_INIT("priority"),
    [SYSLOG_SHORT] = SPAN_INIT("short"),     [SYSLOG_TIMED] = SPAN_INIT("timed"),
    [SYSLOG_ISO] = SPAN_INIT("iso"),         [SYSLOG_RAW] = SPAN_INIT("raw"),
};

static int index_of(const struct span *names, size_t count, struct span name)
{
    for (size_t i = 0; i < count; i++)
        if (span_eq(names[i], name))
            return (int)i;
    return -1;
}

int syslog_facility_of(struct span name, enum syslog_words words)
{
    return index_of(facilities[words], FACILITIES, name);
}

int syslog_level_of(struct span name, enum syslog_words words)
{
    return index_of(levels[words], LEVELS, name);
}

int syslog_format_of(struct span name)
{
    return index_of(formats, COUNT_OF(formats), name);
}

struct span syslog_facility_name(unsigned facility, enum syslog_words words)
{
    return facility < FACILITIES ? facilities[words][facility] : SPAN("");
}

struct span syslog_level_name(unsigned level, enum syslog_words words)
{
    return level < LEVELS ? levels[words][level] : SPAN("");
}

/* ---- heads ---- */

static void put_priority(struct buf *b, unsigned priority)
{
    buf_put_char(b, '<');
    buf_put_u64(b, priority);
    buf_put_char(b, '>');
}

/* The cached second with the microseconds put in before the zone. */
static void put_iso(struct buf *b, const struct syslog_head *h)
{
    struct span iso = span_from(h->date->iso);
    size_t seconds = strlen("2026-11-22T12:00:31");
    buf_put(b, span_first(iso, seconds));
    buf_put_char(b, '.');
    buf_put_u64_padded(b, h->us, 6);
    buf_put(b, span_from_index(iso, seconds));
    buf_put_char(b, ' ');
}

static void put_word(struct buf *b, struct span word, struct span otherwise)
{
    buf_put(b, word.len ? word : otherwise);
    buf_put_char(b, ' ');
}

static void put_rfc3164(struct buf *b, const struct syslog_head *h)
{
    put_word(b, span_from(h->date->syslog), SPAN(""));
    if (h->format == SYSLOG_RFC3164)
        put_word(b, h->host, SPAN("localhost"));
    buf_put(b, h->tag);
    if (h->pid) {
        buf_put_char(b, '[');
        buf_put_u64(b, h->pid);
        buf_put_char(b, ']');
    }
    buf_put(b, SPAN(": "));
}

static void put_rfc5424(struct buf *b, const struct syslog_head *h)
{
    buf_put(b, SPAN("1 "));
    put_iso(b, h);
    put_word(b, h->host, SPAN("-"));
    put_word(b, h->tag, SPAN("-"));
    if (h->pid)
        buf_put_u64(b, h->pid);
    else
        buf_put_char(b, '-');
    buf_put_char(b, ' ');
    put_word(b, h->msgid, SPAN("-"));
    if (!h->structure_follows)
        put_word(b, h->structure, SPAN("-"));
}

static void put_head(struct buf *b, const struct syslog_head *h)
{
    unsigned priority = h->facility * 8u + h->level;
    switch (h->format) {
    case SYSLOG_LOCAL:
    case SYSLOG_RFC3164:
        put_priority(b, priority);
        put_rfc3164(b, h);
        break;
    case SYSLOG_RFC5424:
        put_priority(b, priority);
        put_rfc5424(b, h);
        break;
    case SYSLOG_PRIORITY:
        put_priority(b, priority);
        break;
    case SYSLOG_SHORT:
        put_priority(b, h->level);
        break;
    case SYSLOG_TIMED:
        put_priority(b, h->level);
        put_iso(b, h);
        break;
    case SYSLOG_ISO:
        put_iso(b, h);
        break;
    case SYSLOG_RAW:
        break;
    }
}

size_t syslog_write_head(char *out, size_t room, const struct syslog_head *h)
{
    struct buf b;
    buf_init_fixed(&b, out, room);
    put_head(&b, h);
    return b.truncated ? 0 : b.len;
}
