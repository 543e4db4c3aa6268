/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of HAProxy's dialect share. Reading is done in two steps. First
 * the files become *drafts*, one a section: settings (numbers, times, options)
 * and kept lines. A draft begins as a copy of the defaults that are open then, as
 * HAProxy has it. When the last file has been read and every name is known, the
 * drafts are *compiled*: frontends to services, listeners and scopes, backends to
 * pools and scopes, lines of rules to actions.
 *
 * Read haproxy.c first, then proxy.c and rules.c.
 */
#pragma once

#include "conf/common/dialect.h"
#include "conf/common/keyword.h"
#include "conf/common/values.h"
#include "conf/common/words.h"
#include "conf/haproxy/diag_haproxy.h"
#include "model/config.h"

enum haproxy_context {
    IN_FILE = 1 << 0, /* between sections: the words that begin one */
    IN_GLOBAL = 1 << 1,
    IN_DEFAULTS = 1 << 2,
    IN_FRONTEND = 1 << 3,
    IN_LISTEN = 1 << 4,
    IN_BACKEND = 1 << 5,
    IN_BIND = 1 << 6, /* parameters of a line */
    IN_SERVER = 1 << 7,
    IN_HTTP_REQUEST = 1 << 8, /* actions of a ruleset */
    IN_HTTP_RESPONSE = 1 << 9,
    IN_HTTP_AFTER = 1 << 10,
    IN_TCP_CONNECTION = 1 << 11,
    IN_TCP_SESSION = 1 << 12,
    IN_TCP_CONTENT = 1 << 13,
    IN_TCP_RESPONSE = 1 << 14,
    IN_HTTP_ERRORS = 1 << 15,
    IN_STATS_RULES = 1 << 16,
    IN_RESOLVERS = 1 << 17,
    IN_USERLIST = 1 << 19,
    IN_RING = 1 << 20,
    IN_SKIPPED = 1 << 18, /* a section that is refused as a whole */
    /* the usual groups */
    IN_PROXY = IN_FRONTEND | IN_LISTEN | IN_BACKEND,
    IN_FRONT = IN_FRONTEND | IN_LISTEN,
    IN_BACK = IN_LISTEN | IN_BACKEND,
    IN_D_PROXY = IN_DEFAULTS | IN_PROXY,
    IN_D_FRONT = IN_DEFAULTS | IN_FRONT,
    IN_D_BACK = IN_DEFAULTS | IN_BACK,
    IN_HTTP_RULES = IN_HTTP_REQUEST | IN_HTTP_RESPONSE | IN_HTTP_AFTER,
    IN_TCP_RULES = IN_TCP_CONNECTION | IN_TCP_SESSION | IN_TCP_CONTENT | IN_TCP_RESPONSE,
};

/* A number, a size, a time in ms, a choice, an option that is on or off. */
struct setting {
    bool set;
    bool inherited; /* from defaults */
    uint64_t n;
    struct where at;
};

/* A line that is compiled when its proxy is. */
struct line {
    struct statement s; /* words[0] is the keyword, of one or more words */
    const struct keyword *row;
    bool no;        /* "no ..." stood before it */
    bool inherited; /* written in defaults */
    bool *said;     /* whether it was compiled before: then its diagnostics are known */
};
enum kept {
    KEPT_BIND,
    KEPT_SERVER, /* server, default-server, server-template, in order */
    KEPT_RULE,   /* acl, http-request, use_backend, redirect ...: all that has an order, in order */
    KEPT_LOG,
    KEPT_LOG_FORMAT,
    KEPT_LOG_FORMAT_SD,
    KEPT_ERROR, /* errorfile, errorloc, errorfiles, http-error */
    KEPT_BALANCE,
    KEPT_HASH_TYPE,
    KEPT_RETRY_ON,
    KEPT_COOKIE,
    KEPT_COOKIE_KEY, /* dynamic-cookie-key */
    KEPT_CHECK,      /* the option that says which check */
    KEPT_DISABLE_404,
    KEPT_SEND_STATE,
    KEPT_CHECK_COMMAND, /* external-check command */
    KEPT_CHECK_PATH,
    KEPT_HTTP_CHECK, /* http-check lines */
    KEPT_TCP_CHECK,  /* tcp-check lines */
    KEPT_STATS,      /* stats lines */
    KEPT_FORWARDFOR, /* option forwardfor */
    KEPT_ORIGINALTO, /* option originalto */
    KEPT_FORWARDED,  /* option forwarded */
    KEPT_CAPTURE,    /* capture, declare capture */
    KEPT_SOURCE,     /* source */
    KEPT_LOG_TAG,    /* log-tag */
    KEPT_UNIQUE_ID,  /* unique-id-format */
    KEPT_UNIQUE_ID_HEADER,
    KEPT_MONITOR, /* monitor-uri, monitor-net */
    KEPT_DEFAULT_BACKEND,
    KEPT_DISPATCH,
    KEPT_ERROR_LOG_FORMAT,
    KEPT_STICK_TABLE,
    KEPT_LOAD_STATE, /* load-server-state-from-file */
    KEPT_STATE_NAME, /* server-state-file-name */
    KEPT_NOTE,       /* description, id: the last counts */
    KEPT_COUNT
};
struct lines {
    struct line *items;
    uint32_t count, room;
};

