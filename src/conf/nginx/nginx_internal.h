/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of nginx's dialect share. Reading is done in two steps. First a
 * file becomes *levels* (http, a server, a location, an `if` ...): a tree in
 * which each level keeps what was written in it, scalars as settings and lists
 * as statements. nginx lets a level inherit what stands later in its parents, so
 * only when http {} or stream {} has ended are the levels *compiled*, from the
 * outside in, to scopes, actions and policies.
 *
 * Read nginx.c first, then http.c and stream.c.
 */
#pragma once

#include "conf/common/dialect.h"
#include "conf/common/keyword.h"
#include "conf/common/values.h"
#include "conf/common/words.h"
#include "conf/nginx/diag_nginx.h"
#include "model/config.h"
#include "model/route.h"

enum nginx_context {
    IN_MAIN = 1 << 0,
    IN_EVENTS = 1 << 1,
    IN_HTTP = 1 << 2,
    IN_SERVER = 1 << 3,
    IN_LOCATION = 1 << 4,
    IN_SERVER_IF = 1 << 5,
    IN_LOCATION_IF = 1 << 6,
    IN_LIMIT_EXCEPT = 1 << 7,
    IN_UPSTREAM = 1 << 8,
    IN_STREAM = 1 << 9,
    IN_STREAM_SERVER = 1 << 10,
    IN_STREAM_UPSTREAM = 1 << 11,
    IN_MAIL = 1 << 12,
    /* the usual groups */
    IN_HSL = IN_HTTP | IN_SERVER | IN_LOCATION,
    IN_HSLI = IN_HSL | IN_LOCATION_IF,
    IN_REWRITE = IN_SERVER | IN_LOCATION | IN_SERVER_IF | IN_LOCATION_IF,
    IN_TCP = IN_STREAM | IN_STREAM_SERVER,
};

/* A number, size, time in ms, switch or choice; <n2> of those that have two. */
struct setting {
    bool set;
    uint64_t n, n2;
    struct where at;
};
/* Statements that were written at one level, in order. */
struct kept {
    struct statement *items;
    uint32_t count, room;
};

enum level_kind {
    LEVEL_HTTP_TOP,
    LEVEL_SERVER,
    LEVEL_LOCATION,
    LEVEL_IF,
    LEVEL_LIMIT_EXCEPT,
    LEVEL_STREAM_TOP,
    LEVEL_STREAM_SERVER,
};
enum location_kind { LOCATION_PREFIX, LOCATION_NO_REGEX, LOCATION_EXACT, LOCATION_REGEX, LOCATION_NAMED };

struct level;
/* A directive of the rewrite module; IF holds its block. */
struct rewrite_step {
    struct statement statement;
    struct level *block; /* `if`: what stands in it */
};
struct level_list {
    struct level **items;
    uint32_t count, room;
};

/* What a level says of TLS; tls.c and tls_proxy.c. */
struct level_tls {
    struct setting verify_client, verify_depth, prefer, session_timeout, session_tickets, reject;
    struct setting handshake_timeout, preread, preread_timeout;
    struct setting proxy, proxy_verify, proxy_depth, proxy_server_name, proxy_reuse;
    struct kept certificate, certificate_key, protocols, ciphers, commands, curve, dhparam;
    struct kept client_certificate, trusted, crl, session_cache, ticket_key, alpn, stapling_file;
    struct kept proxy_trusted, proxy_crl, proxy_name, proxy_certificate, proxy_key;
    struct kept proxy_protocols, proxy_ciphers, proxy_commands, proxy_alpn;
};

struct level {
    enum level_kind kind;
    struct level *parent; /* NULL: http {} or stream {} */
    struct statement opening;
    struct scope *scope; /* once compiled */

