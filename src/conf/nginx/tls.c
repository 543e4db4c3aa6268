/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS towards clients: the words, in http and stream; the certificates that a
 * server shows; and what a request meets that came without TLS, or without the
 * certificate that its server wants. TLS towards servers is in tls_proxy.c.
 */
#include "conf/nginx/tls.h"

#include "base/macros.h"

enum { SESSIONS_OF_A_MEGABYTE = 4000, SESSIONS_BUILTIN = 20480, SESSIONS_MOST = 4000000 };

/* ---- words that only say something ---- */

static void on_http2(struct build *b, const struct keyword *k, const struct statement *s)
{
    bool on;
    (void)k;
    if (value_switch(b->diags, word_at(s, 1), &on) && on)
        nginx_say_http2(b, word_at(s, 0)->at, SPAN("http2 on"));
}

void nginx_say_http2(struct build *b, struct where at, struct span word)
{
    diag_add(b->diags, &nginx_http2_later, at, DIAG_TEXT(word));
}

/* A switch that may be off, and does nothing when it is on; .today says why. */
static void on_without_effect(struct build *b, const struct keyword *k, const struct statement *s)
{
    bool on;
    if (value_switch(b->diags, word_at(s, 1), &on) && on)
        diag_add(b->diags, &nginx_tls_note, s->at, DIAG_TEXT(text_at(s, 0), span_from(k->today)));
}

/* One that may be off only. */
static void on_off_only(struct build *b, const struct keyword *k, const struct statement *s)
{
    if (!span_eq(text_at(s, 1), SPAN("off")))
        diag_add(b->diags, &nginx_tls_refused, s->at, DIAG_TEXT(text_at(s, 0), span_from(k->today)));
}

static const char *const verify_words[] = { "off", "on", "optional", "optional_no_ca", NULL };
enum { VERIFY_OFF, VERIFY_ON, VERIFY_OPTIONAL, VERIFY_ANY_ISSUER };

static void on_verify_client(struct build *b, const struct keyword *k, const struct statement *s)
{
    unsigned i;
    (void)k;
    if (value_choice(b->diags, word_at(s, 1), verify_words, &i))
        b->level->tls.verify_client = (struct setting){ .set = true, .n = i, .at = s->at };
}

/* "Ciphersuites" is the one that people need. */
static void on_command(struct build *b, const struct keyword *k, const struct statement *s)
{
    if (span_eq_nocase(text_at(s, 1), SPAN("Ciphersuites")))
        nginx_keep(b, k, s);
    else
        diag_add(b->diags, &nginx_tls_refused, word_at(s, 1)->at,
                 DIAG_TEXT(text_at(s, 1), SPAN("of OpenSSL's commands only Ciphersuites is")));
}

#define AT(member) .offset = offsetof(struct level, tls.member)
#define ONCE       .once = true
#define IN_TOP     (IN_HTTP | IN_SERVER)
#define IN_SSL     (IN_HTTP | IN_SERVER | IN_TCP)
#define IN_BACK    (IN_HSL | IN_TCP)
#define NOTE(name, in, min, max)                                                                             \
    {                                                                                                        \
        name, in, min, max, KEYWORD_TUNING                                                                   \
    }
#define NO(name, in, why)                                                                                    \
    {                                                                                                        \
        name, in, 0, ARGS_ANY, KEYWORD_REFUSED, .today = why                                                 \
    }
#define EFFECTLESS(name, in, why)                                                                            \
    {                                                                                                        \
        name, in, 1, 1, .handle = on_without_effect, .today = why, .manual = "accepted with a note: " why    \
    }

