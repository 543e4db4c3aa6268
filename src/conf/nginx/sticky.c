/* SPDX-License-Identifier: Apache-2.0 */
/* sticky: what of a request says which server it belongs to. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

/* sticky route $variable ...: the first that is not empty names a server by its route= */
static void on_route(struct build *b, const struct statement *s)
{
    if (s->words.count < 3) {
        diag_add(b->diags, &conf_arity, s->at, DIAG_TEXT(SPAN("sticky route"), SPAN("1"), SPAN("0")));
        return;
    }
    *ARENA_PUSH(b->arena, &b->upstream->sticky) = *s;
}

static void on_sticky(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    static const char *const refused[] = { "cookie", "learn" };
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        if (span_eq(text_at(s, 1), span_from(refused[i]))) {
            diag_add(b->diags, &nginx_server_refused, word_at(s, 1)->at,
                     DIAG_TEXT(arena_printf(b->arena, "sticky %s", refused[i])));
            return;
        }
    if (span_eq(text_at(s, 1), SPAN("route")))
        on_route(b, s);
    else
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1), text_at(s, 0)));
}

void nginx_compile_sticky(struct build *b, struct side *side, struct upstream *u)
{
    if (u->sticky.count == 0)
        return;
    const struct statement *s = &u->sticky.items[u->sticky.count - 1];
    for (uint32_t i = 2; i < s->words.count; i++) {
        const struct expr *e = nginx_expr(b, side, word_at(s, i), NULL);
        if (e)
            *ARENA_PUSH(b->arena, &u->pool->routes) = e;
    }
}

/* clang-format off */
const struct keyword nginx_sticky_words[] = {
    { "sticky", IN_UPSTREAM, 1, ARGS_ANY, .once = true, .handle = on_sticky, .manual = "route $variable...: the server whose route= it is" },
    { NULL },
};
/* clang-format on */
