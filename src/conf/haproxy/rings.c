/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring sections. HAProxy keeps lines in memory there, for `show events` and for
 * the servers that it sends them to; here every server has a queue of that size.
 */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/haproxy_internal.h"

enum { SIZE_DEFAULT = 65536, SIZE_MIN = 16384, SIZE_MAX_ = 1 << 28 };

static struct ring *current(struct build *b)
{
    return &b->rings.items[b->rings.count - 1];
}

void haproxy_on_ring(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    *ARENA_PUSH(b->arena, &b->rings) = (struct ring){ .name = arena_span(b->arena, text_at(s, 1)),
                                                      .like = { .queue = SIZE_DEFAULT },
                                                      .at = word_at(s, 1)->at };
    b->context = IN_RING;
}

const struct ring *haproxy_ring(const struct build *b, struct span name)
{
    for (uint32_t i = 0; i < b->rings.count; i++)
        if (span_eq(b->rings.items[i].name, name))
            return &b->rings.items[i];
    return NULL;
}

static void on_format(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    current(b)->frame_set = haproxy_log_frame(b, word_at(s, 1), &current(b)->like.frame);
}

static void on_maxlen(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (!value_number(b->diags, word_at(s, 1), 80, 65535, &n))
        return;
    current(b)->like.line_max = (uint32_t)n;
    current(b)->line_max_set = true;
}

static void on_size(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    uint64_t n;
    if (value_size(b->diags, word_at(s, 1), 1, SIZE_MAX_, &n))
        current(b)->like.queue = n < SIZE_MIN ? SIZE_MIN : (uint32_t)n;
}

/* "server NAME ADDRESS [log-proto legacy|octet-count]" */
static void on_server(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const ways[] = { "legacy", "octet-count", NULL };
    struct parsed_address p = { .lazy = false };
    unsigned way = 0;
    (void)k;
    if (!haproxy_address(b, word_at(s, 2), text_at(s, 2), ADDRESS_LOG, &p))
        return;
    if (s->words.count > 3 && !text_is(s, 3, "log-proto")) {
        diag_add(b->diags, &conf_refused, word_at(s, 3)->at,
                 DIAG_TEXT(text_at(s, 3), SPAN("of a ring's server there is an address and log-proto")));
        return;
    }
    if (s->words.count == 4) {
        diag_add(b->diags, &conf_arity, s->at, DIAG_TEXT(text_at(s, 3), SPAN("1"), SPAN("0")));
        return;
    }
    if (s->words.count > 4 && !value_choice(b->diags, word_at(s, 4), ways, &way))
        return;
    if (p.fd >= 0) {
        diag_add(b->diags, &haproxy_address_refused, word_at(s, 2)->at, DIAG_TEXT(SPAN("fd@")));
        return;
    }
    if (address_family(&p.address) != AF_UNIX && !p.port_set)
        address_set_port(&p.address, 514);
    *ARENA_PUSH(b->arena, &current(b)->servers) = (struct ring_server){ p.address, way == 1 };
}

const struct keyword haproxy_ring_words[] = {
    { "description", IN_RING, 1, ARGS_ANY, .handle = haproxy_accept, .manual = "a remark" },
    { "format", IN_RING, 1, 1, .handle = on_format, .manual = "what stands before a line: as of `log`" },
    { "maxlen", IN_RING, 1, 1, .handle = on_maxlen, .manual = "N: bytes of a line at most" },
    { "size", IN_RING, 1, 1, .handle = on_size, .manual = "N: bytes that wait for each server" },
    { "server", IN_RING, 2, 4, .handle = on_server, .manual = "NAME ADDRESS [log-proto legacy|octet-count]" },
    { "timeout connect", IN_RING, 1, 1, KEYWORD_TUNING, .manual = "the kernel's: nobody waits for it" },
    { "timeout server", IN_RING, 1, 1, KEYWORD_TUNING, .manual = "nothing is expected of log servers" },
    { "backing-file", IN_RING, 1, 1, KEYWORD_REFUSED, .today = "rings are not kept in files" },
    { NULL },
};
