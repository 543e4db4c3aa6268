/* SPDX-License-Identifier: Apache-2.0 */
/* Flags, operators and values of an ACL: words become the lists of a test. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/acl.h"
#include "conf/haproxy/convert.h"
#include "conf/haproxy/review.h"
#include "conf/haproxy/users.h"
#include "model/patterns.h"

enum comparison { OPERATOR_EQ, OPERATOR_GE, OPERATOR_GT, OPERATOR_LE, OPERATOR_LT };

struct criterion {
    struct build *b;
    const struct statement *s;
    struct acl *acl;
    struct test *test; /* being filled */
    struct test like;  /* what further tests begin as */
    enum comparison comparison;
    bool no_dns;
    bool method_known;
    bool any;                       /* value, so far */
    const struct user_list *groups; /* whose groups values are; NULL: none's */
    uint32_t first;                 /* of the acl's tests: the criterion's */
    struct span unique_id;          /* -u; empty: none */
    struct pattern_user *user;      /* of <test> */
    struct pattern_text text;       /* of the value that is read */
};

static const struct {
    const char *name;
    enum match how;
} methods[] = {
    { "found", MATCH_FOUND }, { "bool", MATCH_BOOL }, { "int", MATCH_INT },   { "ip", MATCH_IP },
    { "bin", MATCH_BIN },     { "len", MATCH_LEN },   { "str", MATCH_EXACT }, { "sub", MATCH_SUB },
    { "reg", MATCH_REGEX },   { "beg", MATCH_BEGIN }, { "end", MATCH_END },   { "dir", MATCH_DIR },
    { "dom", MATCH_DOM },
};

/* Of what the sample gives; NONE: the file must say it. */
static bool default_method(const struct sample *sample, enum match *how)
{
    if (sample->has_match) {
        *how = sample->match;
        return true;
    }
    switch (sample->type) {
    case VALUE_BOOL:
        *how = MATCH_BOOL;
        return true;
    case VALUE_INT:
        *how = MATCH_INT;
        return true;
    case VALUE_IP:
        *how = MATCH_IP;
        return true;
    case VALUE_TEXT:
        *how = MATCH_EXACT;
        return true;
    case VALUE_BINARY:
    case VALUE_NONE:
        break;
    }
    return false;
}

/* A test of its own, when what it says changes between values ("-i" in the middle). */
static void begin_test(struct criterion *c)
{
    c->test = ARENA_PUSH(c->b->arena, &c->acl->tests);
    *c->test = c->like;
    c->user = config_add_pattern_user(c->b->config);
    c->test->patterns = c->user->index + 1;
}

/* ---- values ---- */

static bool bad_value(struct criterion *c, const struct word *w, const char *expected)
{
    diag_add(c->b->diags, &haproxy_acl_value, w->at, DIAG_TEXT(w->text, span_from(expected)));
    return false;
}

