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
    /* who the request says it is from, against hashes of passwords: slow to compute */
    NEEDS_PASSWORD = 1 << 7 | NEEDS_REQUEST,
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
    X(UUID, TEXT, NOTHING)                                                                                   \
    X(DATE_US, INT, NOTHING)       /* microseconds of the second */                                          \
    X(DATE_WHOLE_US, INT, NOTHING) /* microseconds since 1970 */                                             \
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
    X(REQUEST_SERIAL, INT, CLIENT) /* requests and sessions of this process, counted from 0 (%rt) */         \
    X(CONNECTION_REQUESTS, INT, CLIENT)                                                                      \
    X(CONNECTION_AGE, TEXT, CLIENT) /* seconds.milliseconds */                                               \
    X(LISTENER_NAME, TEXT, CLIENT)                                                                           \
    X(SERVICE_NAME, TEXT, CLIENT)        /* frontend; nginx: the listener */                                 \
    X(SERVICE_NAME_MARKED, TEXT, CLIENT) /* with "~" behind it when the client's side has TLS: %ft */        \
    X(SERVICE_ID, INT, CLIENT)                                                                               \
    X(SERVICE_CONNECTIONS, INT, CLIENT)                                                                      \
    X(SERVICE_SESSION_RATE, INT, CLIENT)                                                                     \
    X(SERVICE_REQUEST_RATE, INT, CLIENT)                                                                     \
    X(TLS_USED, BOOL, CLIENT)                                                                                \
    X(TLS_VERSION, TEXT, CLIENT)                                                                             \
    X(TLS_CIPHER, TEXT, CLIENT)                                                                              \
    X(TLS_SNI, TEXT, CLIENT)                                                                                 \
    X(TLS_ALPN, TEXT, CLIENT)                                                                                \
    X(TLS_RESUMED, BOOL, CLIENT) /* <number> 1: "r" or ".", as nginx tells it */                             \
    X(TLS_MISSING, BOOL, CLIENT) /* a plain connection on a listener of TLS */                               \
    X(TLS_SAME, BOOL, CLIENT)    /* the handshake was by tls_server <number>'s certificates */               \
    X(TLS_CIPHER_BITS, INT, CLIENT)                                                                          \
    X(TLS_GROUP, TEXT, CLIENT)                                                                               \
    X(TLS_SESSION_ID, BINARY, CLIENT)  /* <number> 1: in hexadecimal digits */                               \
    X(TLS_CLIENT_USED, BOOL, CLIENT)   /* it showed a certificate */                                         \
    X(TLS_CLIENT_ERROR, INT, CLIENT)   /* X509_V_ERR_*; 0: none, or no certificate */                        \
    X(TLS_CLIENT_VERIFY, TEXT, CLIENT) /* "SUCCESS", "FAILED:reason", "NONE" */                              \
    X(TLS_CLIENT_PART, TEXT, CLIENT)   /* <number> enum tls_part */                                          \
    X(TLS_CLIENT_DER, BINARY, CLIENT)  /* or <number> TLS_SHOWN_SERIAL, TLS_SHOWN_FINGERPRINT, as bytes */   \
    X(CONNECTION_ERROR, TEXT, CLIENT)  /* why it failed before anything was spoken */                        \
    X(HELLO_SNI, TEXT, BYTES)                                                                                \
    X(HELLO_ALPN, TEXT, BYTES)                                                                               \
    X(HELLO_VERSION, TEXT, BYTES)                                                                            \
    X(HELLO_TYPE, INT, BYTES)                                                                                \
    X(BYTES_LEN, INT, BYTES)                                                                                 \
    X(BYTES_PAYLOAD, BINARY, BYTES) /* <number> offset, <number2> length */                                  \
    X(RDP_COOKIE, TEXT, BYTES)      /* of a connection request of RDP; <text> its name, empty: any */        \
    X(RDP_COOKIE_COUNT, INT, BYTES)                                                                          \
    X(BYTES_COUNTED, BINARY, BYTES) /* <number> where its length stands, <number2> in how many bytes; <text> \
        where it begins: "N", or from behind the length "+N", "-N" */                                        \
    X(ANSWER_LEN, INT, BYTES)       /* the same of the server's first bytes, in a TCP session */             \
    X(ANSWER_PAYLOAD, BINARY, BYTES)                                                                         \
    X(ANSWER_COUNTED, BINARY, BYTES)                                                                         \
    X(ANSWER_HELLO_TYPE, INT, BYTES)                                                                         \
    X(INSPECTED, BOOL, BYTES) /* the time to look at the first bytes is over, or no more will come */        \
    X(SESSION_PROTOCOL, TEXT, CLIENT) /* TCP or UDP */                                                       \
    X(PROXY_HEADER, BOOL, CLIENT)     /* it came with one */                                                 \
    X(THREAD, INT, CLIENT)            /* of ours, from 0 */                                                  \
    X(TIMEOUT_CLIENT, INT, CLIENT)    /* ms; <number> 1: as the file says, 0: as it is for this stream */    \
    X(TIMEOUT_SERVER, INT, CLIENT)                                                                           \
    X(TIMEOUT_TUNNEL, INT, CLIENT)                                                                           \
    X(ACCEPT_US, INT, CLIENT)   /* when the connection was accepted: microseconds since 1970 */              \
    X(REQUEST_US, INT, REQUEST) /* when the request's first byte came */                                     \
    /* the request */                                                                                        \
    X(METHOD, TEXT, REQUEST)                                                                                 \
    X(TARGET, TEXT, REQUEST) /* as received: nginx $request_uri, HAProxy url/capture.req.uri */              \
    X(PATH, TEXT, REQUEST)   /* without query, as received (HAProxy path) */                                 \
    X(PATH_AND_QUERY, TEXT, REQUEST)                                                                         \
    X(BASE, TEXT, REQUEST)        /* the first Host field, then the path (HAProxy base) */                   \
    X(BASE_QUERY, TEXT, REQUEST)  /* and the query with its "?" (baseq) */                                   \
    X(URI_NORMAL, TEXT, REQUEST)  /* decoded and normalized, current after rewrites: nginx $uri */           \
    X(QUERY, TEXT, REQUEST)       /* current: nginx $args */                                                 \
    X(QUERY_MARK, TEXT, REQUEST)  /* "?" or "": nginx $is_args */                                            \
    X(QUERY_PARAM, TEXT, REQUEST) /* <arg>; <number> 1: in either case, 2: ";" separates too; <number2> what \
                                     parameters begin behind, 0: "?" */                                      \
    X(SCHEME, TEXT, REQUEST)                                                                                 \
    X(HTTP_VERSION, TEXT, REQUEST)  /* 1.1 */                                                                \
    X(PROTOCOL, TEXT, REQUEST)      /* HTTP/1.1 */                                                           \
    X(REQUEST_LINE, TEXT, REQUEST)  /* <number> 1: or what came instead of one (nginx) */                    \
    X(HOST_FIELD, TEXT, REQUEST)    /* with port, as received */                                             \
    X(HOST_NAME, TEXT, REQUEST)     /* nginx $host: lower case, no port, else the server's name */           \
    X(HOST_IS_SNI, BOOL, REQUEST)   /* no host, or the one that the TLS handshake named */                   \
    X(SERVER_NAME, TEXT, REQUEST)   /* of the chosen virtual server */                                       \
    X(REQUEST_FIELD, TEXT, REQUEST) /* <arg>; <number> enum occurrence */                                    \
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
    X(LIMIT_REQ_STATUS, TEXT, REQUEST)  /* nginx: PASSED, DELAYED, REJECTED, with _DRY_RUN */                \
    X(COMPRESSION_RATIO, TEXT, REQUEST) /* "3.27"; none: it was not compressed */                            \
    X(LIMIT_CONN_STATUS, TEXT, REQUEST)                                                                      \
    X(REQUEST_COOKIE_COUNT, INT, REQUEST)                                                                    \
    X(REQUEST_FIELD_NAMES, TEXT, REQUEST) /* <text> stands between them */                                   \
    X(REQUEST_FIELDS, TEXT, REQUEST)      /* all lines of the head, and the empty one */                     \
    X(AUTH_TYPE, TEXT, REQUEST)                                                                              \
    X(AUTH_BEARER, TEXT, REQUEST) /* <text> the field, Authorization when empty */                           \
    X(REQUEST_COMPLETE, TEXT, END)                                                                           \
    X(AUTH_LISTED, BOOL, PASSWORD)      /* the request names a user of <auth>, with the right password */    \
    X(AUTH_LISTED_USER, TEXT, PASSWORD) /* who it is then */                                                 \
    X(CAPTURE, TEXT, NOTHING)           /* <number>: $1..$9 of the last regular expression */                \
    X(CAPTURE_NAMED, TEXT, NOTHING)                                                                          \
    X(SLOT, TEXT, NOTHING)       /* <number>: a stream variable (set, set-var, captures) */                  \
    X(CAPTURED, TEXT, NOTHING)   /* slot <number>; <number2> 1: of answers */                                \
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
    X(TLS_SERVER_USED, BOOL, SERVER) /* the connection to the server */                                      \
    X(TLS_SERVER_VERSION, TEXT, SERVER)                                                                      \
    X(TLS_SERVER_CIPHER, TEXT, SERVER)                                                                       \
    X(TLS_SERVER_CIPHER_BITS, INT, SERVER)                                                                   \
    X(TLS_SERVER_ALPN, TEXT, SERVER)                                                                         \
    X(TLS_SERVER_GROUP, TEXT, SERVER)                                                                        \
    X(TLS_SERVER_RESUMED, BOOL, SERVER)                                                                      \
    X(TLS_SERVER_SESSION_ID, BINARY, SERVER)                                                                 \
    X(POOL_USABLE, INT, NOTHING) /* nbsrv(<pool>) */                                                         \
    X(POOL_CONNECTIONS, INT, NOTHING)                                                                        \
    X(POOL_QUEUE, INT, NOTHING)                                                                              \
    X(POOL_RATE, INT, NOTHING)                                                                               \
    X(SERVER_CONNECTIONS, INT, NOTHING) /* <pool>, <server> */                                               \
    X(SERVER_IS_UP, BOOL, NOTHING)                                                                           \
    X(SERVER_QUEUE, INT, NOTHING)                                                                            \
    X(POOL_FREE, INT, NOTHING)       /* connections that its servers may have more; -1: no limit */          \
    X(POOL_ROOM, INT, NOTHING)       /* the same, with their queues */                                       \
    X(POOL_QUEUE_EACH, INT, NOTHING) /* requests in queues for each usable server, rounded up */             \
    X(SERVER_FREE, INT, NOTHING)                                                                             \
    X(SERVER_RATE, INT, NOTHING)                                                                             \
    X(SERVER_FILE_WEIGHT, INT, NOTHING)                                                                      \
    X(SERVER_WEIGHT, INT, NOTHING)                                                                           \
    X(STICK_NUMBER, INT,                                                                                     \
      CLIENT) /* <stick>; <number> 0: of what its counter follows, 1: of the client's IP */                  \
    X(STICK_TRUTH, BOOL, CLIENT)                                                                             \
    X(STICK_KEY, TEXT, CLIENT)                                                                               \
    /* the response */                                                                                       \
    X(STATUS, INT, RESPONSE)           /* as sent to the client */                                           \
    X(UPSTREAM_STATUS, TEXT, RESPONSE) /* all tried */                                                       \
    X(RESPONSE_FIELD, TEXT, RESPONSE)  /* from the server: res.hdr, $upstream_http_* */                      \
    X(RESPONSE_FIELD_COUNT, INT, RESPONSE)                                                                   \
    X(RESPONSE_COOKIE, TEXT, RESPONSE)                                                                       \
    X(SENT_FIELD, TEXT, RESPONSE) /* $sent_http_* */                                                         \
    X(RESPONSE_COOKIE_COUNT, INT, RESPONSE)                                                                  \
    X(RESPONSE_FIELD_NAMES, TEXT, RESPONSE)                                                                  \
    X(RESPONSE_FIELDS, TEXT, RESPONSE)                                                                       \
    X(SERVER_STATUS, INT, RESPONSE) /* as the server said */                                                 \
    X(RESPONSE_VERSION, TEXT, RESPONSE)                                                                      \
    /* the end of a stream: for logs */                                                                      \
    X(BYTES_SENT, INT, END) /* to the client, head and body */                                               \
    X(BODY_BYTES_SENT, INT, END)                                                                             \
    X(BYTES_RECEIVED, INT, END) /* from the client */                                                        \
    X(UPSTREAM_BYTES_SENT, TEXT, END)                                                                        \
    X(UPSTREAM_BYTES_RECEIVED, TEXT, END)                                                                    \
    X(UPSTREAM_BODY_BYTES, TEXT, END) /* nginx $upstream_response_length */                                  \
    X(TIME_REQUEST, TEXT, END)        /* seconds.milliseconds: $request_time */                              \
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
    X(TIMER_USER, INT, END) /* %Tu: without the idle time before the request */                              \
    X(TIMER_TOTAL, INT, END)                                                                                 \
    X(TIMER_QUERY, INT, END)                                                                                 \
    X(ACCEPT_S, INT, CLIENT)   /* when the connection was accepted: seconds since 1970 */                    \
    X(ACCEPT_MS, TEXT, CLIENT) /* and milliseconds, three digits */                                          \
    X(REQUEST_S, INT, REQUEST) /* when the request's first byte came: seconds since 1970 */                  \
    X(DATE_ACCEPT, TEXT, END)  /* 22/Nov/2026:12:00:31.204 */                                                \
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
    X(CAPTURED_REQUEST, TEXT, END) /* of all capture slots; <number>: enum captured_as */                    \
    X(CAPTURED_RESPONSE, TEXT, END)                                                                          \
    X(CAPTURED_COOKIE_REQUEST, TEXT, END)                                                                    \
    X(CAPTURED_COOKIE_RESPONSE, TEXT, END)                                                                   \
    X(STREAM_STATUS, INT, END) /* nginx stream $status: 200 400 403 500 502 503 */

