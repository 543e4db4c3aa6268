/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's sample fetches, and what each is in the model's vocabulary. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/fetch.h"
#include "conf/haproxy/users.h"
#include "model/tls.h"

static struct expr_part *add(struct sample_reader *r, const struct fetch_row *row, struct span arg)
{
    r->part = expr_add_fetch(r->b->arena, r->expr, row->fetch, arg);
    r->part->number = row->number;
    r->part->number2 = row->number2;
    return r->part;
}

static bool plain(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)args;
    (void)add(r, row, SPAN(""));
    return true;
}

/* [name[,occurrence]]: in an ACL each value counts, elsewhere the last one. */
static bool field(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    int64_t occurrence = r->acl ? OCCURRENCE_EACH : OCCURRENCE_LAST;
    if (args->count > 1 && !haproxy_sample_number(r, &args->items[1], -INT16_MAX, INT16_MAX, &occurrence))
        return false;
    if (args->count == 0 || args->items[0].text.len == 0)
        return haproxy_sample_fail(r, &haproxy_sample_name, span_from(row->name), SPAN(""));
    add(r, row, args->items[0].text)->number = (int32_t)occurrence;
    return true;
}

/* [name], [separator] */
static bool maybe_named(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)add(r, row, args->count ? args->items[0].text : SPAN(""));
    return true;
}

/* (name) */
static bool named(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    if (args->count == 0 || args->items[0].text.len == 0)
        return haproxy_sample_fail(r, &haproxy_sample_name, span_from(row->name), SPAN(""));
    (void)add(r, row, args->items[0].text);
    return true;
}

/* (name[,what parameters begin behind]) */
static bool parameter(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    if (!named(r, row, args))
        return false;
    struct span delimiter = args->count > 1 ? args->items[1].text : SPAN("?");
    if (delimiter.len != 1)
        return haproxy_sample_fail(r, &haproxy_sample_args, delimiter, SPAN(""));
    r->part->number2 = delimiter.ptr[0] == '?' ? 0 : (unsigned char)delimiter.ptr[0];
    return true;
}

/* [entry[,occurrence[,format]]] of a certificate's subject or issuer: all of it, or one of its parts. */
static bool name_of_certificate(struct sample_reader *r, const struct fetch_row *row,
                                const struct sample_args *args)
{
    int32_t own = row->number & TLS_SHOWN_OWN;
    bool subject = (row->number & ~TLS_SHOWN_OWN) == TLS_SHOWN_SUBJECT_LEGACY;
    struct span entry = args->count ? args->items[0].text : SPAN("");
    bool rfc = entry.len || (args->count > 2 && span_eq(args->items[2].text, SPAN("rfc2253")));
    int64_t occurrence = 1;
    if (args->count > 1 && args->items[1].text.len &&
        !haproxy_sample_number(r, &args->items[1], -64, 64, &occurrence))
        return false;
    struct expr_part *p = add(r, row, SPAN(""));
    if (rfc)
        p->number = own | (subject ? TLS_SHOWN_SUBJECT : TLS_SHOWN_ISSUER);
    if (entry.len == 0)
        return true;
    struct conversion *v = expr_add_conversion(r->b->arena, p, CONVERT_NAME_ENTRY);
    v->text = entry;
    v->number = occurrence ? occurrence : 1;
    return true;
}

/* A hash, and behind it the client's address. */
static bool with_source(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)args;
    (void)add(r, row, SPAN(""));
    expr_add_conversion(r->b->arena, r->part, CONVERT_SDBM)->number = 1;
    (void)expr_add_conversion(r->b->arena, r->part, CONVERT_HTONL);
    (void)expr_add_conversion(r->b->arena, r->part, CONVERT_WITH_SOURCE);
    return true;
}

/* [backend] */
static bool pool(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    struct expr_part *p = add(r, row, SPAN(""));
    if (args->count == 0 || args->items[0].text.len == 0) {
        p->pool = r->b->at->pool;
        return true;
    }
    struct draft *d = haproxy_find_backend(r->b, args->items[0].text);
    if (d == NULL) {
        haproxy_say_no_backend(r->b, &args->items[0], args->items[0].text);
        return false;
    }
    p->pool = d->pool;
    d->pool->uses++;
    return true;
}

