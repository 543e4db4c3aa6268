/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS by OpenSSL 3 behind struct conn. A context is built once from bytes in
 * memory (this process opens no file by name), then only read: any number of
 * threads and snapshots share it by count. A session is one connection's, made
 * in its thread and given to conn_start_tls; it never sees the socket by
 * itself. Defaults are safe: TLS 1.2 and 1.3, no compression, no renegotiation,
 * one ticket.
 *
 * What must survive a reload (ticket keys, the session cache) is an object of
 * its own that the caller gives to each new context.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/span.h"

struct conn;
struct loop;
struct tls_context;
struct tls_session;
struct tls_tickets;
struct tls_cache;

/* --- what can go wrong --- */
enum tls_error {
    TLS_NONE,
    /* building a context */
    TLS_BAD_CERTIFICATE, /* PEM that is none, or no certificate in it */
    TLS_BAD_KEY,         /* PEM that is none, encrypted with another passphrase, or of an unusable kind */
    TLS_KEY_MISMATCH,    /* key and certificate are not of one pair */
    TLS_BAD_CA,
    TLS_BAD_CRL,
    TLS_BAD_CIPHERS,
    TLS_BAD_GROUPS, /* curves */
    TLS_BAD_DH,
    TLS_BAD_ALPN,
    TLS_BAD_VERSION, /* minimum over maximum, or a version that the library lacks */
    TLS_WEAK,        /* the library's security level refuses a key or digest */
    /* handshakes and streams */
    TLS_PROTOCOL,     /* the peer does not speak TLS, or breaks it */
    TLS_HTTP_REQUEST, /* a plain HTTP request came to a TLS port */
    TLS_NO_SHARED,    /* no common version, cipher or group */
    TLS_UNKNOWN_NAME, /* strict SNI: nothing fits the name */
    TLS_NO_CLIENT_CERTIFICATE,
    TLS_UNTRUSTED, /* the chain does not end at a CA that we trust; <verify> says why */
    TLS_EXPIRED,
    TLS_REVOKED,
    TLS_WRONG_HOST, /* the certificate is for another name */
    TLS_ALERT,      /* the peer refused: <alert> */
    TLS_CLOSED,     /* the connection ended inside the handshake */
    TLS_MEMORY,
    TLS_ERRORS
};
struct tls_failure {
    enum tls_error code;
    int verify;     /* X509_V_ERR_*, 0 = none */
    int alert;      /* TLS alert number that the peer sent, 0 = none */
    uint32_t item;  /* building: which certificate, key or CA of the list, from 0 */
    char text[120]; /* the library's own words, short, for the log; NUL-terminated */
};
const char *tls_error_name(enum tls_error e); /* a short English phrase */

/* Before anything else of OpenSSL is called, in each process: makes it read no configuration file. */
void tls_library_init(void);

/* SHA-256 over <parts> with their lengths: equal for equal lists only. To tell settings apart. */
void tls_digest(const struct span *parts, size_t count, uint8_t out[32]);

/* --- things that outlive configurations --- */
#define TLS_TICKET_KEYS 3
struct tls_ticket_key {
    uint8_t name[16], hmac[32], aes[32];
    uint8_t size; /* of aes and hmac: 16 (AES-128) or 32 (AES-256) */
};
/* Keys for session tickets: the first encrypts, all decrypt. Any thread; counted. Never NULL (dies). */
struct tls_tickets *tls_tickets_new(void); /* with one random key */
struct tls_tickets *tls_tickets_get(struct tls_tickets *t);
void tls_tickets_put(struct tls_tickets **t);
/* Replaces all keys. <count> 1 to TLS_TICKET_KEYS. */
void tls_tickets_set(struct tls_tickets *t, const struct tls_ticket_key *keys, unsigned count);
/* A new random first key; the others move back by one. */
void tls_tickets_rotate(struct tls_tickets *t);
/* From a key file's bytes, 80 (AES-256) or 48 (AES-128): name, hmac, aes. false when it is neither. */
bool tls_ticket_key_parse(struct span bytes, struct tls_ticket_key *out);

