/* SPDX-License-Identifier: Apache-2.0 */
/* resolvers sections, and the servers whose names are asked for while running. */
#include "conf/haproxy/server.h"

#include "conf/common/diag_conf.h"
#include "model/name_resolver.h"

static struct name_resolver *current(struct build *b)
{
    return b->config->name_resolvers.items[b->config->name_resolvers.count - 1];
}

void haproxy_on_resolvers(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct name_resolver *r = ARENA_NEW(b->arena, struct name_resolver);
    /* HAProxy's own numbers: each name once a second, an address that is gone for want of an answer stays */
    *r = (struct name_resolver){ .index = b->config->name_resolvers.count,
                                 .name = arena_span(b->arena, text_at(s, 1)),
                                 .valid = DURATION_S(1),
                                 .timeout = DURATION_S(3),
                                 .retry = DURATION_S(1),
                                 .tries = 3,
                                 .hold = DURATION_S(30),
                                 .ipv4 = true,
                                 .ipv6 = true,
                                 .at = word_at(s, 1)->at };
    *ARENA_PUSH(b->arena, &b->config->name_resolvers) = r;
    b->context = IN_RESOLVERS;
}

/* ---- words of a section ---- */

static void on_nameserver(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct parsed_address p = { .lazy = false };
    struct name_resolver *r = current(b);
    bool udp = span_starts_with(text_at(s, 2), SPAN("udp@"));
    if (!haproxy_address(b, word_at(s, 2), span_from_index(text_at(s, 2), udp ? 4 : 0), ADDRESS_SOURCE, &p))
        return;
    address_set_port(&p.address, p.port_set ? p.port : 53);
    *ARENA_PUSH(b->arena, &r->servers) = p.address;
}

/* "nameserver ADDRESS" */
static bool read_nameserver(struct span line, struct address *out)
{
    struct span rest = span_trim(line);
    if (!span_starts_with(rest, SPAN("nameserver")))
        return false;
    rest = span_from_index(rest, 10);
    if (rest.len == 0 || (rest.ptr[0] != ' ' && rest.ptr[0] != '\t'))
        return false;
    if (!address_parse_ip(span_trim(rest), out))
        return false;
    address_set_port(out, 53);
    return true;
}

static void on_resolv_conf(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct name_resolver *r = current(b);
    struct answer a = world_ask(b->world, ASK_FILE, SPAN("/etc/resolv.conf"));
    struct address one;
    (void)k;
    if (a.error)
        diag_add(b->diags, &haproxy_unreadable, s->at,
                 DIAG_TEXT(SPAN("/etc/resolv.conf"), span_from(strerrordesc_np(a.error))));
    for (struct span rest = a.error ? SPAN("") : a.bytes; rest.len;)
        if (read_nameserver(span_cut(&rest, '\n'), &one))
            *ARENA_PUSH(b->arena, &r->servers) = one;
}

static void on_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (!value_number(b->diags, word_at(s, 1), k->low, k->high, &n))
        return;
    if (k->offset)
        current(b)->payload = (uint16_t)n;
    else
        current(b)->tries = (uint32_t)n;
}

static void on_time(struct build *b, const struct keyword *k, const struct statement *s)
{
    duration t;
    if (!value_time(b->diags, WORDS_HAPROXY, word_at(s, 1), 1, &t))
        return;
    duration *to = (duration *)(void *)((char *)current(b) + k->offset);
    *to = t;
}

/* hold KIND TIME: what counts is how long addresses stay when their name cannot be had any more. */
static void on_hold(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const kinds[] = { "nx", "other", "refused", "timeout", "obsolete", "valid", NULL };
    (void)k;
    unsigned n;
    duration t;
    if (!value_choice(b->diags, word_at(s, 1), kinds, &n) ||
        !value_time(b->diags, WORDS_HAPROXY, word_at(s, 2), 1, &t))
        return;
    if (n == 0)
        current(b)->hold = t;
    else
        diag_add(b->diags, &conf_tuning, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1), SPAN("HAProxy")));
}

const struct keyword haproxy_resolvers_words[] = {
    { "nameserver", IN_RESOLVERS, 2, 2, .handle = on_nameserver, .manual = "ID ADDRESS[:PORT]" },
    { "accepted_payload_size", IN_RESOLVERS, 1, 1, .handle = on_number, .low = 512, .high = 65535,
      .offset = 1, .manual = "bytes of an answer by UDP" },
    { "resolve_retries", IN_RESOLVERS, 1, 1, .handle = on_number, .low = 1, .high = 1000,
      .manual = "questions to a nameserver before it counts as silent" },
    { "timeout resolve", IN_RESOLVERS, 1, 1, .handle = on_time,
      .offset = offsetof(struct name_resolver, valid), .manual = "how often a name is asked for" },
    { "timeout retry", IN_RESOLVERS, 1, 1, .handle = on_time, .offset = offsetof(struct name_resolver, retry),
      .manual = "time between two questions" },
    { "hold", IN_RESOLVERS, 2, 2, .handle = on_hold,
      .manual = "nx TIME: how long addresses outlive their name" },
    { "parse-resolv-conf", IN_RESOLVERS, 0, 0, .handle = on_resolv_conf,
      .manual = "the nameservers of /etc/resolv.conf" },
    { NULL },
};

/* ---- servers ---- */

static const struct name_resolver *find(struct build *b, const struct word *w)
{
    LIST_OF(const char *) names = { 0 };
    for (uint32_t i = 0; i < b->config->name_resolvers.count; i++) {
        const struct name_resolver *r = b->config->name_resolvers.items[i];
        if (r->name.len && span_eq(r->name, w->text))
            return r;
        if (r->name.len)
            *ARENA_PUSH(b->arena, &names) = r->name.ptr;
    }
    *ARENA_PUSH(b->arena, &names) = NULL;
    struct diag *d = diag_add(b->diags, &haproxy_no_resolvers, w->at, DIAG_TEXT(w->text));
    const char *near = diag_nearest(w->text, names.items);
    if (near)
        diag_help(b->diags, d, "did you mean `%s`?", near);
    return NULL;
}

static struct name_group *group_of(struct build *b, const struct named_server *n,
                                   const struct name_resolver *r)
{
    for (uint32_t i = 0; i < b->config->name_groups.count; i++) {
        struct name_group *g = b->config->name_groups.items[i];
        if (g->servers.items[0]->pool == n->server->pool && g->resolver == r && g->port == n->port &&
            g->prefer == n->prefer && g->weights_kept == n->weights_kept &&
            span_eq_nocase(g->name, n->server->host))
            return g;
    }
    struct name_group *g = ARENA_NEW(b->arena, struct name_group);
    *g = (struct name_group){ .resolver = r,
                              .name = n->server->host,
                              .service = span_starts_with(n->server->host, SPAN("_")),
                              .port = n->port,
                              .prefer = n->prefer,
                              .weights_kept = n->weights_kept,
                              .at = n->word.at };
    *ARENA_PUSH(b->arena, &b->config->name_groups) = g;
    return g;
}

void haproxy_compile_names(struct build *b)
{
    for (uint32_t i = 0; i < b->named_servers.count; i++) {
        const struct named_server *n = &b->named_servers.items[i];
        const struct name_resolver *r = find(b, &n->word);
        struct name_group *g = r ? group_of(b, n, r) : NULL;
        if (g)
            *ARENA_PUSH(b->arena, &g->servers) = n->server;
    }
}