/* [backend/]server */
static bool server(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    struct server *s = haproxy_named_server(r->b, r->b->at, &args->items[0], args->items[0].text);
    if (s == NULL)
        return false;
    struct expr_part *p = add(r, row, SPAN(""));
    p->server = s;
    p->pool = s->pool;
    s->pool->uses++;
    return true;
}

/* [frontend]: our own only. */
static bool own_service(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    if (args->count && !span_eq(args->items[0].text, r->b->at->name))
        return haproxy_sample_fail(r, &haproxy_sample_refused, span_from(row->name),
                                   SPAN("only of the frontend that asks"));
    (void)add(r, row, SPAN(""));
    return true;
}

static bool number(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    int64_t n = row->number;
    if (args->count && !haproxy_sample_number(r, &args->items[0], INT32_MIN, INT32_MAX, &n))
        return false;
    add(r, row, SPAN(""))->number = (int32_t)n;
    return true;
}

static bool text(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)row;
    r->part = expr_add_text(r->b->arena, r->expr, args->count ? args->items[0].text : SPAN(""));
    return true;
}

static bool hex(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    struct span bytes;
    if (!haproxy_unhex(r->b->arena, args->items[0].text, &bytes))
        return haproxy_sample_fail(r, &haproxy_sample_args, span_from(row->name), SPAN(""));
    r->part = expr_add_text(r->b->arena, r->expr, bytes);
    return true;
}

static bool address(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    struct address ip;
    if (!address_parse_ip(args->items[0].text, &ip) || address_family(&ip) != row->number)
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[0].text, SPAN(""));
    return text(r, row, args);
}

static bool boolean(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    struct span t = args->items[0].text;
    bool yes = span_eq(t, SPAN("true")) || span_eq(t, SPAN("yes")) || span_eq(t, SPAN("1"));
    bool no = span_eq(t, SPAN("false")) || span_eq(t, SPAN("no")) || span_eq(t, SPAN("0"));
    if (!yes && !no)
        return haproxy_sample_fail(r, &haproxy_sample_args, t, SPAN(""));
    add(r, row, SPAN(""))->fetch = yes ? FETCH_TRUE : FETCH_FALSE;
    return true;
}

/* The environment is the reader's, and does not change afterwards. */
static bool environment(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    struct span value = SPAN("");
    (void)row;
    (void)haproxy_variable(r->b, args->items[0].text, &value);
    r->part = expr_add_text(r->b->arena, r->expr, value);
    return true;
}

/* var(name[,default]) */
static bool variable(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    uint32_t slot;
    if (!haproxy_variable_slot(r->b, &args->items[0], args->items[0].text, &slot))
        return false;
    add(r, row, SPAN(""))->number = (int32_t)slot;
    if (args->count > 1)
        expr_add_conversion(r->b->arena, r->part, CONVERT_DEFAULT)->text = args->items[1].text;
    return true;
}

/* The one that unique-id-format fills. */
static bool unique_id(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)args;
    add(r, row, SPAN(""))->number = (int32_t)config_slot(r->b->config, SPAN("unique-id"));
    return true;
}

/* Without "req." or "res." before it, what is meant depends on whose rule asks. */
static bool asks_of_answer(const struct sample_reader *r)
{
    return r->b->ruleset == RULES_TCP_RESPONSE || r->b->ruleset == RULES_STICK_RESPONSE ||
           r->b->ruleset == RULES_HTTP_RESPONSE;
}

/* (offset,length) */
static bool payload(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    int64_t offset, length;
    if (!haproxy_sample_number(r, &args->items[0], 0, INT32_MAX, &offset) ||
        !haproxy_sample_number(r, &args->items[1], 0, INT32_MAX, &length))
        return false;
    struct expr_part *p = add(r, row, SPAN(""));
    if (row->number == 1 && asks_of_answer(r))
        p->fetch = FETCH_ANSWER_PAYLOAD;
    p->number = (int32_t)offset;
    p->number2 = (int32_t)length;
    return true;
}

