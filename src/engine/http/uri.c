/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/uri.h"

#include <stdint.h>

#include "base/macros.h"
#include "base/scratch.h"

bool uri_is_plain(struct span path, bool merge)
{
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (LIKELY(c > '/'))
            continue;
        char after = i + 1 < path.len ? path.ptr[i + 1] : 0;
        if (c == '%' || (c == '/' && (after == '.' || (merge && after == '/'))))
            return false;
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte of <path>, decoded; -1: a bad escape, or a NUL. */
static int next_byte(struct span path, size_t *at)
{
    char c = path.ptr[(*at)++];

    if (c != '%')
        return (unsigned char)c;
    if (path.len - *at < 2)
        return -1;
    int high = hex_value(path.ptr[*at]), low = hex_value(path.ptr[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 || high + low == 0 ? -1 : high * 16 + low;
}

/* The path that was put together so far, and the segment at its end. */
struct normal {
    char *out;
    size_t len;
    size_t segment; /* where the last one begins: behind a slash */
};

static void segment_pop(struct normal *n)
{
    n->len = n->segment - 1; /* on the slash before it */
    while (n->len && n->out[n->len - 1] != '/')
        n->len--;
    n->segment = n->len;
}

/* A segment has ended. false: it leads above the root. */
static bool segment_end(struct normal *n)
{
    size_t len = n->len - n->segment;
    const char *s = n->out + n->segment;

    if (len == 1 && s[0] == '.') {
        n->len = n->segment;
    } else if (len == 2 && s[0] == '.' && s[1] == '.') {
        if (n->segment <= 1)
            return false;
        segment_pop(n);
    }
    return true;
}

static bool put_slash(struct normal *n, bool merge)
{
    size_t before = n->len;

    if (n->len && !segment_end(n))
        return false;
    bool vanished = n->len < before; /* a dot segment: its slash is there already */
    if (!vanished && !(merge && n->len && n->out[n->len - 1] == '/'))
        n->out[n->len++] = '/';
    n->segment = n->len;
    return true;
}

bool uri_normalize(struct scratch *scratch, struct span path, bool merge, struct span *out)
{
    *out = path;
    if (uri_is_plain(path, merge))
        return true;
    struct normal n = { .out = scratch_bytes(scratch, path.len) };
    if (!n.out)
        return false;
    for (size_t at = 0; at < path.len;) {
        int c = next_byte(path, &at);
        if (c < 0 || (c == '/' && !put_slash(&n, merge)))
            return false;
        if (c != '/')
            n.out[n.len++] = (char)c;
    }
    if (!segment_end(&n))
        return false;
    *out = span_of(n.out, n.len);
    return true;
}

/* What nginx escapes in a path that it made itself. */
static bool is_escaped(unsigned char c)
{
    static const char others[] = " \"#%<>?\\^`{|}";

    return c < 0x20 || c >= 0x7f || (c && strchr(others, c));
}

bool uri_escape(struct scratch *scratch, struct span path, struct span *out)
{
    size_t count = 0;

    *out = path;
    for (size_t i = 0; i < path.len; i++)
        count += is_escaped((unsigned char)path.ptr[i]);
    if (count == 0)
        return true;
    char *to = scratch_bytes(scratch, path.len + 2 * count);
    if (!to)
        return false;
    *out = span_of(to, path.len + 2 * count);
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (!is_escaped(c)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = "0123456789ABCDEF"[c >> 4];
        *to++ = "0123456789ABCDEF"[c & 15];
    }
    return true;
}

bool uri_replace_prefix(struct scratch *scratch, struct span path, struct span prefix, struct span with,
                        struct span *out)
{
    *out = scratch_join(scratch, with, span_from_index(path, prefix.len));
    return out->ptr != NULL;
}