/* clang-format off */
const struct keyword nginx_tls_words[] = {
    { "ssl_certificate", IN_SSL, 1, 1, .handle = nginx_keep, AT(certificate), .manual = "PEM: the server's certificate, then its chain; several of different kinds stand side by side" },
    { "ssl_certificate_key", IN_SSL, 1, 1, .handle = nginx_keep, AT(certificate_key), .manual = "PEM: its private key, in the order of the certificates" },
    { "ssl_protocols", IN_SSL, 1, ARGS_ANY, ONCE, .handle = nginx_keep, AT(protocols), .manual = "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3, without a gap" },
    { "ssl_ciphers", IN_SSL, 1, 1, ONCE, .handle = nginx_keep, AT(ciphers), .manual = "up to TLS 1.2, in OpenSSL's words" },
    { "ssl_conf_command", IN_SSL, 2, 2, .handle = on_command, AT(commands), .manual = "Ciphersuites LIST: those of TLS 1.3" },
    { "ssl_prefer_server_ciphers", IN_SSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(prefer), .manual = "our order of ciphers counts" },
    { "ssl_ecdh_curve", IN_SSL, 1, 1, ONCE, .handle = nginx_keep, AT(curve), .manual = "groups, joined by colons; auto" },
    { "ssl_dhparam", IN_SSL, 1, 1, ONCE, .handle = nginx_keep, AT(dhparam), .manual = "PEM: parameters for DHE ciphers" },
    { "ssl_client_certificate", IN_SSL, 1, 1, ONCE, .handle = nginx_keep, AT(client_certificate), .manual = "PEM: CAs of clients, which are named to them" },
    { "ssl_trusted_certificate", IN_SSL, 1, 1, ONCE, .handle = nginx_keep, AT(trusted), .manual = "PEM: CAs of clients, which are not named" },
    { "ssl_verify_client", IN_SSL, 1, 1, ONCE, .handle = on_verify_client, .manual = "on, off, optional, optional_no_ca: must clients show a certificate?" },
    { "ssl_verify_depth", IN_SSL, 1, 1, ONCE, .handle = nginx_set_number, AT(verify_depth), .high = 100, .manual = "CAs between a client and the root" },
    { "ssl_crl", IN_SSL, 1, 1, ONCE, .handle = nginx_keep, AT(crl), .manual = "PEM: revoked certificates" },
    { "ssl_session_cache", IN_SSL, 1, 2, ONCE, .handle = nginx_keep, AT(session_cache), .manual = "off, none, builtin:N, shared:NAME:SIZE" },
    { "ssl_session_timeout", IN_SSL, 1, 1, ONCE, .handle = nginx_set_time, AT(session_timeout), .manual = "how long clients may resume" },
    { "ssl_session_tickets", IN_SSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(session_tickets), .manual = "resume by tickets" },
    { "ssl_session_ticket_key", IN_SSL, 1, 1, .handle = nginx_keep, AT(ticket_key), .manual = "a file of 48 or 80 bytes; the first encrypts, the others decrypt" },
    { "ssl_reject_handshake", IN_TOP, 1, 1, ONCE, .handle = nginx_set_switch, AT(reject), .manual = "refuse clients that ask for this server's names" },
    { "ssl_reject_handshake", IN_TCP, 1, 1, ONCE, .handle = nginx_set_switch, AT(reject), .manual = "refuse every handshake" },
    { "ssl_handshake_timeout", IN_TCP, 1, 1, ONCE, .handle = nginx_set_time, AT(handshake_timeout), .manual = "for the handshake" },
    { "ssl_alpn", IN_TCP, 1, ARGS_ANY, ONCE, .handle = nginx_keep, AT(alpn), .manual = "protocols that are agreed on" },
    { "ssl_stapling_file", IN_SSL, 1, 1, ONCE, .handle = nginx_keep, AT(stapling_file), .manual = "DER: the answer that is stapled" },
    EFFECTLESS("ssl_stapling", IN_SSL, "no answers of OCSP responders are fetched; one in ssl_stapling_file is stapled"),
    EFFECTLESS("ssl_stapling_verify", IN_SSL, "what is stapled is sent as it is"),
    EFFECTLESS("ssl_early_data", IN_TOP, "early data is not taken, and clients send it again"),
    { "http2", IN_TOP, 1, 1, ONCE, .handle = on_http2, .manual = "accepted with a warning: clients are served HTTP/1.1" },
    { "ssl_ocsp", IN_SSL, 1, 1, ONCE, .handle = on_off_only, .today = "clients' certificates are not looked up at OCSP responders; ssl_crl is", .manual = "only `off`" },
    NO("ssl", IN_TOP, "it was replaced by `listen ... ssl`"),
    NO("ssl_password_file", IN_SSL, "keys must be stored without a passphrase (openssl pkey -in FILE -out FILE)"),
    NO("ssl_ech_file", IN_SSL, "encrypted client hellos are not supported by this TLS library"),
    NO("ssl_key_log", IN_SSL, "secrets of sessions are not written down"),
    NOTE("ssl_ocsp_cache", IN_SSL, 1, 1),
    NOTE("ssl_ocsp_responder", IN_SSL, 1, 1),
    NOTE("ssl_stapling_responder", IN_SSL, 1, 1),
    NOTE("ssl_buffer_size", IN_TOP, 1, 1),
    NOTE("ssl_certificate_cache", IN_SSL, 1, ARGS_ANY),
    NOTE("ssl_certificate_compression", IN_SSL, 1, ARGS_ANY),

    { "proxy_ssl", IN_TCP, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy), .manual = "TLS towards servers" },
    { "proxy_ssl_verify", IN_BACK, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_verify), .manual = "the server's certificate must be good, and for proxy_ssl_name" },
    { "proxy_ssl_trusted_certificate", IN_BACK, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_trusted), .manual = "PEM: CAs of servers" },
    { "proxy_ssl_verify_depth", IN_BACK, 1, 1, ONCE, .handle = nginx_set_number, AT(proxy_depth), .high = 100, .manual = "CAs between a server and the root" },
    { "proxy_ssl_crl", IN_BACK, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_crl), .manual = "PEM: revoked certificates" },
    { "proxy_ssl_name", IN_BACK, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_name), .manual = "the name that is asked for and verified; else the host of proxy_pass" },
    { "proxy_ssl_server_name", IN_BACK, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_server_name), .manual = "send that name (SNI)" },
    { "proxy_ssl_certificate", IN_BACK, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_certificate), .manual = "PEM: our own certificate" },
    { "proxy_ssl_certificate_key", IN_BACK, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_key), .manual = "PEM: its private key" },
    { "proxy_ssl_protocols", IN_BACK, 1, ARGS_ANY, ONCE, .handle = nginx_keep, AT(proxy_protocols), .manual = "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3, without a gap" },
    { "proxy_ssl_ciphers", IN_BACK, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_ciphers), .manual = "up to TLS 1.2, in OpenSSL's words" },
    { "proxy_ssl_conf_command", IN_BACK, 2, 2, .handle = on_command, AT(proxy_commands), .manual = "Ciphersuites LIST: those of TLS 1.3" },
    { "proxy_ssl_session_reuse", IN_BACK, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_reuse), .manual = "resume sessions with servers" },
    { "proxy_ssl_alpn", IN_TCP, 1, ARGS_ANY, ONCE, .handle = nginx_keep, AT(proxy_alpn), .manual = "protocols that are offered to servers" },
    NO("proxy_ssl_alpn", IN_HSL, "servers are spoken to by HTTP/1.1"),
    NO("proxy_ssl_password_file", IN_BACK, "keys must be stored without a passphrase (openssl pkey -in FILE -out FILE)"),
    NO("proxy_ssl_key_log", IN_BACK, "secrets of sessions are not written down"),
    NOTE("proxy_ssl_certificate_cache", IN_BACK, 1, ARGS_ANY),

    { "ssl_preread", IN_TCP, 1, 1, ONCE, .handle = nginx_set_switch, AT(preread), .manual = "look at the names in a TLS client's first message" },
    { "preread_timeout", IN_TCP, 1, 1, ONCE, .handle = nginx_set_time, AT(preread_timeout), .manual = "how long that message is waited for" },
    { NULL },
};
/* clang-format on */

