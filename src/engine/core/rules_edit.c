/* SPDX-License-Identifier: Apache-2.0 */
/* Actions that change a message or remember something of it. */
#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "engine/core/session.h"
#include "wire/message.h"

/* The message that this hook edits; NULL: there is none (a dialect's mistake shows as 500). */
static struct message *edited(const struct rules *r)
{
    return r->hook >= HOOK_RESPONSE ? r->answer : r->request;
}

/* Room for another field, if need be in the scratch. */
bool rules_make_room(struct rules *r, struct message *m)
{
    if (m->field_count < m->field_room)
        return true;
    if (m->field_room >= MESSAGE_FIELDS_MAX)
        return false;
    uint16_t room =
        (uint16_t)(m->field_room * 2 < MESSAGE_FIELDS_MAX ? m->field_room * 2 : MESSAGE_FIELDS_MAX);
    struct field *more = scratch_alloc(r->facts->scratch, room * sizeof(*more));
    if (!more)
        return false;
    memcpy(more, m->fields, m->field_count * sizeof(*more));
    m->fields = more;
    m->field_room = room;
    return true;
}

/* An empty value adds nothing; one that may not be on the wire ends the request. */
static bool add_value(struct rules *r, struct message *m, struct span name, struct span value)
{
    value = span_trim(value);
    if (!field_value_is_valid(value) || !rules_make_room(r, m))
        return false;
    return message_add(m, name, value);
}

static enum outcome add_field(struct rules *r, const struct action *a)
{
    struct message *m = edited(r);
    struct span value = m ? eval_text(r->facts, a->expr) : SPAN("");

    if (m && value.len == 0 && a->number == 1)
        return NEXT;
    return m && add_value(r, m, a->name, value) ? NEXT : rules_end(r, RULES_FAILED);
}

enum outcome act_field_set(struct rules *r, const struct action *a)
{
    struct message *m = edited(r);

    if (!m)
        return rules_end(r, RULES_FAILED);
    struct span value = eval_text(r->facts, a->expr); /* before: it may read the field */
    (void)message_remove(m, a->name);
    return add_value(r, m, a->name, value) ? NEXT : rules_end(r, RULES_FAILED);
}

enum outcome act_field_add(struct rules *r, const struct action *a)
{
    return add_field(r, a);
}

enum outcome act_field_set_default(struct rules *r, const struct action *a)
{
    const struct message *m = edited(r);

    return m && message_find_name(m, a->name) ? NEXT : add_field(r, a);
}

static unsigned delete_matching(struct rules *r, struct message *m, const struct test *t)
{
    unsigned count = 0;

    for (unsigned i = 0; i < m->field_count; i++) {
        const struct field *f = &m->fields[i];
        struct value name = { .type = VALUE_TEXT, .as.text = f->name };
        if (!f->gone && eval_match(r->facts, t, &name))
            count += message_remove(m, f->name);
    }
    return count;
}

enum outcome act_field_delete(struct rules *r, const struct action *a)
{
    struct message *m = edited(r);

    if (!m)
        return rules_end(r, RULES_FAILED);
    if (a->name.len)
        (void)message_remove(m, a->name);
    else
        (void)delete_matching(r, m, a->match);
    return NEXT;
}

/* <value> as the action rewrites it; itself when its expression does not match. ptr NULL: no room. */
static struct span replaced(struct rules *r, const struct action *a, struct span value)
{
    if (!eval_regex(r->facts, a->regex, value))
        return value;
    return eval_expand(r->facts, eval_text(r->facts, a->expr));
}

static struct span without_blanks_behind(struct span s)
{
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static struct span without_blanks_before(struct span s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = span_from_index(s, 1);
    return s;
}

/* The blanks round a member go with it; what is not replaced stays as it was, as in HAProxy. */
static struct span replaced_members(struct rules *r, const struct action *a, struct span list)
{
    struct scratch *s = r->facts->scratch;
    struct span all = SPAN(""), member, rest = list;

    while (all.ptr && list_member(&list, &member)) {
        struct span to = replaced(r, a, member);
        if (to.ptr == NULL)
            return to;
        if (to.ptr == member.ptr)
            continue;
        struct span before = span_of(rest.ptr, (size_t)(member.ptr - rest.ptr));
        all = scratch_join(s, all, without_blanks_behind(before));
        all = all.ptr ? scratch_join(s, all, to) : all;
        rest = without_blanks_before(span_of(span_end(member), (size_t)(span_end(rest) - span_end(member))));
    }
    return all.ptr ? scratch_join(s, all, rest) : all;
}

enum outcome act_field_replace(struct rules *r, const struct action *a)
{
    struct message *m = edited(r);

