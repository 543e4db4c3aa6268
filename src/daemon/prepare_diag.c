/* SPDX-License-Identifier: Apache-2.0 */
/* Why a TLS context could not be made, or will not please: in the operator's words, at the word that names
 * it. */
#include <time.h>

#include "base/macros.h"
#include "daemon/prepare_internal.h"

/* {0} the file or the list as written, {1} the library's words */
#define ERROR_KIND(name, number, english, chinese, ...)                                                      \
    static const struct diag_kind name = {                                                                   \
        .code = number, .severity = SEVERITY_ERROR, .en = english, .zh = chinese, __VA_ARGS__                \
    }
#define WARNING_KIND(name, number, english, chinese, ...)                                                    \
    static const struct diag_kind name = {                                                                   \
        .code = number, .severity = SEVERITY_WARNING, .en = english, .zh = chinese, __VA_ARGS__              \
    }

/* clang-format off */
ERROR_KIND(no_certificate, "K0801", "\"{0}\" holds no certificate",
           "“{0}”中没有证书",
           .nginx = "cannot load certificate \"{0}\": PEM_read_bio_X509_AUX() failed (SSL: error:0480006C:PEM routines::no start line:Expecting: TRUSTED CERTIFICATE)",
           .haproxy = "unable to load certificate from file '{0}': no start line.",
           .more = "A certificate in PEM begins with the line -----BEGIN CERTIFICATE-----. A file in another form (DER, PKCS #12) "
                   "must be converted: openssl x509 -inform der -in FILE -out FILE.pem");
ERROR_KIND(bad_certificate, "K0802", "a certificate in \"{0}\" is broken: {1}",
           "“{0}”中的证书已损坏：{1}",
           .nginx = "cannot load certificate \"{0}\": PEM_read_bio_X509_AUX() failed (SSL: {1})",
           .haproxy = "unable to load certificate from file '{0}': {1}.");
ERROR_KIND(no_key, "K0803", "\"{0}\" holds no private key",
           "“{0}”中没有私钥",
           .nginx = "cannot load certificate key \"{0}\": PEM_read_bio_PrivateKey() failed (SSL: error:0480006C:PEM routines::no start line:Expecting: ANY PRIVATE KEY)",
           .haproxy = "unable to load private key from file '{0}': no start line.",
           .more = "A private key in PEM begins with a line such as -----BEGIN PRIVATE KEY-----. Without it the certificate cannot be used: "
                   "it proves nothing that everybody does not have.");
ERROR_KIND(locked_key, "K0804", "the private key in \"{0}\" is encrypted, and nobody can be asked for its passphrase",
           "“{0}”中的私钥已加密，无法询问口令",
           .nginx = "cannot load certificate key \"{0}\": PEM_read_bio_PrivateKey() failed (SSL: error:0700006C:configuration file routines::bad password read)",
           .haproxy = "unable to load private key from file '{0}': bad password read.",
           .more = "Take the passphrase off, and let nobody but root read the file: openssl pkey -in FILE -out FILE.plain; chmod 600 FILE.plain");
ERROR_KIND(bad_key, "K0805", "the private key in \"{0}\" cannot be read: {1}",
           "无法读取“{0}”中的私钥：{1}",
           .nginx = "cannot load certificate key \"{0}\": PEM_read_bio_PrivateKey() failed (SSL: {1})",
           .haproxy = "unable to load private key from file '{0}': {1}.");
ERROR_KIND(mismatch, "K0806", "the private key in \"{0}\" does not belong to the certificate in \"{1}\"",
           "“{0}”中的私钥与“{1}”中的证书不匹配",
           .nginx = "SSL_CTX_use_PrivateKey(\"{0}\") failed (SSL: error:05800074:x509 certificate routines::key values mismatch)",
           .haproxy = "inconsistencies between private key and certificate loaded '{0}'.",
           .more = "Both of these print the same when the two belong together: openssl x509 -noout -pubkey -in CERTIFICATE; "
                   "openssl pkey -pubout -in KEY. In a file of several certificates the first must be the server's own.");
ERROR_KIND(weak, "K0807", "\"{0}\" is too weak for this TLS library: {1}",
           "“{0}”的强度低于 TLS 库的要求：{1}",
           .nginx = "SSL_CTX_use_certificate(\"{0}\") failed (SSL: {1})",
           .haproxy = "unable to load SSL certificate into SSL Context '{0}': {1}.",
           .more = "Keys of less than 2048 bits (RSA) and digests such as MD5 and SHA-1 are refused. A new certificate is the remedy.");
ERROR_KIND(bad_authority, "K0808", "\"{0}\" holds no good CA certificates: {1}",
           "“{0}”中没有可用的 CA 证书：{1}",
           .nginx = "SSL_CTX_load_verify_locations(\"{0}\") failed (SSL: {1})",
           .haproxy = "unable to load ca-file '{0}' ({1}).");
