/* SPDX-License-Identifier: Apache-2.0 */
/* How long an answer may be kept, when that is worked out for each (nginx: expires with variables,
 * `modified`, times of the day). What is the same for all is two fields to the dialect. */
#include <time.h>

#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "wire/message.h"

static int64_t unit_seconds(char unit)
{
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = { { 'y', 365 * 86400 }, { 'M', 30 * 86400 }, { 'w', 7 * 86400 }, { 'd', 86400 },
                  { 'h', 3600 },        { 'm', 60 },         { 's', 1 } };

    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (units[i].unit == unit)
            return units[i].seconds;
    return 0;
}

/* "1d12h", "3600". */
static bool parse_seconds(struct span text, int64_t *out)
{
    int64_t sum = 0;

    if (text.len == 0)
        return false;
    while (text.len) {
        size_t digits = 0;
        uint64_t n;
        while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
            digits++;
        int64_t unit = digits < text.len ? unit_seconds(text.ptr[digits]) : 1;
        if (!span_to_u64(span_first(text, digits), UINT32_MAX, &n) || unit == 0)
            return false;
        sum += (int64_t)n * unit;
        text = span_from_index(text, digits + (digits < text.len));
    }
    *out = sum;
    return true;
}

/* The next moment at which so many seconds of a day have gone. */
static int64_t next_time(int64_t now, int64_t of_day)
{
    time_t t = (time_t)now;
    struct tm tm;

    if (localtime_r(&t, &tm) == NULL)
        return now;
    tm.tm_hour = (int)(of_day / 3600);
    tm.tm_min = (int)(of_day % 3600 / 60);
    tm.tm_sec = (int)(of_day % 60);
    tm.tm_isdst = -1;
    int64_t then = (int64_t)mktime(&tm);
    if (then > now)
        return then;
    tm.tm_mday++;
    return (int64_t)mktime(&tm);
}

static bool set(struct rules *r, struct span name, struct span value)
{
    (void)message_remove(r->answer, name);
    return rules_make_room(r, r->answer) && message_add(r->answer, name, value);
}

static bool set_both(struct rules *r, struct span expires, struct span cache)
{
    return set(r, SPAN("Expires"), expires) && set(r, SPAN("Cache-Control"), cache);
}

static bool set_times(struct rules *r, int64_t at, int64_t age, bool past)
{
    char *room = scratch_bytes(r->facts->scratch, 96);
    struct buf date, cache;

    if (room == NULL)
        return false;
    buf_init_fixed(&date, room, 48);
    buf_init_fixed(&cache, room + 48, 48);
    clock_put_http(&date, at > 0 ? (uint64_t)at : 0);
    buf_printf(&cache, "max-age=%lld", (long long)age);
    return set_both(r, buf_span(&date), past || age < 0 ? SPAN("no-cache") : buf_span(&cache));
}

/* From now, or from when it was changed, if that is asked for and told. */
static bool set_after(struct rules *r, struct span text, bool modified)
{
    const struct field *changed = modified ? message_find(r->answer, FIELD_LAST_MODIFIED) : NULL;
    int64_t now = (int64_t)(r->facts->wall_us / 1000000), seconds;
    bool past = span_starts_with(text, SPAN("-")), daily = span_starts_with(text, SPAN("@"));
    uint64_t from;

    if (past || daily || span_starts_with(text, SPAN("+")))
        text = span_from_index(text, 1);
    if (!parse_seconds(text, &seconds) || (daily && (modified || seconds > 86400)))
        return true;
    if (daily) {
        int64_t at = next_time(now, seconds);
        return set_times(r, at, at - now, false);
    }
    seconds = past ? -seconds : seconds;
    if (!changed || !clock_parse_http(changed->value, &from))
        return set_times(r, now + seconds, seconds, past);
    return set_times(r, (int64_t)from + seconds, (int64_t)from + seconds - now, past);
}

enum outcome act_expires(struct rules *r, const struct action *a)
{
    struct span text = eval_text(r->facts, a->expr);
    bool good = true;

    if (!r->answer || text.len == 0 || span_eq(text, SPAN("off")))
        return NEXT;
    if (span_eq(text, SPAN("epoch")))
        good = set_both(r, SPAN("Thu, 01 Jan 1970 00:00:01 GMT"), SPAN("no-cache"));
    else if (span_eq(text, SPAN("max")))
        good = set_both(r, SPAN("Thu, 31 Dec 2037 23:55:55 GMT"), SPAN("max-age=315360000"));
    else
        good = set_after(r, text, a->number);
    return good ? NEXT : rules_end(r, RULES_FAILED);
}
