/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/client_hello.h"

#define RECORD_HANDSHAKE 22
#define RECORD_MAX       16384 /* RFC 8446 5.1 */
#define CLIENT_HELLO     1
#define VERSION_TLS      3 /* the major one: SSL 3.0 to TLS 1.3 */

enum extension {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_ALPN = 16,
    EXTENSION_SUPPORTED_VERSIONS = 43,
};

/*
 * A cursor over the handshake bytes, which takes record heads out of the way.
 * Sticky: after <more> or <bad> every read gives zero. <left> is what the
 * enclosing length allows.
 */
struct hello {
    struct span bytes;
    size_t at;
    size_t record_left;
    size_t left;
    bool more, bad;
};

static bool ended(const struct hello *h)
{
    return h->more || h->bad;
}

/* What was not received reads as zeros, of which nothing follows. */
static void refuse_if(struct hello *h, bool wrong)
{
    if (wrong && !h->more)
        h->bad = true;
}

static uint8_t raw(struct hello *h)
{
    if (h->at >= h->bytes.len)
        h->more = true;
    return ended(h) ? 0 : (uint8_t)h->bytes.ptr[h->at++];
}

/* type, version, length (RFC 8446 5.1); an empty handshake record is not allowed. */
static uint16_t record_open(struct hello *h)
{
    refuse_if(h, raw(h) != RECORD_HANDSHAKE);
    uint8_t major = raw(h);
    refuse_if(h, major != VERSION_TLS);
    uint8_t minor = raw(h);
    size_t high = raw(h);
    h->record_left = high << 8 | raw(h);
    refuse_if(h, h->record_left == 0 || h->record_left > RECORD_MAX);
    return (uint16_t)(major << 8 | minor);
}

static uint8_t u8(struct hello *h)
{
    refuse_if(h, h->left == 0);
    if (h->record_left == 0 && !ended(h))
        record_open(h);
    uint8_t byte = raw(h);
    if (ended(h))
        return 0;
    h->left--;
    h->record_left--;
    return byte;
}

static uint16_t u16(struct hello *h)
{
    unsigned high = u8(h), low = u8(h);
    return ended(h) ? 0 : (uint16_t)(high << 8 | low);
}

static void skip(struct hello *h, size_t len)
{
    refuse_if(h, len > h->left);
    while (len && !ended(h)) {
        if (h->record_left == 0)
            record_open(h);
        size_t here = len < h->record_left ? len : h->record_left;
        if (here > h->bytes.len - h->at)
            h->more = true;
        if (ended(h))
            return;
        h->at += here;
        h->record_left -= here;
        h->left -= here;
        len -= here;
    }
}

/*
 * Narrows the cursor to <len> bytes and returns what is outside, for leave. A
 * length over what is left is bad.
 */
static size_t enter(struct hello *h, size_t len)
{
    refuse_if(h, len > h->left);
    if (ended(h))
        len = 0;
    size_t outside = h->left - len;
    h->left = len;
    return outside;
}

/* Everything inside must have been read. */
static void leave(struct hello *h, size_t outside)
{
    refuse_if(h, h->left != 0);
    h->left = outside;
}

/* ---- extensions ---- */

/* RFC 6066 3: one host_name; no other type was ever defined. */
static void server_name(struct hello *h, struct client_hello *out)
{
    size_t list = enter(h, u16(h));
    refuse_if(h, u8(h) != 0);
    size_t len = u16(h);
    refuse_if(h, len == 0 || len > CLIENT_HELLO_NAME_MAX);
    for (size_t i = 0; i < len && !ended(h); i++) {
        uint8_t c = u8(h);
        refuse_if(h, c <= ' ' || c >= 0x7f);
        out->name[i] = (char)c;
    }
    out->name_len = (uint8_t)len;
    leave(h, list);
}