/* Sessions of TLS 1.2 clients without tickets. Any thread; counted. <entries> at most, oldest go first. */
struct tls_cache *tls_cache_new(uint32_t entries);
struct tls_cache *tls_cache_get(struct tls_cache *c);
void tls_cache_put(struct tls_cache **c);

/* --- contexts --- */
enum tls_version { TLS_VERSION_DEFAULT, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 };
enum tls_verify {
    TLS_VERIFY_NONE,
    TLS_VERIFY_OPTIONAL, /* server: ask for a certificate; one that is sent must be good */
    TLS_VERIFY_REQUIRED, /* server: without a good one the handshake fails. Client: verify the server */
};

struct tls_pair {
    struct span certificate; /* PEM: leaf, then its chain; may hold the key too */
    struct span key;         /* PEM; empty = in <certificate> */
    struct span passphrase;  /* several lines are tried one by one; empty = none */
    struct span ocsp;        /* DER response to staple; empty = none */
};

/* Everything borrowed is only read during tls_context_new. Zeroed = safe defaults. */
struct tls_settings {
    bool client;                  /* for connections that we make; else for those that we take */
    const struct tls_pair *pairs; /* RSA and ECDSA may stand side by side; none is fine for a client */
    uint32_t pair_count;
    struct span trusted;         /* PEM: CAs to verify by */
    struct span client_ca_names; /* PEM: CAs named to the client; empty = those of <trusted> */
    bool no_client_ca_names;     /* none */
    struct span revoked;         /* PEM: CRLs; with any, the leaf is checked (whole chain: <crl_all>) */
    bool crl_all;
    enum tls_verify verify;
    /* The handshake never fails for a certificate, missing or bad: tls_verify_result tells, and the answer is
     * up to the owner (as nginx answers 400). */
    bool verify_lenient;
    uint32_t verify_depth; /* 0 = the library's */
    enum tls_version min, max;
    const char *ciphers;      /* TLS 1.2 list in OpenSSL's words; NULL = default */
    const char *ciphersuites; /* TLS 1.3 */
    const char *groups;       /* "X25519:P-256"; NULL = default */
    const char *signatures;   /* signature algorithms; NULL = default */
    struct span dh;           /* PEM parameters; empty = the library's automatic choice */
    struct span alpn;         /* names in wire form ("\x02h2\x08http/1.1"), in our order; empty = none */
    bool alpn_strict;         /* server: nothing common refuses the handshake; else it goes on without */
    bool prefer_client_ciphers;
    bool no_tickets;
    struct tls_tickets *tickets; /* NULL: this context's own random key */
    struct tls_cache *cache;     /* NULL: none */
    uint32_t session_seconds;    /* lifetime of tickets and cached sessions; 0 = 300 */
    struct span
        session_scope; /* sessions resume only between contexts with equal scope (<= 32 bytes are used) */
};

/* Counted, starts with one. NULL: <why> says what and which item. Any thread; may take milliseconds. */
MUST_USE struct tls_context *tls_context_new(const struct tls_settings *s, struct tls_failure *why);
struct tls_context *tls_context_get(struct tls_context *c);
void tls_context_put(struct tls_context **c);

/* About a context's certificate <pair>, for status pages, warnings and choosing by name. */
struct tls_certificate_info {
    int64_t not_before, not_after; /* seconds since 1970 */
    uint8_t sha256[32];
};
bool tls_context_certificate(const struct tls_context *c, uint32_t pair, struct tls_certificate_info *out);
/* Calls <fn> for each DNS name (subjectAltName, else the common name) of the certificate. */
void tls_context_names(const struct tls_context *c, uint32_t pair, void (*fn)(void *to, struct span name),
                       void *to);

/* --- choosing by server name --- */
/*
 * Called once in each handshake of a listener, in the connection's thread.
 * <name> is lower case without a dot at the end; empty when the client sent
 * none. NULL refuses the handshake (unrecognized_name). The context must live
 * until the session's end (it is counted by the session).
 */
typedef struct tls_context *(*tls_pick_fn)(void *picker, struct span name);

/* A ready-made picker: exact names, "*.example.com" (one label), a default. Built by one thread, then only
 * read. */
