/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts: words, users, and what can be said about a script before it ever runs. */
#include <errno.h>
#include <string.h>

#include "conf/keepalived/keepalived_internal.h"

/* SCRIPT [USER [GROUP]] */
void ka_read_command(struct build *b, const struct statement *s, struct command_draft *d)
{
    (void)b;
    *d = (struct command_draft){ .set = true, .text = *word_at(s, 1) };
    if (s->words.count > 2)
        d->user = *word_at(s, 2);
    if (s->words.count > 3)
        d->group = *word_at(s, 3);
}

/* ---- words ---- */

/* The next word of a command line: blanks separate, quotes keep them. False at the end. */
static bool next_word(struct build *b, struct span *line, struct span *word, bool *bad)
{
    struct buf out;
    size_t i = 0;
    while (i < line->len && (line->ptr[i] == ' ' || line->ptr[i] == '\t'))
        i++;
    if (i == line->len)
        return false;
    char *room = arena_alloc(b->arena, line->len + 1);
    buf_init_fixed(&out, room, line->len);
    char quote = 0;
    for (; i < line->len; i++) {
        char c = line->ptr[i];
        if (quote ? c == quote : c == '\'' || c == '"')
            quote = quote ? 0 : c;
        else if (quote || (c != ' ' && c != '\t'))
            buf_put_char(&out, c);
        else
            break;
    }
    *bad |= quote != 0;
    *line = span_from_index(*line, i);
    *word = buf_span(&out);
    return true;
}

static void split(struct build *b, struct vrrp_command *c, const struct word *text)
{
    struct span line = text->text, word;
    bool bad = false;
    while (next_word(b, &line, &word, &bad))
        *ARENA_PUSH(b->arena, &c->words) = ka_keep(b, word);
    if (bad)
        diag_add(b->diags, &ka_bad_quotes, text->at, DIAG_TEXT(text->text));
}

/* ---- users ---- */

static bool ask_ids(struct build *b, enum question q, struct span name, uint64_t *first, uint64_t *second)
{
    struct answer a = world_ask(b->world, q, name);
    if (a.error)
        return false;
    struct span rest = a.bytes;
    struct span one = span_cut(&rest, ' ');
    return span_to_u64(one, UINT32_MAX, first) && (second == NULL || span_to_u64(rest, UINT32_MAX, second));
}

void ka_user(struct build *b, const struct word *user, const struct word *group, uint32_t *uid, uint32_t *gid)
{
    uint64_t u, g;
    if (!ask_ids(b, ASK_USER, user->text, &u, &g)) {
        diag_add(b->diags, &ka_no_user, user->at, DIAG_TEXT(user->text));
        return;
    }
    if (group->text.len && !ask_ids(b, ASK_GROUP, group->text, &g, NULL)) {
        diag_add(b->diags, &ka_no_user, group->at, DIAG_TEXT(group->text));
        return;
    }
    *uid = (uint32_t)u;
    *gid = (uint32_t)g;
}

/* As keepalived: script_user, else the user keepalived_script where there is one, else root. */
static void default_user(struct build *b, struct vrrp_command *c)
{
    uint64_t u, g;
    c->uid = c->gid = 0;
    if (b->global.script_user.text.len)
        ka_user(b, &b->global.script_user, &b->global.script_group, &c->uid, &c->gid);
    else if (ask_ids(b, ASK_USER, SPAN("keepalived_script"), &u, &g))
        c->uid = (uint32_t)u, c->gid = (uint32_t)g;
    else
        diag_add(b->diags, &ka_script_root, c->at, DIAG_TEXT(c->words.items[0]));
}

/* ---- is it there, and whose is it? ---- */

/* "0755 0 0" */
struct owner {
    uint64_t mode, uid, gid;
};

static int ask_owner(struct build *b, struct span path, struct owner *o)
{
    struct answer a = world_ask(b->world, ASK_FILE_MODE, path);
    if (a.error)
        return a.error;
    struct span rest = a.bytes;
    struct span mode = span_cut(&rest, ' '), uid = span_cut(&rest, ' ');
    o->mode = 0;
    for (size_t i = 0; i < mode.len; i++)
        o->mode = o->mode * 8 + (uint64_t)(mode.ptr[i] - '0');
    return span_to_u64(uid, UINT32_MAX, &o->uid) && span_to_u64(rest, UINT32_MAX, &o->gid) ? 0 : EINVAL;
}