enum restricted_names { NAMES_PRESERVE, NAMES_DELETE, NAMES_REJECT };
enum proxy_mode { MODE_UNSET, MODE_TCP, MODE_HTTP };
enum log_style { LOG_STYLE_NONE, LOG_STYLE_TCP, LOG_STYLE_HTTP, LOG_STYLE_CLF, LOG_STYLE_HTTPS };

/* Lists of rules of a proxy, before they are put behind each other on hooks. */
enum ruleset {
    RULES_CONNECTION,
    RULES_SESSION,
    RULES_CONTENT,
    RULES_BLOCK,
    RULES_HTTP_REQUEST,
    RULES_STATS,
    RULES_REDIRECT,
    RULES_USE_BACKEND,
    RULES_PERSIST,
    RULES_USE_SERVER,
    RULES_STICK,
    RULES_STICK_RESPONSE,
    RULES_TCP_RESPONSE,
    RULES_HTTP_RESPONSE,
    RULES_HTTP_AFTER,
    RULES_COUNT
};

/* A capture slot that rules fill. */
struct declared {
    uint32_t slot, len;
};
struct declared_list {
    struct declared *items;
    uint32_t count, room;
};

struct draft {
    uint32_t context; /* IN_DEFAULTS, IN_FRONTEND, IN_LISTEN or IN_BACKEND */
    struct span name;
    struct where at;            /* of its name, or of the word that begins the section */
    struct where section_at;    /* of the line that begins it */
    const struct draft *parent; /* the defaults it began as; NULL: none */
    struct keyword_seen seen;

    struct setting session_rate;
    struct setting mode, id, disabled, maxconn, backlog, fullconn, retries, redispatch, http_reuse;
    struct setting log_style, connection_mode, max_keep_alive_queue, hash_balance_factor;
    struct setting timeout_client, timeout_server, timeout_connect, timeout_queue, timeout_check,
        timeout_tarpit;
    struct setting timeout_http_request, timeout_http_keep_alive, timeout_tunnel, timeout_client_fin;
    struct setting timeout_server_fin, inspect_delay, inspect_delay_response;
    struct setting abortonclose, allbackups, dontlognull, dontlog_normal, log_separate_errors, logasap;
    struct setting drop_request_trailers, drop_response_trailers;
    struct setting http_ignore_probes, splice_auto, splice_request, splice_response, persist,
        prefer_last_server;
    struct setting http_buffer_request, log_health_checks, checkcache, nolinger, transparent, clitcpka,
        srvtcpka, tcpka;
    struct setting accept_invalid_request, accept_invalid_response, http_pretend_keepalive, restrict_names;
    struct lines kept[KEPT_COUNT];
    struct compression *compression; /* as far as lines say it; NULL: none does */
    bool compression_inherited;
    struct where compression_at; /* of its last line */

    /* while it is compiled */
    struct scope *scope;
    struct service *service;
    struct pool *pool;
    struct cookie_policy *cookie;    /* the pool's */
    struct stick_table *table;       /* its own; NULL: none */
    struct map acls, inherited_acls; /* name -> struct acl */
    LIST_OF(struct acl *) all_acls;
    LIST_OF(struct cond *) all_conds;
    struct action_list rules[RULES_COUNT];
    LIST_OF(const struct cond *) monitor_fails;
    struct declared_list request_lengths, response_lengths;
};

