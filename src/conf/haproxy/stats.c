/* SPDX-License-Identifier: Apache-2.0 */
/* stats lines of a proxy: the page of statistics, who sees it, who may act on it. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

/* ---- lines ---- */

static struct span rest_of(struct build *b, const struct statement *s)
{
    struct span all = s->words.count > 1 ? arena_span(b->arena, text_at(s, 1)) : SPAN("");
    for (uint32_t i = 2; i < s->words.count; i++)
        all = arena_printf(b->arena, "%.*s %.*s", SPAN_ARGS(all), SPAN_ARGS(text_at(s, i)));
    return all;
}

static void on_uri(struct build *b, const struct statement *s, struct stats_page *p)
{
    p->uri = arena_span(b->arena, text_at(s, 1));
}
static void on_realm(struct build *b, const struct statement *s, struct stats_page *p)
{
    p->realm = rest_of(b, s);
}
static void on_auth(struct build *b, const struct statement *s, struct stats_page *p)
{
    struct span password = arena_span(b->arena, text_at(s, 1)), name = span_cut(&password, ':');
    *ARENA_PUSH(b->arena, &p->users) = (struct stats_user){ name, password.ptr ? password : SPAN("") };
}
static void on_refresh(struct build *b, const struct statement *s, struct stats_page *p)
{
    (void)value_time(b->diags, WORDS_HAPROXY, word_at(s, 1), 1000, &p->refresh);
}
static void on_hide(struct build *b, const struct statement *s, struct stats_page *p)
{
    (void)b;
    (void)s;
    p->hide_version = true;
}
static void on_legends(struct build *b, const struct statement *s, struct stats_page *p)
{
    (void)b;
    (void)s;
    p->legends = true;
}
static void on_scope(struct build *b, const struct statement *s, struct stats_page *p)
{
    *ARENA_PUSH(b->arena, &p->scopes) =
        text_is(s, 1, ".") ? b->at->name : arena_span(b->arena, text_at(s, 1));
}
static void on_desc(struct build *b, const struct statement *s, struct stats_page *p)
{
    p->description = s->words.count > 1 ? rest_of(b, s) : b->global.description;
}
static void on_node(struct build *b, const struct statement *s, struct stats_page *p)
{
    struct answer host = world_ask(b->world, ASK_HOSTNAME, SPAN(""));
    p->node = s->words.count > 1   ? arena_span(b->arena, text_at(s, 1))
              : b->global.node.len ? b->global.node
              : host.bytes.len     ? arena_span(b->arena, host.bytes)
                                   : SPAN("");
}
static void on_admin(struct build *b, const struct statement *s, struct stats_page *p)
{
    if (!text_is(s, 1, "if") && !text_is(s, 1, "unless")) {
        diag_add(b->diags, &haproxy_stats_admin, s->at, DIAG_NO_TEXT);
        return;
    }
    struct cond *c = haproxy_condition(b, s, 1);
    if (c == NULL)
        return;
    c->at = s->at;
    *ARENA_PUSH(b->arena, &p->admins) = c;
}
static void on_enable(struct build *b, const struct statement *s, struct stats_page *p)
{
    (void)b;
    (void)s;
    (void)p;
}

static const struct {
    const char *word;
    void (*take)(struct build *b, const struct statement *s, struct stats_page *p);
} lines[] = {
    { "stats enable", on_enable },   { "stats uri", on_uri },
    { "stats realm", on_realm },     { "stats auth", on_auth },
    { "stats refresh", on_refresh }, { "stats hide-version", on_hide },
    { "stats scope", on_scope },     { "stats show-desc", on_desc },
    { "stats show-node", on_node },  { "stats show-legends", on_legends },
    { "stats admin", on_admin },
};

static struct stats_page *read_page(struct build *b, struct draft *d)
{
    struct stats_page *p = ARENA_NEW(b->arena, struct stats_page);
    p->uri = SPAN("/haproxy?stats");
    p->realm = SPAN("HAProxy Statistics");
    for (uint32_t i = 0; i < d->kept[KEPT_STATS].count; i++) {
        const struct line *l = &d->kept[KEPT_STATS].items[i];
        struct opened before = haproxy_line_begin(b, l);
        p->at = l->s.at;
        for (size_t k = 0; k < COUNT_OF(lines); k++)
            if (text_is(&l->s, 0, lines[k].word))
                lines[k].take(b, &l->s, p);
        haproxy_line_end(b, before);
    }
    return p;
}

/* ---- how dangerous it is ---- */

static bool is_easy(struct span password, struct span name)
{
    static const char *const easy[] = { "",      "admin", "password", "haproxy", "root",
                                        "stats", "123",   "1234",     "12345",   "123456" };
    for (size_t i = 0; i < COUNT_OF(easy); i++)
        if (span_eq(password, span_from(easy[i])))
            return true;
    return span_eq(password, name);
}

static bool always(const struct cond *c)
{
    if (c->negate || c->groups.count != 1 || c->groups.items[0].terms.count != 1)
        return false;
    const struct term *t = &c->groups.items[0].terms.items[0];
    return !t->negate && span_eq(t->acl->name, SPAN("TRUE"));
}

