/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the servers of a section are checked: option httpchk, tcp-check and those
 * of a protocol. http-check and tcp-check lines are in check_steps.c.
 */
#include "conf/haproxy/check.h"
#include "conf/haproxy/tls.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

struct check_step *haproxy_check_add(struct check_maker *m, enum check_step_kind kind)
{
    struct check_step *s = ARENA_PUSH(m->b->arena, &m->check->steps);
    /* a connection that nobody wrote down is as the server line says */
    *s = (struct check_step){ .kind = kind, .default_options = kind == CHECK_STEP_CONNECT, .at = m->at };
    return s;
}

void haproxy_check_send(struct check_maker *m, struct span data)
{
    haproxy_check_add(m, CHECK_STEP_SEND)->data = expr_text(m->b->arena, data);
}

static void expect_regex(struct check_maker *m, const char *pattern)
{
    struct word w = { .text = span_from(pattern), .at = m->at };
    struct test *t = ARENA_NEW(m->b->arena, struct test);
    *t = (struct test){ .how = MATCH_REGEX, .at = m->at, .source = w.text };
    const struct regex *r = haproxy_regex(m->b, &w, w.text, false);
    *ARENA_PUSH(m->b->arena, &t->regexes) = r;
    struct check_step *s = haproxy_check_add(m, CHECK_STEP_EXPECT);
    s->expects = EXPECT_DATA;
    s->expect = t;
}

/* ---- HTTP ---- */

/* option httpchk [[METHOD] URI [VERSION]]: one word is the URI, as HAProxy reads it. */
static void http_request(struct check_maker *m, const struct statement *s, struct check_step *send)
{
    uint32_t n = s->words.count - 1;
    struct arena *a = m->b->arena;
    if (n == 1)
        send->uri = arena_span(a, text_at(s, 1));
    if (n >= 2) {
        send->method = arena_span(a, text_at(s, 1));
        send->uri = arena_span(a, text_at(s, 2));
    }
    if (n < 3)
        return;
    send->version = arena_span(a, text_at(s, 3));
    for (uint32_t i = 4; i < s->words.count; i++) /* "HTTP/1.1\r\nHost: www" was a way to add fields */
        send->version = arena_printf(a, "%.*s %.*s", SPAN_ARGS(send->version), SPAN_ARGS(text_at(s, i)));
    if (span_find(send->version, SPAN("\r\n")) != SPAN_NONE)
        haproxy_check_split_version(m, send);
}

/* The old way: "HTTP/1.1\r\nHost:\ www". Its fields become fields. */
void haproxy_check_split_version(struct check_maker *m, struct check_step *send)
{
    struct span rest = send->version;
    diag_add(m->b->diags, &conf_old_word, m->at,
             DIAG_TEXT(SPAN("\\r\\n"), SPAN("http-check send hdr NAME VALUE")));
    send->version = span_cut(&rest, '\r');
    while (rest.ptr && rest.len) {
        struct span line = span_cut(&rest, '\n');
        if (span_ends_with(line, SPAN("\r")))
            line = span_first(line, line.len - 1);
        struct span value = line, name = span_cut(&value, ':');
        if (value.ptr && name.len)
            *ARENA_PUSH(m->b->arena, &send->fields) =
                (struct check_field){ name, expr_text(m->b->arena, span_trim(value)) };
    }
}

static bool has(const struct check *c, enum check_step_kind kind)
{
    for (uint32_t i = 0; i < c->steps.count; i++)
        if (c->steps.items[i].kind == kind)
            return true;
    return false;
}

