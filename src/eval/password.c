/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/password.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define PASSWORD_MOST 255
#define SHA1_LEN      20
#define MD5_LEN       16

static bool same(struct span a, struct span b)
{
    return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* ---- {SHA}, {SSHA}: of LDAP ---- */

static bool salted_sha1(struct span password, struct span salt, unsigned char out[SHA1_LEN])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = c && EVP_DigestInit_ex(c, EVP_sha1(), NULL) &&
                EVP_DigestUpdate(c, password.ptr, password.len) && EVP_DigestUpdate(c, salt.ptr, salt.len) &&
                EVP_DigestFinal_ex(c, out, NULL);
    EVP_MD_CTX_free(c);
    return good;
}

static bool sha_matches(struct span password, struct span encoded)
{
    unsigned char bytes[192], digest[SHA1_LEN];
    if (encoded.len > 256 || encoded.len % 4)
        return false;
    int len = EVP_DecodeBlock(bytes, (const unsigned char *)encoded.ptr, (int)encoded.len);
    while (len > 0 && span_ends_with(encoded, SPAN("="))) { /* what was only padding */
        encoded.len--;
        len--;
    }
    if (len < SHA1_LEN)
        return false;
    struct span salt = span_of((const char *)bytes + SHA1_LEN, (size_t)len - SHA1_LEN);
    return salted_sha1(password, salt, digest) && CRYPTO_memcmp(digest, bytes, SHA1_LEN) == 0;
}

/* ---- $apr1$: md5-crypt under Apache's own name ---- */

struct md5 {
    EVP_MD_CTX *context;
    bool good;
};

static void md5_begin(struct md5 *m)
{
    m->good = m->context && EVP_DigestInit_ex(m->context, EVP_md5(), NULL);
}

static void md5_add(struct md5 *m, struct span s)
{
    m->good = m->good && EVP_DigestUpdate(m->context, s.ptr, s.len);
}

static void md5_end(struct md5 *m, unsigned char out[MD5_LEN])
{
    m->good = m->good && EVP_DigestFinal_ex(m->context, out, NULL);
}

static void apr1_first(struct md5 *m, struct span password, struct span salt, unsigned char digest[MD5_LEN])
{
    struct span part = span_of((const char *)digest, MD5_LEN);
    md5_begin(m);
    md5_add(m, password);
    md5_add(m, salt);
    md5_add(m, password);
    md5_end(m, digest);
    unsigned char other[MD5_LEN];
    memcpy(other, digest, MD5_LEN);
    part.ptr = (const char *)other;
    md5_begin(m);
    md5_add(m, password);
    md5_add(m, SPAN("$apr1$"));
    md5_add(m, salt);
    for (size_t left = password.len; left; left -= left > MD5_LEN ? MD5_LEN : left)
        md5_add(m, span_first(part, left > MD5_LEN ? MD5_LEN : left));
    for (size_t bits = password.len; bits; bits >>= 1)
        md5_add(m, bits & 1 ? span_of("", 1) : span_first(password, 1));
    md5_end(m, digest);
}

static void apr1_round(struct md5 *m, unsigned n, struct span password, struct span salt,
                       unsigned char digest[MD5_LEN])
{
    unsigned char before[MD5_LEN];
    memcpy(before, digest, MD5_LEN);
    struct span last = span_of((const char *)before, MD5_LEN);
    md5_begin(m);
    md5_add(m, n & 1 ? password : last);
    if (n % 3)
        md5_add(m, salt);
    if (n % 7)
        md5_add(m, password);
    md5_add(m, n & 1 ? last : password);
    md5_end(m, digest);
}

static char *put_sixes(char *to, unsigned value, unsigned count)
{
    static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (; count; count--, value >>= 6)
        *to++ = letters[value & 63];
    return to;
}

static bool apr1_matches(struct span password, struct span hash)
{
    struct span rest = span_from_index(hash, 6), salt = span_first(span_cut(&rest, '$'), 8);
    unsigned char d[MD5_LEN];
    char text[22], *to = text;
    struct md5 m = { .context = EVP_MD_CTX_new() };
    if (salt.len > 8)
        salt.len = 8;
    apr1_first(&m, password, salt, d);
    for (unsigned i = 0; i < 1000; i++)
        apr1_round(&m, i, password, salt, d);
    EVP_MD_CTX_free(m.context);
    for (unsigned i = 0; i < 5; i++)
        to = put_sixes(to, (unsigned)d[i] << 16 | (unsigned)d[i + 6] << 8 | d[i == 4 ? 5 : i + 12], 4);
    (void)put_sixes(to, d[11], 2);
    return m.good && same(rest, span_of(text, sizeof(text)));
}

/* ---- crypt(3) ---- */

static bool crypt_matches(struct span password, struct span hash)
{
    char key[PASSWORD_MOST + 1], setting[PASSWORD_MOST + 1];
    if (password.len > PASSWORD_MOST || hash.len > PASSWORD_MOST || memchr(password.ptr, '\0', password.len))
        return false;
    struct crypt_data *room = calloc(1, sizeof(*room));
    if (room == NULL)
        return false;
    memcpy(key, password.ptr, password.len);
    key[password.len] = '\0';
    memcpy(setting, hash.ptr, hash.len);
    setting[hash.len] = '\0';
    const char *made = crypt_rn(key, setting, room, (int)sizeof(*room)); /* NULL: no setting that it knows */
    bool good = made && same(hash, span_from(made));
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(room, sizeof(*room));
    free(room);
    return good;
}

/* ---- all ---- */

bool password_is_quick(struct span hash)
{
    return span_starts_with(hash, SPAN("{PLAIN}")) || span_starts_with(hash, SPAN("{SHA}")) ||
           span_starts_with(hash, SPAN("{SSHA}"));
}

bool password_matches(struct span password, struct span hash)
{
    if (span_starts_with(hash, SPAN("{PLAIN}")))
        return same(password, span_from_index(hash, 7));
    if (span_starts_with(hash, SPAN("{SHA}")))
        return sha_matches(password, span_from_index(hash, 5));
    if (span_starts_with(hash, SPAN("{SSHA}")))
        return sha_matches(password, span_from_index(hash, 6));
    if (span_starts_with(hash, SPAN("$apr1$")))
        return apr1_matches(password, hash);
    return crypt_matches(password, hash);
}
