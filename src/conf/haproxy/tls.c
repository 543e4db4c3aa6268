/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of TLS: parameters of bind and server lines (and of crt-list), and
 * their defaults in global. They only fill struct tls_options; tls_compile.c
 * makes the model of it.
 */
#include "conf/haproxy/tls.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

enum { TLS_12 = 0x0303 };

static void *member(struct build *b, const struct keyword *k)
{
    return (char *)b->tls + k->offset;
}

static void on_flag(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    *(bool *)member(b, k) = (bool)k->low;
}

static void on_word(struct build *b, const struct keyword *k, const struct statement *s)
{
    *(struct word *)member(b, k) = *word_at(s, 1);
}

static void on_no_word(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    *(struct word *)member(b, k) = (struct word){ .text = SPAN("") };
}

static void on_words(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct words_list {
        struct word *items;
        uint32_t count, room;
    } *list = member(b, k);
    *ARENA_PUSH(b->arena, list) = *word_at(s, 1);
}

/* A server has one certificate of its own. */
static void on_certificate(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->tls->certificates.count = 0;
    *ARENA_PUSH(b->arena, &b->tls->certificates) = *word_at(s, 1);
}

static void on_ssl(struct build *b, const struct keyword *k, const struct statement *s)
{
    b->tls->ssl = (bool)k->low;
    b->tls->ssl_at = word_at(s, 0)->at;
}

static void on_verify(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const of_bind[] = { "none", "optional", "required", NULL };
    static const char *const of_server[] = { "none", "required", NULL };
    unsigned n;
    if (!value_choice(b->diags, word_at(s, 1), k->in & IN_BIND ? of_bind : of_server, &n))
        return;
    b->tls->verify = n == 0 ? VERIFY_NONE : n == 1 && k->in & IN_BIND ? VERIFY_OPTIONAL : VERIFY_REQUIRED;
    b->tls->verify_at = word_at(s, 1)->at;
}

