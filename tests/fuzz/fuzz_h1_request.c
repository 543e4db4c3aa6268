/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request heads. The first byte is the size of the pieces; the rest is a head.
 * What is accepted must be what a second reader sees, and must be the same
 * request when it has been written out and is read again.
 */
#include "fuzz_h1.h"
#include "wire/h1_internal.h"

static const struct h1_limits limits = { .head_max = 4096, .target_max = 1024, .fields_max = 100 };

static void parse(struct span bytes, struct h1_scan *scan, const void *how, struct head *out)
{
    (void)how;
    out->result = h1_parse_request(bytes, &limits, scan, &out->m, &out->len);
}

static bool same_marks(struct h1_marks a, struct h1_marks b)
{
    return a.stop == b.stop && a.control == b.control;
}

static void check_kernels(struct span bytes)
{
    for (size_t at = 0; at + BLOCK <= bytes.len; at += BLOCK) {
        struct h1_marks plain = h1_mark_scalar(bytes.ptr + at);
        BUG_ON(!same_marks(plain, h1_mark(bytes.ptr + at)));
#if defined(__x86_64__)
        BUG_ON(!same_marks(plain, h1_mark_sse2(bytes.ptr + at)));
#endif
    }
}

/* What no request may be, whoever reads it. */
static void check_rules(const struct message *m)
{
    unsigned hosts = 0, lengths = 0, codings = 0;
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++) {
        hosts += f->id == FIELD_HOST;
        lengths += f->id == FIELD_CONTENT_LENGTH;
        codings += f->id == FIELD_TRANSFER_ENCODING;
    }
    BUG_ON(hosts > 1 || (hosts == 0 && m->minor == 1));
    BUG_ON(lengths + codings > 1 || (codings && m->minor == 0));
    BUG_ON((m->framing == FRAMING_LENGTH) != (lengths == 1) ||
           (m->framing == FRAMING_CHUNKED) != (codings == 1));
    BUG_ON(m->major != 1 || m->minor > 1);
    BUG_ON(!field_name_is_valid(m->method_text) || m->target.len == 0);
    BUG_ON(memchr(m->target.ptr, '#', m->target.len) || memchr(m->target.ptr, ' ', m->target.len) ||
           memchr(m->target.ptr, '\t', m->target.len));
    bool star = span_eq(m->path, SPAN("*")), connect = m->method == METHOD_CONNECT;
    BUG_ON(star && m->method != METHOD_OPTIONS);
    BUG_ON(connect != (m->path.len == 0) || (!connect && !star && m->path.ptr[0] != '/'));
    BUG_ON(memchr(m->path.ptr ? m->path.ptr : "", '?', m->path.len));
}

static void check_written(const struct message *m)
{
    static struct head again;
    char line[2048];
    size_t len = h1_write_request_line(line, sizeof(line), m->method_text, m->target, m->minor);
    BUG_ON(len == 0);
    struct span text = head_write(span_of(line, len), m);
    /* what is written is no longer than the limits allow, but for the framing that may be new */
    head_whole(text, parse, NULL, &again);
    if (again.result == H1_BAD && again.error == H1_ERR_HEAD_LONG) {
        free((void *)(uintptr_t)text.ptr);
        return;
    }
    BUG_ON(again.result != H1_DONE || again.len != text.len);
    BUG_ON(!span_eq(again.m.method_text, m->method_text) || !span_eq(again.m.target, m->target) ||
           !span_eq(again.m.path, m->path) || !span_eq(again.m.query, m->query) ||
           !span_eq(again.m.host, m->host) || !span_eq(again.m.authority, m->authority));
    BUG_ON(again.m.minor != m->minor || again.m.framing != m->framing ||
           again.m.body_length != m->body_length);
    head_check_fields(m, &again.m);
    free((void *)(uintptr_t)text.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct head h;
    if (size == 0)
        return 0;
    size_t step = data[0] + 1u;
    struct span bytes = span_of((const char *)data + 1, size - 1);
    check_kernels(bytes);
    head_whole(bytes, parse, NULL, &h);
    head_check_pieces(bytes, step, parse, NULL, &h);
    if (h.result != H1_DONE)
        return 0;
    BUG_ON(h.len > bytes.len || h.len > limits.head_max || !h.m.is_request);
    size_t skip = bytes.ptr[0] == '\r' ? 2 : 0;
    head_check_lines(span_of(bytes.ptr + skip, h.len - skip), false, &h.m);
    check_rules(&h.m);
    check_written(&h.m);
    return 0;
}
