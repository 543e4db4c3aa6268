/* SPDX-License-Identifier: Apache-2.0 */
/* Building conditions. Deciding them is eval's. */
#include "model/expr.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/map.h"
#include "model/network_set.h"
#include "model/regex.h"

/* Up to this many a row of comparisons is quicker than a hash. */
enum { FEW = 4 };

static const char *const match_names[] = {
    [MATCH_FOUND] = "found", [MATCH_BOOL] = "true",   [MATCH_INT] = "int", [MATCH_IP] = "ip",
    [MATCH_EXACT] = "exact", [MATCH_BEGIN] = "begin", [MATCH_END] = "end", [MATCH_SUB] = "sub",
    [MATCH_DIR] = "dir",     [MATCH_DOM] = "dom",     [MATCH_LEN] = "len", [MATCH_BIN] = "bin",
    [MATCH_REGEX] = "regex", [MATCH_FILE] = "file",
};

const char *match_name(enum match m)
{
    BUG_ON(m >= COUNT_OF(match_names));
    return match_names[m];
}

static const struct map *set_of_texts(struct arena *a, struct test *t)
{
    struct map *set = ARENA_NEW(a, struct map);
    map_init(set, t->nocase);
    for (uint32_t i = 0; i < t->texts.count; i++)
        (void)map_put(a, set, t->texts.items[i], &t->texts.items[i]);
    return set;
}

void test_finish(struct arena *a, struct test *t)
{
    if (t->how == MATCH_EXACT && t->texts.count > FEW)
        t->exact = set_of_texts(a, t);
    if (t->how == MATCH_IP && t->networks.count > FEW)
        t->networkset = network_set_new(a, t->networks.items, t->networks.count);
}

void acl_finish(struct arena *a, struct acl *acl)
{
    acl->needs = NEEDS_NOTHING;
    for (uint32_t i = 0; i < acl->tests.count; i++) {
        test_finish(a, &acl->tests.items[i]);
        acl->needs |= acl->tests.items[i].subject->needs;
    }
}

void cond_finish(struct cond *c)
{
    c->needs = NEEDS_NOTHING;
    for (uint32_t i = 0; i < c->groups.count; i++)
        for (uint32_t k = 0; k < c->groups.items[i].terms.count; k++)
            c->needs |= c->groups.items[i].terms.items[k].acl->needs;
}

struct cond *cond_of_test(struct arena *a, const struct test *t)
{
    struct acl *acl = ARENA_NEW(a, struct acl);
    *ARENA_PUSH(a, &acl->tests) = *t;
    acl->at = t->at;
    acl_finish(a, acl);
    struct cond *c = ARENA_NEW(a, struct cond);
    struct group *g = ARENA_PUSH(a, &c->groups);
    *ARENA_PUSH(a, &g->terms) = (struct term){ .acl = acl };
    c->source = t->source;
    c->at = t->at;
    cond_finish(c);
    return c;
}

/* ---- showing ---- */

static void put_range(struct buf *out, struct int_range r)
{
    buf_put_char(out, ' ');
    if (r.low != INT64_MIN)
        buf_put_i64(out, r.low);
    if (r.low == r.high)
        return;
    buf_put(out, SPAN(".."));
    if (r.high != INT64_MAX)
        buf_put_i64(out, r.high);
}

static void put_network(struct buf *out, const struct network *n)
{
    buf_put_char(out, ' ');
    address_put_ip(out, &n->base);
    buf_printf(out, "/%u", n->bits);
}

void test_put(struct buf *out, const struct test *t)
{
    expr_put(out, t->subject);
    buf_printf(out, " %s%s%s", t->negate ? "not " : "", match_name(t->how), t->nocase ? " nocase" : "");
    for (uint32_t i = 0; i < t->texts.count; i++) {
        buf_put_char(out, ' ');
        buf_put_json(out, t->texts.items[i]);
    }
    for (uint32_t i = 0; i < t->ranges.count; i++)
        put_range(out, t->ranges.items[i]);
    for (uint32_t i = 0; i < t->networks.count; i++)
        put_network(out, &t->networks.items[i]);
    for (uint32_t i = 0; i < t->regexes.count; i++) {
        buf_put_char(out, ' ');
        buf_put_json(out, regex_source(t->regexes.items[i]));
    }
}

static void put_term(struct buf *out, const struct term *t)
{
    buf_put(out, t->negate ? SPAN("!{ ") : SPAN("{ "));
    for (uint32_t i = 0; i < t->acl->tests.count; i++) {
        if (i)
            buf_put(out, SPAN(" or "));
        test_put(out, &t->acl->tests.items[i]);
    }
    buf_put(out, SPAN(" }"));
}

void cond_put(struct buf *out, const struct cond *c)
{
    if (c->negate)
        buf_put(out, SPAN("unless "));
    for (uint32_t i = 0; i < c->groups.count; i++) {
        if (i)
            buf_put(out, SPAN(" || "));
        for (uint32_t k = 0; k < c->groups.items[i].terms.count; k++) {
            if (k)
                buf_put_char(out, ' ');
            put_term(out, &c->groups.items[i].terms.items[k]);
        }
    }
}
