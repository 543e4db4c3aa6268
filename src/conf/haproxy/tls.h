/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS in haproxy.cfg: what bind lines, server lines, lines of a crt-list and
 * their defaults in global say. One kind of options for all: tls.c reads the
 * words, tls_files.c the files, tls_compile.c makes the model.
 */
#pragma once

#include "conf/haproxy/haproxy_internal.h"
#include "conf/haproxy/server.h"
#include "model/tls.h"

/* ---- tls_files.c ---- */
/* The place of <w> in messages; <path> may be relative to a base. */
bool haproxy_tls_file(struct build *b, const struct word *w, struct span path, struct tls_file *out);
/* A file, a set of files (NAME.rsa, NAME.ecdsa) or, for binds, a folder: each becomes an identity or several.
 */
struct identities {
    struct identity_group {
        LIST_OF(struct tls_identity) items; /* one name, several kinds */
    } * items;
    uint32_t count, room;
};
void haproxy_tls_certificates(struct build *b, const struct word *w, bool folders, struct identities *out);
/* CAs or revocation lists: a file, a folder, @system-ca. */
void haproxy_tls_authorities(struct build *b, const struct word *w, struct tls_file *out);
/* The last three keys; the second of them encrypts. */
void haproxy_tls_ticket_keys(struct build *b, const struct word *w, struct tls_server *s);
/* Each line: a certificate, options, names. <base>: what the bind line says. */
struct crt_line {
    struct identity_group identities;
    struct tls_options options;
    LIST_OF(struct span) names;
    struct where at;
};
struct crt_lines {
    struct crt_line *items;
    uint32_t count, room;
};
void haproxy_tls_list(struct build *b, const struct word *w, const struct tls_options *base,
                      struct crt_lines *out);

/* ---- tls_compile.c ---- */
/* NULL: the bind line has none, or an error was said. */
const struct tls_listener *haproxy_tls_listener(struct build *b, const struct draft *d,
                                                const struct word *address, const struct tls_options *o);
const struct tls_client *haproxy_tls_client(struct build *b, const struct draft *d,
                                            const struct server *server, const struct tls_options *o);
/* For checks of a server: <template> is a step's own (NULL: the server's words). */
const struct tls_client *haproxy_tls_check(struct build *b, const struct draft *d,
                                           const struct server *server, const struct tls_options *o,
                                           const struct tls_client *template);
/* "h2,http/1.1" without what is not spoken. */
struct span haproxy_tls_alpn(struct build *b, const struct word *w);
