/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/accel.h"

#include "engine/core/lease.h"
#include "engine/http/internal.h"
#include "engine/http/uri.h"

/* Fields of the replaced answer that stay, as in nginx. */
static bool is_carried(const struct field *f)
{
    static const char *const names[] = { "Content-Disposition", "Accept-Ranges" };

    if (f->gone || f->hop)
        return false;
    if (f->id == FIELD_CONTENT_TYPE || f->id == FIELD_SET_COOKIE || f->id == FIELD_CACHE_CONTROL ||
        f->id == FIELD_EXPIRES)
        return true;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (span_eq_nocase(f->name, span_from(names[i])))
            return true;
    return false;
}

/* The bytes of the head are another answer's soon. */
static bool carry(struct stream *s)
{
    const struct message *m = &s->answer;
    struct field *kept = scratch_alloc(&s->scratch, m->field_count * sizeof(*kept));
    uint16_t count = 0;

    if (!kept)
        return false;
    for (unsigned i = 0; i < m->field_count; i++) {
        if (!is_carried(&m->fields[i]))
            continue;
        kept[count] = m->fields[i];
        kept[count].name = scratch_span(&s->scratch, m->fields[i].name);
        kept[count].value = scratch_span(&s->scratch, m->fields[i].value);
        if (!kept[count].name.ptr || !kept[count].value.ptr)
            return false;
        count++;
    }
    s->carried = kept;
    s->carried_count = count;
    return true;
}

bool accel_carry_location(struct stream *s, struct span to)
{
    struct field *kept = scratch_alloc(&s->scratch, (s->carried_count + 1u) * sizeof(*kept));

    if (!kept)
        return false;
    if (s->carried_count)
        memcpy(kept, s->carried, s->carried_count * sizeof(*kept));
    kept[s->carried_count++] = (struct field){ .name = SPAN("Location"), .value = to, .id = FIELD_LOCATION };
    s->carried = kept;
    return true;
}

bool accel_add_carried(struct stream *s)
{
    for (unsigned i = 0; i < s->carried_count; i++) {
        const struct field *f = &s->carried[i];
        if (f->id == FIELD_CONTENT_TYPE)
            (void)message_remove_id(&s->answer, FIELD_CONTENT_TYPE);
        if (f->id == FIELD_LOCATION && message_find(&s->answer, FIELD_LOCATION))
            continue; /* the other content leads elsewhere */
        if (!message_add(&s->answer, f->name, f->value))
            return false;
    }
    return true;
}

static enum stream_step go_inside(struct stream *s, struct span to)
{
    const struct scope *named = span_starts_with(to, SPAN("@")) ? rules_named(&s->rules, to) : NULL;
    struct span path = span_cut(&to, '?'), query = to;

    if (!carry(s) || !stream_keep_response(s))
        return stream_refuse(s, 500, END_INTERNAL);
    server_release(s);
    if (!named && span_starts_with(path, SPAN("@")))
        return stream_refuse(s, 500, END_LOCAL);
    if (!named && (path.len == 0 || path.ptr[0] != '/' ||
                   !uri_normalize(&s->scratch, path, s->rules.client->merge_slashes, &path)))
        return stream_refuse(s, 404, END_LOCAL);
    if (s->request.method != METHOD_HEAD && !named) {
        s->request.method = METHOD_GET;
        s->request.method_text = SPAN("GET");
    }
    if (!rules_again(&s->rules, 0))
        return stream_refuse(s, 500, END_INTERNAL);
    if (named) {
        rules_enter(&s->rules, named);
        s->rules.list = &named->on[HOOK_REQUEST];
        s->rules.next = 0;
    } else {
        rules_set_uri(&s->rules, path);
        s->request.query = query;
    }
    s->routed_again = true;
    return STEP_REQUEST;
}

/* Few answers have such a field. */
static bool has_any(const struct message *m)
{
    for (unsigned i = 0; i < m->field_count; i++)
        if (m->fields[i].name.len >= strlen("X-Accel-Charset") &&
            span_starts_with_nocase(m->fields[i].name, SPAN("X-Accel-")))
            return true;
    return false;
}

static const struct field *asked(const struct stream *s, enum accel what, struct span name)
{
    return s->proxy->accel & what ? message_find_name(&s->answer, name) : NULL;
}

/* One that some scope has; nginx takes no other, and then none at all. */
static struct span known_charset(const struct stream *s, struct span name)
{
    const struct config *c = s->lease->config;

    for (uint32_t i = 0; i < c->scopes.count; i++)
        if (span_eq_nocase(c->scopes.items[i]->charset, name))
            return c->scopes.items[i]->charset;
    return SPAN("");
}

enum stream_step accel_obey(struct stream *s)
{
    const struct field *f;
    uint64_t rate;

    if (LIKELY(!has_any(&s->answer)))
        return STEP_FORWARD;
    if ((f = asked(s, ACCEL_LIMIT_RATE, SPAN("X-Accel-Limit-Rate"))) != NULL &&
        span_to_u64(f->value, UINT32_MAX, &rate))
        s->rules.rate = rate;
    if ((f = asked(s, ACCEL_BUFFERING, SPAN("X-Accel-Buffering"))) != NULL)
        s->buffer_wanted = span_eq_nocase(f->value, SPAN("yes"))  ? BUFFER_ON
                           : span_eq_nocase(f->value, SPAN("no")) ? BUFFER_OFF
                                                                  : s->buffer_wanted;
    if ((f = asked(s, ACCEL_CHARSET, SPAN("X-Accel-Charset"))) != NULL)
        s->charset = known_charset(s, f->value);
    if ((f = asked(s, ACCEL_REDIRECT, SPAN("X-Accel-Redirect"))) == NULL)
        return STEP_FORWARD;
    struct span to = scratch_span(&s->scratch, f->value);
    return to.ptr ? go_inside(s, to) : stream_refuse(s, 500, END_INTERNAL);
}
