/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of .if: predicates, "!", "&&", "||" and parentheses. A
 * condition stands on one line, so a parser by descent with a limit does.
 */
#include "conf/haproxy/preprocess.h"

#include "base/macros.h"

enum { NESTING_MAX = 64, ARGS_MAX = 4 };

struct parser {
    struct build *b;
    struct span rest;
    struct where at;
    unsigned depth;
    bool failed;
};

static bool fail(struct parser *p, const struct diag_kind *kind, struct span what)
{
    if (!p->failed)
        diag_add(p->b->diags, kind, p->at, DIAG_TEXT(what));
    p->failed = true;
    return false;
}

static void skip_blanks(struct parser *p)
{
    while (p->rest.len && (p->rest.ptr[0] == ' ' || p->rest.ptr[0] == '\t'))
        p->rest = span_from_index(p->rest, 1);
}

static bool take(struct parser *p, struct span what)
{
    skip_blanks(p);
    if (!span_starts_with(p->rest, what))
        return false;
    p->rest = span_from_index(p->rest, what.len);
    return true;
}

/* ---- versions: "2.4-dev19" ---- */

static uint64_t take_digits(struct span *s)
{
    size_t n = 0;
    uint64_t value = 0;
    while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9' && n < 6)
        n++;
    (void)span_to_u64(span_first(*s, n), UINT32_MAX, &value);
    *s = span_from_index(*s, n);
    return value;
}

/* What compares as versions do: 2.4-dev19 < 2.4 < 2.4.1; missing parts are zero. False: none. */
static bool version_of(struct span s, uint64_t *out)
{
    uint64_t part[3] = { 0 };
    if (s.len == 0 || s.ptr[0] < '0' || s.ptr[0] > '9')
        return false;
    for (unsigned i = 0; i < 3; i++) {
        part[i] = take_digits(&s);
        if (!span_starts_with(s, SPAN(".")))
            break;
        s = span_from_index(s, 1);
    }
    uint64_t stage = 1000; /* a release */
    if (span_starts_with(s, SPAN("-dev"))) {
        s = span_from_index(s, 4);
        stage = take_digits(&s);
    }
    *out = ((part[0] * 1000 + part[1]) * 10000 + (stage < 1000 ? stage : 1000)) * 10000 + part[2];
    return true;
}

static bool compare_version(struct parser *p, struct span arg, bool at_least)
{
    uint64_t asked, ours;
    if (!version_of(arg, &asked) || !version_of(SPAN(HAPROXY_VERSION), &ours))
        return fail(p, &haproxy_if_bad, arg);
    return at_least ? ours >= asked : ours < asked;
}

/* ---- predicates ---- */

static bool is_feature(struct span name)
{
    /* What `haproxy -vv` of ours lists with a '+'. */
    static const char *const features[] = { "EPOLL", "NETFILTER",    "PCRE2",       "PCRE2_JIT",
                                            "POLL",  "THREAD",       "OPENSSL",     "TPROXY",
                                            "NS",    "LINUX_SPLICE", "LINUX_TPROXY" };
    for (size_t i = 0; i < COUNT_OF(features); i++)
        if (span_eq(name, span_from(features[i])))
            return true;
    return false;
}

static bool on_defined(struct parser *p, const struct span *args)
{
    struct span value;
    return haproxy_variable(p->b, args[0], &value);
}
static bool on_feature(struct parser *p, const struct span *args)
{
    (void)p;
    return is_feature(args[0]);
}
static bool on_streq(struct parser *p, const struct span *args)
{
    (void)p;
    return span_eq(args[0], args[1]);
}
static bool on_strneq(struct parser *p, const struct span *args)
{
    (void)p;
    return !span_eq(args[0], args[1]);
}
static bool on_strstr(struct parser *p, const struct span *args)
{
    (void)p;
    return span_find(args[0], args[1]) != SPAN_NONE;
}
static bool on_atleast(struct parser *p, const struct span *args)
{
    return compare_version(p, args[0], true);
}
static bool on_before(struct parser *p, const struct span *args)
{
    return compare_version(p, args[0], false);
}
/* OpenSSL 3 is what we are built with: its own numbers decide nothing that a file could say. */
static bool on_openssl_atleast(struct parser *p, const struct span *args)
{
    uint64_t asked, three;
    if (!version_of(args[0], &asked) || !version_of(SPAN("3.0.0"), &three))
        return fail(p, &haproxy_if_bad, args[0]);
    return asked <= three;
}
static bool on_openssl_before(struct parser *p, const struct span *args)
{
    return !on_openssl_atleast(p, args) && !p->failed;
}
static bool on_ssllib_startswith(struct parser *p, const struct span *args)
{
    (void)p;
    return span_starts_with(SPAN("OpenSSL 3"), args[0]);
}
static bool on_enabled(struct parser *p, const struct span *args)
{
    static const char *const options[] = { "POLL",        "EPOLL",     "SPLICE",
                                           "GETADDRINFO", "REUSEPORT", "FAST-FORWARD" };
    static const char *const off[] = { "KQUEUE", "EVPORTS", "SERVER-SSL-VERIFY-NONE" };
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (span_eq(args[0], span_from(options[i])))
            return true;
    for (size_t i = 0; i < COUNT_OF(off); i++)
        if (span_eq(args[0], span_from(off[i])))
            return false;
    return fail(p, &haproxy_if_bad, args[0]);
}

