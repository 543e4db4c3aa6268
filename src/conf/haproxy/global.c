/* SPDX-License-Identifier: Apache-2.0 */
/* global: what counts for the whole process. What only tunes HAProxy's inside is in tuning.c. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/haproxy_internal.h"

/* ---- users, groups, permissions ---- */

/* "uid gid", as the world answers. */
static bool take_ids(struct span bytes, uint32_t *first, uint32_t *second)
{
    struct span rest = bytes, one = span_cut(&rest, ' ');
    uint64_t a, b = UINT32_MAX;
    if (!span_to_u64(one, UINT32_MAX - 1, &a) || (rest.ptr && !span_to_u64(rest, UINT32_MAX - 1, &b)))
        return false;
    *first = (uint32_t)a;
    *second = (uint32_t)b;
    return true;
}

bool haproxy_user(struct build *b, const struct word *w, uint32_t *uid, uint32_t *gid)
{
    struct answer a = world_ask(b->world, ASK_USER, arena_span(b->arena, w->text));
    if (a.error == 0 && take_ids(a.bytes, uid, gid))
        return true;
    diag_add(b->diags, &haproxy_no_user, w->at, DIAG_TEXT(w->text));
    return false;
}

bool haproxy_group(struct build *b, const struct word *w, uint32_t *gid)
{
    uint32_t none;
    struct answer a = world_ask(b->world, ASK_GROUP, arena_span(b->arena, w->text));
    if (a.error == 0 && take_ids(a.bytes, gid, &none))
        return true;
    diag_add(b->diags, &haproxy_no_group, w->at, DIAG_TEXT(w->text));
    return false;
}

bool haproxy_octal(struct build *b, const struct word *w, uint32_t *mode)
{
    uint32_t n = 0;
    bool good = w->text.len > 0 && w->text.len <= 4;
    for (size_t i = 0; good && i < w->text.len; i++) {
        good = w->text.ptr[i] >= '0' && w->text.ptr[i] <= '7';
        n = n * 8 + (uint32_t)(w->text.ptr[i] - '0');
    }
    if (!good) {
        diag_add(b->diags, &haproxy_bad_mode, w->at, DIAG_TEXT(w->text));
        return false;
    }
    *mode = n;
    return true;
}

static void on_user(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint32_t uid, gid;
    struct span name = arena_span(b->arena, text_at(s, 1));
    if (k->low) {
        if (haproxy_group(b, word_at(s, 1), &gid))
            config_claim_group(b->config, LANGUAGE_HAPROXY, name, gid, s->at);
    } else if (haproxy_user(b, word_at(s, 1), &uid, &gid)) {
        config_claim_user(b->config, LANGUAGE_HAPROXY, name, uid, s->at);
    }
}

static void on_id(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t id;
    if (!value_number(b->diags, word_at(s, 1), 0, UINT32_MAX - 1, &id))
        return;
    struct span name = arena_span(b->arena, text_at(s, 1));
    if (k->low)
        config_claim_group(b->config, LANGUAGE_HAPROXY, name, (uint32_t)id, s->at);
    else
        config_claim_user(b->config, LANGUAGE_HAPROXY, name, (uint32_t)id, s->at);
}

static void on_chroot(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    config_claim_chroot(b->config, LANGUAGE_HAPROXY, arena_span(b->arena, text_at(s, 1)), s->at);
}

/* ---- the process ---- */

static void on_daemon(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->config->process.daemonize = !b->no;
    b->config->process.daemonize_set = true;
}

static void on_pidfile(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    *ARENA_PUSH(b->arena, &b->config->process.pid_files) = arena_span(b->arena, text_at(s, 1));
    b->config->process.pid_at = s->at;
}

static void on_threads(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), 1, 4096, &n) &&
        (n > 1 || !k->low)) /* `nbproc 1` says nothing */
        config_want_threads(b->config, (uint32_t)n);
}

static void on_thread_max(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), 1, 4096, &n))
        b->config->process.threads_max = (uint32_t)n;
}

static void on_maxconn(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (!value_number(b->diags, word_at(s, 1), 0, INT32_MAX, &n))
        return;
    b->global.maxconn = (struct setting){ .set = true, .n = (uint64_t)n, .at = s->at };
}

static void on_files(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), 0, INT32_MAX, &n))
        b->config->process.files_max = (uint64_t)n;
}

static void on_hard_stop(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)value_time(b->diags, WORDS_HAPROXY, word_at(s, 1), 1, &b->config->process.drain_max);
}

static void on_dumpable(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->config->process.core_dumps = !b->no;
}

static void on_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), k->low, k->high ? k->high : INT32_MAX, &n))
        *(struct setting *)(void *)((char *)b + k->offset) =
            (struct setting){ .set = true, .n = (uint64_t)n, .at = s->at };
}

static void on_size(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint64_t n;
    if (value_size(b->diags, word_at(s, 1), (uint64_t)k->low, (uint64_t)k->high, &n))
        *(struct setting *)(void *)((char *)b + k->offset) =
            (struct setting){ .set = true, .n = n, .at = s->at };
}