static bool parse_int(struct span s, int64_t *out)
{
    bool minus = span_starts_with(s, SPAN("-"));
    uint64_t n;
    if (!span_to_u64(span_from_index(s, minus), INT64_MAX, &n))
        return false;
    *out = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

/* "gt 5" is shown as "6:" */
static struct span range_text(struct arena *a, const struct int_range *r)
{
    if (r->low == INT64_MIN)
        return arena_printf(a, ":%lld", (long long)r->high);
    if (r->high == INT64_MAX)
        return arena_printf(a, "%lld:", (long long)r->low);
    return arena_printf(a, "%lld:%lld", (long long)r->low, (long long)r->high);
}

static bool add_range(struct criterion *c, const struct word *w)
{
    struct int_range r = { INT64_MIN, INT64_MAX };
    struct span high = w->text, low = span_cut(&high, ':');
    int64_t n = 0;
    if (high.ptr) {
        if ((low.len && !parse_int(low, &r.low)) || (high.len && !parse_int(high, &r.high)) ||
            r.low > r.high || (low.len == 0 && high.len == 0))
            return bad_value(c, w, "a number or a range such as 1024:65535");
    } else if (!parse_int(low, &n)) {
        return bad_value(c, w, "a number or a range such as 1024:65535");
    } else {
        r = (struct int_range){ n, n };
    }
    switch (c->comparison) {
    case OPERATOR_EQ:
        break;
    case OPERATOR_GE:
        r.high = INT64_MAX;
        break;
    case OPERATOR_GT:
        r = (struct int_range){ r.low == INT64_MAX ? INT64_MAX : r.low + 1, INT64_MAX };
        break;
    case OPERATOR_LE:
        r.low = INT64_MIN;
        break;
    case OPERATOR_LT:
        r = (struct int_range){ INT64_MIN, r.high == INT64_MIN ? INT64_MIN : r.high - 1 };
        break;
    }
    if (c->comparison != OPERATOR_EQ)
        c->text.key = range_text(c->b->arena, &r);
    *ARENA_PUSH(c->b->arena, &c->test->ranges) = r;
    return true;
}

/* "10.12/8": the octets between the first ones and the last are 0. */
static struct span whole_ipv4(struct arena *a, struct span text)
{
    struct span mask = text, ip = span_cut(&mask, '/');
    unsigned dots = 0;
    for (size_t i = 0; i < ip.len; i++) {
        if ((ip.ptr[i] < '0' || ip.ptr[i] > '9') && ip.ptr[i] != '.')
            return text;
        dots += ip.ptr[i] == '.';
    }
    if (dots == 0 || dots >= 3)
        return text;
    size_t last = ip.len;
    while (ip.ptr[last - 1] != '.')
        last--;
    return arena_printf(a, "%.*s%s%.*s%s%.*s", (int)last, ip.ptr, dots == 1 ? "0.0." : "0.",
                        (int)(ip.len - last), ip.ptr + last, mask.ptr ? "/" : "", SPAN_ARGS(mask));
}

static struct span network_text(struct arena *a, const struct network *n)
{
    struct buf text;
    char room[80];

    buf_init_fixed(&text, room, sizeof(room));
    address_put_ip(&text, &n->base);
    return arena_printf(a, "%.*s/%u", SPAN_ARGS(buf_span(&text)), n->bits);
}

static bool add_network(struct criterion *c, const struct word *w)
{
    struct build *b = c->b;
    struct network n;
    if (!network_parse(whole_ipv4(b->arena, w->text), &n)) {
        if (c->no_dns)
            return bad_value(c, w, "an address or network");
        struct span mask = w->text, host = span_cut(&mask, '/');
        struct address ip;
        if (mask.ptr || !value_host(b->diags, b->world, b->arena, w, host, &ip))
            return mask.ptr ? bad_value(c, w, "an address or network") : false;
        n = (struct network){ .base = ip, .bits = address_family(&ip) == AF_INET ? 32 : 128 };
    }
    c->text.as = network_text(b->arena, &n);
    *ARENA_PUSH(b->arena, &c->test->networks) = n;
    return true;
}

static bool add_regex(struct criterion *c, const struct word *w)
{
    const struct regex *r = haproxy_regex(c->b, w, w->text, c->test->nocase);
    if (r == NULL)
        return false;
    *ARENA_PUSH(c->b->arena, &c->test->regexes) = r;
    haproxy_review_host_regex(c->b, w, c->test->subject, c->acl->name);
    return true;
}

bool haproxy_unhex(struct arena *a, struct span hex, struct span *out)
{
    if (hex.len % 2)
        return false;
    char *bytes = arena_alloc(a, hex.len / 2 + 1);
    for (size_t i = 0; i < hex.len; i++) {
        char ch = hex.ptr[i];
        int digit = ch >= '0' && ch <= '9'   ? ch - '0'
                    : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10
                    : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10
                                             : -1;
        if (digit < 0)
            return false;
        bytes[i / 2] = (char)(i % 2 ? bytes[i / 2] | digit : digit << 4);
    }
    *out = span_of(bytes, hex.len / 2);
    return true;
}

static bool add_binary(struct criterion *c, const struct word *w)
{
    struct span bytes;
    if (!haproxy_unhex(c->b->arena, w->text, &bytes))
        return bad_value(c, w, "an even number of hexadecimal digits");
    *ARENA_PUSH(c->b->arena, &c->test->texts) = bytes;
    return true;
}

static bool parse_value(struct criterion *c, const struct word *w)
{
    if (c->groups) {
        c->test->nocase = false;
        return haproxy_group_texts(c->b, c->groups, w, c->test);
    }
    switch (c->test->how) {
    case MATCH_INT:
    case MATCH_LEN:
        return add_range(c, w);
    case MATCH_IP:
        return add_network(c, w);
    case MATCH_REGEX:
        return add_regex(c, w);
    case MATCH_BIN:
        return add_binary(c, w);
    case MATCH_EXACT:
    case MATCH_BEGIN:
    case MATCH_END:
    case MATCH_SUB:
    case MATCH_DIR:
    case MATCH_DOM:
        *ARENA_PUSH(c->b->arena, &c->test->texts) = arena_span(c->b->arena, w->text);
        return true;
    case MATCH_FOUND:
    case MATCH_BOOL:
    case MATCH_FILE:
        break; /* values are ignored, as HAProxy ignores them */
    }
    return true;
}

static bool add_value(struct criterion *c, const struct word *w, struct pattern_list *l)
{
    c->any = true;
    c->text = (struct pattern_text){ .key = arena_span(c->b->arena, w->text) };
    if (!parse_value(c, w))
        return false;
    if (l)
        *ARENA_PUSH(c->b->arena, &l->texts) = c->text;
    return true;
}

/* ---- files of values ---- */

/* <map>: only what stands before the first blank of a line is a value. */
static bool add_file(struct criterion *c, const struct word *w, bool map)
{
    struct span text, line;
    uint32_t source;
    if (!haproxy_list_file(c->b, w, &text, &source))
        return false;
    bool good = true, fresh;
    struct pattern_list *list = haproxy_pattern_file(c->b, w, c->user, &fresh);
    for (struct span rest = text; haproxy_list_line(&rest, &line);) {
        size_t blank = 0;
        while (map && blank < line.len && line.ptr[blank] != ' ' && line.ptr[blank] != '\t')
            blank++;
        struct span behind = span_trim(span_from_index(line, blank));
        if (map)
            line = span_first(line, blank);
        struct word value = { .text = line, .raw = line };
        value.at = (struct where){ source, (uint32_t)(line.ptr - text.ptr), (uint32_t)line.len };
        bool added = add_value(c, &value, fresh ? list : NULL);
        if (added && fresh && map)
            list->texts.items[list->texts.count - 1].value = arena_span(c->b->arena, behind);
        good = added && good;
    }
    c->any = true;
    return good;
}

/* ---- flags ---- */

/* HAProxy's text is true when it is a number, and not 0. */
static void match_number_for_truth(struct criterion *c)
{
    c->like.how = c->test->how = MATCH_INT;
    *ARENA_PUSH(c->b->arena, &c->test->ranges) = (struct int_range){ INT64_MIN, -1 };
    *ARENA_PUSH(c->b->arena, &c->test->ranges) = (struct int_range){ 1, INT64_MAX };
    c->any = true;
}

static bool take_method(struct criterion *c, const struct word *w)
{
    c->groups = NULL;
    const char *names[COUNT_OF(methods) + 1] = { NULL };
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        names[i] = methods[i].name;
        if (!span_eq(w->text, span_from(methods[i].name)))
            continue;
        c->like.how = c->test->how = methods[i].how;
        c->method_known = true;
        if (methods[i].how == MATCH_BOOL && c->like.subject->type == VALUE_TEXT)
            match_number_for_truth(c);
        return true;
    }
    if (span_eq(w->text, SPAN("meth"))) {
        c->like.how = c->test->how = MATCH_EXACT;
        c->method_known = true;
        return true;
    }
    struct diag *d = diag_add(c->b->diags, &haproxy_acl_method, w->at, DIAG_TEXT(w->text));
    const char *near = diag_nearest(w->text, names);
    if (near)
        diag_help(c->b->diags, d, "did you mean `%s`?", near);
    return false;
}

