/* SPDX-License-Identifier: Apache-2.0 */
/* compression ...: of a frontend or a backend; the backend's counts where both say something. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/haproxy_internal.h"

static struct compression *compression_of(struct build *b, const struct statement *s)
{
    struct draft *d = b->draft;
    d->compression_at = haproxy_keyword_at(s);
    if (d->compression && d->compression_inherited) { /* a line of its own changes its own copy alone */
        struct compression *copy = ARENA_NEW(b->arena, struct compression);
        *copy = *d->compression;
        d->compression = copy;
        d->compression_inherited = false;
    }
    if (d->compression == NULL)
        d->compression = ARENA_NEW(b->arena, struct compression);
    return d->compression;
}

static void on_algo(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const names[] = { "identity", "gzip", "deflate", "raw-deflate", NULL };
    static const enum content_coding codings[] = { CODING_IDENTITY, CODING_GZIP, CODING_DEFLATE,
                                                   CODING_RAW_DEFLATE };
    struct compression *c = compression_of(b, s);
    (void)k;
    c->codings.items = NULL;
    c->codings.count = c->codings.room = 0;
    for (uint32_t i = 1; i < s->words.count; i++) {
        unsigned n;
        if (value_choice(b->diags, word_at(s, i), names, &n))
            *ARENA_PUSH(b->arena, &c->codings) = codings[n];
    }
}

static void on_type(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct compression *c = compression_of(b, s);
    struct span *old = c->types.items;
    uint32_t count = c->types.count;
    (void)k;
    c->types.items = NULL;
    c->types.count = c->types.room = 0;
    for (uint32_t i = 0; i < count; i++)
        *ARENA_PUSH(b->arena, &c->types) = old[i];
    for (uint32_t i = 1; i < s->words.count; i++)
        *ARENA_PUSH(b->arena, &c->types) = arena_span(b->arena, text_at(s, i));
}

static void on_offload(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    compression_of(b, s)->offload = true;
}

static void on_minsize(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint64_t n;
    (void)k;
    if (value_size(b->diags, word_at(s, 1), 0, UINT32_MAX, &n))
        compression_of(b, s)->length_min = n;
}

static void on_direction(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const ways[] = { "response", "request", "both", NULL };
    unsigned n;
    (void)k;
    if (value_choice(b->diags, word_at(s, 1), ways, &n) && n != 0)
        diag_add(b->diags, &conf_refused, word_at(s, 1)->at,
                 DIAG_TEXT(text_at(s, 1), SPAN("requests are not compressed")));
}

/* What HAProxy's manual says of compression, beside the file's own lines. */
const struct compression *haproxy_compression(struct build *b, const struct draft *d)
{
    static const uint16_t statuses[] = { 200, 201, 202, 203 };
    if (d->compression == NULL)
        return NULL;
    struct compression *c = ARENA_NEW(b->arena, struct compression);
    *c = *d->compression;
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        *ARENA_PUSH(b->arena, &c->statuses) = statuses[i];
    c->types_begin = true;
    c->level = (uint8_t)value_or(&b->global.compression_level, 1);
    c->minor_min = 1;
    c->vary = true;
    c->heeds_star = true;
    c->disabled_mozilla4 = true;
    c->careful = true;
    return c;
}

#define REFUSED(name, in, why)                                                                               \
    {                                                                                                        \
        name, in, 0, ARGS_ANY, KEYWORD_REFUSED, .today = why                                                 \
    }

const struct keyword haproxy_compression_words[] = {
    { "compression algo", IN_D_PROXY, 1, ARGS_ANY, .handle = on_algo,
      .manual = "gzip, deflate, raw-deflate, identity: answers are compressed so, the first that is wanted" },
    { "compression algo-res", IN_D_PROXY, 1, ARGS_ANY, .handle = on_algo, .manual = "the same" },
    { "compression type", IN_D_PROXY, 1, ARGS_ANY, .handle = on_type,
      .manual = "MIME types, or how they begin; without this line all" },
    { "compression type-res", IN_D_PROXY, 1, ARGS_ANY, .handle = on_type, .manual = "the same" },
    { "compression offload", IN_D_PROXY, 0, 0, .handle = on_offload,
      .manual = "servers are not told what the client accepts, so that they do not compress" },
    { "compression minsize-res", IN_D_PROXY, 1, 1, .handle = on_minsize,
      .manual = "SIZE: shorter answers are not compressed" },
    { "compression direction", IN_D_PROXY, 1, 1, .handle = on_direction, .manual = "response" },
    { "filter compression", IN_PROXY, 0, 0, .handle = haproxy_accept,
      .manual = "where compression stands among filters: it is the only one" },
    { "filter comp-res", IN_PROXY, 0, 0, .handle = haproxy_accept, .manual = "the same" },
    REFUSED("compression algo-req", IN_D_PROXY, "requests are not compressed"),
    REFUSED("compression type-req", IN_D_PROXY, "requests are not compressed"),
    REFUSED("compression minsize-req", IN_D_PROXY, "requests are not compressed"),
    REFUSED("filter comp-req", IN_PROXY, "requests are not compressed"),
    { NULL },
};