ERROR_KIND(bad_list, "K0809", "\"{0}\" holds no good revocation lists: {1}",
           "“{0}”中没有可用的证书吊销列表：{1}",
           .nginx = "X509_LOOKUP_load_file(\"{0}\") failed (SSL: {1})",
           .haproxy = "unable to configure CRL file '{0}'.");
ERROR_KIND(bad_ciphers, "K0810", "nothing in `{0}` is a cipher that this TLS library has",
           "`{0}` 中没有 TLS 库支持的加密套件",
           .nginx = "SSL_CTX_set_cipher_list(\"{0}\") failed (SSL: error:0A0000B9:SSL routines::no cipher match)",
           .haproxy = "unable to set SSL cipher list to '{0}'.",
           .more = "`openssl ciphers -v` lists the names. Those of TLS 1.3 (TLS_AES_128_GCM_SHA256) are not in this list; they have a word of their own.");
ERROR_KIND(bad_suites, "K0811", "`{0}`: not all of these are TLS 1.3 cipher suites of this TLS library",
           "`{0}` 中有 TLS 库不支持的 TLS 1.3 加密套件",
           .nginx = "SSL_CTX_set_ciphersuites(\"{0}\") failed (SSL: {1})",
           .haproxy = "unable to set TLS 1.3 cipher suites to '{0}'.",
           .more = "TLS 1.3 has TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 and TLS_CHACHA20_POLY1305_SHA256, joined by colons.");
ERROR_KIND(bad_signatures, "K0812", "`{0}`: not all of these are signature algorithms of this TLS library",
           "`{0}` 中有 TLS 库不支持的签名算法",
           .haproxy = "unable to set signature algorithms to '{0}'.");
ERROR_KIND(bad_groups, "K0813", "`{0}`: not all of these are groups (curves) of this TLS library",
           "`{0}` 中有 TLS 库不支持的曲线",
           .nginx = "SSL_CTX_set1_curves_list(\"{0}\") failed (SSL: {1})",
           .haproxy = "unable to set SSL curves list to '{0}'.",
           .more = "Names are such as X25519, prime256v1, secp384r1, joined by colons.");
ERROR_KIND(bad_dh, "K0814", "\"{0}\" holds no Diffie-Hellman parameters",
           "“{0}”中没有 Diffie-Hellman 参数",
           .nginx = "PEM_read_bio_DHparams(\"{0}\") failed (SSL: {1})",
           .haproxy = "unable to load DH parameters from file <{0}>.");
ERROR_KIND(bad_versions, "K0815", "from {0} to {1}: no version of TLS is left",
           "从 {0} 到 {1}：没有可用的 TLS 版本");
ERROR_KIND(failed, "K0816", "TLS cannot be set up: {0}", "无法设置 TLS：{0}");
ERROR_KIND(bad_ticket_key, "K0817", "\"{0}\" has {1} bytes; a key for session tickets has 48 or 80",
           "“{0}”有 {1} 字节；会话票据密钥应为 48 或 80 字节",
           .nginx = "\"{0}\" must be 48 or 80 bytes",
           .more = "Make one with: openssl rand 80 > FILE. Give the same file to all servers that share clients, and change it often.");
WARNING_KIND(expired, "K0818", "the certificate in \"{0}\" expired on {1}",
             "“{0}”中的证书已于 {1} 过期",
             .more = "It is used all the same, as the real program does; clients will refuse it.");
WARNING_KIND(not_yet, "K0819", "the certificate in \"{0}\" is not valid before {1}",
             "“{0}”中的证书在 {1} 之前无效",
             .more = "Is this machine's clock right? Clients will refuse the certificate until then.");
/* clang-format on */

const struct diag_kind *const prepare_kinds[] = {
    &no_certificate, &bad_certificate, &no_key,         &locked_key, &bad_key,        &mismatch,   &weak,
    &bad_authority,  &bad_list,        &bad_ciphers,    &bad_suites, &bad_signatures, &bad_groups, &bad_dh,
    &bad_versions,   &failed,          &bad_ticket_key, &expired,    &not_yet,        NULL,
};

/* ---- certificates and keys ---- */

static const struct tls_file *key_of(const struct tls_identity *i)
{
    return i->key.path.len ? &i->key : &i->certificate;
}

static void say_file(struct diags *d, const struct diag_kind *kind, const struct tls_file *f,
                     struct span more)
{
    (void)diag_add(d, kind, f->at, DIAG_TEXT(f->path, more));
}

static void say_certificate(struct diags *d, const struct tls_identity *i, struct span why)
{
    bool any = span_find(i->certificate.bytes, SPAN("CERTIFICATE-----")) != SPAN_NONE;

    say_file(d, any ? &bad_certificate : &no_certificate, &i->certificate, why);
}

