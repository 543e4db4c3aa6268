/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that are accepted and change nothing: those that only tune nginx's
 * inside (a note says so), and those of which one value is how it always is.
 */
#include "conf/nginx/nginx_internal.h"

#define NOTE(name, in, min, max)                                                                             \
    {                                                                                                        \
        name, in, min, max, KEYWORD_TUNING                                                                   \
    }
#define ONLY(name, in, value)                                                                                \
    {                                                                                                        \
        name, in, 1, 1, .handle = nginx_accept_only, .today = (value), .manual = "only"                      \
    }
#define IN_TOP  (IN_HTTP | IN_SERVER)
#define IN_BACK (IN_HSL | IN_TCP)

/* clang-format off */
const struct keyword nginx_tuning_words[] = {
    NOTE("master_process", IN_MAIN, 1, 1),
    NOTE("worker_priority", IN_MAIN, 1, 1),
    NOTE("worker_cpu_affinity", IN_MAIN, 1, ARGS_ANY),
    NOTE("working_directory", IN_MAIN, 1, 1),
    NOTE("lock_file", IN_MAIN, 1, 1),
    NOTE("debug_points", IN_MAIN, 1, 1),
    NOTE("timer_resolution", IN_MAIN, 1, 1),
    NOTE("pcre_jit", IN_MAIN, 1, 1),
    NOTE("thread_pool", IN_MAIN, 2, 3),
    NOTE("ssl_engine", IN_MAIN, 1, 1),
    NOTE("ssl_object_cache_inheritable", IN_MAIN, 1, 1),
    NOTE("use", IN_EVENTS, 1, 1),
    NOTE("multi_accept", IN_EVENTS, 1, 1),
    NOTE("accept_mutex", IN_EVENTS, 1, 1),
    NOTE("accept_mutex_delay", IN_EVENTS, 1, 1),
    NOTE("debug_connection", IN_EVENTS, 1, 1),
    NOTE("worker_aio_requests", IN_EVENTS, 1, 1),
    NOTE("epoll_events", IN_EVENTS, 1, 1),
    NOTE("sendfile", IN_HSLI, 1, 1),
    NOTE("sendfile_max_chunk", IN_HSL, 1, 1),
    NOTE("tcp_nopush", IN_HSL, 1, 1),
    NOTE("tcp_nodelay", IN_BACK, 1, 1),
    NOTE("aio", IN_HSL, 1, 1),
    NOTE("aio_write", IN_HSL, 1, 1),
    NOTE("directio", IN_HSL, 1, 1),
    NOTE("directio_alignment", IN_HSL, 1, 1),
    NOTE("output_buffers", IN_HSL, 2, 2),
    NOTE("postpone_output", IN_HSL, 1, 1),
    NOTE("read_ahead", IN_HSL, 1, 1),
    NOTE("send_lowat", IN_HSL, 1, 1),
    NOTE("open_file_cache", IN_HSL, 1, 2),
    NOTE("open_file_cache_errors", IN_HSL, 1, 1),
    NOTE("open_file_cache_events", IN_HSL, 1, 1),
    NOTE("open_file_cache_min_uses", IN_HSL, 1, 1),
    NOTE("open_file_cache_valid", IN_HSL, 1, 1),
    NOTE("open_log_file_cache", IN_BACK, 1, 4),
    NOTE("types_hash_max_size", IN_HSL, 1, 1),
    NOTE("types_hash_bucket_size", IN_HSL, 1, 1),
    NOTE("server_names_hash_max_size", IN_HTTP | IN_STREAM, 1, 1),
    NOTE("server_names_hash_bucket_size", IN_HTTP | IN_STREAM, 1, 1),
    NOTE("variables_hash_max_size", IN_HTTP | IN_STREAM, 1, 1),
    NOTE("variables_hash_bucket_size", IN_HTTP | IN_STREAM, 1, 1),
    NOTE("map_hash_max_size", IN_HTTP | IN_STREAM, 1, 1),
    NOTE("map_hash_bucket_size", IN_HTTP | IN_STREAM, 1, 1),
    NOTE("referer_hash_max_size", IN_SERVER | IN_LOCATION, 1, 1),
    NOTE("referer_hash_bucket_size", IN_SERVER | IN_LOCATION, 1, 1),
    NOTE("proxy_headers_hash_max_size", IN_HSL, 1, 1),
    NOTE("proxy_headers_hash_bucket_size", IN_HSL, 1, 1),
    NOTE("connection_pool_size", IN_TOP, 1, 1),
    NOTE("request_pool_size", IN_TOP, 1, 1),
    NOTE("client_body_temp_path", IN_HSL, 1, 4),
    NOTE("client_body_in_single_buffer", IN_HSL, 1, 1),
    NOTE("proxy_temp_path", IN_HSL, 1, 4),
    NOTE("proxy_temp_file_write_size", IN_HSL, 1, 1),
    NOTE("proxy_busy_buffers_size", IN_HSL, 1, 1),
    NOTE("proxy_send_lowat", IN_HSL, 1, 1),
    NOTE("fastcgi_temp_path", IN_HSL, 1, 4),
    NOTE("uwsgi_temp_path", IN_HSL, 1, 4),
    NOTE("scgi_temp_path", IN_HSL, 1, 4),
    NOTE("subrequest_output_buffer_size", IN_HSL, 1, 1),
    NOTE("keepalive_disable", IN_HSL, 1, ARGS_ANY),
    NOTE("keepalive_min_timeout", IN_HSL, 1, 1),
    NOTE("msie_padding", IN_HSL, 1, 1),
    NOTE("msie_refresh", IN_HSL, 1, 1),
    NOTE("log_not_found", IN_HSL, 1, 1),
    NOTE("log_subrequest", IN_HSL, 1, 1),
    NOTE("rewrite_log", IN_HTTP | IN_REWRITE, 1, 1),
    NOTE("uninitialized_variable_warn", IN_HTTP | IN_REWRITE, 1, 1),
    NOTE("proxy_downstream_buffer", IN_TCP, 1, 1),
    NOTE("proxy_upstream_buffer", IN_TCP, 1, 1),
    NOTE("upstream_fair_shm_size", IN_HTTP, 1, 1),
    ONLY("client_body_in_file_only", IN_HSL, "off"),
    ONLY("proxy_force_ranges", IN_HSL, "off"),
    ONLY("proxy_limit_rate", IN_HSL, "0"),
    ONLY("proxy_cache", IN_HSL, "off"),
    ONLY("proxy_store", IN_HSL, "off"),
    ONLY("disable_symlinks", IN_HSL, "off"),
    ONLY("ssi", IN_HSLI, "off"),
    ONLY("gunzip", IN_HSL, "off"),
    ONLY("auth_request", IN_HSL, "off"),
    ONLY("mirror", IN_HSL, "off"),
    ONLY("early_hints", IN_HSL, "0"),
    NOTE("resolver_timeout", IN_UPSTREAM | IN_STREAM_UPSTREAM, 1, 1),
    NOTE("gzip_buffers", IN_HSL, 2, 2),
    NOTE("gzip_hash", IN_HSL, 1, 1),
    NOTE("gzip_no_buffer", IN_HSL, 1, 1),
    NOTE("gzip_window", IN_HSL, 1, 1),
    NOTE("gunzip_buffers", IN_HSL, 2, 2),
    NOTE("postpone_gzipping", IN_HSL, 1, 1),
    { NULL },
};
/* clang-format on */