static void on_maxaccept(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), -1, INT32_MAX, &n))
        b->config->process.accept_batch = n > 0 ? (uint32_t)n : 0;
}

static void on_noreuseport(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->global.noreuseport = (struct setting){ .set = true, .n = !b->no, .at = s->at };
}

static void on_text(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct span all = arena_span(b->arena, text_at(s, 1));
    for (uint32_t i = 2; i < s->words.count; i++)
        all = arena_printf(b->arena, "%.*s %.*s", SPAN_ARGS(all), SPAN_ARGS(text_at(s, i)));
    *(struct span *)(void *)((char *)b + k->offset) = all;
}

/* ---- control sockets ---- */

struct socket_reader {
    struct build *b;
    struct control_socket *socket;
};

static bool take_level(struct socket_reader *r, const struct word *w)
{
    static const char *const levels[] = { "user", "operator", "admin", NULL };
    unsigned n;
    if (!value_choice(r->b->diags, w, levels, &n))
        return false;
    r->socket->level = (uint8_t)n;
    return true;
}

static bool take_mode(struct socket_reader *r, const struct word *w)
{
    return haproxy_octal(r->b, w, &r->socket->mode);
}

static bool take_uid(struct socket_reader *r, const struct word *w)
{
    int64_t n;
    if (!value_number(r->b->diags, w, 0, UINT32_MAX - 1, &n))
        return false;
    r->socket->uid = (uint32_t)n;
    return true;
}

static bool take_gid(struct socket_reader *r, const struct word *w)
{
    int64_t n;
    if (!value_number(r->b->diags, w, 0, UINT32_MAX - 1, &n))
        return false;
    r->socket->gid = (uint32_t)n;
    return true;
}

static bool take_user(struct socket_reader *r, const struct word *w)
{
    uint32_t gid;
    return haproxy_user(r->b, w, &r->socket->uid, &gid);
}

static bool take_group(struct socket_reader *r, const struct word *w)
{
    return haproxy_group(r->b, w, &r->socket->gid);
}

static bool take_expose(struct socket_reader *r, const struct word *w)
{
    static const char *const what[] = { "listeners", NULL };
    unsigned n;
    if (!value_choice(r->b->diags, w, what, &n))
        return false;
    r->socket->expose_fds = true;
    return true;
}

static bool take_nothing(struct socket_reader *r, const struct word *w)
{
    (void)r;
    (void)w;
    return true;
}

static const struct {
    const char *word;
    bool (*take)(struct socket_reader *r, const struct word *w);
} socket_words[] = {
    { "level", take_level },      { "mode", take_mode },
    { "uid", take_uid },          { "gid", take_gid },
    { "user", take_user },        { "group", take_group },
    { "expose-fd", take_expose }, { "name", take_nothing }, /* of no use to who connects */
    { "id", take_nothing },       { "severity-output", take_nothing },
    { "process", take_nothing },  { "thread", take_nothing },
    { "backlog", take_nothing },  { "maxconn", take_nothing },
    { "nice", take_nothing },
};

static bool take_socket_word(struct socket_reader *r, const struct statement *s, uint32_t i)
{
    const char *names[COUNT_OF(socket_words) + 1] = { NULL };
    for (size_t k = 0; k < COUNT_OF(socket_words); k++) {
        names[k] = socket_words[k].word;
        if (!text_is(s, i, socket_words[k].word))
            continue;
        if (i + 1 < s->words.count)
            return socket_words[k].take(r, word_at(s, i + 1));
        diag_add(r->b->diags, &conf_arity, word_at(s, i)->at, DIAG_TEXT(text_at(s, i), SPAN("1"), SPAN("0")));
        return false;
    }
    struct diag *d = diag_add(r->b->diags, &conf_unknown_word, word_at(s, i)->at,
                              DIAG_TEXT(text_at(s, i), SPAN("stats socket")));
    const char *near = diag_nearest(text_at(s, i), names);
    if (near)
        diag_help(r->b->diags, d, "did you mean `%s`?", near);
    return false;
}

static void on_stats_socket(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct control_socket socket = { .mode = UINT32_MAX, .uid = UINT32_MAX, .gid = UINT32_MAX, .level = 1 };
    struct socket_reader r = { b, &socket };
    struct parsed_address p = { .lazy = false };
    socket.at = s->at;
    bool good = haproxy_address(b, word_at(s, 1), text_at(s, 1), ADDRESS_LISTEN, &p);
    if (good && p.fd >= 0) {
        diag_add(b->diags, &haproxy_address_refused, word_at(s, 1)->at, DIAG_TEXT(SPAN("fd@")));
        return;
    }
    for (uint32_t i = 2; i < s->words.count; i += 2)
        good = take_socket_word(&r, s, i) && good;
    if (!good)
        return;
    socket.address = p.address;
    const struct control_socket *all = &b->global.socket_like;
    socket.mode = socket.mode == UINT32_MAX ? all->mode : socket.mode;
    socket.uid = socket.uid == UINT32_MAX ? all->uid : socket.uid;
    socket.gid = socket.gid == UINT32_MAX ? all->gid : socket.gid;
    *ARENA_PUSH(b->arena, &b->config->process.control_sockets) = socket;
}

