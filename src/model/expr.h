/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions: nginx's variables and HAProxy's fetches and converters are the
 * same thing, a list of parts. eval/ computes them; a dialect only compiles
 * text to them. What can be fetched is one vocabulary for all languages: the
 * dialects keep the table from their words to these names.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/span.h"
#include "model/list_of.h"
#include "model/value.h"

/* Where a fetch can be asked for; an expression's <needs> is the union of its parts'. */
enum needs {
    NEEDS_NOTHING = 0,
    NEEDS_CLIENT = 1 << 0,   /* a connection */
    NEEDS_BYTES = 1 << 1,    /* the first bytes of a TCP session */
    NEEDS_REQUEST = 1 << 2,  /* the request's head */
    NEEDS_BODY = 1 << 3,     /* the request's body, as far as buffered */
    NEEDS_SERVER = 1 << 4,   /* a server was picked */
    NEEDS_RESPONSE = 1 << 5, /* the response's head */
    NEEDS_END = 1 << 6,      /* the end of the stream: times, bytes, codes (logs) */
};

/*
 * X(NAME, type, needs): the vocabulary. Add at the end of a group; eval/fetch.c
 * has one row each. <arg> is a name (field, cookie, query parameter, slot).
 */
#define FETCH_LIST(X)                                                                                        \
    /* constants and the process */                                                                          \
    X(TRUE, BOOL, NOTHING)                                                                                   \
    X(FALSE, BOOL, NOTHING)                                                                                  \
    X(NUMBER, INT, NOTHING) /* <number> */                                                                   \
    X(HOSTNAME, TEXT, NOTHING)                                                                               \
    X(PID, INT, NOTHING)                                                                                     \
    X(VERSION, TEXT, NOTHING)                                                                                \
    X(ENV, TEXT, NOTHING)                                                                                    \
    X(RANDOM, INT, NOTHING)                                                                                  \
    X(UNIQUE_ID, TEXT, NOTHING)        /* 32 hex digits, one a request */                                    \
    X(DATE_S, INT, NOTHING)            /* seconds since 1970 */                                              \
    X(DATE_MS_FRACTION, TEXT, NOTHING) /* 1795348811.204 */                                                  \
    X(DATE_COMMON, TEXT, NOTHING)      /* 22/Nov/2026:12:00:31 +0000 */                                      \
    X(DATE_ISO, TEXT, NOTHING)                                                                               \
    X(PROCESS_CONNECTIONS, INT, NOTHING)                                                                     \
    /* the client's connection */                                                                            \
    X(CLIENT_IP, IP, CLIENT) /* after realip and PROXY */                                                    \
    X(CLIENT_PORT, INT, CLIENT)                                                                              \
    X(CLIENT_BINARY, BINARY, CLIENT) /* nginx $binary_remote_addr */                                         \
    X(PEER_IP, IP, CLIENT)           /* what the socket says */                                              \
    X(PEER_PORT, INT, CLIENT)                                                                                \
    X(LOCAL_IP, IP, CLIENT)                                                                                  \
    X(LOCAL_PORT, INT, CLIENT)                                                                               \
    X(PROXY_SOURCE_IP, IP, CLIENT) /* from a PROXY header */                                                 \
    X(PROXY_SOURCE_PORT, INT, CLIENT)                                                                        \
    X(PROXY_TARGET_IP, IP, CLIENT)                                                                           \
    X(PROXY_TARGET_PORT, INT, CLIENT)                                                                        \
    X(CONNECTION_SERIAL, INT, CLIENT)                                                                        \
    X(CONNECTION_REQUESTS, INT, CLIENT)                                                                      \
    X(CONNECTION_AGE, TEXT, CLIENT) /* seconds.milliseconds */                                               \
    X(LISTENER_NAME, TEXT, CLIENT)                                                                           \
    X(SERVICE_NAME, TEXT, CLIENT) /* frontend; nginx: the listener */                                        \
    X(SERVICE_ID, INT, CLIENT)                                                                               \
    X(SERVICE_CONNECTIONS, INT, CLIENT)                                                                      \
    X(SERVICE_SESSION_RATE, INT, CLIENT)                                                                     \
    X(TLS_USED, BOOL, CLIENT)                                                                                \
    X(TLS_VERSION, TEXT, CLIENT)                                                                             \
    X(TLS_CIPHER, TEXT, CLIENT)                                                                              \
    X(TLS_SNI, TEXT, CLIENT)                                                                                 \
    X(TLS_ALPN, TEXT, CLIENT)                                                                                \
    X(TLS_RESUMED, BOOL, CLIENT)                                                                             \
    X(TLS_CLIENT_VERIFY, TEXT, CLIENT)                                                                       \
    X(TLS_CLIENT_SUBJECT, TEXT, CLIENT)                                                                      \
    X(HELLO_SNI, TEXT, BYTES)                                                                                \
    X(HELLO_ALPN, TEXT, BYTES)                                                                               \
    X(HELLO_VERSION, TEXT, BYTES)                                                                            \
    X(HELLO_TYPE, INT, BYTES)                                                                                \
    X(BYTES_LEN, INT, BYTES)                                                                                 \
    X(BYTES_PAYLOAD, BINARY, BYTES)   /* <number> offset, <number2> length */                                \
    X(SESSION_PROTOCOL, TEXT, CLIENT) /* TCP or UDP */                                                       \
    /* the request */                                                                                        \
    X(METHOD, TEXT, REQUEST)                                                                                 \
    X(TARGET, TEXT, REQUEST) /* as received: nginx $request_uri, HAProxy url/capture.req.uri */              \
    X(PATH, TEXT, REQUEST)   /* without query, as received (HAProxy path) */                                 \
    X(PATH_AND_QUERY, TEXT, REQUEST)                                                                         \
    X(URI_NORMAL, TEXT, REQUEST)  /* decoded and normalized, current after rewrites: nginx $uri */           \
    X(QUERY, TEXT, REQUEST)       /* current: nginx $args */                                                 \
    X(QUERY_MARK, TEXT, REQUEST)  /* "?" or "": nginx $is_args */                                            \
    X(QUERY_PARAM, TEXT, REQUEST) /* <arg> */                                                                \
    X(SCHEME, TEXT, REQUEST)                                                                                 \
    X(HTTP_VERSION, TEXT, REQUEST) /* 1.1 */                                                                 \
    X(PROTOCOL, TEXT, REQUEST)     /* HTTP/1.1 */                                                            \
    X(REQUEST_LINE, TEXT, REQUEST)                                                                           \
    X(HOST_FIELD, TEXT, REQUEST)  /* with port, as received */                                               \
    X(HOST_NAME, TEXT, REQUEST)   /* nginx $host: lower case, no port, else the server's name */             \
    X(SERVER_NAME, TEXT, REQUEST) /* of the chosen virtual server */                                         \
    X(REQUEST_FIELD, TEXT,                                                                                   \
      REQUEST) /* <arg>; <number> occurrence, 0 = last as HAProxy's hdr, INT32_MIN = all joined by ", " */   \
    X(REQUEST_FIELD_COUNT, INT, REQUEST)                                                                     \
    X(REQUEST_COOKIE, TEXT, REQUEST)                                                                         \
    X(REQUEST_LENGTH, INT, REQUEST)       /* head and body as received */                                    \
    X(REQUEST_BODY_LENGTH, TEXT, REQUEST) /* of Content-Length */                                            \
    X(REQUEST_BODY, TEXT, BODY)                                                                              \
    X(AUTH_USER, TEXT, REQUEST)                                                                              \
    X(AUTH_PASSWORD, TEXT, REQUEST)                                                                          \
    X(FORWARDED_FOR_APPENDED, TEXT, REQUEST) /* nginx $proxy_add_x_forwarded_for */                          \
    X(DOCUMENT_ROOT, TEXT, REQUEST)                                                                          \
    X(REQUEST_FILENAME, TEXT, REQUEST)                                                                       \
    X(REQUEST_COMPLETE, TEXT, END)                                                                           \
    X(CAPTURE, TEXT, NOTHING) /* <number>: $1..$9 of the last regular expression */                          \
    X(CAPTURE_NAMED, TEXT, NOTHING)                                                                          \
    X(SLOT, TEXT, NOTHING)       /* <number>: a stream variable (set, set-var, captures) */                  \
    X(MAP, TEXT, NOTHING)        /* <map> on its own subject */                                              \
    X(PROXY_HOST, TEXT, REQUEST) /* nginx $proxy_host */                                                     \
    X(PROXY_PORT, TEXT, REQUEST)                                                                             \
    /* pools and servers */                                                                                  \
    X(POOL_NAME, TEXT, REQUEST)                                                                              \
    X(POOL_ID, INT, REQUEST)                                                                                 \
    X(SERVER_PICKED_NAME, TEXT, SERVER)                                                                      \
    X(SERVER_PICKED_ID, INT, SERVER)                                                                         \
    X(SERVER_ADDR, TEXT, SERVER) /* all tried: nginx $upstream_addr */                                       \
    X(SERVER_IP, IP, SERVER)                                                                                 \
    X(SERVER_PORT, INT, SERVER)                                                                              \
    X(SERVER_SOURCE_IP, IP, SERVER) /* our address towards the server */                                     \
    X(SERVER_SOURCE_PORT, INT, SERVER)                                                                       \
    X(POOL_USABLE, INT, NOTHING) /* nbsrv(<pool>) */                                                         \
    X(POOL_CONNECTIONS, INT, NOTHING)                                                                        \
    X(POOL_QUEUE, INT, NOTHING)                                                                              \
    X(POOL_RATE, INT, NOTHING)                                                                               \
    X(SERVER_CONNECTIONS, INT, NOTHING) /* <pool>, <server> */                                               \
    X(SERVER_IS_UP, BOOL, NOTHING)                                                                           \
    X(SERVER_QUEUE, INT, NOTHING)                                                                            \
    X(SERVER_WEIGHT, INT, NOTHING)                                                                           \
    /* the response */                                                                                       \
    X(STATUS, INT, RESPONSE)           /* as sent to the client */                                           \
    X(UPSTREAM_STATUS, TEXT, RESPONSE) /* all tried */                                                       \
    X(RESPONSE_FIELD, TEXT, RESPONSE)  /* from the server: res.hdr, $upstream_http_* */                      \
    X(RESPONSE_FIELD_COUNT, INT, RESPONSE)                                                                   \
    X(RESPONSE_COOKIE, TEXT, RESPONSE)                                                                       \
    X(SENT_FIELD, TEXT, RESPONSE) /* $sent_http_* */                                                         \
    X(RESPONSE_VERSION, TEXT, RESPONSE)                                                                      \
    /* the end of a stream: for logs */                                                                      \
    X(BYTES_SENT, INT, END) /* to the client, head and body */                                               \
    X(BODY_BYTES_SENT, INT, END)                                                                             \
    X(BYTES_RECEIVED, INT, END) /* from the client */                                                        \
    X(UPSTREAM_BYTES_SENT, TEXT, END)                                                                        \
    X(UPSTREAM_BYTES_RECEIVED, TEXT, END)                                                                    \
    X(TIME_REQUEST, TEXT, END) /* seconds.milliseconds: $request_time */                                     \
    X(TIME_SESSION, TEXT, END)                                                                               \
    X(TIME_UPSTREAM_CONNECT, TEXT, END)                                                                      \
    X(TIME_UPSTREAM_HEADER, TEXT, END)                                                                       \
    X(TIME_UPSTREAM_RESPONSE, TEXT, END)                                                                     \
    X(TIMER_HANDSHAKE, INT,                                                                                  \
      END) /* HAProxy's %Th %Ti %TR %Tw %Tc %Tr %Td %Ta %Tt %Tq, ms, -1 if not reached */                    \
    X(TIMER_IDLE, INT, END)                                                                                  \
    X(TIMER_REQUEST, INT, END)                                                                               \
    X(TIMER_QUEUE, INT, END)                                                                                 \
    X(TIMER_CONNECT, INT, END)                                                                               \
    X(TIMER_RESPONSE, INT, END)                                                                              \
    X(TIMER_DATA, INT, END)                                                                                  \
    X(TIMER_ACTIVE, INT, END)                                                                                \
    X(TIMER_TOTAL, INT, END)                                                                                 \
    X(TIMER_QUERY, INT, END)                                                                                 \
    X(DATE_ACCEPT, TEXT, END) /* 22/Nov/2026:12:00:31.204 */                                                 \
    X(DATE_REQUEST, TEXT, END)                                                                               \
    X(TERMINATION, TEXT, END)        /* two letters */                                                       \
    X(TERMINATION_COOKIE, TEXT, END) /* four letters: with the two for cookies */                            \
    X(LOG_PIPE, TEXT, END)           /* nginx $pipe: "p" pipelined or "." */                                 \
    X(COUNT_PROCESS, INT, END)       /* HAProxy's ac/fc/bc/sc/rc sq/bq */                                    \
    X(COUNT_SERVICE, INT, END)                                                                               \
    X(COUNT_POOL, INT, END)                                                                                  \
    X(COUNT_SERVER, INT, END)                                                                                \
    X(COUNT_RETRIES, TEXT, END) /* "+2" when redispatched */                                                 \
    X(QUEUE_SERVER, INT, END)                                                                                \
    X(QUEUE_POOL, INT, END)                                                                                  \
    X(CAPTURED_REQUEST, TEXT, END) /* "{a|b}" of all capture slots; empty when none */                       \
    X(CAPTURED_RESPONSE, TEXT, END)                                                                          \
    X(CAPTURED_COOKIE_REQUEST, TEXT, END)                                                                    \
    X(CAPTURED_COOKIE_RESPONSE, TEXT, END)                                                                   \
    X(STREAM_STATUS, INT, END) /* nginx stream $status: 200 400 403 500 502 503 */

