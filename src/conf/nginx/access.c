/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come: allow, deny, limit_except; and who it is: realip. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

static void on_satisfy(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    static const char *const words[] = { "all", "any", NULL };
    unsigned i;
    if (value_choice(b->diags, word_at(s, 1), words, &i))
        b->level->satisfy = (struct setting){ .set = true, .n = i, .at = s->at };
}

#define AT(member) .offset = offsetof(struct level, member)
/* clang-format off */
const struct keyword nginx_access_words[] = {
    { "allow", IN_HSL | IN_LIMIT_EXCEPT | IN_TCP, 1, 1, .handle = nginx_keep, AT(access), .manual = "lets an address, network, unix: or all in" },
    { "deny", IN_HSL | IN_LIMIT_EXCEPT | IN_TCP, 1, 1, .handle = nginx_keep, AT(access), .manual = "keeps an address, network, unix: or all out" },
    { "satisfy", IN_HSL, 1, 1, .once = true, .handle = on_satisfy, .manual = "all or any of the access rules" },
    { "set_real_ip_from", IN_HSL | IN_TCP, 1, 1, .handle = nginx_keep, AT(set_real_ip_from), .manual = "whose word about the client's address is believed" },
    { "real_ip_header", IN_HSL, 1, 1, .once = true, .handle = nginx_keep, AT(real_ip_header), .manual = "the field with that address, or proxy_protocol" },
    { "real_ip_recursive", IN_HSL, 1, 1, .once = true, .handle = nginx_set_switch, AT(real_ip_recursive), .manual = "the last address that is not believed" },
    { NULL },
};
/* clang-format on */

/* ---- allow and deny ---- */

static bool fill_clients(struct build *b, const struct word *w, struct action *a)
{
    struct network n;
    if (span_eq(w->text, SPAN("all")))
        return true;
    if (span_eq(w->text, SPAN("unix:"))) {
        a->number2 = 1;
        return true;
    }
    if (!value_network(b->diags, w, &n))
        return false;
    *ARENA_PUSH(b->arena, &a->networks) = n;
    return true;
}

/*
 * The rows, then the password. Who is let in passes the rows that remain; where one
 * of both is enough (<any>), the password too; and who is kept out may still know it.
 */
static void compile_rows(struct build *b, const struct kept *rows, struct scope *scope, enum hook hook,
                         bool any)
{
    uint32_t first = scope->on[hook].count;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct statement *s = &rows->items[i];
        bool allow = span_eq(text_at(s, 0), SPAN("allow"));
        struct action *a = action_add(b->config, scope, hook, allow ? ACTION_ALLOW : ACTION_DENY, s->at);
        a->source =
            span_of(word_at(s, 0)->raw.ptr, (size_t)(span_end(word_at(s, 1)->raw) - word_at(s, 0)->raw.ptr));
        (void)fill_clients(b, word_at(s, 1), a);
    }
    for (uint32_t i = first; i < scope->on[hook].count; i++)
        if (any || scope->on[hook].items[i].kind == ACTION_ALLOW)
            scope->on[hook].items[i].number = scope->on[hook].count - i - 1 + any;
}

static void compile_checks(struct build *b, const struct level *l, struct scope *scope, enum hook hook)
{
    const struct kept *rows = KEPT(l, access);
    bool any = SETTING(l, satisfy, 0) == 1 && nginx_wants_auth(l);
    if (rows)
        compile_rows(b, rows, scope, hook, any);
    nginx_compile_auth(b, l, scope);
}

/* "GET" brings "HEAD" with it. */
static const struct cond *method_is_excepted(struct build *b, const struct level *limit, bool negate)
{
    struct test t = { .subject = expr_fetch(b->arena, FETCH_METHOD, SPAN("")), .how = MATCH_EXACT };
    for (uint32_t i = 1; i < limit->opening.words.count; i++) {
        *ARENA_PUSH(b->arena, &t.texts) = text_at(&limit->opening, i);
        if (span_eq(text_at(&limit->opening, i), SPAN("GET")))
            *ARENA_PUSH(b->arena, &t.texts) = SPAN("HEAD");
    }
    t.negate = negate;
    t.at = limit->opening.at;
    return cond_of_test(b->arena, &t);
}

/* What is run when <when> does not hold. */
static void compile_guarded(struct build *b, const struct level *l, struct scope *scope, enum hook hook,
                            const struct cond *when)
{
    uint32_t jump = scope->on[hook].count;
    action_add(b->config, scope, hook, ACTION_SKIP, when->at)->when = when;
    compile_checks(b, l, scope, hook);
    scope->on[hook].items[jump].number = scope->on[hook].count - jump - 1;
}

void nginx_compile_access(struct build *b, const struct level *l, struct scope *scope, enum hook hook)
{
    const struct level *limit = l->limit_except;
    if (limit == NULL || limit->access.count + limit->auth_basic.count == 0) {
        compile_checks(b, l, scope, hook);
        return;
    }
    compile_guarded(b, limit, scope, hook, method_is_excepted(b, limit, false));
    compile_guarded(b, l, scope, hook, method_is_excepted(b, limit, true));
}

/* ---- realip ---- */

static void add_trusted(struct build *b, const struct word *w, struct action *a)
{
    struct network n;
    if (span_eq(w->text, SPAN("unix:"))) {
        a->number2 |= 1;
    } else if (span_find_char(w->text, '/') != SPAN_NONE || network_parse(w->text, &n)) {
        if (value_network(b->diags, w, &n))
            *ARENA_PUSH(b->arena, &a->networks) = n;
    } else {
        struct addresses found = { 0 };
        if (!nginx_addresses(b, w, w->text, 1, ADDRESS_OF_OTHER, &found))
            return;
        for (uint32_t i = 0; i < found.count; i++) {
            n = (struct network){ .base = found.items[i] };
            address_set_port(&n.base, 0);
            n.bits = address_family(&n.base) == AF_INET ? 32 : 128;
            *ARENA_PUSH(b->arena, &a->networks) = n;
        }
    }
}

void nginx_compile_real_ip(struct build *b, const struct level *l, struct scope *scope)
{
    const struct kept *from = KEPT(l, set_real_ip_from), *field = KEPT(l, real_ip_header);
    if (from == NULL)
        return;
    enum hook hook = l->kind == LEVEL_STREAM_SERVER ? HOOK_CONNECTION : HOOK_REQUEST;
    struct action *a = action_add(b->config, scope, hook, ACTION_REAL_IP, from->items[0].at);
    a->name = field ? text_at(&field->items[0], 1) : SPAN("X-Real-IP");
    if (l->kind == LEVEL_STREAM_SERVER)
        a->name = SPAN("proxy_protocol");
    a->number = (int64_t)SETTING(l, real_ip_recursive, false);
    for (uint32_t i = 0; i < from->count; i++)
        add_trusted(b, word_at(&from->items[i], 1), a);
}
