/* SPDX-License-Identifier: Apache-2.0 */
/* health_check and match: servers that are asked regularly whether they work. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

/* match NAME { ... }: kept as written until somebody uses it. */
struct match_block {
    struct span name;
    struct kept rows;
    struct where at;
};

static void keep_row(struct build *b, void *self, const struct statement *s)
{
    struct match_block *m = self;
    *ARENA_PUSH(b->arena, &m->rows) = *s;
}

static void on_match(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct side *side = b->context & IN_STREAM ? &b->stream : &b->http;
    struct match_block *m = ARENA_NEW(b->arena, struct match_block);
    m->name = text_at(s, 1);
    m->at = s->at;
    nginx_read_rows(b, keep_row, m);
    *ARENA_PUSH(b->arena, &side->matches) = m;
}

struct health_maker {
    struct build *b;
    struct side *side;
    struct check *check;
    const struct statement *s; /* the row of a match */
};

static void bad_word(struct health_maker *m, uint32_t i)
{
    diag_add(m->b->diags, &nginx_bad_parameter, word_at(m->s, i)->at,
             DIAG_TEXT(text_at(m->s, i), text_at(m->s, 0)));
}

static struct check_step *add_step(struct health_maker *m, enum check_step_kind kind)
{
    struct check_step *step = ARENA_PUSH(m->b->arena, &m->check->steps);
    *step = (struct check_step){ .kind = kind, .default_options = kind == CHECK_STEP_CONNECT };
    step->at = m->s ? m->s->at : m->check->at;
    return step;
}

static struct test *add_test(struct health_maker *m, struct check_step *step, enum match how, uint32_t word)
{
    struct test *t = ARENA_NEW(m->b->arena, struct test);
    *t = (struct test){ .how = how, .at = word_at(m->s, word)->at, .source = text_at(m->s, word) };
    step->expect = t;
    return t;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "\x16\x03": two digits each are a byte. */
static struct span unescape(struct arena *a, struct span s)
{
    char *out = ARENA_ARRAY(a, s.len + 1, char);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        bool hex = i + 3 < s.len && s.ptr[i] == '\\' && s.ptr[i + 1] == 'x' && hex_digit(s.ptr[i + 2]) >= 0 &&
                   hex_digit(s.ptr[i + 3]) >= 0;
        out[len++] = hex ? (char)(hex_digit(s.ptr[i + 2]) * 16 + hex_digit(s.ptr[i + 3])) : s.ptr[i];
        i += hex ? 3 : 0;
    }
    return span_of(out, len);
}

static void add_text(struct health_maker *m, struct check_step *step, enum match how, uint32_t word)
{
    struct test *t = add_test(m, step, how, word);
    *ARENA_PUSH(m->b->arena, &t->texts) = unescape(m->b->arena, text_at(m->s, word));
}

/* ---- rows of match ---- */

/* status [!] 200 301-303 ...: "!" for all of them */
static void row_status(struct health_maker *m)
{
    struct check_step *step = add_step(m, CHECK_STEP_EXPECT);
    uint32_t from = text_at(m->s, 1).len == 1 && text_at(m->s, 1).ptr[0] == '!' ? 2 : 1;
    step->expects = EXPECT_STATUS;
    step->negate = from == 2;
    if (from >= m->s->words.count) {
        bad_word(m, 1);
        return;
    }
    struct test *t = add_test(m, step, MATCH_INT, from);
    for (uint32_t i = from; i < m->s->words.count; i++) {
        struct span high = text_at(m->s, i), low = span_cut(&high, '-');
        uint64_t first, last;
        if (!span_to_u64(low, 999, &first) || !span_to_u64(high.ptr ? high : low, 999, &last)) {
            bad_word(m, i);
            return;
        }
        *ARENA_PUSH(m->b->arena, &t->ranges) = (struct int_range){ (int64_t)first, (int64_t)last };
    }
}

/* "~ pattern" at <word>; NULL and a diagnostic when it does not compile. */
static bool take_regex(struct health_maker *m, struct check_step *step, uint32_t word)
{
    const struct regex *r = nginx_regex(m->b, m->side, word_at(m->s, word), text_at(m->s, word), false);
    if (r == NULL)
        return false;
    struct test *t = add_test(m, step, MATCH_REGEX, word);
    *ARENA_PUSH(m->b->arena, &t->regexes) = r;
    return true;
}

/* header NAME [=|!=|~|!~ VALUE]; header ! NAME */
static void row_header(struct health_maker *m)
{
    static const char *const operators[] = { "=", "!=", "~", "!~", NULL };
    struct check_step *step = add_step(m, CHECK_STEP_EXPECT);
    unsigned op;
    step->expects = EXPECT_FIELD;
    step->field = text_at(m->s, 1);
    if (span_eq(step->field, SPAN("!")) && m->s->words.count == 3) {
        step->field = text_at(m->s, 2);
        step->negate = true;
        (void)add_test(m, step, MATCH_FOUND, 2);
    } else if (m->s->words.count == 2) {
        (void)add_test(m, step, MATCH_FOUND, 1);
    } else if (m->s->words.count != 4) {
        bad_word(m, 1);
    } else if (value_choice(m->b->diags, word_at(m->s, 2), operators, &op)) {
        step->negate = op & 1;
        if (op >= 2)
            (void)take_regex(m, step, 3);
        else
            add_text(m, step, MATCH_EXACT, 3);
    }
}