/* "{a|b}"; the same with a blank behind it; "a" "b". Without slots: nothing. */
enum captured_as { CAPTURED_BRACES, CAPTURED_BRACES_BLANK, CAPTURED_QUOTED };

enum fetch {
#define X(name, type, needs) FETCH_##name,
    FETCH_LIST(X)
#undef X
        FETCH_COUNT
};
const char *fetch_name(enum fetch f); /* "CLIENT_IP", for dumps and explain */
enum value_type fetch_type(enum fetch f);
uint32_t fetch_needs(enum fetch f); /* enum needs */

/*
 * Which of several values of one name (REQUEST_FIELD, RESPONSE_FIELD, SENT_FIELD,
 * REQUEST_COOKIE, RESPONSE_COOKIE): <number> counts from 1 at the front or from
 * -1 at the end, or is one of these. <number2> 1: the members of comma lists
 * count one by one (HAProxy's hdr), 0: whole field lines (fhdr; nginx). Of a
 * cookie <number2> 1: its name in either case (nginx).
 */
enum occurrence {
    OCCURRENCE_LAST = 0,
    OCCURRENCE_ALL = INT32_MIN,  /* joined by ", " (cookies in fields of nginx: "; ") */
    OCCURRENCE_EACH = INT32_MAX, /* a test holds when one of them does; elsewhere the last */
};

