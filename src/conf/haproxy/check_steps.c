/* SPDX-License-Identifier: Apache-2.0 */
/* http-check and tcp-check lines. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/check.h"
#include "conf/haproxy/tls.h"

struct step_reader {
    struct check_maker *m;
    const struct statement *s;
    struct check_step *step;
    uint32_t i; /* the word that is read */
};

static bool bad_word(struct step_reader *r)
{
    diag_add(r->m->b->diags, &haproxy_action_word, word_at(r->s, r->i)->at,
             DIAG_TEXT(text_at(r->s, r->i), text_at(r->s, 0)));
    return false;
}

static bool refuse(struct step_reader *r, const char *why)
{
    diag_add(r->m->b->diags, &conf_refused, word_at(r->s, r->i)->at,
             DIAG_TEXT(text_at(r->s, r->i), span_from(why)));
    return false;
}

/* The next word, which must be there. */
static const struct word *next(struct step_reader *r)
{
    if (r->i + 1 < r->s->words.count)
        return word_at(r->s, ++r->i);
    diag_add(r->m->b->diags, &conf_arity, word_at(r->s, r->i)->at,
             DIAG_TEXT(text_at(r->s, r->i), SPAN("1"), SPAN("0")));
    return NULL;
}

static bool is(const struct step_reader *r, const char *word)
{
    return text_is(r->s, r->i, word);
}

/* comment TEXT may stand anywhere. */
static bool take_comment(struct step_reader *r)
{
    return is(r, "comment") && next(r) != NULL;
}

/* ---- connect ---- */

/* "ssl", "sni NAME", "alpn LIST": what the server's own words are joined with. */
static bool take_tls_word(struct step_reader *r)
{
    struct arena *a = r->m->b->arena;
    struct tls_client *t = ARENA_NEW(a, struct tls_client);
    bool sni = is(r, "sni"), alpn = is(r, "alpn");
    if (r->step->tls)
        *t = *r->step->tls;
    r->step->tls = t;
    const struct word *w = sni || alpn ? next(r) : NULL;
    if ((sni || alpn) && w == NULL)
        return false;
    if (sni)
        t->name = expr_text(a, arena_span(a, w->text));
    if (alpn)
        t->terms.alpn = haproxy_tls_alpn(r->m->b, w);
    return true;
}

static bool take_connect_word(struct step_reader *r)
{
    static const char *const refused[] = { "via-socks4", "proto" };
    int64_t port;
    if (is(r, "send-proxy"))
        return r->step->send_proxy = true;
    if (is(r, "addr")) {
        struct parsed_address p = { .lazy = false };
        const struct word *at = next(r);
        if (at == NULL || !haproxy_address(r->m->b, at, at->text, ADDRESS_SOURCE, &p))
            return false;
        r->step->address = p.address;
        return true;
    }
    if (is(r, "default"))
        return r->step->default_options = true;
    if (is(r, "linger"))
        return true; /* connections are closed in order */
    if (is(r, "port")) {
        const struct word *w = next(r);
        if (w == NULL || !value_number(r->m->b->diags, w, 1, 65535, &port))
            return false;
        r->step->port = (uint16_t)port;
        return true;
    }
    if (is(r, "ssl") || is(r, "sni") || is(r, "alpn"))
        return take_tls_word(r);
    for (size_t k = 0; k < COUNT_OF(refused); k++)
        if (is(r, refused[k]))
            return refuse(r, "checks speak HTTP/1 or TCP, and no SOCKS");
    return bad_word(r);
}

/* ---- http-check send ---- */

static struct span kept(struct step_reader *r, const struct word *w)
{
    return arena_span(r->m->b->arena, w->text);
}

static bool take_field(struct step_reader *r)
{
    const struct word *name = next(r), *value = name ? next(r) : NULL;
    if (value == NULL)
        return false;
    const struct expr *e = haproxy_format(r->m->b, value, FORMAT_RULE);
    if (e == NULL)
        return false;
    if (e->constant.ptr == NULL) {
        diag_add(r->m->b->diags, &haproxy_check_constant, value->at, DIAG_TEXT(value->text));
        return false;
    }
    *ARENA_PUSH(r->m->b->arena, &r->step->fields) = (struct check_field){ kept(r, name), e };
    return true;
}

static bool take_send_word(struct step_reader *r)
{
    if (is(r, "hdr"))
        return take_field(r);
    if (is(r, "uri-lf") || is(r, "body-lf"))
        return refuse(r, "checks send texts only");
    struct span *to = is(r, "meth")  ? &r->step->method
                      : is(r, "uri") ? &r->step->uri
                      : is(r, "ver") ? &r->step->version
                                     : NULL;
    bool body = is(r, "body");
    if (to == NULL && !body)
        return bad_word(r);
    const struct word *w = next(r);
    if (w == NULL)
        return false;
    if (body)
        r->step->data = expr_text(r->m->b->arena, kept(r, w));
    else
        *to = kept(r, w);
    return true;
}

