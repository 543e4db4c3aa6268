/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. Two kinds that the compiler keeps apart: <instant> is a point of the
 * monotonic clock in microseconds, <duration> a length in milliseconds as the
 * configuration languages count. A loop reads the clock once a turn; what runs
 * in that turn takes the loop's instant.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"

typedef struct {
    uint64_t us;
} instant;
typedef struct {
    uint32_t ms;
} duration;

#define DURATION_NONE  ((duration){ UINT32_MAX }) /* no limit */
#define DURATION_MS(n) ((duration){ (n) })
#define DURATION_S(n)  ((duration){ (n)*1000u })

static inline bool duration_is_none(duration d)
{
    return d.ms == UINT32_MAX;
}
static inline instant instant_after(instant t, duration d)
{
    return duration_is_none(d) ? (instant){ UINT64_MAX } : (instant){ t.us + (uint64_t)d.ms * 1000 };
}
/* Milliseconds from <a> to <b>; 0 when <b> is earlier. */
static inline uint64_t instant_ms_between(instant a, instant b)
{
    return b.us > a.us ? (b.us - a.us) / 1000 : 0;
}
static inline uint64_t instant_us_between(instant a, instant b)
{
    return b.us > a.us ? b.us - a.us : 0;
}

instant clock_now(void);      /* CLOCK_MONOTONIC */
uint64_t clock_wall_us(void); /* microseconds since 1970, CLOCK_REALTIME */

/*
 * Dates for logs and headers, formatted by hand from wall microseconds; the
 * second's text is cached by the caller's <cache>, one a thread. Local time
 * uses the zone that clock_load_zone read (before chroot).
 */
struct clock_text {
    uint64_t second;  /* that the texts are of; 0 = none yet */
    char common[32];  /* 22/Nov/2026:12:00:31 +0000     (nginx $time_local) */
    char haproxy[32]; /* 22/Nov/2026:12:00:31           (HAProxy adds .mmm) */
    char syslog[16];  /* Nov 22 12:00:31 */
    char iso[32];     /* 2026-11-22T12:00:31+00:00 */
    char error[24];   /* 2026/11/22 12:00:31            (nginx's error log) */
};
void clock_load_zone(void);
void clock_text_at(struct clock_text *cache, uint64_t wall_us);

#define CLOCK_HTTP_LEN 29
struct clock_http { /* the same for headers, which are always in GMT */
    uint64_t second;
    char text[CLOCK_HTTP_LEN + 1]; /* Sun, 22 Nov 2026 12:00:31 GMT */
};
void clock_http_at(struct clock_http *cache, uint64_t wall_us);
/* IMF-fixdate (RFC 9110 5.6.7), for files' Last-Modified. */
void clock_put_http(struct buf *b, uint64_t wall_s);
/* Any of the three forms of RFC 9110 5.6.7; false when it is none. */
bool clock_parse_http(struct span s, uint64_t *wall_s);
