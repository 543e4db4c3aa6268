/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads as lines of text: what HAProxy's dropped words (reqrep, rspdel ...) edit.
 * Each line is put together, matched, and what became of it is read back.
 */
#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "wire/message.h"

/* "GET /a HTTP/1.1", "HTTP/1.1 200 OK", "Name: value". ptr NULL: no room. */
static struct span joined(struct scratch *s, struct span a, const char *between, struct span b)
{
    struct span first = scratch_join(s, a, span_from(between));

    return first.ptr ? scratch_join(s, first, b) : first;
}

static struct span first_line(struct rules *r, bool answer)
{
    struct expr_part line = { .kind = PART_FETCH, .fetch = FETCH_PATH_AND_QUERY, .as_is = true };
    struct expr e = { .parts = { .items = &line, .count = 1 } };
    struct scratch *s = r->facts->scratch;

    if (answer) {
        char digits[8];
        struct buf b;
        buf_init_fixed(&b, digits, sizeof(digits));
        buf_put_u64(&b, r->answer->status);
        struct span code = scratch_span(s, joined(s, SPAN("HTTP/1.1"), " ", buf_span(&b)));
        return code.ptr ? joined(s, code, " ", r->answer->reason) : code;
    }
    struct span begin = joined(s, r->request->method_text, " ", eval_text(r->facts, &e));
    return begin.ptr ? joined(s, begin, " ", SPAN("HTTP/1.1")) : begin;
}

/* The parts of a request's line; its version stays what it is. */
static bool read_request_line(struct rules *r, struct span line)
{
    struct span method = span_cut(&line, ' '), target = line.ptr ? span_cut(&line, ' ') : SPAN("");

    if (!field_name_is_valid(method) || !rules_set_target(r, target))
        return false;
    r->request->method_text = method;
    r->request->method = method_of(method);
    return true;
}

static bool read_status_line(struct rules *r, struct span line)
{
    uint64_t status;

    (void)span_cut(&line, ' ');
    struct span code = line.ptr ? span_cut(&line, ' ') : SPAN("");
    if (!span_to_u64(code, 999, &status) || status < 100 ||
        (line.ptr && !field_value_is_valid(span_trim(line))))
        return false;
    r->answer->status = r->facts->status = (uint16_t)status;
    r->answer->reason = line.ptr ? span_trim(line) : status_reason((unsigned)status);
    return true;
}

static bool read_field_line(struct scratch *s, struct message *m, struct field *f, struct span line)
{
    struct span value = line, name = span_cut(&value, ':');

    value = value.ptr ? span_trim(value) : value;
    if (value.ptr == NULL || !field_name_is_valid(name) || !field_value_is_valid(value))
        return false;
    if (span_eq_nocase(name, f->name)) {
        f->value = value;
        return true;
    }
    message_drop(m, f);
    name = scratch_span(
        s, name); /* apart from its value: a line in one piece is taken for one that was received */
    return name.ptr && message_add(m, name, value);
}

static struct span replacement(struct rules *r, const struct action *a)
{
    return eval_expand(r->facts, eval_text(r->facts, a->expr));
}

/* False: what came out is no such line. */
static bool edit_first(struct rules *r, const struct action *a, bool answer, bool *found)
{
    struct span line = first_line(r, answer);

    *found = line.ptr && eval_regex(r->facts, a->regex, line);
    if (!*found || a->number != LINES_REPLACE)
        return line.ptr != NULL;
    line = replacement(r, a);
    return line.ptr && (answer ? read_status_line(r, line) : read_request_line(r, line));
}

static bool edit_field(struct rules *r, const struct action *a, struct message *m, unsigned i, bool *found)
{
    struct scratch *s = r->facts->scratch;
    const struct field *f = &m->fields[i];
    size_t len = f->name.len + f->value.len + 2;
    char *at = scratch_bytes(s, len);

    if (at == NULL)
        return false;
    memcpy(at, f->name.ptr, f->name.len);
    memcpy(at + f->name.len, ": ", 2);
    memcpy(at + f->name.len + 2, f->value.ptr, f->value.len);
    *found = eval_regex(r->facts, a->regex, span_of(at, len));
    if (!*found) {
        scratch_shrink(s, at, len, 0);
        return true;
    }
    if (a->number == LINES_DELETE)
        message_drop(m, &m->fields[i]);
    if (a->number != LINES_REPLACE)
        return true;
    struct span line = replacement(r, a);
    return line.ptr && rules_make_room(r, m) && read_field_line(s, m, &m->fields[i], line);
}

enum outcome act_lines(struct rules *r, const struct action *a)
{
    bool answer = r->hook >= HOOK_RESPONSE, found = false, any = false;
    struct message *m = answer ? r->answer : r->request;

    if (!m || !edit_first(r, a, answer, &any))
        return rules_end(r, RULES_FAILED);
    unsigned count = m->field_count; /* what is added is not looked at again */
    for (unsigned i = 0; i < count; i++) {
        if (m->fields[i].gone)
            continue;
        if (!edit_field(r, a, m, i, &found))
            return rules_end(r, RULES_FAILED);
        any |= found;
    }
    if (any && a->number == LINES_DENY)
        return rules_answer(r, answer ? 502 : 403, span_of(NULL, 0));
    if (any && a->number == LINES_ALLOW)
        r->next += (uint32_t)a->number2;
    return NEXT;
}
