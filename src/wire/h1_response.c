/* SPDX-License-Identifier: Apache-2.0 */
/* Responses: the status line, and how the body is framed (RFC 9112 4 and 6.3). */
#include "wire/h1.h"

#include "wire/chars.h"
#include "wire/h1_internal.h"

/* ---- the status line ---- */

#define VERSION_LEN 8  /* "HTTP/1.1" */
#define LINE_MIN    12 /* "HTTP/1.1 200" */

/* As much of "HTTP/" as is there; what is not HTTP/1 never gets to the end of a head. */
static enum h1_result first_bytes(struct span bytes, struct h1_scan *scan)
{
    static const char start[] = "HTTP/";
    if (LIKELY(bytes.len >= sizeof(start) - 1 && memcmp(bytes.ptr, start, sizeof(start) - 1) == 0))
        return H1_DONE;
    for (size_t i = 0; i < sizeof(start) - 1; i++) {
        if (i == bytes.len)
            return H1_MORE;
        if (bytes.ptr[i] != start[i]) {
            h1_refuse(scan, H1_ERR_STATUS, i);
            return H1_BAD;
        }
    }
    return H1_DONE;
}

/*
 * "HTTP/1.1 200 OK"; the phrase may be empty, or missing with its blank. <next>:
 * where the line behind it begins. False: it is wrong, or not whole.
 */
static bool line_parse(struct h1_lines *l, const struct h1_limits *limits, struct h1_scan *scan,
                       struct message *m, size_t *next)
{
    const char *line = l->head;
    size_t len = h1_lines_control(l, 0), ending = h1_line_end(l, len, limits->lf_ends_lines);
    *next = len + ending;
    if (ending == 0)
        return h1_refuse(scan, H1_ERR_LINE_END, len);
    if (len < LINE_MIN)
        return h1_refuse(scan, H1_ERR_STATUS, len);
    enum h1_error bad = h1_version_parse(line, m);
    if (bad)
        return h1_refuse(scan, bad, 0);
    const char *code = line + VERSION_LEN + 1;
    if (line[VERSION_LEN] != ' ' || chars_of(span_of(code, 3), CHAR_DIGIT) != 3 || code[0] == '0')
        return h1_refuse(scan, H1_ERR_STATUS, VERSION_LEN);
    if (len > LINE_MIN && line[LINE_MIN] != ' ')
        return h1_refuse(scan, H1_ERR_STATUS, LINE_MIN);
    m->is_request = false;
    m->status = (uint16_t)((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
    m->reason = span_from_index(span_of(line, len), LINE_MIN + 1);
    return true;
}

/* ---- what the head means ---- */

/* RFC 9112 6.3, points 1 and 2. */
static bool has_no_body(const struct message *m, enum method request)
{
    return request == METHOD_HEAD || m->status < 200 || m->status == 204 || m->status == 304;
}

static bool is_tunnel(const struct message *m, enum method request)
{
    return m->status == 101 || (request == METHOD_CONNECT && m->status >= 200 && m->status < 300);
}

/* The framing that the fields announce, whether or not a body follows. */
static bool framing_judge(struct message *m, const struct h1_seen *s, struct h1_scan *scan)
{
    if (s->codings) {
        enum h1_error bad = h1_coding_judge(s);
        if (bad || s->coding_unknown)
            return h1_refuse(scan, bad ? bad : H1_ERR_CODING, s->coding_at);
        m->framing = s->coding_chunked ? FRAMING_CHUNKED : FRAMING_CLOSE;
        if (s->lengths || m->minor == 0)
            m->keep_alive = false;
        message_remove_id(m, FIELD_CONTENT_LENGTH);
    } else if (s->lengths) {
        m->framing = FRAMING_LENGTH;
        m->body_length = s->length;
    } else {
        m->framing = FRAMING_CLOSE;
    }
    return true;
}

static bool head_judge(struct message *m, enum method request, const struct h1_seen *s, struct h1_scan *scan)
{
    m->keep_alive = !s->close && (m->minor > 0 || s->keep_alive);
    m->wants_upgrade = s->upgrades && s->upgrade && m->minor > 0;
    if (!framing_judge(m, s, scan))
        return false;
    bool announced = s->codings || s->length;
    if (m->status == 101 && s->upgrades == 0) /* RFC 9110 15.2.2 */
        return h1_refuse(scan, H1_ERR_STATUS, VERSION_LEN + 1);
    if (is_tunnel(m, request)) {
        m->framing = FRAMING_TUNNEL;
    } else if (has_no_body(m, request)) {
        m->framing = FRAMING_NONE;
        if (announced && request != METHOD_HEAD && m->status != 304)
            m->keep_alive = false;
    }
    if (m->framing != FRAMING_LENGTH)
        m->body_length = 0;
    if (m->framing == FRAMING_CLOSE || m->framing == FRAMING_TUNNEL)
        m->keep_alive = false;
    return true;
}

/* All of a head that is whole and right. False: it is not, and <scan> says why if it is whole. */
static bool head_cut(struct span text, const struct h1_limits *limits, enum method request,
                     struct h1_scan *scan, struct message *m, size_t *len)
{
    struct h1_lines lines;
    struct h1_seen seen = { 0 };
    size_t next;

    h1_lines_init(&lines, text.ptr, text.len);
    return line_parse(&lines, limits, scan, m, &next) &&
           h1_fields_parse(&lines, next, limits, scan, m, &seen, len) && head_judge(m, request, &seen, scan);
}

/* A head that could not be cut, or that comes in parts. <text>: its bytes as far as they count. */
static __attribute__((noinline)) enum h1_result head_doubt(struct span bytes, struct span text,
                                                           const struct h1_limits *limits,
                                                           enum method request, struct h1_scan *scan,
                                                           struct message *m, size_t *len)
{
    bool line_was_seen = scan->line != 0;
    enum h1_result result = h1_head_find(bytes, 0, limits, limits->lf_ends_lines, scan);
    if (result == H1_BAD || (result == H1_MORE && (scan->line == 0 || line_was_seen)))
        return result;
    message_init(m, m->fields, m->field_room);
    if (result == H1_DONE)
        return head_cut(text, limits, request, scan, m, len) ? H1_DONE : H1_BAD;
    struct h1_lines lines;
    size_t next;
    h1_lines_init(&lines, text.ptr, text.len);
    return line_parse(&lines, limits, scan, m, &next) ? H1_MORE : H1_BAD;
}

enum h1_result h1_parse_response(struct span bytes, const struct h1_limits *limits, enum method request,
                                 struct h1_scan *scan, struct message *m, size_t *head_len)
{
    enum h1_result result = first_bytes(bytes, scan);
    if (result != H1_DONE)
        return result;
    struct span text = span_first(bytes, limits->head_max);
    if (LIKELY(scan->looked == 0 && head_cut(text, limits, request, scan, m, head_len)))
        return H1_DONE;
    scan->error = H1_OK;
    return head_doubt(bytes, text, limits, request, scan, m, head_len);
}
