/* SPDX-License-Identifier: Apache-2.0 */
/* server and default-server lines. Their parameters are in server_words.c. */
#include "conf/haproxy/tls.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "model/amendment.h"

enum { TEMPLATE_MAX = 1024 };

static void defaults_of(struct server_options *o)
{
    *o = (struct server_options){ .like = {
                                      .weight = 1, .fail_window = DURATION_S(10), .idle_max = UINT32_MAX } };
    o->like.idle_timeout = DURATION_S(5);
    o->like.error_limit = 10;
    o->check = (struct check){ .interval = DURATION_MS(2000),
                               .fast_interval = DURATION_NONE,
                               .down_interval = DURATION_NONE,
                               .rise = 2,
                               .fall = 3 };
    o->agent.interval = DURATION_MS(2000);
}

/* Checks that go elsewhere speak TLS only when they are told to. */
static bool check_has_tls(const struct server_options *o)
{
    bool elsewhere = o->check.port || o->check.address.len;
    return o->tls.check || (o->tls.ssl && !o->tls.no_check && !elsewhere);
}

/* Steps that connect by TLS do so by this server's words. */
static void secure_steps(struct build *b, const struct draft *d, const struct server_options *o,
                         const struct server *server, struct check *c)
{
    static const struct tls_options anybody = { .verify = VERIFY_NONE };
    const struct tls_options *words = c->kind == CHECK_TLS_HELLO ? &anybody : &o->tls;
    struct check_step *copy = ARENA_ARRAY(b->arena, c->steps.count + 1u, struct check_step);
    for (uint32_t i = 0; i < c->steps.count; i++) {
        copy[i] = c->steps.items[i];
        if (copy[i].tls)
            copy[i].tls = haproxy_tls_check(b, d, server, words, copy[i].tls);
    }
    c->steps.items = copy;
}

/* The check of one server: what the section says, with the parameters of the line. */
static const struct check *check_of(struct build *b, const struct draft *d, const struct server_options *o,
                                    const struct server *server)
{
    struct check *c = ARENA_NEW(b->arena, struct check);
    const struct check *section = d->pool->check;
    *c = o->check;
    c->kind = section->kind;
    c->steps.items = section->steps.items;
    c->steps.count = c->steps.room = section->steps.count;
    c->user = section->user;
    c->command = section->command;
    c->path = section->path;
    c->speaks = section->speaks;
    c->program = section->program;
    c->drains_on_404 = section->drains_on_404;
    c->tells_state = section->tells_state;
    c->at = section->at;
    if (check_has_tls(o))
        c->tls = haproxy_tls_check(b, d, server, &o->tls, NULL);
    secure_steps(b, d, o, server, c);
    duration whole = haproxy_time(&d->timeout_check), connect = haproxy_time(&d->timeout_connect);
    bool split = !duration_is_none(whole);
    /* who gets a PROXY header from clients gets one from checks, unless they go elsewhere */
    bool elsewhere = o->check.port || o->check.address.len;
    c->send_proxy = o->check.send_proxy || (server->send_proxy != SEND_PROXY_NONE && !elsewhere);
    c->timeout = split ? whole : c->interval;
    c->connect_timeout = split && connect.ms < c->interval.ms ? connect : c->interval;
    return c;
}

/* ---- addresses ---- */

/* init-addr: the first way that gives an address. */
static bool first_address(struct build *b, const struct word *w, const struct server_options *o,
                          struct parsed_address *p)
{
    struct span ways = o->init_addr.len ? o->init_addr : SPAN("libc");
    while (ways.len) {
        struct span way = span_cut(&ways, ',');
        if (span_eq(way, SPAN("none")))
            return true;
        if (address_parse_ip(way, &p->address))
            return true;
        if (!span_eq(way, SPAN("libc")))
            continue; /* "last": from a state file, which we do not read */
        struct answer a = world_ask(b->world, ASK_HOST, arena_span(b->arena, p->host));
        struct span all = a.error ? SPAN("") : a.bytes;
        if (all.len && address_parse_ip(span_cut(&all, '\0'), &p->address))
            return true;
    }
    struct diag *d = diag_add(b->diags, &conf_host_unknown, w->at, DIAG_TEXT(p->host));
    diag_help(b->diags, d, "to start without it: init-addr libc,none");
    return false;
}

