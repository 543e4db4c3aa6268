/* SPDX-License-Identifier: Apache-2.0 */
/* `option ...` lines and timeouts. Those of checks are in check_words.c. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/haproxy_internal.h"

/* ---- timeouts ---- */

#define TIMEOUT(name, in, member, what)                                                                      \
    {                                                                                                        \
        "timeout " name, in, 1, 1, .handle = haproxy_set_time, TO(member), .manual = what                    \
    }
#define OLD_TIMEOUT(name, in, member, now)                                                                   \
    {                                                                                                        \
        name, in, 1, 1, KEYWORD_OLD, .handle = haproxy_set_time, TO(member), .today = now,                   \
                                     .manual = "the same"                                                    \
    }

const struct keyword haproxy_timeout_words[] = {
    TIMEOUT("client", IN_D_FRONT, timeout_client, "silence of a client that is waited for"),
    TIMEOUT("client-fin", IN_D_FRONT, timeout_client_fin, "the same, when it has closed its direction"),
    TIMEOUT("http-request", IN_D_PROXY, timeout_http_request, "a request's whole head"),
    TIMEOUT("http-keep-alive", IN_D_PROXY, timeout_http_keep_alive, "between an answer and the next request"),
    TIMEOUT("tarpit", IN_D_PROXY, timeout_tarpit, "how long tarpit waits"),
    TIMEOUT("connect", IN_D_BACK, timeout_connect, "connecting to a server"),
    TIMEOUT("server", IN_D_BACK, timeout_server, "silence of a server that is waited for"),
    TIMEOUT("server-fin", IN_D_BACK, timeout_server_fin, "the same, when it has closed its direction"),
    TIMEOUT("queue", IN_D_BACK, timeout_queue, "waiting for a free connection"),
    TIMEOUT("check", IN_D_BACK, timeout_check, "a check's answer, when it is connected"),
    TIMEOUT("tunnel", IN_D_BACK, timeout_tunnel, "silence on both sides of a tunnel"),
    OLD_TIMEOUT("contimeout", IN_D_BACK, timeout_connect, "timeout connect"),
    OLD_TIMEOUT("clitimeout", IN_D_FRONT, timeout_client, "timeout client"),
    OLD_TIMEOUT("srvtimeout", IN_D_BACK, timeout_server, "timeout server"),
    OLD_TIMEOUT("timeout clitimeout", IN_D_FRONT, timeout_client, "timeout client"),
    OLD_TIMEOUT("timeout contimeout", IN_D_BACK, timeout_connect, "timeout connect"),
    OLD_TIMEOUT("timeout srvtimeout", IN_D_BACK, timeout_server, "timeout server"),
    { "timeout client-hs", IN_D_FRONT, 1, 1, KEYWORD_REFUSED,
      .today = "handshakes may take `timeout http-request`, or else `timeout client`" },
    { NULL },
};

/* ---- options ---- */

static void set(struct setting *to, const struct statement *s, uint64_t n)
{
    *to = (struct setting){ .set = true, .n = n, .at = s->at };
}

/* The last of http-keep-alive, http-server-close and httpclose counts; "no" undoes its own word only. */
static void on_connection_mode(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct setting *mode = &b->draft->connection_mode;
    if (!b->no && !b->back_to_default)
        set(mode, s, (uint64_t)k->low);
    else if (mode->set && mode->n == (uint64_t)k->low)
        *mode = (struct setting){ 0 };
}

/* option redispatch [N]: without a number the last try alone may go elsewhere. */
static void on_redispatch(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n = -1;
    if (b->no || b->back_to_default)
        n = 0;
    else if (s->words.count > 1 && !value_number(b->diags, word_at(s, 1), INT32_MIN, INT32_MAX, &n))
        return;
    set(&b->draft->redispatch, s, (uint64_t)n);
}

/* The later of `option httplog` and `log-format` counts. */
static void set_style(struct build *b, const struct statement *s, enum log_style style)
{
    b->draft->kept[KEPT_LOG_FORMAT] = (struct lines){ 0 };
    set(&b->draft->log_style, s, style);
}

static void on_httplog(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (b->no) {
        b->draft->log_style = (struct setting){ 0 };
        return;
    }
    if (s->words.count > 1 && !text_is(s, 1, "clf")) {
        diag_add(b->diags, &conf_bad_choice, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1), SPAN("clf")));
        return;
    }
    set_style(b, s, s->words.count > 1 ? LOG_STYLE_CLF : LOG_STYLE_HTTP);
}

static void on_httpslog(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (b->no)
        b->draft->log_style = (struct setting){ 0 };
    else
        set_style(b, s, LOG_STYLE_HTTPS);
}