/* What a line says of TLS; tls.h. Words are empty where nothing is said. */
enum tls_verify_word { VERIFY_UNSET, VERIFY_NONE, VERIFY_OPTIONAL, VERIFY_REQUIRED };
struct tls_options {
    bool ssl;
    struct where ssl_at, versions_at, verify_at;
    LIST_OF(struct word) certificates, lists;
    struct word ca_file, ca_verify_file, crl_file, ticket_keys;
    struct word ciphers, ciphersuites, curves, signatures, alpn;
    uint16_t min, max;
    unsigned without; /* bits of versions: 1 << 3 is TLS 1.2 */
    enum tls_verify_word verify;
    bool no_alpn, no_tickets, prefer_client_ciphers, strict, no_ca_names, ignore_errors;
    /* of servers */
    struct word sni, verifyhost, check_sni, check_alpn;
    bool sni_auto, no_resume, check, no_check;
};
/* What `global` says of it. */
struct tls_defaults {
    struct tls_options bind, server;
    struct word dh;
    struct span ca_base, crt_base, key_base;
    struct setting cache_size, lifetime;
    bool drop_extension; /* NAME.crt's key is NAME.key */
    bool no_verify;      /* of servers, where their line says nothing */
};

/* What `global` says about logs, for `log global`. */
struct global {
    struct tls_defaults tls;
    struct keyword_seen seen;
    struct lines logs;
    struct span log_tag, log_host, node, description;
    bool send_hostname, external_checks;
    struct lines variables;            /* set-var, set-var-fmt */
    struct control_socket socket_like; /* unix-bind */
    struct span unix_prefix, errors_relative, state_base, state_file;
    struct setting maxconn, tune_bufsize, tune_maxrewrite, tune_maxhdr, noreuseport;
    struct setting compression_level;
};

/* A section of error pages, for `errorfiles`. */
struct http_errors {
    struct span name;
    struct lines files;
    struct where at;
};

/* `track` of a server line, until all servers are known. */
struct track {
    struct server *server;
    const struct draft *draft;
    struct word word;
};

/* A server whose name is asked for while running. */
struct named_server {
    struct server *server;
    struct word word; /* of the resolvers section */
    uint16_t port;
    uint8_t prefer;
    bool weights_kept;
};

struct ring_server {
    struct address address;
    bool counted;
};
/* A section that sends lines on by connections, for `log ring@NAME`. */
struct ring {
    struct span name;
    struct log_target like; /* frame, line_max and queue, for all of its servers */
    bool frame_set, line_max_set;
    LIST_OF(struct ring_server) servers;
    struct where at;
};

struct preprocessor; /* preprocess.c */
struct user_list;    /* users.c */

struct build {
    struct config *config;
    struct arena *arena; /* the config's */
    struct diags *diags;
    struct diags *known;  /* where diagnostics go that were said before */
    struct diags *spoken; /* where all others go */
    const struct world *world;
    const struct dialect_options *options;

    /* where reading is */
    struct words *words;
    uint32_t context;
    struct draft *draft;  /* of the open section; NULL in global and where sections are refused */
    bool no;              /* the statement began with "no" */
    bool back_to_default; /* with "default" */
    struct span file;
    uint32_t file_source;

    struct global global;
    LIST_OF(struct draft *) defaults; /* in order; the last is what a section without `from` gets */
    LIST_OF(struct draft *) proxies;
    LIST_OF(struct http_errors) http_errors;
    LIST_OF(struct user_list *) user_lists;
    LIST_OF(struct ring) rings;
    LIST_OF(struct track) tracks;
    LIST_OF(struct named_server) named_servers;
    struct reply_set *pages; /* the language's own; made once */
    struct map maps;         /* converter, file and default -> struct lookup */
    struct map environment;  /* name -> struct span; what setenv and presetenv said */
    bool environment_reset;  /* resetenv: what the process has does not count any more */
    struct preprocessor *preprocessor;