static bool is_loopback(const struct address *a)
{
    if (address_family(a) == AF_INET)
        return (ntohl(a->u.in.sin_addr.s_addr) >> 24) == 127;
    return address_family(a) == AF_UNIX ||
           (address_family(a) == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->u.in6.sin6_addr));
}

/* Whoever reaches the port can stop servers, with a password that everybody tries first, or with none. */
static void warn_open(struct build *b, const struct draft *d, const struct stats_page *p)
{
    const struct cond *open = NULL;
    const struct stats_user *easy = NULL;
    for (uint32_t i = 0; i < p->admins.count; i++)
        open = always(p->admins.items[i]) ? p->admins.items[i] : open;
    for (uint32_t i = 0; i < p->users.count; i++)
        if (easy == NULL && is_easy(p->users.items[i].password, p->users.items[i].name))
            easy = &p->users.items[i];
    if (open == NULL || (p->users.count && easy == NULL))
        return;
    for (uint32_t i = 0; i < b->config->listeners.count; i++) {
        const struct listener *l = b->config->listeners.items[i];
        if (l->service != d->service || is_loopback(&l->address))
            continue;
        struct span with =
            easy ? arena_printf(b->arena, "%.*s:%.*s", SPAN_ARGS(easy->name), SPAN_ARGS(easy->password))
                 : SPAN("");
        struct diag *w =
            easy ? diag_add(b->diags, &haproxy_stats_easy, open->at,
                            DIAG_TEXT(arena_printf(b->arena, "%u", address_port(&l->address)), with))
                 : diag_add(b->diags, &haproxy_stats_open, open->at,
                            DIAG_TEXT(arena_printf(b->arena, "%u", address_port(&l->address))));
        diag_also(b->diags, w, l->at, "it listens here");
        diag_help(b->diags, w, "stats admin if LOCALHOST");
        return;
    }
}

/* ---- actions ---- */

static bool is_wanted(const struct draft *d)
{
    return d->kept[KEPT_STATS].count > 0;
}

/* Requests for anything else skip what follows; "stats http-request" rules come first. */
void haproxy_stats(struct build *b, struct draft *d)
{
    if (!is_wanted(d))
        return;
    struct stats_page *p = read_page(b, d);
    const struct action_list *rules = &d->rules[RULES_STATS];
    struct test other = { .subject = expr_fetch(b->arena, FETCH_TARGET, SPAN("")),
                          .how = MATCH_BEGIN,
                          .negate = true,
                          .source = p->uri,
                          .at = p->at };
    *ARENA_PUSH(b->arena, &other.texts) = p->uri;
    struct action *a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_SKIP, p->at);
    a->when = cond_of_test(b->arena, &other);
    a->number = rules->count + 1;
    for (uint32_t i = 0; i < rules->count; i++) {
        a = ARENA_PUSH(b->arena, &d->scope->on[HOOK_REQUEST]);
        *a = rules->items[i];
        if (a->kind == ACTION_ACCEPT) {
            a->kind = ACTION_SKIP;
            a->number = rules->count - i - 1;
        }
    }
    a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_STATUS, p->at);
    a->number = STATUS_PAGE;
    a->page = p;
    if (d->service)
        warn_open(b, d, p);
}

#define STATS(name, in, min, max, what)                                                                      \
    {                                                                                                        \
        "stats " name, in, min, max, KEEP(KEPT_STATS), .manual = what                                        \
    }

const struct keyword haproxy_stats_words[] = {
    STATS("enable", IN_D_PROXY, 0, 0, "the page is there, at /haproxy?stats"),
    STATS("uri", IN_D_PROXY, 1, 1, "URI where the page is"),
    STATS("realm", IN_D_PROXY, 1, ARGS_ANY, "TEXT that a browser shows when it asks for a password"),
    STATS("auth", IN_D_PROXY, 1, 1, "USER:PASSWORD who may see it; may be there several times"),
    STATS("refresh", IN_D_PROXY, 1, 1, "TIME after which the page is loaded again"),
    STATS("hide-version", IN_D_PROXY, 0, 0, "our version is not shown"),
    STATS("scope", IN_D_PROXY, 1, 1, "NAME of a proxy that is shown, or \".\" for this one"),
    STATS("show-desc", IN_D_PROXY, 0, ARGS_ANY, "[TEXT] above the page"),
    STATS("show-node", IN_D_PROXY, 0, 1, "[NAME] of the machine"),
    STATS("show-legends", IN_D_PROXY, 0, 0, "what columns mean"),
    STATS("admin", IN_PROXY, 2, ARGS_ANY, "if CONDITION: who may change servers there"),
    { "stats http-request", IN_PROXY, 1, ARGS_ANY, KEEP(KEPT_RULE), .manual = "allow|deny [if CONDITION]" },
    { "stats show-modules", IN_D_PROXY, 0, 0, KEYWORD_TUNING, .manual = "there are no modules" },
    { NULL },
};