/* body ~ PATTERN; body !~ PATTERN */
static void row_body(struct health_maker *m)
{
    static const char *const operators[] = { "~", "!~", NULL };
    unsigned op;
    if (m->s->words.count != 3) {
        bad_word(m, 1);
        return;
    }
    if (!value_choice(m->b->diags, word_at(m->s, 1), operators, &op))
        return;
    struct check_step *step = add_step(m, CHECK_STEP_EXPECT);
    step->expects = EXPECT_BODY;
    step->negate = op;
    (void)take_regex(m, step, 2);
}

/* send TEXT (of streams) */
static void row_send(struct health_maker *m)
{
    add_step(m, CHECK_STEP_SEND)->data = expr_text(m->b->arena, unescape(m->b->arena, text_at(m->s, 1)));
}

/* expect TEXT; expect ~ PATTERN (of streams) */
static void row_expect(struct health_maker *m)
{
    struct check_step *step = add_step(m, CHECK_STEP_EXPECT);
    step->expects = EXPECT_DATA;
    if (m->s->words.count == 3 && span_eq(text_at(m->s, 1), SPAN("~")))
        (void)take_regex(m, step, 2);
    else
        add_text(m, step, MATCH_SUB, 1);
}

static void take_row(struct health_maker *m)
{
    static const struct {
        const char *word;
        bool stream;
        void (*take)(struct health_maker *m);
    } rows[] = {
        { "status", false, row_status }, { "header", false, row_header }, { "body", false, row_body },
        { "send", true, row_send },      { "expect", true, row_expect },
    };
    if (span_eq(text_at(m->s, 0), SPAN("require"))) {
        diag_add(m->b->diags, &nginx_server_refused, m->s->at, DIAG_TEXT(SPAN("require")));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!span_eq(text_at(m->s, 0), span_from(rows[i].word)) || rows[i].stream != m->side->stream)
            continue;
        if (m->s->words.count > 1)
            rows[i].take(m);
        else
            diag_add(m->b->diags, &conf_arity, m->s->at, DIAG_TEXT(text_at(m->s, 0), SPAN("1"), SPAN("0")));
        return;
    }
    diag_add(m->b->diags, &nginx_bad_parameter, m->s->at, DIAG_TEXT(text_at(m->s, 0), SPAN("match")));
}

static void take_match(struct health_maker *m, const struct word *name)
{
    for (uint32_t i = 0; i < m->side->matches.count; i++) {
        const struct match_block *block = m->side->matches.items[i];
        if (!span_eq(block->name, name->text))
            continue;
        for (uint32_t k = 0; k < block->rows.count; k++) {
            m->s = &block->rows.items[k];
            take_row(m);
        }
        m->s = NULL;
        return;
    }
    diag_add(m->b->diags, &nginx_no_match, name->at, DIAG_TEXT(name->text));
}

/* ---- health_check ---- */

struct health_words {
    int64_t fails, passes, port;
    duration interval, jitter;
    struct span uri;
    struct word match;
    bool mandatory, persistent;
};

static void take_word(struct build *b, const struct statement *s, uint32_t i, bool stream,
                      struct health_words *h)
{
    static const char *const refused[] = { "udp", "type", "grpc_service", "grpc_status", "keepalive_time" };
    const struct word *w = word_at(s, i);
    struct word value;
    if (word_option(w, "interval", &value))
        (void)value_time(b->diags, WORDS_NGINX, &value, 1000, &h->interval);
    else if (word_option(w, "jitter", &value))
        (void)value_time(b->diags, WORDS_NGINX, &value, 1000, &h->jitter);
    else if (word_option(w, "fails", &value))
        (void)value_number(b->diags, &value, 1, 30000, &h->fails);
    else if (word_option(w, "passes", &value))
        (void)value_number(b->diags, &value, 1, 30000, &h->passes);
    else if (word_option(w, "port", &value))
        (void)value_number(b->diags, &value, 1, 65535, &h->port);
    else if (!stream && word_option(w, "uri", &value))
        h->uri = arena_span(b->arena, value.text);
    else if (word_option(w, "match", &value))
        h->match = value;
    else if (span_eq(w->text, SPAN("mandatory")))
        h->mandatory = true;
    else if (span_eq(w->text, SPAN("persistent")))
        h->persistent = true;
    else {
        for (size_t k = 0; k < COUNT_OF(refused); k++)
            if (span_eq(w->text, span_from(refused[k])) || word_option(w, refused[k], &value)) {
                diag_add(b->diags, &nginx_server_refused, w->at, DIAG_TEXT(w->text));
                return;
            }
        diag_add(b->diags, &nginx_bad_parameter, w->at, DIAG_TEXT(w->text, SPAN("health_check")));
    }
}