    /* while a line of rules is compiled */
    struct draft *at; /* the proxy */
    enum ruleset ruleset;
    const struct cond *when; /* of the rule */
    const struct line *line;
    struct bind_options *bind;     /* whose parameters are read */
    struct server_options *server; /* whose parameters are read */
    struct tls_options *tls;       /* the same, of both */
};

/* ---- haproxy.c: files, lines, sections ---- */
extern const struct keyword_table haproxy_keywords;
extern const struct keyword haproxy_section_words[];
const char *haproxy_section_name(const struct build *b); /* "global", or "" between sections */
/* The context's row of that name: for parameters, whose count of arguments must be known. */
const struct keyword *haproxy_row(uint32_t context, struct span name);
/* Walks the words from <from> on, <count> of them, as a statement of <context>. */
bool haproxy_walk_part(struct build *b, uint32_t context, const struct statement *s, uint32_t from,
                       uint32_t count);
static inline const struct word *word_at(const struct statement *s, uint32_t i)
{
    return &s->words.items[i];
}
static inline struct span text_at(const struct statement *s, uint32_t i)
{
    return s->words.items[i].text;
}
static inline bool text_is(const struct statement *s, uint32_t i, const char *text)
{
    return i < s->words.count && span_eq(text_at(s, i), span_from(text));
}
/* Where the whole keyword stands, also one of two words; a word's own place is that of the second. */
struct where haproxy_keyword_at(const struct statement *s);
/* A part of a word, with its place when nothing in it was escaped. */
struct word haproxy_part(const struct word *w, size_t from, size_t len);

/* ---- settings.c: handlers for what is only kept, and asking for it ---- */
keyword_fn haproxy_set_number, haproxy_set_time, haproxy_set_option, haproxy_set_option_later,
    haproxy_set_value;
keyword_fn haproxy_keep;     /* appends to the list of lines that <offset> names */
keyword_fn haproxy_keep_one; /* replaces it */
keyword_fn haproxy_accept;   /* nothing to do: what it says is always so */
/* Understood and put into the model, but nobody does it yet: said so that nobody relies on it. */
void haproxy_say_later(struct build *b, const struct word *w, const char *what);
#define TO(member) .offset = offsetof(struct draft, member)
#define KEEP(kept) .handle = haproxy_keep, .offset = (kept)
/* A row's <low> that lets "no" stand before it; other rows refuse it. */
#define CAN_NO .high = INT64_MIN
static inline uint64_t value_or(const struct setting *s, uint64_t otherwise)
{
    return s->set ? s->n : otherwise;
}
static inline bool is_on(const struct setting *s)
{
    return s->set && s->n;
}
/* NONE when it is not set or 0. */
duration haproxy_time(const struct setting *s);
struct draft *haproxy_draft_new(struct build *b, uint32_t context, const struct draft *from);
const struct line *haproxy_line_last(const struct draft *d, enum kept k); /* NULL: none */
/* Diagnostics of a line from defaults are said once, however many proxies compile it. */
struct opened { /* what is restored when a line ends */
    struct diags *diags;
    const struct line *line;
};
struct opened haproxy_line_begin(struct build *b, const struct line *l);
void haproxy_line_end(struct build *b, struct opened before);

/* ---- the words, one file an area ---- */
extern const struct keyword haproxy_rate_words[], haproxy_global_words[], haproxy_tuning_words[],
    haproxy_proxy_words[], haproxy_timeout_words[];
extern const struct keyword haproxy_option_words[], haproxy_bind_words[], haproxy_server_words[];
extern const struct keyword haproxy_frontend_words[], haproxy_stats_words[], haproxy_check_words[];
extern const struct keyword haproxy_cookie_words[], haproxy_refused_words[], haproxy_old_words[];
extern const struct keyword haproxy_rule_words[], haproxy_action_words[], haproxy_balance_words[],
    haproxy_log_words[], haproxy_compression_words[];
extern const struct keyword haproxy_reply_words_table[], haproxy_state_words[], haproxy_user_words[];
/* Its servers are compiled: what a state file says of them. */
void haproxy_compile_state(struct build *b, struct draft *d);

/* ---- compression.c ---- */
/* What a proxy says of compression; NULL: nothing. */
const struct compression *haproxy_compression(struct build *b, const struct draft *d);