/* Who but root may write it? A folder with the sticky bit lets nobody replace what is not theirs. */
static bool is_open(const struct owner *o, bool folder)
{
    bool sticky = folder && (o->mode & 01000);
    return o->uid != 0 || (o->gid != 0 && (o->mode & 0020)) || ((o->mode & 0002) && !sticky);
}

/* The first part of <path>, from the root to the file, that others may write; empty when there is none. */
static struct span open_part(struct build *b, struct span path)
{
    for (size_t i = 1; i <= path.len; i++) {
        bool end = i == path.len;
        if (!end && path.ptr[i] != '/')
            continue;
        struct span part = ka_keep(b, span_first(path, i));
        struct owner o;
        if (ask_owner(b, part, &o) == 0 && is_open(&o, !end))
            return part;
    }
    return SPAN("");
}

/* The course's own check script does this: it works once, and never comes back. */
static void check_text(struct build *b, const struct vrrp_command *c)
{
    static const char *const calls[] = { "keepalived stop",  "stop keepalived", "killall keepalived",
                                         "pkill keepalived", "keel stop",       "stop keel",
                                         "killall keel",     "pkill keel" };
    struct answer a = world_ask(b->world, ASK_FILE, c->words.items[0]);
    if (a.error || !span_starts_with(a.bytes, SPAN("#!")))
        return;
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        if (span_find(a.bytes, span_from(calls[i])) != SPAN_NONE) {
            diag_add(b->diags, &ka_script_stops_us, c->at, DIAG_TEXT(c->words.items[0]));
            return;
        }
}

static bool may_run(const struct owner *o, const struct vrrp_command *c)
{
    if (c->uid == 0)
        return o->mode & 0111;
    uint64_t bit = o->uid == c->uid ? 0100 : o->gid == c->gid ? 0010 : 0001;
    return o->mode & bit;
}

/* False: it must not be run. */
static bool check_script(struct build *b, const struct vrrp_command *c)
{
    struct span path = c->words.items[0];
    if (!span_starts_with(path, SPAN("/"))) {
        diag_add(b->diags, &ka_script_relative, c->at, DIAG_TEXT(path));
        return true;
    }
    struct owner o;
    int error = ask_owner(b, path, &o);
    if (error) {
        diag_add(b->diags, &ka_script_missing, c->at, DIAG_TEXT(path, span_from(strerrordesc_np(error))));
        return true; /* it may come yet; until then it fails */
    }
    if (!may_run(&o, c))
        diag_add(b->diags, &ka_script_not_exec, c->at, DIAG_TEXT(path));
    check_text(b, c);
    if (c->uid != 0)
        return true;
    struct span part = open_part(b, path);
    bool secure = b->global.script_security.set && b->global.script_security.n;
    if (part.len)
        diag_add(b->diags, secure ? &ka_script_insecure : &ka_script_open, c->at, DIAG_TEXT(path, part));
    return part.len == 0 || !secure;
}

uint32_t ka_command(struct build *b, const struct command_draft *d, struct span name, uint64_t timeout_us)
{
    if (!d->set || d->text.text.len == 0)
        return VRRP_NONE;
    struct vrrp_command c = { .name = name, .timeout_us = timeout_us, .at = d->text.at };
    split(b, &c, &d->text);
    for (uint32_t i = 0; i < d->more.count; i++)
        *ARENA_PUSH(b->arena, &c.words) = ka_keep(b, d->more.items[i].text);
    if (c.words.count == 0)
        return VRRP_NONE;
    c.user = ka_keep(b, d->user.text);
    c.group = ka_keep(b, d->group.text);
    if (d->user.text.len)
        ka_user(b, &d->user, &d->group, &c.uid, &c.gid);
    else
        default_user(b, &c);
    if (!check_script(b, &c))
        return VRRP_NONE;
    *ARENA_PUSH(b->arena, &b->v->commands) = c;
    return b->v->commands.count - 1;
}
