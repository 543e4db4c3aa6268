/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ACLs and maps: what they match is looked at and changed. HAProxy's words and
 * sentences; state/pattern_state.h does it.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/command_internal.h"
#include "base/buf.h"
#include "state/snapshot.h"

#define PAYLOAD_LINES 1000000
#define ENTRY_BASE    0x10000000 /* so that an entry's number is not mistaken for a line's */

struct pattern_call {
    struct call *c;
    bool map;
    bool has_version;
    uint32_t version;
    unsigned at; /* the argument behind the list's name */
    const struct pattern_list *model;
    struct pattern_state *state;
};

/* ---- the list ---- */

static bool is_of(const struct pattern_list *l, bool map)
{
    return map ? l->of_maps : l->of_acls;
}

/* "#12", or a file's name. */
static const struct pattern_list *find_list(const struct call *c, struct span name, bool map)
{
    const struct config *config = c->now->snapshot->config;
    bool by_id = span_starts_with(name, SPAN("#"));
    uint64_t id = 0;

    if (name.len == 0 || (by_id && !span_to_u64(span_from_index(name, 1), INT32_MAX, &id)))
        return NULL;
    for (uint32_t i = 0; i < config->pattern_lists.count; i++) {
        const struct pattern_list *l = config->pattern_lists.items[i];
        if (is_of(l, map) && (by_id ? l->id == (int64_t)id : span_eq(l->file, name)))
            return l;
    }
    return NULL;
}

/* "@2" in front: which version. */
static void take_version(struct pattern_call *p)
{
    struct span word = call_arg(p->c, 0);
    uint64_t n = 0;

    p->version = PATTERN_CURRENT;
    p->has_version = span_starts_with(word, SPAN("@"));
    if (!p->has_version)
        return;
    (void)span_to_u64(span_from_index(word, 1), UINT32_MAX - 1, &n);
    p->version = (uint32_t)n;
    p->at = 1;
}

static void begin(struct pattern_call *p, struct call *c, bool map)
{
    *p = (struct pattern_call){ .c = c, .map = map };
    take_version(p);
}

static struct span next_arg(struct pattern_call *p)
{
    return call_arg(p->c, p->at++);
}

static bool take_list(struct pattern_call *p)
{
    p->model = find_list(p->c, next_arg(p), p->map);
    if (p->model == NULL) {
        (void)call_fail(p->c, "Unknown %s identifier. Please use #<id> or <file>.", p->map ? "map" : "ACL");
        return false;
    }
    p->state = snapshot_patterns_of(p->c->now->snapshot, p->model);
    return true;
}

/* "#0x2a": one entry, as it is shown. */
static bool entry_of(struct span key, uint64_t *entry)
{
    char text[24] = { 0 }, *end;

    if (!span_starts_with(key, SPAN("#")) || key.len < 2 || key.len > sizeof(text) - 1)
        return false;
    memcpy(text, key.ptr + 1, key.len - 1);
    *entry = strtoull(text, &end, 16) - ENTRY_BASE;
    return *end == '\0';
}

static void note(const struct pattern_call *p, const char *what)
{
    char room[160];
    struct buf text;

    buf_init_fixed(&text, room, sizeof(room));
    buf_printf(&text, "%s %.*s", what, SPAN_ARGS(span_first(p->model->identity, 100)));
    act_note(p->c->now, &p->c->session->by, buf_span(&text));
}

/* ---- showing ---- */

struct shown {
    struct buf *out;
    bool map;
};

static bool show_entry(void *to, uint64_t entry, const struct pattern_text *t)
{
    const struct shown *s = to;

    buf_printf(s->out, "0x%012llx %.*s", (unsigned long long)entry + ENTRY_BASE, SPAN_ARGS(t->key));
    if (s->map)
        buf_printf(s->out, " %.*s", SPAN_ARGS(t->value));
    buf_put_char(s->out, '\n');
    return !s->out->truncated;
}

