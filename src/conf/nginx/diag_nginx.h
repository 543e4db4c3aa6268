/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of diagnostics of nginx's dialect: K0201 to K0299, K0860 to K0869. diag_nginx.c says what {0} is
 * in each. */
#pragma once

#include "base/diag.h"

extern const struct diag_kind nginx_unreadable, nginx_include_circle, nginx_include_deep, nginx_no_events,
    nginx_no_user, nginx_no_group, nginx_module, nginx_unknown_upstream, nginx_underscore_host,
    nginx_upstream_port, nginx_no_servers, nginx_two_methods, nginx_no_backup, nginx_server_refused,
    nginx_bad_parameter, nginx_bad_address, nginx_bad_port, nginx_no_port, nginx_duplicate_listen,
    nginx_two_defaults, nginx_duplicate_options, nginx_duplicate_pair, nginx_no_listen, nginx_listen_refused,
    nginx_listen_tuning, nginx_tls_refused, nginx_tls_note, nginx_name_taken, nginx_bad_name,
    nginx_bad_modifier, nginx_duplicate_location, nginx_nested_in, nginx_nested_named, nginx_nested_outside,
    nginx_unknown_named, nginx_bad_regex, nginx_unknown_variable, nginx_variable_refused, nginx_bad_variable,
    nginx_not_a_name, nginx_duplicate_variable, nginx_variable_circle, nginx_no_variables, nginx_map_row,
    nginx_map_conflict, nginx_geo_refused, nginx_geo_late_ranges, nginx_geo_no_range, nginx_bad_condition,
    nginx_bad_url, nginx_no_uri_here, nginx_no_http2, nginx_no_handler, nginx_two_handlers, nginx_two_roots,
    nginx_alias_inherited, nginx_no_extension, nginx_duplicate_extension, nginx_page_without_status,
    nginx_no_page, nginx_unknown_format, nginx_no_format, nginx_duplicate_format, nginx_empty_format,
    nginx_syslog_server, nginx_log_memory, nginx_log_variables, nginx_log_gzip, nginx_log_conflict,
    nginx_only, nginx_no_resolver, nginx_keep_alive_field, nginx_host_unknown, nginx_host_failed,
    nginx_bad_return, nginx_bad_status, nginx_nested_in_named, nginx_no_host, nginx_no_nameserver,
    nginx_bad_share, nginx_no_match, nginx_health_target, nginx_sticky_needs, nginx_bad_zone, nginx_bad_rate,
    nginx_no_upstream_resolver, nginx_duplicate_zone, nginx_unknown_zone, nginx_auth_without_users;

extern const struct diag_kind nginx_http2_later, nginx_no_certificate, nginx_no_certificate_key,
    nginx_tls_unreadable, nginx_no_client_ca, nginx_no_server_ca, nginx_protocol_gap, nginx_old_protocol,
    nginx_bad_session_cache, nginx_half_tls;

/* diag_stream.c */
extern const struct diag_kind nginx_not_with_udp, nginx_tcp_only;

extern const struct diag_kind *const nginx_kinds[];
