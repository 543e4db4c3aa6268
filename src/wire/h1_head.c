/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cursor over a head's marks, finding the end of a head that could not be
 * cut at once, and what heads of both kinds share.
 */
#include "wire/h1.h"

#include "wire/h1_internal.h"

/* ---- the cursor ---- */

/* The last <count> bytes: less than a block. */
static struct h1_marks mark_tail(const struct h1_lines *l, size_t count)
{
    struct h1_marks m;

    if (LIKELY(l->len >= BLOCK)) { /* a full block that ends with them, of which the first bits are dropped */
        m = h1_mark(l->head + l->len - BLOCK);
        m.stop >>= BLOCK - count;
        m.control >>= BLOCK - count;
    } else {
        char copy[BLOCK] = { 0 };
        memcpy(copy, l->head + l->len - count, count);
        m = h1_mark(copy);
    }
    m.stop |= UINT64_MAX << count;
    m.control |= UINT64_MAX << count;
    return m;
}

void h1_lines_mark_end(struct h1_lines *l, size_t at)
{
    if (at < l->len)
        l->marks = mark_tail(l, l->len - at);
    else
        l->marks = (struct h1_marks){ UINT64_MAX, UINT64_MAX };
}

struct h1_line h1_line_long(struct h1_lines *l, size_t at)
{
    size_t stop = at;

    while (l->marks.stop == 0)
        h1_lines_mark(l, stop = l->base + BLOCK);
    stop += (unsigned)__builtin_ctzll(l->marks.stop);
    return (struct h1_line){ stop, h1_lines_control(l, stop) };
}

void h1_lines_init(struct h1_lines *l, const char *head, size_t len)
{
    l->head = head;
    l->len = len;
    h1_lines_mark(l, 0);
}

/* ---- the end ---- */

/* Names what is bad at <at>. */
static enum h1_result refuse_byte(const char *head, size_t at, size_t skip, struct h1_scan *scan)
{
    bool bare_cr = at > 0 && head[at - 1] == '\r';
    bool line_end = bare_cr || head[at] == '\n';
    h1_refuse(scan, line_end ? H1_ERR_LINE_END : H1_ERR_CONTROL, skip + at - bare_cr);
    return H1_BAD;
}

/* Is the LF at <at> an empty line's? */
static bool is_empty_line(const char *head, size_t at)
{
    if (at > 0 && head[at - 1] == '\r')
        at--;
    return at > 0 && head[at - 1] == '\n';
}

/* H1_MORE: nothing is wrong with these bytes, and there is no end. */
static enum h1_result find_end(struct h1_lines *l, size_t at, size_t skip, bool lf_ends_lines,
                               struct h1_scan *scan)
{
    const char *head = l->head;

    for (; (at = h1_lines_control(l, at)) < l->len; at++) {
        bool after_cr = at > 0 && head[at - 1] == '\r';
        if (after_cr ? head[at] != '\n' : head[at] != '\r' && !(head[at] == '\n' && lf_ends_lines))
            return refuse_byte(head, at, skip, scan);
        if (head[at] != '\n') {
            if (at + 1 < l->len && head[at + 1] != '\n')
                return refuse_byte(head, at + 1, skip, scan);
            continue;
        }
        if (scan->line == 0)
            scan->line = (uint32_t)(skip + at + 1);
        if (is_empty_line(head, at))
            return H1_DONE;
    }
    return H1_MORE;
}

enum h1_result h1_head_find(struct span bytes, size_t skip, const struct h1_limits *limits,
                            bool lf_ends_lines, struct h1_scan *scan)
{
    size_t len = bytes.len < limits->head_max ? bytes.len : limits->head_max;
    size_t looked = scan->looked > skip ? scan->looked - skip : 0;
    struct h1_lines l;

    h1_lines_init(&l, bytes.ptr + skip, len > skip ? len - skip : 0);
    /* from the last byte that was looked at: what is before it can still be seen */
    enum h1_result r = find_end(&l, looked ? looked - 1 : 0, skip, lf_ends_lines, scan);
    if (r != H1_MORE)
        return r;
    scan->looked = (uint32_t)(skip + l.len);
    if (bytes.len < limits->head_max)
        return H1_MORE;
    h1_refuse(scan, H1_ERR_HEAD_LONG, limits->head_max);
    return H1_BAD;
}

enum h1_error h1_version_parse(const char *p, struct message *m)
{
    if (LIKELY(memcmp(p, "HTTP/1.1", 8) == 0)) {
        m->major = m->minor = 1;
        return H1_OK;
    }
    if (memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' || p[5] > '9' || p[6] != '.' || p[7] < '0' || p[7] > '9')
        return H1_ERR_VERSION;
    if (p[5] != '1')
        return p[5] == '0' ? H1_ERR_VERSION : H1_ERR_VERSION_MAJOR;
    m->major = 1;
    m->minor = p[7] != '0';
    return H1_OK;
}

static const struct {
    uint16_t status;
    const char *text;
} errors[] = {
    [H1_OK] = { 200, "no error" },
    [H1_ERR_METHOD] = { 400, "the method is not a token" },
    [H1_ERR_TARGET] = { 400, "the request target has no valid form" },
    [H1_ERR_VERSION] = { 400, "the version is not HTTP/1.0 or HTTP/1.1" },
    [H1_ERR_VERSION_MAJOR] = { 505, "another major version in an HTTP/1 message" },
    [H1_ERR_LINE_END] = { 400, "a bare CR or LF in the head" },
    [H1_ERR_CONTROL] = { 400, "a control byte in the head" },
    [H1_ERR_FIELD_NAME] = { 400, "a field name is not a token with a colon" },
    [H1_ERR_FIELD_VALUE] = { 400, "a field value is not valid" },
    [H1_ERR_FOLDED] = { 400, "a folded line in the head" },
    [H1_ERR_TOO_MANY] = { 431, "too many fields" },
    [H1_ERR_TARGET_LONG] = { 414, "the request line is too long" },
    [H1_ERR_HEAD_LONG] = { 431, "the head is too long" },
    [H1_ERR_HOST] = { 400, "Host is missing, repeated or not a host" },
    [H1_ERR_HOST_MISMATCH] = { 400, "Host differs from the request target" },
    [H1_ERR_LENGTH] = { 400, "Content-Length is repeated or not a length" },
    [H1_ERR_CODING] = { 501, "an unknown transfer coding" },
    [H1_ERR_CODING_ORDER] = { 400, "chunked is not the last transfer coding, once" },
    [H1_ERR_BOTH] = { 400, "both Content-Length and Transfer-Encoding" },
    [H1_ERR_CODING_1_0] = { 400, "Transfer-Encoding in HTTP/1.0" },
    [H1_ERR_SWITCH] = { 400, "a change of protocol that nobody asked for" },
    [H1_ERR_STATUS] = { 400, "the status line is not valid" },
    [H1_ERR_CHUNK_SIZE] = { 400, "a chunk size is not valid" },
    [H1_ERR_CHUNK_END] = { 400, "a chunk's data does not end with its size" },
    [H1_ERR_TRAILER] = { 400, "a trailer field is not valid" },
};

unsigned h1_error_status(enum h1_error e)
{
    return (size_t)e < COUNT_OF(errors) ? errors[e].status : 400;
}

const char *h1_error_text(enum h1_error e)
{
    return (size_t)e < COUNT_OF(errors) ? errors[e].text : "";
}
