/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/trailers.h"

#include <string.h>

#include "wire/message.h"

#define ROOM_LEAST 256

/* They may come a byte at a time: room is doubled, so that copying stays cheap. */
static bool make_room(struct trailers *t, struct scratch *from, size_t more)
{
    size_t room = t->room ? t->room : ROOM_LEAST;

    if (t->len + more <= t->room)
        return true;
    while (room < t->len + more)
        room *= 2;
    char *bytes = scratch_bytes(from, room);
    if (bytes == NULL)
        return false;
    if (t->len)
        memcpy(bytes, t->lines, t->len);
    t->lines = bytes;
    t->room = (uint32_t)room;
    return true;
}

bool trailers_add(struct trailers *t, struct scratch *from, struct span more)
{
    if (!make_room(t, from, more.len)) {
        *t = (struct trailers){ 0 };
        return false;
    }
    memcpy(t->lines + t->len, more.ptr, more.len);
    t->len += (uint32_t)more.len;
    return true;
}

/* RFC 9110 6.5.1: framing, routing, and what says how the content is to be read, belongs into heads. */
static bool is_allowed(struct span name)
{
    switch ((unsigned)field_id_of(name)) {
    case FIELD_HOST:
    case FIELD_CONNECTION:
    case FIELD_KEEP_ALIVE:
    case FIELD_PROXY_CONNECTION:
    case FIELD_CONTENT_LENGTH:
    case FIELD_TRANSFER_ENCODING:
    case FIELD_TE:
    case FIELD_TRAILER:
    case FIELD_UPGRADE:
    case FIELD_EXPECT:
    case FIELD_COOKIE:
    case FIELD_SET_COOKIE:
    case FIELD_CONTENT_TYPE:
    case FIELD_CONTENT_ENCODING:
    case FIELD_CONTENT_RANGE:
        return false;
    default:
        return true;
    }
}

struct span trailers_judge(struct trailers *t)
{
    struct span lines = span_of(t->lines, t->len);
    char *at = t->lines;

    while (lines.len) {
        size_t len = span_find_char(lines, '\n');
        if (len == SPAN_NONE) /* cannot be: the decoder saw the end */
            break;
        struct span line = span_first(lines, len + 1), name = line;
        lines = span_from_index(lines, len + 1);
        name.len = span_find_char(line, ':');
        if (name.len == SPAN_NONE || !is_allowed(name))
            continue;
        memmove(at, line.ptr, line.len);
        at += line.len;
    }
    t->len = (uint32_t)(at - t->lines);
    return span_of(t->lines, t->len);
}