/* Puts the option's own request where the file's lines leave room for it. */
static void join_http(struct check_maker *m, const struct check_step *send, struct check *written)
{
    struct check_step connect = { .kind = CHECK_STEP_CONNECT, .default_options = true, .at = m->at };
    bool first_is_connect = written->steps.count && written->steps.items[0].kind == CHECK_STEP_CONNECT;
    *ARENA_PUSH(m->b->arena, &m->check->steps) = first_is_connect ? written->steps.items[0] : connect;
    bool sent = has(written, CHECK_STEP_SEND);
    if (!sent)
        *ARENA_PUSH(m->b->arena, &m->check->steps) = *send;
    bool filled = false;
    for (uint32_t i = first_is_connect; i < written->steps.count; i++) {
        struct check_step *s = ARENA_PUSH(m->b->arena, &m->check->steps);
        *s = written->steps.items[i];
        if (s->kind != CHECK_STEP_SEND || filled)
            continue;
        filled = true;
        s->method = s->method.len ? s->method : send->method;
        s->uri = s->uri.len ? s->uri : send->uri;
        s->version = s->version.len ? s->version : send->version;
        for (uint32_t k = 0; k < send->fields.count; k++)
            *ARENA_PUSH(m->b->arena, &s->fields) = send->fields.items[k];
    }
    if (!has(written, CHECK_STEP_EXPECT))
        haproxy_check_add(m, CHECK_STEP_EXPECT)->expects = EXPECT_STATUS;
}

static void on_http(struct check_maker *m, const struct statement *s)
{
    struct check_step send = { .kind = CHECK_STEP_SEND, .at = m->at };
    http_request(m, s, &send);
    struct check written = { .kind = CHECK_HTTP };
    haproxy_check_lines(m, KEPT_HTTP_CHECK, &written);
    m->check->kind = CHECK_HTTP;
    join_http(m, &send, &written);
}

/* ---- a script ---- */

static void on_tcp(struct check_maker *m, const struct statement *s)
{
    (void)s;
    struct check written = { .kind = CHECK_TCP };
    haproxy_check_lines(m, KEPT_TCP_CHECK, &written);
    if (written.steps.count && written.steps.items[0].kind != CHECK_STEP_CONNECT)
        (void)haproxy_check_add(m, CHECK_STEP_CONNECT);
    for (uint32_t i = 0; i < written.steps.count; i++)
        *ARENA_PUSH(m->b->arena, &m->check->steps) = written.steps.items[i];
}

/* ---- protocols ---- */

static void on_redis(struct check_maker *m, const struct statement *s)
{
    (void)s;
    m->check->kind = CHECK_REDIS;
    (void)haproxy_check_add(m, CHECK_STEP_CONNECT);
    haproxy_check_send(m, SPAN("*1\r\n$4\r\nPING\r\n"));
    expect_regex(m, "^\\+PONG\r\n");
}

/* RFC 5321: a greeting, our name, and a civil goodbye. */
static void on_smtp(struct check_maker *m, const struct statement *s)
{
    struct span hello = SPAN("HELO"), domain = SPAN("localhost");
    if (s->words.count == 2) {
        diag_add(m->b->diags, &conf_arity, s->at, DIAG_TEXT(text_at(s, 0), SPAN("0 or 2"), SPAN("1")));
        return;
    }
    if (s->words.count > 2) {
        hello = text_is(s, 1, "EHLO") ? SPAN("EHLO") : SPAN("HELO");
        domain = text_at(s, 2);
    }
    m->check->kind = CHECK_SMTP;
    m->check->user = arena_span(m->b->arena, domain);
    (void)haproxy_check_add(m, CHECK_STEP_CONNECT);
    expect_regex(m, "^2[0-9][0-9][ \\-\r]");
    haproxy_check_send(m, arena_printf(m->b->arena, "%.*s %.*s\r\n", SPAN_ARGS(hello), SPAN_ARGS(domain)));
    expect_regex(m, "^2[0-9][0-9][ \\-\r]");
    haproxy_check_send(m, SPAN("QUIT\r\n"));
    expect_regex(m, "^2[0-9][0-9][ \\-\r]");
}

/* An anonymous bind (RFC 4511, 4.2); a BindResponse with resultCode success. */
static void on_ldap(struct check_maker *m, const struct statement *s)
{
    static const char bind[] = "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00";
    (void)s;
    m->check->kind = CHECK_LDAP;
    (void)haproxy_check_add(m, CHECK_STEP_CONNECT);
    haproxy_check_send(m, span_of(bind, sizeof(bind) - 1));
    expect_regex(m, "(?s)^\\x30(.|\\x84....)\\x02\\x01\\x01\\x61(.|\\x84....)\\x0a\\x01\\x00");
}

