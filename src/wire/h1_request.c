/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests: the request line, the four forms of a target (RFC 9112 3.2), Host,
 * and how the body is framed (RFC 9112 6.3).
 */
#include "wire/h1.h"

#include "wire/authority.h"
#include "wire/chars.h"
#include "wire/h1_internal.h"

/* ---- the target ---- */

/* "/a/b?c": from <rest> on, which begins with '/' or '?' or is empty. */
static bool path_parse(struct span rest, struct message *m)
{
    size_t len = chars_of(rest, CHAR_TARGET);
    m->path = len ? span_first(rest, len) : SPAN("/");
    if (len == rest.len)
        return true;
    if (rest.ptr[len] != '?')
        return false;
    m->query = span_from_index(rest, len + 1);
    for (size_t i = 0; i < m->query.len; i++)
        if (!char_is(m->query.ptr[i], CHAR_TARGET) && m->query.ptr[i] != '?')
            return false;
    return true;
}

/* RFC 9112 3.2.3: only for CONNECT, and always with a port. */
static bool authority_form(struct message *m)
{
    struct authority a;
    m->authority = m->target;
    return authority_parse(m->target, &a) && a.port != 0;
}

/* scheme://authority/path?query, whatever the scheme (RFC 9112 3.2.2). */
static bool absolute_form(struct message *m)
{
    struct span t = m->target;
    size_t scheme = 0;
    while (scheme < t.len && (char_is(t.ptr[scheme], CHAR_ALPHA | CHAR_DIGIT) || t.ptr[scheme] == '+' ||
                              t.ptr[scheme] == '-' || t.ptr[scheme] == '.'))
        scheme++;
    struct span rest = span_from_index(t, scheme);
    if (scheme == 0 || !char_is(t.ptr[0], CHAR_ALPHA) || rest.len < 3 || memcmp(rest.ptr, "://", 3) != 0)
        return false;
    rest = span_from_index(rest, 3);
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?')
        len++;
    struct authority a;
    m->scheme = span_first(t, scheme);
    m->authority = span_first(rest, len);
    rest = span_from_index(rest, len);
    if (!authority_parse(m->authority, &a) || !path_parse(rest, m))
        return false;
    if (m->method == METHOD_OPTIONS && rest.len == 0)
        m->path = SPAN("*"); /* RFC 9112 3.2.4 */
    return true;
}

static bool target_parse(struct message *m)
{
    if (m->method == METHOD_CONNECT)
        return authority_form(m);
    if (m->target.ptr[0] == '/')
        return path_parse(m->target, m);
    if (m->target.len == 1 && m->target.ptr[0] == '*') {
        m->path = m->target;
        return m->method == METHOD_OPTIONS;
    }
    return absolute_form(m);
}

/* ---- the request line ---- */

#define VERSION_LEN 8 /* "HTTP/1.1" */

/* <next>: where the line behind it begins. False: it is wrong, or not whole. */
static bool line_parse(struct h1_lines *l, const struct h1_limits *limits, struct h1_scan *scan,
                       struct message *m, size_t *next)
{
    const char *line = l->head;
    struct h1_line first = h1_line_at(l, 0);
    size_t method = first.stop, len = first.end;
    *next = len + 2;
    if (h1_line_end(l, len, false) == 0)
        return h1_refuse(scan, H1_ERR_LINE_END, len);
    if (len > limits->target_max)
        return h1_refuse(scan, H1_ERR_TARGET_LONG, limits->target_max);
    if (line[method] != ' ') /* that it is not empty was seen by its first byte */
        return h1_refuse(scan, H1_ERR_METHOD, method);
    size_t target = method + 1;
    if (len < target + VERSION_LEN)
        return h1_refuse(scan, H1_ERR_VERSION, len);
    size_t version = len - VERSION_LEN;
    enum h1_error bad = h1_version_parse(line + version, m);
    if (bad)
        return h1_refuse(scan, bad, version);
    if (version < target + 2 || line[version - 1] != ' ')
        return h1_refuse(scan, H1_ERR_TARGET, target);