/* ---- files and lists, for both sides ---- */

/* What must not be a file of ours to read: keys in engines, in stores, in the text itself. */
static bool is_no_path(struct span text)
{
    return span_starts_with(text, SPAN("engine:")) || span_starts_with(text, SPAN("store:")) ||
           span_starts_with(text, SPAN("data:"));
}

bool nginx_tls_file(struct build *b, const struct word *w, const char *what, struct tls_file *out)
{
    if (nginx_has_variables(w->text) || is_no_path(w->text)) {
        diag_add(b->diags, &nginx_tls_refused, w->at,
                 DIAG_TEXT(w->text, SPAN("files are read when the configuration is, by their path")));
        return false;
    }
    struct span path = arena_span(b->arena, nginx_conf_path(b, w->text));
    struct answer a = world_ask(b->world, ASK_FILE, path);
    *out = (struct tls_file){ .path = path, .bytes = a.bytes.ptr ? a.bytes : SPAN(""), .at = w->at };
    if (a.error)
        diag_add(b->diags, &nginx_tls_unreadable, w->at,
                 DIAG_TEXT(path, span_from(strerrordesc_np(a.error)), span_from(what)));
    return a.error == 0;
}

/* The file that the last such statement names; none when there is no statement. */
static void take_file(struct build *b, const struct kept *k, const char *what, struct tls_file *out)
{
    if (k && !span_is_empty(text_at(&k->items[k->count - 1], 1)))
        (void)nginx_tls_file(b, word_at(&k->items[k->count - 1], 1), what, out);
}

