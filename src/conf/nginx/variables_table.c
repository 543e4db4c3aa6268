/* SPDX-License-Identifier: Apache-2.0 */
/* nginx's variables and what they are in the model's vocabulary. */
#include "conf/nginx/nginx_internal.h"

#include "model/tls.h"

/* A name that is known and refused: what it tells does not exist here. */
#define REFUSED(name)                                                                                        \
    {                                                                                                        \
        name, .refused = true                                                                                \
    }
#define CONSTANT(name, text)                                                                                 \
    {                                                                                                        \
        name, .constant = true, .arg = (text)                                                                \
    }
/* Every value of a field that comes several times, joined. */
#define FIELD(name, fetch, field)                                                                            \
    {                                                                                                        \
        name, fetch, field, OCCURRENCE_ALL                                                                   \
    }

#define PART(name, part)                                                                                     \
    {                                                                                                        \
        name, FETCH_TLS_CLIENT_PART, NULL, part                                                              \
    }
/* clang-format off */
#define TLS_VARIABLES \
    { "ssl_alpn_protocol", FETCH_TLS_ALPN }, \
    { "ssl_cipher", FETCH_TLS_CIPHER }, \
    PART("ssl_client_cert", TLS_SHOWN_PEM_TABS), \
    PART("ssl_client_escaped_cert", TLS_SHOWN_PEM_ESCAPED), \
    PART("ssl_client_fingerprint", TLS_SHOWN_FINGERPRINT), \
    PART("ssl_client_i_dn", TLS_SHOWN_ISSUER), \
    PART("ssl_client_i_dn_legacy", TLS_SHOWN_ISSUER_LEGACY), \
    PART("ssl_client_raw_cert", TLS_SHOWN_PEM), \
    PART("ssl_client_s_dn", TLS_SHOWN_SUBJECT), \
    PART("ssl_client_s_dn_legacy", TLS_SHOWN_SUBJECT_LEGACY), \
    PART("ssl_client_serial", TLS_SHOWN_SERIAL), \
    PART("ssl_client_v_end", TLS_SHOWN_NOT_AFTER), \
    PART("ssl_client_v_remain", TLS_SHOWN_DAYS_LEFT), \
    PART("ssl_client_v_start", TLS_SHOWN_NOT_BEFORE), \
    { "ssl_client_verify", FETCH_TLS_CLIENT_VERIFY }, \
    { "ssl_curve", FETCH_TLS_GROUP }, \
    CONSTANT("ssl_early_data", ""), \
    { "ssl_protocol", FETCH_TLS_VERSION }, \
    { "ssl_server_name", FETCH_TLS_SNI }, \
    { "ssl_session_id", FETCH_TLS_SESSION_ID, NULL, 1 }, \
    { "ssl_session_reused", FETCH_TLS_RESUMED, NULL, 1 },
/* clang-format on */

