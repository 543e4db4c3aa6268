/* SPDX-License-Identifier: Apache-2.0 */
/* Tests, ACLs and conditions. */
#include "eval/eval_internal.h"
#include "eval/recorder.h"
#include "model/network_set.h"
#include "model/text_match.h"
#include "state/snapshot.h"

static bool in_ranges(const struct test *t, int64_t n)
{
    for (uint32_t i = 0; i < t->ranges.count; i++)
        if (n >= t->ranges.items[i].low && n <= t->ranges.items[i].high)
            return true;
    return false;
}

static bool match_int(struct facts *f, const struct test *t, const struct value *v)
{
    struct value n = value_as(f, *v, VALUE_INT);
    return n.type == VALUE_INT && in_ranges(t, n.as.number);
}

static bool match_ip(struct facts *f, const struct test *t, const struct value *v)
{
    struct value ip = value_as(f, *v, VALUE_IP);

    if (ip.type != VALUE_IP)
        return false;
    if (t->networkset != NULL)
        return network_set_find(t->networkset, &ip.as.ip) >= 0;
    for (uint32_t i = 0; i < t->networks.count; i++)
        if (network_contains(&t->networks.items[i], &ip.as.ip))
            return true;
    return false;
}

/* nginx: a text that is neither empty nor "0"; HAProxy: a true boolean or a number other than 0. */
static bool match_bool(const struct value *v)
{
    switch (v->type) {
    case VALUE_BOOL:
        return v->as.truth;
    case VALUE_INT:
        return v->as.number != 0;
    case VALUE_TEXT:
    case VALUE_BINARY:
        return v->as.text.len > 0 && !span_eq(v->as.text, SPAN("0"));
    case VALUE_IP:
        return true;
    case VALUE_NONE:
        break;
    }
    return false;
}

static bool match_text(const struct test *t, struct span s)
{
    if (t->exact != NULL)
        return map_get(t->exact, s) != NULL;
    for (uint32_t i = 0; i < t->texts.count; i++)
        if (text_matches(t->how == MATCH_BIN ? MATCH_EXACT : t->how, s, t->texts.items[i], t->nocase))
            return true;
    return false;
}

static bool match_regexes(struct facts *f, const struct test *t, struct span s)
{
    for (uint32_t i = 0; i < t->regexes.count; i++)
        if (eval_regex(f, t->regexes.items[i], s))
            return true;
    return false;
}

static bool match_file(struct facts *f, const struct test *t, struct span path)
{
    char kind = t->texts.count && t->texts.items[0].len ? t->texts.items[0].ptr[0] : 'e';
    return f->live->file != NULL && f->live->file(f->self, path, kind);
}

/* What was changed while running counts instead of what the file says. */
static bool match_live(struct facts *f, const struct test *t, const struct pattern_live *live,
                       const struct value *v)
{
    enum value_type as = t->how == MATCH_INT ? VALUE_INT : t->how == MATCH_IP ? VALUE_IP : VALUE_TEXT;
    struct value subject = as == VALUE_TEXT ? *v : value_as(f, *v, as);
    struct regex_match match = { .count = 0 };
    struct span s;

    if (as != VALUE_TEXT && subject.type != as)
        return false;
    s = as == VALUE_IP ? SPAN("") : eval_as_text(f, &subject);
    if (s.ptr == NULL || pattern_live_find(live, s, as == VALUE_IP ? &subject.as.ip : NULL, &match) == NULL)
        return false;
    if (t->how == MATCH_REGEX) {
        f->match = match;
        f->matched = NULL; /* it may not live as long as the request */
    }
    return true;
}

/* Found and true look at no pattern. */
static const struct pattern_live *live_of(const struct facts *f, const struct test *t)
{
    if (t->patterns == 0 || t->how == MATCH_FOUND || t->how == MATCH_BOOL)
        return NULL;
    return snapshot_pattern_live(f->snapshot, t->patterns);
}