/* "TLSv1.2": as on the wire; SSLv3 is 0. */
static bool version_of(struct build *b, const struct word *w, uint16_t *out)
{
    static const char *const words[] = { "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL };
    unsigned n;
    if (!value_choice(b->diags, w, words, &n))
        return false;
    if (n == 0)
        diag_add(b->diags, &haproxy_old_version, w->at, DIAG_TEXT(w->text));
    *out = n == 0 ? 0x0301 : (uint16_t)(0x0300 + n);
    return true;
}

static void on_version(struct build *b, const struct keyword *k, const struct statement *s)
{
    b->tls->versions_at = s->at;
    (void)version_of(b, word_at(s, 1), member(b, k));
}

/* "no-tlsv10", "force-tlsv12": .high is the version, 0 that of SSL 3. */
static void on_without(struct build *b, const struct keyword *k, const struct statement *s)
{
    b->tls->versions_at = s->at;
    if (k->high)
        b->tls->without |= 1u << (k->high & 0xf);
}

static void on_force(struct build *b, const struct keyword *k, const struct statement *s)
{
    b->tls->versions_at = s->at;
    if (k->high)
        b->tls->min = b->tls->max = (uint16_t)k->high;
    else
        diag_add(b->diags, &conf_refused, s->at,
                 DIAG_TEXT(text_at(s, 0), SPAN("this TLS library has no SSL 3 any more")));
}

static void on_ignore(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (text_is(s, 1, "all"))
        b->tls->ignore_errors = true;
    else
        diag_add(b->diags, &conf_refused, word_at(s, 1)->at,
                 DIAG_TEXT(text_at(s, 1), SPAN("errors are ignored all or none: write `all`")));
}

static void on_early(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    diag_add(b->diags, &haproxy_tls_note, s->at,
             DIAG_TEXT(text_at(s, 0), SPAN("early data is not taken, and clients send it again")));
}

#define BOTH           (IN_BIND | IN_SERVER)
#define IN(member)     .offset = offsetof(struct tls_options, member)
#define FLAG(member)   .handle = on_flag, IN(member), .low = 1
#define UNFLAG(member) .handle = on_flag, IN(member), .low = 0
#define TUNING(name, in, args, what)                                                                         \
    {                                                                                                        \
        name, in, args, args, KEYWORD_TUNING, .manual = what                                                 \
    }
#define REFUSED(name, in, args, why)                                                                         \
    {                                                                                                        \
        name, in, args, args, KEYWORD_REFUSED, .today = why, .manual = why                                   \
    }
#define WITHOUT(name, version)                                                                               \
    {                                                                                                        \
        name, BOTH, 0, 0, .handle = on_without, .high = version, .manual = "not this version of TLS"         \
    }
#define FORCE(name, version)                                                                                 \
    {                                                                                                        \
        name, BOTH, 0, 0, .handle = on_force, .high = version, .manual = "this version of TLS only"          \
    }
#define STATELESS "one that TLS 1.2 and later do without"

/* clang-format off */
const struct keyword haproxy_tls_words[] = {
    { "ssl", BOTH, 0, 0, .handle = on_ssl, .low = 1, .manual = "TLS on these connections" },
    { "no-ssl", IN_SERVER, 0, 0, .handle = on_ssl, .low = 0, .manual = "undoes `ssl`" },
    { "crt", IN_BIND, 1, 1, .handle = on_words, IN(certificates), .manual = "PEM file with certificate, chain and key; a folder of them; several are chosen from by the client's name" },
    { "default-crt", IN_BIND, 1, 1, .handle = on_words, IN(certificates), .manual = "the same" },
    { "crt-list", IN_BIND, 1, 1, .handle = on_words, IN(lists), .manual = "file of lines: CERTIFICATE [OPTIONS] NAMES" },
    { "crt", IN_SERVER, 1, 1, .handle = on_certificate, .manual = "PEM file with our own certificate and key" },
    { "ca-file", BOTH, 1, 1, .handle = on_word, IN(ca_file), .manual = "PEM: whose certificates are believed; a folder; @system-ca" },
    { "ca-verify-file", IN_BIND, 1, 1, .handle = on_word, IN(ca_verify_file), .manual = "more of these, which are not named to clients" },
    { "crl-file", BOTH, 1, 1, .handle = on_word, IN(crl_file), .manual = "PEM: revoked certificates" },
    { "verify", IN_BIND, 1, 1, .handle = on_verify, .manual = "none, optional, required: a client's certificate" },
    { "verify", IN_SERVER, 1, 1, .handle = on_verify, .manual = "none, required: the server's certificate" },
    { "ca-ignore-err", IN_BIND, 1, 1, .handle = on_ignore, .manual = "all: a bad certificate is no reason to refuse" },
    { "crt-ignore-err", IN_BIND, 1, 1, .handle = on_ignore, .manual = "all: the same" },
    { "no-ca-names", IN_BIND, 0, 0, FLAG(no_ca_names), .manual = "clients are not told whose certificates are believed" },
    { "ssl-min-ver", BOTH, 1, 1, .handle = on_version, IN(min), .manual = "TLSv1.0 to TLSv1.3; TLSv1.2 otherwise" },
    { "ssl-max-ver", BOTH, 1, 1, .handle = on_version, IN(max), .manual = "the newest" },
    WITHOUT("no-sslv3", 0),
    WITHOUT("no-tlsv10", 0x0301),
    WITHOUT("no-tlsv11", 0x0302),
    WITHOUT("no-tlsv12", 0x0303),
    WITHOUT("no-tlsv13", 0x0304),
    FORCE("force-sslv3", 0),
    FORCE("force-tlsv10", 0x0301),
    FORCE("force-tlsv11", 0x0302),
    FORCE("force-tlsv12", 0x0303),
    FORCE("force-tlsv13", 0x0304),
    { "ciphers", BOTH, 1, 1, .handle = on_word, IN(ciphers), .manual = "up to TLS 1.2, in OpenSSL's words" },
    { "ciphersuites", BOTH, 1, 1, .handle = on_word, IN(ciphersuites), .manual = "of TLS 1.3" },
    { "curves", BOTH, 1, 1, .handle = on_word, IN(curves), .manual = "groups, joined by colons" },
    { "ecdhe", IN_BIND, 1, 1, .handle = on_word, IN(curves), .manual = "the same" },
    { "sigalgs", BOTH, 1, 1, .handle = on_word, IN(signatures), .manual = "signature algorithms, joined by colons" },
    { "alpn", BOTH, 1, 1, .handle = on_word, IN(alpn), .manual = "protocols, joined by commas; h2 is left out with a warning" },
    { "no-alpn", IN_BIND, 0, 0, FLAG(no_alpn), .manual = "none" },
    { "strict-sni", IN_BIND, 0, 0, FLAG(strict), .manual = "clients must ask for a name that a certificate has" },
    { "no-strict-sni", IN_BIND, 0, 0, UNFLAG(strict), .manual = "undoes it" },
    { "prefer-client-ciphers", IN_BIND, 0, 0, FLAG(prefer_client_ciphers), .manual = "the client's order of ciphers counts" },
    { "no-tls-tickets", IN_BIND, 0, 0, FLAG(no_tickets), .manual = "clients resume by the session cache only" },
    { "tls-tickets", IN_BIND, 0, 0, UNFLAG(no_tickets), .manual = "undoes it" },
    { "tls-ticket-keys", IN_BIND, 1, 1, .handle = on_word, IN(ticket_keys), .manual = "file of keys, one a line in base64; of the last three the second encrypts" },
    { "allow-0rtt", BOTH, 0, 0, .handle = on_early, .manual = "accepted with a note: early data is not taken" },

    { "sni", IN_SERVER, 1, 1, .handle = on_word, IN(sni), .manual = "the name that the server is asked for, as a sample" },
    { "sni-auto", IN_SERVER, 0, 0, FLAG(sni_auto), .manual = "that name is the request's host" },
    { "no-sni-auto", IN_SERVER, 0, 0, UNFLAG(sni_auto), .manual = "undoes it" },
    { "verifyhost", IN_SERVER, 1, 1, .handle = on_word, IN(verifyhost), .manual = "the certificate must be for this name; else for that of `sni`" },
    { "no-verifyhost", IN_SERVER, 0, 0, .handle = on_no_word, IN(verifyhost), .manual = "undoes it" },
    { "no-ssl-reuse", IN_SERVER, 0, 0, FLAG(no_resume), .manual = "each connection negotiates anew" },
    { "ssl-reuse", IN_SERVER, 0, 0, UNFLAG(no_resume), .manual = "undoes it" },
    { "check-ssl", IN_SERVER, 0, 0, FLAG(check), .manual = "checks speak TLS, though they go elsewhere" },
    { "no-check-ssl", IN_SERVER, 0, 0, FLAG(no_check), .manual = "checks do not" },
    { "check-sni", IN_SERVER, 1, 1, .handle = on_word, IN(check_sni), .manual = "the name that checks ask for" },
    { "check-alpn", IN_SERVER, 1, 1, .handle = on_word, IN(check_alpn), .manual = "protocols that checks offer" },

    TUNING("ktls", BOTH, 1, "records are encrypted by this program"),
    TUNING("label", IN_BIND, 1, "names of listeners for HAProxy's own tools"),
    TUNING("npn", BOTH, 1, "it was replaced by ALPN"),
    TUNING("client-sigalgs", BOTH, 1, "the library's are taken"),
    TUNING("renegotiate", BOTH, 0, "connections are never renegotiated"),
    TUNING("no-renegotiate", BOTH, 0, "connections are never renegotiated"),
    TUNING("no-tls-tickets", IN_SERVER, 0, STATELESS),
    TUNING("tls-tickets", IN_SERVER, 0, STATELESS),
    TUNING("tls-ticket-keys", IN_SERVER, 1, STATELESS),
    TUNING("check-sni-auto", IN_SERVER, 0, "checks ask for `check-sni`"),
    TUNING("no-check-sni-auto", IN_SERVER, 0, "checks ask for `check-sni`"),
    TUNING("ocsp-update", IN_BIND, 1, "no answers of OCSP responders are fetched; NAME.ocsp beside a certificate is stapled"),
    REFUSED("generate-certificates", IN_BIND, 0, "certificates are not made by this program"),
    REFUSED("ca-sign-file", IN_BIND, 1, "certificates are not made by this program"),
    REFUSED("ca-sign-pass", IN_BIND, 1, "certificates are not made by this program"),
    REFUSED("pool-conn-name", IN_SERVER, 1, "connections are kept by the name of `sni`"),
    { NULL },
};
/* clang-format on */

#undef IN
#undef TUNING
#undef REFUSED

/* ---- global ---- */

/* Parameters that make sense without a line: no files, no addresses. */
static bool is_option(struct span word)
{
    static const char *const exact[] = {
        "prefer-client-ciphers", "strict-sni",  "no-strict-sni", "allow-0rtt",
        "tls-tickets",           "ssl-min-ver", "ssl-max-ver"
    };
    for (size_t i = 0; i < COUNT_OF(exact); i++)
        if (span_eq(word, span_from(exact[i])))
            return true;
    return span_starts_with(word, SPAN("no-tls")) || span_starts_with(word, SPAN("no-ssl")) ||
           span_starts_with(word, SPAN("force-")) || span_starts_with(word, SPAN("no-renegotiate"));
}

static void on_default_options(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint32_t context = k->low ? IN_SERVER : IN_BIND;
    for (uint32_t i = 1; i < s->words.count; i++) {
        const struct keyword *row = is_option(text_at(s, i)) ? haproxy_row(context, text_at(s, i)) : NULL;
        if (row == NULL) {
            diag_add(b->diags, &haproxy_tls_default, word_at(s, i)->at,
                     DIAG_TEXT(text_at(s, i), text_at(s, 0)));
            continue;
        }
        uint32_t left = s->words.count - i - 1, args = row->max < left ? row->max : left;
        b->tls = k->low ? &b->global.tls.server : &b->global.tls.bind;
        (void)haproxy_walk_part(b, context, s, i, args + 1);
        b->tls = NULL;
        i += args;
    }
}

static void on_default_word(struct build *b, const struct keyword *k, const struct statement *s)
{
    *(struct word *)(void *)((char *)&b->global.tls + k->offset) = *word_at(s, 1);
}

static void on_base(struct build *b, const struct keyword *k, const struct statement *s)
{
    *(struct span *)(void *)((char *)&b->global.tls + k->offset) = arena_span(b->arena, text_at(s, 1));
}

static void on_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    struct setting *to = (struct setting *)(void *)((char *)&b->global.tls + k->offset);
    if (value_number(b->diags, word_at(s, 1), 0, INT32_MAX, &n))
        *to = (struct setting){ .set = true, .n = (uint64_t)n, .at = s->at };
}

