/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a route does: lists of actions, one list a hook. A dialect compiles to
 * them; the engine runs them in order. docs/design/request-program.md shows a
 * file of each language compiled by hand.
 *
 * An action ends in: next (go on), done (leave this list), wait (bytes, time, a
 * name, a queue), reply (answer this), enter (another scope's lists), or route
 * again (from a scope's beginning, at most 10 times).
 */
#pragma once

#include "base/address.h"
#include "base/clock.h"
#include "base/map.h"
#include "model/expr.h"
#include "model/list_of.h"
#include "model/reply.h"

enum hook {
    HOOK_CONNECTION, /* accepted, before TLS or a byte (tcp-request connection; nginx allow/deny of stream) */
    HOOK_SESSION,    /* after the handshake (tcp-request session) */
    HOOK_CONTENT,    /* TCP bytes are there (tcp-request content, preread) */
    HOOK_REQUEST,    /* request head: rewriting, access, routing, content */
    HOOK_BODY,       /* the request's body is buffered, as far as asked */
    HOOK_PICK,       /* before the balancer chooses: stickiness, use-server */
    HOOK_RESPONSE,   /* the server's head has come (http-response) */
    HOOK_REPLY,      /* whatever is sent to the client, own answers too (add_header, http-after-response) */
    HOOK_LOG,
    HOOK_COUNT
};

enum action_kind {
    /* flow */
    ACTION_ENTER,          /* .scope, or .expr names it (use_backend %[...]) */
    ACTION_ADOPT,          /* what .scope sets counts, and this list goes on (nginx: an `if` that held) */
    ACTION_ROUTE_HOST,     /* .hosts: virtual servers */
    ACTION_ROUTE_LOCATION, /* .locations */
    ACTION_ACCEPT,         /* leave this list */
    ACTION_SKIP,           /* the next .number actions of this list are not run (nginx: if, break) */
    ACTION_REPLY,          /* .reply; .number 1: it counts as an error of the client */
    ACTION_CLOSE,          /* close without an answer; .number enum close_how */
    ACTION_TARPIT,         /* wait .number ms, then .reply */
    /* content */
    ACTION_PROXY,  /* .proxy */
    ACTION_FILES,  /* .files: serve from a root */
    ACTION_STATUS, /* .number enum status_view: stub_status, page; of a page, .page */
    /* the request */
    ACTION_FIELD_SET,         /* .name .expr; in RESPONSE and REPLY hooks: of the answer */
    ACTION_FIELD_ADD,         /* .number 1: nothing is added when the value is empty (nginx) */
    ACTION_FIELD_DELETE,      /* .name; or .match on names */
    ACTION_FIELD_REPLACE,     /* .name .regex .expr on the whole value; .number 1: on each comma member */
    ACTION_FIELD_SET_DEFAULT, /* only when absent */
    ACTION_SET_METHOD,
    ACTION_SET_PATH,
    ACTION_SET_QUERY,
    ACTION_SET_TARGET,
    ACTION_SET_STATUS, /* .number, .expr reason */
    ACTION_SET_SLOT,   /* .number slot, .expr, .number2 enum slot_when; without .expr the variable is unset */
    ACTION_SET_ADDRESS, /* .expr, .number enum set_address: who the client is, and where it came to */
    ACTION_REWRITE,     /* .rewrite */
    /*
     * Rows of nginx's allow and deny, in order. They mean clients in .networks; with .number2 1 those of
     * UNIX sockets too; with neither, everybody.
     */
    ACTION_ALLOW, /* they skip the next .number actions: the rows that remain */
    ACTION_DENY, /* they are answered 403; in a TCP service, closed; .number: go that many actions on instead,
                    where somebody else may let them in (satisfy any) */
    ACTION_AUTH_BASIC,    /* .auth */
    ACTION_FORWARDED_FOR, /* option forwardfor: .name .networks except, .number 1 = if-none */
    ACTION_REAL_IP,       /* set_real_ip_from: .networks trusted, .name field, .number 1 = recursive */
    ACTION_CAPTURE,       /* .expr into capture slot .number, .number2 = length; name for the log */
    ACTION_SET_LOG_LEVEL, /* .number syslog level, or LOG_LEVEL_SILENT */
    ACTION_LIMIT_RATE,    /* bytes a second to the client: .expr, .number after */
    ACTION_LIMIT_CONN,    /* .limits */
    ACTION_LIMIT_REQ,
    ACTION_RETRY_OFF,   /* what was sent to a server is not sent again (disable-l7-retry) */
    ACTION_USE_SERVER,  /* in PICK: .server, if it can be used, past the balancing; the next .number actions
                           are not run */
    ACTION_COOKIE,      /* in PICK: the server that the pool's cookie names */
    ACTION_PERSIST,     /* in PICK: .number 1: a server that is named is kept though it is down; 0: none is
                           named; the next .number2 actions are not run */
    ACTION_LINES,       /* lines of the head that .regex finds: .number enum lines_edit, .expr with \0 to \9;
                           ALLOW: the next .number2 actions are not run */
    ACTION_WAIT_BODY,   /* the request's body is waited for: .number ms at most, until .number2 bytes are
                           there (0: all, or what the buffer holds) */
    ACTION_TRACK,       /* the key .expr of .table is followed by counter .number */
    ACTION_STICK_ADD,   /* .stick: to what its counter follows, .number or .expr is added */
    ACTION_STICK_SET,   /* the same, set */
    ACTION_STICK_MATCH, /* in PICK: the server that .table has for the key .expr */
    ACTION_SET_TIMEOUT, /* .number ms, or .expr; .number2 enum set_timeout: of this stream */
    ACTION_PAUSE,       /* .number ms, or .expr; then the list goes on */
    ACTION_NORMALIZE,   /* .number enum normalize; .number2 1: strictly, wholly */
    ACTION_SET_TOS,     /* .number: of packets to the client */
    ACTION_REFERER,     /* .referers: is the page welcome that the request comes from? */
    ACTION_SECURE_LINK, /* .secure_link: is the link's sum right, and its time not over? */
    ACTION_EXPIRES, /* in REPLY: how long it may be kept: .expr, "1h", "max"; .number 1: since it was changed
                     */
    ACTION_STICK_STORE, /* .table gets the server for the key .expr: when it has answered (PICK), or now */
    ACTION_PATTERNS,    /* .edit, of the key .expr */
    ACTION_COUNT
};

enum close_how {
    CLOSE_FIN,
    CLOSE_RST,
    CLOSE_SILENT, /* the client is not told */
    CLOSE_AFTER,  /* TCP, in RESPONSE: what the server has sent goes out first */
};
enum lines_edit { LINES_REPLACE, LINES_DELETE, LINES_DENY, LINES_ALLOW };
enum set_address { SET_SOURCE, SET_SOURCE_PORT, SET_TARGET, SET_TARGET_PORT };
enum set_timeout { SET_TIMEOUT_SERVER, SET_TIMEOUT_TUNNEL, SET_TIMEOUT_CLIENT };
enum normalize {
    NORMALIZE_SLASHES,    /* "//" is "/" */
    NORMALIZE_DOT,        /* segments "." go */
    NORMALIZE_DOTDOT,     /* segments ".." go with the one before; strictly: at the beginning too */
    NORMALIZE_UPPERCASE,  /* %2f is %2F; strictly: what is no escape is 400 */
    NORMALIZE_UNRESERVED, /* %41 is A; strictly: the same */
    NORMALIZE_QUERY,      /* parameters in the order of their names */
    NORMALIZE_FRAGMENT_STRIP,
    NORMALIZE_FRAGMENT_ENCODE,
};
enum status_view { STATUS_STUB, STATUS_PAGE };
/* When If-Modified-Since holds. */
enum files_modified { MODIFIED_EXACT, MODIFIED_OFF, MODIFIED_BEFORE };

struct name_resolver; /* model/name_resolver.h */
struct pattern_edit;  /* model/patterns.h */
struct scope;
struct pool;
struct compression;
/* How the page of a folder looks (autoindex). */
struct folder_listing {
    enum listing_format { LISTING_HTML, LISTING_XML, LISTING_JSON, LISTING_JSONP } format;
    bool rough_sizes;            /* of HTML: in K, M and G */
    bool local_time;             /* of HTML */
    const struct expr *callback; /* of JSONP; NULL: none */
};
struct files {
    const struct expr *root; /* folder; with <alias> it replaces the location's prefix */
    bool alias;
    LIST_OF(const struct expr *) index;
    LIST_OF(const struct expr *) tries; /* try_files; the last is <fallback> */
    uint32_t ranges_most;               /* of one request (max_ranges); 0: none are served */
    bool no_etag;
    enum files_modified modified;
    struct reply *fallback_reply; /* =404 */
    struct scope *fallback_scope; /* @name */
    const struct expr *fallback_uri;
    const struct folder_listing *listing; /* of folders without an index; NULL: they are not shown */
    const struct compression *packed;     /* who gets FILE.gz instead, where there is one; NULL: nobody */
    bool packed_always;                   /* everybody does */
    bool any_file;                        /* a folder's index is one of its files, by chance */
    bool only_look; /* what is found is the path from then on, and the next action goes on with it */
    struct where at;
};
struct redirect_map {
    const struct expr *from;
    const struct regex *regex; /* instead of <from> */
    const struct expr *to;
};
/* Attributes of cookies that are set or taken away: of the cookies called <name>, or that <regex> matches. */
struct cookie_flags {
    const struct expr *name;
    const struct regex *regex;
    enum flag_change { FLAG_KEEP, FLAG_SET, FLAG_CLEAR } secure, httponly, samesite;
    struct span samesite_value;
};
/* What an answer's X-Accel-* fields may ask of us. */
enum accel {
    ACCEL_REDIRECT = 1 << 0,   /* another content takes the place of the answer's */
    ACCEL_BUFFERING = 1 << 1,  /* whether this answer is read ahead */
    ACCEL_LIMIT_RATE = 1 << 2, /* how fast it goes to the client */
    ACCEL_CHARSET = 1 << 3,    /* the charset of its type */
};
/* What is sent to a pool, and how the request is changed on the way. */
struct proxy {
    uint32_t index; /* from 1; config_seal's */
    /* With <target>, one whose only server has no address of its own: for what <target> tells that no pool is
     * called. */
    struct pool *pool;
    const struct expr *target;            /* proxy_pass with variables in its host: whole URL */
    const struct map *pools;              /* with <target>: name -> struct pool, all that it may name */
    const struct name_resolver *resolver; /* with <target>: for other names; NULL: these are errors */
    struct span scheme;                   /* "http", "https" */
    struct span host;    /* with its port, as it is written: $proxy_host; empty: the pool's name */
    bool replace_prefix; /* proxy_pass had a URI: <uri> replaces what the location matched */
    bool replace_target; /* <uri> is the whole target, query and all */
    const struct expr *uri;
    LIST_OF(struct field_line) fields; /* proxy_set_header, in order; others go through */
    bool default_fields;               /* nginx: Host $proxy_host, Connection close or "" */
    const struct expr *method;
    const struct expr *body; /* proxy_set_body */
    bool pass_fields, pass_body;
    uint8_t minor;                    /* HTTP/1.<minor> towards the server */
    LIST_OF(struct span) hide_fields; /* of the answer */
    LIST_OF(struct span) pass_hidden_fields;
    LIST_OF(struct redirect_map) redirects;
    LIST_OF(struct redirect_map) cookie_domains, cookie_paths; /* of Set-Cookie */
    LIST_OF(struct cookie_flags) cookie_flags;                 /* the first that means a cookie counts */
    uint32_t accel;                                            /* enum accel: what is done */
    bool redirect_default; /* Location under the pool's URL is mapped back to the location's prefix */
    struct where at;
};
struct rewrite {
    const struct regex *regex; /* NULL: always */
    const struct expr *to;     /* NULL: the path stays; then LAST */
    enum { REWRITE_NEXT, REWRITE_LAST, REWRITE_BREAK, REWRITE_REDIRECT, REWRITE_PERMANENT } then;
    bool drop_query; /* `to` ends in '?' */
    bool whole;      /* the path is what a server gets, whatever uri its proxy has */
    /* BREAK: so many actions after this one are not run. LAST: the virtual server's list begins anew after so
     * many actions of it, for its own rewrites are not run again. */
    uint32_t skip;
};
struct auth {
    struct span name;         /* of a userlist; else empty */
    const struct expr *realm; /* "off" switches off; NULL: of a userlist */
    const struct map *users;  /* name -> struct span of the hashed password */
    const struct expr *file;  /* instead of <users>: a path that is worked out, and read, for each request */
};
/*
 * A page of statistics: where it is, who may see it, and who may act on it. The
 * action's condition lets in only requests for <uri>, or for it and "?" or ";".
 */
struct stats_user {
    struct span name, password;
};
struct stats_page {
    struct span uri;
    struct span realm;
    LIST_OF(struct stats_user) users; /* empty: everybody */
    LIST_OF(struct span) scopes;      /* names of proxies that are shown; empty: all */
    duration refresh;                 /* 0 = never */
    bool hide_version, legends;
    struct span node, description;
    LIST_OF(const struct cond *) admins; /* POST may change servers when one of them holds; empty: never */
    struct where at;
};
struct referers; /* model/guard.h */
struct secure_link;
struct limits; /* model/zone.h: limit_req, limit_conn */

struct action {
    enum action_kind kind;
    const struct cond *when; /* NULL: always */
    struct where at;
    struct span source; /* as written, for explain */
    int64_t number, number2;
    struct span name;
    const struct expr *expr;
    union {
        struct scope *scope;
        struct host_table *hosts;
        struct location_tree *locations;
        struct reply *reply;
        struct proxy *proxy;
        struct files *files;
        struct rewrite *rewrite;
        struct auth *auth;
        const struct limits *limits;
        const struct regex *regex;
        const struct test *match;
        const struct server *server;
        const struct stats_page *page;
        const struct stick_table *table;
        const struct stick_ask *stick;
        const struct pattern_edit *edit;
        const struct referers *referers;
        const struct secure_link *secure_link;
    };
    LIST_OF(struct network) networks;
};
struct action_list {
    struct action *items;
    uint32_t count, room;
};
const char *action_name(enum action_kind k); /* "FIELD_SET" */
const char *hook_name(enum hook h);          /* "request" */
