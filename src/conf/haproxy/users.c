/* SPDX-License-Identifier: Apache-2.0 */
/* userlist sections: groups, users and their passwords. */
#include "conf/haproxy/users.h"

#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

struct user_group {
    struct word name;
    LIST_OF(struct span) users;
    struct word asked; /* "users a,b", as written */
};

struct user {
    struct word name;
    struct word asked; /* "groups a,b", as written */
};

struct user_list {
    struct span name;
    struct where at;
    struct map users; /* name -> struct span of its hash */
    struct auth auth;
    LIST_OF(struct user) members;
    LIST_OF(struct user_group) groups;
};

/* ---- reading ---- */

static void on_userlist(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct user_list *l = ARENA_NEW(b->arena, struct user_list);
    l->name = arena_span(b->arena, text_at(s, 1));
    l->at = word_at(s, 1)->at;
    map_init(&l->users, false);
    l->auth = (struct auth){ .name = l->name, .users = &l->users };
    for (uint32_t i = 0; i < b->user_lists.count; i++)
        if (span_eq(b->user_lists.items[i]->name, l->name))
            diag_also(b->diags, diag_add(b->diags, &haproxy_user_twice, l->at, DIAG_TEXT(l->name)),
                      b->user_lists.items[i]->at, "the first one");
    *ARENA_PUSH(b->arena, &b->user_lists) = l;
    b->context = IN_USERLIST;
}

static struct user_list *open_list(struct build *b)
{
    return b->user_lists.items[b->user_lists.count - 1];
}

static bool bad_word(struct build *b, const struct statement *s, uint32_t i)
{
    diag_add(b->diags, &haproxy_action_word, word_at(s, i)->at, DIAG_TEXT(text_at(s, i), text_at(s, 0)));
    return false;
}

static struct user_group *find_group(const struct user_list *l, struct span name)
{
    for (uint32_t i = 0; i < l->groups.count; i++)
        if (span_eq(l->groups.items[i].name.text, name))
            return &l->groups.items[i];
    return NULL;
}

/* group NAME [users a,b] */
static void on_group(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct user_list *l = open_list(b);
    (void)k;
    if (find_group(l, text_at(s, 1))) {
        diag_add(b->diags, &haproxy_user_twice, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1)));
        return;
    }
    struct user_group *g = ARENA_PUSH(b->arena, &l->groups);
    *g = (struct user_group){ .name = *word_at(s, 1) };
    if (s->words.count == 2)
        return;
    if (!text_is(s, 2, "users") || s->words.count != 4)
        (void)bad_word(b, s, 2);
    else
        g->asked = *word_at(s, 3);
}

/* "{PLAIN}" before what is no hash. */
static struct span *password(struct build *b, const struct statement *s, uint32_t i)
{
    struct span *hash = ARENA_NEW(b->arena, struct span);
    *hash = text_is(s, i, "password") ? arena_span(b->arena, text_at(s, i + 1))
                                      : arena_printf(b->arena, "{PLAIN}%.*s", SPAN_ARGS(text_at(s, i + 1)));
    return hash;
}

/* user NAME [password HASH | insecure-password TEXT] [groups a,b] */
static void on_user(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct user_list *l = open_list(b);
    struct user u = { .name = *word_at(s, 1) };
    struct span *hash = NULL;
    (void)k;
    for (uint32_t i = 2; i < s->words.count; i += 2) {
        bool more = i + 1 < s->words.count;
        if (more && (text_is(s, i, "password") || text_is(s, i, "insecure-password")))
            hash = password(b, s, i);
        else if (more && text_is(s, i, "groups"))
            u.asked = *word_at(s, i + 1);
        else if (!bad_word(b, s, i))
            return;
    }
    if (hash == NULL) { /* somebody whom no password lets in */
        hash = ARENA_NEW(b->arena, struct span);
        *hash = SPAN("!");
    }
    if (map_put(b->arena, &l->users, arena_span(b->arena, u.name.text), hash))
        diag_add(b->diags, &haproxy_user_twice, u.name.at, DIAG_TEXT(u.name.text));
    *ARENA_PUSH(b->arena, &l->members) = u;
}