static const struct predicate {
    const char *name;
    unsigned args;
    bool (*holds)(struct parser *p, const struct span *args);
} predicates[] = {
    { "defined", 1, on_defined },
    { "feature", 1, on_feature },
    { "streq", 2, on_streq },
    { "strneq", 2, on_strneq },
    { "strstr", 2, on_strstr },
    { "version_atleast", 1, on_atleast },
    { "version_before", 1, on_before },
    { "openssl_version_atleast", 1, on_openssl_atleast },
    { "openssl_version_before", 1, on_openssl_before },
    { "ssllib_name_startswith", 1, on_ssllib_startswith },
    { "enabled", 1, on_enabled },
    { "awslc_api_atleast", 1, NULL },
    { "awslc_api_before", 1, NULL },
};

static bool call(struct parser *p, const struct predicate *f, struct span inside)
{
    struct span args[ARGS_MAX] = { { NULL, 0 } };
    unsigned count = 0;
    for (struct span rest = inside; rest.ptr && count < ARGS_MAX; count++)
        args[count] = span_cut(&rest, ',');
    if (count != f->args)
        return fail(p, &haproxy_if_bad, inside);
    return f->holds != NULL && f->holds(p, args); /* without: of a library that we are not built with */
}

static bool take_predicate(struct parser *p)
{
    size_t n = 0;
    while (n < p->rest.len && (p->rest.ptr[n] == '_' || (p->rest.ptr[n] >= 'a' && p->rest.ptr[n] <= 'z')))
        n++;
    struct span name = span_first(p->rest, n);
    for (size_t i = 0; i < COUNT_OF(predicates); i++) {
        if (!span_eq(name, span_from(predicates[i].name)))
            continue;
        struct span rest = span_from_index(p->rest, n);
        size_t close = span_find_char(rest, ')');
        if (!span_starts_with(rest, SPAN("(")) || close == SPAN_NONE)
            return fail(p, &haproxy_if_bad, rest);
        p->rest = span_from_index(rest, close + 1);
        return call(p, &predicates[i], span_of(rest.ptr + 1, close - 1));
    }
    return fail(p, &haproxy_if_bad, p->rest);
}

static bool take_number(struct parser *p)
{
    size_t n = p->rest.len && p->rest.ptr[0] == '-';
    bool nonzero = false;
    for (; n < p->rest.len && p->rest.ptr[n] >= '0' && p->rest.ptr[n] <= '9'; n++)
        nonzero |= p->rest.ptr[n] != '0';
    p->rest = span_from_index(p->rest, n);
    return nonzero;
}

static bool take_or(struct parser *p);

static bool take_term(struct parser *p)
{
    bool negate = false;
    while (take(p, SPAN("!")))
        negate = !negate;
    if (++p->depth > NESTING_MAX)
        return fail(p, &haproxy_if_bad, p->rest);
    bool value;
    if (take(p, SPAN("("))) {
        value = take_or(p);
        if (!take(p, SPAN(")")))
            (void)fail(p, &haproxy_if_bad, p->rest);
    } else if (p->rest.len && (p->rest.ptr[0] == '-' || (p->rest.ptr[0] >= '0' && p->rest.ptr[0] <= '9'))) {
        value = take_number(p);
    } else {
        value = take_predicate(p);
    }
    p->depth--;
    return value != negate;
}

static bool take_and(struct parser *p)
{
    bool all = take_term(p);
    while (!p->failed && take(p, SPAN("&&")))
        all = take_term(p) && all;
    return all;
}

static bool take_or(struct parser *p)
{
    bool any = take_and(p);
    while (!p->failed && take(p, SPAN("||")))
        any = take_and(p) || any;
    return any;
}

bool haproxy_predicate(struct build *b, struct span text, struct where at)
{
    struct parser p = { .b = b, .rest = span_trim(text), .at = at };
    if (p.rest.len == 0)
        return false;
    bool value = take_or(&p);
    skip_blanks(&p);
    if (!p.failed && p.rest.len)
        (void)fail(&p, &haproxy_if_bad, p.rest);
    return value && !p.failed;
}