static void on_tcplog(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (s->words.count > 1)
        diag_add(b->diags, &conf_refused, word_at(s, 1)->at,
                 DIAG_TEXT(text_at(s, 1), SPAN("tcplog has one shape")));
    else if (b->no)
        b->draft->log_style = (struct setting){ 0 };
    else
        set_style(b, s, LOG_STYLE_TCP);
}

static void on_header_names(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const ways[] = { "preserve", "delete", "reject", NULL };
    (void)k;
    unsigned way;
    if (!value_choice(b->diags, word_at(s, 1), ways, &way))
        return;
    set(&b->draft->restrict_names, s, way);
}

#define OPTION(name, in, member, what)                                                                       \
    {                                                                                                        \
        "option " name, in, 0, 0, .handle = haproxy_set_option, TO(member), CAN_NO, .manual = what           \
    }
#define LATER(name, in, member, missing, what)                                                               \
    {                                                                                                        \
        "option " name, in, 0, 0, .handle = haproxy_set_option_later, TO(member), CAN_NO, .today = missing,  \
                                  .manual = what                                                             \
    }
#define MODE(name, mode, what)                                                                               \
    {                                                                                                        \
        "option " name, IN_D_PROXY, 0, 0, .handle = on_connection_mode, .low = mode, CAN_NO, .manual = what  \
    }
#define ALWAYS(name, in, what)                                                                               \
    {                                                                                                        \
        "option " name, in, 0, ARGS_ANY, .handle = haproxy_accept, CAN_NO, .manual = what                    \
    }
#define TUNING(name, in, what)                                                                               \
    {                                                                                                        \
        "option " name, in, 0, ARGS_ANY, KEYWORD_TUNING, CAN_NO, .manual = what                              \
    }
#define REFUSED(name, in, why)                                                                               \
    {                                                                                                        \
        "option " name, in, 0, ARGS_ANY, KEYWORD_REFUSED, CAN_NO, .today = why                               \
    }

