/* SPDX-License-Identifier: Apache-2.0 */
/* gzip and what belongs to it. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "model/compression.h"

static void on_version(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const versions[] = { "1.0", "1.1", NULL };
    unsigned n;
    (void)k;
    if (!value_choice(b->diags, word_at(s, 1), versions, &n))
        return;
    b->level->gzip_http_version = (struct setting){ .set = true, .n = n, .at = s->at };
    b->level->says_more = true;
}

static void on_proxied(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "off",      "expired", "no-cache",
                                         "no-store", "private", "no_last_modified",
                                         "no_etag",  "auth",    "any",
                                         NULL };
    uint64_t bits = 0;
    (void)k;
    for (uint32_t i = 1; i < s->words.count; i++) {
        unsigned n;
        if (value_choice(b->diags, word_at(s, i), words, &n) && n > 0)
            bits |= (uint64_t)1 << (n - 1);
    }
    b->level->gzip_proxied = (struct setting){ .set = true, .n = bits, .at = s->at };
    b->level->says_more = true;
}

#define AT(member) .offset = offsetof(struct level, member)
#define ONCE       .once = true
/* clang-format off */
const struct keyword nginx_gzip_words[] = {
    { "gzip", IN_HSLI, 1, 1, ONCE, .handle = nginx_set_switch, AT(gzip), .manual = "answers are compressed for clients that accept it" },
    { "gzip_comp_level", IN_HSL, 1, 1, ONCE, .handle = nginx_set_number, .low = 1, .high = 9, AT(gzip_comp_level), .manual = "1 to 9" },
    { "gzip_min_length", IN_HSL, 1, 1, ONCE, .handle = nginx_set_size, AT(gzip_min_length), .manual = "shorter answers are not compressed" },
    { "gzip_types", IN_HSL, 1, ARGS_ANY, .handle = nginx_keep, AT(gzip_types), .manual = "MIME types beside text/html; *: all" },
    { "gzip_vary", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(gzip_vary), .manual = "Vary: Accept-Encoding" },
    { "gzip_http_version", IN_HSL, 1, 1, ONCE, .handle = on_version, .manual = "1.0 or 1.1: the least that a request must be" },
    { "gzip_proxied", IN_HSL, 1, ARGS_ANY, ONCE, .handle = on_proxied, .manual = "when requests with Via get compressed answers" },
    { "gzip_disable", IN_HSL, 1, ARGS_ANY, .handle = nginx_keep, AT(gzip_disable), .manual = "regular expressions of user agents that get none; msie6" },
    { NULL },
};
/* clang-format on */

static void fill_types(struct build *b, const struct level *l, struct compression *c)
{
    const struct kept *k = KEPT(l, gzip_types);
    *ARENA_PUSH(b->arena, &c->types) = SPAN("text/html");
    for (uint32_t i = 0; k && i < k->count; i++) {
        for (uint32_t n = 1; n < k->items[i].words.count; n++) {
            struct span type = text_at(&k->items[i], n);
            if (span_eq(type, SPAN("*"))) {
                c->types.count = 0; /* all */
                return;
            }
            *ARENA_PUSH(b->arena, &c->types) = type;
        }
    }
}

static void fill_disabled(struct build *b, const struct level *l, struct compression *c)
{
    const struct kept *k = KEPT(l, gzip_disable);
    for (uint32_t i = 0; k && i < k->count; i++) {
        for (uint32_t n = 1; n < k->items[i].words.count; n++) {
            const struct word *w = word_at(&k->items[i], n);
            const struct regex *r;
            if (span_eq(w->text, SPAN("msie6")))
                c->disabled_msie6 = true;
            else if ((r = nginx_regex(b, &b->http, w, w->text, true)) != NULL)
                *ARENA_PUSH(b->arena, &c->disabled) = r;
        }
    }
}

struct compression *nginx_gzip_rule(struct build *b, const struct level *l)
{
    static const uint16_t statuses[] = { 200, 403, 404 };
    struct compression *c = ARENA_NEW(b->arena, struct compression);
    *ARENA_PUSH(b->arena, &c->codings) = CODING_GZIP;
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        *ARENA_PUSH(b->arena, &c->statuses) = statuses[i];
    fill_types(b, l, c);
    fill_disabled(b, l, c);
    c->level = (uint8_t)SETTING(l, gzip_comp_level, 1);
    c->length_min = SETTING(l, gzip_min_length, 20);
    c->minor_min = (uint8_t)SETTING(l, gzip_http_version, 1);
    c->vary = c->vary_all = SETTING(l, gzip_vary, false);
    c->proxied = (uint32_t)SETTING(l, gzip_proxied, 0);
    c->heeds_via = true;
    c->own = true;
    return c;
}

/* NULL: as the outer level has it; without codings where it is off. */
const struct compression *nginx_compression(struct build *b, const struct level *l)
{
    const struct setting *on = level_setting(l, offsetof(struct level, gzip));
    if (on == NULL)
        return NULL;
    struct compression *c = nginx_gzip_rule(b, l);
    if (!on->n)
        c->codings.count = 0;
    return c;
}