    /* http: the client */
    struct setting client_header_timeout, client_body_timeout, send_timeout, keepalive_timeout;
    struct setting keepalive_requests, keepalive_time, client_header_buffer_size, client_header_buffers;
    struct setting client_max_body_size, client_body_buffer_size, max_headers;
    struct setting lingering_close, lingering_time, lingering_timeout, reset_timedout_connection;
    struct setting ignore_invalid_headers, underscores_in_headers, merge_slashes;
    struct setting server_name_in_redirect, port_in_redirect, absolute_redirect, server_tokens;
    struct setting etag, if_modified_since, chunked_transfer_encoding;
    struct setting limit_rate, limit_rate_after, recursive_error_pages;
    struct kept valid_referers, secure_link, secure_link_md5, secure_link_secret;
    struct kept limit_rate_text, limit_rate_after_text; /* with variables: the settings are then UINT64_MAX */
    struct setting gzip, gzip_comp_level, gzip_min_length, gzip_vary, gzip_http_version, gzip_proxied;
    /* proxying, http and stream */
    struct setting proxy_connect_timeout, proxy_send_timeout, proxy_read_timeout, proxy_timeout;
    struct setting proxy_buffer_size, proxy_buffers, proxy_max_temp_file_size;
    struct setting proxy_buffering, proxy_request_buffering, proxy_intercept_errors;
    struct setting proxy_ignore_client_abort, proxy_http_version, proxy_pass_trailers;
    struct setting proxy_pass_request_headers, proxy_pass_request_body;
    struct setting proxy_half_close, proxy_next_upstream_switch, proxy_next_upstream_tries,
        proxy_next_upstream_timeout;
    struct setting proxy_requests, proxy_responses, proxy_protocol, proxy_socket_keepalive,
        preread_buffer_size;
    struct setting resolver_timeout, satisfy, max_ranges;
    struct setting autoindex, autoindex_format, autoindex_exact_size, autoindex_localtime, random_index;
    struct setting gzip_static;
    struct kept empty_gif;
    struct setting limit_req_status, limit_req_log_level, limit_req_dry_run;
    struct setting limit_conn_status, limit_conn_log_level, limit_conn_dry_run;
    struct kept limit_req, limit_conn, auth_basic, auth_basic_user_file;
    struct kept resolver;
    struct setting add_header_inherit, real_ip_recursive, internal;

    /* Lists and what is compiled from words: a level that has none inherits its parent's. */
    struct kept proxy_next_upstream, proxy_set_header, proxy_hide_header, proxy_pass_header, proxy_redirect;
    struct kept proxy_upload_rate, proxy_download_rate;
    struct kept proxy_cookie_domain, proxy_cookie_path, proxy_cookie_flags, proxy_ignore_headers;
    struct kept proxy_bind, proxy_method, proxy_set_body, proxy_pass;
    struct kept add_header, expires, error_page, access, access_log, error_log, index, root, charset;
    struct kept gzip_types, gzip_disable;
    struct kept default_type, set_real_ip_from, real_ip_header;
    struct level_tls tls;
    struct setting health_check_timeout;
    struct kept health_check;
    struct kept try_files, stub_status, stream_return, listen, server_name;
    struct map *types; /* extension -> struct span; NULL: none here */

    LIST_OF(struct rewrite_step) rewrites;
    struct level_list locations; /* children, in order */
    struct level_list servers;   /* of http {} or stream {} */
    struct level *limit_except;
    bool says_more;       /* `if`: something that is not rewriting stands in it */
    uint32_t route_index; /* a server's: where in its list locations are looked for */
    /* a location's own */
    enum location_kind location;
    struct span path;
    const struct regex *regex;
    struct where path_at;

    /* compiled, so that levels that say nothing share their parent's */
    const struct client_policy *client;
    const struct server_policy *server;
};

/* http {} and stream {} have names of their own. */
struct side {
    bool stream;
    struct level *top;    /* NULL: there was none */
    struct map variables; /* name -> struct variable_def: set, map, geo, captures */
    struct map formats;   /* log_format name -> struct log_format */
    LIST_OF(struct upstream *) upstreams;
    struct map zones;                       /* name -> struct waiting_zone */
    struct map upstream_names;              /* name in either case -> struct upstream, the first */
    LIST_OF(struct listening *) listenings; /* distinct addresses */
    LIST_OF(struct match_block *) matches;  /* health.c */
};

