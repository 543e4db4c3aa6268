/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/proxy_memo.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core/lease.h"
#include "model/config.h"
#include "wire/h1.h"
#include "wire/message.h"

#define ID_BIT(id) ((uint64_t)1 << (id))
_Static_assert(FIELD_ID_COUNT <= 64, "a mask holds every field that is known");

/* The names of a list as a mask of known ones; <others>: there are unknown ones too. */
static uint64_t mask_of(const void *items, uint32_t count, size_t size, bool *others)
{
    uint64_t mask = 0;

    *others = false;
    for (uint32_t i = 0; i < count; i++) {
        /* struct span, or a struct field_line, which begins with its name */
        const struct span *name = (const void *)((const char *)items + i * size);
        enum field_id id = field_id_of(*name);
        *others |= id == FIELD_OTHER;
        mask |= id == FIELD_OTHER ? 0 : ID_BIT(id);
    }
    return mask;
}

struct span proxy_port_of(struct span host, bool secure)
{
    const char *colon = host.len ? memrchr(host.ptr, ':', host.len) : NULL;

    if (colon && memchr(colon, ']', (size_t)(span_end(host) - colon)))
        colon = NULL; /* of an IPv6 address */
    if (colon)
        return span_from_index(host, (size_t)(colon - host.ptr) + 1);
    return secure ? SPAN("443") : SPAN("80");
}

/* The value of a line when no request can change it. */
static bool fixed_value(const struct expr *e, struct span host, struct span *out)
{
    const struct expr_part *part = e->parts.count == 1 ? &e->parts.items[0] : NULL;

    if (e->constant.ptr)
        *out = span_trim(e->constant);
    else if (part && part->kind == PART_FETCH && part->fetch == FETCH_PROXY_HOST && !part->conversions.count)
        *out = host;
    else
        return false;
    return out->len == 0 || field_value_is_valid(*out);
}

/* Bytes of its own lines, written at <out> when there is one; SIZE_MAX: they are not fixed. */
static size_t own_lines(const struct proxy *p, struct span host, char *out, size_t room)
{
    size_t size = 0;
    struct span value;

    for (uint32_t i = 0; i < p->fields.count; i++) {
        const struct field_line *f = &p->fields.items[i];
        if (!fixed_value(f->value, host, &value))
            return SIZE_MAX;
        if (value.len == 0)
            continue;
        if (field_id_of(f->name) == FIELD_UPGRADE) /* goes by what the client asks */
            return SIZE_MAX;
        if (out)
            (void)h1_write_field(out + size, room - size, f->name, value);
        size += f->name.len + value.len + strlen(": \r\n");
    }
    return size;
}

static void fill(struct proxy_memo *m, const struct proxy *p)
{
    bool unknown;

    m->port = proxy_port_of(m->host, span_eq(p->scheme, SPAN("https")));
    m->set = mask_of(p->fields.items, p->fields.count, sizeof(*p->fields.items), &m->set_others);
    m->hide = mask_of(p->hide_fields.items, p->hide_fields.count, sizeof(struct span), &m->hide_others);
    m->hide &=
        ~mask_of(p->pass_hidden_fields.items, p->pass_hidden_fields.count, sizeof(struct span), &unknown);
}

const struct proxy_memo *proxy_memo_make(struct lease *l, const struct proxy *p)
{
    struct span host = p->host.len ? p->host : p->pool ? p->pool->name : SPAN("");
    size_t own = p->target ? SIZE_MAX : own_lines(p, host, NULL, 0); /* <target> computes the host */
    size_t room = own == SIZE_MAX ? 0 : own;
    struct proxy_memo *m = calloc(1, sizeof(*m) + room);

    if (!m)
        return NULL;
    m->host = host;
    fill(m, p);
    m->own_is_fixed = own != SIZE_MAX;
    m->own = span_of(m->text, room);
    if (room)
        (void)own_lines(p, host, m->text, room);
    l->memos[p->index] = m;
    return m;
}
