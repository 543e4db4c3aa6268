/* SPDX-License-Identifier: Apache-2.0 */
/* Static files: root, alias, index, try_files, types, default_type, charset. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

/* ---- reading ---- */

static void on_root(struct build *b, const struct keyword *k, const struct statement *s)
{
    const struct kept *root = &b->level->root;
    if (root->count) {
        bool same = span_eq(text_at(s, 0), text_at(&root->items[0], 0));
        struct diag *d = diag_add(b->diags, same ? &conf_duplicate : &nginx_two_roots, s->at,
                                  DIAG_TEXT(text_at(s, 0), text_at(&root->items[0], 0)));
        diag_also(b->diags, d, root->items[0].at, "the first one");
        return;
    }
    nginx_keep(b, k, s);
}

static void type_row(struct build *b, void *self, const struct statement *s)
{
    struct map *types = self;
    struct span *type = ARENA_NEW(b->arena, struct span);
    *type = text_at(s, 0);
    if (s->words.count < 2)
        diag_add(b->diags, &nginx_no_extension, s->at, DIAG_TEXT(*type));
    for (uint32_t i = 1; i < s->words.count; i++) {
        const struct span *before = map_put(b->arena, types, text_at(s, i), type);
        if (before && !span_eq(*before, *type))
            diag_add(b->diags, &nginx_duplicate_extension, word_at(s, i)->at,
                     DIAG_TEXT(text_at(s, i), *type, *before));
    }
}

static void on_types(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    if (b->level->types == NULL) {
        b->level->types = ARENA_NEW(b->arena, struct map);
        map_init(b->level->types, true);
    }
    nginx_read_rows(b, type_row, b->level->types);
}

static void on_internal(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->level->internal = (struct setting){ .set = true, .n = 1, .at = s->at };
}

static void on_listing_format(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const formats[] = { "html", "xml", "json", "jsonp", NULL }; /* as in the model */
    unsigned i;
    (void)k;
    if (value_choice(b->diags, word_at(s, 1), formats, &i))
        b->level->autoindex_format = (struct setting){ .set = true, .n = i, .at = s->at };
}

static void on_gzip_static(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "off", "on", "always", NULL };
    unsigned i;
    (void)k;
    if (value_choice(b->diags, word_at(s, 1), words, &i))
        b->level->gzip_static = (struct setting){ .set = true, .n = i, .at = s->at };
}

#define AT(member) .offset = offsetof(struct level, member)
#define ONCE       .once = true
/* clang-format off */
const struct keyword nginx_file_words[] = {
    { "root", IN_HSLI, 1, 1, .handle = on_root, AT(root), .manual = "folder under which a request's path is looked for" },
    { "alias", IN_LOCATION, 1, 1, .handle = on_root, AT(root), .manual = "folder in place of the location's path" },
    { "index", IN_HSL, 1, ARGS_ANY, .handle = nginx_keep, AT(index), .manual = "files that stand for a folder" },
    { "try_files", IN_SERVER | IN_LOCATION, 2, ARGS_ANY, ONCE, .handle = nginx_keep, AT(try_files), .manual = "the first file that exists, else a path, @name or =status" },
    { "types", IN_HSL, 0, 0, .block = true, .handle = on_types, .manual = "which type belongs to which extension" },
    { "default_type", IN_HSL, 1, 1, ONCE, .handle = nginx_keep, AT(default_type), .manual = "the type of other files" },
    { "charset", IN_HSLI, 1, 1, ONCE, .handle = nginx_keep, AT(charset), .manual = "added to Content-Type" },
    { "max_ranges", IN_HSL, 1, 1, ONCE, .handle = nginx_set_number, AT(max_ranges), .high = INT32_MAX, .manual = "parts of a file that one request may ask for; 0: only the whole" },
    { "empty_gif", IN_LOCATION, 0, 0, ONCE, .handle = nginx_keep, AT(empty_gif), .manual = "one transparent pixel" },
    { "gzip_static", IN_HSL, 1, 1, ONCE, .handle = on_gzip_static, .manual = "on: FILE.gz for clients that accept it; always: for all" },
    { "autoindex", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(autoindex), .manual = "show what is in folders without an index" },
    { "autoindex_format", IN_HSL, 1, 1, ONCE, .handle = on_listing_format, .manual = "html, xml, json or jsonp (with ?callback=)" },
    { "autoindex_exact_size", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(autoindex_exact_size), .manual = "of html: bytes; off: rounded" },
    { "autoindex_localtime", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(autoindex_localtime), .manual = "of html: times of here; off: UTC" },
    { "random_index", IN_LOCATION, 1, 1, ONCE, .handle = nginx_set_switch, AT(random_index), .manual = "one of a folder's files, by chance, is its index" },
    { "internal", IN_LOCATION, 0, 0, .handle = on_internal, .manual = "not for requests from outside" },
    { "stub_status", IN_SERVER | IN_LOCATION, 0, 1, ONCE, .handle = nginx_keep, AT(stub_status), .manual = "counters as text" },
    { NULL },
};
/* clang-format on */