/* What microseconds are in "s", "ms" or "us" at argument <i>. */
static bool in_units(struct sample_reader *r, const struct sample_args *args, uint32_t i)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = { { "s", 1000000 }, { "ms", 1000 }, { "us", 1 } };
    struct span unit = args->count > i ? args->items[i].text : SPAN("s");
    for (size_t k = 0; k < COUNT_OF(units); k++) {
        if (!span_eq(unit, span_from(units[k].name)))
            continue;
        if (units[k].us > 1)
            expr_add_conversion(r->b->arena, r->part, CONVERT_DIV)->number = units[k].us;
        return true;
    }
    return haproxy_sample_fail(r, &haproxy_sample_args, unit, SPAN(""));
}

/* (offset of the length, its bytes[, offset of the payload]) */
static bool counted_payload(struct sample_reader *r, const struct fetch_row *row,
                            const struct sample_args *args)
{
    int64_t offset, width;
    if (!haproxy_sample_number(r, &args->items[0], 0, INT32_MAX, &offset) ||
        !haproxy_sample_number(r, &args->items[1], 1, 4, &width))
        return false;
    struct expr_part *p = add(r, row, args->count > 2 ? args->items[2].text : SPAN(""));
    if (row->number == 1 && asks_of_answer(r))
        p->fetch = FETCH_ANSWER_COUNTED;
    p->number = (int32_t)offset;
    p->number2 = (int32_t)width;
    return true;
}

/* date([offset[,unit]]): the offset is in that unit. */
static bool date(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    int64_t offset = 0;
    if (args->count && args->items[0].text.len &&
        !haproxy_sample_number(r, &args->items[0], INT32_MIN, INT32_MAX, &offset))
        return false;
    (void)add(r, row, SPAN(""));
    if (!in_units(r, args, 1))
        return false;
    if (offset)
        expr_add_conversion(r->b->arena, r->part, CONVERT_ADD)->number = offset;
    return true;
}

/* accept_date([unit]) */
static bool moment(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)add(r, row, SPAN(""));
    return in_units(r, args, 0);
}

/* True for the first request of its connection. */
static bool first_request(struct sample_reader *r, const struct fetch_row *row,
                          const struct sample_args *args)
{
    (void)args;
    (void)add(r, row, SPAN(""));
    expr_add_conversion(r->b->arena, r->part, CONVERT_SUB)->number = 1;
    (void)expr_add_conversion(r->b->arena, r->part, CONVERT_BOOL);
    (void)expr_add_conversion(r->b->arena, r->part, CONVERT_NOT);
    return true;
}

/* In HTTP mode a request is HTTP, or it is refused before anybody asks. */
static bool is_http(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)args;
    if (!draft_is_http(r->b->at))
        return haproxy_sample_fail(r, &haproxy_sample_refused, span_from(row->name),
                                   SPAN("a TCP proxy does not become an HTTP one here"));
    (void)add(r, row, SPAN(""));
    return true;
}

/* In HTTP mode rules about contents run when the head is there: then it is over. */
static bool wait_end(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)args;
    add(r, row, SPAN(""))->fetch = draft_is_http(r->b->at) ? FETCH_TRUE : row->fetch;
    return true;
}

/* What is not there counts as empty, or with <number> 1 as 0. */
static bool or_none(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)args;
    add(r, row, SPAN(""))->number = 0;
    expr_add_conversion(r->b->arena, r->part, CONVERT_DEFAULT)->text = row->number ? SPAN("0") : SPAN("");
    return true;
}

/* A parameter of a form in the body. */
static bool body_param(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    (void)add(r, row, SPAN(""));
    expr_add_conversion(r->b->arena, r->part, CONVERT_QUERY_PARAM)->text = args->items[0].text;
    return true;
}

/* (slot) */
static bool captured(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    int64_t slot;
    if (!haproxy_sample_number(r, &args->items[0], 0, UINT16_MAX, &slot))
        return false;
    add(r, row, SPAN(""))->number = (int32_t)slot;
    return true;
}

/* "HTTP/1.1" */
static bool response_protocol(struct sample_reader *r, const struct fetch_row *row,
                              const struct sample_args *args)
{
    (void)args;
    (void)add(r, row, SPAN(""));
    struct conversion *v = expr_add_conversion(r->b->arena, r->part, CONVERT_REGSUB);
    v->regex = haproxy_regex(r->b, r->w, SPAN("^"), false);
    v->text = SPAN("HTTP/");
    return v->regex != NULL;
}