/* proxy_pass to a name that is neither an upstream nor known to the resolver. */
struct unresolved {
    struct side *side;
    struct word word; /* the name within the URL */
};

struct included; /* the chain of files being read */

struct build {
    struct config *config;
    struct arena *arena; /* the config's */
    struct diags *diags;
    const struct world *world;
    const struct dialect_options *options;
    struct span prefix;      /* ends in '/' */
    struct span conf_prefix; /* where included files lie */
    bool debian;             /* the prefix is Debian's, and so are the paths of logs and the pid file */

    /* where reading is */
    struct words *words;
    const struct included *including;
    uint32_t context;
    struct level *level; /* NULL in main and events */
    struct keyword_seen *seen;
    bool block_open; /* the statement being handled opened a block that nobody has read yet */

    struct keyword_seen main_seen;
    struct setting daemon, worker_processes;
    struct kept pid, error_log, user;
    bool has_events;
    struct side http, stream;
    struct upstream *upstream; /* being read */
    LIST_OF(struct unresolved) unresolved;
    struct map user_files; /* path -> struct map: name -> struct span */
    struct lookup *https;  /* "https" -> "on", for $https */
    const struct map *default_types;
    const struct expr *empty, *proxy_host;
    const struct cond *good_statuses;
    const struct reply_set *replies[2]; /* without and with our version */
};

/* ---- nginx.c: reading ---- */
extern const struct keyword_table nginx_keywords;
/* The next statement of the block that the last one opened; false at its "}", or where the text ends. */
bool nginx_next(struct build *b, struct statement *s);
/* Reads the open block as directives of <context>; <level> as the current one. */
void nginx_read_block(struct build *b, uint32_t context, struct level *level);
/* Leaves the open block unread. */
void nginx_skip_block(struct build *b);
/* For `include` within blocks of rows: calls <row> for each statement of the files. */
typedef void nginx_row_fn(struct build *b, void *self, const struct statement *s);
void nginx_read_rows(struct build *b, nginx_row_fn *row, void *self);
/* Relative to the prefix, or to where the configuration lies. */
struct span nginx_path(struct build *b, struct span path);
struct span nginx_conf_path(struct build *b, struct span path);

/* ---- settings.c: handlers for what is only kept, and asking for it ---- */
keyword_fn nginx_set_number, nginx_set_size, nginx_set_time, nginx_set_switch, nginx_set_buffers;
keyword_fn nginx_keep;        /* appends to the kept list at <offset> */
keyword_fn nginx_accept_only; /* one value (.today), which is how it always is; others are refused */
/* The first level from <l> outwards that has it; NULL: none. */
const struct setting *level_setting(const struct level *l, size_t offset);
const struct kept *level_kept(const struct level *l, size_t offset);
uint64_t level_value(const struct level *l, size_t offset, uint64_t otherwise);
#define SETTING(l, member, otherwise) level_value((l), offsetof(struct level, member), (otherwise))
#define KEPT(l, member)               level_kept((l), offsetof(struct level, member))
duration level_time(const struct level *l, size_t offset, uint32_t otherwise_ms);
#define TIME(l, member, otherwise_ms) level_time((l), offsetof(struct level, member), (otherwise_ms))
struct level *level_new(struct build *b, enum level_kind kind, struct level *parent,
                        const struct statement *s);
static inline const struct word *word_at(const struct statement *s, uint32_t i)
{
    return &s->words.items[i];
}
static inline struct span text_at(const struct statement *s, uint32_t i)
{
    return s->words.items[i].text;
}
/* "name=value": the value when <w> begins with <name> and "=". */
bool word_option(const struct word *w, const char *name, struct word *value);
/* A part of a word, with its place when nothing in it was escaped. */
struct word word_part(const struct word *w, size_t from, size_t len);