/* ---- types ---- */

/* What nginx knows when no `types` says anything. */
static const struct map *default_types(struct build *b)
{
    static const char *const rows[][2] = { { "html", "text/html" },
                                           { "gif", "image/gif" },
                                           { "jpg", "image/jpeg" } };
    struct map *types = ARENA_NEW(b->arena, struct map);
    map_init(types, true);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span *type = ARENA_NEW(b->arena, struct span);
        *type = span_from(rows[i][1]);
        (void)map_put(b->arena, types, span_from(rows[i][0]), type);
    }
    return types;
}

static struct span constant_of(struct build *b, const struct kept *k, const char *otherwise)
{
    if (k == NULL)
        return span_from(otherwise);
    const struct word *w = word_at(&k->items[0], 1);
    if (nginx_has_variables(w->text))
        diag_add(b->diags, &nginx_no_variables, w->at, DIAG_TEXT(text_at(&k->items[0], 0)));
    return w->text;
}

void nginx_compile_types(struct build *b, const struct level *l)
{
    const struct level *at = l;
    while (at->types == NULL && at->parent)
        at = at->parent;
    if (at->types == NULL && b->default_types == NULL)
        b->default_types = default_types(b);
    l->scope->mime_types = at->types ? at->types : b->default_types;
    l->scope->default_type = constant_of(b, KEPT(l, default_type), "text/plain");
    l->scope->charset = constant_of(b, KEPT(l, charset), "off");
    if (span_eq(l->scope->charset, SPAN("off")))
        l->scope->charset = SPAN("");
}

/* ---- root ---- */

/* Relative to the prefix; without slashes at the end. */
static const struct expr *folder(struct build *b, const struct word *w)
{
    struct word path = *w;
    if (!span_starts_with(path.text, SPAN("$"))) {
        path.text = nginx_path(b, path.text);
        if (path.text.len != w->text.len)
            path.raw = SPAN(""); /* places do not correspond */
    }
    while (path.text.len > 1 && span_ends_with(path.text, SPAN("/")))
        path.text.len--;
    if (path.raw.ptr && path.raw.len == 0)
        path.raw.ptr = NULL;
    return nginx_expr(b, &b->http, &path, NULL);
}

/* alias says all of the path: its own slash at the end counts. */
static const struct expr *alias(struct build *b, const struct word *w)
{
    struct word path = *w;
    if (!span_starts_with(path.text, SPAN("$")) && !span_starts_with(path.text, SPAN("/"))) {
        path.text = nginx_path(b, path.text);
        path.raw.ptr = NULL;
    }
    return nginx_expr(b, &b->http, &path, NULL);
}

/* False: it is an `alias` of a location outside. */
static bool fill_root(struct build *b, const struct level *l, struct files *f)
{
    const struct level *at = l;
    while (at && at->root.count == 0)
        at = at->parent;
    if (at == NULL) {
        f->root = expr_text(b->arena, nginx_path(b, SPAN("html")));
        return true;
    }
    const struct statement *s = &at->root.items[0];
    f->alias = span_eq(text_at(s, 0), SPAN("alias"));
    f->root = f->alias ? alias(b, word_at(s, 1)) : folder(b, word_at(s, 1));
    return !f->alias || at == l || l->kind == LEVEL_IF;
}