static void on_lifetime(struct build *b, const struct keyword *k, const struct statement *s)
{
    duration t;
    (void)k;
    if (value_time(b->diags, WORDS_HAPROXY, word_at(s, 1), 1000, &t))
        b->global.tls.lifetime = (struct setting){ .set = true, .n = t.ms / 1000, .at = s->at };
}

static void on_server_verify(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "required", "none", NULL };
    unsigned n;
    (void)k;
    if (value_choice(b->diags, word_at(s, 1), words, &n))
        b->global.tls.no_verify = n == 1;
}

static void on_drop_extension(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->global.tls.drop_extension = !b->no;
}

#define IN(member) .offset = offsetof(struct tls_defaults, member)
#define TUNING(name, what)                                                                                   \
    {                                                                                                        \
        name, IN_GLOBAL, 0, ARGS_ANY, KEYWORD_TUNING, CAN_NO, .manual = what                                 \
    }
#define REFUSED(name, why)                                                                                   \
    {                                                                                                        \
        name, IN_GLOBAL, 0, ARGS_ANY, KEYWORD_REFUSED, CAN_NO, .today = why                                  \
    }
#define OCSP   "no answers of OCSP responders are fetched; NAME.ocsp beside a certificate is stapled"
#define MODULE "the TLS library is taken as it is built"

