/* SPDX-License-Identifier: Apache-2.0 */
/* valid_referers and secure_link: what they find out is in variables, for `if`. */
#include "base/macros.h"
#include "conf/nginx/nginx_internal.h"
#include "model/guard.h"

#define AT(member) .offset = offsetof(struct level, member)
#define ONCE       .once = true
/* clang-format off */
const struct keyword nginx_guard_words[] = {
    { "valid_referers", IN_SERVER | IN_LOCATION, 1, ARGS_ANY, .handle = nginx_keep, AT(valid_referers), .manual = "none, blocked, server_names, hosts with * and paths, ~regular expressions: from other pages $invalid_referer is 1" },
    { "secure_link", IN_HSL, 1, 1, ONCE, .handle = nginx_keep, AT(secure_link), .manual = "SUM or SUM,TIME of the request, for $secure_link" },
    { "secure_link_md5", IN_HSL, 1, 1, ONCE, .handle = nginx_keep, AT(secure_link_md5), .manual = "the text of which MD5 is that sum" },
    { "secure_link_secret", IN_LOCATION, 1, 1, ONCE, .handle = nginx_keep, AT(secure_link_secret), .manual = "paths are /PREFIX/SUM/LINK, with MD5 of LINK and this word" },
    { NULL },
};
/* clang-format on */

uint32_t nginx_own_variable(struct build *b, const char *name)
{
    return config_slot(b->config, arena_printf(b->arena, "nginx:$%s", name));
}

/* ---- valid_referers ---- */

/* "*.example.com/path" */
static void add_host(struct build *b, struct lookup *l, const struct word *w)
{
    size_t slash = span_find_char(w->text, '/');
    struct span host = slash == SPAN_NONE ? w->text : span_first(w->text, slash);
    struct span path = slash == SPAN_NONE ? SPAN("") : span_from_index(w->text, slash);
    struct lookup_row row = { .how = MATCH_EXACT, .text = host, .at = w->at };
    row.value = expr_text(b->arena, arena_span(b->arena, path));
    *ARENA_PUSH(b->arena, &l->rows) = row;
}

static void add_server_names(struct build *b, const struct level *l, struct lookup *hosts)
{
    const struct kept *names = &nginx_server_of(l)->server_name;
    for (uint32_t i = 0; i < names->count; i++)
        for (uint32_t n = 1; n < names->items[i].words.count; n++)
            if (!span_starts_with(text_at(&names->items[i], n), SPAN("~")))
                add_host(b, hosts, word_at(&names->items[i], n));
}

static void add_referer(struct build *b, const struct level *l, const struct word *w, struct lookup *hosts,
                        struct referers *k)
{
    if (span_eq(w->text, SPAN("none"))) {
        k->none = true;
    } else if (span_eq(w->text, SPAN("blocked"))) {
        k->blocked = true;
    } else if (span_eq(w->text, SPAN("server_names"))) {
        add_server_names(b, l, hosts);
    } else if (span_starts_with(w->text, SPAN("~"))) {
        const struct regex *r = nginx_regex(b, &b->http, w, span_from_index(w->text, 1), true);
        if (r)
            *ARENA_PUSH(b->arena, &k->regexes) = r;
    } else {
        add_host(b, hosts, w);
    }
}

static void compile_referers(struct build *b, const struct level *l)
{
    const struct kept *all = KEPT(l, valid_referers);
    if (all == NULL)
        return;
    struct referers *k = ARENA_NEW(b->arena, struct referers);
    struct lookup *hosts = ARENA_NEW(b->arena, struct lookup);
    hosts->name = SPAN("valid_referers");
    hosts->nocase = hosts->hostnames = true;
    for (uint32_t i = 0; i < all->count; i++)
        for (uint32_t n = 1; n < all->items[i].words.count; n++)
            add_referer(b, l, word_at(&all->items[i], n), hosts, k);
    lookup_finish(b->arena, hosts);
    k->hosts = hosts->rows.count ? hosts : NULL;
    k->slot = nginx_own_variable(b, "invalid_referer");
    action_add(b->config, l->scope, HOOK_REQUEST, ACTION_REFERER, all->items[0].at)->referers = k;
}

/* ---- secure_link ---- */

static void compile_link(struct build *b, const struct level *l)
{
    const struct kept *given = KEPT(l, secure_link), *of = KEPT(l, secure_link_md5);
    const struct kept *secret = KEPT(l, secure_link_secret);
    if (secret == NULL && (given == NULL || of == NULL))
        return;
    struct secure_link *k = ARENA_NEW(b->arena, struct secure_link);
    const struct statement *s = secret ? &secret->items[0] : &given->items[0];
    k->slot = nginx_own_variable(b, "secure_link");
    k->expires_slot = nginx_own_variable(b, "secure_link_expires");
    if (secret) {
        k->secret = arena_span(b->arena, text_at(s, 1));
    } else {
        k->given = nginx_expr(b, &b->http, word_at(s, 1), NULL);
        k->of = nginx_expr(b, &b->http, word_at(&of->items[0], 1), NULL);
    }
    action_add(b->config, l->scope, HOOK_REQUEST, ACTION_SECURE_LINK, s->at)->secure_link = k;
}

void nginx_compile_guards(struct build *b, const struct level *l)
{
    compile_referers(b, l);
    compile_link(b, l);
}