/* What the location's own requests say, as far as it is no variable; the Host is the upstream's name. */
static void add_fields(struct health_maker *m, const struct level *l, struct check_step *send,
                       struct span name)
{
    const struct kept *set = KEPT(l, proxy_set_header);
    bool host = false;
    for (uint32_t i = 0; set && i < set->count; i++) {
        struct span field = text_at(&set->items[i], 1), value = text_at(&set->items[i], 2);
        if (nginx_has_variables(value) || value.len == 0 || span_eq_nocase(field, SPAN("Connection")))
            continue;
        host |= span_eq_nocase(field, SPAN("Host"));
        *ARENA_PUSH(m->b->arena, &send->fields) =
            (struct check_field){ field, expr_text(m->b->arena, value) };
    }
    if (!host)
        *ARENA_PUSH(m->b->arena, &send->fields) =
            (struct check_field){ SPAN("Host"), expr_text(m->b->arena, name) };
}

static void make_steps(struct health_maker *m, const struct level *l, const struct health_words *h,
                       struct span name)
{
    if (m->side->stream && h->match.text.len == 0)
        return; /* connecting is all */
    add_step(m, CHECK_STEP_CONNECT);
    if (!m->side->stream) {
        struct check_step *send = add_step(m, CHECK_STEP_SEND);
        send->method = SPAN("GET");
        send->uri = h->uri;
        send->version = SPAN("HTTP/1.1");
        add_fields(m, l, send, name);
    }
    if (h->match.text.len)
        take_match(m, &h->match);
    else
        add_step(m, CHECK_STEP_EXPECT)->expects = EXPECT_STATUS;
}

/* "http://name/path", "name" -> name */
static struct span target_of(struct span pass)
{
    size_t scheme = span_find(pass, SPAN("://"));
    struct span rest = scheme == SPAN_NONE ? pass : span_from_index(pass, scheme + 3);
    return span_cut(&rest, '/');
}

static void give(struct upstream *u, const struct check *c, bool mandatory)
{
    for (uint32_t i = 0; i < u->pool->servers.count; i++) {
        struct server *s = u->pool->servers.items[i];
        s->check = c;
        s->init_state = mandatory ? INIT_DOWN : INIT_FULLY_UP;
    }
}

void nginx_compile_health(struct build *b, struct side *side, const struct level *l,
                          const struct server_policy *policy)
{
    if (l->health_check.count == 0)
        return;
    const struct statement *s = &l->health_check.items[0];
    struct upstream *u = NULL;
    if (l->proxy_pass.count)
        u = nginx_find_upstream(side, target_of(text_at(&l->proxy_pass.items[0], 1)));
    if (u == NULL) {
        diag_add(b->diags, &nginx_health_target, s->at, DIAG_NO_TEXT);
        return;
    }
    struct health_words h = { .fails = 1, .passes = 1, .interval = DURATION_S(5), .uri = SPAN("/") };
    for (uint32_t i = 1; i < s->words.count; i++)
        take_word(b, s, i, side->stream, &h);
    struct check *c = ARENA_NEW(b->arena, struct check);
    *c = (struct check){ .kind = side->stream ? CHECK_TCP : CHECK_HTTP,
                         .interval = h.interval,
                         .jitter = h.jitter,
                         .fast_interval = DURATION_NONE,
                         .down_interval = DURATION_NONE,
                         .rise = (uint32_t)h.passes,
                         .fall = (uint32_t)h.fails,
                         .port = (uint16_t)h.port,
                         .tls = policy->tls,
                         .connect_timeout = policy->connect_timeout,
                         .timeout = policy->read_timeout,
                         .at = s->at };
    if (side->stream)
        c->connect_timeout = c->timeout = TIME(l, health_check_timeout, 5000);
    struct health_maker m = { .b = b, .side = side, .check = c };
    make_steps(&m, l, &h, u->name);
    give(u, c, h.mandatory);
}

#define AT(member) .offset = offsetof(struct level, member)
/* clang-format off */
const struct keyword nginx_health_words[] = {
    { "match", IN_HTTP | IN_STREAM, 1, 1, .block = true, .handle = on_match, .manual = "NAME { status header body } (stream: send expect): what a good answer is" },
    { "health_check", IN_LOCATION | IN_STREAM_SERVER, 0, ARGS_ANY, .once = true, .handle = nginx_keep, AT(health_check), .manual = "asks the upstream's servers regularly: interval= jitter= fails= passes= uri= port= match= mandatory persistent" },
    { "health_check_timeout", IN_STREAM | IN_STREAM_SERVER, 1, 1, .once = true, .handle = nginx_set_time, AT(health_check_timeout), .low = 1000, .manual = "how long a check may take" },
    { NULL },
};
/* clang-format on */
