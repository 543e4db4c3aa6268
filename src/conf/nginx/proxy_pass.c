/* SPDX-License-Identifier: Apache-2.0 */
/* Where proxy_pass goes: an upstream, an address, or what variables say; and names that nobody knows. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

/* "http://HOST/URI": offsets into the word. */
struct url {
    size_t host, uri; /* <uri> is the word's length when there is none */
    bool secure;
};

static bool split_url(struct build *b, const struct word *w, struct url *out)
{
    struct span text = w->text;
    out->secure = span_starts_with_nocase(text, SPAN("https://"));
    if (!out->secure && !span_starts_with_nocase(text, SPAN("http://"))) {
        diag_add(b->diags, &nginx_bad_url, w->at, DIAG_TEXT(text));
        return false;
    }
    out->host = out->secure ? 8 : 7;
    struct span rest = span_from_index(text, out->host);
    size_t end;
    if (span_starts_with(rest, SPAN("unix:"))) {
        end = span_find_char(span_from_index(rest, 5), ':');
        out->uri = end == SPAN_NONE ? text.len : out->host + 5 + end + 1;
    } else {
        end = 0;
        while (end < rest.len && !strchr("/?", rest.ptr[end]))
            end++;
        /* "http://app$request_uri": that variable begins with a slash */
        size_t whole = span_find(span_first(rest, end), SPAN("$request_uri"));
        end = whole != SPAN_NONE && whole + strlen("$request_uri") == end ? whole : end;
        out->uri = out->host + end;
    }
    return true;
}

/* The word of the host; the colon that ends a socket's path does not belong to it. */
static struct word host_word(const struct word *w, const struct url *u)
{
    size_t len = u->uri - u->host;
    if (u->uri < w->text.len && span_starts_with(span_from_index(w->text, u->host), SPAN("unix:")))
        len--;
    return word_part(w, u->host, len);
}

/* $proxy_host: as it is written; of a socket it is localhost. */
static struct span shown_host(const struct word *host)
{
    return span_starts_with(host->text, SPAN("unix:")) ? SPAN("localhost") : host->text;
}

static struct span without_port(struct span host)
{
    size_t colon = span_starts_with(host, SPAN("[")) ? SPAN_NONE : span_find_char(host, ':');
    return colon == SPAN_NONE ? host : span_first(host, colon);
}

static bool is_known(struct build *b, struct span host)
{
    struct address ip;
    struct span name = without_port(host);
    if (span_starts_with(host, SPAN("[")) || span_starts_with(host, SPAN("unix:")) || name.len == 0 ||
        address_parse_ip(name, &ip))
        return true;
    struct answer a = world_ask(b->world, ASK_HOST, arena_span(b->arena, name));
    return a.error == 0 && a.bytes.len > 0;
}

struct pool *nginx_target_pool(struct build *b, struct side *side, const struct word *w, bool secure)
{
    struct span name = without_port(w->text);
    struct upstream *u = nginx_find_upstream(side, name);
    if (u && name.len != w->text.len) {
        struct diag *d = diag_add(b->diags, &nginx_upstream_port, w->at,
                                  DIAG_TEXT(name, span_from_index(w->text, name.len + 1)));
        diag_also(b->diags, d, u->at, "its servers have their own ports");
        return NULL;
    }
    if (u) {
        u->used = true;
        return u->pool;
    }
    if (!is_known(b, w->text)) {
        *ARENA_PUSH(b->arena, &b->unresolved) = (struct unresolved){ .side = side, .word = *w };
        return NULL;
    }
    return nginx_address_pool(b, side, w, w->text, side->stream ? 0 : secure ? HTTPS_PORT : HTTP_PORT);
}

/* ---- names that nobody knows ---- */

static const struct upstream *nearest(struct build *b, const struct unresolved *u, bool unused)
{
    LIST_OF(const char *) names = { 0 };
    for (uint32_t i = 0; i < u->side->upstreams.count; i++)
        if (!unused || !u->side->upstreams.items[i]->used)
            *ARENA_PUSH(b->arena, &names) = arena_span(b->arena, u->side->upstreams.items[i]->name).ptr;
    *ARENA_PUSH(b->arena, &names) = NULL;
    const char *name = diag_nearest(without_port(u->word.text), names.items);
    return name ? nginx_find_upstream(u->side, span_from(name)) : NULL;
}

/* The only upstream that nobody uses; NULL when there are none or several. */
static const struct upstream *only_unused(const struct unresolved *u)
{
    const struct upstream *found = NULL;
    for (uint32_t i = 0; i < u->side->upstreams.count; i++) {
        const struct upstream *candidate = u->side->upstreams.items[i];
        if (candidate->used)
            continue;
        if (found)
            return NULL;
        found = candidate;
    }
    return found;
}

/* The upstream that was meant, most likely. */
static const struct upstream *meant(struct build *b, const struct unresolved *u)
{
    const struct upstream *m = only_unused(u);
    m = m ? m : nearest(b, u, true);
    return m ? m : nearest(b, u, false);
}

void nginx_say_unresolved(struct build *b)
{
    for (uint32_t i = 0; i < b->unresolved.count; i++) {
        const struct unresolved *u = &b->unresolved.items[i];
        struct span name = without_port(u->word.text);
        struct diag *d = diag_add(b->diags, &nginx_unknown_upstream, u->word.at, DIAG_TEXT(name));
        diag_label(b->diags, d, "no such upstream, and no such name in DNS");
        const struct upstream *m = meant(b, u);
        if (m == NULL)
            continue;
        diag_also(b->diags, d, m->at, m->used ? "this one there is" : "defined here, used by nobody");
        diag_help(b->diags, d, "proxy_pass %s%.*s;", u->side->stream ? "" : "http://", SPAN_ARGS(m->name));
    }
    b->unresolved.count = 0;
}

