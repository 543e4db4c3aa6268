/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP message head, whatever the version that carried it: HTTP/1 and
 * HTTP/2 meet here, and routing, expressions and logs never ask for the version.
 * RFC 9110. Everything is spans: into the bytes that were received (which the
 * stream keeps until it ends) or into the stream's arena (edited fields).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

enum method {
    METHOD_OTHER,
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_CONNECT,
    METHOD_TRACE,
    METHOD_PATCH,
};

/* Fields that the program itself reads; everything else is FIELD_OTHER. */
enum field_id {
    FIELD_OTHER,
    FIELD_HOST,
    FIELD_CONNECTION,
    FIELD_KEEP_ALIVE,
    FIELD_PROXY_CONNECTION,
    FIELD_CONTENT_LENGTH,
    FIELD_TRANSFER_ENCODING,
    FIELD_TE,
    FIELD_TRAILER,
    FIELD_UPGRADE,
    FIELD_EXPECT,
    FIELD_DATE,
    FIELD_SERVER,
    FIELD_LOCATION,
    FIELD_COOKIE,
    FIELD_SET_COOKIE,
    FIELD_CONTENT_TYPE,
    FIELD_CONTENT_ENCODING,
    FIELD_CONTENT_RANGE,
    FIELD_ACCEPT_ENCODING,
    FIELD_ACCEPT_RANGES,
    FIELD_RANGE,
    FIELD_IF_RANGE,
    FIELD_IF_MODIFIED_SINCE,
    FIELD_IF_UNMODIFIED_SINCE,
    FIELD_IF_NONE_MATCH,
    FIELD_IF_MATCH,
    FIELD_LAST_MODIFIED,
    FIELD_ETAG,
    FIELD_CACHE_CONTROL,
    FIELD_EXPIRES,
    FIELD_PRAGMA,
    FIELD_VARY,
    FIELD_AUTHORIZATION,
    FIELD_WWW_AUTHENTICATE,
    FIELD_REFERER,
    FIELD_USER_AGENT,
    FIELD_X_FORWARDED_FOR,
    FIELD_X_REAL_IP,
    FIELD_X_ACCEL_REDIRECT,
    FIELD_X_ACCEL_BUFFERING,
    FIELD_ID_COUNT
};

/* How long the body is and how it is framed (RFC 9112 6.3). */
enum framing {
    FRAMING_NONE,    /* there is no body */
    FRAMING_LENGTH,  /* <body_length> bytes */
    FRAMING_CHUNKED, /* chunks, or HTTP/2 frames: the length is not known before */
    FRAMING_CLOSE,   /* responses only: until the connection ends */
    FRAMING_TUNNEL,  /* after 101 or a 2xx to CONNECT: bytes both ways until close */
};

struct field {
    struct span name;  /* as written; compare without case */
    struct span value; /* without blanks at both ends */
    uint8_t id;        /* enum field_id */
    uint8_t hop;       /* hop-by-hop: Connection itself, what it names, Keep-Alive, TE, Upgrade ... */
    uint8_t gone;      /* removed by an edit; skipped everywhere */
};

#define MESSAGE_FIELDS_MAX 1024 /* hard ceiling; the configured limit is lower */

struct message {
    bool is_request;
    uint8_t major, minor; /* 1.0, 1.1, 2.0 */

    /* request */
    enum method method;
    struct span method_text;
    struct span target;    /* as written */
    struct span scheme;    /* of an absolute target or HTTP/2; else empty */
    struct span authority; /* of an absolute target, CONNECT or HTTP/2; else empty */
    struct span path;      /* "/a/b", without query; "*" for OPTIONS *; empty for CONNECT */
    struct span query;     /* after '?', without it; ptr NULL when there is no '?' */
    struct span
        host; /* the effective host with its port: authority before Host (RFC 9112 3.2.2); empty if none */
    bool host_is_plain; /* it has no port, and nothing but a-z, 0-9, '-' and '.' (false: who knows) */

    /* response */
    uint16_t status;
    struct span reason;

    enum framing framing;
    uint64_t body_length; /* for FRAMING_LENGTH */
    bool keep_alive;      /* the sender says the connection may serve another message */
    bool expect_continue; /* Expect: 100-continue, HTTP/1.1 */
    bool wants_upgrade;   /* Upgrade with Connection: upgrade */
    bool has_te_trailers;

    struct field *fields; /* storage is the owner's */
    uint16_t field_count, field_room;
    /* Index + 1 of the first field with this id; 0 = none. Kept true by message_* and h1_parse. */
    uint16_t first[FIELD_ID_COUNT];
};

/* Empties <m> and gives it storage for <room> fields. Does not clear the storage. */
void message_init(struct message *m, struct field *storage, uint16_t room);

/* The first field of that id or name that is not gone; NULL when there is none. */
const struct field *message_find(const struct message *m, enum field_id id);
const struct field *message_find_name(const struct message *m, struct span name);
/* The next after <f> with the same name. */
const struct field *message_next(const struct message *m, const struct field *f);

/* Appends; false when the storage is full. Spans are borrowed. */
MUST_USE bool message_add(struct message *m, struct span name, struct span value);
/* Marks all fields of that name as gone; how many there were. */
unsigned message_remove(struct message *m, struct span name);
unsigned message_remove_id(struct message *m, enum field_id id);
/* Marks this one, which is <m>'s, as gone. */
void message_drop(struct message *m, const struct field *f);

enum field_id field_id_of(struct span name);
/* Hop-by-hop whatever Connection says (RFC 9110 7.6.1). */
#define FIELD_IDS_HOP                                                                                        \
    (UINT64_C(1) << FIELD_CONNECTION | UINT64_C(1) << FIELD_KEEP_ALIVE |                                     \
     UINT64_C(1) << FIELD_PROXY_CONNECTION | UINT64_C(1) << FIELD_TE |                                       \
     UINT64_C(1) << FIELD_TRANSFER_ENCODING | UINT64_C(1) << FIELD_UPGRADE)
_Static_assert(FIELD_ID_COUNT <= 64, "a bit for each id");
static inline bool field_id_is_hop(enum field_id id)
{
    return FIELD_IDS_HOP >> id & 1;
}
/*
 * May this go on the wire as a field's name or value? For what an edit made:
 * a value with CR, LF or another control byte would let a client write fields
 * of its own. A value has no blanks at its ends.
 */
bool field_name_is_valid(struct span name);
bool field_value_is_valid(struct span value);
enum method method_of(struct span text);
struct span method_name(enum method m);
/* "Not Found"; "" for codes without a registered phrase. */
struct span status_reason(unsigned status);
/* One member of a comma list (RFC 9110 5.6.1), quotes respected, blanks trimmed, empty ones skipped; false at
 * the end. */
bool list_member(struct span *list, struct span *member);
/* Does a comma list hold this token, without case? */
bool list_has_token(struct span list, struct span token);
/* The value of <name> in a Cookie field ("a=1; b=2"); false when absent. */
bool cookie_find(struct span cookies, struct span name, struct span *value);
