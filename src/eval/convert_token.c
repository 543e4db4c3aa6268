/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, signed tokens (RFC 7515, RFC 7518) and AES-GCM. */
#include <limits.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "base/macros.h"
#include "eval/eval_internal.h"
#include "eval/json.h"
#include "model/public_key.h"

static struct span slot_text(struct facts *f, int64_t number, struct span text)
{
    if (number <= 0)
        return text;
    struct value v = eval_slot(f, (uint32_t)number - 1);
    return eval_as_text(f, &v);
}

static struct span decoded(struct facts *f, enum convert how, struct span s)
{
    struct conversion c = { .kind = how };
    struct value v = convert_value(f, value_text(s), &c);

    return v.type == VALUE_BINARY ? v.as.text : span_of(NULL, 0);
}

/* ---- JSON ---- */

/* What stands before the point. */
static struct value whole_number(struct span raw)
{
    int64_t n;
    size_t end = 0;

    while (end < raw.len && (raw.ptr[end] == '-' || (raw.ptr[end] >= '0' && raw.ptr[end] <= '9')))
        end++;
    return text_is_number(span_first(raw, end), &n) ? value_int(n) : value_none();
}

static struct value json_query(struct facts *f, struct span json, struct span path, bool integer)
{
    enum json_kind kind;
    struct span raw;
    int64_t n;

    if (!json_find(json, path, &kind, &raw))
        return value_none();
    switch (kind) {
    case JSON_STRING:
        return value_text(json_unescape(f->scratch, raw));
    case JSON_NUMBER:
        if (text_is_number(raw, &n))
            return value_int(n);
        return integer ? whole_number(raw) : value_text(raw);
    case JSON_TRUE:
        return value_bool(true);
    case JSON_FALSE:
        return value_bool(false);
    case JSON_ARRAY:
        return value_text(raw);
    case JSON_NULL:
    case JSON_OBJECT:
        break;
    }
    return value_none();
}

/* ---- tokens ---- */

struct token {
    struct span head, payload, signature; /* as they stand there */
    struct span signed_part;              /* head "." payload */
};

static bool token_split(struct span s, struct token *t)
{
    struct span rest = s;

    t->head = span_cut(&rest, '.');
    t->payload = rest.ptr ? span_cut(&rest, '.') : span_of(NULL, 0);
    t->signature = rest;
    if (!rest.ptr || t->head.len == 0 || t->payload.len == 0 || span_find_char(rest, '.') != SPAN_NONE)
        return false;
    t->signed_part = span_of(s.ptr, t->head.len + 1 + t->payload.len);
    return true;
}

static struct value token_part(struct facts *f, struct span s, const struct conversion *c)
{
    struct token t;

    if (!token_split(s, &t))
        return value_none();
    struct span json = decoded(f, CONVERT_BASE64_URL_DECODE, c->number2 == 1 ? t.payload : t.head);
    if (json.ptr == NULL)
        return value_none();
    return c->text.len ? json_query(f, json, c->text, c->number == 1) : value_text(json);
}

enum family { FAMILY_NONE, FAMILY_SECRET, FAMILY_RSA, FAMILY_EC, FAMILY_PSS };
static const struct algorithm {
    const char *name;
    enum family family;
    const char *digest;
} algorithms[] = {
    { "none", FAMILY_NONE, NULL },        { "HS256", FAMILY_SECRET, "SHA256" },
    { "HS384", FAMILY_SECRET, "SHA384" }, { "HS512", FAMILY_SECRET, "SHA512" },
    { "RS256", FAMILY_RSA, "SHA256" },    { "RS384", FAMILY_RSA, "SHA384" },
    { "RS512", FAMILY_RSA, "SHA512" },    { "ES256", FAMILY_EC, "SHA256" },
    { "ES384", FAMILY_EC, "SHA384" },     { "ES512", FAMILY_EC, "SHA512" },
    { "PS256", FAMILY_PSS, "SHA256" },    { "PS384", FAMILY_PSS, "SHA384" },
    { "PS512", FAMILY_PSS, "SHA512" },
};

/* What jwt_verify says. */
enum {
    TOKEN_WRONG = 0,
    TOKEN_RIGHT = 1,
    TOKEN_NO_ALGORITHM = -1,
    TOKEN_BAD = -3,
    TOKEN_NO_MEMORY = -4,
    TOKEN_NO_KEY = -5
};

static int verify_secret(const struct algorithm *a, struct span key, struct span data, struct span signature)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (key.len > INT_MAX || HMAC(EVP_get_digestbyname(a->digest), key.ptr, (int)key.len,
                                  (const unsigned char *)data.ptr, data.len, out, &len) == NULL)
        return TOKEN_NO_MEMORY;
    return signature.len == len && CRYPTO_memcmp(out, signature.ptr, len) == 0 ? TOKEN_RIGHT : TOKEN_WRONG;
}

/* RFC 7518 3.4: two numbers of the curve's size, one behind the other; OpenSSL wants them as ASN.1. */
static unsigned char *signature_of_curve(const EVP_PKEY *key, struct span raw, int *len)
{
    int half = (EVP_PKEY_get_bits(key) + 7) / 8;
    unsigned char *der = NULL;

    if (raw.len != 2 * (size_t)half)
        return NULL;
    ECDSA_SIG *s = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn((const unsigned char *)raw.ptr, half, NULL),
           *v = BN_bin2bn((const unsigned char *)raw.ptr + half, half, NULL);
    if (s && r && v && ECDSA_SIG_set0(s, r, v)) {
        r = v = NULL;
        *len = i2d_ECDSA_SIG(s, &der);
    }
    BN_free(r);
    BN_free(v);
    ECDSA_SIG_free(s);
    return der;
}

