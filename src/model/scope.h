/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scope is a place in a route where lists of actions and settings live:
 * nginx's server and location, HAProxy's frontend and backend. A stream is in
 * one scope at a time; entering another runs its lists and takes its settings.
 */
#pragma once

#include "base/clock.h"
#include "model/action.h"
#include "model/compression.h"
#include "model/log.h"
#include "model/pool.h"

enum keep_mode {
    KEEP_ALIVE,        /* both sides */
    KEEP_SERVER_CLOSE, /* the client's stays, the server's closes (http-server-close) */
    KEEP_CLOSE,        /* both close (httpclose) */
    KEEP_TUNNEL,
};

/* How we treat the client. Limits are bytes; a duration NONE means no limit. */
struct client_policy {
    duration head_timeout;        /* whole head, from its first byte or the accept */
    duration idle_timeout;        /* between requests; 0 ms: close after each */
    duration body_timeout;        /* between two reads of a body */
    duration send_timeout;        /* between two writes */
    duration tunnel_timeout;      /* NONE: body_timeout counts */
    duration half_closed_timeout; /* client-fin */
    duration life_max;            /* keepalive_time */
    uint64_t requests_max;        /* per connection; 0 = no limit */
    uint32_t head_max, target_max;
    uint16_t fields_max;
    uint64_t body_max; /* 413 beyond; 0 = no limit */
    enum keep_mode keep;
    enum { LINGER_OFF, LINGER_ON, LINGER_ALWAYS } linger;
    duration linger_time, linger_timeout;
    bool reset_at_end;        /* TCP: the client's connection is cut, not closed (nolinger) */
    bool reset_timed_out;     /* RST instead of FIN */
    uint32_t keep_told;       /* seconds in `Keep-Alive: timeout=`; 0: there is none */
    bool drop_invalid_fields; /* names of more than letters, digits, '-' and (underscores) '_' */
    bool drop_odd_lines;      /* and those whose names are no tokens, too, that are refused else (nginx) */
    bool underscores;         /* fields with '_' are passed */
    bool merge_slashes;
    bool normalize_path;   /* nginx decodes and normalizes before routing; HAProxy does not */
    bool quiet_probe;      /* dontlognull: a connection without a byte is not logged */
    bool quiet_preconnect; /* http-ignore-probes: nor is it answered 408, whatever quiet_probe says */
    bool log_errors_apart; /* log-separate-errors: a failed one's line has level err */
    bool log_normal_off;   /* dontlog-normal */
    bool server_name_in_redirect, port_in_redirect, absolute_redirect;
    bool independent_tokens; /* server_tokens off: no version in our own pages */
    bool server_field;     /* own answers and proxied ones carry our Server field where nginx puts its own */
    bool date_field;       /* answers carry our Date: own ones, and proxied ones whose Date is hidden */
    bool connection_field; /* answers say `Connection: keep-alive` in HTTP/1.1 too (nginx) */
    bool no_chunks;        /* an answer whose length is not known ends with the connection */
    bool drop_trailers;    /* of answers, whatever the server's policy passes */
    uint64_t limit_rate,
        limit_rate_after; /* bytes a second to the client; 0 = none; UINT64_MAX: as these say */
    const struct expr *limit_rate_from, *limit_rate_after_from;
    bool reject_error_codes_nginx; /* too long heads: 494/414 (nginx) instead of 431/414 */
    bool error_pages_recursive;    /* an error page of an error page is sought too */
    bool plain_methods;            /* of capitals, '-' and '_', else 400; TRACE is 405, CONNECT 400 (nginx) */
    bool host_not_empty;           /* a Host without a name is refused */
    bool target_host_wins;         /* over Host, as RFC 9112 3.2.2 has it; else they must be the same */
};