static void say_key(struct diags *d, const struct tls_identity *i, struct span why)
{
    const struct tls_file *key = key_of(i);
    const struct diag_kind *kind = &bad_key;

    if (span_find(key->bytes, SPAN("PRIVATE KEY-----")) == SPAN_NONE)
        kind = &no_key;
    else if (span_find(key->bytes, SPAN("ENCRYPTED")) != SPAN_NONE)
        kind = &locked_key;
    say_file(d, kind, key, why);
}

static void say_mismatch(struct diags *d, const struct tls_identity *i)
{
    const struct tls_file *key = key_of(i);
    struct diag *e = diag_add(d, &mismatch, key->at, DIAG_TEXT(key->path, i->certificate.path));

    if (key != &i->certificate)
        (void)diag_also(d, e, i->certificate.at, "the certificate");
}

static void say_identity(struct diags *d, const struct culprit *c, const struct tls_failure *f,
                         struct span why)
{
    const struct tls_identity *i = &c->identities[f->item < c->identity_count ? f->item : 0];

    if (c->identity_count == 0)
        (void)diag_add(d, &failed, c->at, DIAG_TEXT(why));
    else if (f->code == TLS_BAD_CERTIFICATE)
        say_certificate(d, i, why);
    else if (f->code == TLS_BAD_KEY)
        say_key(d, i, why);
    else if (f->code == TLS_KEY_MISMATCH)
        say_mismatch(d, i);
    else
        say_file(d, &weak, &i->certificate, why);
}

/* ---- lists of the library's names ---- */

static bool is_bad(const char *ciphers, const char *suites, const char *signatures)
{
    struct tls_settings s = {
        .client = true, .ciphers = ciphers, .ciphersuites = suites, .signatures = signatures
    };
    struct tls_failure why;
    struct tls_context *c = tls_context_new(&s, &why);
    bool bad = c == NULL;

    tls_context_put(&c);
    return bad;
}

/* Which of the three it was, is found by trying each alone. */
static void say_ciphers(struct diags *d, const struct culprit *c, const struct tls_settings *s,
                        struct span why)
{
    const struct tls_terms *t = c->terms;

    if (s->ciphers && is_bad(s->ciphers, NULL, NULL))
        (void)diag_add(d, &bad_ciphers, t->ciphers_at, DIAG_TEXT(t->ciphers, why));
    else if (s->ciphersuites && is_bad(NULL, s->ciphersuites, NULL))
        (void)diag_add(d, &bad_suites, t->ciphersuites_at, DIAG_TEXT(t->ciphersuites, why));
    else
        (void)diag_add(d, &bad_signatures, t->signatures_at, DIAG_TEXT(t->signatures, why));
}

/* ---- all of it ---- */

void prepare_say(struct diags *d, struct arena *a, const struct culprit *c, const struct tls_settings *s,
                 const struct tls_failure *f)
{
    struct span why = arena_span(a, span_from(f->text));
    const struct tls_terms *t = c->terms;

    switch ((unsigned)f->code) {
    case TLS_BAD_CERTIFICATE:
    case TLS_BAD_KEY:
    case TLS_KEY_MISMATCH:
    case TLS_WEAK:
        say_identity(d, c, f, why);
        return;
    case TLS_BAD_CA:
        say_file(d, &bad_authority, c->trusted, why);
        return;
    case TLS_BAD_CRL:
        say_file(d, &bad_list, c->revoked, why);
        return;
    case TLS_BAD_CIPHERS:
        say_ciphers(d, c, s, why);
        return;
    case TLS_BAD_GROUPS:
        (void)diag_add(d, &bad_groups, t->groups_at, DIAG_TEXT(t->groups, why));
        return;
    case TLS_BAD_DH:
        say_file(d, &bad_dh, c->dh, why);
        return;
    case TLS_BAD_VERSION:
        (void)diag_add(d, &bad_versions, t->versions_at,
                       DIAG_TEXT(span_from(tls_version_name(t->min)), span_from(tls_version_name(t->max))));
        return;
    default:
        (void)diag_add(d, &failed, c->at, DIAG_TEXT(why));
        return;
    }
}

void prepare_say_ticket_key(struct diags *d, struct arena *a, const struct tls_file *key)
{
    say_file(d, &bad_ticket_key, key, arena_printf(a, "%zu", key->bytes.len));
}

static struct span date(struct arena *a, int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[32];

    size_t len = gmtime_r(&t, &tm) ? strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) : 0;
    return arena_span(a, span_of(text, len));
}

void prepare_look_at(struct diags *d, struct arena *a, const struct tls_context *context,
                     const struct tls_identity *identities, uint32_t count)
{
    int64_t now = (int64_t)time(NULL);
    struct tls_certificate_info about;

    for (uint32_t i = 0; i < count; i++) {
        if (!tls_context_certificate(context, i, &about))
            continue;
        if (about.not_after < now)
            say_file(d, &expired, &identities[i].certificate, date(a, about.not_after));
        else if (about.not_before > now)
            say_file(d, &not_yet, &identities[i].certificate, date(a, about.not_before));
    }
}