static bool is_signed(const struct algorithm *a, EVP_PKEY *key, struct span data,
                      const unsigned char *signature, size_t len)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p = NULL;
    bool good = c && EVP_DigestVerifyInit(c, &p, EVP_get_digestbyname(a->digest), NULL, key) == 1;

    if (good && a->family == FAMILY_PSS)
        good = EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST) == 1;
    good = good && EVP_DigestVerify(c, signature, len, (const unsigned char *)data.ptr, data.len) == 1;
    EVP_MD_CTX_free(c);
    ERR_clear_error();
    return good;
}

static int verify_public(const struct algorithm *a, const struct public_key *k, struct span data,
                         struct span signature)
{
    if (k == NULL)
        return TOKEN_NO_KEY;
    if (EVP_PKEY_get_base_id(k->key) != (a->family == FAMILY_EC ? EVP_PKEY_EC : EVP_PKEY_RSA))
        return TOKEN_WRONG;
    if (a->family != FAMILY_EC)
        return is_signed(a, k->key, data, (const unsigned char *)signature.ptr, signature.len);
    int len = 0;
    unsigned char *der = signature_of_curve(k->key, signature, &len);
    bool good = der && len > 0 && is_signed(a, k->key, data, der, (size_t)len);
    OPENSSL_free(der);
    return good ? TOKEN_RIGHT : TOKEN_WRONG;
}

static int verify(struct facts *f, const struct conversion *c, struct span name, struct span s)
{
    const struct algorithm *a = NULL;
    struct token t;

    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (span_eq(name, span_from(algorithms[i].name)))
            a = &algorithms[i];
    if (a == NULL)
        return TOKEN_NO_ALGORITHM;
    if (!token_split(s, &t))
        return TOKEN_BAD;
    if (a->family == FAMILY_NONE) /* a token that nobody signed proves nothing */
        return t.signature.len == 0 ? TOKEN_RIGHT : TOKEN_WRONG;
    struct span signature = decoded(f, CONVERT_BASE64_URL_DECODE, t.signature);
    if (signature.ptr == NULL || t.signature.len == 0)
        return TOKEN_BAD;
    if (a->family != FAMILY_SECRET)
        return verify_public(a, c->token->key, t.signed_part, signature);
    struct span key = slot_text(f, c->token->slot, c->token->secret);
    return key.ptr ? verify_secret(a, key, t.signed_part, signature) : TOKEN_BAD;
}

static struct value token_verify(struct facts *f, struct span s, const struct conversion *c)
{
    struct span name = slot_text(f, c->number2, c->text);

    return name.ptr ? value_int(verify(f, c, name, s)) : value_none();
}

/* ---- AES-GCM ---- */

/* Base64, as it is written or in a variable. ptr NULL: none. */
static struct span cipher_part(struct facts *f, const struct cipher_part *p)
{
    struct span text = slot_text(f, p->slot, p->text);

    return text.ptr ? decoded(f, CONVERT_BASE64_DECODE, text) : text;
}

static const EVP_CIPHER *cipher_of(unsigned bits)
{
    return bits == 128 ? EVP_aes_128_gcm() : bits == 192 ? EVP_aes_192_gcm() : EVP_aes_256_gcm();
}

struct cipher_parts {
    struct span nonce, key, tag;
};

static bool decrypt(const struct cipher_ask *a, const struct cipher_parts *p, struct span s,
                    unsigned char *out, int *len)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int more = 0;
    bool good =
        c && EVP_DecryptInit_ex(c, cipher_of(a->bits), NULL, NULL, NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_IVLEN, (int)p->nonce.len, NULL) == 1 &&
        EVP_DecryptInit_ex(c, NULL, NULL, (const unsigned char *)p->key.ptr,
                           (const unsigned char *)p->nonce.ptr) == 1 &&
        EVP_DecryptUpdate(c, out, len, (const unsigned char *)s.ptr, (int)s.len) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, (int)p->tag.len, (void *)(uintptr_t)p->tag.ptr) == 1 &&
        EVP_DecryptFinal_ex(c, out + *len, &more) == 1;

    *len += more;
    EVP_CIPHER_CTX_free(c);
    ERR_clear_error();
    return good;
}

static struct value aes_gcm(struct facts *f, struct span s, const struct cipher_ask *a)
{
    struct cipher_parts p = { cipher_part(f, &a->nonce), cipher_part(f, &a->key), cipher_part(f, &a->tag) };
    int len = 0;

    if (!p.nonce.ptr || !p.key.ptr || !p.tag.ptr || p.nonce.len == 0 || p.nonce.len > 128 ||
        p.key.len * 8 != a->bits || p.tag.len == 0 || p.tag.len > 16 || s.len > INT_MAX - 32)
        return value_none();
    unsigned char *out = (unsigned char *)scratch_bytes(f->scratch, s.len + 16);
    if (out == NULL || !decrypt(a, &p, s, out, &len))
        return value_none();
    return value_binary(span_of((const char *)out, (size_t)len));
}

struct value convert_token(struct facts *f, struct value v, const struct conversion *c)
{
    struct span s = v.as.text;

    switch ((unsigned)c->kind) {
    case CONVERT_JSON_QUERY:
        return json_query(f, s, c->text, c->number == 1);
    case CONVERT_TOKEN_PART:
        return token_part(f, s, c);
    case CONVERT_TOKEN_VERIFY:
        return token_verify(f, s, c);
    default: /* CONVERT_AES_GCM_DECODE */
        return aes_gcm(f, s, c->cipher);
    }
}