/*
 * X(NAME, takes, gives): HAProxy's converters and what nginx's variables need of
 * them; more join here. What is given is first made into what is taken (a number
 * into text, text into a number or an address ...); a value that cannot be made
 * so is no value. NONE: takes anything, or gives what it took. Where an operand
 * may be a variable, <number2> is its slot + 1, 0 when <number> or <text> counts.
 */
#define CONVERT_LIST(X)                                                                                      \
    X(LOWER, TEXT, TEXT)                                                                                     \
    X(UPPER, TEXT, TEXT)                                                                                     \
    X(LENGTH, TEXT, INT)                                                                                     \
    X(FIELD, TEXT, TEXT)  /* <number> from 1 or -1, <text> separators, <number2> how many, 0 = the rest */   \
    X(WORD, TEXT, TEXT)   /* the same, but empty ones do not count */                                        \
    X(REGSUB, TEXT, TEXT) /* <regex>, <text> with \\0 to \\9, <number> 1 = every match */                    \
    X(URL_DECODE, TEXT, TEXT) /* <number> 1: '+' is a blank too */                                           \
    X(URL_ENCODE, TEXT, TEXT)                                                                                \
    X(HOST_ONLY, TEXT, TEXT)                                                                                 \
    X(PORT_ONLY, TEXT, INT)                                                                                  \
    X(IP_MASK, IP, IP) /* <number> bits of IPv4, <number2> of IPv6 */                                        \
    X(HEX, BINARY, TEXT)                                                                                     \
    X(HEX_NUMBER, INT, TEXT) /* capital digits, 4 at least (%{+X}) */                                        \
    X(BASE64, BINARY, TEXT)                                                                                  \
    X(BASE64_DECODE, TEXT, BINARY)                                                                           \
    X(MAP, NONE, TEXT) /* <lookup>, whose <subject> is the input */                                          \
    X(ADD, INT, INT)   /* <number> or a slot, down to XOR; what overflows stays at the end of the range */   \
    X(SUB, INT, INT)                                                                                         \
    X(MUL, INT, INT)                                                                                         \
    X(DIV, INT, INT) /* by 0: the largest number, as HAProxy */                                              \
    X(MOD, INT, INT) /* by 0: 0 */                                                                           \
    X(AND, INT, INT)                                                                                         \
    X(OR, INT, INT)                                                                                          \
    X(XOR, INT, INT)                                                                                         \
    X(NEG, INT, INT)                                                                                         \
    X(NOT, BOOL, BOOL)                                                                                       \
    X(BOOL, BOOL, BOOL)                                                                                      \
    X(EVEN, INT, BOOL)                                                                                       \
    X(ODD, INT, BOOL)                                                                                        \
    X(CONCAT, TEXT, TEXT) /* <text>, the slot, <text2> are put behind */                                     \
    X(JSON, TEXT, TEXT)   /* escaped for a JSON string, without quotes */                                    \
    X(CRC32, BINARY, INT) /* HAProxy's hashes: <number> 1 = avalanche */                                     \
    X(DJB2, BINARY, INT)                                                                                     \
    X(SDBM, BINARY, INT)                                                                                     \
    X(WT6, BINARY, INT)                                                                                      \
    X(XXH32, BINARY, INT) /* <number> seed */                                                                \
    X(XXH64, BINARY, INT)                                                                                    \
    X(SHA1, BINARY, BINARY)                                                                                  \
    X(SHA2, BINARY, BINARY) /* <number> bits: 224, 256, 384, 512 */                                          \
    X(MD5, BINARY, BINARY)                                                                                   \
    X(DEFAULT, NONE, NONE) /* <text> instead of no value */                                                  \
    X(BYTES, BINARY, NONE) /* <number> offset, <number2> length, -1 = the rest */                            \
    X(LTRIM, TEXT, TEXT)   /* <text>: the characters */                                                      \
    X(RTRIM, TEXT, TEXT)                                                                                     \
    X(STRCMP, TEXT, INT) /* with <text> or a slot: negative, 0, positive */                                  \
    X(TO_TEXT, TEXT, TEXT)                                                                                   \
    X(TO_INT, INT, INT)                                                                                      \
    X(TO_IP, IP, IP)                                                                                         \
    X(UTIME, INT, TEXT)        /* <text> as in strftime, <number> seconds added; UTC */                      \
    X(LTIME, INT, TEXT)        /* local time */                                                              \
    X(HTTP_DATE, INT, TEXT)    /* <number> added; <number2> 0 seconds, 1 milliseconds, 2 microseconds */     \
    X(QUERY_PARAM, TEXT, TEXT) /* <text> name, <text2> separators, "&" when empty */                         \
    X(QUOTE_CAPTURE, TEXT,                                                                                   \
      TEXT) /* for a query, <number> 1 a redirect's path, where the request's path was quoted (nginx) */     \
    X(MAIN_DOMAIN, TEXT, TEXT)  /* "shop" of "www.shop.example"; without a dot all of it */                  \
    X(IIF, BOOL, TEXT)          /* <text>, else <text2> */                                                   \
    X(BASE64_URL, BINARY, TEXT) /* without padding */                                                        \
    X(BASE64_URL_DECODE, TEXT, BINARY)                                                                       \
    X(HTONL, INT, BINARY)                                                                                    \
    X(HEX_TO_INT, TEXT, INT)                                                                                 \
    X(CUT_CRLF, TEXT, TEXT)                                                                                  \
    X(CRC32C, BINARY, INT)        /* <number> 1 = avalanche */                                               \
    X(HMAC, BINARY, BINARY)       /* <text> the digest's name, <text2> the key */                            \
    X(SECURE_EQUAL, BINARY, BOOL) /* with slot <number2> - 1, in a time that tells nothing */                \
    X(SET_SLOT, NONE, NONE) /* slot <number> gets it when <number2> holds; it goes on, or else is none */    \
    X(UNSET_SLOT, NONE, NONE)                                                                                \
    X(CAPTURE, TEXT, TEXT)    /* into slot <number>; <number2> 1: of answers */                              \
    X(POOL_USABLE, TEXT, INT) /* of the pool of that name */                                                 \
    X(ADD_ITEM, TEXT, TEXT)   /* <text> separator, the slot, <text2> */                                      \
    X(BE_TO_DEC, BINARY,                                                                                     \
      TEXT) /* <number> bytes a number, <text> between them, <number2> 1: whole ones only */                 \
    X(LE_TO_DEC, BINARY, TEXT)                                                                               \
    X(BE_TO_HEX, BINARY, TEXT)                                                                               \
    X(LANGUAGE, TEXT,                                                                                        \
      TEXT) /* of those in <text>, parted by ';', the one that is liked best; else <text2> */                \
    X(STICK_NUMBER, NONE, INT) /* <stick>, of the key that comes in */                                       \
    X(STICK_TRUTH, NONE, BOOL)                                                                               \
    X(JSON_QUERY, TEXT, TEXT) /* <text> the path; <number> 1: a number is whole */                           \
    X(TOKEN_PART, TEXT,                                                                                      \
      TEXT) /* of a JWT: <number2> 0 its head, 1 its payload; <text>, <number> as JSON_QUERY, none: all */   \
    X(TOKEN_VERIFY, TEXT, INT) /* <text> or the slot: the algorithm; <token>: the key; 1: it is right */     \
    X(AES_GCM_DECODE, BINARY, BINARY) /* <cipher> */                                                         \
    X(FORWARDED_FIELD, TEXT, TEXT)    /* <text> proto, host, for or by of RFC 7239 */                        \
    X(FORWARDED_VALID, TEXT, BOOL)                                                                           \
    X(NODE_NAME, TEXT, TEXT) /* of a node of RFC 7239; an address is one */                                  \
    X(NODE_PORT, TEXT, TEXT)                                                                                 \
    X(NODE_TEXT, NONE, TEXT)       /* as a node; <number> 1: inside of quotes */                             \
    X(WITH_SOURCE, BINARY, BINARY) /* the client's address is put behind */                                  \
    X(NAME_ENTRY, TEXT,                                                                                      \
      TEXT) /* of a name of RFC 2253: <text> which, <number> of several, from the end when negative */       \
    X(FIELD_SAFE, TEXT, TEXT)  /* what no field may hold as %HH (HAProxy's formats) */                       \
    X(SERVER_QUEUE, TEXT, INT) /* of "pool/server" */