enum fetch {
#define X(name, type, needs) FETCH_##name,
    FETCH_LIST(X)
#undef X
        FETCH_COUNT
};
const char *fetch_name(enum fetch f); /* "CLIENT_IP", for dumps and explain */
enum value_type fetch_type(enum fetch f);
uint32_t fetch_needs(enum fetch f); /* enum needs */

/* HAProxy's converters and what nginx's variables need of them; more join here. */
#define CONVERT_LIST(X)                                                                                      \
    X(LOWER)                                                                                                 \
    X(UPPER)                                                                                                 \
    X(LENGTH)                                                                                                \
    X(FIELD) X(WORD) X(REGSUB) X(URL_DECODE) X(URL_ENCODE) X(HOST_ONLY) X(PORT_ONLY) X(IP_MASK) X(HEX)       \
        X(BASE64) X(BASE64_DECODE) X(MAP) X(ADD) X(SUB) X(MUL) X(DIV) X(MOD) X(NEG) X(NOT) X(BOOL) X(AND)    \
            X(OR) X(XOR) X(CONCAT) X(JSON) X(CRC32) X(DJB2) X(SDBM) X(WT6) X(XXH32) X(XXH64) X(SHA1) X(SHA2) \
                X(MD5) X(IN_TABLE) X(DEFAULT) X(BYTES) X(LTRIM) X(RTRIM) X(STRCMP) X(TO_TEXT) X(TO_INT)      \
                    X(TO_IP) X(UTIME) X(LTIME) X(HTTP_DATE) X(QUERY_PARAM) X(EVEN) X(ODD)
