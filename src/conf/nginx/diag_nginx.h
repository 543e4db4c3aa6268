/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of diagnostics of nginx's dialect: K0201 to K0299, K0860 to K0869. The file that defines one says
 * what {0} is in it.
 */
#pragma once

#include "base/diag.h"

/* One a line, so that a new one moves no other. */
/* clang-format off */

/* diag_files.c */
extern const struct diag_kind nginx_unreadable;
extern const struct diag_kind nginx_include_circle;
extern const struct diag_kind nginx_include_deep;
extern const struct diag_kind nginx_no_events;
extern const struct diag_kind nginx_no_user;
extern const struct diag_kind nginx_no_group;
extern const struct diag_kind nginx_module;

/* diag_limits.c */
extern const struct diag_kind nginx_bad_zone;
extern const struct diag_kind nginx_bad_rate;
extern const struct diag_kind nginx_duplicate_zone;
extern const struct diag_kind nginx_unknown_zone;
extern const struct diag_kind nginx_auth_without_users;
extern const struct diag_kind nginx_bad_share;

/* diag_listen.c */
extern const struct diag_kind nginx_bad_address;
extern const struct diag_kind nginx_bad_port;
extern const struct diag_kind nginx_no_port;
extern const struct diag_kind nginx_duplicate_listen;
extern const struct diag_kind nginx_two_defaults;
extern const struct diag_kind nginx_duplicate_options;
extern const struct diag_kind nginx_duplicate_pair;
extern const struct diag_kind nginx_no_listen;
extern const struct diag_kind nginx_listen_refused;
extern const struct diag_kind nginx_listen_tuning;
extern const struct diag_kind nginx_tls_refused;
extern const struct diag_kind nginx_tls_note;
extern const struct diag_kind nginx_name_taken;
extern const struct diag_kind nginx_bad_name;
extern const struct diag_kind nginx_http2_later;

/* diag_location.c */
extern const struct diag_kind nginx_bad_modifier;
extern const struct diag_kind nginx_duplicate_location;
extern const struct diag_kind nginx_nested_in;
extern const struct diag_kind nginx_nested_named;
extern const struct diag_kind nginx_nested_outside;
extern const struct diag_kind nginx_unknown_named;
extern const struct diag_kind nginx_bad_url;
extern const struct diag_kind nginx_no_uri_here;
extern const struct diag_kind nginx_no_http2;
extern const struct diag_kind nginx_no_handler;
extern const struct diag_kind nginx_two_handlers;
extern const struct diag_kind nginx_two_roots;
extern const struct diag_kind nginx_alias_inherited;
extern const struct diag_kind nginx_no_extension;
extern const struct diag_kind nginx_duplicate_extension;
extern const struct diag_kind nginx_page_without_status;
extern const struct diag_kind nginx_no_page;
extern const struct diag_kind nginx_only;
extern const struct diag_kind nginx_bad_return;
extern const struct diag_kind nginx_bad_status;
extern const struct diag_kind nginx_nested_in_named;
extern const struct diag_kind nginx_no_host;

/* diag_logs.c */
extern const struct diag_kind nginx_unknown_format;
extern const struct diag_kind nginx_no_format;
extern const struct diag_kind nginx_duplicate_format;
extern const struct diag_kind nginx_empty_format;
extern const struct diag_kind nginx_syslog_server;
extern const struct diag_kind nginx_log_memory;
extern const struct diag_kind nginx_log_variables;
extern const struct diag_kind nginx_log_gzip;
extern const struct diag_kind nginx_log_conflict;

/* diag_stream.c */
extern const struct diag_kind nginx_not_with_udp;
extern const struct diag_kind nginx_tcp_only;

/* diag_tls.c */
extern const struct diag_kind nginx_no_certificate;
extern const struct diag_kind nginx_no_certificate_key;
extern const struct diag_kind nginx_tls_unreadable;
extern const struct diag_kind nginx_no_client_ca;
extern const struct diag_kind nginx_no_server_ca;
extern const struct diag_kind nginx_protocol_gap;
extern const struct diag_kind nginx_old_protocol;
extern const struct diag_kind nginx_bad_session_cache;
extern const struct diag_kind nginx_half_tls;

/* diag_upstream.c */
extern const struct diag_kind nginx_no_upstream_resolver;
extern const struct diag_kind nginx_unknown_upstream;
extern const struct diag_kind nginx_underscore_host;
extern const struct diag_kind nginx_upstream_port;
extern const struct diag_kind nginx_no_servers;
extern const struct diag_kind nginx_two_methods;
extern const struct diag_kind nginx_no_backup;
extern const struct diag_kind nginx_server_refused;
extern const struct diag_kind nginx_bad_parameter;
extern const struct diag_kind nginx_host_unknown;
extern const struct diag_kind nginx_host_failed;
extern const struct diag_kind nginx_no_nameserver;
extern const struct diag_kind nginx_no_match;
extern const struct diag_kind nginx_health_target;
extern const struct diag_kind nginx_sticky_needs;

/* diag_variables.c */
extern const struct diag_kind nginx_bad_regex;
extern const struct diag_kind nginx_unknown_variable;
extern const struct diag_kind nginx_variable_refused;
extern const struct diag_kind nginx_bad_variable;
extern const struct diag_kind nginx_not_a_name;
extern const struct diag_kind nginx_duplicate_variable;
extern const struct diag_kind nginx_map_again;
extern const struct diag_kind nginx_geo_again;
extern const struct diag_kind nginx_variable_circle;
extern const struct diag_kind nginx_no_variables;
extern const struct diag_kind nginx_map_row;
extern const struct diag_kind nginx_map_conflict;
extern const struct diag_kind nginx_geo_refused;
extern const struct diag_kind nginx_bad_condition;
extern const struct diag_kind nginx_geo_late_ranges;
extern const struct diag_kind nginx_geo_no_range;
/* clang-format on */

extern const struct diag_kind *const nginx_kinds[];
