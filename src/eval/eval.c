/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/eval.h"

#include "eval/eval_internal.h"
#include "state/snapshot.h"

#define TEXT_MAX 65536 /* of a joined expression */

struct span scratch_text(struct facts *f, const char *format, ...)
{
    char room[512];
    struct buf b;
    va_list args;

    buf_init_fixed(&b, room, sizeof(room));
    va_start(args, format);
    buf_vprintf(&b, format, args);
    va_end(args);
    return scratch_span(f->scratch, buf_span(&b));
}

static struct span number_text(struct facts *f, int64_t n)
{
    char room[24], *end = room + sizeof(room), *at = end;
    /* -INT64_MIN is no int64_t */
    uint64_t left = n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n;

    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0)
        *--at = '-';
    return scratch_span(f->scratch, span_of(at, (size_t)(end - at)));
}

struct span eval_as_text(struct facts *f, const struct value *v)
{
    struct buf b;
    char room[80];

    switch (v->type) {
    case VALUE_TEXT:
    case VALUE_BINARY:
        return v->as.text;
    case VALUE_INT:
        return number_text(f, v->as.number);
    case VALUE_BOOL:
        return v->as.truth ? SPAN("1") : SPAN("0");
    case VALUE_IP:
        buf_init_fixed(&b, room, sizeof(room));
        address_put_ip(&b, &v->as.ip);
        return scratch_span(f->scratch, buf_span(&b));
    case VALUE_NONE:
        break;
    }
    return span_of(NULL, 0);
}

struct value part_value(struct facts *f, const struct expr_part *p)
{
    struct value v = p->kind == PART_TEXT ? value_text(p->text) : fetch_value(f, p);
    for (uint32_t i = 0; i < p->conversions.count; i++)
        v = convert_value(f, v, &p->conversions.items[i]);
    return v;
}

/* Several parts are joined as text; what is none is empty. */
static struct span join_parts(struct facts *f, const struct expr *e)
{
    struct buf b;
    size_t room = 256;

    for (;; room *= 4) {
        char *start = scratch_bytes(f->scratch, room);
        if (start == NULL)
            return span_of(NULL, 0);
        buf_init_fixed(&b, start, room);
        eval_append(f, e, &b);
        if (!b.truncated || room >= TEXT_MAX)
            return b.truncated ? span_of(NULL, 0) : buf_span(&b);
    }
}

struct value eval_value(struct facts *f, const struct expr *e)
{
    if (e->constant.ptr != NULL)
        return value_text(e->constant);
    if (e->parts.count == 1)
        return part_value(f, &e->parts.items[0]);
    return value_text(join_parts(f, e));
}

bool eval_text_found(struct facts *f, const struct expr *e, struct span *out)
{
    if (e->constant.ptr != NULL) {
        *out = e->constant;
        return true;
    }
    struct value v = eval_value(f, e);
    *out = eval_as_text(f, &v);
    return out->ptr != NULL;
}

struct span eval_text(struct facts *f, const struct expr *e)
{
    if (e->constant.ptr != NULL)
        return e->constant;
    struct value v = eval_value(f, e);
    struct span s = LIKELY(v.type == VALUE_TEXT) ? v.as.text : eval_as_text(f, &v);
    return s.ptr ? s : SPAN("");
}

bool eval_number(struct facts *f, const struct expr *e, int64_t *out)
{
    struct value v = eval_value(f, e);

    if (v.type == VALUE_TEXT)
        return text_is_number(v.as.text, out);
    v = value_as(f, v, VALUE_INT);
    *out = v.as.number;
    return v.type == VALUE_INT;
}

bool eval_truth(struct facts *f, const struct expr *e)
{
    struct span s = eval_text(f, e);
    return s.len > 0 && !span_eq(s, SPAN("0"));
}

/* ---- variables and captures ---- */

/* Where variables of that slot are kept, which is no stream's; NULL: nowhere. */
static struct kept_values *kept_values(const struct facts *f, uint32_t slot, bool make)
{
    if (slot & SLOT_PROCESS)
        return f->snapshot->values;
    return f->live->kept ? f->live->kept(f->self, make) : NULL;
}

static struct span kept_name(const struct facts *f, uint32_t slot)
{
    return f->snapshot->config->kept_names.items[slot & ~(SLOT_KEPT | SLOT_PROCESS)];
}

struct value eval_slot(const struct facts *f, uint32_t slot)
{
    if (UNLIKELY(slot & SLOT_KEPT)) {
        struct kept_values *k = kept_values(f, slot, false);
        return k ? kept_get(k, kept_name(f, slot), f->scratch) : value_none();
    }
    if (f->slots == NULL || slot >= f->snapshot->config->slots)
        return value_none();
    return f->slots[slot];
}

