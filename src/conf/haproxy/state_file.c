/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State files: what `show servers state` printed before a restart, read back
 * (management guide, "show servers state"). It counts for servers that nobody
 * knows yet: over a reload our own memory is newer than any file.
 */
#include <errno.h>
#include <string.h>

#include "conf/haproxy/diag_haproxy.h"
#include "conf/haproxy/haproxy_internal.h"

enum { /* columns of version 1, from 0 */
       COLUMN_BACKEND = 1,
       COLUMN_SERVER = 3,
       COLUMN_STATE = 5,
       COLUMN_ADMIN = 6,
       COLUMN_WEIGHT = 7,
       COLUMN_FILE_WEIGHT = 8,
       COLUMN_SINCE = 9,
       COLUMN_POINTS = 12,
       COLUMNS = 13, /* that must be there */
};
/* srv_admin_state */
enum { FORCED_MAINT = 1, FORCED_DRAIN = 8 };
enum { ANY_MAINT = 1 | 2 | 4 | 32 };

static const struct diag_kind unreadable = {
    .code = "K0890",
    .severity = SEVERITY_WARNING,
    .en = "the state file `{0}` cannot be read: {1}",
    .zh = "无法读取状态文件 `{0}`：{1}",
    .more = "Servers begin as the configuration says. The file is what `show servers state` prints on the "
            "stats socket; "
            "write it before a restart: echo \"show servers state\" | socat SOCKET - > FILE",
};
static const struct diag_kind missing = {
    .code = "K0891",
    .severity = SEVERITY_NOTE,
    .en = "the state file `{0}` is not there yet: servers begin as the configuration says",
    .zh = "状态文件 `{0}` 尚不存在：服务器按配置启动",
};
static const struct diag_kind bad_version = {
    .code = "K0892",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` is not a state file of version 1: it is not used",
    .zh = "`{0}` 不是版本 1 的状态文件：未使用",
};
static const struct diag_kind no_name = {
    .code = "K0893",
    .severity = SEVERITY_WARNING,
    .en = "`load-server-state-from-file global` needs `server-state-file` in global: nothing is read",
    .zh = "`load-server-state-from-file global` 需要 global 中的 `server-state-file`：未读取任何内容",
};
const struct diag_kind *const haproxy_state_kinds[] = { &unreadable, &missing, &bad_version, &no_name, NULL };

/* ---- one line ---- */

static bool number_of(struct span text, uint32_t most, uint32_t *n)
{
    uint64_t wide;

    if (!span_to_u64(text, most, &wide))
        return false;
    *n = (uint32_t)wide;
    return true;
}

static void take(struct build *b, struct server *s, const struct span *columns)
{
    uint32_t state, admin, weight, file_weight, since, points;

    if (!number_of(columns[COLUMN_STATE], 3, &state) || !number_of(columns[COLUMN_ADMIN], 0xffff, &admin) ||
        !number_of(columns[COLUMN_WEIGHT], 256, &weight) ||
        !number_of(columns[COLUMN_FILE_WEIGHT], 256, &file_weight) ||
        !number_of(columns[COLUMN_SINCE], INT32_MAX, &since) ||
        !number_of(columns[COLUMN_POINTS], UINT16_MAX, &points))
        return;
    struct server_saved *saved = ARENA_NEW(b->arena, struct server_saved);
    *saved = (struct server_saved){ .maint = admin & FORCED_MAINT,
                                    .drain = admin & FORCED_DRAIN,
                                    .stopped = state == 0 && !(admin & ANY_MAINT),
                                    .has_weight = file_weight == s->weight && weight != file_weight,
                                    .weight = weight,
                                    .since_s = since,
                                    .points = points };
    s->saved = saved;
}

static void take_line(struct build *b, const struct pool *p, struct span line)
{
    struct span columns[COLUMNS] = { 0 };
    unsigned count = 0;

    while (line.len > 0 && count < COLUMNS) {
        struct span word = span_cut(&line, ' ');
        if (word.len > 0)
            columns[count++] = word;
    }
    if (count < COLUMNS || !span_eq(columns[COLUMN_BACKEND], p->name))
        return;
    for (uint32_t i = 0; i < p->servers.count; i++)
        if (span_eq(p->servers.items[i]->name, columns[COLUMN_SERVER]))
            take(b, p->servers.items[i], columns);
}

/* ---- the file ---- */

static void read_state(struct build *b, const struct pool *p, struct span path, struct where at)
{
    struct answer a = world_ask(b->world, ASK_FILE, path);

    if (a.error) {
        (void)diag_add(b->diags, a.error == ENOENT ? &missing : &unreadable, at,
                       DIAG_TEXT(path, span_from(strerrordesc_np(a.error))));
        return;
    }
    struct span rest = a.bytes, first = span_trim(span_cut(&rest, '\n'));
    if (!span_eq(first, SPAN("1"))) {
        (void)diag_add(b->diags, &bad_version, at, DIAG_TEXT(path));
        return;
    }
    while (rest.len > 0) {
        struct span line = span_trim(span_cut(&rest, '\n'));
        if (line.len > 0 && line.ptr[0] != '#')
            take_line(b, p, line);
    }
}

static struct span path_of(struct build *b, struct span name)
{
    struct span base = b->global.state_base;
    bool plain = base.len == 0 || (name.len > 0 && name.ptr[0] == '/');

    return plain ? arena_span(b->arena, name)
                 : arena_printf(b->arena, "%.*s/%.*s", SPAN_ARGS(base), SPAN_ARGS(name));
}

void haproxy_compile_state(struct build *b, struct draft *d)
{
    const struct line *l = haproxy_line_last(d, KEPT_LOAD_STATE),
                      *name = haproxy_line_last(d, KEPT_STATE_NAME);
    struct span way = l ? text_at(&l->s, 1) : SPAN("none");

    if (span_eq(way, SPAN("none")))
        return;
    struct opened before = haproxy_line_begin(b, l);
    bool named = name != NULL && name->s.words.count > 1 && !text_is(&name->s, 1, "use-backend-name");
    if (span_eq(way, SPAN("local")))
        read_state(b, d->pool, path_of(b, named ? text_at(&name->s, 1) : d->name), l->s.at);
    else if (b->global.state_file.len > 0)
        read_state(b, d->pool, path_of(b, b->global.state_file), l->s.at);
    else
        (void)diag_add(b->diags, &no_name, l->s.at, DIAG_NO_TEXT);
    haproxy_line_end(b, before);
}

/* ---- words ---- */

static void on_load(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const ways[] = { "global", "local", "none", NULL };
    unsigned way;

    if (value_choice(b->diags, word_at(s, 1), ways, &way))
        haproxy_keep_one(b, k, s);
}

static void on_base(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->global.state_base = arena_span(b->arena, text_at(s, 1));
}

static void on_file(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->global.state_file = arena_span(b->arena, text_at(s, 1));
}

const struct keyword haproxy_state_words[] = {
    { "server-state-base", IN_GLOBAL, 1, 1, .handle = on_base, .manual = "folder of state files" },
    { "server-state-file", IN_GLOBAL, 1, 1, .handle = on_file,
      .manual = "FILE for `load-server-state-from-file global`" },
    { "load-server-state-from-file", IN_D_BACK, 1, 1, .handle = on_load, .offset = KEPT_LOAD_STATE,
      .manual = "global, local or none: servers begin as a state file says" },
    { "server-state-file-name", IN_D_BACK, 0, 1, .handle = haproxy_keep_one, .offset = KEPT_STATE_NAME,
      .manual = "[FILE] for `local`; else the name of the backend" },
    { NULL },
};