/* ---- proxy_pass of http ---- */

/* Is the upstream's name what the server gets as Host? */
static bool sends_own_name(const struct proxy *p)
{
    for (uint32_t i = 0; i < p->fields.count; i++) {
        const struct field_line *line = &p->fields.items[i];
        if (span_eq_nocase(line->name, SPAN("Host")))
            return line->value->parts.count && line->value->parts.items[0].kind == PART_FETCH &&
                   line->value->parts.items[0].fetch == FETCH_PROXY_HOST;
    }
    return false;
}

/* Tomcat since 8.5.31, and others, answer 400 to a host name with an underscore. */
static void warn_of_host(struct build *b, const struct proxy *p, const struct word *host)
{
    if (p->pool->implicit || !sends_own_name(p) || span_find_char(p->pool->name, '_') == SPAN_NONE)
        return;
    struct diag *d = diag_add(b->diags, &nginx_underscore_host, host->at, DIAG_TEXT(p->pool->name));
    diag_help(b->diags, d, "proxy_set_header Host $host;");
}

static bool may_have_uri(struct build *b, const struct level *l, const struct word *w, const struct url *u)
{
    bool own = l->proxy_pass.count > 0; /* else it is the location's, around an `if` */
    if (u->uri >= w->text.len || !own ||
        (l->kind != LEVEL_IF && l->location != LOCATION_REGEX && l->location != LOCATION_NAMED))
        return true;
    struct word uri = word_part(w, u->uri, w->text.len - u->uri);
    diag_add(b->diags, &nginx_no_uri_here, uri.at, DIAG_TEXT(uri.text));
    return false;
}

/* Every upstream may be named while running. */
const struct map *nginx_all_pools(struct build *b, const struct side *side)
{
    struct map *pools = ARENA_NEW(b->arena, struct map);
    map_init(pools, true);
    for (uint32_t i = 0; i < side->upstreams.count; i++) {
        struct upstream *u = side->upstreams.items[i];
        u->used = true;
        u->pool->uses++;
        (void)map_put(b->arena, pools, u->name, u->pool);
    }
    return pools;
}

/* Its only server is wherever a name that was met leads. */
struct pool *nginx_found_pool(struct build *b, const struct word *w)
{
    struct span name = SPAN("computed");
    struct pool *p = config_find_pool(b->config, LANGUAGE_NGINX, name);
    if (p)
        return p;
    p = config_add_pool(b->config, LANGUAGE_NGINX, name);
    p->at = w->at;
    p->implicit = p->single_never_fails = true;
    struct server *server = config_add_server(b->config, p);
    server->name = name;
    server->at = w->at;
    return p;
}

/* The host has variables: where the request goes is computed for each. */
static bool computed_host(struct build *b, const struct level *l, const struct word *w, struct proxy *p)
{
    p->target = nginx_expr(b, &b->http, w, NULL);
    p->pools = nginx_all_pools(b, &b->http);
    p->resolver = nginx_resolver(b, l);
    p->pool = nginx_found_pool(b, w);
    if (!span_starts_with_nocase(w->text, SPAN("http://")))
        p->scheme = SPAN("https"); /* it may be */
    return true;
}

/* Only what follows the host has variables: it is the whole target, in place of the request's. */
static bool computed_target(struct build *b, const struct level *l, const struct word *w, struct proxy *p)
{
    struct url u;
    if (span_starts_with(w->text, SPAN("$")))
        return computed_host(b, l, w, p);
    if (!split_url(b, w, &u))
        return false;
    struct word host = host_word(w, &u);
    if (nginx_has_variables(host.text))
        return computed_host(b, l, w, p);
    if (u.secure)
        p->scheme = SPAN("https");
    p->host = shown_host(&host);
    p->pool = nginx_target_pool(b, &b->http, &host, u.secure);
    if (p->pool == NULL)
        return false;
    struct word uri = word_part(w, u.uri, w->text.len - u.uri);
    p->replace_target = true;
    p->uri = nginx_expr(b, &b->http, &uri, NULL);
    return true;
}

bool nginx_proxy_target(struct build *b, const struct level *l, const struct word *w, struct proxy *p)
{
    struct url u;
    p->scheme = SPAN("http");
    if (nginx_has_variables(w->text))
        return computed_target(b, l, w, p);
    if (!split_url(b, w, &u) || !may_have_uri(b, l, w, &u))
        return false;
    struct word host = host_word(w, &u);
    if (host.text.len == 0) {
        diag_add(b->diags, &nginx_no_host, w->at, DIAG_TEXT(w->text));
        return false;
    }
    if (u.uri < w->text.len) {
        struct word uri = word_part(w, u.uri, w->text.len - u.uri);
        p->replace_prefix = true;
        p->uri = nginx_expr(b, &b->http, &uri, NULL);
    }
    if (u.secure)
        p->scheme = SPAN("https");
    p->host = shown_host(&host);
    p->pool = nginx_target_pool(b, &b->http, &host, u.secure);
    if (p->pool)
        warn_of_host(b, p, &host);
    return p->pool != NULL;
}