/* "user NAME" of mysql-check and pgsql-check. */
static bool take_user(struct check_maker *m, const struct statement *s, struct span *user)
{
    if (s->words.count < 3 || !text_is(s, 1, "user")) {
        diag_add(m->b->diags, &haproxy_check_user, s->at, DIAG_TEXT(text_at(s, 0)));
        return false;
    }
    *user = arena_span(m->b->arena, text_at(s, 2));
    m->check->user = *user;
    return true;
}

static void put_be32(struct buf *out, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_char(out, (char)(n >> shift & 0xff));
}

static void put_le24(struct buf *out, uint32_t n)
{
    for (int shift = 0; shift < 24; shift += 8)
        buf_put_char(out, (char)(n >> shift & 0xff));
}

/* A StartupMessage of protocol 3.0; what answers with a request to authenticate is alive. */
static void on_pgsql(struct check_maker *m, const struct statement *s)
{
    struct span user;
    if (!take_user(m, s, &user))
        return;
    struct buf out;
    buf_init(&out, 4096);
    put_be32(&out, (uint32_t)(4 + 4 + 5 + user.len + 2));
    put_be32(&out, 3 << 16);
    buf_put(&out, span_of("user", 5));
    buf_put(&out, user);
    buf_put(&out, span_of("\0\0", 2));
    m->check->kind = CHECK_PGSQL;
    (void)haproxy_check_add(m, CHECK_STEP_CONNECT);
    haproxy_check_send(m, arena_span(m->b->arena, buf_span(&out)));
    expect_regex(m, "^R");
    buf_fini(&out);
}

/* HandshakeResponse41 without a password, then COM_QUIT. */
static void mysql_login(struct check_maker *m, struct span user)
{
    struct buf out;
    buf_init(&out, 4096);
    put_le24(&out, (uint32_t)(4 + 4 + 1 + 23 + user.len + 1 + 1));
    buf_put_char(&out, 1);                         /* the second packet of the exchange */
    buf_put(&out, span_of("\x00\x82\x00\x00", 4)); /* CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION */
    buf_put(&out, span_of("\x00\x80\x00\x01", 4)); /* packets of 16 MB */
    buf_put_char(&out, 0x21);                      /* utf8 */
    for (unsigned i = 0; i < 23; i++)
        buf_put_char(&out, '\0');
    buf_put(&out, user);
    buf_put(&out, span_of("\0\0", 2));
    buf_put(&out, span_of("\x01\x00\x00\x00\x01", 5)); /* COM_QUIT */
    haproxy_check_send(m, arena_span(m->b->arena, buf_span(&out)));
    buf_fini(&out);
    expect_regex(m, "(?s)^...\\x02\\x00"); /* OK */
}

static void on_mysql(struct check_maker *m, const struct statement *s)
{
    struct span user = SPAN("");
    if (s->words.count > 1 && !take_user(m, s, &user))
        return;
    if (s->words.count > 3 && !text_is(s, 3, "post-41")) {
        diag_add(m->b->diags, &conf_refused, word_at(s, 3)->at,
                 DIAG_TEXT(text_at(s, 3), SPAN("servers older than MySQL 4.1 are not spoken to")));
        return;
    }
    m->check->kind = CHECK_MYSQL;
    (void)haproxy_check_add(m, CHECK_STEP_CONNECT);
    expect_regex(m, "(?s)^...\\x00[\\x09\\x0a]"); /* a greeting; 0xff would be an error */
    if (user.len)
        mysql_login(m, user);
}

/* A handshake, whatever certificate is shown: what speaks TLS is alive. */
static void on_tls_hello(struct check_maker *m, const struct statement *s)
{
    (void)s;
    m->check->kind = CHECK_TLS_HELLO;
    haproxy_check_add(m, CHECK_STEP_CONNECT)->tls = ARENA_NEW(m->b->arena, struct tls_client);
}

/* ---- a program ---- */