enum convert {
#define X(name, takes, gives) CONVERT_##name,
    CONVERT_LIST(X)
#undef X
        CONVERT_COUNT
};
const char *convert_name(enum convert c);
enum value_type convert_takes(enum convert c);
enum value_type convert_gives(enum convert c);

struct regex;     /* model/regex.h */
struct lookup;    /* model/lookup.h: nginx map, HAProxy map files, geo */
struct stick_ask; /* model/stick.h */
struct auth;      /* model/action.h */
struct public_key;
struct pool;
struct server;

/*
 * When a variable is set, as bits that must all hold (SET_SLOT's <number2>): by
 * what it held, and by the new value <v>. Without any it is always set.
 */
enum slot_when {
    SLOT_IF_FOUND = 1 << 0, /* <v> is not none */
    SLOT_IF_SET = 1 << 1,
    SLOT_IF_NOT_SET = 1 << 2,
    SLOT_IF_EMPTY = 1 << 3, /* a text without a byte, or none */
    SLOT_IF_NOT_EMPTY = 1 << 4,
    SLOT_IF_GREATER = 1 << 5, /* than <v>; what are not two numbers is set */
    SLOT_IF_LESS = 1 << 6,
};

/* What a signature is checked by: a secret, as text or in slot <slot> - 1, or a key. */
struct token_ask {
    struct span secret;
    uint32_t slot;                /* 0: none */
    const struct public_key *key; /* NULL: none */
};
/* In base64: <text>, or what slot <slot> - 1 holds. */
struct cipher_part {
    struct span text;
    uint32_t slot; /* 0: none */
};
struct cipher_ask {
    unsigned bits; /* of the key */
    struct cipher_part nonce, key, tag;
};