/* (userlist) */
static bool user_list(struct sample_reader *r, const struct fetch_row *row, const struct sample_args *args)
{
    const struct user_list *l = haproxy_user_list(r->b, &args->items[0], args->items[0].text);
    if (l == NULL)
        return false;
    add(r, row, haproxy_user_list_auth(l)->name)->auth = haproxy_user_list_auth(l);
    r->groups = row->number ? l : NULL;
    return true;
}

/* The name of the section's default backend. */
static bool default_backend(struct sample_reader *r, const struct fetch_row *row,
                            const struct sample_args *args)
{
    const struct line *l = haproxy_line_last(r->b->at, KEPT_DEFAULT_BACKEND);
    (void)row;
    (void)args;
    r->part = expr_add_text(r->b->arena, r->expr, l ? text_at(&l->s, 1) : SPAN(""));
    return true;
}

#define FETCH(f) .fetch = FETCH_##f
#define THEN(c)  .then = CONVERT_##c, .converts = true
#define PLAIN(name, f)                                                                                       \
    {                                                                                                        \
        name, 0, 0, plain, FETCH(f)                                                                          \
    }
#define TEXTUAL(name, f)                                                                                     \
    {                                                                                                        \
        name, 0, 0, plain, FETCH(f), .derived = true                                                         \
    }
#define MEMBERS .number2 = 1
#define REFUSED(name, why_)                                                                                  \
    {                                                                                                        \
        name, 0, SAMPLE_ARGS_MAX, NULL, .why = why_                                                          \
    }

/* What both certificates, the client's and ours, tell. */
// clang-format off
#define SHOWN(word, max, fn, f, shown) { "ssl_" word, 0, max, fn, FETCH(f), .number = shown, .derived = true }
#define CERTIFICATE(w, own)                                                                                  \
    SHOWN(w "_serial", 0, plain, TLS_CLIENT_DER, (own) + TLS_SHOWN_SERIAL),                                  \
    SHOWN(w "_sha1", 0, plain, TLS_CLIENT_DER, (own) + TLS_SHOWN_FINGERPRINT),                               \
    SHOWN(w "_s_dn", 3, name_of_certificate, TLS_CLIENT_PART, (own) + TLS_SHOWN_SUBJECT_LEGACY),             \
    SHOWN(w "_i_dn", 3, name_of_certificate, TLS_CLIENT_PART, (own) + TLS_SHOWN_ISSUER_LEGACY),              \
    SHOWN(w "_notbefore", 0, plain, TLS_CLIENT_PART, (own) + TLS_SHOWN_NOT_BEFORE_SHORT),                    \
    SHOWN(w "_notafter", 0, plain, TLS_CLIENT_PART, (own) + TLS_SHOWN_NOT_AFTER_SHORT),                      \
    SHOWN(w "_sig_alg", 0, plain, TLS_CLIENT_PART, (own) + TLS_SHOWN_SIGNATURE_ALGORITHM),                   \
    SHOWN(w "_key_alg", 0, plain, TLS_CLIENT_PART, (own) + TLS_SHOWN_KEY_ALGORITHM),                         \
    { "ssl_" w "_version", 0, 0, plain, FETCH(TLS_CLIENT_PART), .number = (own) + TLS_SHOWN_VERSION,         \
      THEN(TO_INT) }
// clang-format on