/* It is numbered by the section that names it: several servers have the same. */
static void on_external(struct check_maker *m, const struct statement *s)
{
    const struct line *command = haproxy_line_last(m->d, KEPT_CHECK_COMMAND);
    const struct line *path = haproxy_line_last(m->d, KEPT_CHECK_PATH);

    if (!m->b->global.external_checks)
        diag_add(m->b->diags, &haproxy_external_global, s->at, DIAG_TEXT(m->d->name));
    if (command == NULL)
        diag_add(m->b->diags, &haproxy_external_command, s->at, DIAG_TEXT(m->d->name));
    if (command == NULL || !m->b->global.external_checks)
        return;
    m->check->kind = CHECK_EXTERNAL;
    m->check->command = arena_span(m->b->arena, text_at(&command->s, 1));
    m->check->path = path ? arena_span(m->b->arena, text_at(&path->s, 1)) : SPAN("");
    m->check->speaks = draft_is_http(m->d) ? SPAN("h1") : SPAN("tcp");
    m->check->program = m->b->config->check_programs.count;
    *ARENA_PUSH(m->b->arena, &m->b->config->check_programs) = m->d->pool;
}

static void on_external_checks(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (s->words.count > 1 && !text_is(s, 1, "preserve-env")) {
        diag_add(b->diags, &conf_bad_choice, word_at(s, 1)->at,
                 DIAG_TEXT(text_at(s, 1), SPAN("preserve-env")));
        return;
    }
    b->global.external_checks = true;
    b->config->process.checks_keep_environment = s->words.count > 1;
}

/* ---- which ---- */

static const struct {
    const char *word;
    void (*make)(struct check_maker *m, const struct statement *s);
} kinds[] = {
    { "option httpchk", on_http },
    { "option tcp-check", on_tcp },
    { "option redis-check", on_redis },
    { "option smtpchk", on_smtp },
    { "option ldap-check", on_ldap },
    { "option pgsql-check", on_pgsql },
    { "option mysql-check", on_mysql },
    { "option ssl-hello-chk", on_tls_hello },
    { "option external-check", on_external },
};

static void warn_unused(struct build *b, const struct draft *d, enum kept lines, const struct line *option,
                        const char *wanted)
{
    if (d->kept[lines].count == 0 || (option && text_is(&option->s, 0, wanted)))
        return;
    const struct line *l = &d->kept[lines].items[0];
    if (!l->inherited)
        diag_add(b->diags, &haproxy_check_unused, l->s.at,
                 DIAG_TEXT(text_at(&l->s, 0), span_from(wanted), d->name));
}

const struct check *haproxy_compile_check(struct build *b, struct draft *d)
{
    struct check_maker m = { .b = b, .d = d, .check = ARENA_NEW(b->arena, struct check) };
    const struct line *l = haproxy_line_last(d, KEPT_CHECK);
    m.check->kind = CHECK_TCP;
    if (l && l->no)
        l = NULL;
    if (l) {
        m.at = m.check->at = l->s.at;
        struct opened before = haproxy_line_begin(b, l);
        for (size_t i = 0; i < COUNT_OF(kinds); i++)
            if (text_is(&l->s, 0, kinds[i].word))
                kinds[i].make(&m, &l->s);
        haproxy_line_end(b, before);
    }
    warn_unused(b, d, KEPT_HTTP_CHECK, l, "option httpchk");
    warn_unused(b, d, KEPT_TCP_CHECK, l, "option tcp-check");
    m.check->drains_on_404 = haproxy_line_last(d, KEPT_DISABLE_404) != NULL;
    m.check->tells_state = haproxy_line_last(d, KEPT_SEND_STATE) != NULL;
    return m.check;
}

/* ---- words ---- */

#define KIND(name, max, what)                                                                                \
    {                                                                                                        \
        name, IN_D_BACK, 0, max, .handle = haproxy_keep_one, .offset = KEPT_CHECK, CAN_NO, .manual = what    \
    }
#define REFUSED(name, why)                                                                                   \
    {                                                                                                        \
        name, IN_D_BACK, 0, ARGS_ANY, KEYWORD_REFUSED, CAN_NO, .today = why                                  \
    }

