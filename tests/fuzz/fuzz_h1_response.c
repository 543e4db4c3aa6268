/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Response heads and their bodies. The first byte is the size of the pieces,
 * the second the request's method and whether LF ends lines; the rest is the
 * head and what follows.
 */
#include "fuzz_h1.h"

struct how {
    struct h1_limits limits;
    enum method request;
};

static void parse(struct span bytes, struct h1_scan *scan, const void *how, struct head *out)
{
    const struct how *h = how;
    out->result = h1_parse_response(bytes, &h->limits, h->request, scan, &out->m, &out->len);
}

static void check_rules(const struct message *m, enum method request)
{
    bool bodiless = request == METHOD_HEAD || m->status < 200 || m->status == 204 || m->status == 304;
    bool tunnel = m->status == 101 || (request == METHOD_CONNECT && m->status / 100 == 2);
    BUG_ON(m->is_request || m->major != 1 || m->minor > 1 || m->status < 100 || m->status > 999);
    BUG_ON(tunnel != (m->framing == FRAMING_TUNNEL));
    BUG_ON(!tunnel && bodiless != (m->framing == FRAMING_NONE));
    BUG_ON((m->framing == FRAMING_CLOSE || tunnel) && m->keep_alive);
    BUG_ON(m->framing != FRAMING_LENGTH && m->body_length);
    BUG_ON(m->framing == FRAMING_CHUNKED && message_find(m, FIELD_CONTENT_LENGTH));
}

/* The body: whatever is there must be taken to its end or to the end of <rest>. */
static void check_body(struct span rest)
{
    struct h1_chunk c;
    enum h1_result result = H1_MORE;
    h1_chunk_init(&c);
    while (rest.len && result == H1_MORE) {
        size_t consumed;
        struct span data;
        result = h1_chunk_next(&c, rest, &consumed, &data);
        BUG_ON(consumed > rest.len || data.ptr < rest.ptr || data.ptr + data.len > rest.ptr + consumed);
        BUG_ON(result == H1_MORE && consumed == 0);
        rest = span_from_index(rest, consumed);
    }
}

static void check_written(const struct message *m, const struct how *how)
{
    static struct head again;
    struct how strict = *how;
    strict.limits.lf_ends_lines = false;
    strict.limits.head_max = UINT32_MAX;
    char line[8192];
    size_t len = h1_write_status_line(line, sizeof(line), m->minor, m->status, m->reason);
    BUG_ON(len == 0);
    struct span text = head_write(span_of(line, len), m);
    head_whole(text, parse, &strict, &again);
    /* Upgrade is a hop's own, so a 101 is not complete without its writer's. */
    BUG_ON(m->status != 101 && (again.result != H1_DONE || again.len != text.len));
    if (again.result == H1_DONE) {
        BUG_ON(again.m.status != m->status || !span_eq(again.m.reason, m->reason) ||
               again.m.minor != m->minor);
        BUG_ON(again.m.framing != m->framing || again.m.body_length != m->body_length);
        head_check_fields(m, &again.m);
    }
    free((void *)(uintptr_t)text.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct head h;
    if (size < 2)
        return 0;
    struct how how = { .limits = { .head_max = 4096, .fields_max = 100, .lf_ends_lines = data[1] & 0x80 },
                       .request = (enum method)((data[1] & 0x7f) % (METHOD_PATCH + 1)) };
    struct span bytes = span_of((const char *)data + 2, size - 2);
    head_whole(bytes, parse, &how, &h);
    head_check_pieces(bytes, data[0] + 1u, parse, &how, &h);
    if (h.result != H1_DONE)
        return 0;
    BUG_ON(h.len > bytes.len || h.len > how.limits.head_max);
    head_check_lines(span_first(bytes, h.len), how.limits.lf_ends_lines, &h.m);
    check_rules(&h.m, how.request);
    check_written(&h.m, &how);
    if (h.m.framing == FRAMING_CHUNKED)
        check_body(span_from_index(bytes, h.len));
    return 0;
}