struct conversion {
    enum convert kind;
    int64_t number, number2;
    struct span text, text2;
    const struct regex *regex;
    const struct lookup *lookup;
    const struct stick_ask *stick;
    const struct token_ask *token;
    const struct cipher_ask *cipher;
};

enum expr_escape {
    ESCAPE_NONE,
    ESCAPE_NGINX_LOG, /* control, '"', '\\' and >= 0x7f as \xHH; empty as "-" */
    ESCAPE_NGINX_JSON,
    ESCAPE_HAPROXY_LOG,  /* control, '"', '#' and >= 0x7f as #HH: of what a client wrote into its request line
                          */
    ESCAPE_HAPROXY_TEXT, /* control but the tab as #HH */
    ESCAPE_JSON,
};
enum expr_quote {
    QUOTE_NONE,
    QUOTE_ALWAYS, /* HAProxy's +Q */
    QUOTE_TYPED,  /* as a value of JSON: numbers and truths bare, nothing is null */
};

/* Logs: when "-" stands for a value. */
enum expr_dash {
    DASH_NEVER,
    DASH_EMPTY, /* there is none, or an empty one (HAProxy) */
    DASH_NONE,  /* there is none (nginx) */
};

enum part_kind { PART_TEXT, PART_FETCH };
struct expr_part {
    enum part_kind kind;
    enum fetch fetch;
    enum expr_escape escape;
    enum expr_quote quote;
    bool slash; /* HAProxy's +E: '"', '\\' and ']' with a backslash before them */
    enum expr_dash dash;
    struct span text; /* PART_TEXT, or the fetch's <arg> */
    int32_t number, number2;
    const struct lookup *lookup; /* FETCH_MAP */
    const struct pool *pool;     /* POOL_*, SERVER_*: NULL = the stream's own */
    const struct server *server;
    const struct stick_ask *stick; /* STICK_* */
    const struct auth *auth;       /* AUTH_LISTED* */
    LIST_OF(struct conversion) conversions;
    struct where at;
    /* by expr_finish, for lines that are written often */
    bool as_is;      /* no conversion */
    uint8_t few_len; /* a text of at most eight bytes is in <few> too; else 0 */
    char few[8];
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
struct arena;
struct buf;
/* Computes type, needs and constant; call it when the last part is there. */
void expr_finish(struct arena *a, struct expr *e);
/* Finished ones. */
struct expr *expr_text(struct arena *a, struct span text);
struct expr *expr_fetch(struct arena *a, enum fetch f, struct span arg);
/* For building: a part at the end, with its defaults. Valid until the next one. */
struct expr_part *expr_add_text(struct arena *a, struct expr *e, struct span text);
struct expr_part *expr_add_fetch(struct arena *a, struct expr *e, enum fetch f, struct span arg);
struct conversion *expr_add_conversion(struct arena *a, struct expr_part *p, enum convert c);
/* "\"/app\" + PATH | LOWER": for dumps and explain, in no operator's language. */
void expr_put(struct buf *out, const struct expr *e);

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
const char *match_name(enum match m); /* "exact" */

struct map;         /* base/map.h */
struct network_set; /* model/network_set.h */
struct test {
    const struct expr *subject;
    enum match how;
    bool nocase;
    bool negate;        /* nginx !=, !~ ; HAProxy's "!" is the term's */
    bool none_is_empty; /* nginx: what has no value is an empty text */
    LIST_OF(struct span) texts;
    LIST_OF(struct int_range) ranges;
    LIST_OF(struct network) networks;
    LIST_OF(const struct regex *) regexes;
    struct span source;
    struct where at;
    uint32_t patterns; /* 1 + index of its struct pattern_user; 0: what it matches never changes */
    /* built by test_finish */
    const struct map *exact;              /* MATCH_EXACT with more than a few texts */
    const struct network_set *networkset; /* MATCH_IP with more than a few networks */
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
/* Tables for long lists and the <needs>, from the inside out: tests, the ACL, the condition. */
void test_finish(struct arena *a, struct test *t);
void acl_finish(struct arena *a, struct acl *acl);
void cond_finish(struct cond *c); /* its ACLs are finished */
/* A condition of one test. */
struct cond *cond_of_test(struct arena *a, const struct test *t);
/* "{ PATH begin \"/old\" } !{ METHOD exact \"GET\" } || ...": for dumps and explain. */
void test_put(struct buf *out, const struct test *t);
void cond_put(struct buf *out, const struct cond *c);