void nginx_tls_take_file(struct build *b, const struct level *l, size_t offset, const char *what,
                         struct tls_file *out)
{
    take_file(b, level_kept(l, offset), what, out);
}

static const struct {
    const char *word;
    uint16_t version; /* 0: the library has it no more */
} protocols[] = {
    { "SSLv2", 0 },        { "SSLv3", 0 },        { "TLSv1", 0x0301 },
    { "TLSv1.1", 0x0302 }, { "TLSv1.2", 0x0303 }, { "TLSv1.3", 0x0304 },
};

/* A bit for each version that is named. */
static unsigned named_versions(struct build *b, const struct statement *s)
{
    const char *words[COUNT_OF(protocols) + 1] = { NULL };
    unsigned bits = 0, i;
    for (size_t n = 0; n < COUNT_OF(protocols); n++)
        words[n] = protocols[n].word;
    for (uint32_t n = 1; n < s->words.count; n++) {
        const struct word *w = word_at(s, n);
        if (!value_choice(b->diags, w, words, &i))
            continue;
        if (protocols[i].version)
            bits |= 1u << (protocols[i].version & 0xfu);
        else
            diag_add(b->diags, &nginx_old_protocol, w->at, DIAG_TEXT(w->text));
    }
    return bits;
}

static void take_versions(struct build *b, const struct kept *k, struct tls_terms *t)
{
    if (k == NULL)
        return;
    const struct statement *s = &k->items[0];
    unsigned bits = named_versions(b, s);
    t->versions_at = s->at;
    for (uint16_t v = 1; v <= 4; v++) {
        if (!(bits & 1u << v))
            continue;
        if (t->min == 0)
            t->min = (uint16_t)(0x0300 | v);
        else if (t->max != (0x0300 | (v - 1)))
            diag_add(b->diags, &nginx_protocol_gap, s->at, DIAG_NO_TEXT);
        t->max = (uint16_t)(0x0300 | v);
    }
}

static void take_list(const struct kept *k, uint32_t at, struct span *to, struct where *where)
{
    if (k == NULL)
        return;
    *to = text_at(&k->items[k->count - 1], at);
    *where = word_at(&k->items[k->count - 1], at)->at;
}

void nginx_tls_terms(struct build *b, const struct level *l, size_t versions, size_t ciphers, size_t commands,
                     struct tls_terms *t)
{
    take_versions(b, level_kept(l, versions), t);
    take_list(level_kept(l, ciphers), 1, &t->ciphers, &t->ciphers_at);
    take_list(level_kept(l, commands), 2, &t->ciphersuites, &t->ciphersuites_at);
    if (span_eq(t->ciphers, SPAN("DEFAULT")))
        t->ciphers = SPAN("");
}

/* "h2", "http/1.1" as words. */
struct span nginx_tls_alpn(struct build *b, const struct kept *k)
{
    struct buf wire;
    buf_init(&wire, 4096);
    for (uint32_t i = 1; k && i < k->items[0].words.count; i++) {
        struct span name = text_at(&k->items[0], i);
        if (name.len == 0 || name.len > UINT8_MAX)
            continue;
        buf_put_char(&wire, (char)name.len);
        buf_put(&wire, name);
    }
    struct span all = wire.len ? arena_span(b->arena, buf_span(&wire)) : SPAN("");
    buf_fini(&wire);
    return all;
}

/* ---- certificates ---- */

static void take_identities(struct build *b, const struct level *l, struct tls_server *s)
{
    const struct kept *certificates = KEPT(l, tls.certificate), *keys = KEPT(l, tls.certificate_key);
    for (uint32_t i = 0; certificates && i < certificates->count; i++) {
        const struct word *w = word_at(&certificates->items[i], 1);
        struct tls_identity id = { 0 };
        if (keys == NULL || i >= keys->count) {
            struct diag *d = diag_add(b->diags, &nginx_no_certificate_key, w->at, DIAG_TEXT(w->text));
            struct span stem = w->text;
            if (span_ends_with(stem, SPAN(".pem")) || span_ends_with(stem, SPAN(".crt")))
                stem.len -= 4;
            diag_help(b->diags, d, "ssl_certificate_key %.*s.key;", SPAN_ARGS(stem));
            return;
        }
        bool good = nginx_tls_file(b, w, "certificate", &id.certificate);
        if (nginx_tls_file(b, word_at(&keys->items[i], 1), "certificate key", &id.key) && good)
            *ARENA_PUSH(b->arena, &s->identities) = id;
    }
    if (s->identities.count)
        take_file(b, KEPT(l, tls.stapling_file), "stapling file", &s->identities.items[0].ocsp);
}