enum convert {
#define X(name) CONVERT_##name,
    CONVERT_LIST(X)
#undef X
        CONVERT_COUNT
};
const char *convert_name(enum convert c);

struct regex;  /* model/regex.h */
struct lookup; /* model/lookup.h: nginx map, HAProxy map files, geo */
struct pool;
struct server;

struct conversion {
    enum convert kind;
    int64_t number, number2;
    struct span text, text2;
    const struct regex *regex;
    const struct lookup *lookup;
};

enum expr_escape {
    ESCAPE_NONE,
    ESCAPE_NGINX_LOG, /* control, '"', '\\' and >= 0x7f as \xHH; empty as "-" */
    ESCAPE_NGINX_JSON,
    ESCAPE_HAPROXY_LOG,   /* control, '"', '{', '|', '}' and >= 0x7f as #HH */
    ESCAPE_HAPROXY_QUOTE, /* +Q */
    ESCAPE_JSON,
};

enum part_kind { PART_TEXT, PART_FETCH };
struct expr_part {
    enum part_kind kind;
    enum fetch fetch;
    enum expr_escape escape;
    bool dash;        /* "-" when there is no value, or an empty one (logs) */
    struct span text; /* PART_TEXT, or the fetch's <arg> */
    int32_t number, number2;
    const struct lookup *lookup; /* FETCH_MAP */
    const struct pool *pool;     /* POOL_*, SERVER_*: NULL = the stream's own */
    const struct server *server;
    LIST_OF(struct conversion) conversions;
    struct where at;
};
/* One part keeps its type; several are joined as text. */
struct expr {
    LIST_OF(struct expr_part) parts;
    enum value_type type;
    uint32_t needs;
    struct span source; /* as written, for explain and dumps */
    struct where at;
    struct span constant; /* when every part is text: all of it; else ptr NULL */
};
/* Computes type, needs and constant once the parts are there. */
struct arena;
void expr_finish(struct arena *a, struct expr *e);
struct expr *expr_text(struct arena *a, struct span text);
struct expr *expr_fetch(struct arena *a, enum fetch f, struct span arg);