struct tls_names;
struct tls_names *tls_names_new(struct tls_context *fallback,
                                bool strict); /* counts; strict: no fallback for unknown names */
void tls_names_free(struct tls_names **n);
/* false: <name> is there already (the first stays). Counts <c>. */
bool tls_names_add(struct tls_names *n, struct span name, struct tls_context *c);
struct tls_context *tls_names_pick(void *names, struct span name); /* a tls_pick_fn */

/* --- sessions --- */
/* For an accepted connection. <pick> NULL: <c> alone. NULL: out of memory, refuse that one connection. */
MUST_USE struct tls_session *tls_session_server(struct loop *l, struct tls_context *c, tls_pick_fn pick,
                                                void *picker);

/* A server's last session with us, so that the next connection resumes. One thread; zeroed = none. */
struct tls_resume {
    void *session;
};
void tls_resume_fini(struct tls_resume *r);

struct tls_peer {            /* whom we connect to; borrowed during the call but for <resume> */
    struct span server_name; /* SNI; empty = none. Must be no literal address */
    struct span
        verify_name;  /* the certificate must be for it (a name or a literal address); empty = any name */
    struct span alpn; /* wire form; empty = the context's */
    struct tls_resume *resume; /* NULL = do not resume; must outlive the session */
};
MUST_USE struct tls_session *tls_session_client(struct loop *l, struct tls_context *c,
                                                const struct tls_peer *peer);
/* Only for one that was not given to a connection; NULL-safe. */
void tls_session_free(struct tls_session **s);

/* --- about a session, once its connection is open or failed --- */
const struct tls_failure *tls_failure(const struct tls_session *s); /* code TLS_NONE when nothing is wrong */
/* Spans live as long as the session. */
struct span tls_alpn(const struct tls_session *s); /* "h2"; empty when none was agreed on */
struct span
tls_server_name(const struct tls_session *s);          /* what the client asked for, lower case; or empty */
struct span tls_protocol(const struct tls_session *s); /* "TLSv1.3" */
struct span tls_cipher(const struct tls_session *s);   /* "TLS_AES_128_GCM_SHA256" */
unsigned tls_cipher_bits(const struct tls_session *s);
struct span tls_group(const struct tls_session *s); /* "X25519" */
bool tls_is_resumed(const struct tls_session *s);
struct tls_context *
tls_session_context(const struct tls_session *s); /* the one that was picked; not counted */
/* Session id, as the logs of both languages print it; at most 32 bytes. */
struct span tls_session_id(const struct tls_session *s);
/* 0 (X509_V_OK) when the peer's certificate is good, or none was asked for. */
int tls_verify_result(const struct tls_session *s);
const char *tls_verify_text(int result); /* "certificate has expired" */
bool tls_has_peer_certificate(const struct tls_session *s);
enum tls_certificate_part {
    TLS_PART_PEM,
    TLS_PART_DER,
    TLS_PART_SUBJECT, /* RFC 2253 */
    TLS_PART_ISSUER,
    TLS_PART_SUBJECT_LEGACY, /* /C=../CN=.. */
    TLS_PART_ISSUER_LEGACY,
    TLS_PART_SUBJECT_CN,
    TLS_PART_SERIAL,      /* hexadecimal */
    TLS_PART_FINGERPRINT, /* SHA-1, lower case hexadecimal */
    TLS_PART_NOT_BEFORE,  /* "Nov 22 12:00:31 2026 GMT" */
    TLS_PART_NOT_AFTER,
    TLS_PART_DAYS_LEFT,
    TLS_PART_NOT_BEFORE_SHORT, /* "261122120031Z" */
    TLS_PART_NOT_AFTER_SHORT,
    TLS_PART_VERSION,             /* "3" */
    TLS_PART_SIGNATURE_ALGORITHM, /* "RSA-SHA256" */
    TLS_PART_KEY_ALGORITHM,       /* "rsaEncryption" */
};
/* Appends; nothing when there is no peer certificate. */
/* The same of the certificate that we showed. */
void tls_put_own_certificate(const struct tls_session *s, enum tls_certificate_part part, struct buf *out);
void tls_put_peer_certificate(const struct tls_session *s, enum tls_certificate_part part, struct buf *out);
