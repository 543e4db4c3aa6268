/* SPDX-License-Identifier: Apache-2.0 */
/* What server lines, their parameters and checks share. */
#pragma once

#include "conf/haproxy/haproxy_internal.h"

/* What a line says, and default-server lines before it. */
struct server_options {
    struct server like; /* all but name, address and place */
    struct check check;
    struct tls_options tls;
    struct agent agent;
    bool checked, agent_checked;
    struct word track;     /* "web/s1" */
    struct word resolvers; /* the section's name */
    uint8_t prefer;        /* family of addresses: 4, 6 */
    bool weights_kept;     /* of SRV */
    struct span init_addr; /* "last,libc,none" */
    struct word source;    /* "10.0.0.1" */
    struct word usesrc;    /* "clientip", "client", "hdr_ip(x-forwarded-for,-1)", "10.0.0.2" */
    struct word interface; /* "eth0" */
};

/* What the section's lines say about checking; its timeouts and counts are each server's. */
const struct check *haproxy_compile_check(struct build *b, struct draft *d);
/* The address that connections to the server come from. */
void haproxy_source(struct build *b, struct draft *d, const struct server_options *o, struct server *server);

/* ---- amend.c: what an operator changed ---- */
uint64_t haproxy_line_print(const struct statement *s);
/* The line of server <name> as it is now; its address is word <address>. NULL: it was taken away. */
const struct statement *haproxy_amended(struct build *b, const struct draft *d, const struct statement *s,
                                        struct span name, uint32_t address);
/* A line that was added for <d>, from the <next>-th amendment on; NULL: no more. */
struct amendment;
const struct statement *haproxy_added(struct build *b, const struct draft *d, uint32_t *next,
                                      const struct amendment **which);
/* ---- server_greeting.c ---- */
keyword_fn haproxy_on_proxy_options, haproxy_on_proxy_ssl, haproxy_on_no_proxy_ssl;
