/* SPDX-License-Identifier: Apache-2.0 */
/* limit_req, limit_conn and their zones. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "model/zone.h"

enum { ZONE_LEAST = 32 * 1024 };

/* ---- zones ---- */

static bool parse_zone(struct build *b, const struct word *w, struct zone *z)
{
    size_t colon = span_find_char(w->text, ':');
    if (colon == SPAN_NONE || colon == 0) {
        diag_add(b->diags, &nginx_bad_zone, w->at, DIAG_TEXT(w->text));
        return false;
    }
    struct word size = word_part(w, colon + 1, w->text.len - colon - 1);
    z->name = span_first(w->text, colon);
    return value_size(b->diags, &size, ZONE_LEAST, UINT64_C(1) << 40, &z->size);
}

/* "10r/s", "30r/m" */
static bool parse_rate(struct build *b, const struct word *w, struct zone *z)
{
    uint64_t n;
    bool minute = span_ends_with(w->text, SPAN("r/m"));
    struct span digits = span_first(w->text, w->text.len >= 3 ? w->text.len - 3 : 0);
    if ((!minute && !span_ends_with(w->text, SPAN("r/s"))) || !span_to_u64(digits, 1000000, &n) || n == 0) {
        diag_add(b->diags, &nginx_bad_rate, w->at, DIAG_TEXT(w->text));
        return false;
    }
    z->rate = n * 1000 / (minute ? 60 : 1);
    return true;
}

static bool zone_option(struct build *b, const struct statement *s, uint32_t i, struct zone *z)
{
    struct word value;
    if (word_option(word_at(s, i), "zone", &value))
        return parse_zone(b, &value, z);
    if (z->kind == ZONE_RATE && word_option(word_at(s, i), "rate", &value))
        return parse_rate(b, &value, z);
    diag_add(b->diags, &nginx_bad_parameter, word_at(s, i)->at, DIAG_TEXT(text_at(s, i), text_at(s, 0)));
    return false;
}

static struct side *side_of(struct build *b)
{
    return b->context & IN_TCP ? &b->stream : &b->http;
}

static void on_zone(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct side *side = side_of(b);
    struct zone z = { .kind = (enum zone_kind)k->low, .rate = 1000, .at = s->at };
    bool good = true;
    for (uint32_t i = 2; i < s->words.count; i++)
        good &= zone_option(b, s, i, &z);
    if (good && z.name.len == 0)
        diag_add(b->diags, &nginx_bad_zone, s->at, DIAG_TEXT(SPAN("")));
    if (!good || z.name.len == 0)
        return;
    struct waiting_zone *before = map_get(&side->zones, z.name);
    if (before) {
        struct diag *d = diag_add(b->diags, &nginx_duplicate_zone, s->at, DIAG_TEXT(z.name));
        diag_also(b->diags, d, before->zone->at, "the first one");
        return;
    }
    struct waiting_zone *waiting = ARENA_NEW(b->arena, struct waiting_zone);
    *waiting = (struct waiting_zone){ .statement = *s, .zone = ARENA_NEW(b->arena, struct zone) };
    *waiting->zone = z;
    z.identity = SPAN("");
    waiting->zone->identity =
        arena_printf(b->arena, "nginx%s:%.*s %s %llu %.*s", side->stream ? " stream" : "", SPAN_ARGS(z.name),
                     k->name, (unsigned long long)z.size, SPAN_ARGS(text_at(s, 1)));
    waiting->zone->index = b->config->zones.count;
    *ARENA_PUSH(b->arena, &b->config->zones) = waiting->zone;
    (void)map_put(b->arena, &side->zones, z.name, waiting);
}

/* Their keys may name variables that stand below them. */
void nginx_compile_zones(struct build *b, struct side *side)
{
    for (uint32_t i = 0; i < side->zones.room; i++) {
        struct waiting_zone *z = map_at(&side->zones, i)->value;
        if (z)
            z->zone->key = nginx_expr(b, side, word_at(&z->statement, 1), NULL);
    }
}

/* ---- limits ---- */

static const struct zone *find_zone(struct build *b, const struct side *side, const struct word *w,
                                    enum zone_kind kind)
{
    const struct waiting_zone *z = map_get(&side->zones, w->text);
    if (z && z->zone->kind == kind)
        return z->zone;
    diag_add(b->diags, &nginx_unknown_zone, w->at, DIAG_TEXT(w->text));
    return NULL;
}

/* Thousandths of a request. */
static bool thousandths(struct build *b, const struct word *w, uint64_t *out)
{
    int64_t n;
    if (!value_number(b->diags, w, 0, 1000000, &n))
        return false;
    *out = (uint64_t)n * 1000;
    return true;
}

