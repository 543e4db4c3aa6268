/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/common/values.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "conf/common/diag_conf.h"

/* Never NULL: that would end the arguments. */
static struct span keyword_of(const struct word *w)
{
    return w->keyword.ptr ? w->keyword : SPAN("");
}

static struct span number_text(char *storage, size_t size, int64_t n)
{
    struct buf b;
    buf_init_fixed(&b, storage, size);
    buf_put_i64(&b, n);
    return buf_span(&b);
}

/* Decimal with a sign; false when it is none or too big. */
static bool signed_number(struct span text, int64_t *out)
{
    bool minus = span_starts_with(text, SPAN("-"));
    uint64_t n;
    if (!span_to_u64(span_from_index(text, minus), INT64_MAX, &n))
        return false;
    *out = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

bool value_number(struct diags *d, const struct word *w, int64_t low, int64_t high, int64_t *out)
{
    int64_t n;
    if (signed_number(w->text, &n) && n >= low && n <= high) {
        *out = n;
        return true;
    }
    char from[24], to[24];
    diag_add(d, &conf_bad_number, w->at,
             DIAG_TEXT(w->text, number_text(from, sizeof(from), low), number_text(to, sizeof(to), high),
                       keyword_of(w)));
    return false;
}

/* Digits, then at most one of k, m, g in either case. */
static bool parse_size(struct span text, uint64_t *out)
{
    unsigned shift = 0;
    if (text.len > 1) {
        switch (text.ptr[text.len - 1] | 0x20) {
        case 'k':
            shift = 10;
            break;
        case 'm':
            shift = 20;
            break;
        case 'g':
            shift = 30;
            break;
        default:
            break;
        }
    }
    uint64_t n;
    if (!span_to_u64(span_first(text, text.len - (shift > 0)), INT64_MAX >> shift, &n))
        return false;
    *out = n << shift;
    return true;
}

bool value_size(struct diags *d, const struct word *w, uint64_t low, uint64_t high, uint64_t *out)
{
    uint64_t n;
    if (!parse_size(w->text, &n)) {
        diag_add(d, &conf_bad_size, w->at, DIAG_TEXT(w->text, SPAN(""), SPAN(""), keyword_of(w)));
        return false;
    }
    if (n < low || n > high) {
        char from[24], to[24];
        diag_add(d, &conf_bad_size_range, w->at,
                 DIAG_TEXT(w->text, number_text(from, sizeof(from), (int64_t)low),
                           number_text(to, sizeof(to), (int64_t)(high > INT64_MAX ? INT64_MAX : high)),
                           keyword_of(w)));
        return false;
    }
    *out = n;
    return true;
}

struct time_unit {
    const char *name;
    uint64_t us;
};
/* In the order in which nginx wants them: from the longest down, each once. */
static const struct time_unit nginx_units[] = {
    { "y", 31536000000000 }, { "M", 2592000000000 }, { "w", 604800000000 }, { "d", 86400000000 },
    { "h", 3600000000 },     { "m", 60000000 },      { "s", 1000000 },      { "ms", 1000 },
};
static const struct time_unit haproxy_units[] = {
    { "us", 1 },       { "ms", 1000 },      { "s", 1000000 },
    { "m", 60000000 }, { "h", 3600000000 }, { "d", 86400000000 },
};

static size_t count_while(struct span s, bool digits)
{
    size_t n = 0;
    while (n < s.len && (s.ptr[n] >= '0' && s.ptr[n] <= '9') == digits && s.ptr[n] != ' ')
        n++;
    return n;
}

static const struct time_unit *find_unit(const struct time_unit *units, size_t count, struct span name)
{
    for (size_t i = 0; i < count; i++)
        if (span_eq(name, span_from(units[i].name)))
            return &units[i];
    return NULL;
}

/* "1h 30m", "1h30m", "90": the sum in microseconds. */
static bool parse_nginx_time(struct span rest, uint32_t unit_ms, uint64_t *us)
{
    const struct time_unit *last = NULL;
    *us = 0;
    while (rest.len) {
        size_t digits = count_while(rest, true);
        uint64_t n;
        if (!span_to_u64(span_first(rest, digits), UINT32_MAX, &n))
            return false;
        rest = span_from_index(rest, digits);
        size_t letters = count_while(rest, false);
        struct time_unit bare = { "", (uint64_t)unit_ms * 1000 };
        const struct time_unit *unit =
            letters ? find_unit(nginx_units, COUNT_OF(nginx_units), span_first(rest, letters)) : &bare;
        bool falls = letters ? last == NULL || unit > last : rest.len == 0 || last == NULL;
        if (unit == NULL || !falls || (letters == 0 && rest.len > 0))
            return false;
        *us += n * unit->us;
        last = letters ? unit : last;
        rest = span_from_index(rest, letters);
        while (rest.len && rest.ptr[0] == ' ' && letters)
            rest = span_from_index(rest, 1);
    }
    return true;
}

static bool parse_haproxy_time(struct span text, uint32_t unit_ms, uint64_t *us)
{
    size_t digits = count_while(text, true);
    struct span name = span_from_index(text, digits);
    uint64_t n, unit = (uint64_t)unit_ms * 1000;
    if (!span_to_u64(span_first(text, digits), UINT32_MAX, &n))
        return false;
    if (name.len) {
        const struct time_unit *found = find_unit(haproxy_units, COUNT_OF(haproxy_units), name);
        if (found == NULL)
            return false;
        unit = found->us;
    }
    *us = n * unit;
    return true;
}

/* Seconds, with a fraction: "3", "0.5", "2.71828". */
static bool parse_seconds(struct span text, uint32_t unit_ms, uint64_t *us)
{
    struct span fraction = text;
    struct span whole = span_cut(&fraction, '.');
    uint64_t n, part = 0, scale = (uint64_t)unit_ms * 1000;
    if (!span_to_u64(whole, UINT32_MAX, &n))
        return false;
    if (fraction.ptr && !span_to_u64(span_first(fraction, 9), UINT64_MAX, &part))
        return false;
    if (fraction.ptr && span_first(fraction, 9).len != fraction.len &&
        count_while(fraction, true) != fraction.len)
        return false;
    uint64_t tenths = 1;
    for (size_t i = 0; fraction.ptr && i < fraction.len && i < 9; i++)
        tenths *= 10;
    *us = n * scale + part * scale / tenths;
    return true;
}

bool value_time(struct diags *d, enum word_language l, const struct word *w, uint32_t unit_ms, duration *out)
{
    static const char *const examples[] = {
        [WORDS_NGINX] = "500ms, 30s, 5m, 1h30m",
        [WORDS_HAPROXY] = "500ms, 30s, 5m, 1h",
        [WORDS_KEEPALIVED] = "1, 0.5, 30",
    };
    uint64_t us;
    bool good = w->text.len > 0;
    if (l == WORDS_NGINX)
        good = good && parse_nginx_time(w->text, unit_ms, &us);
    else if (l == WORDS_HAPROXY)
        good = good && parse_haproxy_time(w->text, unit_ms, &us);
    else
        good = good && parse_seconds(w->text, unit_ms, &us);
    if (good && l == WORDS_NGINX && us / 1000 >= UINT32_MAX)
        us = (uint64_t)(UINT32_MAX - 1) * 1000; /* a year is as good as 49 days to a timer */
    if (!good || us / 1000 >= UINT32_MAX) {
        diag_add(d, &conf_bad_time, w->at,
                 DIAG_TEXT(w->text, span_from(examples[l]), SPAN(""), keyword_of(w)));
        return false;
    }
    *out = DURATION_MS((uint32_t)((us + 999) / 1000)); /* what is shorter than a tick is one tick */
    return true;
}

bool value_nginx_seconds(struct diags *d, const struct word *w, int64_t *out)
{
    uint64_t us;
    if (w->text.len == 0 || !parse_nginx_time(w->text, 1000, &us)) {
        diag_add(d, &conf_bad_time, w->at,
                 DIAG_TEXT(w->text, SPAN("30s, 12h, 30d, 1y"), SPAN(""), keyword_of(w)));
        return false;
    }
    *out = (int64_t)(us / 1000000);
    return true;
}

bool value_switch(struct diags *d, const struct word *w, bool *out)
{
    if (span_eq_nocase(w->text, SPAN("on")) || span_eq_nocase(w->text, SPAN("off"))) {
        *out = w->text.len == 2;
        return true;
    }
    diag_add(d, &conf_bad_switch, w->at, DIAG_TEXT(w->text, SPAN(""), SPAN(""), keyword_of(w)));
    return false;
}

bool value_choice(struct diags *d, const struct word *w, const char *const *words, unsigned *index)
{
    for (unsigned i = 0; words[i]; i++) {
        if (span_eq(w->text, span_from(words[i]))) {
            *index = i;
            return true;
        }
    }
    struct buf all;
    char storage[512];
    buf_init_fixed(&all, storage, sizeof(storage));
    for (unsigned i = 0; words[i]; i++)
        buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
    struct diag *at = diag_add(d, &conf_bad_choice, w->at, DIAG_TEXT(w->text, buf_span(&all)));
    const char *nearest = diag_nearest(w->text, words);
    if (nearest)
        diag_help(d, at, "did you mean `%s`?", nearest);
    return false;
}

bool value_network(struct diags *d, const struct word *w, struct network *out)
{
    if (!network_parse(w->text, out)) {
        diag_add(d, &conf_bad_network, w->at, DIAG_TEXT(w->text));
        return false;
    }
    struct address written;
    struct span rest = w->text;
    if (address_parse_ip(span_cut(&rest, '/'), &written) && !address_eq_ip(&written, &out->base)) {
        char storage[80];
        struct buf b;
        buf_init_fixed(&b, storage, sizeof(storage));
        address_put_ip(&b, &out->base);
        buf_printf(&b, "/%u", out->bits);
        diag_add(d, &conf_network_bits, w->at, DIAG_TEXT(w->text, buf_span(&b)));
    }
    return true;
}

bool value_host(struct diags *d, const struct world *world, struct arena *a, const struct word *at,
                struct span host, struct address *out)
{
    if (address_parse_ip(host, out))
        return true;
    struct answer answer = world_ask(world, ASK_HOST, arena_span(a, host));
    struct span all = answer.bytes;
    if (answer.error == 0 && all.ptr && address_parse_ip(span_cut(&all, '\0'), out))
        return true;
    bool unknown = answer.error == 0 || answer.error == ENOENT;
    if (unknown)
        diag_add(d, &conf_host_unknown, at->at, DIAG_TEXT(host));
    else
        diag_add(d, &conf_host_failed, at->at, DIAG_TEXT(host, span_from(strerrordesc_np(answer.error))));
    return false;
}