static int compare_ids(const void *a, const void *b)
{
    const struct pattern_list *x = *(struct pattern_list *const *)a, *y = *(struct pattern_list *const *)b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static void show_lists(struct call *c, bool map)
{
    const struct config *config = c->now->snapshot->config;
    uint32_t count = config->pattern_lists.count;
    struct pattern_list **lists = calloc(count + 1, sizeof(struct pattern_list *));
    struct pattern_numbers n;

    buf_put(c->out, SPAN("# id (file) description\n"));
    for (uint32_t i = 0; lists && i < count; i++)
        lists[i] = config->pattern_lists.items[i];
    if (lists)
        qsort(lists, count, sizeof(struct pattern_list *), compare_ids);
    for (uint32_t i = 0; lists && i < count; i++) {
        const struct pattern_list *l = lists[i];
        if (!is_of(l, map))
            continue;
        pattern_numbers(snapshot_patterns_of(c->now->snapshot, l), &n);
        buf_printf(c->out, "%lld (%.*s) %.*s. curr_ver=%u next_ver=%u entry_cnt=%u\n", (long long)l->id,
                   SPAN_ARGS(l->file), SPAN_ARGS(l->about), n.current, n.next, n.entries * l->users.count);
    }
    free(lists);
}

static enum command_result show(struct call *c, bool map)
{
    struct pattern_call p;
    struct shown to = { .out = c->out, .map = map };

    begin(&p, c, map);
    if (c->count == 0) {
        show_lists(c, map);
        return COMMAND_DONE;
    }
    if (!take_list(&p))
        return COMMAND_FAILED;
    pattern_each(p.state, p.version, show_entry, &to);
    return COMMAND_DONE;
}

enum command_result show_acl(struct call *c)
{
    return show(c, false);
}
enum command_result show_map(struct call *c)
{
    return show(c, true);
}

/* ---- asking what a value would match ---- */

static const char *method_name(const struct pattern_user *u)
{
    static const char *const names[] = {
        [MATCH_FOUND] = "found", [MATCH_BOOL] = "bool", [MATCH_INT] = "int", [MATCH_IP] = "ip",
        [MATCH_EXACT] = "str",   [MATCH_BEGIN] = "beg", [MATCH_END] = "end", [MATCH_SUB] = "sub",
        [MATCH_DIR] = "dir",     [MATCH_DOM] = "dom",   [MATCH_LEN] = "len", [MATCH_BIN] = "bin",
        [MATCH_REGEX] = "reg",   [MATCH_FILE] = "file",
    };
    return u->groups ? "regm" : names[u->how];
}

static bool is_in_tree(const struct pattern_user *u)
{
    return u->how == MATCH_IP || ((u->how == MATCH_EXACT || u->how == MATCH_BEGIN) && !u->nocase);
}

static const char *type_name(enum value_type t)
{
    return t == VALUE_INT ? "sint" : t == VALUE_IP ? "addr" : "str";
}

static bool add_to_set(void *to, uint64_t entry, const struct pattern_text *t)
{
    struct buf why;
    char room[128];

    (void)entry;
    buf_init_fixed(&why, room, sizeof(room));
    (void)!pattern_set_add(to, t, &why);
    return true;
}

static const struct pattern_row *find_row(const struct pattern_user *u, const struct pattern_set *set,
                                          struct span subject)
{
    struct address ip;

    if (u->how != MATCH_IP)
        return pattern_set_find(set, subject, NULL, NULL);
    return address_parse_ip(subject, &ip) ? pattern_set_find(set, SPAN(""), &ip, NULL) : NULL;
}

static void get_of_user(const struct pattern_call *p, const struct pattern_user *u, struct span subject)
{
    struct pattern_set *set = pattern_set_new(u);
    struct buf *out = p->c->out;

    pattern_each(p->state, PATTERN_CURRENT, add_to_set, set);
    pattern_set_finish(set);
    const struct pattern_row *row = find_row(u, set, subject);
    buf_printf(out, "type=%s, case=%s, %s=%s", method_name(u), u->nocase ? "insensitive" : "sensitive",
               p->map ? "found" : "match", row ? "yes" : "no");
    if (row) {
        buf_printf(out, ", idx=%s, %s=\"", is_in_tree(u) ? "tree" : "list", p->map ? "key" : "pattern");
        pattern_row_put_key(row, out);
        buf_put_char(out, '"');
    }
    if (row && p->map)
        buf_printf(out, ", value=\"%.*s\", type=\"%s\"", SPAN_ARGS(pattern_row_value(row)),
                   type_name(u->gives));
    buf_put_char(out, '\n');
    pattern_set_free(&set);
}

static enum command_result get(struct call *c, bool map)
{
    struct pattern_call p;

    begin(&p, c, map);
    if (c->count < 2)
        return call_fail(c, "Missing %s identifier and/or key.", map ? "map" : "ACL");
    if (!take_list(&p))
        return COMMAND_FAILED;
    struct span subject = next_arg(&p);
    for (uint32_t i = 0; i < p.model->users.count; i++)
        if (p.model->users.items[i]->of_map == map)
            get_of_user(&p, p.model->users.items[i], subject);
    return COMMAND_DONE;
}

enum command_result get_acl(struct call *c)
{
    return get(c, false);
}
enum command_result get_map(struct call *c)
{
    return get(c, true);
}

/* ---- adding ---- */

static enum command_result answer(struct pattern_call *p, const char *what, enum pattern_result r,
                                  const struct buf *why)
{
    switch (r) {
    case PATTERN_DONE:
        note(p, what);
        break;
    case PATTERN_NO_KEY:
        return call_fail(p->c, "Key not found.");
    case PATTERN_BAD:
        return call_fail(p->c, "%.*s.", SPAN_ARGS(buf_span(why)));
    case PATTERN_FUTURE:
        return call_fail(p->c, "Version number in the future, please use 'prepare %s' before.",
                         p->map ? "map" : "acl");
    }
    if (!patterns_are_kept(p->c->now->snapshot->world))
        buf_put(p->c->out,
                SPAN("Done, but not kept for a worker that is killed: there is no room for it.\n"));
    return COMMAND_DONE;
}

static enum command_result add_texts(struct pattern_call *p, const struct pattern_text *texts, uint32_t count)
{
    struct buf why;
    char room[512];

    buf_init_fixed(&why, room, sizeof(room));
    return answer(p, p->map ? "add map" : "add acl", pattern_add(p->state, p->version, texts, count, &why),
                  &why);
}

/* "KEY VALUE" lines behind "<<". */
static enum command_result add_payload(struct pattern_call *p, struct span payload)
{
    uint32_t count = 0, room = 1;

    for (size_t i = 0; i < payload.len; i++)
        room += payload.ptr[i] == '\n';
    struct pattern_text *texts = room <= PAYLOAD_LINES ? calloc(room, sizeof(*texts)) : NULL;
    if (texts == NULL)
        return call_fail(p->c, "There is no memory for that now.");
    enum command_result result = COMMAND_DONE;
    while (payload.len > 0 && result == COMMAND_DONE) {
        struct span value = span_trim(span_cut(&payload, '\n')), key = value;
        size_t blank = 0;
        if (value.len == 0)
            continue;
        while (blank < value.len && value.ptr[blank] != ' ' && value.ptr[blank] != '\t')
            blank++;
        key = span_first(value, blank);
        value = span_trim(span_from_index(value, blank));
        if (value.len == 0)
            result = call_fail(p->c, "Missing value for key '%.*s'.", SPAN_ARGS(key));
        texts[count++] = (struct pattern_text){ .key = key, .value = value };
    }
    if (result == COMMAND_DONE)
        result = add_texts(p, texts, count);
    free(texts);
    return result;
}

enum command_result add_acl(struct call *c)
{
    struct pattern_call p;

    begin(&p, c, false);
    if (c->count < p.at + 2)
        return call_fail(c, "'add acl' expects two parameters: ACL identifier and pattern.");
    if (!take_list(&p))
        return COMMAND_FAILED;
    const struct pattern_text text = { .key = next_arg(&p) };
    return add_texts(&p, &text, 1);
}

enum command_result add_map(struct call *c)
{
    struct pattern_call p;
    struct span payload = c->session->payload;

    begin(&p, c, true);
    if (c->count < p.at + (payload.ptr ? 1 : 3))
        return call_fail(c, "'add map' expects three parameters (map identifier, key and value) or one "
                            "parameter (map identifier) and a payload");
    if (!take_list(&p))
        return COMMAND_FAILED;
    if (payload.ptr)
        return add_payload(&p, payload);
    const struct pattern_text text = { .key = call_arg(c, p.at), .value = call_arg(c, p.at + 1) };
    return add_texts(&p, &text, 1);
}

/* ---- changing, deleting ---- */

enum command_result set_map(struct call *c)
{
    struct pattern_call p;
    struct buf why;
    char room[512];
    uint64_t entry;

    begin(&p, c, true);
    if (c->count < 3)
        return call_fail(c, "'set map' expects three parameters: map identifier, key and value.");
    if (!take_list(&p))
        return COMMAND_FAILED;
    struct span key = next_arg(&p), value = next_arg(&p);
    bool one = entry_of(key, &entry);
    buf_init_fixed(&why, room, sizeof(room));
    enum pattern_result r =
        one ? pattern_set_one(p.state, entry, value, &why) : pattern_set_value(p.state, key, value, &why);
    if (r == PATTERN_NO_KEY)
        return call_fail(c, one ? "key or pattern not found." : "entry not found.");
    return answer(&p, "set map", r, &why);
}

static enum command_result del(struct call *c, bool map)
{
    struct pattern_call p;
    uint64_t entry;

    begin(&p, c, map);
    if (c->count < 2)
        return call_fail(c, "This command expects two parameters: %s identifier and key.",
                         map ? "map" : "ACL");
    p.model = find_list(c, next_arg(&p), map);
    if (p.model == NULL) /* of ACLs too */
        return call_fail(c, "Unknown map identifier. Please use #<id> or <file>.");
    p.state = snapshot_patterns_of(c->now->snapshot, p.model);
    struct span key = next_arg(&p);
    enum pattern_result r =
        entry_of(key, &entry) ? pattern_delete_one(p.state, entry) : pattern_delete(p.state, key);
    return answer(&p, map ? "del map" : "del acl", r, NULL);
}

enum command_result del_acl(struct call *c)
{
    return del(c, false);
}
enum command_result del_map(struct call *c)
{
    return del(c, true);
}

static enum command_result clear(struct call *c, bool map)
{
    struct pattern_call p;

    begin(&p, c, map);
    if (c->count < p.at + 1)
        return call_fail(c, "Missing %s identifier.", map ? "map" : "ACL");
    if (!take_list(&p))
        return COMMAND_FAILED;
    note(&p, map ? "clear map" : "clear acl");
    pattern_clear(p.state, p.version);
    return COMMAND_DONE;
}

enum command_result clear_acl(struct call *c)
{
    return clear(c, false);
}
enum command_result clear_map(struct call *c)
{
    return clear(c, true);
}

/* ---- versions ---- */

static enum command_result prepare(struct call *c, bool map)
{
    struct pattern_call p;

    begin(&p, c, map);
    if (!take_list(&p))
        return COMMAND_FAILED;
    note(&p, map ? "prepare map" : "prepare acl");
    buf_printf(c->out, "New version created: %u\n", pattern_prepare(p.state));
    return COMMAND_DONE;
}

enum command_result prepare_acl(struct call *c)
{
    return prepare(c, false);
}
enum command_result prepare_map(struct call *c)
{
    return prepare(c, true);
}

static enum command_result commit(struct call *c, bool map)
{
    struct pattern_call p;

    begin(&p, c, map);
    if (!p.has_version)
        return call_fail(c, "Missing version number.");
    if (!take_list(&p))
        return COMMAND_FAILED;
    if (!pattern_commit(p.state, p.version))
        return call_fail(c, "Version number out of range.");
    return answer(&p, map ? "commit map" : "commit acl", PATTERN_DONE, NULL);
}

enum command_result commit_acl(struct call *c)
{
    return commit(c, false);
}
enum command_result commit_map(struct call *c)
{
    return commit(c, true);
}