/* ---- variables.c: text with variables ---- */
enum variable_kind { VARIABLE_SLOT, VARIABLE_LOOKUP };
struct pending_lookup; /* maps.c */
struct variable_def {
    enum variable_kind kind;
    uint32_t slot;
    struct pending_lookup *lookup;
    struct where at;
};
/* Names in <captures> (NULL: none) are those of the regular expression that was matched just before. */
const struct expr *nginx_expr(struct build *b, struct side *side, const struct word *w,
                              const struct regex *captures);
bool nginx_has_variables(struct span text);
/* Is it a variable that nginx has of its own, so that no other can have that name? */
bool nginx_is_builtin(const struct side *side, struct span name);
/* Adds the variable <name> (without "$") to <e>; false and a diagnostic when there is none. */
struct expr_part *nginx_add_variable(struct build *b, struct side *side, struct expr *e, struct span name,
                                     const struct word *w, struct span seen, const struct regex *captures);
bool nginx_is_name(struct span name);
/* "$name" as the name of a new variable; false and a diagnostic when it is none. */
bool nginx_new_variable(struct build *b, const struct word *w, struct span *name);
uint32_t nginx_slot(struct build *b, struct side *side, struct span name, struct where at);
/* NULL and a diagnostic when it does not compile. Declares its named groups as variables. */
const struct regex *nginx_regex(struct build *b, struct side *side, const struct word *w, struct span pattern,
                                bool nocase);
/* The same before it is used, for files that mention a group's name above it; says nothing of mistakes. */
void nginx_declare_captures(struct build *b, struct side *side, struct span pattern, bool nocase,
                            struct where at);
/* SET_SLOT for each named group, for what comes after the match. */
void nginx_save_captures(struct build *b, struct side *side, struct scope *scope, const struct regex *r,
                         struct where at);
/* The table of a side: name -> what to fetch. False: no such name. */
struct known_variable {
    const char *name; /* a trailing '_' takes any name behind it */
    enum fetch fetch;
    const char *arg; /* or text, when <constant> */
    int32_t number;
    bool constant;
    bool refused; /* nginx has it, we do not */
    bool slot;    /* an action sets it: guard.c */
};
extern const struct known_variable nginx_http_variables[], nginx_stream_variables[];

/* ---- maps.c ---- */
extern const struct keyword nginx_map_words[];
const struct lookup *nginx_lookup(struct build *b, struct side *side, struct pending_lookup *p,
                                  struct where asked);

/* ---- geo.c ---- */
struct geo_range {
    uint32_t from, to;        /* addresses of IPv4, in the machine's order */
    const struct expr *value; /* NULL: what was there goes */
    struct where at;
};
struct geo_ranges { /* apart from each other, in order */
    struct geo_range *items;
    uint32_t count, room;
};
/* "10.0.0.1-10.0.0.9": false when it is none. */
bool nginx_geo_range(struct span text, struct geo_range *out);
/* It takes the place of what was there. */
void nginx_geo_put(struct arena *a, struct geo_ranges *g, const struct geo_range *r);
/* Adds them to <l> as rows of networks. */
void nginx_geo_rows(struct arena *a, const struct geo_ranges *g, struct lookup *l);

/* All of them, used or not. */
void nginx_compile_lookups(struct build *b, struct side *side);

/* ---- upstream.c ---- */
struct upstream {
    struct span name;
    struct pool *pool;
    struct side *side;
    struct kept hash; /* its key */
    struct kept sticky;
    struct kept resolver;                     /* its own; else http's or stream's */
    LIST_OF(struct name_group *) name_groups; /* servers with `resolve` */
    struct where at, balance_at;
    bool used, balanced;
    uint32_t lines; /* of `server`, right or wrong */
};
extern const struct keyword nginx_upstream_words[];
struct upstream *nginx_find_upstream(struct side *side, struct span name);
/* The pool for an address that is no upstream's name; NULL and a diagnostic when it cannot be resolved. */
struct pool *nginx_address_pool(struct build *b, struct side *side, const struct word *w, struct span host,
                                uint16_t default_port);
