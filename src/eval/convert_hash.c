/* SPDX-License-Identifier: Apache-2.0 */
/* Converters that hash or encode bytes. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/classic_hash.h"
#include "eval/eval_internal.h"

static struct value digest(struct facts *f, struct span s, const EVP_MD *kind)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (kind == NULL || EVP_Digest(s.ptr, s.len, out, &len, kind, NULL) != 1)
        return value_none();
    return value_binary(scratch_span(f->scratch, span_of((const char *)out, len)));
}

static const EVP_MD *sha2(int64_t bits)
{
    return bits == 224   ? EVP_sha224()
           : bits == 384 ? EVP_sha384()
           : bits == 512 ? EVP_sha512()
                         : EVP_sha256();
}

static struct value base64(struct facts *f, struct span s)
{
    size_t room = (s.len + 2) / 3 * 4 + 1;
    char *at = s.len < INT32_MAX / 2 ? scratch_bytes(f->scratch, room) : NULL;

    if (at == NULL)
        return value_none();
    int n = EVP_EncodeBlock((unsigned char *)at, (const unsigned char *)s.ptr, (int)s.len);
    return value_text(span_of(at, (size_t)n));
}

static int sextet(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* RFC 4648 4, strict: whole groups, padding only at the end. */
static struct value base64_decode(struct facts *f, struct span s)
{
    char *at = scratch_bytes(f->scratch, s.len / 4 * 3 + 3);
    size_t len = 0, pad = 0;
    uint32_t bits = 0;

    if (at == NULL || s.len % 4 != 0)
        return value_none();
    while (pad < 2 && pad < s.len && s.ptr[s.len - 1 - pad] == '=')
        pad++;
    for (size_t i = 0; i < s.len; i++) {
        int six = i < s.len - pad ? sextet(s.ptr[i]) : 0;
        if (six < 0)
            return value_none();
        bits = bits << 6 | (uint32_t)six;
        if (i % 4 != 3)
            continue;
        at[len++] = (char)(bits >> 16 & 0xff);
        at[len++] = (char)(bits >> 8 & 0xff);
        at[len++] = (char)(bits & 0xff);
    }
    return value_binary(span_of(at, len - pad));
}

/* RFC 4648 5, without padding: from base64 and to it. */
static struct value base64_url(struct facts *f, struct span s)
{
    struct value v = base64(f, s);
    size_t len = v.type == VALUE_TEXT ? v.as.text.len : 0;
    char *at = (char *)(uintptr_t)v.as.text.ptr; /* in our own scratch */

    if (v.type == VALUE_NONE)
        return v;
    while (len && at[len - 1] == '=')
        len--;
    for (size_t i = 0; i < len; i++)
        at[i] = at[i] == '+' ? '-' : at[i] == '/' ? '_' : at[i];
    return value_text(span_of(at, len));
}

static struct value base64_url_decode(struct facts *f, struct span s)
{
    size_t len = (s.len + 3) / 4 * 4;
    char *at = scratch_bytes(f->scratch, len + 1);

    if (at == NULL)
        return value_none();
    for (size_t i = 0; i < len; i++)
        at[i] = i >= s.len ? '=' : s.ptr[i] == '-' ? '+' : s.ptr[i] == '_' ? '/' : s.ptr[i];
    return base64_decode(f, span_of(at, len));
}

/* Castagnoli's polynomial (RFC 3720 12.1), a bit at a time: it is rarely asked for. */
static uint32_t crc32c(struct span s)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < s.len; i++) {
        crc ^= (unsigned char)s.ptr[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static struct value hmac(struct facts *f, struct span s, const struct conversion *c)
{
    char name[32];
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (c->text.len >= sizeof(name))
        return value_none();
    memcpy(name, c->text.ptr, c->text.len);
    name[c->text.len] = '\0';
    const EVP_MD *md = EVP_get_digestbyname(name);
    if (md == NULL ||
        HMAC(md, c->text2.ptr, (int)c->text2.len, (const unsigned char *)s.ptr, s.len, out, &len) == NULL)
        return value_none();
    return value_binary(scratch_span(f->scratch, span_of((const char *)out, len)));
}

static struct value classic(uint32_t hash, const struct conversion *c)
{
    return value_int(c->number == 1 ? classic_avalanche(hash) : hash);
}

struct value convert_hash(struct facts *f, struct value v, const struct conversion *c)
{
    struct span s = v.as.text;

    switch ((unsigned)c->kind) {
    case CONVERT_BASE64:
        return base64(f, s);
    case CONVERT_BASE64_DECODE:
        return base64_decode(f, s);
    case CONVERT_BASE64_URL:
        return base64_url(f, s);
    case CONVERT_BASE64_URL_DECODE:
        return base64_url_decode(f, s);
    case CONVERT_CRC32C:
        return classic(crc32c(s), c);
    case CONVERT_HMAC:
        return hmac(f, s, c);
    case CONVERT_CRC32:
        return classic(classic_crc32(s), c);
    case CONVERT_DJB2:
        return classic(classic_djb2(s), c);
    case CONVERT_SDBM:
        return classic(classic_sdbm(s), c);
    case CONVERT_WT6:
        return classic(classic_wt6(s), c);
    case CONVERT_XXH32:
        return value_int(classic_xxh32(s, (uint32_t)c->number));
    case CONVERT_XXH64:
        return value_int((int64_t)classic_xxh64(s, (uint64_t)c->number));
    case CONVERT_SHA1:
        return digest(f, s, EVP_sha1());
    case CONVERT_SHA2:
        return digest(f, s, sha2(c->number));
    default: /* CONVERT_MD5 */
        return digest(f, s, EVP_md5());
    }
}
