/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of diagnostics of HAProxy's dialect: K0300 to K0435, K0840 to K0899.
 * What words and values share with other languages is in conf/common/diag_conf.h.
 */
#pragma once

#include "base/diag.h"

/* One a line, so that a new one moves no other. */
/* clang-format off */

/* diag_acl.c */
extern const struct diag_kind haproxy_regex_dot; /* {0} example */
extern const struct diag_kind haproxy_no_acl; /* {0} name */
extern const struct diag_kind haproxy_acl_name; /* {0} word */
extern const struct diag_kind haproxy_acl_value; /* {0} value {1} what was expected */
extern const struct diag_kind haproxy_acl_file; /* {0} path {1} errno's text */
extern const struct diag_kind haproxy_acl_method; /* {0} word */
extern const struct diag_kind haproxy_acl_no_method; /* {0} sample */
extern const struct diag_kind haproxy_acl_empty; /* {0} sample */
extern const struct diag_kind haproxy_open_brace;
extern const struct diag_kind haproxy_empty_condition; /* {0} word */

/* diag_addresses.c */
extern const struct diag_kind haproxy_bad_address; /* {0} text */
extern const struct diag_kind haproxy_bad_port; /* {0} text */
extern const struct diag_kind haproxy_no_port; /* {0} text */
extern const struct diag_kind haproxy_bad_path; /* {0} text */
extern const struct diag_kind haproxy_address_refused; /* {0} prefix */
extern const struct diag_kind haproxy_no_user; /* {0} name */
extern const struct diag_kind haproxy_no_group; /* {0} name */
extern const struct diag_kind haproxy_bad_mode; /* {0} text */

/* diag_checks.c */
extern const struct diag_kind haproxy_check_unused; /* {0} word {1} option {2} name */
extern const struct diag_kind haproxy_check_user; /* {0} word */
extern const struct diag_kind haproxy_check_constant; /* {0} text */
extern const struct diag_kind haproxy_check_status; /* {0} text */
extern const struct diag_kind haproxy_page_status; /* {0} status */
extern const struct diag_kind haproxy_errorfile_missing; /* {0} path {1} errno's text */
extern const struct diag_kind haproxy_errorfile_bad; /* {0} path {1} why */
extern const struct diag_kind haproxy_errorfile_length; /* {0} path {1} {2} */
extern const struct diag_kind haproxy_no_http_errors; /* {0} name */
extern const struct diag_kind haproxy_external_global; /* {0} section */
extern const struct diag_kind haproxy_external_command; /* {0} section */

/* diag_l4.c */
extern const struct diag_kind haproxy_long_interface; /* {0} text */

/* diag_logs.c */
extern const struct diag_kind haproxy_format_unknown; /* {0} word */
extern const struct diag_kind haproxy_format_refused; /* {0} word {1} why */
extern const struct diag_kind haproxy_format_http; /* {0} word {1} name */
extern const struct diag_kind haproxy_format_flag; /* {0} text */
extern const struct diag_kind haproxy_format_open; /* {0} what opens {1} what closes */
extern const struct diag_kind haproxy_log_target; /* {0} kind */
extern const struct diag_kind haproxy_log_facility;
extern const struct diag_kind haproxy_log_global;
extern const struct diag_kind haproxy_log_sample; /* {0} text */
extern const struct diag_kind haproxy_no_ring; /* {0} word */
extern const struct diag_kind haproxy_ring_alone; /* {0} name */

/* diag_patterns.c */
extern const struct diag_kind haproxy_pattern_id; /* {0} text */
extern const struct diag_kind haproxy_no_pattern_list; /* {0} file */

/* diag_review.c */
extern const struct diag_kind haproxy_no_timeouts; /* {0} section {1} name {2} which */
extern const struct diag_kind haproxy_rule_order; /* {0} {1} words */
extern const struct diag_kind haproxy_log_nowhere; /* {0} name */
extern const struct diag_kind haproxy_httplog_tcp; /* {0} name */
extern const struct diag_kind haproxy_http_only; /* {0} word {1} name */
extern const struct diag_kind haproxy_needs_http; /* {0} word {1} name */
extern const struct diag_kind haproxy_no_bind; /* {0} section {1} name */
extern const struct diag_kind haproxy_rule_dead; /* {0} words */
extern const struct diag_kind haproxy_stats_easy; /* {0} port {1} user:password */
extern const struct diag_kind haproxy_stats_open; /* {0} port */

/* diag_rules.c */
extern const struct diag_kind haproxy_action_word; /* {0} word {1} action */
extern const struct diag_kind haproxy_redirect_where;
extern const struct diag_kind haproxy_no_content_type; /* {0} word */
extern const struct diag_kind haproxy_replace_format; /* {0} action */
extern const struct diag_kind haproxy_expect_proxy_if; /* {0} action */
extern const struct diag_kind haproxy_capture_form; /* {0} word */
extern const struct diag_kind haproxy_capture_id; /* {0} id {1} name */
extern const struct diag_kind haproxy_capture_len; /* {0} word */
extern const struct diag_kind haproxy_unique_id; /* {0} name */
extern const struct diag_kind haproxy_old_field; /* {0} text */
extern const struct diag_kind haproxy_stats_admin;

/* diag_samples.c */
extern const struct diag_kind haproxy_no_fetch; /* {0} word */
extern const struct diag_kind haproxy_sample_refused; /* {0} word {1} why */
extern const struct diag_kind haproxy_no_converter; /* {0} word */
extern const struct diag_kind haproxy_converter_refused; /* {0} word {1} why */
extern const struct diag_kind haproxy_sample_arity; /* {0} word {1} how many */
extern const struct diag_kind haproxy_sample_args; /* {0} text */
extern const struct diag_kind haproxy_sample_name; /* {0} word */
extern const struct diag_kind haproxy_sample_open; /* {0} the quote or parenthesis */
extern const struct diag_kind haproxy_sample_after; /* {0} text */
extern const struct diag_kind haproxy_bad_regex; /* {0} pattern {1} why */
extern const struct diag_kind haproxy_variable_name; /* {0} text */
extern const struct diag_kind haproxy_variable_scope; /* {0} name */