static bool take_address(struct build *b, const struct word *w, const struct server_options *o,
                         struct server *server)
{
    struct parsed_address p = { .lazy = true };
    if (!haproxy_address(b, w, w->text, ADDRESS_CONNECT, &p))
        return false;
    if (p.fd >= 0) {
        diag_add(b->diags, &haproxy_address_refused, w->at, DIAG_TEXT(SPAN("fd@")));
        return false;
    }
    bool named = p.host.len && o->resolvers.text.len, service = named && p.host.ptr[0] == '_';
    if (p.host.len && !service && !first_address(b, w, o, &p))
        return false;
    server->address = p.address;
    server->down |= p.address.len == 0 && !named;
    if (named) {
        server->host = arena_span(b->arena, p.host);
        *ARENA_PUSH(b->arena, &b->named_servers) = (struct named_server){
            .server = server,
            .word = o->resolvers,
            .port = p.port,
            .prefer = o->prefer ? o->prefer : 6,
            .weights_kept = o->weights_kept,
        };
    }
    if (service)
        return true; /* its port comes with it */
    if (address_family(&p.address) == AF_UNIX)
        return true;
    server->client_address = p.any && !p.host.len;
    server->client_port = p.port_offset || !p.port_set || (server->client_address && p.port == 0);
    server->port_add = p.port_offset ? (p.port_negative ? -(int32_t)p.port : p.port) : 0;
    if ((server->client_port || server->client_address) && o->checked && o->check.port == 0) {
        struct diag *e = diag_add(b->diags, &haproxy_server_port, w->at, DIAG_TEXT(w->text));
        diag_help(b->diags, e, "check port 80");
        return false;
    }
    if (server->client_port)
        p.port = 0;
    if (server->address.len)
        address_set_port(&server->address, p.port);
    return true;
}

/* ---- lines ---- */

static void take_parameters(struct build *b, const struct statement *s, uint32_t from,
                            struct server_options *o)
{
    b->server = o;
    b->tls = &o->tls;
    (void)haproxy_parameters(b, IN_SERVER, s, from);
    b->server = NULL;
    b->tls = NULL;
}

static void review_options(struct build *b, const struct draft *d, const struct server_options *o,
                           const struct server *server)
{
    if (o->track.text.len && o->checked)
        diag_add(b->diags, &haproxy_track_and_check, o->track.at, DIAG_TEXT(server->name));
    if (server->observe == OBSERVE_LAYER7 && !draft_is_http(d))
        diag_add(b->diags, &haproxy_observe_tcp, server->at, DIAG_TEXT(server->name));
}

static const struct agent *agent_of(struct build *b, const struct server_options *o,
                                    const struct server *server)
{
    struct agent *a = ARENA_NEW(b->arena, struct agent);
    *a = o->agent;
    a->timeout = a->interval;
    a->at = server->at;
    if (a->port)
        return a;
    diag_add(b->diags, &haproxy_agent_port, server->at, DIAG_TEXT(server->name));
    return NULL;
}

/* <where>: the word with the address; parameters are behind it. */
static void compile_server(struct build *b, struct draft *d, const struct statement *line,
                           const struct server_options *defaults, struct span name, uint32_t where)
{
    struct server_options o = *defaults;
    const struct statement *s = haproxy_amended(b, d, line, name, where);
    if (s == NULL)
        return;
    (void)haproxy_name(b, word_at(s, 1));
    take_parameters(b, s, where + 1, &o);
    struct server *server = config_add_server(b->config, d->pool);
    struct server kept = *server;
    *server = o.like;
    server->index = kept.index;
    server->pool = d->pool;
    server->ordinal = kept.ordinal;
    server->name = name;
    server->at = word_at(s, 1)->at;
    server->line = haproxy_line_print(line);
    server->id_given = o.like.id != 0;
    if (!take_address(b, word_at(s, where), &o, server))
        server->down = true;
    server->tls = haproxy_tls_client(b, d, server, &o.tls);
    if (o.checked)
        server->check = check_of(b, d, &o, server);
    if (o.agent_checked)
        server->agent = agent_of(b, &o, server);
    if (server->observe == OBSERVE_NONE)
        server->error_limit = 0;
    haproxy_source(b, d, &o, server);
    review_options(b, d, &o, server);
    if (o.track.text.len)
        *ARENA_PUSH(b->arena, &b->tracks) = (struct track){ .server = server, .draft = d, .word = o.track };
}