/* ---- who belongs to whom ---- */

static void say_missing(struct build *b, const struct diag_kind *kind, const struct word *w, struct span name,
                        const struct user_list *l)
{
    diag_add(b->diags, kind, w->at, DIAG_TEXT(name, l->name));
}

static void join_groups(struct build *b, struct user_list *l, const struct user *u)
{
    for (struct span rest = u->asked.text; rest.ptr && rest.len;) {
        struct span name = span_cut(&rest, ',');
        struct user_group *g = find_group(l, name);
        if (g)
            *ARENA_PUSH(b->arena, &g->users) = arena_span(b->arena, u->name.text);
        else
            say_missing(b, &haproxy_no_user_group, &u->asked, name, l);
    }
}

static void take_users(struct build *b, struct user_list *l, struct user_group *g)
{
    for (struct span rest = g->asked.text; rest.ptr && rest.len;) {
        struct span name = span_cut(&rest, ',');
        if (map_get(&l->users, name))
            *ARENA_PUSH(b->arena, &g->users) = arena_span(b->arena, name);
        else
            say_missing(b, &haproxy_no_list_user, &g->asked, name, l);
    }
}

void haproxy_finish_users(struct build *b)
{
    for (uint32_t i = 0; i < b->user_lists.count; i++) {
        struct user_list *l = b->user_lists.items[i];
        for (uint32_t k = 0; k < l->groups.count; k++)
            take_users(b, l, &l->groups.items[k]);
        for (uint32_t k = 0; k < l->members.count; k++)
            join_groups(b, l, &l->members.items[k]);
    }
}

/* ---- asking ---- */

const struct user_list *haproxy_user_list(struct build *b, const struct word *w, struct span name)
{
    for (uint32_t i = 0; i < b->user_lists.count; i++)
        if (span_eq(b->user_lists.items[i]->name, name))
            return b->user_lists.items[i];
    diag_add(b->diags, &haproxy_no_user_list, w->at, DIAG_TEXT(name));
    return NULL;
}

const struct auth *haproxy_user_list_auth(const struct user_list *l)
{
    return &l->auth;
}

bool haproxy_group_texts(struct build *b, const struct user_list *l, const struct word *group, struct test *t)
{
    const struct user_group *g = find_group(l, group->text);
    if (g == NULL) {
        say_missing(b, &haproxy_no_user_group, group, group->text, l);
        return false;
    }
    for (uint32_t i = 0; i < g->users.count; i++)
        *ARENA_PUSH(b->arena, &t->texts) = g->users.items[i];
    return true;
}

void haproxy_on_auth(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct span realm = b->ruleset == RULES_STATS ? SPAN("HAProxy Statistics") : b->at->name;
    (void)k;
    if (s->words.count > 1) {
        if (!text_is(s, 1, "realm") || s->words.count != 3) {
            (void)bad_word(b, s, 1);
            return;
        }
        realm = text_at(s, 2);
    }
    struct reply *reply = haproxy_default_reply(b, 401, s->at);
    *ARENA_PUSH(b->arena, &reply->fields) =
        (struct field_line){ SPAN("www-authenticate"),
                             expr_text(b->arena,
                                       arena_printf(b->arena, "Basic realm=\"%.*s\"", SPAN_ARGS(realm))) };
    haproxy_action(b, ACTION_REPLY)->reply = reply;
}

const struct keyword haproxy_user_words[] = {
    { "userlist", IN_FILE, 1, 1, .handle = on_userlist,
      .manual = "NAME: users for http_auth() and http_auth_group()" },
    { "group", IN_USERLIST, 1, 3, .handle = on_group, .manual = "NAME [users NAME,...]" },
    { "user", IN_USERLIST, 1, ARGS_ANY, .handle = on_user,
      .manual = "NAME [password HASH | insecure-password TEXT] [groups NAME,...]: hashes of crypt(3)" },
    { NULL },
};