static struct span joined(struct build *b, struct span one, struct span two)
{
    if (two.len == 0)
        return one;
    return arena_printf(b->arena, "%.*s\n%.*s", SPAN_ARGS(one), SPAN_ARGS(two));
}

static void take_verification(struct build *b, const struct level *l, struct tls_server *s)
{
    const struct setting *verify = level_setting(l, offsetof(struct level, tls.verify_client));
    uint64_t how = verify ? verify->n : VERIFY_OFF;
    struct tls_file more = { 0 };
    if (how == VERIFY_OFF)
        return;
    s->demand = how == VERIFY_ON ? TLS_DEMAND_REQUIRED : TLS_DEMAND_OPTIONAL;
    s->lenient = true; /* an answer says what is missing, not a broken handshake */
    s->depth = (uint32_t)SETTING(l, tls.verify_depth, 1);
    take_file(b, KEPT(l, tls.client_certificate), "client certificate", &s->named);
    take_file(b, KEPT(l, tls.trusted), "trusted certificate", &more);
    take_file(b, KEPT(l, tls.crl), "crl", &s->revoked);
    s->revoked_all = s->revoked.path.len > 0;
    s->trusted = s->named.path.len ? s->named : more;
    if (s->named.path.len)
        s->trusted.bytes = joined(b, s->named.bytes, more.bytes);
    s->name_nobody = s->named.path.len == 0;
    if (s->trusted.path.len == 0 && how != VERIFY_ANY_ISSUER)
        diag_add(b->diags, &nginx_no_client_ca, verify->at, DIAG_NO_TEXT);
}

/* "shared:SSL:10m" */
static bool shared_cache(struct build *b, const struct word *w, struct tls_cache_rule *out)
{
    struct span rest = w->text, name;
    (void)span_cut(&rest, ':');
    name = span_cut(&rest, ':');
    struct word size = word_part(w, (size_t)(rest.ptr ? rest.ptr - w->text.ptr : 0), rest.len);
    uint64_t bytes;
    if (name.len == 0 || rest.len == 0)
        return false;
    if (!value_size(b->diags, &size, 1, INT64_MAX, &bytes))
        return true; /* was said */
    uint64_t entries =
        bytes / 1048576 * SESSIONS_OF_A_MEGABYTE + bytes % 1048576 * SESSIONS_OF_A_MEGABYTE / 1048576 + 1;
    out->name = arena_printf(b->arena, "nginx:%.*s", SPAN_ARGS(name));
    out->entries = (uint32_t)(entries < SESSIONS_MOST ? entries : SESSIONS_MOST);
    return true;
}

static bool one_cache(struct build *b, const struct word *w, struct tls_cache_rule *out)
{
    uint64_t entries = SESSIONS_BUILTIN;
    if (span_eq(w->text, SPAN("off")) || span_eq(w->text, SPAN("none")))
        return true;
    if (span_starts_with(w->text, SPAN("shared:")))
        return shared_cache(b, w, out);
    if (!span_starts_with(w->text, SPAN("builtin")))
        return false;
    struct span rest = span_from_index(w->text, strlen("builtin"));
    if (rest.len && (rest.ptr[0] != ':' || !span_to_u64(span_from_index(rest, 1), SESSIONS_MOST, &entries)))
        return false;
    if (out->name.len == 0 && entries)
        *out = (struct tls_cache_rule){ .name = SPAN("nginx:builtin"), .entries = (uint32_t)entries };
    return true;
}