/* server-template PREFIX COUNT|FIRST-LAST NAME[:PORT] ... */
static void compile_template(struct build *b, struct draft *d, const struct statement *s,
                             const struct server_options *defaults)
{
    struct span last = text_at(s, 2), first = span_cut(&last, '-');
    uint64_t from = 1, to = 0;
    bool good = last.ptr ? span_to_u64(first, 65535, &from) && span_to_u64(last, 65535, &to)
                         : span_to_u64(first, 65535, &to);
    if (!good || to < from || to - from >= TEMPLATE_MAX) {
        diag_add(
            b->diags, &conf_bad_choice, word_at(s, 2)->at,
            DIAG_TEXT(text_at(s, 2), SPAN("a number, or two with a dash between, for at most 1024 servers")));
        return;
    }
    for (uint64_t i = from; i <= to; i++)
        compile_server(b, d, s, defaults,
                       arena_printf(b->arena, "%.*s%u", SPAN_ARGS(text_at(s, 1)), (unsigned)i), 3);
}

/* A backend that names no server, but where to go. */
static void add_unnamed(struct build *b, struct draft *d, const struct server_options *defaults)
{
    const struct line *l = haproxy_line_last(d, KEPT_DISPATCH);
    if (d->pool->servers.count || (l == NULL && !is_on(&d->transparent)))
        return;
    struct server *server = config_add_server(b->config, d->pool);
    struct server kept = *server;
    *server = defaults->like;
    server->index = kept.index;
    server->pool = d->pool;
    server->ordinal = kept.ordinal;
    server->name = l ? SPAN("dispatch") : SPAN("transparent");
    server->at = l ? word_at(&l->s, 1)->at : d->transparent.at;
    server->client_address = server->client_port = l == NULL;
    if (l && !take_address(b, word_at(&l->s, 1), defaults, server))
        server->down = true;
    if (l == NULL)
        BUG_ON(!address_parse_ip(SPAN("0.0.0.0"), &server->address));
    haproxy_source(b, d, defaults, server);
}

/* A name that cannot be resolved now is asked for later, or never: such a server waits in maintenance. */
static void add_added(struct build *b, struct draft *d, const struct server_options *defaults)
{
    struct server_options o = *defaults;
    const struct amendment *a;
    const struct statement *s;

    if (o.init_addr.len == 0)
        o.init_addr = SPAN("none");
    for (uint32_t next = 0; (s = haproxy_added(b, d, &next, &a)) != NULL;) {
        uint32_t before = d->pool->servers.count;
        compile_server(b, d, s, &o, arena_span(b->arena, a->server), 2);
        if (d->pool->servers.count > before && a->id != 0)
            d->pool->servers.items[before]->id = a->id;
    }
}

void haproxy_compile_servers(struct build *b, struct draft *d)
{
    struct server_options defaults;
    defaults_of(&defaults);
    d->pool->check = haproxy_compile_check(b, d);
    d->pool->logs_checks = is_on(&d->log_health_checks);
    for (uint32_t i = 0; i < d->kept[KEPT_SERVER].count; i++) {
        const struct line *l = &d->kept[KEPT_SERVER].items[i];
        struct opened before = haproxy_line_begin(b, l);
        if (text_is(&l->s, 0, "default-server"))
            take_parameters(b, &l->s, 1, &defaults);
        else if (text_is(&l->s, 0, "server-template"))
            compile_template(b, d, &l->s, &defaults);
        else
            compile_server(b, d, &l->s, &defaults, arena_span(b->arena, text_at(&l->s, 1)), 2);
        haproxy_line_end(b, before);
    }
    add_added(b, d, &defaults);
    add_unnamed(b, d, &defaults);
}

struct server *haproxy_find_server(const struct draft *d, struct span name)
{
    for (uint32_t i = 0; d->pool && i < d->pool->servers.count; i++)
        if (span_eq(d->pool->servers.items[i]->name, name))
            return d->pool->servers.items[i];
    return NULL;
}

