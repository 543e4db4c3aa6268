/* SPDX-License-Identifier: Apache-2.0 */
/* location {} and limit_except {}: the tree of paths. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

/* ---- reading ---- */

struct modifier {
    const char *word;
    enum location_kind kind;
    bool nocase;
};
/* Longer ones first: "~*" begins with "~". */
static const struct modifier modifiers[] = {
    { "=", LOCATION_EXACT, false },
    { "^~", LOCATION_NO_REGEX, false },
    { "~*", LOCATION_REGEX, true },
    { "~", LOCATION_REGEX, false },
};

/* "= /a" and "=/a" are the same. */
static const struct modifier *find_modifier(struct span first, bool alone)
{
    for (size_t i = 0; i < COUNT_OF(modifiers); i++) {
        struct span m = span_from(modifiers[i].word);
        if (alone ? span_eq(first, m) : span_starts_with(first, m))
            return &modifiers[i];
    }
    return NULL;
}

static bool parse_path(struct build *b, struct level *l, const struct statement *s)
{
    const struct word *w = word_at(s, s->words.count - 1);
    const struct modifier *m = find_modifier(text_at(s, 1), s->words.count > 2);
    if (s->words.count > 2 && m == NULL) {
        diag_add(b->diags, &nginx_bad_modifier, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1)));
        return false;
    }
    l->path = w->text;
    l->path_at = w->at;
    if (m && s->words.count == 2)
        l->path = span_from_index(w->text, strlen(m->word));
    l->location = m ? m->kind : span_starts_with(l->path, SPAN("@")) ? LOCATION_NAMED : LOCATION_PREFIX;
    if (l->location != LOCATION_REGEX)
        return true;
    l->regex = nginx_regex(b, &b->http, w, l->path, m->nocase);
    return l->regex != NULL;
}

/* What nginx forbids of a location in a location. */
static void check_nesting(struct build *b, const struct level *l)
{
    const struct level *outer = l->parent;
    if (outer->kind != LEVEL_LOCATION)
        return;
    if (outer->location == LOCATION_EXACT || outer->location == LOCATION_NAMED) {
        const struct diag_kind *kind =
            outer->location == LOCATION_NAMED ? &nginx_nested_in_named : &nginx_nested_in;
        struct diag *d = diag_add(b->diags, kind, l->path_at, DIAG_TEXT(l->path, outer->path));
        diag_also(b->diags, d, outer->path_at, "nothing can be nested here");
    } else if (l->location == LOCATION_NAMED) {
        diag_add(b->diags, &nginx_nested_named, l->path_at, DIAG_TEXT(l->path));
    } else if (l->location != LOCATION_REGEX && outer->location != LOCATION_REGEX &&
               !span_starts_with(l->path, outer->path)) {
        struct diag *d =
            diag_add(b->diags, &nginx_nested_outside, l->path_at, DIAG_TEXT(l->path, outer->path));
        diag_also(b->diags, d, outer->path_at, "the outer one");
    }
}

static void on_location(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct level *l = level_new(b, LEVEL_LOCATION, b->level, s);
    if (parse_path(b, l, s)) {
        check_nesting(b, l);
        *ARENA_PUSH(b->arena, &b->level->locations) = l;
    }
    nginx_read_block(b, IN_LOCATION, l);
}

static void check_methods(struct build *b, const struct statement *s)
{
    static const char *const methods[] = { "GET",       "HEAD", "POST",   "PUT",     "DELETE",
                                           "MKCOL",     "COPY", "MOVE",   "OPTIONS", "PROPFIND",
                                           "PROPPATCH", "LOCK", "UNLOCK", "PATCH",   NULL };
    for (uint32_t i = 1; i < s->words.count; i++) {
        unsigned index;
        (void)value_choice(b->diags, word_at(s, i), methods, &index);
    }
}

static void on_limit_except(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    check_methods(b, s);
    b->level->limit_except = level_new(b, LEVEL_LIMIT_EXCEPT, b->level, s);
    nginx_read_block(b, IN_LIMIT_EXCEPT, b->level->limit_except);
}

/* clang-format off */
const struct keyword nginx_location_words[] = {
    { "location", IN_SERVER | IN_LOCATION, 1, 2, .block = true, .handle = on_location, .manual = "what happens to a path: prefix, = exact, ^~ prefix without regular expressions, ~ and ~* regular expression, @name" },
    { "limit_except", IN_LOCATION, 1, ARGS_ANY, .once = true, .block = true, .handle = on_limit_except, .manual = "access rules for other methods than these" },
    { NULL },
};
/* clang-format on */

/* ---- compiling ---- */

const struct level *nginx_server_of(const struct level *l)
{
    while (l->kind != LEVEL_SERVER)
        l = l->parent;
    return l;
}

struct level *nginx_find_named(const struct level *l, struct span name)
{
    const struct level *server = nginx_server_of(l);
    for (uint32_t i = 0; i < server->locations.count; i++) {
        struct level *named = server->locations.items[i];
        if (named->location == LOCATION_NAMED && span_eq(named->path, name))
            return named;
    }
    return NULL;
}