bool eval_match(struct facts *f, const struct test *t, const struct value *v)
{
    const struct pattern_live *live = live_of(f, t);
    struct span s;

    if (v->type == VALUE_NONE)
        return false;
    if (UNLIKELY(live != NULL))
        return match_live(f, t, live, v);
    switch (t->how) {
    case MATCH_FOUND:
        return true;
    case MATCH_BOOL:
        return match_bool(v);
    case MATCH_INT:
        return match_int(f, t, v);
    case MATCH_IP:
        return match_ip(f, t, v);
    case MATCH_LEN:
        s = eval_as_text(f, v);
        return s.ptr != NULL && in_ranges(t, (int64_t)s.len);
    case MATCH_EXACT:
    case MATCH_BEGIN:
    case MATCH_END:
    case MATCH_SUB:
    case MATCH_DIR:
    case MATCH_DOM:
    case MATCH_BIN:
        s = eval_as_text(f, v);
        return s.ptr != NULL && match_text(t, s);
    case MATCH_REGEX:
        s = eval_as_text(f, v);
        return s.ptr != NULL && match_regexes(f, t, s);
    case MATCH_FILE:
        s = eval_as_text(f, v);
        return s.ptr != NULL && match_file(f, t, s);
    }
    return false;
}

/* A field that may occur several times: one that matches is enough. */
static bool match_each(struct facts *f, const struct test *t, const struct expr_part *p, struct value *seen)
{
    struct value v;

    for (uint32_t n = 1; fetch_nth(f, p, n, &v); n++) {
        for (uint32_t i = 0; i < p->conversions.count; i++)
            v = convert_value(f, v, &p->conversions.items[i]);
        *seen = v;
        if (eval_match(f, t, &v))
            return true;
    }
    return false;
}

bool eval_test(struct facts *f, const struct test *t)
{
    const struct expr *e = t->subject;
    struct value v = value_none();
    bool result;

    if (e->parts.count == 1 && fetch_has_many(&e->parts.items[0])) {
        result = match_each(f, t, &e->parts.items[0], &v);
    } else {
        v = eval_value(f, e);
        /* nginx compares a variable that was never set as an empty text */
        if (v.type == VALUE_NONE && t->none_is_empty)
            v = value_text(SPAN(""));
        result = eval_match(f, t, &v);
    }
    result = result != t->negate;
    if (UNLIKELY(f->recorder != NULL))
        f->recorder->on_test(f->recorder, t, &v, result);
    return result;
}

bool eval_acl(struct facts *f, const struct acl *acl)
{
    for (uint32_t i = 0; i < acl->tests.count; i++)
        if (eval_test(f, &acl->tests.items[i]))
            return true;
    return false;
}

static bool holds(struct facts *f, const struct group *g)
{
    for (uint32_t i = 0; i < g->terms.count; i++)
        if (eval_acl(f, g->terms.items[i].acl) == g->terms.items[i].negate)
            return false;
    return true;
}

bool eval_cond(struct facts *f, const struct cond *c)
{
    bool result = false;

    if (c == NULL)
        return true;
    for (uint32_t i = 0; i < c->groups.count && !result; i++)
        result = holds(f, &c->groups.items[i]);
    return result != c->negate;
}

/* ---- while bytes are still to come ---- */

enum truth { NO, MAYBE, YES };

/* What holds now holds; what does not may do so with more bytes. */
static enum truth acl_truth(struct facts *f, const struct acl *acl)
{
    enum truth truth = NO;

    for (uint32_t i = 0; i < acl->tests.count; i++) {
        f->pending = false;
        if (eval_test(f, &acl->tests.items[i]))
            return YES;
        if (f->pending)
            truth = MAYBE;
    }
    return truth;
}

static enum truth group_truth(struct facts *f, const struct group *g)
{
    enum truth truth = YES;

    for (uint32_t i = 0; i < g->terms.count; i++) {
        enum truth term = acl_truth(f, g->terms.items[i].acl);
        if (g->terms.items[i].negate)
            term = term == YES ? NO : term == NO ? YES : MAYBE;
        if (term == NO)
            return NO;
        if (term == MAYBE)
            truth = MAYBE;
    }
    return truth;
}

bool eval_cond_known(struct facts *f, const struct cond *c, bool *known)
{
    enum truth truth = NO;

    for (uint32_t i = 0; i < c->groups.count && truth != YES; i++) {
        enum truth group = group_truth(f, &c->groups.items[i]);
        if (group != NO)
            truth = group;
    }
    *known = truth != MAYBE;
    return (truth == YES) != c->negate;
}
