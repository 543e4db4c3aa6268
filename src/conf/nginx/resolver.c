/* SPDX-License-Identifier: Apache-2.0 */
/* resolver: nameservers for names that are met while running. */
#include "conf/nginx/nginx_internal.h"

#include "conf/common/diag_conf.h"
#include "model/name_resolver.h"

enum { DNS_PORT = 53 };

/* valid=, ipv4=, ipv6=, status_zone=; false: it is a nameserver. */
static bool option(struct build *b, const struct word *w, struct name_resolver *r)
{
    struct word value;
    if (word_option(w, "valid", &value))
        (void)value_time(b->diags, WORDS_NGINX, &value, 1000, &r->valid);
    else if (word_option(w, "ipv4", &value))
        (void)value_switch(b->diags, &value, &r->ipv4);
    else if (word_option(w, "ipv6", &value))
        (void)value_switch(b->diags, &value, &r->ipv6);
    else if (word_option(w, "status_zone", &value))
        diag_add(b->diags, &conf_tuning, w->at, DIAG_TEXT(SPAN("status_zone"), SPAN("nginx")));
    else
        return false;
    return true;
}

static struct name_resolver *compile(struct build *b, const struct statement *s)
{
    struct name_resolver *r = ARENA_NEW(b->arena, struct name_resolver);
    r->ipv4 = r->ipv6 = true;
    r->at = s->at;
    for (uint32_t i = 1; i < s->words.count; i++) {
        const struct word *w = word_at(s, i);
        struct addresses found = { 0 };
        if (option(b, w, r))
            continue;
        if (!nginx_addresses(b, w, w->text, DNS_PORT, ADDRESS_OF_OTHER, &found))
            continue;
        for (uint32_t k = 0; k < found.count; k++)
            *ARENA_PUSH(b->arena, &r->servers) = found.items[k];
    }
    if (r->servers.count == 0 || (!r->ipv4 && !r->ipv6))
        diag_add(b->diags, &nginx_no_nameserver, s->at, DIAG_NO_TEXT);
    return r;
}

const struct name_resolver *nginx_resolver(struct build *b, const struct level *l)
{
    const struct kept *k = KEPT(l, resolver);
    if (k == NULL)
        return NULL;
    uint64_t timeout = SETTING(l, resolver_timeout, 30000);
    for (uint32_t i = 0; i < b->config->name_resolvers.count; i++) {
        struct name_resolver *r = b->config->name_resolvers.items[i];
        if (r->at.offset == k->items[0].at.offset && r->at.source == k->items[0].at.source &&
            r->timeout.ms == timeout)
            return r;
    }
    struct name_resolver *r = compile(b, &k->items[0]);
    r->timeout = DURATION_MS((uint32_t)timeout);
    r->index = b->config->name_resolvers.count;
    *ARENA_PUSH(b->arena, &b->config->name_resolvers) = r;
    return r;
}

void nginx_check_resolver(struct build *b, const struct level *l)
{
    if (l->resolver.count)
        (void)nginx_resolver(b, l);
}

#define AT(member) .offset = offsetof(struct level, member)
/* clang-format off */
const struct keyword nginx_resolver_words[] = {
    { "resolver", IN_HSL | IN_TCP, 1, ARGS_ANY, .once = true, .handle = nginx_keep, AT(resolver), .manual = "nameservers for names that are met while running: in proxy_pass with variables, and of servers with resolve; valid=, ipv4=, ipv6=" },
    { "resolver_timeout", IN_HSL | IN_TCP, 1, 1, .once = true, .handle = nginx_set_time, AT(resolver_timeout), .manual = "how long a name may take" },
    { NULL },
};
/* clang-format on */
