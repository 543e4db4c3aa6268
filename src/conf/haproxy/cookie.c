/* SPDX-License-Identifier: Apache-2.0 */
/* cookie NAME ...: keeping a client with its server. */
#include "base/classic_hash.h"
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

struct cookie_reader {
    struct build *b;
    const struct statement *s;
    uint32_t i;
    struct cookie_policy *policy;
    unsigned modes; /* how many of rewrite, insert and prefix were said */
};

static bool on_mode(struct cookie_reader *r, int64_t mode)
{
    r->policy->mode = (enum cookie_mode)mode;
    r->modes++;
    return true;
}

static bool on_flag(struct cookie_reader *r, int64_t offset)
{
    return *(bool *)(void *)((char *)r->policy + offset) = true;
}

static bool on_time(struct cookie_reader *r, int64_t offset)
{
    duration *to = (duration *)(void *)((char *)r->policy + offset);
    return value_time(r->b->diags, WORDS_HAPROXY, word_at(r->s, ++r->i), 1000, to);
}

static bool on_domain(struct cookie_reader *r, int64_t unused)
{
    (void)unused;
    *ARENA_PUSH(r->b->arena, &r->policy->domains) = arena_span(r->b->arena, text_at(r->s, ++r->i));
    return true;
}

static bool on_attribute(struct cookie_reader *r, int64_t unused)
{
    (void)unused;
    const struct word *w = word_at(r->s, ++r->i);
    for (size_t k = 0; k < w->text.len; k++) {
        if (w->text.ptr[k] != ';' && (unsigned char)w->text.ptr[k] >= ' ')
            continue;
        diag_add(r->b->diags, &haproxy_cookie_attribute, w->at, DIAG_TEXT(w->text));
        return false;
    }
    *ARENA_PUSH(r->b->arena, &r->policy->attributes) = arena_span(r->b->arena, w->text);
    return true;
}

#define FLAG(name)                                                                                           \
    {                                                                                                        \
#name, 0, on_flag, offsetof(struct cookie_policy, name)                                              \
    }

static const struct {
    const char *word;
    uint32_t args;
    bool (*take)(struct cookie_reader *r, int64_t what);
    int64_t what;
} words[] = {
    { "rewrite", 0, on_mode, COOKIE_REWRITE },
    { "insert", 0, on_mode, COOKIE_INSERT },
    { "prefix", 0, on_mode, COOKIE_PREFIX },
    FLAG(indirect),
    FLAG(nocache),
    FLAG(postonly),
    FLAG(preserve),
    FLAG(httponly),
    FLAG(secure),
    FLAG(dynamic),
    { "maxidle", 1, on_time, offsetof(struct cookie_policy, idle_max) },
    { "maxlife", 1, on_time, offsetof(struct cookie_policy, life_max) },
    { "domain", 1, on_domain, 0 },
    { "attr", 1, on_attribute, 0 },
};

static bool take_word(struct cookie_reader *r)
{
    const char *names[COUNT_OF(words) + 1] = { NULL };
    for (size_t k = 0; k < COUNT_OF(words); k++) {
        names[k] = words[k].word;
        if (!text_is(r->s, r->i, words[k].word))
            continue;
        if (r->i + words[k].args < r->s->words.count)
            return words[k].take(r, words[k].what);
        diag_add(r->b->diags, &conf_arity, word_at(r->s, r->i)->at,
                 DIAG_TEXT(text_at(r->s, r->i), SPAN("1"), SPAN("0")));
        return false;
    }
    struct diag *d = diag_add(r->b->diags, &haproxy_action_word, word_at(r->s, r->i)->at,
                              DIAG_TEXT(text_at(r->s, r->i), SPAN("cookie")));
    const char *near = diag_nearest(text_at(r->s, r->i), names);
    if (near)
        diag_help(r->b->diags, d, "did you mean `%s`?", near);
    return false;
}

/* What goes together, as HAProxy sees it. */
static bool agrees(struct cookie_reader *r)
{
    const struct cookie_policy *p = r->policy;
    const char *why = NULL;
    bool inserts = p->mode == COOKIE_INSERT;
    if (r->modes > 1)
        why = "rewrite, insert and prefix exclude each other";
    else if ((p->postonly || p->nocache || !duration_is_none(p->idle_max) ||
              !duration_is_none(p->life_max)) &&
             !inserts)
        why = "postonly, nocache, maxidle and maxlife need insert";
    else if (p->preserve && !inserts && !p->indirect)
        why = "preserve needs insert or indirect";
    if (why)
        diag_add(r->b->diags, &haproxy_cookie_conflict, r->s->at, DIAG_TEXT(span_from(why)));
    return why == NULL;
}