static void take_sessions(struct build *b, const struct level *l, struct tls_server *s)
{
    const struct kept *cache = KEPT(l, tls.session_cache), *keys = KEPT(l, tls.ticket_key);
    for (uint32_t i = 1; cache && i < cache->items[0].words.count; i++) {
        const struct word *w = word_at(&cache->items[0], i);
        if (!one_cache(b, w, &s->cache))
            diag_add(b->diags, &nginx_bad_session_cache, w->at, DIAG_TEXT(w->text));
    }
    s->session_seconds = TIME(l, tls.session_timeout, 300000).ms / 1000;
    s->no_tickets = !SETTING(l, tls.session_tickets, true);
    for (uint32_t i = 0; keys && i < keys->count; i++) {
        struct tls_file file = { 0 };
        if (nginx_tls_file(b, word_at(&keys->items[i], 1), "session ticket key", &file))
            *ARENA_PUSH(b->arena, &s->ticket_keys) = file;
    }
}

static struct tls_server *make_server(struct build *b, const struct level *l, bool http)
{
    struct tls_server *s = config_add_tls_server(b->config);
    s->at = word_at(&l->opening, 0)->at;
    s->reject = SETTING(l, tls.reject, false);
    take_identities(b, l, s);
    nginx_tls_terms(b, l, offsetof(struct level, tls.protocols), offsetof(struct level, tls.ciphers),
                    offsetof(struct level, tls.commands), &s->terms);
    take_list(KEPT(l, tls.curve), 1, &s->terms.groups, &s->terms.groups_at);
    if (span_eq(s->terms.groups, SPAN("auto")))
        s->terms.groups = SPAN("");
    s->terms.alpn = http ? SPAN("\x08http/1.1\x08http/1.0") : nginx_tls_alpn(b, KEPT(l, tls.alpn));
    s->alpn_strict = true;
    s->prefer_client_ciphers = !SETTING(l, tls.prefer, false);
    take_file(b, KEPT(l, tls.dhparam), "dhparam", &s->dh);
    take_verification(b, l, s);
    take_sessions(b, l, s);
    return s;
}

/* NULL: it has nothing to show, and refuses nobody. */
static const struct tls_server *server_of(struct build *b, struct level *l, bool http)
{
    if (l->scope->tls == NULL && (KEPT(l, tls.certificate) || SETTING(l, tls.reject, false)))
        l->scope->tls = make_server(b, l, http);
    return l->scope->tls;
}

static struct tls_server *fallback_of(struct build *b, const struct listening *l, struct level *fallback,
                                      bool http)
{
    const struct tls_server *s = server_of(b, fallback, http);
    if (s)
        return b->config->tls_servers.items[s->index];
    struct diag *d =
        diag_add(b->diags, &nginx_no_certificate, l->options.ssl_at, DIAG_TEXT(l->options.plain));
    if (fallback->kind == LEVEL_SERVER)
        diag_also(b->diags, d, word_at(&fallback->opening, 0)->at, "this server is the address's default");
    return config_add_tls_server(b->config); /* what follows may go on */
}

const struct tls_listener *nginx_tls_listener(struct build *b, const struct listening *l,
                                              struct level *fallback, const struct host_table *hosts)
{
    if (!l->options.ssl)
        return NULL;
    struct tls_listener *t = ARENA_NEW(b->arena, struct tls_listener);
    bool http = hosts != NULL;
    t->fallback = fallback_of(b, l, fallback, http);
    t->hosts = hosts;
    t->plain_too = http;
    for (uint32_t i = 0; i < l->servers.count; i++)
        (void)server_of(b, l->servers.items[i], http);
    return t;
}

void nginx_tls_share(struct build *b, const struct listening *l, const struct tls_listener *tls)
{
    const struct listening *w = l->wildcard;
    if (l->options.ssl != w->options.ssl) {
        struct diag *d = diag_add(b->diags, &nginx_half_tls, l->options.at,
                                  DIAG_TEXT(l->options.written, w->options.written));
        diag_also(b->diags, d, w->options.at, "its connections come in here");
        return;
    }
    if (tls)
        *ARENA_PUSH(b->arena, &((struct tls_listener *)(uintptr_t)w->listener->tls)->at) =
            (struct tls_listener_at){ .address = l->options.address, .tls = tls };
}

/* ---- what a request meets ---- */

static struct acl *criterion(struct build *b, enum fetch f, int32_t number, enum match how)
{
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    expr_add_fetch(b->arena, e, f, SPAN(""))->number = number;
    expr_finish(b->arena, e);
    struct acl *acl = ARENA_NEW(b->arena, struct acl);
    *ARENA_PUSH(b->arena, &acl->tests) = (struct test){ .subject = e, .how = how };
    return acl;
}

