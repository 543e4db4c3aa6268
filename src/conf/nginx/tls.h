/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of TLS share with each other, and offer to http and stream. */
#pragma once

#include "conf/nginx/nginx_internal.h"
#include "model/tls.h"

/* ---- tls.c ---- */
/* What a listening does with TLS; NULL: nothing. <hosts> NULL: of stream. */
const struct tls_listener *nginx_tls_listener(struct build *b, const struct listening *l,
                                              struct level *fallback, const struct host_table *hosts);
/* <l> is served by the socket of its wildcard, with <tls> of its own. */
void nginx_tls_share(struct build *b, const struct listening *l, const struct tls_listener *tls);
/* Requests that came without TLS, or without a good certificate: first in the server's list. */
void nginx_compile_tls(struct build *b, struct level *server);
void nginx_say_http2(struct build *b, struct where at, struct span word);

/* False and a diagnostic when it cannot be read; <what> in nginx's words. */
bool nginx_tls_file(struct build *b, const struct word *w, const char *what, struct tls_file *out);
/* The file of the kept statement that counts for <l>, if there is one. */
void nginx_tls_take_file(struct build *b, const struct level *l, size_t offset, const char *what,
                         struct tls_file *out);
/* Three kept statements, by their offsets. */
void nginx_tls_terms(struct build *b, const struct level *l, size_t versions, size_t ciphers, size_t commands,
                     struct tls_terms *t);
struct span nginx_tls_alpn(struct build *b, const struct kept *k);
/* A condition, term by term. */
struct cond *nginx_tls_cond(struct build *b, struct where at);
void nginx_tls_cond_add(struct build *b, struct cond *c, struct acl *acl, bool negate);
struct acl *nginx_tls_is(struct build *b, enum fetch f);

/* ---- tls_proxy.c ---- */
/* <name>: what proxy_ssl_name is when nobody says. */
const struct tls_client *nginx_tls_client(struct build *b, struct side *side, const struct level *l,
                                          const struct expr *name, struct where at);
/* ssl_preread: the wait for a TLS client's first message. */
void nginx_compile_preread(struct build *b, const struct level *l);
