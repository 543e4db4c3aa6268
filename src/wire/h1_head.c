/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the end of a head, and what heads of both kinds share. The search
 * (h1_marks.c) checks on its way that line ends are CRLF and that there are no
 * control bytes, so that the parts which cut the lines need not.
 */
#include "wire/h1.h"

#include "wire/h1_internal.h"

/* Names what is bad at <at>. */
static enum h1_result refuse_byte(const char *head, size_t at, size_t skip, struct h1_scan *scan)
{
    bool bare_cr = at > 0 && head[at - 1] == '\r';
    bool line_end = bare_cr || head[at] == '\n';
    h1_refuse(scan, line_end ? H1_ERR_LINE_END : H1_ERR_CONTROL, skip + at - bare_cr);
    return H1_BAD;
}

/* The best that this machine can run. */
static inline h1_searcher *best_search(void)
{
#if defined(__x86_64__)
    return LIKELY(__builtin_cpu_supports("avx2")) ? h1_search_avx2 : h1_search_sse2;
#else
    return h1_search_scalar;
#endif
}

static enum h1_found search(struct h1_lines *l, size_t start, bool lf_ends_lines)
{
    if (UNLIKELY(l->len < BLOCK))
        return h1_search_short(best_search(), l, lf_ends_lines);
    return best_search()(l->head, l, start, lf_ends_lines);
}

enum h1_result h1_head_find(struct span bytes, size_t skip, const struct h1_limits *limits,
                            struct h1_scan *scan, struct h1_lines *l)
{
    size_t len = bytes.len < limits->head_max ? bytes.len : limits->head_max;
    size_t start = scan->looked > skip ? (scan->looked - skip) / BLOCK * BLOCK : 0;
    l->head = bytes.ptr + skip;
    l->len = len > skip ? len - skip : 0;
    l->window = l->marked = l->line = 0;

    enum h1_found found = search(l, start, limits->lf_ends_lines);
    if (scan->line == 0 && l->line)
        scan->line = (uint32_t)(skip + l->line);
    if (LIKELY(found == H1_FOUND_END)) {
        l->len = l->found + 1;
        return H1_DONE;
    }
    if (found == H1_FOUND_BAD)
        return refuse_byte(l->head, l->found, skip, scan);
    scan->looked = (uint32_t)(skip + l->len);
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
