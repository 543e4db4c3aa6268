/* SPDX-License-Identifier: Apache-2.0 */
/* auth_basic: realms, and files of users. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

/* "user:hash[:comment]", one a line; '#' begins a comment. */
static void read_user(struct build *b, struct map *users, struct span line)
{
    if (span_ends_with(line, SPAN("\r")))
        line.len--;
    if (line.len == 0 || line.ptr[0] == '#')
        return;
    struct span rest = line, name = span_cut(&rest, ':'), hash = span_cut(&rest, ':');
    if (name.len == 0 || hash.len == 0 || map_get(users, name))
        return;
    struct span *kept = ARENA_NEW(b->arena, struct span);
    *kept = arena_span(b->arena, hash);
    (void)map_put(b->arena, users, arena_span(b->arena, name), kept);
}

static const struct map *read_users(struct build *b, const struct word *w)
{
    struct span path = arena_span(b->arena, nginx_conf_path(b, w->text));
    struct map *users = map_get(&b->user_files, path);
    if (users)
        return users;
    users = ARENA_NEW(b->arena, struct map);
    map_init(users, false);
    (void)map_put(b->arena, &b->user_files, path, users);
    struct answer a = world_ask(b->world, ASK_FILE, path);
    if (a.error)
        diag_add(b->diags, &nginx_unreadable, w->at,
                 DIAG_TEXT(path, span_from(strerrordesc_np(a.error)), arena_printf(b->arena, "%d", a.error)));
    for (struct span text = a.error ? SPAN("") : a.bytes; text.len;)
        read_user(b, users, span_cut(&text, '\n'));
    return users;
}

/* Beside the configuration, unless it begins with a slash or a variable. */
static const struct expr *computed_path(struct build *b, const struct word *w)
{
    struct word path = *w;
    if (!span_starts_with(w->text, SPAN("$"))) {
        path.text = nginx_conf_path(b, w->text);
        path.raw = span_starts_with(w->text, SPAN("/")) ? w->raw : span_of(NULL, 0);
    }
    return nginx_expr(b, &b->http, &path, NULL);
}

bool nginx_wants_auth(const struct level *l)
{
    const struct kept *realm = KEPT(l, auth_basic);
    return realm && !span_eq(text_at(&realm->items[0], 1), SPAN("off"));
}

void nginx_compile_auth(struct build *b, const struct level *l, struct scope *scope)
{
    const struct kept *realm = KEPT(l, auth_basic), *file = KEPT(l, auth_basic_user_file);
    if (!nginx_wants_auth(l))
        return;
    const struct statement *s = &realm->items[0];
    if (file == NULL) {
        diag_add(b->diags, &nginx_auth_without_users, s->at, DIAG_NO_TEXT);
        return;
    }
    const struct word *path = word_at(&file->items[0], 1);
    struct auth *auth = ARENA_NEW(b->arena, struct auth);
    auth->realm = nginx_expr(b, &b->http, word_at(s, 1), NULL);
    if (nginx_has_variables(path->text))
        auth->file = computed_path(b, path);
    else
        auth->users = read_users(b, path);
    action_add(b->config, scope, HOOK_REQUEST, ACTION_AUTH_BASIC, s->at)->auth = auth;
}

#define AT(member) .offset = offsetof(struct level, member)
/* clang-format off */
const struct keyword nginx_auth_words[] = {
    { "auth_basic", IN_HSL | IN_LIMIT_EXCEPT, 1, 1, .once = true, .handle = nginx_keep, AT(auth_basic), .manual = "name and password are asked for, with this realm; off" },
    { "auth_basic_user_file", IN_HSL | IN_LIMIT_EXCEPT, 1, 1, .once = true, .handle = nginx_keep, AT(auth_basic_user_file), .manual = "name:hash, one a line: crypt(3), $apr1$, {SHA}, {SSHA}, {PLAIN}; read with the configuration, or for each request when its name has variables" },
    { NULL },
};
/* clang-format on */