struct cond *nginx_tls_cond(struct build *b, struct where at)
{
    struct cond *c = ARENA_NEW(b->arena, struct cond);
    (void)ARENA_PUSH(b->arena, &c->groups);
    c->groups.items[0] = (struct group){ 0 };
    c->at = at;
    return c;
}

void nginx_tls_cond_add(struct build *b, struct cond *c, struct acl *acl, bool negate)
{
    acl_finish(b->arena, acl);
    *ARENA_PUSH(b->arena, &c->groups.items[0].terms) = (struct term){ .acl = acl, .negate = negate };
    cond_finish(c);
}

struct acl *nginx_tls_is(struct build *b, enum fetch f)
{
    return criterion(b, f, 0, MATCH_BOOL);
}

static void refuse_when(struct build *b, struct level *server, const struct cond *when, uint16_t status)
{
    struct reply *r = ARENA_NEW(b->arena, struct reply);
    r->status = status;
    r->default_page = true;
    struct action *a = action_add(b->config, server->scope, HOOK_REQUEST, ACTION_REPLY, server->scope->at);
    a->when = when;
    a->reply = r;
}

/* An error of the certificate; where any issuer will do, not those that say that it is unknown. */
static const struct cond *certificate_is_bad(struct build *b, struct where at, bool any_issuer)
{
    static const struct int_range bad[] = { { 1, 17 }, { 18, 21 }, { 22, INT64_MAX } };
    struct cond *c = nginx_tls_cond(b, at);
    struct acl *error = criterion(b, FETCH_TLS_CLIENT_ERROR, 0, MATCH_INT);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (!any_issuer || bad[i].low != 18)
            *ARENA_PUSH(b->arena, &error->tests.items[0].ranges) = bad[i];
    nginx_tls_cond_add(b, c, error, false);
    return c;
}

/* The handshake named one host, and the request another. */
static const struct cond *names_another(struct build *b, struct where at)
{
    struct cond *c = nginx_tls_cond(b, at);
    nginx_tls_cond_add(b, c, criterion(b, FETCH_TLS_SNI, 0, MATCH_FOUND), false);
    nginx_tls_cond_add(b, c, nginx_tls_is(b, FETCH_HOST_IS_SNI), true);
    return c;
}

/* What its client proved, it proved to another server, which may believe others than this one does. */
static const struct cond *was_proved_elsewhere(struct build *b, const struct level *server)
{
    struct cond *c = nginx_tls_cond(b, server->scope->at);
    nginx_tls_cond_add(b, c, nginx_tls_is(b, FETCH_TLS_CLIENT_USED), false);
    nginx_tls_cond_add(b, c, criterion(b, FETCH_TLS_SAME, (int32_t)server->scope->tls->index, MATCH_BOOL),
                       true);
    return c;
}

static const struct cond *has_none(struct build *b, struct where at)
{
    struct cond *c = nginx_tls_cond(b, at);
    nginx_tls_cond_add(b, c, nginx_tls_is(b, FETCH_TLS_USED), false);
    nginx_tls_cond_add(b, c, nginx_tls_is(b, FETCH_TLS_CLIENT_USED), true);
    return c;
}

static bool listens_with_tls(struct build *b, const struct level *server)
{
    for (uint32_t i = 0; i < b->http.listenings.count; i++) {
        const struct listening *l = b->http.listenings.items[i];
        for (uint32_t k = 0; k < l->servers.count && l->options.ssl; k++)
            if (l->servers.items[k] == server)
                return true;
    }
    return false;
}

void nginx_compile_tls(struct build *b, struct level *server)
{
    struct where at = server->scope->at;
    uint64_t verify = SETTING(server, tls.verify_client, VERIFY_OFF);
    if (!listens_with_tls(b, server))
        return;
    struct cond *plain = nginx_tls_cond(b, at);
    nginx_tls_cond_add(b, plain, nginx_tls_is(b, FETCH_TLS_MISSING), false);
    refuse_when(b, server, plain, 497);
    if (verify != VERIFY_OFF && server->scope->tls) {
        refuse_when(b, server, names_another(b, at), 421);
        refuse_when(b, server, was_proved_elsewhere(b, server), 421);
        refuse_when(b, server, certificate_is_bad(b, at, verify == VERIFY_ANY_ISSUER), 495);
    }
    if (verify == VERIFY_ON && server->scope->tls)
        refuse_when(b, server, has_none(b, at), 496);
    server->scope->first_only = server->scope->on[HOOK_REQUEST].count;
}
