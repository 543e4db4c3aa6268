/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's columns: one row of typed cells for each frontend, server and
 * backend, which csv.c and json.c write down in HAProxy's forms. A cell that
 * HAProxy leaves empty for that kind of row, or whose value we do not know, is
 * empty; what we cannot have (a cache, HTTP/2) is 0.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "admin/view.h"

/*
 * X(id, name, tag, type): HAProxy 2.6's order. The tag is HAProxy's origin,
 * nature and scope ("MCP": metric, counter, process) of `show stat typed`.
 */
// clang-format off
#define COLUMN_LIST(X) \
    X(pxname, "pxname", "KNS", "str") X(svname, "svname", "KNS", "str") \
    X(qcur, "qcur", "MGP", "u32") X(qmax, "qmax", "MMP", "u32") \
    X(scur, "scur", "MGP", "u32") X(smax, "smax", "MMP", "u32") X(slim, "slim", "CLP", "u32") X(stot, "stot", "MCP", "u64") \
    X(bin, "bin", "MCP", "u64") X(bout, "bout", "MCP", "u64") X(dreq, "dreq", "MCP", "u64") X(dresp, "dresp", "MCP", "u64") \
    X(ereq, "ereq", "MCP", "u64") X(econ, "econ", "MCP", "u64") X(eresp, "eresp", "MCP", "u64") \
    X(wretr, "wretr", "MCP", "u64") X(wredis, "wredis", "MCP", "u64") X(status, "status", "SGP", "str") \
    X(weight, "weight", "MaP", "u32") X(act, "act", "SGP", "u32") X(bck, "bck", "SGP", "u32") \
    X(chkfail, "chkfail", "MCP", "u64") X(chkdown, "chkdown", "MCP", "u64") X(lastchg, "lastchg", "MAP", "u32") \
    X(downtime, "downtime", "MCP", "u32") X(qlimit, "qlimit", "CLP", "u32") X(pid, "pid", "KGP", "u32") \
    X(iid, "iid", "KGS", "u32") X(sid, "sid", "KGS", "u32") X(throttle, "throttle", "MaP", "u32") X(lbtot, "lbtot", "MCP", "u64") \
    X(tracked, "tracked", "CNS", "str") X(type, "type", "CGS", "u32") X(rate, "rate", "MRP", "u32") \
    X(rate_lim, "rate_lim", "CLP", "u32") X(rate_max, "rate_max", "MMP", "u32") X(check_status, "check_status", "MOP", "str") \
    X(check_code, "check_code", "MOP", "u32") X(check_duration, "check_duration", "MDP", "u64") \
    X(hrsp_1xx, "hrsp_1xx", "MCP", "u64") X(hrsp_2xx, "hrsp_2xx", "MCP", "u64") X(hrsp_3xx, "hrsp_3xx", "MCP", "u64") \
    X(hrsp_4xx, "hrsp_4xx", "MCP", "u64") X(hrsp_5xx, "hrsp_5xx", "MCP", "u64") X(hrsp_other, "hrsp_other", "MCP", "u64") \
    X(hanafail, "hanafail", "MCP", "u64") X(req_rate, "req_rate", "MRP", "u32") X(req_rate_max, "req_rate_max", "MMP", "u32") \
    X(req_tot, "req_tot", "MCP", "u64") X(cli_abrt, "cli_abrt", "MCP", "u64") X(srv_abrt, "srv_abrt", "MCP", "u64") \
    X(comp_in, "comp_in", "MCP", "u64") X(comp_out, "comp_out", "MCP", "u64") X(comp_byp, "comp_byp", "MCP", "u64") \
    X(comp_rsp, "comp_rsp", "MCP", "u64") X(lastsess, "lastsess", "MAP", "s32") X(last_chk, "last_chk", "MOP", "str") \
    X(last_agt, "last_agt", "MOP", "str") X(qtime, "qtime", "MaP", "u32") X(ctime, "ctime", "MaP", "u32") \
    X(rtime, "rtime", "MaP", "u32") X(ttime, "ttime", "MaP", "u32") X(agent_status, "agent_status", "MOP", "str") \
    X(agent_code, "agent_code", "MOP", "u32") X(agent_duration, "agent_duration", "MDP", "u64") \
    X(check_desc, "check_desc", "MOP", "str") X(agent_desc, "agent_desc", "MOP", "str") X(check_rise, "check_rise", "CGS", "u32") \
    X(check_fall, "check_fall", "CGS", "u32") X(check_health, "check_health", "CGS", "u32") X(agent_rise, "agent_rise", "CGS", "u32") \
    X(agent_fall, "agent_fall", "CGS", "u32") X(agent_health, "agent_health", "CGS", "u32") X(addr, "addr", "CGS", "str") \
    X(cookie, "cookie", "CNS", "str") X(mode, "mode", "CGS", "str") X(algo, "algo", "CGS", "str") \
    X(conn_rate, "conn_rate", "MRP", "u32") X(conn_rate_max, "conn_rate_max", "MMP", "u32") X(conn_tot, "conn_tot", "MCP", "u64") \
    X(intercepted, "intercepted", "MCP", "u64") X(dcon, "dcon", "MCP", "u64") X(dses, "dses", "MCP", "u64") \
    X(wrew, "wrew", "MCP", "u64") X(connect, "connect", "MCP", "u64") X(reuse, "reuse", "MCP", "u64") \
    X(cache_lookups, "cache_lookups", "MCP", "u64") X(cache_hits, "cache_hits", "MCP", "u64") X(srv_icur, "srv_icur", "MGP", "u32") \
    X(src_ilim, "src_ilim", "CLP", "u32") X(qtime_max, "qtime_max", "MMP", "u32") X(ctime_max, "ctime_max", "MMP", "u32") \
    X(rtime_max, "rtime_max", "MMP", "u32") X(ttime_max, "ttime_max", "MMP", "u32") X(eint, "eint", "MCP", "u64") \
    X(idle_conn_cur, "idle_conn_cur", "MGP", "u32") X(safe_conn_cur, "safe_conn_cur", "MGP", "u32") \
    X(used_conn_cur, "used_conn_cur", "MGP", "u32") X(need_conn_est, "need_conn_est", "MGP", "u32") X(uweight, "uweight", "MaP", "u32") \
    X(agg_server_status, "agg_server_status", "MGP", "u32") X(agg_server_check_status, "agg_server_check_status", "MGP", "u32") \
    X(agg_check_status, "agg_check_status", "MGP", "u32") X(dash, "-", "", "") \
    X(ssl_sess, "ssl_sess", "MCP", "u64") X(ssl_reused_sess, "ssl_reused_sess", "MCP", "u64") \
    X(ssl_failed_handshake, "ssl_failed_handshake", "MCP", "u64") X(h2_headers_rcvd, "h2_headers_rcvd", "MCP", "u64") \
    X(h2_data_rcvd, "h2_data_rcvd", "MCP", "u64") X(h2_settings_rcvd, "h2_settings_rcvd", "MCP", "u64") \
    X(h2_rst_stream_rcvd, "h2_rst_stream_rcvd", "MCP", "u64") X(h2_goaway_rcvd, "h2_goaway_rcvd", "MCP", "u64") \
    X(h2_detected_conn_protocol_errors, "h2_detected_conn_protocol_errors", "MCP", "u64") \
    X(h2_detected_strm_protocol_errors, "h2_detected_strm_protocol_errors", "MCP", "u64") \
    X(h2_rst_stream_resp, "h2_rst_stream_resp", "MCP", "u64") X(h2_goaway_resp, "h2_goaway_resp", "MCP", "u64") \
    X(h2_open_connections, "h2_open_connections", "MGP", "u64") X(h2_backend_open_streams, "h2_backend_open_streams", "MGP", "u64") \
    X(h2_total_connections, "h2_total_connections", "MCP", "u64") X(h2_backend_total_streams, "h2_backend_total_streams", "MCP", "u64") \
    X(h1_open_connections, "h1_open_connections", "MGP", "u64") X(h1_open_streams, "h1_open_streams", "MGP", "u64") \
    X(h1_total_connections, "h1_total_connections", "MCP", "u64") X(h1_total_streams, "h1_total_streams", "MCP", "u64") \
    X(h1_bytes_in, "h1_bytes_in", "MCP", "u64") X(h1_bytes_out, "h1_bytes_out", "MCP", "u64") \
    X(h1_spliced_bytes_in, "h1_spliced_bytes_in", "MCP", "u64") X(h1_spliced_bytes_out, "h1_spliced_bytes_out", "MCP", "u64")