static void ignore_case(struct criterion *c)
{
    c->like.nocase = true;
    if (c->any)
        begin_test(c);
    else
        c->test->nocase = true;
}

/* Takes the flags at word <i>; the index behind them, or 0 and a diagnostic. */
static uint32_t take_flags(struct criterion *c, uint32_t i, uint32_t to)
{
    bool map = false;
    while (i < to) {
        const struct word *w = word_at(c->s, i);
        bool last = i + 1 == to;
        if (text_is(c->s, i, "-i")) {
            ignore_case(c);
        } else if (text_is(c->s, i, "-n")) {
            c->no_dns = true;
        } else if (text_is(c->s, i, "--")) {
            return i + 1;
        } else if (text_is(c->s, i, "-f") && !last) {
            if (!add_file(c, word_at(c->s, ++i), map))
                return 0;
        } else if (text_is(c->s, i, "-m") && !last) {
            if (!take_method(c, word_at(c->s, ++i)))
                return 0;
        } else if (text_is(c->s, i, "-u") && !last) {
            c->unique_id = text_at(c->s, ++i);
        } else if (text_is(c->s, i, "-f") || text_is(c->s, i, "-m") || text_is(c->s, i, "-u")) {
            diag_add(c->b->diags, &conf_arity, w->at, DIAG_TEXT(w->text, SPAN("1"), SPAN("0")));
            return 0;
        } else if (text_is(c->s, i, "-M")) {
            map = true;
        } else {
            break;
        }
        i++;
    }
    return i;
}

