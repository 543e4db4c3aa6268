/* SPDX-License-Identifier: Apache-2.0 */
#include "state/pattern_set.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "model/lookup.h"

enum { BLOCK = 2048 };

struct pattern_row {
    enum match how;
    struct span key;
    const struct network *network;
    _Atomic bool dead;
    struct pattern_value *_Atomic value; /* NULL: empty */
};
struct pattern_set {
    struct arena *arena;
    const struct pattern_user *user; /* while it is being filled */
    struct lookup lookup;
    LIST_OF(struct regex *) regexes;
    LIST_OF(struct pattern_value *) values; /* until there are rows */
    struct pattern_row *rows;               /* as many as the lookup has */
};

struct pattern_value *pattern_value_new(struct span text)
{
    struct pattern_value *v = malloc(sizeof(*v) + text.len);

    if (v == NULL)
        return NULL;
    v->len = text.len;
    if (text.len > 0)
        memcpy(v->bytes, text.ptr, text.len);
    return v;
}

/* ---- reading one pattern ---- */

static bool to_number(struct span s, int64_t *out)
{
    bool minus = span_starts_with(s, SPAN("-"));
    uint64_t n;

    if (!span_to_u64(span_from_index(s, minus), INT64_MAX, &n))
        return false;
    *out = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

/* "5", "5:9", "5:", ":9" */
static bool to_range(struct span text, struct int_range *r)
{
    struct span high = text, low = span_cut(&high, ':');

    *r = (struct int_range){ INT64_MIN, INT64_MAX };
    if (high.ptr == NULL) {
        bool good = to_number(low, &r->low);
        r->high = r->low;
        return good;
    }
    return (low.len > 0 || high.len > 0) && (low.len == 0 || to_number(low, &r->low)) &&
           (high.len == 0 || to_number(high, &r->high)) && r->low <= r->high;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static bool unhex(struct arena *a, struct span hex, struct span *out)
{
    char *bytes = arena_alloc(a, hex.len / 2 + 1);

    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        int high = hex_digit(hex.ptr[i]), low = hex_digit(hex.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *out = span_of(bytes, hex.len / 2);
    return hex.len % 2 == 0;
}

static bool bad(struct buf *why, struct span text, const char *what)
{
    buf_printf(why, "'%.*s' is not %s", SPAN_ARGS(text), what);
    return false;
}

static bool read_regex(struct pattern_set *s, struct span text, struct lookup_row *row, struct buf *why)
{
    struct buf reason;
    char room[256];
    size_t at;

    buf_init_fixed(&reason, room, sizeof(room));
    struct regex *r = regex_compile(s->arena, text, s->lookup.nocase, &reason, &at);
    if (r == NULL) {
        buf_printf(why, "regex '%.*s' is invalid (error=%.*s, erroffset=%zu)", SPAN_ARGS(text),
                   SPAN_ARGS(buf_span(&reason)), at);
        return false;
    }
    *ARENA_PUSH(s->arena, &s->regexes) = r;
    row->regex = r;
    return true;
}

static bool read_pattern(struct pattern_set *s, const struct pattern_text *t, struct lookup_row *row,
                         struct buf *why)
{
    struct span text = t->as.ptr ? t->as : t->key;

    switch ((unsigned)row->how) {
    case MATCH_INT:
    case MATCH_LEN:
        return to_range(text, &row->range) || bad(why, text, "a number");
    case MATCH_IP:
        return network_parse(text, &row->network) || bad(why, text, "a valid IPv4 or IPv6 address");
    case MATCH_REGEX:
        return read_regex(s, text, row, why);
    case MATCH_BIN:
        row->how = MATCH_EXACT;
        return unhex(s->arena, text, &row->text) || bad(why, text, "an even number of hexadecimal digits");
    default:
        return true;
    }
}

static bool value_suits(const struct pattern_user *u, struct span value, struct buf *why)
{
    struct address ip;
    int64_t n;

    if (!u->of_map || u->gives_key)
        return true;
    if (u->gives == VALUE_INT && !to_number(value, &n))
        return bad(why, value, "a number");
    if (u->gives == VALUE_IP && !address_parse_ip(value, &ip))
        return bad(why, value, "a valid IPv4 or IPv6 address");
    return true;
}

/* Found and true take no values: whatever is in such a list matches nothing. */
static bool takes_values(enum match how)
{
    return how != MATCH_FOUND && how != MATCH_BOOL && how != MATCH_FILE;
}

/* ---- filling ---- */

struct pattern_set *pattern_set_new(const struct pattern_user *u)
{
    struct arena *a = arena_new(BLOCK);
    struct pattern_set *s = ARENA_NEW(a, struct pattern_set);

    s->arena = a;
    s->user = u;
    s->lookup.nocase = u->nocase && u->how != MATCH_BIN;
    return s;
}

bool pattern_set_add(struct pattern_set *s, const struct pattern_text *t, struct buf *why)
{
    struct lookup_row row = { .how = s->user->how };

    if (!takes_values(s->user->how))
        return true;
    row.text = arena_span(s->arena, t->key);
    if (!read_pattern(s, t, &row, why) || !value_suits(s->user, t->value, why))
        return false;
    *ARENA_PUSH(s->arena, &s->lookup.rows) = row;
    struct pattern_value **value = ARENA_PUSH(s->arena, &s->values);
    *value = s->user->of_map ? pattern_value_new(s->user->gives_key ? t->key : t->value) : NULL;
    if (s->user->of_map && *value == NULL)
        oom_die(t->value.len);
    return true;
}

void pattern_set_finish(struct pattern_set *s)
{
    uint32_t count = s->lookup.rows.count;

    s->rows = ARENA_ARRAY(s->arena, count + 1, struct pattern_row);
    for (uint32_t i = 0; i < count; i++) {
        struct lookup_row *row = &s->lookup.rows.items[i];
        s->rows[i].how = row->how;
        s->rows[i].key = row->text;
        s->rows[i].network = row->how == MATCH_IP ? &row->network : NULL;
        atomic_init(&s->rows[i].value, s->values.items[i]);
    }
    s->values.count = 0;
    lookup_finish(s->arena, &s->lookup);
}

void pattern_set_free(struct pattern_set **owner)
{
    struct pattern_set *s = *owner;

    *owner = NULL;
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->regexes.count; i++)
        regex_release(s->regexes.items[i]);
    for (uint32_t i = 0; i < s->values.count; i++)
        free(s->values.items[i]);
    for (uint32_t i = 0; s->rows != NULL && i < s->lookup.rows.count; i++)
        free(atomic_load_explicit(&s->rows[i].value, memory_order_relaxed));
    struct arena *a = s->arena;
    arena_free(&a);
}

uint32_t pattern_set_count(const struct pattern_set *s)
{
    return s->lookup.rows.count;
}

bool pattern_is_good(const struct pattern_user *u, const struct pattern_text *t, struct buf *why)
{
    struct pattern_set *s = pattern_set_new(u);
    bool good = pattern_set_add(s, t, why);

    pattern_set_free(&s);
    return good;
}

/* ---- asking ---- */

static const struct pattern_row *row_of(const struct pattern_set *s, const struct lookup_row *found)
{
    if (found == NULL)
        return NULL;
    const struct pattern_row *r = &s->rows[found - s->lookup.rows.items];
    return atomic_load_explicit(&r->dead, memory_order_relaxed) ? NULL : r;
}

const struct pattern_row *pattern_set_find(const struct pattern_set *s, struct span subject,
                                           const struct address *ip, struct regex_match *match)
{
    return row_of(s, lookup_find(&s->lookup, subject, ip, match));
}

const struct pattern_row *pattern_better(const struct pattern_row *a, const struct pattern_row *b)
{
    if (a == NULL || b == NULL)
        return a ? a : b;
    if (a->how == MATCH_IP && b->how == MATCH_IP)
        return b->network->bits > a->network->bits ? b : a;
    if (a->how == MATCH_BEGIN && b->how == MATCH_BEGIN)
        return b->key.len > a->key.len ? b : a;
    return a;
}

struct span pattern_row_value(const struct pattern_row *r)
{
    const struct pattern_value *v = atomic_load_explicit(&r->value, memory_order_acquire);

    return v ? span_of(v->bytes, v->len) : SPAN("");
}

struct span pattern_row_key(const struct pattern_row *r)
{
    return r->key;
}

void pattern_row_put_key(const struct pattern_row *r, struct buf *out)
{
    if (r->network == NULL) {
        buf_put(out, r->key);
        return;
    }
    struct address base = r->network->base;
    address_put_ip(out, &base);
    if (r->network->bits != (address_family(&base) == AF_INET ? 32 : 128))
        buf_printf(out, "/%u", r->network->bits);
}

/* ---- editing ---- */

bool pattern_set_is_by_text(const struct pattern_set *s)
{
    return s->user->how == MATCH_EXACT && !s->lookup.nocase;
}

bool pattern_set_kill(struct pattern_set *s, struct span key)
{
    const struct lookup_row *found = lookup_find(&s->lookup, key, NULL, NULL);

    if (found == NULL)
        return false;
    atomic_store_explicit(&s->rows[found - s->lookup.rows.items].dead, true, memory_order_relaxed);
    return true;
}

bool pattern_set_change(struct pattern_set *s, struct span key, struct span text,
                        void (*retire)(void *to, void *memory), void *to)
{
    bool by_text = pattern_set_is_by_text(s);
    const struct lookup_row *found = by_text ? lookup_find(&s->lookup, key, NULL, NULL) : NULL;
    uint32_t from = found ? (uint32_t)(found - s->lookup.rows.items) : 0;
    uint32_t end = by_text ? from + (found != NULL) : s->lookup.rows.count;

    for (uint32_t i = from; i < end; i++) {
        if (!span_eq(s->rows[i].key, key))
            continue;
        struct pattern_value *v = pattern_value_new(text);
        if (v == NULL)
            return false;
        retire(to, atomic_exchange_explicit(&s->rows[i].value, v, memory_order_acq_rel));
    }
    return true;
}