void nginx_compile_folder(struct build *b, const struct level *l)
{
    struct files *f = ARENA_NEW(b->arena, struct files);
    f->at = l->scope->at;
    (void)fill_root(b, l, f);
    l->scope->folder = f;
}

static void fill_index(struct build *b, const struct level *l, struct files *f)
{
    const struct kept *k = KEPT(l, index);
    if (k == NULL) {
        *ARENA_PUSH(b->arena, &f->index) = expr_text(b->arena, SPAN("index.html"));
        return;
    }
    for (uint32_t i = 0; i < k->count; i++)
        for (uint32_t n = 1; n < k->items[i].words.count; n++)
            *ARENA_PUSH(b->arena, &f->index) = nginx_expr(b, &b->http, word_at(&k->items[i], n), NULL);
}

static void fill_listing(struct build *b, const struct level *l, struct files *f)
{
    f->any_file = SETTING(l, random_index, false);
    if (!SETTING(l, autoindex, false))
        return;
    struct folder_listing *listing = ARENA_NEW(b->arena, struct folder_listing);
    listing->format = (enum listing_format)SETTING(l, autoindex_format, LISTING_HTML);
    listing->rough_sizes = !SETTING(l, autoindex_exact_size, true);
    listing->local_time = SETTING(l, autoindex_localtime, false);
    if (listing->format == LISTING_JSONP) {
        struct expr *e = expr_fetch(b->arena, FETCH_QUERY_PARAM, SPAN("callback"));
        e->parts.items[0].number = 1; /* in either case, as $arg_callback */
        listing->callback = e;
    }
    f->listing = listing;
}

/* ---- try_files ---- */

static void fill_fallback(struct build *b, const struct level *l, const struct word *w, struct files *f)
{
    if (span_starts_with(w->text, SPAN("="))) {
        struct word status = word_part(w, 1, w->text.len - 1);
        int64_t n;
        if (!value_number(b->diags, &status, 0, 999, &n))
            return;
        f->fallback_reply = ARENA_NEW(b->arena, struct reply);
        *f->fallback_reply = (struct reply){ .status = (uint16_t)n, .default_page = true, .at = w->at };
    } else if (span_starts_with(w->text, SPAN("@"))) {
        const struct level *named = nginx_find_named(l, w->text);
        f->fallback_scope = named ? named->scope : nginx_missing_named(b, w);
    } else {
        f->fallback_uri = nginx_expr(b, &b->http, w, NULL);
    }
}

void nginx_compile_files(struct build *b, const struct level *l)
{
    struct files *f = ARENA_NEW(b->arena, struct files);
    f->at = l->scope->at;
    f->ranges_most = (uint32_t)SETTING(l, max_ranges, UINT32_MAX);
    f->no_etag = !SETTING(l, etag, true);
    f->modified = (enum files_modified)SETTING(l, if_modified_since, MODIFIED_EXACT);
    if (!fill_root(b, l, f))
        diag_add(b->diags, &nginx_alias_inherited, word_at(&l->opening, 0)->at, DIAG_TEXT(l->path));
    fill_index(b, l, f);
    fill_listing(b, l, f);
    if (SETTING(l, gzip_static, 0)) {
        f->packed = nginx_gzip_rule(b, l);
        f->packed_always = SETTING(l, gzip_static, 0) == 2;
    }
    if (l->try_files.count) {
        const struct statement *s = &l->try_files.items[0];
        f->at = s->at;
        for (uint32_t i = 1; i + 1 < s->words.count; i++)
            *ARENA_PUSH(b->arena, &f->tries) = nginx_expr(b, &b->http, word_at(s, i), NULL);
        fill_fallback(b, l, word_at(s, s->words.count - 1), f);
        f->only_look = l->proxy_pass.count > 0;
    }
    action_add(b->config, l->scope, HOOK_REQUEST, ACTION_FILES, f->at)->files = f;
}