/* clang-format off */
const struct keyword haproxy_tls_global_words[] = {
    { "ca-base", IN_GLOBAL, 1, 1, .handle = on_base, IN(ca_base), .manual = "where relative ca-file and crl-file begin" },
    { "crt-base", IN_GLOBAL, 1, 1, .handle = on_base, IN(crt_base), .manual = "where relative crt and crt-list begin" },
    { "key-base", IN_GLOBAL, 1, 1, .handle = on_base, IN(key_base), .manual = "where relative keys begin" },
    { "ssl-default-bind-options", IN_GLOBAL, 1, ARGS_ANY, .handle = on_default_options, .low = 0, .manual = "ssl-min-ver V, no-tls-tickets ...: for bind lines that do not say it" },
    { "ssl-default-bind-ciphers", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(bind.ciphers), .manual = "for bind lines without `ciphers`" },
    { "ssl-default-bind-ciphersuites", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(bind.ciphersuites), .manual = "for bind lines without `ciphersuites`" },
    { "ssl-default-bind-curves", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(bind.curves), .manual = "for bind lines without `curves`" },
    { "ssl-default-bind-sigalgs", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(bind.signatures), .manual = "for bind lines without `sigalgs`" },
    { "ssl-default-server-options", IN_GLOBAL, 1, ARGS_ANY, .handle = on_default_options, .low = 1, .manual = "ssl-min-ver V ...: for server lines that do not say it" },
    { "ssl-default-server-ciphers", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(server.ciphers), .manual = "for server lines without `ciphers`" },
    { "ssl-default-server-ciphersuites", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(server.ciphersuites), .manual = "for server lines without `ciphersuites`" },
    { "ssl-default-server-curves", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(server.curves), .manual = "for server lines without `curves`" },
    { "ssl-default-server-sigalgs", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(server.signatures), .manual = "for server lines without `sigalgs`" },
    { "ssl-dh-param-file", IN_GLOBAL, 1, 1, .handle = on_default_word, IN(dh), .manual = "PEM: parameters for DHE ciphers" },
    { "ssl-server-verify", IN_GLOBAL, 1, 1, .handle = on_server_verify, .manual = "none, required: where server lines do not say it" },
    { "ssl-load-extra-del-ext", IN_GLOBAL, 0, 0, .handle = on_drop_extension, CAN_NO, .manual = "the key of NAME.crt is NAME.key, not NAME.crt.key" },
    { "tune.ssl.cachesize", IN_GLOBAL, 1, 1, .handle = on_number, IN(cache_size), .manual = "sessions that are kept for clients without tickets; 0: none" },
    { "tune.ssl.lifetime", IN_GLOBAL, 1, 1, .handle = on_lifetime, .manual = "seconds that clients may resume in" },

    TUNING("noktls", "records are encrypted by this program"),
    TUNING("ssl-load-extra-files", "a key, and an answer to staple, are looked for beside a certificate"),
    TUNING("ssl-default-bind-client-sigalgs", "the library's are taken"),
    TUNING("ssl-default-server-client-sigalgs", "the library's are taken"),
    TUNING("ssl-mode-async", MODULE),
    TUNING("ssl-skip-self-issued-ca", "certificates are sent as they stand in their file"),
    TUNING("ocsp-update.disable", OCSP),
    TUNING("ocsp-update.httpproxy", OCSP),
    TUNING("ocsp-update.maxdelay", OCSP),
    TUNING("ocsp-update.mindelay", OCSP),
    TUNING("tune.ssl.ocsp-update.maxdelay", OCSP),
    TUNING("tune.ssl.ocsp-update.mindelay", OCSP),
    TUNING("tune.ssl.default-dh-param", "the library chooses parameters that fit the key"),
    TUNING("tune.ssl.certificate-compression", "certificates are sent as they are"),
    TUNING("tune.ssl.force-private-cache", "threads share one cache"),
    TUNING("tune.ssl.hard-maxrecord", "records are as long as what is written"),
    TUNING("tune.ssl.maxrecord", "records are as long as what is written"),
    TUNING("tune.ssl.ssl-ctx-cache-size", "certificates are not made by this program"),
    TUNING("tune.ssl.capture-buffer-size", "what clients offer is not kept"),
    TUNING("tune.ssl.capture-cipherlist-size", "what clients offer is not kept"),
    TUNING("tune.ssl.keylog", "secrets of sessions are not kept"),
    REFUSED("ocsp-update.mode", OCSP),
    REFUSED("issuers-chain-path", "a certificate's file must hold its chain"),
    REFUSED("maxsslconn", "`maxconn` counts TLS connections too"),
    REFUSED("ssl-engine", MODULE),
    REFUSED("ssl-propquery", MODULE),
    REFUSED("ssl-provider", MODULE),
    REFUSED("ssl-provider-path", MODULE),
    REFUSED("ssl-security-level", "write it into the ciphers: DEFAULT:@SECLEVEL=1"),
    REFUSED("ssl-passphrase-cmd", "keys must be stored without a passphrase (openssl pkey -in FILE -out FILE)"),
    REFUSED("ssl-f-use", "certificates are named on bind lines"),
    { NULL },
};
/* clang-format on */

