/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parsed head as one line of text, so that a case of the h1 tests is bytes in
 * and a line out. Also the two ways to feed a parser: all at once, and growing
 * by one byte in a buffer of exactly that size, where a sanitizer sees any read
 * beyond.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/h1.h"

#define FIELDS_ROOM 1024

struct parsed {
    enum h1_result result;
    struct h1_scan scan;
    struct message m;
    size_t head_len;
    struct field storage[FIELDS_ROOM];
};

/* <how> is the request's method for a response, METHOD_OTHER + 1000 for a request. */
enum { AS_REQUEST = 1000 };

static inline void parse_once(struct span bytes, const struct h1_limits *limits, unsigned how,
                              struct parsed *p)
{
    message_init(&p->m, p->storage, FIELDS_ROOM);
    p->result = how == AS_REQUEST
                    ? h1_parse_request(bytes, limits, &p->scan, &p->m, &p->head_len)
                    : h1_parse_response(bytes, limits, (enum method)how, &p->scan, &p->m, &p->head_len);
}

static inline void parse_whole(struct span bytes, const struct h1_limits *limits, unsigned how,
                               struct parsed *p)
{
    p->scan = (struct h1_scan){ 0 };
    parse_once(bytes, limits, how, p);
}

/* So that what a call left on the stack cannot help the next one. */
__attribute__((noinline, unused)) static void scrub_stack(void)
{
    volatile char old[16384];
    for (size_t i = 0; i < sizeof(old); i++)
        old[i] = (char)0xa5;
}

/* Bytes come <step> at a time; returns how many were there when the parser had made up its mind. */
static inline size_t parse_dripping(struct span bytes, size_t step, const struct h1_limits *limits,
                                    unsigned how, struct parsed *p)
{
    p->scan = (struct h1_scan){ 0 };
    size_t have = 0;
    do {
        have = have + step < bytes.len ? have + step : bytes.len;
        char *copy = malloc(have);
        memcpy(copy, bytes.ptr, have);
        scrub_stack();
        parse_once(span_of(copy, have), limits, how, p);
        free(copy);
    } while (p->result == H1_MORE && have < bytes.len);
    return have;
}

static inline const char *framing_text(const struct message *m, char room[static 32])
{
    static const char *const names[] = { [FRAMING_NONE] = "none",
                                         [FRAMING_CHUNKED] = "chunked",
                                         [FRAMING_CLOSE] = "until-close",
                                         [FRAMING_TUNNEL] = "tunnel" };
    if (m->framing != FRAMING_LENGTH)
        return names[m->framing];
    snprintf(room, 32, "length=%llu", (unsigned long long)m->body_length);
    return room;
}

/*
 * "GET target=/a?b path=/a query=b host=t none keep 1.1" or "200 reason=OK none
 * keep 1.1"; empty parts are left out, but for a query that is there.
 */
static inline void describe(const struct message *m, char *out, size_t room)
{
    char framing[32];
    struct {
        const char *name;
        struct span value;
    } parts[] = { { "target", m->target }, { "scheme", m->scheme }, { "authority", m->authority },
                  { "path", m->path },     { "query", m->query },   { "host", m->host },
                  { "reason", m->reason } };
    int at = m->is_request ? snprintf(out, room, "%.*s", SPAN_ARGS(m->method_text))
                           : snprintf(out, room, "%u", m->status);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (parts[i].value.len || (i == 4 && parts[i].value.ptr))
            at += snprintf(out + at, room - (size_t)at, " %s=%.*s", parts[i].name, SPAN_ARGS(parts[i].value));
    snprintf(out + at, room - (size_t)at, " %s %s%s%s%s %u.%u", framing_text(m, framing),
             m->keep_alive ? "keep" : "close", m->expect_continue ? " expect" : "",
             m->wants_upgrade ? " upgrade" : "", m->has_te_trailers ? " trailers" : "", m->major, m->minor);
}

/* "Host: t|X: 1*": every field, '*' for hop-by-hop, '-' for gone. */
static inline void describe_fields(const struct message *m, char *out, size_t room)
{
    int at = 0;
    out[0] = '\0';
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++)
        at += snprintf(out + at, room - (size_t)at, "%s%.*s: %.*s%s%s", at ? "|" : "", SPAN_ARGS(f->name),
                       SPAN_ARGS(f->value), f->hop ? "*" : "", f->gone ? "-" : "");
}