/* ---- expect ---- */

static struct test *new_test(struct step_reader *r, enum match how, const struct word *w)
{
    struct test *t = ARENA_NEW(r->m->b->arena, struct test);
    *t = (struct test){ .how = how, .at = w->at, .source = kept(r, w) };
    return t;
}

/* "200,301-303" */
static bool take_statuses(struct step_reader *r, const struct word *w)
{
    struct test *t = new_test(r, MATCH_INT, w);
    for (struct span rest = w->text; rest.ptr;) {
        struct span high = span_cut(&rest, ','), low = span_cut(&high, '-');
        uint64_t from, to;
        if (!span_to_u64(low, 999, &from) || !span_to_u64(high.ptr ? high : low, 999, &to) || to < from) {
            diag_add(r->m->b->diags, &haproxy_check_status, w->at, DIAG_TEXT(w->text));
            return false;
        }
        *ARENA_PUSH(r->m->b->arena, &t->ranges) = (struct int_range){ (int64_t)from, (int64_t)to };
    }
    r->step->expects = EXPECT_STATUS;
    r->step->expect = t;
    return true;
}

static bool take_text(struct step_reader *r, const struct word *w, enum match how)
{
    struct test *t = new_test(r, how, w);
    if (how == MATCH_REGEX) {
        const struct regex *regex = haproxy_regex(r->m->b, w, w->text, false);
        if (regex == NULL)
            return false;
        *ARENA_PUSH(r->m->b->arena, &t->regexes) = regex;
    } else {
        *ARENA_PUSH(r->m->b->arena, &t->texts) = kept(r, w);
    }
    r->step->expect = t;
    return true;
}

static bool take_bytes(struct step_reader *r, const struct word *w)
{
    struct span bytes;
    if (!haproxy_unhex(r->m->b->arena, w->text, &bytes)) {
        diag_add(r->m->b->diags, &haproxy_acl_value, w->at,
                 DIAG_TEXT(w->text, SPAN("an even number of hexadecimal digits")));
        return false;
    }
    struct test *t = new_test(r, MATCH_SUB, w);
    *ARENA_PUSH(r->m->b->arena, &t->texts) = bytes;
    r->step->expect = t;
    return true;
}

/* -m METHOD, when it is there */
static bool take_method(struct step_reader *r, enum match *how)
{
    static const char *const words[] = { "str", "beg", "end", "sub", "reg", NULL };
    static const enum match hows[] = { MATCH_EXACT, MATCH_BEGIN, MATCH_END, MATCH_SUB, MATCH_REGEX };
    unsigned n;
    *how = MATCH_EXACT;
    if (r->i + 1 >= r->s->words.count || !text_is(r->s, r->i + 1, "-m"))
        return true;
    r->i++;
    const struct word *w = next(r);
    if (w == NULL || !value_choice(r->m->b->diags, w, words, &n))
        return false;
    *how = hows[n];
    return true;
}

/* hdr name NAME [value [-m METHOD] VALUE] */
static bool take_header(struct step_reader *r)
{
    enum match how;
    const struct word *w = next(r);
    if (w == NULL)
        return false;
    if (!is(r, "name"))
        return is(r, "name-lf") ? refuse(r, "checks know texts only") : bad_word(r);
    if (!take_method(r, &how) || (w = next(r)) == NULL)
        return false;
    if (how != MATCH_EXACT)
        return refuse(r, "names of fields are compared whole");
    r->step->field = kept(r, w);
    r->step->expects = EXPECT_FIELD;
    if (r->i + 1 >= r->s->words.count) {
        r->step->expect = new_test(r, MATCH_FOUND, w);
        return true;
    }
    r->i++;
    if (!is(r, "value"))
        return is(r, "value-lf") ? refuse(r, "checks know texts only") : bad_word(r);
    if (!take_method(r, &how) || (w = next(r)) == NULL)
        return false;
    return take_text(r, w, how);
}

static bool take_expect_match(struct step_reader *r, bool http)
{
    static const struct {
        const char *word;
        enum match how;
        bool http, status;
    } matches[] = {
        { "status", MATCH_INT, true, true },   { "rstatus", MATCH_REGEX, true, true },
        { "string", MATCH_SUB, false, false }, { "rstring", MATCH_REGEX, false, false },
        { "binary", MATCH_BIN, false, false },
    };
    if (http && (is(r, "hdr") || is(r, "fhdr")))
        return take_header(r);
    for (size_t k = 0; k < COUNT_OF(matches); k++) {
        if (!is(r, matches[k].word) || (matches[k].http && !http))
            continue;
        const struct word *w = next(r);
        if (w == NULL)
            return false;
        r->step->expects = matches[k].status ? EXPECT_STATUS : http ? EXPECT_BODY : EXPECT_DATA;
        if (matches[k].how == MATCH_INT)
            return take_statuses(r, w);
        return matches[k].how == MATCH_BIN ? take_bytes(r, w) : take_text(r, w, matches[k].how);
    }
    if (is(r, "rbinary") || is(r, "string-lf") || is(r, "binary-lf") || is(r, "custom"))
        return refuse(r, "checks know texts and regular expressions on them");
    return bad_word(r);
}

