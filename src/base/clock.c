/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local zone is libc's: tzset reads it once, and localtime_r does not look
 * at the disk again (glibc: tzset_internal without "always"; musl: only when
 * TZ changes), so that it goes on working in a chroot.
 */
#include "base/clock.h"

#include <string.h>

static const char weekdays[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static uint64_t read_clock_us(clockid_t which)
{
    struct timespec t;
    (void)clock_gettime(which, &t); /* cannot fail for these two */
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

instant clock_now(void)
{
    return (instant){ read_clock_us(CLOCK_MONOTONIC) };
}

uint64_t clock_wall_us(void)
{
    return read_clock_us(CLOCK_REALTIME);
}

void clock_load_zone(void)
{
    time_t now = time(NULL);
    struct tm ignored;
    tzset(); // NOLINT(concurrency-mt-unsafe): the contract says that it is called before the threads start
    (void)localtime_r(&now, &ignored); /* some C libraries read the file at the first use */
}

/* A date as the calendar has it. */
struct date {
    unsigned year, month, day; /* month 1-12 */
    unsigned hour, minute, second;
    unsigned weekday; /* 0 = Sunday */
};

/*
 * The calendar counts from 1 March of year 0, so that a leap day ends a year;
 * 1970-01-01 is this many days later.
 */
#define EPOCH_DAY UINT64_C(719468)

/* The day on which March of <year> begins. */
static uint64_t march_of(uint64_t year)
{
    return year * 365 + year / 4 - year / 100 + year / 400;
}

/* Days since 1970-01-01, which is not after the date. */
static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned since_march = (month + 9) % 12;
    uint64_t march_year = month < 3 ? year - 1 : year;
    return march_of(march_year) + (since_march * 153 + 2) / 5 + day - 1 - EPOCH_DAY;
}

static struct date date_of(uint64_t wall_s)
{
    uint64_t days = wall_s / 86400 + EPOCH_DAY;
    unsigned rest = (unsigned)(wall_s % 86400);
    uint64_t year = days * 400 / 146097; /* the mean; a day off at the ends of some years */
    if (march_of(year) > days)
        year--;
    else if (march_of(year + 1) <= days)
        year++;
    unsigned in_year = (unsigned)(days - march_of(year));
    unsigned since_march = (in_year * 5 + 2) / 153;
    return (struct date){
        .year = (unsigned)year + (since_march >= 10),
        .month = since_march < 10 ? since_march + 3 : since_march - 9,
        .day = in_year - (since_march * 153 + 2) / 5 + 1,
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
        .weekday = (unsigned)((wall_s / 86400 + 4) % 7),
    };
}

static struct date date_of_tm(const struct tm *t)
{
    return (struct date){ .year = (unsigned)(t->tm_year + 1900),
                          .month = (unsigned)t->tm_mon + 1,
                          .day = (unsigned)t->tm_mday,
                          .hour = (unsigned)t->tm_hour,
                          .minute = (unsigned)t->tm_min,
                          .second = (unsigned)t->tm_sec,
                          .weekday = (unsigned)t->tm_wday };
}

static void put_time(struct buf *b, const struct date *d)
{
    buf_put_u64_padded(b, d->hour, 2);
    buf_put_char(b, ':');
    buf_put_u64_padded(b, d->minute, 2);
    buf_put_char(b, ':');
    buf_put_u64_padded(b, d->second, 2);
}

static void put_http(struct buf *b, const struct date *d)
{
    buf_put(b, span_of(weekdays[d->weekday], 3));
    buf_put(b, SPAN(", "));
    buf_put_u64_padded(b, d->day, 2);
    buf_put_char(b, ' ');
    buf_put(b, span_of(months[d->month - 1], 3));
    buf_put_char(b, ' ');
    buf_put_u64_padded(b, d->year, 4);
    buf_put_char(b, ' ');
    put_time(b, d);
    buf_put(b, SPAN(" GMT"));
}

/* 22/Nov/2026:12:00:31 */
static void put_slashed(struct buf *b, const struct date *d)
{
    buf_put_u64_padded(b, d->day, 2);
    buf_put_char(b, '/');
    buf_put(b, span_of(months[d->month - 1], 3));
    buf_put_char(b, '/');
    buf_put_u64_padded(b, d->year, 4);
    buf_put_char(b, ':');
    put_time(b, d);
}

/* 2026-11-22T12:00:31 or 2026/11/22 12:00:31 */
static void put_numbers(struct buf *b, const struct date *d, char between, char before_time)
{
    buf_put_u64_padded(b, d->year, 4);
    buf_put_char(b, between);
    buf_put_u64_padded(b, d->month, 2);
    buf_put_char(b, between);
    buf_put_u64_padded(b, d->day, 2);
    buf_put_char(b, before_time);
    put_time(b, d);
}

/* Nov  2 12:00:31 (RFC 3164 4.1.2: the day is padded with a space) */
static void put_syslog(struct buf *b, const struct date *d)
{
    buf_put(b, span_of(months[d->month - 1], 3));
    buf_put_char(b, ' ');
    if (d->day < 10)
        buf_put_char(b, ' ');
    buf_put_u64(b, d->day);
    buf_put_char(b, ' ');
    put_time(b, d);
}

static void put_offset(struct buf *b, long east_s, struct span between)
{
    uint64_t minutes = (uint64_t)(east_s < 0 ? -east_s : east_s) / 60;
    buf_put_char(b, east_s < 0 ? '-' : '+');
    buf_put_u64_padded(b, minutes / 60, 2);
    buf_put(b, between);
    buf_put_u64_padded(b, minutes % 60, 2);
}

/* Writes into <text> with <put...>; always NUL-terminated. */
#define TEXT_BEGIN(text)                                                                                     \
    memset(text, 0, sizeof(text));                                                                           \
    buf_init_fixed(&b, text, sizeof(text) - 1)

void clock_text_at(struct clock_text *cache, uint64_t wall_us)
{
    uint64_t second = wall_us / 1000000;
    if (second == cache->second && second != 0)
        return;
    cache->second = second;
    time_t t = (time_t)second;
    struct tm tm;
    if (localtime_r(&t, &tm) == NULL)
        (void)gmtime_r(&t, &tm);
    struct date local = date_of_tm(&tm);
    struct buf b;
    TEXT_BEGIN(cache->common);
    put_slashed(&b, &local);
    buf_put_char(&b, ' ');
    put_offset(&b, tm.tm_gmtoff, SPAN(""));
    TEXT_BEGIN(cache->haproxy);
    put_slashed(&b, &local);
    TEXT_BEGIN(cache->syslog);
    put_syslog(&b, &local);
    TEXT_BEGIN(cache->iso);
    put_numbers(&b, &local, '-', 'T');
    put_offset(&b, tm.tm_gmtoff, SPAN(":"));
    TEXT_BEGIN(cache->error);
    put_numbers(&b, &local, '/', ' ');
}

void clock_http_at(struct clock_http *cache, uint64_t wall_us)
{
    uint64_t second = wall_us / 1000000;
    if (second == cache->second && second != 0)
        return;
    cache->second = second;
    struct date utc = date_of(second);
    struct buf b;
    TEXT_BEGIN(cache->text);
    put_http(&b, &utc);
}

void clock_put_http(struct buf *b, uint64_t wall_s)
{
    struct date d = date_of(wall_s);
    put_http(b, &d);
}

/* Takes <text> off the front of <s>. */
static bool eat(struct span *s, struct span text)
{
    if (!span_starts_with(*s, text))
        return false;
    *s = span_from_index(*s, text.len);
    return true;
}

/* Takes exactly <digits> decimal digits off the front of <s>. */
static bool eat_number(struct span *s, size_t digits, unsigned *out)
{
    uint64_t n;
    if (s->len < digits || !span_to_u64(span_first(*s, digits), 9999, &n))
        return false;
    *s = span_from_index(*s, digits);
    *out = (unsigned)n;
    return true;
}

static bool eat_month(struct span *s, unsigned *out)
{
    for (unsigned i = 0; i < 12; i++)
        if (eat(s, span_of(months[i], 3))) {
            *out = i + 1;
            return true;
        }
    return false;
}

static bool eat_time(struct span *s, struct date *d)
{
    return eat_number(s, 2, &d->hour) && eat(s, SPAN(":")) && eat_number(s, 2, &d->minute) &&
           eat(s, SPAN(":")) && eat_number(s, 2, &d->second);
}

/* 06 Nov 1994 08:49:37 GMT */
static bool parse_imf(struct span s, struct date *d)
{
    return eat_number(&s, 2, &d->day) && eat(&s, SPAN(" ")) && eat_month(&s, &d->month) &&
           eat(&s, SPAN(" ")) && eat_number(&s, 4, &d->year) && eat(&s, SPAN(" ")) && eat_time(&s, d) &&
           span_eq(s, SPAN(" GMT"));
}

/* 06-Nov-94 08:49:37 GMT; a year that seems over 50 years ahead is past (RFC 9110 5.6.7) */
static bool parse_rfc850(struct span s, struct date *d)
{
    if (!(eat_number(&s, 2, &d->day) && eat(&s, SPAN("-")) && eat_month(&s, &d->month) &&
          eat(&s, SPAN("-")) && eat_number(&s, 2, &d->year) && eat(&s, SPAN(" ")) && eat_time(&s, d) &&
          span_eq(s, SPAN(" GMT"))))
        return false;
    unsigned now = date_of(clock_wall_us() / 1000000).year;
    d->year += now / 100 * 100;
    if (d->year > now + 50)
        d->year -= 100;
    return true;
}

/* Nov  6 08:49:37 1994 */
static bool parse_asctime(struct span s, struct date *d)
{
    if (!(eat_month(&s, &d->month) && eat(&s, SPAN(" "))))
        return false;
    size_t digits = eat(&s, SPAN(" ")) ? 1 : 2;
    return eat_number(&s, digits, &d->day) && eat(&s, SPAN(" ")) && eat_time(&s, d) && eat(&s, SPAN(" ")) &&
           eat_number(&s, 4, &d->year) && s.len == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    return (unsigned)(month == 12 ? 31 : days_of(year, month + 1, 1) - days_of(year, month, 1));
}

bool clock_parse_http(struct span s, uint64_t *wall_s)
{
    struct date d = { 0 };
    size_t comma = span_find(s, SPAN(", "));
    bool read = false;
    if (comma == 3)
        read = parse_imf(span_from_index(s, 5), &d);
    else if (comma != SPAN_NONE)
        read = parse_rfc850(span_from_index(s, comma + 2), &d);
    else if (s.len > 4 && s.ptr[3] == ' ')
        read = parse_asctime(span_from_index(s, 4), &d);
    /* second 60 is a leap second */
    if (!read || d.year < 1970 || d.day == 0 || d.day > days_in_month(d.year, d.month) || d.hour > 23 ||
        d.minute > 59 || d.second > 60)
        return false;
    *wall_s = days_of(d.year, d.month, d.day) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
    return true;
}