struct scope *nginx_missing_named(struct build *b, const struct word *name)
{
    struct scope *scope = config_add_scope(b->config, LANGUAGE_NGINX, name->text);
    struct reply *r = ARENA_NEW(b->arena, struct reply);

    diag_add(b->diags, &nginx_unknown_named, name->at, DIAG_TEXT(name->text));
    scope->at = r->at = name->at;
    r->status = 500;
    r->default_page = true;
    action_add(b->config, scope, HOOK_REQUEST, ACTION_REPLY, name->at)->reply = r;
    return scope;
}

static void make_scope(struct build *b, struct level *l)
{
    static const char *const shown[] = { "", "^~ ", "= ", "~ ", "" };
    struct scope *scope =
        config_add_scope(b->config, LANGUAGE_NGINX,
                         arena_printf(b->arena, "location %s%.*s", shown[l->location], SPAN_ARGS(l->path)));
    scope->parent = l->parent->scope;
    scope->at = l->path_at;
    scope->internal = l->internal.set || l->location == LOCATION_NAMED;
    scope->server_name = scope->parent->server_name;
    if (l->location != LOCATION_REGEX && l->location != LOCATION_NAMED)
        scope->prefix = l->path;
    l->scope = scope;
}

/* Others refer to named locations before these are compiled. */
void nginx_index_named(struct build *b, struct level *server)
{
    for (uint32_t i = 0; i < server->locations.count; i++)
        if (server->locations.items[i]->location == LOCATION_NAMED)
            make_scope(b, server->locations.items[i]);
}

static void compile_location(struct build *b, struct level *l)
{
    if (l->scope == NULL)
        make_scope(b, l);
    nginx_compile_settings(b, l);
    if (l->regex)
        nginx_save_captures(b, &b->http, l->scope, l->regex, l->path_at);
    if (l->set_real_ip_from.count || l->real_ip_header.count || l->real_ip_recursive.set)
        nginx_compile_real_ip(b, l, l->scope);
    nginx_compile_rewrites(b, l);
    nginx_compile_content(b, l);
}

static struct location_tree *nested_tree(struct build *b, struct level *l)
{
    if (l->locations.count == 0)
        return NULL;
    struct location_tree *tree = ARENA_NEW(b->arena, struct location_tree);
    map_init(&tree->named, false);
    nginx_compile_locations(b, l, tree);
    return tree;
}

/* "/a/" that is passed on: nginx answers "/a" with a redirect to it. */
static bool redirects(const struct level *l)
{
    return l->proxy_pass.count > 0 && span_ends_with(l->path, SPAN("/"));
}

static bool is_duplicate(struct build *b, struct map *seen, struct level *l)
{
    struct span key =
        arena_printf(b->arena, "%c%.*s", l->location == LOCATION_EXACT ? '=' : ' ', SPAN_ARGS(l->path));
    struct level *first = map_get(seen, key);
    if (first == NULL) {
        (void)map_put(b->arena, seen, key, l);
        return false;
    }
    struct diag *d = diag_add(b->diags, &nginx_duplicate_location, l->path_at, DIAG_TEXT(l->path));
    diag_also(b->diags, d, first->path_at, "the first one");
    return true;
}

void nginx_compile_locations(struct build *b, struct level *l, struct location_tree *tree)
{
    struct map seen;
    map_init(&seen, false);
    for (uint32_t i = 0; i < l->locations.count; i++) {
        struct level *child = l->locations.items[i];
        if (child->location != LOCATION_REGEX && is_duplicate(b, &seen, child))
            continue;
        compile_location(b, child);
        if (child->location == LOCATION_REGEX) {
            *ARENA_PUSH(b->arena, &tree->regexes) = (struct location_regex){
                .regex = child->regex, .scope = child->scope, .nested = nested_tree(b, child)
            };
        } else if (child->location == LOCATION_NAMED) {
            (void)map_put(b->arena, &tree->named, child->path, child->scope);
        } else {
            *ARENA_PUSH(b->arena, &tree->prefixes) = (struct location_prefix){
                .prefix = child->path,
                .scope = child->scope,
                .exact = child->location == LOCATION_EXACT,
                .no_regex = child->location == LOCATION_NO_REGEX,
                .auto_redirect = redirects(child),
                .nested = nested_tree(b, child),
            };
        }
    }
}

void nginx_compile_content(struct build *b, struct level *l)
{
    struct scope *scope = l->scope;
    const struct kept *pass = &l->proxy_pass;
    nginx_compile_limits(b, &b->http, l);
    nginx_compile_access(b, l, scope, HOOK_REQUEST);
    if (l->kind == LEVEL_IF && pass->count == 0)
        pass = &l->parent->proxy_pass; /* the location's own goes on */
    if (pass->count) {
        if (l->try_files.count)
            nginx_compile_files(b, l);
        nginx_compile_proxy(b, l, &pass->items[0]);
    } else if (l->empty_gif.count) {
        nginx_compile_empty_gif(b, l, l->empty_gif.items[0].at);
    } else if (l->stub_status.count) {
        action_add(b->config, scope, HOOK_REQUEST, ACTION_STATUS, l->stub_status.items[0].at)->number =
            STATUS_STUB;
    } else {
        nginx_compile_files(b, l);
    }
    nginx_compile_health(b, &b->http, l, l->server);
}