const struct fetch_row haproxy_fetches[] = {
    /* constants and the process */
    PLAIN("always_true", TRUE),
    PLAIN("always_false", FALSE),
    PLAIN("quic_enabled", FALSE),
    { "bool", 1, 1, boolean, FETCH(TRUE) },
    { "int", 1, 1, number, FETCH(NUMBER) },
    { "str", 0, 1, text },
    { "meth", 1, 1, text },
    { "bin", 1, 1, hex },
    { "ipv4", 1, 1, address, .number = AF_INET, THEN(TO_IP) },
    { "ipv6", 1, 1, address, .number = AF_INET6, THEN(TO_IP) },
    { "env", 1, 1, environment },
    PLAIN("hostname", HOSTNAME),
    PLAIN("pid", PID),
    { "proc", 0, 0, plain, FETCH(NUMBER), .number = 1 },
    { "rand", 0, 1, number, FETCH(RANDOM) },
    { "date", 0, 2, date, FETCH(DATE_WHOLE_US) },
    { "accept_date", 0, 1, moment, FETCH(ACCEPT_US) },
    { "request_date", 0, 1, moment, FETCH(REQUEST_US) },
    PLAIN("thread", THREAD),
    PLAIN("fc_rcvd_proxy", PROXY_HEADER),
    PLAIN("cur_client_timeout", TIMEOUT_CLIENT),
    PLAIN("cur_server_timeout", TIMEOUT_SERVER),
    PLAIN("cur_tunnel_timeout", TIMEOUT_TUNNEL),
    { "fe_client_timeout", 0, 0, plain, FETCH(TIMEOUT_CLIENT), .number = 1 },
    { "be_server_timeout", 0, 0, plain, FETCH(TIMEOUT_SERVER), .number = 1 },
    { "be_tunnel_timeout", 0, 0, plain, FETCH(TIMEOUT_TUNNEL), .number = 1 },
    /* the end, for logs */
    PLAIN("bytes_in", BYTES_RECEIVED),
    PLAIN("bytes_out", BYTES_SENT),
    PLAIN("fc.timer.handshake", TIMER_HANDSHAKE),
    PLAIN("fc.timer.total", TIMER_TOTAL),
    PLAIN("bc.timer.connect", TIMER_CONNECT),
    PLAIN("req.timer.idle", TIMER_IDLE),
    PLAIN("req.timer.hdr", TIMER_REQUEST),
    PLAIN("req.timer.tq", TIMER_QUERY),
    PLAIN("req.timer.queue", TIMER_QUEUE),
    PLAIN("res.timer.hdr", TIMER_RESPONSE),
    PLAIN("res.timer.data", TIMER_DATA),
    PLAIN("txn.timer.total", TIMER_ACTIVE),
    PLAIN("txn.timer.user", TIMER_USER),
    TEXTUAL("txn.sess_term_state", TERMINATION),
    { "var", 1, 2, variable, FETCH(SLOT) },
    { "unique-id", 0, 0, unique_id, FETCH(SLOT) },
    { "uuid", 0, 1, plain, FETCH(UUID) },
    PLAIN("date_us", DATE_US),
    PLAIN("act_conn", PROCESS_CONNECTIONS),
    /* pools and servers */
    { "nbsrv", 0, 1, pool, FETCH(POOL_USABLE) },
    { "be_conn", 0, 1, pool, FETCH(POOL_CONNECTIONS) },
    { "queue", 0, 1, pool, FETCH(POOL_QUEUE) },
    { "be_sess_rate", 0, 1, pool, FETCH(POOL_RATE) },
    { "srv_conn", 1, 1, server, FETCH(SERVER_CONNECTIONS) },
    { "srv_is_up", 1, 1, server, FETCH(SERVER_IS_UP) },
    { "srv_queue", 1, 1, server, FETCH(SERVER_QUEUE) },
    { "srv_weight", 1, 1, server, FETCH(SERVER_WEIGHT) },
    { "be_conn_free", 0, 1, pool, FETCH(POOL_FREE) },
    { "connslots", 0, 1, pool, FETCH(POOL_ROOM) },
    { "avg_queue", 0, 1, pool, FETCH(POOL_QUEUE_EACH) },
    { "srv_conn_free", 1, 1, server, FETCH(SERVER_FREE) },
    { "srv_sess_rate", 1, 1, server, FETCH(SERVER_RATE) },
    { "srv_iweight", 1, 1, server, FETCH(SERVER_FILE_WEIGHT) },
    { "srv_uweight", 1, 1, server, FETCH(SERVER_WEIGHT) },
    { "fe_req_rate", 0, 1, own_service, FETCH(SERVICE_REQUEST_RATE) },
    { "fe_defbe", 0, 0, default_backend },
    { "fe_conn", 0, 1, own_service, FETCH(SERVICE_CONNECTIONS) },
    { "fe_sess_rate", 0, 1, own_service, FETCH(SERVICE_SESSION_RATE) },
    TEXTUAL("be_name", POOL_NAME),
    PLAIN("be_id", POOL_ID),
    TEXTUAL("fe_name", SERVICE_NAME),
    PLAIN("fe_id", SERVICE_ID),
    TEXTUAL("srv_name", SERVER_PICKED_NAME),
    PLAIN("srv_id", SERVER_PICKED_ID),
    TEXTUAL("so_name", LISTENER_NAME),
    /* connections */
    PLAIN("src", CLIENT_IP),
    PLAIN("src_port", CLIENT_PORT),
    PLAIN("dst", LOCAL_IP),
    PLAIN("dst_port", LOCAL_PORT),
    PLAIN("fc_src", PEER_IP),
    PLAIN("fc_src_port", PEER_PORT),
    PLAIN("fc_dst", LOCAL_IP),
    PLAIN("fc_dst_port", LOCAL_PORT),
    PLAIN("bc_src", SERVER_SOURCE_IP),
    PLAIN("bc_src_port", SERVER_SOURCE_PORT),
    PLAIN("bc_dst", SERVER_IP),
    PLAIN("bc_dst_port", SERVER_PORT),
    { "fc_http_major", 0, 0, plain, FETCH(NUMBER), .number = 1 },
    { "bc_http_major", 0, 0, plain, FETCH(NUMBER), .number = 1 },
    PLAIN("ssl_fc", TLS_USED),
    PLAIN("ssl_fc_is_resumed", TLS_RESUMED),
    PLAIN("ssl_fc_has_crt", TLS_CLIENT_USED),
    { "ssl_fc_has_sni", 0, 0, plain, FETCH(TLS_SNI), THEN(LENGTH) },
    TEXTUAL("ssl_fc_curve", TLS_GROUP),
    PLAIN("ssl_fc_alg_keysize", TLS_CIPHER_BITS),
    PLAIN("ssl_fc_use_keysize", TLS_CIPHER_BITS),
    PLAIN("ssl_fc_session_id", TLS_SESSION_ID),
    PLAIN("ssl_c_used", TLS_CLIENT_USED),
    PLAIN("ssl_c_verify", TLS_CLIENT_ERROR),
    PLAIN("ssl_c_err", TLS_CLIENT_ERROR),
    PLAIN("ssl_c_der", TLS_CLIENT_DER),
    CERTIFICATE("c", 0),
    { "ssl_f_der", 0, 0, plain, FETCH(TLS_CLIENT_DER), .number = TLS_SHOWN_OWN },
    CERTIFICATE("f", TLS_SHOWN_OWN),
    PLAIN("ssl_bc", TLS_SERVER_USED),
    PLAIN("ssl_bc_is_resumed", TLS_SERVER_RESUMED),
    TEXTUAL("ssl_bc_protocol", TLS_SERVER_VERSION),
    TEXTUAL("ssl_bc_cipher", TLS_SERVER_CIPHER),
    TEXTUAL("ssl_bc_alpn", TLS_SERVER_ALPN),
    TEXTUAL("ssl_bc_curve", TLS_SERVER_GROUP),
    PLAIN("ssl_bc_alg_keysize", TLS_SERVER_CIPHER_BITS),
    PLAIN("ssl_bc_use_keysize", TLS_SERVER_CIPHER_BITS),
    PLAIN("ssl_bc_session_id", TLS_SERVER_SESSION_ID),
    TEXTUAL("fc_err_str", CONNECTION_ERROR),
    TEXTUAL("ssl_fc_sni", TLS_SNI),
    TEXTUAL("ssl_fc_protocol", TLS_VERSION),
    TEXTUAL("ssl_fc_cipher", TLS_CIPHER),
    TEXTUAL("ssl_fc_alpn", TLS_ALPN),
    /* first bytes */
    PLAIN("req.len", BYTES_LEN),
    PLAIN("req_len", BYTES_LEN),
    { "req.payload", 2, 2, payload, FETCH(BYTES_PAYLOAD) },
    { "req.rdp_cookie", 0, 1, maybe_named, FETCH(RDP_COOKIE) },
    { "rdp_cookie", 0, 1, maybe_named, FETCH(RDP_COOKIE) },
    { "req.rdp_cookie_cnt", 0, 1, maybe_named, FETCH(RDP_COOKIE_COUNT) },
    { "rdp_cookie_cnt", 0, 1, maybe_named, FETCH(RDP_COOKIE_COUNT) },
    { "payload", 2, 2, payload, FETCH(BYTES_PAYLOAD), .number = 1 },
    { "req.payload_lv", 2, 3, counted_payload, FETCH(BYTES_COUNTED) },
    { "payload_lv", 2, 3, counted_payload, FETCH(BYTES_COUNTED), .number = 1 },
    PLAIN("res.len", ANSWER_LEN),
    { "res.payload", 2, 2, payload, FETCH(ANSWER_PAYLOAD) },
    { "res.payload_lv", 2, 3, counted_payload, FETCH(ANSWER_COUNTED) },
    PLAIN("res.ssl_hello_type", ANSWER_HELLO_TYPE),
    PLAIN("rep_ssl_hello_type", ANSWER_HELLO_TYPE),
    PLAIN("rep.ssl_hello_type", ANSWER_HELLO_TYPE),
    TEXTUAL("req.ssl_sni", HELLO_SNI),
    TEXTUAL("req_ssl_sni", HELLO_SNI),
    TEXTUAL("req.ssl_alpn", HELLO_ALPN),
    PLAIN("req.ssl_hello_type", HELLO_TYPE),
    PLAIN("req_ssl_hello_type", HELLO_TYPE),
    { "req.proto_http", 0, 0, is_http, FETCH(TRUE) },
    { "req_proto_http", 0, 0, is_http, FETCH(TRUE) },
    { "wait_end", 0, 0, wait_end, FETCH(INSPECTED) },
    /* the request */
    TEXTUAL("method", METHOD),
    TEXTUAL("path", PATH),
    TEXTUAL("pathq", PATH_AND_QUERY),
    TEXTUAL("url", TARGET),
    TEXTUAL("query", QUERY),
    TEXTUAL("base", BASE),
    TEXTUAL("baseq", BASE_QUERY),
    TEXTUAL("req.ver", HTTP_VERSION),
    TEXTUAL("req_ver", HTTP_VERSION),
    { "hdr", 0, 2, field, FETCH(REQUEST_FIELD), MEMBERS, .derived = true },
    { "req.hdr", 0, 2, field, FETCH(REQUEST_FIELD), MEMBERS, .derived = true },
    { "fhdr", 0, 2, field, FETCH(REQUEST_FIELD), .derived = true },
    { "req.fhdr", 0, 2, field, FETCH(REQUEST_FIELD), .derived = true },
    { "hdr_ip", 0, 2, field, FETCH(REQUEST_FIELD), MEMBERS, THEN(TO_IP) },
    { "req.hdr_ip", 0, 2, field, FETCH(REQUEST_FIELD), MEMBERS, THEN(TO_IP) },
    { "hdr_val", 0, 2, field, FETCH(REQUEST_FIELD), MEMBERS, THEN(TO_INT) },
    { "req.hdr_val", 0, 2, field, FETCH(REQUEST_FIELD), MEMBERS, THEN(TO_INT) },
    { "hdr_cnt", 0, 1, named, FETCH(REQUEST_FIELD_COUNT), MEMBERS },
    { "req.hdr_cnt", 0, 1, named, FETCH(REQUEST_FIELD_COUNT), MEMBERS },
    { "req.fhdr_cnt", 0, 1, named, FETCH(REQUEST_FIELD_COUNT) },
    { "cook", 0, 1, field, FETCH(REQUEST_COOKIE), .derived = true },
    { "req.cook", 0, 1, field, FETCH(REQUEST_COOKIE), .derived = true },
    { "cookie", 0, 1, field, FETCH(REQUEST_COOKIE), .derived = true },
    { "cook_val", 0, 1, field, FETCH(REQUEST_COOKIE), THEN(TO_INT) },
    { "req.cook_val", 0, 1, field, FETCH(REQUEST_COOKIE), THEN(TO_INT) },
    { "cook_cnt", 0, 1, named, FETCH(REQUEST_COOKIE_COUNT) },
    { "req.cook_cnt", 0, 1, named, FETCH(REQUEST_COOKIE_COUNT) },
    { "req.hdr_names", 0, 1, maybe_named, FETCH(REQUEST_FIELD_NAMES) },
    PLAIN("req.hdrs", REQUEST_FIELDS),
    { "base32", 0, 0, plain, FETCH(BASE), THEN(SDBM), .then_number = 1 },
    { "url32", 0, 0, plain, FETCH(BASE_QUERY), THEN(SDBM), .then_number = 1 },
    { "base32+src", 0, 0, with_source, FETCH(BASE) },
    { "url32+src", 0, 0, with_source, FETCH(BASE_QUERY) },
    TEXTUAL("http_auth_type", AUTH_TYPE),
    { "http_auth", 1, 1, user_list, FETCH(AUTH_LISTED) },
    { "http_auth_group", 1, 1, user_list, FETCH(AUTH_LISTED_USER), .number = 1 },
    { "http_auth_bearer", 0, 1, maybe_named, FETCH(AUTH_BEARER) },
    { "req.body_param", 1, 1, body_param, FETCH(REQUEST_BODY), .derived = true },
    { "capture.req.hdr", 1, 1, captured, FETCH(CAPTURED), .derived = true },
    { "capture.res.hdr", 1, 1, captured, FETCH(CAPTURED), .number2 = 1, .derived = true },
    { "urlp", 0, 2, parameter, FETCH(QUERY_PARAM), .number = 2, .derived = true },
    { "url_param", 0, 2, parameter, FETCH(QUERY_PARAM), .number = 2, .derived = true },
    { "urlp_val", 0, 2, parameter, FETCH(QUERY_PARAM), .number = 2, THEN(TO_INT) },
    { "req.body", 0, 0, plain, FETCH(REQUEST_BODY), .derived = true },
    { "req.body_len", 0, 0, or_none, FETCH(REQUEST_BODY), THEN(LENGTH) },
    { "req.body_size", 0, 0, or_none, FETCH(REQUEST_BODY_LENGTH), .number = 1, THEN(TO_INT) },
    TEXTUAL("capture.req.method", METHOD),
    TEXTUAL("capture.req.uri", TARGET),
    TEXTUAL("capture.req.ver", PROTOCOL),
    TEXTUAL("http_auth_user", AUTH_USER),
    TEXTUAL("http_auth_pass", AUTH_PASSWORD),
    { "http_first_req", 0, 0, first_request, FETCH(CONNECTION_REQUESTS) },
    /* the answer */
    PLAIN("status", STATUS),
    PLAIN("txn.status", STATUS),
    PLAIN("server_status", SERVER_STATUS),
    { "scook_cnt", 0, 1, named, FETCH(RESPONSE_COOKIE_COUNT) },
    { "res.cook_cnt", 0, 1, named, FETCH(RESPONSE_COOKIE_COUNT) },
    { "res.hdr_names", 0, 1, maybe_named, FETCH(RESPONSE_FIELD_NAMES) },
    PLAIN("res.hdrs", RESPONSE_FIELDS),
    { "capture.res.ver", 0, 0, response_protocol, FETCH(RESPONSE_VERSION), .derived = true },
    { "shdr", 0, 2, field, FETCH(RESPONSE_FIELD), MEMBERS, .derived = true },
    { "res.hdr", 0, 2, field, FETCH(RESPONSE_FIELD), MEMBERS, .derived = true },
    { "res.fhdr", 0, 2, field, FETCH(RESPONSE_FIELD), .derived = true },
    { "shdr_ip", 0, 2, field, FETCH(RESPONSE_FIELD), MEMBERS, THEN(TO_IP) },
    { "res.hdr_ip", 0, 2, field, FETCH(RESPONSE_FIELD), MEMBERS, THEN(TO_IP) },
    { "shdr_val", 0, 2, field, FETCH(RESPONSE_FIELD), MEMBERS, THEN(TO_INT) },
    { "res.hdr_val", 0, 2, field, FETCH(RESPONSE_FIELD), MEMBERS, THEN(TO_INT) },
    { "shdr_cnt", 0, 1, named, FETCH(RESPONSE_FIELD_COUNT), MEMBERS },
    { "res.hdr_cnt", 0, 1, named, FETCH(RESPONSE_FIELD_COUNT), MEMBERS },
    { "res.fhdr_cnt", 0, 1, named, FETCH(RESPONSE_FIELD_COUNT) },
    { "scook", 0, 1, field, FETCH(RESPONSE_COOKIE), .derived = true },
    { "res.cook", 0, 1, field, FETCH(RESPONSE_COOKIE), .derived = true },
    { "scook_val", 0, 1, field, FETCH(RESPONSE_COOKIE), THEN(TO_INT) },
    { "res.cook_val", 0, 1, field, FETCH(RESPONSE_COOKIE), THEN(TO_INT) },
    TEXTUAL("res.ver", RESPONSE_VERSION),
    TEXTUAL("resp_ver", RESPONSE_VERSION),

    { NULL },
};