/* ---- conditions ---- */

enum match {
    MATCH_FOUND, /* there is a value */
    MATCH_BOOL,  /* true, non-zero; nginx `if ($x)`: not empty and not "0" */
    MATCH_INT,   /* ranges */
    MATCH_IP,    /* networks */
    MATCH_EXACT, /* text equal; sets are hashed */
    MATCH_BEGIN,
    MATCH_END,
    MATCH_SUB,
    MATCH_DIR, /* between slashes */
    MATCH_DOM, /* between dots */
    MATCH_LEN,
    MATCH_BIN,
    MATCH_REGEX,
    MATCH_FILE, /* nginx if -f, -d, -e, -x: <text> holds the letter */
};
struct int_range {
    int64_t low, high; /* inclusive; INT64_MIN / INT64_MAX are open ends */
};
struct map; /* base/map.h */
struct test {
    const struct expr *subject;
    enum match how;
    bool nocase;
    bool negate; /* nginx !=, !~ ; HAProxy's "!" is the term's */
    LIST_OF(struct span) texts;
    const struct map *exact; /* MATCH_EXACT with more than a few texts */
    LIST_OF(struct int_range) ranges;
    LIST_OF(struct network) networks;
    LIST_OF(const struct regex *) regexes;
    struct span source;
    struct where at;
};
/* A named or anonymous ACL: true when any of its tests is. */
struct acl {
    struct span name; /* empty when anonymous */
    LIST_OF(struct test) tests;
    uint32_t needs;
    struct where at;
};
struct term {
    const struct acl *acl;
    bool negate;
};
/* "a b || !c": any group whose terms all hold; <negate> for `unless`. */
struct group {
    LIST_OF(struct term) terms;
};
struct cond {
    LIST_OF(struct group) groups;
    bool negate;
    uint32_t needs;
    struct span source;
    struct where at;
};