bool eval_set_slot(struct facts *f, uint32_t slot, const struct value *v)
{
    uint32_t count = f->snapshot->config->slots;
    struct value kept = *v;

    if (UNLIKELY(slot & SLOT_KEPT)) {
        struct kept_values *k = kept_values(f, slot, v->type != VALUE_NONE);
        return k ? kept_set(k, kept_name(f, slot), v) : v->type == VALUE_NONE;
    }
    BUG_ON(slot >= count);
    if (f->slots == NULL)
        f->slots = scratch_zalloc(f->scratch, count * sizeof(*f->slots));
    if (f->slots == NULL)
        return false;
    if (kept.type == VALUE_TEXT || kept.type == VALUE_BINARY) {
        kept.as.text = scratch_span(f->scratch, v->as.text);
        if (kept.as.text.ptr == NULL)
            return false;
    }
    f->slots[slot] = kept;
    return true;
}

static bool number_of(const struct value *v, int64_t *out)
{
    *out = v->type == VALUE_BOOL ? v->as.truth : v->as.number;
    return v->type == VALUE_INT || v->type == VALUE_BOOL;
}

static bool slot_may_be_set(struct facts *f, uint32_t slot, unsigned when, const struct value *fresh)
{
    struct value old = eval_slot(f, slot);
    bool text = old.type == VALUE_TEXT || old.type == VALUE_BINARY;
    bool empty = old.type == VALUE_NONE || (text && old.as.text.len == 0);
    int64_t a, b;

    if ((when & SLOT_IF_SET && old.type == VALUE_NONE) ||
        (when & SLOT_IF_NOT_SET && old.type != VALUE_NONE) || (when & SLOT_IF_EMPTY && !empty) ||
        (when & SLOT_IF_NOT_EMPTY && empty))
        return false;
    if (!number_of(&old, &a) || !number_of(fresh, &b))
        return true;
    return !(when & SLOT_IF_GREATER && a <= b) && !(when & SLOT_IF_LESS && a >= b);
}

bool eval_set_slot_when(struct facts *f, uint32_t slot, unsigned when, const struct value *v, bool *done)
{
    *done = !(when & SLOT_IF_FOUND && v->type == VALUE_NONE) &&
            (!(when & ~(unsigned)SLOT_IF_FOUND) || slot_may_be_set(f, slot, when, v));
    return !*done || eval_set_slot(f, slot, v);
}

bool eval_capture(struct facts *f, unsigned response, uint32_t slot, uint32_t count, struct span text,
                  size_t most)
{
    BUG_ON(slot >= count || count > UINT16_MAX || response > 1);
    if (f->captures[response] == NULL) {
        f->captures[response] = scratch_zalloc(f->scratch, count * sizeof(struct span));
        f->capture_count[response] = (uint16_t)count;
    }
    if (f->captures[response] == NULL)
        return false;
    struct span kept = scratch_span(f->scratch, span_first(text, most));
    f->captures[response][slot] = kept;
    return kept.ptr != NULL;
}

bool eval_regex(struct facts *f, const struct regex *r, struct span subject)
{
    struct regex_match match;

    if (!regex_matches(r, subject, &match))
        return false;
    f->match = match;
    f->matched = r;
    return true;
}

struct span eval_expand(struct facts *f, struct span to)
{
    struct buf b;
    size_t room = to.len + 1;

    for (unsigned i = 0; i < f->match.count; i++)
        room += f->match.part[i].len * (to.len / 2 + 1);
    if (room > TEXT_MAX)
        room = TEXT_MAX;
    char *start = scratch_bytes(f->scratch, room);
    if (start == NULL)
        return span_of(NULL, 0);
    buf_init_fixed(&b, start, room);
    for (size_t i = 0; i < to.len; i++) {
        unsigned digit = i + 1 < to.len ? (unsigned)(to.ptr[i + 1] - '0') : 10;
        if (to.ptr[i] != '\\' || i + 1 == to.len) {
            buf_put_char(&b, to.ptr[i]);
        } else if (digit < 10) {
            if (digit < f->match.count && f->match.part[digit].ptr != NULL)
                buf_put(&b, f->match.part[digit]);
            i++;
        } else {
            buf_put_char(&b, to.ptr[++i]);
        }
    }
    scratch_shrink(f->scratch, start, room, b.len);
    return b.truncated ? span_of(NULL, 0) : buf_span(&b);
}