    m->is_request = true;
    m->method_text = span_of(line, method);
    m->method = method_of(m->method_text);
    m->target = span_of(line + target, version - 1 - target);
    return target_parse(m) || h1_refuse(scan, H1_ERR_TARGET, target);
}

/* ---- what the head means ---- */

static uint16_t scheme_port(const struct message *m)
{
    if (span_eq_nocase(m->scheme, SPAN("http")))
        return 80;
    return span_eq_nocase(m->scheme, SPAN("https")) ? 443 : 0;
}

/*
 * RFC 9112 3.2.2 lets a proxy replace a Host that differs from the target's
 * authority; who reads only one of them would still see another request.
 * CONNECT's Host may lack the port, as some clients have it.
 */
static bool host_agrees(const struct message *m, const struct authority *host)
{
    struct authority target;
    if (!authority_parse(m->authority, &target))
        return false;
    return authority_eq(&target, host, m->method == METHOD_CONNECT ? target.port : scheme_port(m));
}

static bool host_judge(struct message *m, const struct h1_limits *limits, const struct h1_seen *s,
                       struct h1_scan *scan)
{
    if (s->hosts > 1 || (s->hosts == 0 && m->minor > 0))
        return h1_refuse(scan, H1_ERR_HOST, s->host_at);
    struct authority host;
    bool named = s->host.len > 0;
    if (limits->host_not_empty && s->hosts && !named)
        return h1_refuse(scan, H1_ERR_HOST, s->host_at);
    if (named && !authority_parse(s->host, &host))
        return h1_refuse(scan, H1_ERR_HOST, s->host_at);
    m->host = s->host;
    m->host_is_plain = named && host.plain;
    if (m->authority.len == 0)
        return true;
    if (s->hosts && !limits->target_host_wins && (!named || !host_agrees(m, &host)))
        return h1_refuse(scan, H1_ERR_HOST_MISMATCH, s->host_at);
    m->host = m->authority;
    m->host_is_plain = false;
    return true;
}

/*
 * RFC 9112 6.3 with every choice on the safe side. A coding before chunked
 * would have to be forwarded as one, which we do not: 501, as 6.1 says.
 */
static bool framing_judge(struct message *m, const struct h1_seen *s, struct h1_scan *scan)
{
    if (s->codings) {
        if (m->minor == 0)
            return h1_refuse(scan, H1_ERR_CODING_1_0, s->coding_at);
        if (s->lengths)
            return h1_refuse(scan, H1_ERR_BOTH, s->coding_at);
        enum h1_error bad = h1_coding_judge(s);
        if (bad || s->coding_other)
            return h1_refuse(scan, bad ? bad : H1_ERR_CODING, s->coding_at);
        m->framing = FRAMING_CHUNKED;
    } else if (s->lengths) {
        m->framing = FRAMING_LENGTH;
        m->body_length = s->length;
    }
    /* RFC 9110 9.3.6: CONNECT has no content; one who says so is read in two ways. */
    if (m->method == METHOD_CONNECT && s->codings)
        return h1_refuse(scan, H1_ERR_CODING, s->coding_at);
    if (m->method == METHOD_CONNECT && s->length)
        return h1_refuse(scan, H1_ERR_LENGTH, s->length_at);
    return true;
}

static void persistence_judge(struct message *m, const struct h1_seen *s)
{
    m->keep_alive = !s->close && (m->minor > 0 || s->keep_alive);
    /* RFC 9110 7.8, 10.1.1: Upgrade and Expect of an HTTP/1.0 client are ignored. */
    m->wants_upgrade = s->upgrades && s->upgrade && m->minor > 0;
    m->expect_continue = s->expect_continue && m->minor > 0;
    m->has_te_trailers = s->te_trailers;
}

/* ---- the head ---- */