/* diag_sections.c */
extern const struct diag_kind haproxy_unreadable; /* {0} path {1} errno's text */
extern const struct diag_kind haproxy_no_section; /* {0} word */
extern const struct diag_kind haproxy_bad_name; /* {0} name {1} character */
extern const struct diag_kind haproxy_section_word; /* {0} word {1} section */
extern const struct diag_kind haproxy_ignored_here; /* {0} word {1} here {2} "frontend" or "backend" {3} name of the section */
extern const struct diag_kind haproxy_defaults_unknown; /* {0} name */
extern const struct diag_kind haproxy_defaults_twice; /* {0} name */
extern const struct diag_kind haproxy_no_no; /* {0} word */
extern const struct diag_kind haproxy_mode_refused; /* {0} mode */
extern const struct diag_kind haproxy_later; /* {0} word {1} what does not happen */
extern const struct diag_kind haproxy_stray_lines; /* {0} section {1} name */
extern const struct diag_kind haproxy_if_open;
extern const struct diag_kind haproxy_if_lone; /* {0} word */
extern const struct diag_kind haproxy_if_after_else; /* {0} word */
extern const struct diag_kind haproxy_if_bad; /* {0} the part */
extern const struct diag_kind haproxy_notice; /* {0} the file's own message */
extern const struct diag_kind haproxy_warning; /* {0} the file's own message */
extern const struct diag_kind haproxy_alert; /* {0} the file's own message */
extern const struct diag_kind haproxy_defaults_rules; /* {0} word */
extern const struct diag_kind haproxy_defaults_chain; /* {0} name */

/* diag_servers.c */
extern const struct diag_kind haproxy_cookie_no_mode; /* {0} name */
extern const struct diag_kind haproxy_no_backend; /* {0} name */
extern const struct diag_kind haproxy_mode_differs; /* {0} frontend {1} mode {2} backend {3} mode */
extern const struct diag_kind haproxy_no_server; /* {0} name {1} backend */
extern const struct diag_kind haproxy_server_port; /* {0} address */
extern const struct diag_kind haproxy_track_and_check; /* {0} name */
extern const struct diag_kind haproxy_observe_tcp; /* {0} name */
extern const struct diag_kind haproxy_zero_interval; /* {0} word */
extern const struct diag_kind haproxy_source_range; /* {0} address */
extern const struct diag_kind haproxy_retry_word; /* {0} word */
extern const struct diag_kind haproxy_no_algorithm; /* {0} word */
extern const struct diag_kind haproxy_balance_word; /* {0} word {1} algorithm */
extern const struct diag_kind haproxy_balance_http; /* {0} algorithm {1} name */
extern const struct diag_kind haproxy_cookie_conflict; /* {0} why */
extern const struct diag_kind haproxy_cookie_unnamed; /* {0} name {1} backend */
extern const struct diag_kind haproxy_cookie_attribute; /* {0} text */
extern const struct diag_kind haproxy_no_resolvers; /* {0} name */
extern const struct diag_kind haproxy_agent_port; /* {0} name */

/* diag_stick.c */
extern const struct diag_kind haproxy_stick_data; /* {0} word */
extern const struct diag_kind haproxy_stick_argument; /* {0} text */
extern const struct diag_kind haproxy_stick_missing; /* {0} word */
extern const struct diag_kind haproxy_no_stick_table; /* {0} name */
extern const struct diag_kind haproxy_stick_counter; /* {0} text {1} the last */

/* diag_tls.c */
extern const struct diag_kind haproxy_tls_unreadable; /* {0} path {1} errno's text */
extern const struct diag_kind haproxy_tls_empty; /* {0} path */
extern const struct diag_kind haproxy_tls_no_certificate; /* {0} address */
extern const struct diag_kind haproxy_tls_unused; /* {0} address */
extern const struct diag_kind haproxy_tls_no_client_ca; /* {0} address */
extern const struct diag_kind haproxy_tls_no_server_ca; /* {0} server */
extern const struct diag_kind haproxy_tls_gap;
extern const struct diag_kind haproxy_old_version; /* {0} word */
extern const struct diag_kind haproxy_http2_later; /* {0} word */
extern const struct diag_kind haproxy_tls_alpn_bad; /* {0} word */
extern const struct diag_kind haproxy_tls_note; /* {0} word {1} why */
extern const struct diag_kind haproxy_tls_default; /* {0} word {1} keyword */
extern const struct diag_kind haproxy_tls_few_keys; /* {0} path {1} count */
extern const struct diag_kind haproxy_tls_open_list;
extern const struct diag_kind haproxy_tls_name; /* {0} word */

/* diag_users.c */
extern const struct diag_kind haproxy_no_user_list; /* {0} name */
extern const struct diag_kind haproxy_no_user_group; /* {0} group {1} list */
extern const struct diag_kind haproxy_no_list_user; /* {0} user {1} list */
extern const struct diag_kind haproxy_user_twice; /* {0} name */

/* diag_variables.c */
extern const struct diag_kind haproxy_variable_process; /* {0} name */
extern const struct diag_kind haproxy_variable_early; /* {0} expression */
/* clang-format on */

extern const struct diag_kind *const haproxy_kinds[];
extern const struct diag_kind *const haproxy_state_kinds[]; /* state_file.c */