/* ---- health.c ---- */
extern const struct keyword nginx_health_words[];
/* health_check of <l>, whose requests to servers are as <policy> says. */
void nginx_compile_health(struct build *b, struct side *side, const struct level *l,
                          const struct server_policy *policy);

extern const struct keyword nginx_sticky_words[];
void nginx_compile_sticky(struct build *b, struct side *side, struct upstream *u);
void nginx_compile_upstreams(struct build *b, struct side *side);
/* "host", "host:80", "[::1]:80", "unix:/path": its addresses. <port> 0: there must be one in the text. */
struct addresses {
    struct address *items;
    uint32_t count, room;
};
/* Whose address it is, for nginx's own words about what is wrong with it. */
enum address_of { ADDRESS_OF_OTHER, ADDRESS_OF_UPSTREAM, ADDRESS_OF_LISTEN };
bool nginx_addresses(struct build *b, const struct word *w, struct span text, uint16_t port,
                     enum address_of of, struct addresses *out);
bool nginx_has_port(struct span text); /* or needs none: unix: */

/* ---- limits.c, auth.c ---- */
struct waiting_zone {
    struct statement statement;
    struct zone *zone;
};
extern const struct keyword nginx_limit_words[], nginx_auth_words[];
void nginx_compile_zones(struct build *b, struct side *side);
void nginx_compile_limits(struct build *b, const struct side *side, const struct level *l);
bool nginx_wants_auth(const struct level *l);
void nginx_compile_auth(struct build *b, const struct level *l, struct scope *scope);

/* ---- guard.c ---- */
extern const struct keyword nginx_guard_words[];
/* The slot of a variable that nginx has, and that actions set. */
uint32_t nginx_own_variable(struct build *b, const char *name);
/* Before the rewrites of <l>, which look at what was found out. */
void nginx_compile_guards(struct build *b, const struct level *l);

/* ---- resolver.c ---- */
extern const struct keyword nginx_resolver_words[];
struct name_resolver; /* model/name_resolver.h */
/* The one of <l>, or of a level outside; NULL: there is none. */
const struct name_resolver *nginx_resolver(struct build *b, const struct level *l);
/* Says what is wrong with <l>'s own, used or not. */
void nginx_check_resolver(struct build *b, const struct level *l);

/* ---- listen.c ---- */
struct listen_options {
    struct span written, plain; /* "*:80" and, as nginx tells it, "0.0.0.0:80" */
    struct address address;
    struct where at, ssl_at; /* <ssl_at>: of the first that says ssl */
    bool is_default, udp, proxy_protocol, ssl, v6only, v6only_set, reuseport, deferred, has_options;
    int backlog, fastopen;
};
/* One `listen` of one server. */
struct listening {
    struct listen_options options;
    struct where options_at; /* of the line whose socket options count */
    LIST_OF(struct level *) servers;
    struct level *default_server;
    struct where default_at;
    struct scope *entry;
    struct service *service;
    struct listener *listener; /* NULL: it is served by <wildcard>'s */
    struct listening *wildcard;
    struct host_table *hosts; /* of http */
};
bool nginx_parse_listen(struct build *b, const struct statement *s, bool stream, struct listen_options *out);
/* The listening of that address, new or old; options are checked and joined. */
struct listening *nginx_listening(struct build *b, struct side *side, const struct listen_options *o);
struct listener *nginx_add_listener(struct build *b, const struct listening *l);

/* ---- log.c ---- */
extern const struct keyword nginx_log_words[];
void nginx_compile_access_logs(struct build *b, struct side *side, const struct level *l,
                               struct scope *scope);
void nginx_compile_error_logs(struct build *b, const struct level *l, struct scope *scope);
void nginx_compile_error_log(struct build *b, const struct kept *k, struct log_target_list *out);
void nginx_compile_formats(struct build *b, struct side *side);
void nginx_predefine_formats(struct build *b, struct side *side);