static bool take_at_least(struct step_reader *r)
{
    int64_t n;
    const struct word *w = next(r);
    if (w == NULL || !value_number(r->m->b->diags, w, -1, INT32_MAX, &n))
        return false;
    r->step->at_least = n > 0 ? (uint32_t)n : 0;
    return true;
}

/* ok-status L7OKC: another code for the same result. */
static bool take_code(struct step_reader *r, const char *const *codes, struct span *to)
{
    unsigned n;
    const struct word *w = next(r);
    if (w == NULL || !value_choice(r->m->b->diags, w, codes, &n))
        return false;
    *to = span_from(codes[n]);
    return true;
}

static bool take_expect_word(struct step_reader *r, bool http)
{
    static const char *const refused[] = { "on-success", "on-error", "status-code" };
    static const char *const good[] = { "L7OK", "L7OKC", "L6OK", "L4OK", NULL };
    static const char *const bad[] = { "L7OKC", "L7RSP", "L7STS", "L6RSP", "L4CON", NULL };
    static const char *const late[] = { "L7TOUT", "L6TOUT", "L4TOUT", NULL };
    if (is(r, "min-recv"))
        return take_at_least(r);
    if (is(r, "ok-status"))
        return take_code(r, good, &r->step->ok);
    if (is(r, "error-status"))
        return take_code(r, bad, &r->step->bad);
    if (is(r, "tout-status"))
        return take_code(r, late, &r->step->late);
    for (size_t k = 0; k < COUNT_OF(refused); k++)
        if (is(r, refused[k]))
            return refuse(r, "logs say a check's result in the program's own words");
    if (is(r, "!")) {
        r->step->negate = true;
        return true;
    }
    return take_expect_match(r, http);
}

/* ---- lines ---- */

static bool take_words(struct step_reader *r, bool (*take)(struct step_reader *r))
{
    for (r->i = 1; r->i < r->s->words.count; r->i++)
        if (!take_comment(r) && !take(r))
            return false;
    return true;
}

static bool take_http_expect(struct step_reader *r)
{
    return take_expect_word(r, true);
}
static bool take_tcp_expect(struct step_reader *r)
{
    return take_expect_word(r, false);
}

/* tcp-check send TEXT, send-binary HEX */
static bool take_data(struct step_reader *r)
{
    struct span data = kept(r, word_at(r->s, r->i));
    if (r->i > 1)
        return bad_word(r);
    if (text_is(r->s, 0, "tcp-check send-binary") && !haproxy_unhex(r->m->b->arena, data, &data))
        return bad_word(r);
    r->step->data = expr_text(r->m->b->arena, data);
    return true;
}

static const struct {
    const char *word;
    enum check_step_kind kind;
    bool (*take)(struct step_reader *r);
} steps[] = {
    { "http-check connect", CHECK_STEP_CONNECT, take_connect_word },
    { "http-check send", CHECK_STEP_SEND, take_send_word },
    { "http-check expect", CHECK_STEP_EXPECT, take_http_expect },
    { "tcp-check connect", CHECK_STEP_CONNECT, take_connect_word },
    { "tcp-check send", CHECK_STEP_SEND, take_data },
    { "tcp-check send-binary", CHECK_STEP_SEND, take_data },
    { "tcp-check expect", CHECK_STEP_EXPECT, take_tcp_expect },
};

/* A section's own lines replace those of its defaults. */
static uint32_t first_own(const struct lines *lines)
{
    for (uint32_t i = 0; i < lines->count; i++)
        if (!lines->items[i].inherited)
            return i;
    return 0;
}

void haproxy_check_lines(struct check_maker *m, enum kept which, struct check *to)
{
    const struct lines *lines = &m->d->kept[which];
    for (uint32_t i = first_own(lines); i < lines->count; i++) {
        const struct line *l = &lines->items[i];
        struct step_reader r = { .m = m, .s = &l->s };
        struct check_step step = { .at = l->s.at };
        r.step = &step;
        struct opened before = haproxy_line_begin(m->b, l);
        for (size_t k = 0; k < COUNT_OF(steps); k++) {
            if (!text_is(&l->s, 0, steps[k].word))
                continue;
            step.kind = steps[k].kind;
            if (take_words(&r, steps[k].take))
                *ARENA_PUSH(m->b->arena, &to->steps) = step;
        }
        haproxy_line_end(m->b, before);
    }
}