/* RFC 9112 2.2: empty lines may come first. H1_DONE sets <skip>; what follows begins a method. */
static enum h1_result first_byte(struct span bytes, const struct h1_limits *limits, struct h1_scan *scan,
                                 size_t *skip)
{
    *skip = 0;
    for (; bytes.len > *skip && bytes.ptr[*skip] == '\r'; *skip += 2) {
        if (bytes.len > *skip + 1 && bytes.ptr[*skip + 1] != '\n') {
            h1_refuse(scan, H1_ERR_LINE_END, *skip);
            return H1_BAD;
        }
    }
    if (UNLIKELY(*skip > limits->head_max)) {
        h1_refuse(scan, H1_ERR_HEAD_LONG, limits->head_max);
        return H1_BAD;
    }
    if (bytes.len <= *skip)
        return H1_MORE;
    if (char_is(bytes.ptr[*skip], CHAR_TOKEN))
        return H1_DONE;
    h1_refuse(scan, bytes.ptr[*skip] == '\n' ? H1_ERR_LINE_END : H1_ERR_METHOD, *skip);
    return H1_BAD;
}

/* The first line has not ended; its CR may be there. */
static enum h1_result without_line(enum h1_result result, size_t len, size_t skip,
                                   const struct h1_limits *limits, struct h1_scan *scan)
{
    bool too_long =
        result == H1_MORE ? len > (size_t)limits->target_max + 1 : scan->error == H1_ERR_HEAD_LONG;
    if (!too_long)
        return result;
    h1_refuse(scan, H1_ERR_TARGET_LONG, skip + limits->target_max);
    return H1_BAD;
}

static bool head_judge(struct message *m, const struct h1_limits *limits, const struct h1_seen *s,
                       struct h1_scan *scan)
{
    if (!host_judge(m, limits, s, scan) || !framing_judge(m, s, scan))
        return false;
    persistence_judge(m, s);
    return true;
}

/* All of a head that is whole and right. False: it is not, and <scan> says why if it is whole. */
static bool head_cut(struct span text, const struct h1_limits *limits, struct h1_scan *scan,
                     struct message *m, size_t *len)
{
    struct h1_lines lines;
    struct h1_seen seen = { 0 };
    size_t next;

    h1_lines_init(&lines, text.ptr, text.len);
    return line_parse(&lines, limits, scan, m, &next) &&
           h1_fields_parse(&lines, next, limits, scan, m, &seen, len) && head_judge(m, limits, &seen, scan);
}

/* A head that could not be cut, or that comes in parts. <text>: its bytes as far as they count. */
static __attribute__((noinline)) enum h1_result head_doubt(struct span bytes, size_t skip, struct span text,
                                                           const struct h1_limits *limits,
                                                           struct h1_scan *scan, struct message *m,
                                                           size_t *len)
{
    bool line_was_seen = scan->line != 0;
    enum h1_result result = h1_head_find(bytes, skip, limits, false, scan);
    if (scan->line == 0)
        return without_line(result, bytes.len - skip, skip, limits, scan);
    if (result == H1_BAD && scan->error == H1_ERR_HEAD_LONG &&
        scan->line - skip > (size_t)limits->target_max + 2)
        h1_refuse(scan, H1_ERR_TARGET_LONG, skip + limits->target_max); /* what is wrong first */
    if (result == H1_BAD || (result == H1_MORE && line_was_seen))
        return result;
    message_init(m, m->fields, m->field_room);
    if (result == H1_DONE && head_cut(text, limits, scan, m, len))
        return H1_DONE;
    /* A complete first line is judged without waiting for the rest: not every port scanner is patient. */
    struct h1_lines lines;
    size_t next;
    h1_lines_init(&lines, text.ptr, text.len);
    if (result == H1_MORE && line_parse(&lines, limits, scan, m, &next))
        return H1_MORE;
    scan->error_at += (uint32_t)skip;
    return H1_BAD;
}

enum h1_result h1_parse_request(struct span bytes, const struct h1_limits *limits, struct h1_scan *scan,
                                struct message *m, size_t *head_len)
{
    size_t skip, len = 0;
    enum h1_result result = first_byte(bytes, limits, scan, &skip);
    if (result != H1_DONE)
        return result;
    struct span text = span_from_index(span_first(bytes, limits->head_max), skip);
    if (UNLIKELY(scan->looked || !head_cut(text, limits, scan, m, &len))) {
        scan->error = H1_OK;
        result = head_doubt(bytes, skip, text, limits, scan, m, &len);
    }
    *head_len = skip + len;
    return result;
}