static uint32_t take_operator(struct criterion *c, uint32_t i, uint32_t to)
{
    static const char *const names[] = { "eq", "ge", "gt", "le", "lt" };
    if (i >= to || (c->test->how != MATCH_INT && c->test->how != MATCH_LEN))
        return i;
    for (unsigned k = 0; k < COUNT_OF(names); k++) {
        if (!text_is(c->s, i, names[k]))
            continue;
        c->comparison = (enum comparison)k;
        return i + 1;
    }
    return i;
}

/* A sample that has no value to compare with never matches. */
static bool wants_values(enum match how)
{
    return how != MATCH_FOUND && how != MATCH_BOOL;
}

static struct span source_of(const struct statement *s, uint32_t from, uint32_t to)
{
    struct span first = word_at(s, from)->raw, last = word_at(s, to - 1)->raw;
    return span_of(first.ptr, (size_t)(span_end(last) - first.ptr));
}

/* All that this criterion tests is one user's: what its flags said in the end. */
static void finish_users(struct criterion *c)
{
    for (uint32_t i = c->first; i < c->acl->tests.count; i++) {
        struct test *t = &c->acl->tests.items[i];
        struct pattern_user *u = c->b->config->pattern_users.items[t->patterns - 1];
        u->how = t->how;
        u->nocase = t->nocase;
        if (c->groups) { /* what stands there is no pattern */
            u->how = MATCH_FOUND;
            t->patterns = 0;
        }
    }
}

bool haproxy_criterion(struct build *b, const struct statement *s, uint32_t from, uint32_t to,
                       struct acl *acl)
{
    struct sample sample;
    const struct word *w = word_at(s, from);
    if (!haproxy_sample(b, w, true, &sample))
        return false;
    struct criterion c = { .b = b, .s = s, .acl = acl, .first = acl->tests.count };
    c.like = (struct test){ .subject = sample.expr, .at = w->at };
    c.like.source = word_at(s, to - 1)->raw.ptr >= w->raw.ptr ? source_of(s, from, to) : w->text;
    c.method_known = default_method(&sample, &c.like.how);
    c.groups = sample.groups;
    begin_test(&c);
    uint32_t i = take_flags(&c, from + 1, to);
    if (i == 0)
        return false;
    if (!c.method_known) {
        struct diag *d = diag_add(b->diags, &haproxy_acl_no_method, w->at, DIAG_TEXT(w->text));
        diag_help(b->diags, d, "%.*s -m found, -m bin 0a0b, -m sub TEXT ...", SPAN_ARGS(w->text));
        c.acl->tests.count--;
        return false;
    }
    i = take_operator(&c, i, to);
    bool good = true;
    struct pattern_list *list =
        haproxy_pattern_values(b, w, c.like.source, word_at(s, to - 1)->at, c.user, c.unique_id);
    for (; list && i < to; i++) {
        uint32_t behind = c.any ? take_operator(&c, i, to) : i; /* "1 5:9 gt 100" */
        if (behind == i)
            good = add_value(&c, word_at(s, i), list) && good;
    }
    good = good && list != NULL;
    finish_users(&c);
    if (good && !c.any && wants_values(c.test->how))
        diag_add(b->diags, &haproxy_acl_empty, w->at, DIAG_TEXT(w->text));
    return good;
}