/* ---- preprocess.c ---- */
/* The value of a variable of the environment; false when it is not set. */
bool haproxy_variable(struct build *b, struct span name, struct span *value);

/* ---- sections.c ---- */
/* False and a diagnostic when it cannot be the name of a section, server, ACL ... */
bool haproxy_name(struct build *b, const struct word *w);

/* ---- proxy.c ---- */
void haproxy_compile(struct build *b);
struct draft *haproxy_find_backend(const struct build *b, struct span name);
const char *const *haproxy_backend_names(const struct build *b); /* for "did you mean" */
void haproxy_say_no_backend(struct build *b, const struct word *w, struct span name);
bool haproxy_id_taken(const struct build *b, uint32_t id);
uint32_t haproxy_connections_max(const struct build *b, const struct draft *d);
uint32_t haproxy_buffer_size(const struct build *b);
uint32_t haproxy_head_max(const struct build *b);
enum proxy_mode haproxy_draft_mode(const struct draft *d);
static inline bool draft_is_http(const struct draft *d)
{
    return haproxy_draft_mode(d) == MODE_HTTP;
}
static inline bool draft_is_front(const struct draft *d)
{
    return d->context & (IN_FRONTEND | IN_LISTEN);
}
static inline bool draft_is_back(const struct draft *d)
{
    return d->context & (IN_BACKEND | IN_LISTEN);
}

/* ---- reach.c ---- */
/* Can a request that came in at <front> be sent to <back>? */
bool haproxy_reaches(const struct draft *front, const struct draft *back);
/* What becomes of connections: http-keep-alive, http-server-close, httpclose. */
enum keep_mode haproxy_keep_mode(const struct build *b, const struct draft *d, bool as_front);

/* ---- global.c ---- */
void haproxy_finish_global(struct build *b);
keyword_fn haproxy_stats_socket;
/* "user" and "group" of sockets. UINT32_MAX and a diagnostic when the machine does not know it. */
bool haproxy_user(struct build *b, const struct word *w, uint32_t *uid, uint32_t *gid);
bool haproxy_group(struct build *b, const struct word *w, uint32_t *gid);
bool haproxy_octal(struct build *b, const struct word *w, uint32_t *mode);

/* ---- tls.c ---- */
extern const struct keyword haproxy_tls_words[], haproxy_tls_global_words[];
/* "SSL handshake failure": the line of a connection that did not come so far. */
void haproxy_compile_failed_line(struct build *b, struct draft *d);

/* ---- bind.c ---- */
enum address_use {
    ADDRESS_LISTEN, /* a port or a range of ports must be there */
    ADDRESS_CONNECT,
    ADDRESS_LOG, /* a port is 514 when it is missing */
    ADDRESS_SOURCE,
};
struct parsed_address {
    struct address address;
    int fd;                   /* -1: none */
    uint16_t port, port_last; /* of a range; else they are the same */
    bool port_set;
    bool port_offset, port_negative; /* "+1000", "-1000": added to the client's */
    bool any;                        /* "*", "0.0.0.0", "::" or nothing */
    bool datagram;
    bool lazy;        /* asked for: a name need not be resolved now */
    struct span host; /* when it was a name */
};
bool haproxy_address(struct build *b, const struct word *w, struct span text, enum address_use use,
                     struct parsed_address *out);
keyword_fn haproxy_on_proto; /* of bind and server lines */
void haproxy_compile_binds(struct build *b, struct draft *d);
/* Walks parameters from word <from> on; false when one of them is unknown or refused. */
bool haproxy_parameters(struct build *b, uint32_t context, const struct statement *s, uint32_t from);

/* ---- names.c ---- */
extern const struct keyword haproxy_resolvers_words[];
keyword_fn haproxy_on_resolvers;
void haproxy_compile_names(struct build *b);

/* ---- server.c ---- */
void haproxy_compile_servers(struct build *b, struct draft *d);
struct server *haproxy_find_server(const struct draft *d, struct span name);
/* "server" of <here>, or "backend/server"; NULL and a diagnostic when there is none. */
struct server *haproxy_named_server(struct build *b, const struct draft *here, const struct word *w,
                                    struct span text);
void haproxy_compile_tracks(struct build *b);
/* What is tried again, for the policy; statuses go there too. */
uint32_t haproxy_retry_on(struct build *b, const struct draft *d, struct server_policy *p);