/* The cookie that clients bring is obeyed, but nobody ever gives it to them. */
static void warn_passive(struct cookie_reader *r)
{
    struct span name = text_at(r->s, 1);
    struct diag *d = diag_add(r->b->diags, &haproxy_cookie_no_mode, r->s->at, DIAG_TEXT(name));
    diag_label(r->b->diags, d, "a cookie that comes in is obeyed, but none is set");
    diag_help(r->b->diags, d, "cookie %.*s insert indirect nocache", SPAN_ARGS(name));
}

void haproxy_compile_cookie(struct build *b, struct draft *d)
{
    const struct line *l = haproxy_line_last(d, KEPT_COOKIE);
    if (l == NULL || !draft_is_http(d))
        return;
    struct opened before = haproxy_line_begin(b, l);
    struct cookie_reader r = {
        .b = b, .s = &l->s, .i = 2, .policy = ARENA_NEW(b->arena, struct cookie_policy)
    };
    r.policy->name = arena_span(b->arena, text_at(&l->s, 1));
    r.policy->idle_max = r.policy->life_max = DURATION_NONE;
    r.policy->at = l->s.at;
    bool good = true;
    for (; r.i < l->s.words.count; r.i++)
        good = take_word(&r) && good;
    if (good && agrees(&r)) {
        d->pool->cookie = d->cookie = r.policy;
        if (r.policy->mode == COOKIE_PASSIVE)
            warn_passive(&r);
    }
    const struct line *key = haproxy_line_last(d, KEPT_COOKIE_KEY);
    if (key)
        r.policy->dynamic_key = arena_span(b->arena, text_at(&key->s, 1));
    haproxy_line_end(b, before);
}

/* `dynamic`: a value of the key, the address and the port, the same in every process that has this file. */
static struct span dynamic_value(struct build *b, const struct cookie_policy *c, const struct server *s)
{
    struct span ip = address_bytes(&s->address);
    uint16_t n = address_port(&s->address);
    char port[] = { 0, 0, (char)(n >> 8), (char)(n & 0xff) };
    size_t len = c->dynamic_key.len + ip.len + sizeof(port);
    char *bytes = arena_alloc(b->arena, len);
    memcpy(bytes, c->dynamic_key.ptr, c->dynamic_key.len);
    memcpy(bytes + c->dynamic_key.len, ip.ptr, ip.len);
    memcpy(bytes + c->dynamic_key.len + ip.len, port, sizeof(port));
    return arena_printf(b->arena, "%016llx", (unsigned long long)classic_xxh64(span_of(bytes, len), 0));
}

void haproxy_finish_cookie(struct build *b, struct draft *d)
{
    const struct pool *p = d->pool;
    if (p == NULL || p->cookie == NULL)
        return;
    struct cookie_policy *c = d->cookie;
    struct map *m = ARENA_NEW(b->arena, struct map);
    map_init(m, false);
    for (uint32_t i = 0; i < p->servers.count; i++) {
        struct server *s = p->servers.items[i];
        if (s->cookie.len == 0 && c->dynamic && c->dynamic_key.len)
            s->cookie = dynamic_value(b, c, s);
        if (s->cookie.len && map_get(m, s->cookie) == NULL)
            (void)map_put(b->arena, m, s->cookie, s);
    }
    c->servers = m;
    (void)haproxy_hook_action(b, d, HOOK_PICK, ACTION_COOKIE, c->at);
}

const struct keyword haproxy_cookie_words[] = {
    { "cookie", IN_D_BACK, 1, ARGS_ANY, .handle = haproxy_keep_one, .offset = KEPT_COOKIE,
      .manual = "NAME [insert|rewrite|prefix] [indirect] [nocache] [postonly] [preserve] [httponly] [secure] "
                "[domain D] [maxidle T] [maxlife T] [dynamic] [attr A]" },
    { "dynamic-cookie-key", IN_D_BACK, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_COOKIE_KEY,
      .manual = "TEXT that the values of `cookie ... dynamic` are made with" },
    { NULL },
};
