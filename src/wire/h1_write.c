/* SPDX-License-Identifier: Apache-2.0 */
/* Writing HTTP/1 heads and chunk sizes: copies, no judgement. */
#include "wire/h1.h"

/* Appends without a look at the room: the caller has counted. */
static char *put(char *at, struct span text)
{
    if (text.len)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

static char *put_version(char *at, unsigned minor)
{
    at = put(at, SPAN("HTTP/1."));
    *at = minor ? '1' : '0';
    return at + 1;
}

size_t h1_write_request_line(char *out, size_t room, struct span method, struct span target, unsigned minor)
{
    size_t need = method.len + 1 + target.len + 1 + strlen("HTTP/1.1\r\n");
    if (room < need)
        return 0;
    char *at = put(out, method);
    *at++ = ' ';
    at = put(at, target);
    *at++ = ' ';
    at = put_version(at, minor);
    put(at, SPAN("\r\n"));
    return need;
}

size_t h1_write_status_line(char *out, size_t room, unsigned minor, unsigned status, struct span reason)
{
    size_t need = strlen("HTTP/1.1 200 ") + reason.len + strlen("\r\n");
    if (room < need)
        return 0;
    BUG_ON(status < 100 || status > 999);
    char *at = put_version(out, minor);
    *at++ = ' ';
    *at++ = (char)('0' + status / 100);
    *at++ = (char)('0' + status / 10 % 10);
    *at++ = (char)('0' + status % 10);
    *at++ = ' '; /* RFC 9112 4: there even when the phrase is empty */
    at = put(at, reason);
    put(at, SPAN("\r\n"));
    return need;
}

size_t h1_write_field(char *out, size_t room, struct span name, struct span value)
{
    size_t need = name.len + strlen(": ") + value.len + strlen("\r\n");
    if (room < need)
        return 0;
    char *at = put(out, name);
    at = put(at, SPAN(": "));
    at = put(at, value);
    put(at, SPAN("\r\n"));
    return need;
}

static bool is_forwarded(const struct field *f)
{
    return !f->gone && !f->hop && f->id != FIELD_CONTENT_LENGTH && f->id != FIELD_TRANSFER_ENCODING;
}

bool h1_write_fields(char *out, size_t room, const struct message *m, size_t *written)
{
    size_t used = 0;
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++) {
        if (!is_forwarded(f))
            continue;
        size_t wrote = h1_write_field(out + used, room - used, f->name, f->value);
        if (wrote == 0)
            return false;
        used += wrote;
    }
    *written = used;
    return true;
}

size_t h1_write_chunk_head(char *out, uint64_t len)
{
    unsigned digits = len ? (unsigned)(67 - __builtin_clzll(len)) / 4 : 1;
    for (unsigned i = digits; i-- > 0; len >>= 4)
        out[i] = "0123456789abcdef"[len & 15];
    out[digits] = '\r';
    out[digits + 1] = '\n';
    return digits + 2;
}