// clang-format on

enum column {
#define X(id, name, tag, type) COLUMN_##id,
    COLUMN_LIST(X)
#undef X
        COLUMNS
};
struct column_info {
    struct span name, type;
    char tag[4];
};
const struct column_info *column_at(enum column c);

enum cell_kind { CELL_EMPTY, CELL_NUMBER, CELL_TEXT };
struct cell {
    enum cell_kind kind;
    int64_t number;
    struct span text;
};

enum row_kind { ROW_FRONTEND, ROW_BACKEND, ROW_SERVER }; /* HAProxy's numbers for `type` */
/* In typed and JSON forms. */
unsigned column_position(enum column c);
const char *column_tag(enum column c, enum row_kind kind);
struct row {
    enum row_kind kind;
    const struct view_proxy *proxy;
    const struct view_server *server; /* NULL: not one */
    const struct view_recent *recent;
    enum view_word word;
    bool up; /* HAProxy's `;up`: it serves */
    struct cell cells[COLUMNS];
    char room[1024]; /* of texts that are made */
    size_t used;
};

/* Which rows are wanted. */
struct row_filter {
    struct span name;        /* of a proxy; empty: all */
    const struct span *only; /* names of proxies; <only_count> 0: all */
    uint32_t only_count;
    struct span part; /* of a proxy's name; empty: all */
    int64_t iid, sid; /* -1: all */
    uint32_t types;   /* 1 frontends, 2 backends, 4 servers; 0: all */
    bool up, no_maint;
    bool
        brief; /* without addresses, cookies and algorithms: HAProxy shows them to operators, or as legends */
};
#define ROW_FILTER_ALL ((struct row_filter){ .iid = -1, .sid = -1 })

/* Is anything of <p> wanted at all? */
bool row_filter_takes(const struct row_filter *f, const struct view *v, const struct view_proxy *p);
/* Each wanted row, in HAProxy's order: frontend, servers, backend. <row> is valid during the call. */
void rows_each(const struct view *v, const struct row_filter *f,
               void (*take)(void *to, const struct row *row), void *to);