const struct known_variable nginx_http_variables[] = {
    { "arg_", FETCH_QUERY_PARAM, NULL, 1 },
    { "args", FETCH_QUERY },
    { "binary_remote_addr", FETCH_CLIENT_BINARY },
    { "body_bytes_sent", FETCH_BODY_BYTES_SENT },
    { "bytes_sent", FETCH_BYTES_SENT },
    { "connection", FETCH_CONNECTION_SERIAL },
    { "connection_requests", FETCH_CONNECTION_REQUESTS },
    { "connection_time", FETCH_CONNECTION_AGE },
    { "connections_active", FETCH_PROCESS_CONNECTIONS },
    { "content_length", FETCH_REQUEST_BODY_LENGTH },
    FIELD("content_type", FETCH_REQUEST_FIELD, "content-type"),
    { "cookie_", FETCH_REQUEST_COOKIE, NULL, 1 },
    { "document_root", FETCH_DOCUMENT_ROOT },
    { "document_uri", FETCH_URI_NORMAL },
    { "gzip_ratio", FETCH_COMPRESSION_RATIO },
    { "host", FETCH_HOST_NAME },
    { "hostname", FETCH_HOSTNAME },
    FIELD("http_", FETCH_REQUEST_FIELD, NULL),
    { "https" }, /* a lookup; here for suggestions */
    { "is_args", FETCH_QUERY_MARK },
    { "limit_conn_status", FETCH_LIMIT_CONN_STATUS },
    { "limit_req_status", FETCH_LIMIT_REQ_STATUS },
    { "msec", FETCH_DATE_MS_FRACTION },
    CONSTANT("nginx_version", "1.31.0"),
    { "pid", FETCH_PID },
    { "pipe", FETCH_LOG_PIPE },
    { "proxy_add_x_forwarded_for", FETCH_FORWARDED_FOR_APPENDED },
    { "proxy_host", FETCH_PROXY_HOST },
    { "proxy_port", FETCH_PROXY_PORT },
    { "proxy_protocol_addr", FETCH_PROXY_SOURCE_IP },
    { "proxy_protocol_port", FETCH_PROXY_SOURCE_PORT },
    { "proxy_protocol_server_addr", FETCH_PROXY_TARGET_IP },
    { "proxy_protocol_server_port", FETCH_PROXY_TARGET_PORT },
    { "query_string", FETCH_QUERY },
    { "realip_remote_addr", FETCH_PEER_IP },
    { "realip_remote_port", FETCH_PEER_PORT },
    { "remote_addr", FETCH_CLIENT_IP },
    { "remote_port", FETCH_CLIENT_PORT },
    { "remote_user", FETCH_AUTH_USER },
    { "request", FETCH_REQUEST_LINE, NULL, 1 },
    { "request_body", FETCH_REQUEST_BODY },
    { "request_completion", FETCH_REQUEST_COMPLETE },
    { "request_filename", FETCH_REQUEST_FILENAME },
    { "request_id", FETCH_UNIQUE_ID },
    { "request_length", FETCH_REQUEST_LENGTH },
    { "request_method", FETCH_METHOD },
    { "request_time", FETCH_TIME_REQUEST },
    { "request_uri", FETCH_TARGET, .number = 1 },
    { "scheme", FETCH_SCHEME },
    FIELD("sent_http_", FETCH_SENT_FIELD, NULL),
    { "server_addr", FETCH_LOCAL_IP },
    { "server_name", FETCH_SERVER_NAME },
    { "server_port", FETCH_LOCAL_PORT },
    { "server_protocol", FETCH_PROTOCOL },
    TLS_VARIABLES{ "status", FETCH_STATUS },
    { "time_iso8601", FETCH_DATE_ISO },
    { "time_local", FETCH_DATE_COMMON },
    { "upstream_addr", FETCH_SERVER_ADDR },
    { "upstream_bytes_received", FETCH_UPSTREAM_BYTES_RECEIVED },
    { "upstream_bytes_sent", FETCH_UPSTREAM_BYTES_SENT },
    CONSTANT("upstream_cache_status", ""),
    { "upstream_connect_time", FETCH_TIME_UPSTREAM_CONNECT },
    { "upstream_cookie_", FETCH_RESPONSE_COOKIE, NULL, 1 },
    { "upstream_header_time", FETCH_TIME_UPSTREAM_HEADER },
    FIELD("upstream_http_", FETCH_RESPONSE_FIELD, NULL),
    { "upstream_response_length", FETCH_UPSTREAM_BODY_BYTES },
    { "upstream_response_time", FETCH_TIME_UPSTREAM_RESPONSE },
    { "upstream_status", FETCH_UPSTREAM_STATUS },
    { "uri", FETCH_URI_NORMAL },
    REFUSED("ancient_browser"),
    REFUSED("connections_reading"),
    REFUSED("connections_waiting"),
    REFUSED("connections_writing"),
    REFUSED("date_gmt"),
    REFUSED("date_local"),
    REFUSED("fastcgi_path_info"),
    REFUSED("fastcgi_script_name"),
    REFUSED("geoip_"),
    REFUSED("http2"),
    REFUSED("http3"),
    { "invalid_referer", .slot = true },
    REFUSED("is_request_port"),
    REFUSED("limit_rate"),
    REFUSED("memcached_key"),
    REFUSED("modern_browser"),
    REFUSED("msie"),
    REFUSED("proxy_protocol_tlv_"),
    REFUSED("realpath_root"),
    REFUSED("request_body_file"),
    REFUSED("request_port"),
    { "secure_link", .slot = true },
    { "secure_link_expires", .slot = true },
    REFUSED("sent_trailer_"),
    REFUSED("slice_range"),
    REFUSED("ssl_"),
    REFUSED("tcpinfo_"),
    REFUSED("uid_got"),
    REFUSED("uid_reset"),
    REFUSED("uid_set"),
    REFUSED("upstream_last_"),
    REFUSED("upstream_queue_time"),
    REFUSED("upstream_trailer_"),
    { NULL },
};

const struct known_variable nginx_stream_variables[] = {
    { "binary_remote_addr", FETCH_CLIENT_BINARY },
    { "bytes_received", FETCH_BYTES_RECEIVED },
    { "bytes_sent", FETCH_BYTES_SENT },
    { "connection", FETCH_CONNECTION_SERIAL },
    { "hostname", FETCH_HOSTNAME },
    { "limit_conn_status", FETCH_LIMIT_CONN_STATUS },
    { "msec", FETCH_DATE_MS_FRACTION },
    CONSTANT("nginx_version", "1.31.0"),
    { "pid", FETCH_PID },
    { "protocol", FETCH_SESSION_PROTOCOL },
    { "proxy_protocol_addr", FETCH_PROXY_SOURCE_IP },
    { "proxy_protocol_port", FETCH_PROXY_SOURCE_PORT },
    { "proxy_protocol_server_addr", FETCH_PROXY_TARGET_IP },
    { "proxy_protocol_server_port", FETCH_PROXY_TARGET_PORT },
    { "realip_remote_addr", FETCH_PEER_IP },
    { "realip_remote_port", FETCH_PEER_PORT },
    { "remote_addr", FETCH_CLIENT_IP },
    { "remote_port", FETCH_CLIENT_PORT },
    { "server_addr", FETCH_LOCAL_IP },
    { "server_port", FETCH_LOCAL_PORT },
    { "session_time", FETCH_TIME_SESSION },
    TLS_VARIABLES{ "ssl_preread_alpn_protocols", FETCH_HELLO_ALPN },
    { "ssl_preread_protocol", FETCH_HELLO_VERSION },
    { "ssl_preread_server_name", FETCH_HELLO_SNI },
    { "status", FETCH_STREAM_STATUS },
    { "time_iso8601", FETCH_DATE_ISO },
    { "time_local", FETCH_DATE_COMMON },
    { "upstream_addr", FETCH_SERVER_ADDR },
    { "upstream_bytes_received", FETCH_UPSTREAM_BYTES_RECEIVED },
    { "upstream_bytes_sent", FETCH_UPSTREAM_BYTES_SENT },
    { "upstream_connect_time", FETCH_TIME_UPSTREAM_CONNECT },
    { "upstream_first_byte_time", FETCH_TIME_UPSTREAM_HEADER },
    { "upstream_session_time", FETCH_TIME_UPSTREAM_RESPONSE },
    REFUSED("geoip_"),
    REFUSED("proxy_protocol_tlv_"),
    REFUSED("server_name"),
    REFUSED("ssl_"),
    { NULL },
};
