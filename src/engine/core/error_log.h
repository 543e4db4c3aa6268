/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong while serving, for the operator: lines in the shape of the
 * file's language, through the same rings as the access log. A message is a
 * code with arguments (error_event), put into words at the last moment; the
 * same event of one thread is written at most 10 times a second, then counted
 * ("... 173 more of these").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "engine/core/end.h"
#include "model/log.h"

struct lease;
struct session;
struct server;
struct pool;
struct thread;

enum error_level {
    LEVEL_EMERG,
    LEVEL_ALERT,
    LEVEL_CRIT,
    LEVEL_ERROR,
    LEVEL_WARNING,
    LEVEL_NOTICE,
    LEVEL_INFO,
    LEVEL_DEBUG
};

/* X(NAME, level, sentence): %a address of the server, %s server, %p pool, %e errno in words, %t <text>,
 * %n <number>. In nginx's files client, server, request, upstream and host follow as nginx does. */
#define ERROR_EVENT_LIST(X)                                                                                  \
    X(CONNECT_FAILED, LEVEL_ERROR, "connect() failed (%e) while connecting to upstream")                     \
    X(CONNECT_TIMEOUT, LEVEL_ERROR, "upstream timed out (%e) while connecting to upstream")                  \
    X(ANSWER_TIMEOUT, LEVEL_ERROR, "upstream timed out (%e) while reading response header from upstream")    \
    X(BODY_TIMEOUT, LEVEL_ERROR, "upstream timed out (%e) while reading upstream")                           \
    X(SEND_TIMEOUT, LEVEL_ERROR, "upstream timed out (%e) while sending request to upstream")                \
    X(ANSWER_CLOSED, LEVEL_ERROR,                                                                            \
      "upstream prematurely closed connection while reading response header from upstream")                  \
    X(BODY_CLOSED, LEVEL_ERROR, "upstream prematurely closed connection while reading upstream")             \
    X(BODY_BAD, LEVEL_ERROR, "upstream sent invalid chunked response (%t) while reading upstream")           \
    X(BODY_EXCESS, LEVEL_WARNING, "upstream sent %t while reading upstream")                                 \
    X(ANSWER_BAD, LEVEL_ERROR, "upstream sent an invalid header (%t)")                                       \
    X(DATAGRAM_REFUSED, LEVEL_ERROR, "recv() failed (%e) while proxying and reading from upstream")          \
    X(DATAGRAM_TIMEOUT, LEVEL_ERROR, "upstream timed out (%e) while proxying connection")                    \
    X(NO_SERVER, LEVEL_ERROR, "no live upstreams while connecting to upstream")                              \
    X(NAME_UNKNOWN, LEVEL_ERROR, "\"%t\" could not be resolved")                                             \
    X(NO_RESOLVER, LEVEL_ERROR, "no resolver defined to resolve %t")                                         \
    X(LIMITED, LEVEL_ERROR, "%t")                                                                            \
    X(AUTH_NOBODY, LEVEL_INFO, "no user/password was provided for basic authentication")                     \
    X(AUTH_UNKNOWN, LEVEL_ERROR, "user \"%t\" was not found")                                                \
    X(AUTH_MISMATCH, LEVEL_ERROR, "user \"%t\": password mismatch")                                          \
    X(SERVER_TAKEN_OUT, LEVEL_WARNING, "upstream server temporarily disabled while %t upstream")             \
    X(BODY_TOO_LARGE, LEVEL_ERROR, "client intended to send too large body: %n bytes")                       \
    X(REQUEST_BAD, LEVEL_INFO, "client sent an invalid request (%t)")                                        \
    X(REQUEST_TIMEOUT, LEVEL_INFO, "client timed out (%e) while reading client request %t")                  \
    X(CLIENT_CLOSED, LEVEL_INFO, "client prematurely closed connection while reading client request %t")     \
    X(IDLE_CLOSED, LEVEL_INFO, "client closed connection while waiting for request")                         \
    X(IDLE_TIMEOUT, LEVEL_INFO, "client timed out (%e) while waiting for request")                           \
    X(DENIED, LEVEL_ERROR, "access forbidden by rule")                                                       \
    X(FILE_FAILED, LEVEL_ERROR, "open() \"%t\" failed (%e)")                                                 \
    X(FILE_DIRECTORY, LEVEL_ERROR, "directory index of \"%t\" is forbidden")                                 \
    X(SPOOL_FAILED, LEVEL_CRIT, "a temporary file could not be written (%e)")                                \
    X(SPOOLED, LEVEL_WARNING, "a body is buffered to a temporary file")                                      \
    X(TOO_MANY_AGAIN, LEVEL_ERROR, "rewrite or internal redirection cycle")                                  \
    X(ACCEPT_FAILED, LEVEL_ALERT, "accept() failed (%e): accepting pauses")                                  \
    X(CONNECTIONS_FULL, LEVEL_ALERT, "%n worker_connections are not enough")                                 \
    X(TABLE_FULL, LEVEL_WARNING, "stick table %t is full: new keys are not taken")                           \
    X(MEMORY_FULL, LEVEL_CRIT, "out of memory for a connection")                                             \
    X(TLS_FAILED, LEVEL_INFO, "SSL_do_handshake() failed (SSL: %t) while SSL handshaking")                   \
    X(UPSTREAM_TLS, LEVEL_ERROR, "SSL_do_handshake() failed (SSL: %t) while SSL handshaking to upstream")    \
    X(UPSTREAM_TLS_UNTRUSTED, LEVEL_ERROR,                                                                   \
      "upstream SSL certificate verify error: (%n:%t) while SSL handshaking to upstream")                    \
    X(UPSTREAM_TLS_NAME, LEVEL_ERROR,                                                                        \
      "upstream SSL certificate does not match \"%t\" while SSL handshaking to upstream")

enum error_event {
#define X(name, level, sentence) ERROR_##name,
    ERROR_EVENT_LIST(X)
#undef X
        ERROR_EVENTS
};

/*
 * Whom it is about; everything may be NULL or empty. Borrowed during the call.
 * What must be computed is not asked for before somebody takes the line: then
 * <describe> adds it.
 */
struct error_about {
    const struct session *session;
    const struct pool *pool;
    const struct server *server;
    const struct address *found;        /* where <server> is, when that is not its own address; NULL */
    struct span host, request, referer; /* "GET / HTTP/1.1" */
    struct span server_name;            /* of the virtual server; ptr NULL: the listener's address */
    struct span uri;                    /* that the server was asked for; ptr NULL: no HTTP */
    struct span text;
    uint64_t number;
    uint8_t level;      /* 0: the event's own */
    int error;          /* errno */
    bool secure;        /* the server is spoken to by TLS */
    bool session_bytes; /* of TCP and UDP: the next four are shown */
    uint64_t from_client, to_client, from_server, to_server;
    void (*describe)(void *of, struct error_about *about);
    void *of;
};

/* To <targets> whose level takes it (NULL: the config's own error logs). Cheap when nobody takes it. */
void error_log(struct thread *t, const struct lease *lease, const struct log_target_list *targets,
               enum error_event event, const struct error_about *about);
