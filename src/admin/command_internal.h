/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the command language share. */
#pragma once

#include "admin/command.h"

#define COMMAND_WORDS 16

/* One call. */
struct call {
    struct command_session *session;
    const struct admin_now *now;
    struct buf *out;
    struct span args[COMMAND_WORDS]; /* behind the command's own words */
    unsigned count;
};
typedef enum command_result command_fn(struct call *c);

/* The <i>-th argument; empty when there is none. */
struct span call_arg(const struct call *c, unsigned i);
/* Says so, and fails. */
enum command_result call_fail(struct call *c, const char *format, ...) PRINTF_LIKE(2, 3);
/* "60" is seconds; a unit may follow: "500ms". */
MUST_USE bool call_time(struct span text, duration *out);
/* "backend/server"; NULL: said why. */
const struct server *call_server(struct call *c, struct span name);
/* By name, "haproxy:web" too; NULL: said why. */
const struct service *call_service(struct call *c, struct span name);
const struct pool *call_pool(struct call *c, struct span name);
const struct pool *call_find_pool(const struct call *c, struct span name); /* says nothing */
/* command_servers.c: `set server` of what a line says. False: <what> is no such word. */
bool call_changes_line(struct call *c, const struct server *s, struct span what, enum command_result *result);
bool call_is_maintained(const struct admin_now *now, const struct server *s);
/* NULL: it can be taken away. */
const char *call_why_not_removable(const struct admin_now *now, const struct server *s);

/* command_info.c */
command_fn show_info, show_proc;
/* command_show.c */
command_fn show_stat, show_servers_state, show_servers_conn, show_backend, show_env, show_version;
command_fn show_schema_json, show_cli_level, show_cli_sockets, show_status, show_overview;
/* health.c */
command_fn show_health, show_vrrp, disable_vrrp, enable_vrrp;
/* command_sessions.c */
command_fn show_sess, shutdown_session;
/* command_set.c */
command_fn shutdown_sessions_server;
command_fn set_server, set_weight, get_weight, set_maxconn_frontend, set_maxconn_server, set_maxconn_global,
    set_rate_limit, set_timeout, clear_counters;
command_fn enable_server, disable_server, enable_health, disable_health, enable_agent, disable_agent;
command_fn enable_frontend, disable_frontend;
/* command_inside.c */
command_fn show_activity, show_threads, show_resolvers;
/* command_tls.c */
command_fn show_ssl_cert;
/* command_servers.c */
command_fn add_server, del_server;
/* command_errors.c */
command_fn show_errors, show_nothing;
/* command_patterns.c */
command_fn show_acl, get_acl, add_acl, del_acl, clear_acl, prepare_acl, commit_acl;
command_fn show_map, get_map, add_map, set_map, del_map, clear_map, prepare_map, commit_map;
/* command_table.c */
command_fn show_table, set_table, clear_table;