/* ---- the rest of http, one file an area ---- */
extern const struct keyword nginx_main_words[], nginx_http_words[], nginx_server_words[],
    nginx_location_words[], nginx_proxy_words[], nginx_rewrite_words[], nginx_access_words[],
    nginx_headers_words[], nginx_file_words[], nginx_stream_words[], nginx_tuning_words[], nginx_gzip_words[],
    nginx_refused_words[], nginx_tls_words[];

void nginx_finish_main(struct build *b);
void nginx_compile_http(struct build *b);
void nginx_compile_stream(struct build *b);
/* What <l> says beside rewrites and locations: policies, pages, logs, fields of answers. */
void nginx_compile_settings(struct build *b, struct level *l);
const struct client_policy *nginx_client_policy(struct build *b, const struct level *l);
/* Addresses, entries and the scopes of servers. */
void nginx_compile_hosts(struct build *b);
void nginx_finish_entries(struct build *b);
void nginx_compile_server(struct build *b, struct level *server);
void nginx_compile_locations(struct build *b, struct level *l, struct location_tree *tree);
void nginx_index_named(struct build *b, struct level *server);
const struct level *nginx_server_of(const struct level *l);
struct level *nginx_find_named(const struct level *l, struct span name);
/* Of a named location that is not there: says so, and answers 500. */
struct scope *nginx_missing_named(struct build *b, const struct word *name);
void nginx_compile_rewrites(struct build *b, struct level *l);
/* What follows the rewrites: access, then content. */
void nginx_compile_content(struct build *b, struct level *l);
void nginx_compile_access(struct build *b, const struct level *l, struct scope *scope, enum hook hook);
void nginx_compile_real_ip(struct build *b, const struct level *l, struct scope *scope);
void nginx_compile_headers(struct build *b, const struct level *l);
void nginx_compile_error_pages(struct build *b, const struct level *l);
const struct reply_set *nginx_replies(struct build *b, const struct level *l);
void nginx_compile_files(struct build *b, const struct level *l);
/* ---- gzip.c ---- */
const struct compression *nginx_compression(struct build *b, const struct level *l);
/* Who may get gzip there, whether or not answers are compressed. */
struct compression *nginx_gzip_rule(struct build *b, const struct level *l);

/* ---- empty_gif.c ---- */
void nginx_compile_empty_gif(struct build *b, const struct level *l, struct where at);
/* Where $document_root and $request_filename are. */
void nginx_compile_folder(struct build *b, const struct level *l);
void nginx_compile_types(struct build *b, const struct level *l);
/* What <l> says about servers is looked at though nothing may be passed on there. */
void nginx_check_proxy(struct build *b, const struct level *l);
/* proxy_answer.c. <computed>: the target has variables, and there is nothing to map redirects back to by
 * default. */
void nginx_fill_answer(struct build *b, const struct level *l, bool computed, struct proxy *p);
void nginx_compile_proxy(struct build *b, struct level *l, const struct statement *pass);
/* proxy_pass to names that nobody knows: said at the end, when it is clear which upstreams are used. */
void nginx_say_unresolved(struct build *b);
void nginx_bind_address(struct build *b, struct side *side, const struct level *l, struct source_rule *out);
/* http's proxy_pass: fills in <p>'s target; false when there is none. */
bool nginx_proxy_target(struct build *b, const struct level *l, const struct word *w, struct proxy *p);
/* Every upstream of <side>, for those that are named while running. */
const struct map *nginx_all_pools(struct build *b, const struct side *side);
/* Its only server is wherever a computed name leads. */
struct pool *nginx_found_pool(struct build *b, const struct word *w);
/* The pool that "host", "host:port" or an upstream's name means; NULL and, now or later, a diagnostic. */
struct pool *nginx_target_pool(struct build *b, struct side *side, const struct word *w, bool secure);
/* "if (...)": NULL and a diagnostic when it is none. */
const struct cond *nginx_condition(struct build *b, struct scope *scope, const struct statement *s,
                                   const struct regex **captures);