struct server *haproxy_named_server(struct build *b, const struct draft *here, const struct word *w,
                                    struct span text)
{
    struct span name = text, backend = span_cut(&name, '/');
    const struct draft *d = here;
    if (name.ptr)
        d = haproxy_find_backend(b, backend);
    else
        name = backend;
    if (d == NULL) {
        haproxy_say_no_backend(b, w, backend);
        return NULL;
    }
    struct server *found = haproxy_find_server(d, name);
    if (found)
        return found;
    struct diag *e = diag_add(b->diags, &haproxy_no_server, w->at, DIAG_TEXT(name, d->name));
    LIST_OF(const char *) names = { 0 };
    for (uint32_t i = 0; d->pool && i < d->pool->servers.count; i++)
        *ARENA_PUSH(b->arena, &names) = d->pool->servers.items[i]->name.ptr;
    *ARENA_PUSH(b->arena, &names) = NULL;
    const char *near = diag_nearest(name, names.items);
    if (near)
        diag_help(b->diags, e, "did you mean `%s`?", near);
    return NULL;
}

void haproxy_compile_tracks(struct build *b)
{
    for (uint32_t i = 0; i < b->tracks.count; i++) {
        const struct track *t = &b->tracks.items[i];
        t->server->track = haproxy_named_server(b, t->draft, &t->word, t->word.text);
    }
}

/* ---- what is tried again ---- */

static const struct {
    const char *word;
    uint32_t bits;
} retry_words[] = {
    { "none", 0 },
    { "conn-failure", RETRY_CONNECT },
    { "empty-response", RETRY_CLOSED },
    { "response-timeout", RETRY_TIMEOUT },
    { "junk-response", RETRY_GARBAGE },
    { "0rtt-rejected", RETRY_0RTT_REJECTED },
    { "all-retryable-errors",
      RETRY_CONNECT | RETRY_CLOSED | RETRY_TIMEOUT | RETRY_GARBAGE | RETRY_0RTT_REJECTED | RETRY_STATUS },
};

static bool is_retry_status(uint64_t status)
{
    static const uint16_t allowed[] = { 401, 403, 404, 408, 421, 425, 429, 500, 501, 502, 503, 504 };
    for (size_t i = 0; i < COUNT_OF(allowed); i++)
        if (status == allowed[i])
            return true;
    return false;
}

static void add_status(struct build *b, struct server_policy *p, uint64_t status)
{
    p->retry_on |= RETRY_STATUS;
    *ARENA_PUSH(b->arena, &p->retry_statuses) = (uint16_t)status;
}

static void take_retry_word(struct build *b, const struct word *w, struct server_policy *p)
{
    uint64_t status;
    if (span_to_u64(w->text, 999, &status) && is_retry_status(status)) {
        add_status(b, p, status);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(retry_words); i++) {
        if (!span_eq(w->text, span_from(retry_words[i].word)))
            continue;
        p->retry_on |= retry_words[i].bits;
        if (retry_words[i].bits & RETRY_STATUS)
            for (uint16_t s = 500; s <= 504; s = s == 500 ? 502 : s + 1)
                add_status(b, p, s);
        return;
    }
    struct diag *d = diag_add(b->diags, &haproxy_retry_word, w->at, DIAG_TEXT(w->text));
    const char *names[COUNT_OF(retry_words) + 1] = { NULL };
    for (size_t i = 0; i < COUNT_OF(retry_words); i++)
        names[i] = retry_words[i].word;
    const char *near = diag_nearest(w->text, names);
    if (near)
        diag_help(b->diags, d, "did you mean `%s`?", near);
}

uint32_t haproxy_retry_on(struct build *b, const struct draft *d, struct server_policy *p)
{
    const struct line *l = haproxy_line_last(d, KEPT_RETRY_ON);
    if (l == NULL)
        return RETRY_CONNECT;
    struct opened before = haproxy_line_begin(b, l);
    p->retry_on = 0;
    for (uint32_t i = 1; i < l->s.words.count; i++)
        take_retry_word(b, word_at(&l->s, i), p);
    haproxy_line_end(b, before);
    return p->retry_on;
}