    if (!m)
        return rules_end(r, RULES_FAILED);
    for (unsigned i = 0; i < m->field_count; i++) {
        struct field *f = &m->fields[i];
        if (f->gone || !span_eq_nocase(f->name, a->name))
            continue;
        struct span value = a->number == 1 ? replaced_members(r, a, f->value) : replaced(r, a, f->value);
        if (!value.ptr || !field_value_is_valid(span_trim(value)))
            return rules_end(r, RULES_FAILED);
        f->value = span_trim(value);
    }
    return NEXT;
}

/* --- request line, status line -----------------------------------------------------------------------------
 */
enum outcome act_set_method(struct rules *r, const struct action *a)
{
    struct span method = eval_text(r->facts, a->expr);

    if (!field_name_is_valid(method))
        return rules_end(r, RULES_FAILED);
    r->request->method_text = method;
    r->request->method = method_of(method);
    return NEXT;
}

/* What may stand in a request target: nothing that ends it. */
static bool target_is_valid(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
            return false;
    return true;
}

enum outcome act_set_path(struct rules *r, const struct action *a)
{
    struct span path = eval_text(r->facts, a->expr);

    if (!target_is_valid(path))
        return rules_end(r, RULES_FAILED);
    r->request->path = path;
    if (r->facts->uri.ptr)
        r->facts->uri = path;
    r->target_changed = true;
    return NEXT;
}

enum outcome act_set_query(struct rules *r, const struct action *a)
{
    struct span query = eval_text(r->facts, a->expr);

    if (!target_is_valid(query))
        return rules_end(r, RULES_FAILED);
    if (query.len && query.ptr[0] == '?')
        query = span_from_index(query, 1);
    r->request->query = query.len ? query : span_of(NULL, 0);
    r->target_changed = true;
    return NEXT;
}

bool rules_set_target(struct rules *r, struct span target)
{
    if (target.len == 0 || !target_is_valid(target))
        return false;
    size_t scheme = span_find(target, SPAN("://"));
    if (scheme != SPAN_NONE && target.ptr[0] != '/') {
        target = span_from_index(target, scheme + 3);
        size_t slash = span_find_char(target, '/');
        r->request->authority = r->request->host = span_first(target, slash);
        target = slash == SPAN_NONE ? SPAN("/") : span_from_index(target, slash);
    }
    struct span path = span_cut(&target, '?');
    r->request->path = path;
    r->request->query = target;
    if (r->facts->uri.ptr)
        r->facts->uri = path;
    r->target_changed = true;
    r->uri_changed = false; /* it is sent as it is, not escaped again */
    return true;
}

enum outcome act_set_target(struct rules *r, const struct action *a)
{
    return rules_set_target(r, eval_text(r->facts, a->expr)) ? NEXT : rules_end(r, RULES_FAILED);
}

enum outcome act_set_status(struct rules *r, const struct action *a)
{
    if (!r->answer)
        return rules_end(r, RULES_FAILED);
    r->answer->status = r->facts->status = (uint16_t)a->number;
    r->answer->reason = a->expr ? eval_text(r->facts, a->expr) : status_reason((unsigned)a->number);
    return field_value_is_valid(r->answer->reason) ? NEXT : rules_end(r, RULES_FAILED);
}

/* --- what is remembered --- */
enum outcome act_set_slot(struct rules *r, const struct action *a)
{
    struct value v = { .type = VALUE_NONE };
    bool done;

    if (a->expr)
        v = eval_value(r->facts, a->expr);
    return eval_set_slot_when(r->facts, (uint32_t)a->number, (unsigned)a->number2, &v, &done)
               ? NEXT
               : rules_end(r, RULES_FAILED);
}

enum outcome act_capture(struct rules *r, const struct action *a)
{
    unsigned response = r->hook >= HOOK_RESPONSE;
    struct span text;

    if (!eval_text_found(r->facts, a->expr, &text))
        return NEXT;
    if (!eval_capture(r->facts, response, (uint32_t)a->number,
                      response ? r->entry->response_slots : r->entry->slots, text, (size_t)a->number2))
        return rules_end(r, RULES_FAILED);
    return NEXT;
}

enum outcome act_forwarded_for(struct rules *r, const struct action *a)
{
    struct message *m = edited(r);
    struct address ip;
    struct buf text;
    char *room = scratch_bytes(r->facts->scratch, INET6_ADDRSTRLEN);

    if (!m || !room)
        return rules_end(r, RULES_FAILED);
    session_source(r->session, &ip);
    if (address_family(&ip) == AF_UNSPEC || (a->number == 1 && message_find_name(m, a->name)))
        return NEXT;
    for (uint32_t i = 0; i < a->networks.count; i++)
        if (network_contains(&a->networks.items[i], &ip))
            return NEXT;
    buf_init_fixed(&text, room, INET6_ADDRSTRLEN);
    address_put_ip(&text, &ip);
    return add_value(r, m, a->name, buf_span(&text)) ? NEXT : rules_end(r, RULES_FAILED);
}