/* RFC 7301 3.1: names of 1 to 255 bytes, at least one. */
static void alpn(struct hello *h, struct client_hello *out)
{
    size_t len = u16(h), end_of_name = 0;
    size_t list = enter(h, len);
    refuse_if(h, len == 0 || len > CLIENT_HELLO_ALPN_MAX);
    for (size_t i = 0; i < len && !ended(h); i++) {
        uint8_t byte = u8(h);
        out->alpn[i] = (char)byte;
        if (i == end_of_name) {
            end_of_name += (size_t)byte + 1;
            refuse_if(h, byte == 0 || end_of_name > len);
        }
    }
    out->alpn_len = (uint8_t)len;
    leave(h, list);
}

/* RFC 8701: 0x0a0a, 0x1a1a ... are there to be ignored. */
static bool is_grease(uint16_t v)
{
    return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static void supported_versions(struct hello *h, struct client_hello *out)
{
    size_t len = u8(h);
    size_t list = enter(h, len);
    refuse_if(h, len == 0 || len % 2);
    while (h->left && !ended(h)) {
        uint16_t version = u16(h);
        if (!ended(h) && !is_grease(version) && out->version_count < CLIENT_HELLO_VERSIONS_MAX)
            out->versions[out->version_count++] = version;
    }
    leave(h, list);
}

static void once(struct hello *h, bool *seen)
{
    refuse_if(h, *seen);
    *seen = true;
}

struct seen {
    bool name, alpn, versions;
};

static void extension(struct hello *h, struct seen *seen, struct client_hello *out)
{
    uint16_t type = u16(h);
    size_t outside = enter(h, u16(h));
    switch (type) {
    case EXTENSION_SERVER_NAME:
        once(h, &seen->name);
        server_name(h, out);
        break;
    case EXTENSION_ALPN:
        once(h, &seen->alpn);
        alpn(h, out);
        break;
    case EXTENSION_SUPPORTED_VERSIONS:
        once(h, &seen->versions);
        supported_versions(h, out);
        break;
    default:
        skip(h, h->left);
    }
    leave(h, outside);
}

/* ---- the message (RFC 8446 4.1.2) ---- */

static void message(struct hello *h, struct client_hello *out)
{
    struct seen seen = { 0 };
    out->legacy_version = u16(h);
    refuse_if(h, out->legacy_version >> 8 != VERSION_TLS);
    skip(h, 32);     /* random */
    skip(h, u8(h));  /* session id */
    skip(h, u16(h)); /* cipher suites */
    skip(h, u8(h));  /* compression methods */
    if (h->left == 0)
        return; /* TLS 1.2 and older may have no extensions */
    size_t outside = enter(h, u16(h));
    while (h->left && !ended(h))
        extension(h, &seen, out);
    leave(h, outside);
}

enum client_hello_result client_hello_parse(struct span bytes, struct client_hello *out)
{
    struct hello h = { .bytes = bytes, .left = 4 };
    memset(out, 0, sizeof(*out));
    out->record_version = record_open(&h);
    refuse_if(&h, u8(&h) != CLIENT_HELLO);
    refuse_if(&h, u8(&h) != 0); /* over 64 KB: more than anybody needs */
    h.left = u16(&h);
    if (!ended(&h))
        message(&h, out);
    leave(&h, 0);
    if (h.bad)
        return CLIENT_HELLO_BAD;
    return h.more ? CLIENT_HELLO_MORE : CLIENT_HELLO_DONE;
}

bool client_hello_alpn(const struct client_hello *h, size_t *at, struct span *protocol)
{
    if (*at >= h->alpn_len)
        return false;
    *protocol = span_of(h->alpn + *at + 1, (uint8_t)h->alpn[*at]);
    *at += protocol->len + 1;
    return true;
}

uint16_t client_hello_version(const struct client_hello *h)
{
    uint16_t highest = 0;
    for (size_t i = 0; i < h->version_count; i++)
        highest = h->versions[i] > highest ? h->versions[i] : highest;
    return highest ? highest : h->legacy_version;
}