const struct keyword haproxy_check_words[] = {
    KIND("option httpchk", ARGS_ANY, "[[METHOD] URI [VERSION]]: checks ask by HTTP"),
    KIND("option tcp-check", 0, "checks follow the tcp-check lines"),
    KIND("option redis-check", 0, "checks send PING"),
    KIND("option smtpchk", 2, "[HELO|EHLO DOMAIN]: checks greet"),
    KIND("option ldap-check", 0, "checks bind without a name"),
    KIND("option pgsql-check", 2, "user NAME: checks begin a session"),
    KIND("option ssl-hello-chk", 0, "checks shake hands by TLS"),
    KIND("option mysql-check", 3, "[user NAME [post-41]]: checks begin a session"),
    { "option external-check", IN_D_BACK, 0, 0, .handle = haproxy_keep_one, .offset = KEPT_CHECK,
      .manual = "checks start a program; `external-check` in global allows it" },
    { "external-check command", IN_D_BACK, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_CHECK_COMMAND,
      .manual = "FILE: which; its exit code 0 is good" },
    { "external-check path", IN_D_BACK, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_CHECK_PATH,
      .manual = "PATH: its variable PATH, where it is looked for too" },
    { "external-check", IN_GLOBAL, 0, 1, .handle = on_external_checks,
      .manual =
          "[preserve-env]: checks may start programs; without preserve-env these see none of our variables" },
    { "http-check send", IN_D_BACK, 1, ARGS_ANY, KEEP(KEPT_HTTP_CHECK),
      .manual = "[meth M] [uri U] [ver V] [hdr NAME VALUE] [body TEXT]" },
    { "http-check expect", IN_D_BACK, 2, ARGS_ANY, KEEP(KEPT_HTTP_CHECK),
      .manual = "[!] status|rstatus|hdr|fhdr|string|rstring PATTERN" },
    { "http-check connect", IN_D_BACK, 0, ARGS_ANY, KEEP(KEPT_HTTP_CHECK), .manual = "[default] [port N]" },
    { "http-check disable-on-404", IN_D_BACK, 0, 0, .handle = haproxy_keep_one, .offset = KEPT_DISABLE_404,
      .manual = "404 from a server that is up: it gets no new clients" },
    { "http-check send-state", IN_D_BACK, 0, 0, .handle = haproxy_keep_one, .offset = KEPT_SEND_STATE,
      .manual = "checks tell the server what it counts as" },
    { "http-check comment", IN_D_BACK, 1, ARGS_ANY, .handle = haproxy_accept, .manual = "a remark" },
    { "tcp-check connect", IN_D_BACK, 0, ARGS_ANY, KEEP(KEPT_TCP_CHECK), .manual = "[default] [port N]" },
    { "tcp-check send", IN_D_BACK, 1, ARGS_ANY, KEEP(KEPT_TCP_CHECK), .manual = "TEXT" },
    { "tcp-check send-binary", IN_D_BACK, 1, ARGS_ANY, KEEP(KEPT_TCP_CHECK), .manual = "HEX" },
    { "tcp-check expect", IN_D_BACK, 2, ARGS_ANY, KEEP(KEPT_TCP_CHECK),
      .manual = "[!] string|rstring|binary PATTERN" },
    { "tcp-check comment", IN_D_BACK, 1, ARGS_ANY, .handle = haproxy_accept, .manual = "a remark" },

    REFUSED("option spop-check", "SPOE is not served"),
    REFUSED("http-check set-var", "checks have no variables"),
    REFUSED("http-check set-var-fmt", "checks have no variables"),
    REFUSED("http-check unset-var", "checks have no variables"),
    REFUSED("tcp-check set-var", "checks have no variables"),
    REFUSED("tcp-check set-var-fmt", "checks have no variables"),
    REFUSED("tcp-check unset-var", "checks have no variables"),
    REFUSED("tcp-check send-lf", "checks send texts only"),
    REFUSED("tcp-check send-binary-lf", "checks send texts only"),
    { NULL },
};
