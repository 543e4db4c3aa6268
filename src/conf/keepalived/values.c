/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "conf/keepalived/keepalived_internal.h"

struct span ka_keep(struct build *b, struct span s)
{
    return arena_span(b->arena, s);
}

static void keep(struct opt *out, int64_t n, struct where at)
{
    *out = (struct opt){ .set = true, .n = n, .at = at };
}

bool ka_number(struct build *b, const struct word *w, int64_t low, int64_t high, struct opt *out)
{
    struct word bare = *w;
    if (span_starts_with(bare.text, SPAN("+")))
        bare.text = span_from_index(bare.text, 1);
    int64_t n;
    if (!value_number(b->diags, &bare, low, high, &n))
        return false;
    keep(out, n, w->at);
    return true;
}

/* Digits with at most one point, exactly, as microseconds. */
static bool parse_us(struct span text, int64_t *out)
{
    uint64_t seconds = 0, rest = 0;
    struct span part = text;
    struct span whole = span_cut(&part, '.'); /* without a point: all, and no part */
    if (whole.len + part.len == 0 || (whole.len && !span_to_u64(whole, 1000000000, &seconds)))
        return false;
    uint64_t scale = 100000;
    for (size_t i = 0; i < part.len; i++, scale /= 10) {
        if (part.ptr[i] < '0' || part.ptr[i] > '9')
            return false;
        rest += (uint64_t)(part.ptr[i] - '0') * scale;
    }
    *out = (int64_t)(seconds * 1000000 + rest);
    return true;
}

static struct span seconds_text(struct build *b, int64_t us)
{
    if (us % 1000000 == 0)
        return arena_printf(b->arena, "%lld", (long long)(us / 1000000));
    return arena_printf(b->arena, "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
}

bool ka_seconds(struct build *b, const struct word *w, int64_t low_us, int64_t high_us, struct opt *out)
{
    int64_t us;
    if (parse_us(w->text, &us) && us >= low_us && us <= high_us) {
        keep(out, us, w->at);
        return true;
    }
    diag_add(b->diags, &ka_bad_seconds, w->at,
             DIAG_TEXT(w->text, seconds_text(b, low_us), seconds_text(b, high_us)));
    return false;
}

bool ka_bool(struct build *b, const struct statement *s, uint32_t at, struct opt *out)
{
    static const char *const yes[] = { "on", "true", "yes", NULL }, *const no[] = { "off", "false", "no",
                                                                                    NULL };
    if (at >= s->words.count) {
        keep(out, 1, word_at(s, 0)->at);
        return true;
    }
    for (unsigned i = 0; yes[i]; i++) {
        if (word_is(s, at, yes[i]) || word_is(s, at, no[i])) {
            keep(out, word_is(s, at, yes[i]), word_at(s, at)->at);
            return true;
        }
    }
    diag_add(b->diags, &ka_bad_bool, word_at(s, at)->at, DIAG_TEXT(text_at(s, at)));
    return false;
}

bool ka_ip(struct build *b, const struct word *w, struct address *out)
{
    if (address_parse_ip(w->text, out))
        return true;
    diag_add(b->diags, &ka_bad_ip, w->at, DIAG_TEXT(w->text));
    return false;
}

bool ka_ip_bits(struct build *b, const struct word *w, struct address *out, uint8_t *bits)
{
    struct span rest = w->text;
    struct word ip = *w;
    ip.text = span_cut(&rest, '/');
    if (!ka_ip(b, &ip, out))
        return false;
    unsigned most = address_family(out) == AF_INET ? 32 : 128;
    uint64_t n = most;
    if (rest.ptr && !span_to_u64(rest, most, &n)) {
        diag_add(b->diags, &ka_bad_bits, w->at, DIAG_TEXT(w->text, arena_printf(b->arena, "%u", most)));
        return false;
    }
    *bits = (uint8_t)n;
    return true;
}

uint32_t ka_interface(struct build *b, const struct word *w)
{
    bool fits = span_find_char(w->text, '/') == SPAN_NONE && span_find_char(w->text, ' ') == SPAN_NONE;
    uint32_t i = fits ? vrrp_config_interface(b->v, w->text, w->at) : VRRP_NONE;
    if (i == VRRP_NONE)
        diag_add(b->diags, &ka_bad_name, w->at, DIAG_TEXT(w->text));
    return i;
}
