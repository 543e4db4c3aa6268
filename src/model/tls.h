/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS as the operator wants it, on both sides: which certificates are shown to
 * whom, whom we believe, what is spoken. Bytes of files are here, as they were
 * read; what a library makes of them is not (daemon/prepare.h, io/tls.h). All
 * lists of the library's names (ciphers, groups) are in the library's words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/diag.h"
#include "base/span.h"
#include "model/list_of.h"

struct config;
struct expr;
struct tls_listener_at;
struct host_table;

/* A file that a word named. <bytes> live as long as what the files were read from: the bundle. */
struct tls_file {
    struct span path; /* empty: there is none */
    struct span bytes;
    struct where at; /* the word */
};

/* A certificate with its chain, and its key. */
struct tls_identity {
    struct tls_file certificate; /* PEM */
    struct tls_file key;         /* PEM; no path: it is in <certificate> */
    struct tls_file ocsp;        /* DER: the answer to staple; no path: none */
};

/* What both sides say about the conversation itself. Zeroed: the safe defaults, TLS 1.2 and 1.3. */
struct tls_terms {
    uint16_t min, max;        /* as on the wire, 0x0301 (TLS 1.0) to 0x0304 (TLS 1.3); 0: the default */
    struct span ciphers;      /* up to TLS 1.2 */
    struct span ciphersuites; /* TLS 1.3 */
    struct span groups;       /* "X25519:P-256" */
    struct span signatures;
    struct span alpn; /* in wire form, in our order; empty: none */
    struct where versions_at, ciphers_at, ciphersuites_at, groups_at, signatures_at;
};

enum tls_demand { TLS_DEMAND_NONE, TLS_DEMAND_OPTIONAL, TLS_DEMAND_REQUIRED };

/* What TLS_CLIENT_PART tells of a client's certificate, as text; its <number>. */
enum tls_part {
    TLS_SHOWN_PEM,
    TLS_SHOWN_PEM_TABS,       /* a tab before every line but the first, and no newline at the end */
    TLS_SHOWN_PEM_ESCAPED,    /* as in URLs */
    TLS_SHOWN_SUBJECT,        /* RFC 2253 */
    TLS_SHOWN_SUBJECT_LEGACY, /* /C=../CN=.. */
    TLS_SHOWN_SUBJECT_NAME,   /* its common name */
    TLS_SHOWN_ISSUER,
    TLS_SHOWN_ISSUER_LEGACY,
    TLS_SHOWN_SERIAL, /* hexadecimal */
    TLS_SHOWN_FINGERPRINT,
    TLS_SHOWN_NOT_BEFORE,
    TLS_SHOWN_NOT_AFTER,
    TLS_SHOWN_DAYS_LEFT,
    TLS_SHOWN_NOT_BEFORE_SHORT, /* 261122120031Z */
    TLS_SHOWN_NOT_AFTER_SHORT,
    TLS_SHOWN_VERSION,
    TLS_SHOWN_SIGNATURE_ALGORITHM,
    TLS_SHOWN_KEY_ALGORITHM,
    TLS_SHOWN_OWN = 64, /* added to it: of the certificate that we showed */
};

/* Sessions that are kept for clients without tickets; caches of one name are one, over reloads too. */
struct tls_cache_rule {
    struct span name; /* empty: none are kept */
    uint32_t entries;
};

/* How clients are met: under one name or several, with one set of certificates. */
struct tls_server {
    uint32_t index;
    LIST_OF(struct tls_identity) identities; /* of several kinds (RSA, ECDSA) the client's choice is shown */
    struct tls_terms terms;
    bool prefer_client_ciphers;
    bool alpn_strict; /* who offers other protocols only is refused; else it goes on without */
    bool reject;      /* every handshake is refused */
    struct tls_file dh;
    enum tls_demand demand; /* a certificate of the client */
    /* The handshake goes on without one, or with a bad one; conditions see it (TLS_CLIENT_ERROR). */
    bool lenient;
    struct tls_file trusted; /* who signs clients' certificates */
    struct tls_file named;   /* which of them are named to clients; no path: those of <trusted> */
    bool name_nobody;        /* to clients */
    struct tls_file revoked; /* CRLs */
    bool revoked_all;        /* of the whole chain, not of the leaf alone */
    uint32_t depth;          /* 0 = the library's */
    bool no_tickets;
    LIST_OF(struct tls_file) ticket_keys; /* the first encrypts; none: random ones, of the process */
    struct tls_cache_rule cache;
    uint32_t session_seconds;   /* 0 = 300 */
    LIST_OF(struct span) names; /* of clients that are met so; none: those of the certificates */
    struct where at;
};

/* What a listener does with TLS: who is met how. */
struct tls_listener {
    struct tls_server *fallback;    /* clients without a name, or with one that nobody has; never NULL */
    bool strict;                    /* a name that nobody has is refused */
    const struct host_table *hosts; /* by name: scope->tls, NULL there is <fallback>; NULL: <servers> */
    LIST_OF(struct tls_server *) servers; /* by their names, in order; the first of a name has it */
    LIST_OF(struct tls_listener_at) at;   /* one socket of several addresses: those that have their own way */
    bool plain_too; /* who does not speak TLS is served plain, and conditions see it (TLS_MISSING) */
};

struct tls_listener_at {
    struct address address; /* the port does not count */
    const struct tls_listener *tls;
};

/* How we connect to servers. */
struct tls_client {
    uint32_t index;
    struct tls_terms terms;
    bool verify;
    struct tls_file trusted, revoked;
    bool revoked_all;
    uint32_t depth;
    const struct expr *name; /* which we ask for (SNI); NULL, or an empty value: none */
    const struct expr
        *verify_name;             /* the certificate must be for it; NULL: for any, or for what <name> says */
    bool verify_by_name;          /* <verify_name> NULL: the certificate must be for <name> */
    struct tls_identity identity; /* our own certificate; no path: none */
    bool no_resume;
    struct where at;
};

/* Numbered and appended; <tls_client> and <tls_server> are otherwise zero. */
struct tls_server *config_add_tls_server(struct config *c);
struct tls_client *config_add_tls_client(struct config *c);
/* "TLS 1.2"; "default" for 0. */
const char *tls_version_name(uint16_t version);
/* The wire form of "h2,http/1.1" with <separator>; ptr NULL when a name is empty or too long. */
struct span tls_alpn_wire(struct arena *a, struct span list, char separator);