const struct keyword haproxy_option_words[] = {
    OPTION("abortonclose", IN_D_BACK, abortonclose, "a client that is gone gives up its place"),
    OPTION("allbackups", IN_D_BACK, allbackups, "all backup servers are used, not the first alone"),
    OPTION("dontlognull", IN_D_FRONT, dontlognull, "no line for connections without a byte"),
    OPTION("dontlog-normal", IN_D_FRONT, dontlog_normal, "no line for what went well"),
    OPTION("log-separate-errors", IN_D_FRONT, log_separate_errors, "lines of failures have the level err"),
    OPTION("logasap", IN_D_FRONT, logasap, "lines are written when the answer begins"),
    OPTION("http-ignore-probes", IN_D_FRONT, http_ignore_probes, "no 408 for connections without a byte"),
    OPTION("http-drop-request-trailers", IN_D_BACK, drop_request_trailers,
           "trailers of requests are dropped"),
    OPTION("http-drop-response-trailers", IN_D_FRONT, drop_response_trailers,
           "trailers of answers are dropped"),
    OPTION("http-buffer-request", IN_D_PROXY, http_buffer_request, "waits for the request's body"),
    OPTION("splice-auto", IN_D_PROXY, splice_auto, "splices where it helps"),
    OPTION("splice-request", IN_D_PROXY, splice_request, "splices towards servers"),
    OPTION("splice-response", IN_D_PROXY, splice_response, "splices towards clients"),
    OPTION("persist", IN_D_BACK, persist, "a server that a cookie names is tried even when it is down"),
    LATER("prefer-last-server", IN_D_BACK, prefer_last_server, "each request is balanced",
          "the connection's last server, where nothing else counts"),
    OPTION("transparent", IN_D_BACK, transparent,
           "without servers: goes on to where the client wanted to go"),
    OPTION("nolinger", IN_D_PROXY, nolinger, "connections are cut when they are closed"),
    OPTION("log-health-checks", IN_D_BACK, log_health_checks, "a line for each change of a check's result"),
    OPTION("clitcpka", IN_D_FRONT, clitcpka, "the kernel asks idle clients whether they are there"),
    OPTION("srvtcpka", IN_D_BACK, srvtcpka, "the kernel asks idle servers whether they are there"),
    OPTION("tcpka", IN_D_PROXY, tcpka, "clitcpka and srvtcpka"),
    MODE("http-keep-alive", KEEP_ALIVE, "connections stay open on both sides"),
    MODE("http-server-close", KEEP_SERVER_CLOSE, "connections to servers are closed after each answer"),
    { "option httpclose", IN_D_PROXY, 0, 0, KEYWORD_OLD, .handle = on_connection_mode, .low = KEEP_CLOSE,
      CAN_NO, .today = "option http-server-close, or nothing: keep-alive costs little",
      .manual = "connections are closed after each answer" },
    { "option forceclose", IN_D_PROXY, 0, 0, KEYWORD_OLD, .handle = on_connection_mode, .low = KEEP_CLOSE,
      CAN_NO, .today = "option http-server-close, or nothing: keep-alive costs little",
      .manual = "as httpclose" },
    { "option http-tunnel", IN_D_PROXY, 0, 0, KEYWORD_REFUSED, CAN_NO,
      .today = "HAProxy dropped it in 2.1; keep-alive is what replaced it" },
    { "option redispatch", IN_D_BACK, 0, 1, .handle = on_redispatch, CAN_NO,
      .manual = "[N]: a try may go to another server: each Nth, or from the end" },
    { "redispatch", IN_D_BACK, 0, 0, KEYWORD_OLD, .handle = on_redispatch, CAN_NO,
      .today = "option redispatch", .manual = "the same" },
    { "option httpslog", IN_D_FRONT, 0, 0, .handle = on_httpslog, CAN_NO,
      .manual = "a line for each request, with what TLS agreed on" },
    { "option httplog", IN_D_FRONT, 0, 1, .handle = on_httplog, CAN_NO,
      .manual = "[clf]: lines about requests" },
    { "option tcplog", IN_D_FRONT, 0, 1, .handle = on_tcplog, CAN_NO, .manual = "lines about sessions" },
    { "option http-restrict-req-hdr-names", IN_D_PROXY, 1, 1, .handle = on_header_names,
      .manual = "preserve, delete, reject: fields with other characters than letters, digits and \"-\"" },
    { "option forwardfor", IN_D_PROXY, 0, ARGS_ANY, .handle = haproxy_keep_one, .offset = KEPT_FORWARDFOR,
      .manual = "[except NETWORK] [header NAME] [if-none]: adds X-Forwarded-For" },
    { "option originalto", IN_D_PROXY, 0, ARGS_ANY, .handle = haproxy_keep_one, .offset = KEPT_ORIGINALTO,
      .manual = "[except NETWORK] [header NAME]: adds X-Original-To" },

    { "option forwarded", IN_D_BACK, 0, ARGS_ANY, .handle = haproxy_keep_one, .offset = KEPT_FORWARDED,
      .manual = "[proto] [host] [by] [by_port] [for] [for_port], each also as NAME-expr EXPRESSION: adds "
                "Forwarded (RFC 7239)" },
    ALWAYS("tcp-smart-accept", IN_D_FRONT, "always so: the first answer is sent without waiting"),
    ALWAYS("tcp-smart-connect", IN_D_BACK, "always so: a request goes out with the connection"),
    ALWAYS("http-no-delay", IN_D_PROXY, "always so: nothing is held back"),
    TUNING("contstats", IN_D_FRONT, "statistics are always up to date"),
    TUNING("socket-stats", IN_D_FRONT, "statistics are kept for every listener"),
    TUNING("independent-streams", IN_D_PROXY, "the timeouts of both directions are kept apart"),
    TUNING("independant-streams", IN_D_PROXY, "the timeouts of both directions are kept apart"),
    TUNING("idle-close-on-response", IN_D_FRONT,
           "idle connections are closed after a last answer when we stop"),

    LATER("accept-invalid-http-request", IN_D_FRONT, accept_invalid_request,
          "requests that break the rules are answered 400", "requests that break some rules are let in"),
    LATER("accept-invalid-http-response", IN_D_BACK, accept_invalid_response,
          "answers that break the rules are answered 502", "answers that break some rules are let out"),
    LATER("accept-unsafe-violations-in-http-request", IN_D_FRONT, accept_invalid_request,
          "requests that break the rules are answered 400", "the same"),
    LATER("accept-unsafe-violations-in-http-response", IN_D_BACK, accept_invalid_response,
          "answers that break the rules are answered 502", "the same"),
    REFUSED("checkcache", IN_D_BACK, "answers are not looked at for cacheable cookies yet"),
    TUNING("disable-h2-upgrade", IN_D_FRONT, "HTTP/2 is not served, so there is nothing to disable"),
    TUNING("h1-case-adjust-bogus-client", IN_D_FRONT, "names of fields are passed on as they were written"),
    TUNING("h1-case-adjust-bogus-server", IN_D_BACK, "names of fields are passed on as they were written"),
    LATER("http-pretend-keepalive", IN_D_BACK, http_pretend_keepalive,
          "servers are told as it is whether the connection stays",
          "servers are not told that the connection will be closed"),
    TUNING("http-use-proxy-header", IN_D_FRONT, "Proxy-Connection means nothing here"),
    REFUSED("http_proxy", IN_D_PROXY, "it is no forward proxy"),
    TUNING("use-small-buffers", IN_D_PROXY, "buffers are given and taken as needed"),
    { NULL },
};