/* unix-bind [prefix P] [mode M] [user U] ...: what UNIX sockets begin with. */
static void on_unix_bind(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct socket_reader r = { b, &b->global.socket_like };
    for (uint32_t i = 1; i < s->words.count; i += 2) {
        if (text_is(s, i, "prefix") && i + 1 < s->words.count)
            b->global.unix_prefix = arena_span(b->arena, text_at(s, i + 1));
        else if (!take_socket_word(&r, s, i))
            return;
    }
}

/* ---- the end ---- */

void haproxy_finish_global(struct build *b)
{
    struct process *p = &b->config->process;
    uint64_t n = value_or(&b->global.maxconn, 0);
    if (b->options && b->options->connections_max)
        n = b->options->connections_max;
    if (n)
        p->connections_max = (uint32_t)n;
    p->buffer_size = haproxy_buffer_size(b);
    haproxy_global_logs(b);
}

/* ---- words ---- */

#define GLOBAL(member) .offset = offsetof(struct build, global.member)

const struct keyword haproxy_global_words[] = {
    { "user", IN_GLOBAL, 1, 1, .handle = on_user, .low = 0, .manual = "NAME that the worker runs as" },
    { "group", IN_GLOBAL, 1, 1, .handle = on_user, .low = 1, .manual = "NAME of its group" },
    { "uid", IN_GLOBAL, 1, 1, .handle = on_id, .low = 0, .manual = "the same as a number" },
    { "gid", IN_GLOBAL, 1, 1, .handle = on_id, .low = 1, .manual = "the same as a number" },
    { "chroot", IN_GLOBAL, 1, 1, .handle = on_chroot, .manual = "DIRECTORY that the worker is locked into" },
    { "daemon", IN_GLOBAL, 0, 0, .handle = on_daemon, CAN_NO, .manual = "goes to the background" },
    { "pidfile", IN_GLOBAL, 1, 1, .handle = on_pidfile, .manual = "FILE with our process id" },
    { "nbthread", IN_GLOBAL, 1, 1, .handle = on_threads,
      .manual = "threads; as many as CPUs when it is not said" },
    { "nbproc", IN_GLOBAL, 1, 1, KEYWORD_OLD, .handle = on_threads, .low = 1, .today = "nbthread N",
      .manual = "processes, of which there is one now: taken for threads" },
    { "thread-hard-limit", IN_GLOBAL, 1, 1, .handle = on_thread_max, .manual = "no more threads than this" },
    { "maxconn", IN_GLOBAL, 1, 1, .handle = on_maxconn,
      .manual = "connections of clients at a time, in all" },
    { "ulimit-n", IN_GLOBAL, 1, 1, .handle = on_files, .manual = "descriptors that we ask the kernel for" },
    { "fd-hard-limit", IN_GLOBAL, 1, 1, .handle = on_files,
      .manual = "descriptors that we ask the kernel for" },
    { "hard-stop-after", IN_GLOBAL, 1, 1, .handle = on_hard_stop,
      .manual = "how long a graceful stop may take" },
    { "set-dumpable", IN_GLOBAL, 0, 0, .handle = on_dumpable, CAN_NO,
      .manual = "a crash leaves a core file" },
    { "node", IN_GLOBAL, 1, 1, .handle = on_text, GLOBAL(node),
      .manual = "NAME of this machine in statistics" },
    { "description", IN_GLOBAL, 1, ARGS_ANY, .handle = on_text, GLOBAL(description), .manual = "a remark" },
    { "stats socket", IN_GLOBAL, 1, ARGS_ANY, .handle = on_stats_socket,
      .manual = "ADDRESS [level L] [mode M] [user U] [group G] [expose-fd listeners]: for commands" },
    { "unix-bind", IN_GLOBAL, 1, ARGS_ANY, .handle = on_unix_bind,
      .manual = "[prefix P] [mode M] [user U] [group G]: of UNIX sockets" },
    { "noreuseport", IN_GLOBAL, 0, 0, .handle = on_noreuseport, CAN_NO,
      .manual = "ports are not shared with others" },
    { "tune.bufsize", IN_GLOBAL, 1, 1, .handle = on_size, GLOBAL(tune_bufsize), .low = 1024, .high = 1 << 24,
      .manual = "bytes of a buffer: what a head must fit in" },
    { "tune.maxrewrite", IN_GLOBAL, 1, 1, .handle = on_size, GLOBAL(tune_maxrewrite), .low = 0,
      .high = 1 << 23, .manual = "bytes of it that are kept for what rules add" },
    { "tune.comp.maxlevel", IN_GLOBAL, 1, 1, .handle = on_number, GLOBAL(compression_level), .low = 1,
      .high = 9, .manual = "how hard compression tries" },
    { "tune.http.maxhdr", IN_GLOBAL, 1, 1, .handle = on_number, GLOBAL(tune_maxhdr), .low = 1, .high = 32767,
      .manual = "fields that a head may have" },
    { "tune.maxaccept", IN_GLOBAL, 1, 1, .handle = on_maxaccept, .manual = "connections accepted in a row" },
    { NULL },
};
