/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a stream or a TCP session ended: who ended it, and in which moment. Codes,
 * not sentences: the log writes them as HAProxy's two letters or as nginx's
 * status, the page in words. Every stream and session ends exactly once, with
 * one of these.
 */
#pragma once

#include <stdint.h>

/* X(NAME, letter, phrase): HAProxy's first letter, and what the page says. */
#define END_REASON_LIST(X)                                                                                   \
    X(DONE, '-', "complete")                                                                                 \
    X(CLIENT_CLOSED, 'C', "the client closed the connection")                                                \
    X(CLIENT_TIMEOUT, 'c', "the client did not send or read in time")                                        \
    X(CLIENT_TLS, 'C', "the TLS handshake with the client failed")                                           \
    X(REQUEST_BAD, 'P', "the request was malformed")                                                         \
    X(REQUEST_TOO_LARGE, 'P', "the request was larger than allowed")                                         \
    X(DENIED, 'P', "a rule denied the request")                                                              \
    X(LOCAL, 'L', "answered without a server")                                                               \
    X(SERVER_REFUSED, 'S', "the server could not be connected to")                                           \
    X(SERVER_CONNECT_TIMEOUT, 's', "the server did not accept the connection in time")                       \
    X(SERVER_CLOSED, 'S', "the server closed the connection too early")                                      \
    X(SERVER_TIMEOUT, 's', "the server did not send or read in time")                                        \
    X(SERVER_BAD, 'P', "the server's answer was malformed")                                                  \
    X(NO_SERVER, 'S', "no server was available")                                                             \
    X(QUEUE_TIMEOUT, 's', "no server became free in time")                                                   \
    X(QUEUE_FULL, 'S', "too many requests were waiting for a server")                                        \
    X(SERVER_DOWN, 'D', "the server was taken out of service")                                               \
    X(SERVER_UP, 'U', "a server that is no backup came back")                                                \
    X(LIMITED, 'R', "a limit of connections, requests or memory was reached")                                \
    X(KILLED, 'K', "an operator ended it")                                                                   \
    X(STOPPED, 'K', "the program stopped")                                                                   \
    X(INTERNAL, 'I', "an internal error")

enum end_reason {
#define X(name, letter, phrase) END_##name,
    END_REASON_LIST(X)
#undef X
        END_REASONS
};

/* X(NAME, letter): the moment; HAProxy's second letter. */
#define END_MOMENT_LIST(X)                                                                                   \
    X(NONE, '-')    /* after the last byte */                                                                \
    X(REQUEST, 'R') /* until the request's head and, where it is waited for, body are there */               \
    X(QUEUE, 'Q')                                                                                            \
    X(CONNECT, 'C')                                                                                          \
    X(HEADERS, 'H') /* until the answer's head is there */                                                   \
    X(DATA, 'D')                                                                                             \
    X(LAST, 'L') /* the server is done, the client still reads */                                            \
    X(TARPIT, 'T')

enum end_moment {
#define X(name, letter) MOMENT_##name,
    END_MOMENT_LIST(X)
#undef X
        END_MOMENTS
};

struct end {
    uint8_t reason; /* enum end_reason */
    uint8_t moment; /* enum end_moment */
    uint8_t h1;     /* enum h1_error behind REQUEST_BAD and SERVER_BAD; 0 = none */
    int error;      /* errno of the connection behind it; 0 = none */
};

char end_reason_letter(enum end_reason r);
const char *end_reason_text(enum end_reason r);
char end_moment_letter(enum end_moment m);