/* limit_req zone=NAME [burst=N] [nodelay | delay=N] */
static void compile_req(struct build *b, const struct statement *s, struct limits *out)
{
    struct limit l = { .at = s->at };
    bool good = true;
    for (uint32_t i = 1; i < s->words.count; i++) {
        const struct word *w = word_at(s, i);
        struct word value;
        if (word_option(w, "zone", &value))
            good &= (l.zone = find_zone(b, &b->http, &value, ZONE_RATE)) != NULL;
        else if (word_option(w, "burst", &value))
            good &= thousandths(b, &value, &l.burst);
        else if (word_option(w, "delay", &value))
            good &= thousandths(b, &value, &l.delay_from);
        else if (span_eq(w->text, SPAN("nodelay")))
            l.delay_from = UINT64_MAX;
        else
            good &=
                diag_add(b->diags, &nginx_bad_parameter, w->at, DIAG_TEXT(w->text, text_at(s, 0))) == NULL;
    }
    if (good && l.zone)
        *ARENA_PUSH(b->arena, &out->items) = l;
}

static void compile_conn(struct build *b, const struct side *side, const struct statement *s,
                         struct limits *out)
{
    struct limit l = { .at = s->at, .zone = find_zone(b, side, word_at(s, 1), ZONE_COUNT) };
    int64_t n;
    if (!value_number(b->diags, word_at(s, 2), 1, 65535, &n) || l.zone == NULL)
        return;
    l.most = (uint32_t)n;
    *ARENA_PUSH(b->arena, &out->items) = l;
}

static void add(struct build *b, const struct side *side, const struct level *l, const struct kept *k,
                enum action_kind kind, struct limits like)
{
    enum hook hook = side->stream ? HOOK_CONTENT : HOOK_REQUEST;
    if (k == NULL)
        return;
    struct limits *limits = ARENA_NEW(b->arena, struct limits);
    *limits = like;
    for (uint32_t i = 0; i < k->count; i++) {
        if (kind == ACTION_LIMIT_REQ)
            compile_req(b, &k->items[i], limits);
        else
            compile_conn(b, side, &k->items[i], limits);
    }
    if (limits->items.count)
        action_add(b->config, l->scope, hook, kind, k->items[0].at)->limits = limits;
}

void nginx_compile_limits(struct build *b, const struct side *side, const struct level *l)
{
    enum { LEVEL_ERROR = 3 };
    struct limits req = { .status = (uint16_t)SETTING(l, limit_req_status, 503),
                          .level = (uint8_t)SETTING(l, limit_req_log_level, LEVEL_ERROR),
                          .dry_run = SETTING(l, limit_req_dry_run, false) };
    struct limits conn = { .status = (uint16_t)SETTING(l, limit_conn_status, 503),
                           .level = (uint8_t)SETTING(l, limit_conn_log_level, LEVEL_ERROR),
                           .dry_run = SETTING(l, limit_conn_dry_run, false) };
    add(b, side, l, KEPT(l, limit_req), ACTION_LIMIT_REQ, req);
    add(b, side, l, KEPT(l, limit_conn), ACTION_LIMIT_CONN, conn);
}

/* ---- words ---- */

static void on_log_level(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "error", "warn", "notice", "info", NULL };
    unsigned i;
    struct setting *to = (struct setting *)(void *)((char *)b->level + k->offset);
    if (value_choice(b->diags, word_at(s, 1), words, &i))
        *to = (struct setting){ .set = true, .n = 3 + i, .at = s->at };
}

#define AT(member) .offset = offsetof(struct level, member)
#define ONCE       .once = true
/* clang-format off */
const struct keyword nginx_limit_words[] = {
    { "limit_req_zone", IN_HTTP, 3, ARGS_ANY, .handle = on_zone, .low = ZONE_RATE, .manual = "KEY zone=NAME:SIZE rate=N r/s or r/m: where requests are counted by time" },
    { "limit_conn_zone", IN_HTTP | IN_STREAM, 2, 2, .handle = on_zone, .low = ZONE_COUNT, .manual = "KEY zone=NAME:SIZE: where requests that run are counted" },
    { "limit_req", IN_HSL, 1, 3, .handle = nginx_keep, AT(limit_req), .manual = "zone=NAME burst=N nodelay or delay=N: faster ones wait, then are refused" },
    { "limit_req_status", IN_HSL, 1, 1, ONCE, .handle = nginx_set_number, AT(limit_req_status), .low = 400, .high = 599, .manual = "with this status" },
    { "limit_req_log_level", IN_HSL, 1, 1, ONCE, .handle = on_log_level, AT(limit_req_log_level), .manual = "of refusals; of delays one lower" },
    { "limit_req_dry_run", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(limit_req_dry_run), .manual = "only logged" },
    { "limit_conn", IN_HSL | IN_TCP, 2, 2, .handle = nginx_keep, AT(limit_conn), .manual = "ZONE N: so many requests at once" },
    { "limit_conn_status", IN_HSL, 1, 1, ONCE, .handle = nginx_set_number, AT(limit_conn_status), .low = 400, .high = 599, .manual = "with this status" },
    { "limit_conn_log_level", IN_HSL | IN_TCP, 1, 1, ONCE, .handle = on_log_level, AT(limit_conn_log_level), .manual = "of refusals" },
    { "limit_conn_dry_run", IN_HSL | IN_TCP, 1, 1, ONCE, .handle = nginx_set_switch, AT(limit_conn_dry_run), .manual = "only logged" },
    { NULL },
};
/* clang-format on */