/* ---- variables.c ---- */
/* global's set-var: what variables of the process begin as. */
void haproxy_compile_process_values(struct build *b);
keyword_fn haproxy_on_set_var, haproxy_on_unset_var; /* of rules; <low> 1: set-var-fmt */
extern const struct keyword haproxy_variable_words[];

/* ---- review.c: HAProxy's own checks of a whole section ---- */
void haproxy_review(struct build *b, const struct draft *d);

/* ---- cookie.c ---- */
void haproxy_compile_cookie(struct build *b, struct draft *d);
/* Behind the rules that pick: its servers are known. */
void haproxy_finish_cookie(struct build *b, struct draft *d);

/* ---- balance.c ---- */
void haproxy_compile_balance(struct build *b, struct draft *d);
/* A key that may be in the body: it is waited for. */
bool haproxy_balances_by_body(const struct draft *d);

/* ---- acl.c ---- */
/* "acl NAME CRITERION [FLAGS] [VALUES]" */
void haproxy_define_acl(struct build *b, const struct statement *s);
/*
 * A condition from word <from> ("if" or "unless") to the end. NULL and a
 * diagnostic when it is none. It is finished when the proxy is.
 */
struct cond *haproxy_condition(struct build *b, const struct statement *s, uint32_t from);
/* A test of its own making. */
const struct cond *haproxy_condition_of(struct build *b, const struct test *t);
void haproxy_finish_acls(struct build *b, struct draft *d);

/* ---- fetch.c: samples ---- */
struct sample {
    struct expr *expr; /* one part, finished */
    bool has_match;
    const struct user_list *groups; /* whose groups values are; NULL: none's */
    enum match match;               /* of the word itself (path_beg), else of the type */
    enum value_type type;
};
/* "hdr(host),lower". <acl>: words that ACLs alone have are allowed (path_beg). */
bool haproxy_sample(struct build *b, const struct word *w, bool acl, struct sample *out);
/* NULL and a diagnostic when it does not compile. */
const struct regex *haproxy_regex(struct build *b, const struct word *w, struct span pattern, bool nocase);
/* "txn.name": the slot of that variable. */
bool haproxy_variable_slot(struct build *b, const struct word *w, struct span name, uint32_t *slot);
/* "txn.name[,ifset ...]": bits of enum slot_when too. */
bool haproxy_variable_when(struct build *b, const struct word *w, struct span text, uint32_t *slot,
                           unsigned *when);
bool haproxy_unhex(struct arena *a, struct span hex, struct span *out);

/* ---- rings.c ---- */
extern const struct keyword haproxy_ring_words[];
keyword_fn haproxy_on_ring;
/* NULL: there is none. */
const struct ring *haproxy_ring(const struct build *b, struct span name);
/* "rfc5424". False and a diagnostic when it is none. */
bool haproxy_log_frame(struct build *b, const struct word *w, enum log_frame *out);

/* ---- log.c ---- */
/* RULE: for a head or a page, where not every byte may stand; VALUE: for a variable. */
enum format_use { FORMAT_LOG, FORMAT_RULE, FORMAT_VALUE };
/* "%ci:%cp [%t] %[path]": NULL and a diagnostic when it is none. */
const struct expr *haproxy_format(struct build *b, const struct word *w, enum format_use use);
void haproxy_compile_logs(struct build *b, struct draft *d);
void haproxy_global_logs(struct build *b);
extern const char *const haproxy_log_levels[]; /* by syslog's numbers; NULL-terminated */

/* ---- replies.c ---- */
const struct reply_set *haproxy_replies(struct build *b, struct draft *d);
/* The page of that status, as the scope then has it. */
struct reply *haproxy_default_reply(struct build *b, uint16_t status, struct where at);
/* A file that holds a whole answer. NULL and a diagnostic when it cannot be read. */
struct reply *haproxy_errorfile(struct build *b, const struct word *w, uint16_t status);

/* ---- rules.c ---- */
void haproxy_compile_rules(struct build *b, struct draft *d);
/* The first bare "if" or "unless" from word <from> on; the number of words when there is none. */
uint32_t haproxy_find_condition(const struct statement *s, uint32_t from);