/* ---- what is logged of connections that do not come so far ---- */

void haproxy_compile_failed_line(struct build *b, struct draft *d)
{
    struct arena *a = b->arena;
    const struct line *own = haproxy_line_last(d, KEPT_ERROR_LOG_FORMAT);
    if (own) {
        struct opened before = haproxy_line_begin(b, own);
        d->scope->failed_line = haproxy_format(b, word_at(&own->s, 1), FORMAT_LOG);
        haproxy_line_end(b, before);
        return;
    }
    struct expr *e = ARENA_NEW(a, struct expr);
    (void)expr_add_fetch(a, e, FETCH_CLIENT_IP, SPAN(""));
    (void)expr_add_text(a, e, SPAN(":"));
    (void)expr_add_fetch(a, e, FETCH_CLIENT_PORT, SPAN(""));
    (void)expr_add_text(a, e, SPAN(" ["));
    (void)expr_add_fetch(a, e, FETCH_DATE_ACCEPT, SPAN(""));
    (void)expr_add_text(a, e, SPAN("] "));
    (void)expr_add_fetch(a, e, FETCH_SERVICE_NAME, SPAN(""));
    (void)expr_add_text(a, e, SPAN("/"));
    struct expr_part *name = expr_add_fetch(a, e, FETCH_LISTENER_NAME, SPAN(""));
    expr_add_conversion(a, name, CONVERT_DEFAULT)->text = SPAN("1");
    (void)expr_add_text(a, e, SPAN(": "));
    (void)expr_add_fetch(a, e, FETCH_CONNECTION_ERROR, SPAN(""));
    expr_finish(a, e);
    d->scope->failed_line = e;
}