/* How we treat the server. */
struct server_policy {
    duration connect_timeout;
    duration send_timeout; /* between two writes */
    duration read_timeout; /* between two reads; HAProxy: timeout server, both ways */
    duration queue_timeout;
    duration tunnel_timeout;
    duration half_closed_timeout;
    uint32_t tries_max; /* servers tried altogether; 0 = as many as there are (nginx); HAProxy: retries + 1 */
    duration tries_time; /* all tries together; NONE = no limit */
    uint32_t retry_on;   /* enum retry_on */
    LIST_OF(uint16_t) retry_statuses;
    bool tries_repeat;     /* when all servers were tried, begin again (HAProxy); else none is left (nginx) */
    bool gateway_statuses; /* nginx: 502 when no server could be had, 504 when that took too long; else 503 */
    int32_t redispatch; /* HAProxy: a retry may go elsewhere every Nth try; -N the last ones; 0 = same server.
                           nginx: 1 */
    duration retry_pause; /* before the same server is tried again (HAProxy: min(1 s, connect timeout)) */
    bool buffer_request, buffer_response;
    uint32_t head_buffer; /* proxy_buffer_size: the answer's head must fit */
    uint32_t
        body_memory; /* request body kept in memory up to this, then in a file (client_body_buffer_size) */
    uint32_t response_memory;             /* proxy_buffers in all */
    uint64_t response_file_max;           /* proxy_max_temp_file_size; 0 = none */
    bool abort_with_client;               /* client gone: give up (nginx default; HAProxy abortonclose) */
    bool intercept_errors;                /* error_page for the server's own errors too */
    bool splice_request, splice_response; /* asked for; automatic where it wins in any case */
    bool end_together; /* TCP: the first side that ends, ends both (nginx without proxy_half_close) */
    bool one_timer; /* TCP: read_timeout is one for both sides, begun anew by either (nginx proxy_timeout) */
    bool pass_request_trailers, pass_trailers; /* trailer fields, of the request and of the answer */
    uint32_t datagrams_max;                    /* UDP: of the client, a session; 0 = no limit */
    uint32_t answers_max;                      /* UDP: to each datagram; UINT32_MAX = as many as come */
    const struct expr *rate_to_server, *rate_to_client; /* TCP: bytes a second; NULL = no limit */
    uint8_t send_proxy;           /* to servers whose own line says nothing: as server->send_proxy */
    bool keepalive;               /* connections may be kept after the answer */
    bool probe_idle;              /* TCP keep-alive packets to servers */
    bool reset_at_end;            /* TCP: the server's connection is cut, not closed */
    struct source_rule source;    /* to servers whose own line says nothing */
    const struct tls_client *tls; /* to servers whose own line says nothing; NULL: plain */
};

/* A cookie that goes to the log: from the request's Cookie, from the answer's Set-Cookie. */
struct captured_cookie {
    struct span name;
    uint32_t len;
    bool prefix; /* any name that begins so */
};

enum scope_kind { SCOPE_FRONT, SCOPE_BACK, SCOPE_BOTH }; /* frontend or server; backend or location; listen */
struct tls_server;                                       /* model/tls.h */
struct scope {
    uint32_t index;
    enum language language;
    struct span name;     /* "web", "location /", "@fallback": for logs, explain and status */
    struct scope *parent; /* the server of a location; NULL at the top */
    struct action_list on[HOOK_COUNT];
    uint32_t first_only;                /* so many of REQUEST are not run when routing begins anew */
    const struct client_policy *client; /* NULL: keep what the stream has */
    const struct server_policy *server;
    const struct compression *compression; /* of answers; NULL: keep */
    const struct reply_set *replies;       /* own pages by status; NULL: keep */
    LIST_OF(struct error_page) error_pages;
    bool error_pages_set; /* this scope's <error_pages> replace those before, though there may be none */
    LIST_OF(struct log_rule) logs;
    bool logs_source; /* one of them shows where our connection to the server came from */
    bool logs_early;  /* one of them is written when the answer begins */
    bool logs_set;    /* this scope's <logs> replace those before (access_log off: set and empty) */
    /* A connection that failed in its handshake: the line for <logs>' targets; NULL: none. */
    const struct expr *failed_line;
    const struct log_target_list *error_logs;
    bool internal;           /* only routed to by ourselves; others get 404 */
    struct span prefix;      /* of a location: what proxy_pass with a URI, alias and auto redirects replace */
    struct span server_name; /* $server_name: first name of the virtual server */
    const struct map *mime_types; /* extension -> struct span */
    /* Where files would be, whatever else is done: $document_root, $request_filename. NULL: unknown. */
    const struct files *folder;
    struct span default_type, charset;
    const struct tls_server *tls; /* clients that ask for this virtual server; NULL: as its listener says */
    struct pool *pool;            /* a backend's; NULL in a location */
    uint32_t connections_max;     /* of a frontend; 0 = no limit */
    uint32_t slots;               /* capture slots of requests, by frontend */
    uint32_t response_slots;      /* and of answers */
    const struct captured_cookie *captured_cookie; /* NULL: none */
    bool inspect_strict; /* what should be looked at and does not come, ends the session (nginx) */
    bool log_refused;    /* of an entry: who is sent away before the protocol begins has a line in the log */
    duration answer_delay;  /* the same for conditions on RESPONSE, in TCP */
    duration inspect_delay; /* how long conditions on CONTENT wait for bytes; 0 = they do not */
    struct where at;
};
