/* SPDX-License-Identifier: Apache-2.0 */
#include "check/probe_http.h"

#include "eval/eval.h"
#include "wire/h1.h"

#define FIELDS 100

static struct span or_else(struct span s, struct span otherwise)
{
    return s.len ? s : otherwise;
}

/* Checks send constants: an expression that needs a request has none here. */
static struct span constant_of(const struct expr *e)
{
    return e != NULL && e->constant.ptr != NULL ? e->constant : SPAN("");
}

void probe_http_request(const struct check_step *step, struct span state, struct buf *out)
{
    struct span body = constant_of(step->data);

    buf_put(out, or_else(step->method, SPAN("OPTIONS")));
    buf_put_char(out, ' ');
    buf_put(out, or_else(step->uri, SPAN("/")));
    buf_put_char(out, ' ');
    buf_put(out, or_else(step->version, SPAN("HTTP/1.0")));
    buf_put(out, SPAN("\r\n"));
    for (uint32_t i = 0; i < step->fields.count; i++)
        buf_printf(out, "%.*s: %.*s\r\n", SPAN_ARGS(step->fields.items[i].name),
                   SPAN_ARGS(constant_of(step->fields.items[i].value)));
    if (state.len)
        buf_printf(out, "X-Haproxy-Server-State: %.*s\r\n", SPAN_ARGS(state));
    if (body.len)
        buf_printf(out, "content-length: %zu\r\n", body.len);
    buf_put(out, SPAN("connection: close\r\n\r\n"));
    buf_put(out, body);
}

static enum h1_result parse(struct span bytes, struct field *fields, struct message *m, size_t *head_len)
{
    const struct h1_limits limits = { .head_max = 16384, .target_max = 16384, .fields_max = FIELDS };
    struct h1_scan scan = { 0 };

    message_init(m, fields, FIELDS);
    return h1_parse_response(bytes, &limits, METHOD_GET, &scan, m, head_len);
}

enum probe_http probe_http_answer(struct span bytes, bool ended, struct probe_answer *out)
{
    struct field fields[FIELDS];
    struct message m;
    size_t head_len;

    switch (parse(bytes, fields, &m, &head_len)) {
    case H1_BAD:
        return PROBE_HTTP_GARBAGE;
    case H1_MORE:
        return ended ? PROBE_HTTP_GARBAGE : PROBE_HTTP_MORE;
    case H1_DONE:
        break;
    }
    *out = (struct probe_answer){ m.status, span_first(bytes, head_len), span_from_index(bytes, head_len) };
    return PROBE_HTTP_READY;
}

bool probe_http_field(const struct probe_answer *a, struct span name, const struct test *test)
{
    struct field fields[FIELDS];
    struct message m;
    size_t head_len;
    struct facts f = { 0 };

    if (parse(a->head, fields, &m, &head_len) != H1_DONE)
        return false;
    for (const struct field *it = message_find_name(&m, name); it != NULL; it = message_next(&m, it)) {
        struct value v = { .type = VALUE_TEXT, .as.text = it->value };
        if (eval_match(&f, test, &v))
            return true;
    }
    return false;
}
