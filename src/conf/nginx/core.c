/* SPDX-License-Identifier: Apache-2.0 */
/* The main level and events {}: what concerns the process. */
#include "conf/nginx/nginx_internal.h"

#include <errno.h>

#include "base/macros.h"
#include "conf/common/diag_conf.h"

enum { WORKER_CONNECTIONS = 512 };

static struct process *process(struct build *b)
{
    return &b->config->process;
}

/* ---- who ---- */

/* "33 33" -> the first number; UINT32_MAX when there is none. */
static uint32_t first_number(struct span answer)
{
    uint64_t n;
    return span_to_u64(span_cut(&answer, ' '), UINT32_MAX - 1, &n) ? (uint32_t)n : UINT32_MAX;
}

static uint32_t look_up(struct build *b, enum question q, const struct diag_kind *missing,
                        const struct word *w)
{
    struct answer a = world_ask(b->world, q, arena_span(b->arena, w->text));
    uint32_t id = a.error ? UINT32_MAX : first_number(a.bytes);
    if (id == UINT32_MAX)
        diag_add(b->diags, missing, w->at, DIAG_TEXT(w->text));
    return id;
}

/* Without a group that of the user's name is meant, as in nginx. */
static void on_user(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    const struct word *user = word_at(s, 1), *group = word_at(s, s->words.count > 2 ? 2 : 1);
    uint32_t uid = look_up(b, ASK_USER, &nginx_no_user, user);
    if (uid == UINT32_MAX && group == user)
        return;
    uint32_t gid = look_up(b, ASK_GROUP, &nginx_no_group, group);
    config_claim_user(b->config, LANGUAGE_NGINX, user->text, uid, user->at);
    config_claim_group(b->config, LANGUAGE_NGINX, group->text, gid, group->at);
}

/* ---- how many ---- */

static void on_worker_processes(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n = 0;
    const struct word *w = word_at(s, 1);
    if (!span_eq(w->text, SPAN("auto")) && !value_number(b->diags, w, 1, 1024, &n))
        return;
    b->worker_processes = (struct setting){ .set = true, .n = (uint64_t)n, .at = w->at };
}

static void on_worker_connections(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), k->low, k->high, &n))
        process(b)->connections_per_thread = (uint32_t)n;
}

static void on_rlimit_nofile(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), k->low, k->high, &n))
        process(b)->files_max = (uint64_t)n;
}

static void on_rlimit_core(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    uint64_t n;
    if (value_size(b->diags, word_at(s, 1), 0, INT64_MAX, &n))
        process(b)->core_dumps = n > 0;
}

static void on_shutdown_timeout(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    duration t;
    if (value_time(b->diags, WORDS_NGINX, word_at(s, 1), 1000, &t))
        process(b)->drain_max = t;
}

/* ---- how ---- */

static void on_daemon(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    bool on;
    if (value_switch(b->diags, word_at(s, 1), &on))
        b->daemon = (struct setting){ .set = true, .n = on, .at = s->at };
}

static void on_pid(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    *ARENA_PUSH(b->arena, &b->pid) = *s;
    process(b)->pid_at = word_at(s, 1)->at;
}

static void on_error_log(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    *ARENA_PUSH(b->arena, &b->error_log) = *s;
}

/* "NAME=value", or "NAME": what it is for us. */
static void on_env(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct span value = text_at(s, 1);
    struct env_setting e = { .name = span_cut(&value, '='), .value = value };
    if (value.ptr == NULL) {
        struct answer a = world_ask(b->world, ASK_ENV, arena_span(b->arena, e.name));
        if (a.error)
            return;
        e.value = a.bytes.ptr ? arena_span(b->arena, a.bytes) : SPAN("");
    }
    *ARENA_PUSH(b->arena, &process(b)->environment) = e;
}

static void on_load_module(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct span path = text_at(s, 1);
    for (size_t slash; (slash = span_find_char(path, '/')) != SPAN_NONE;)
        path = span_from_index(path, slash + 1);
    diag_add(b->diags, &nginx_module, word_at(s, 1)->at, DIAG_TEXT(path));
}

static void on_events(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->has_events = true;
    nginx_read_block(b, IN_EVENTS, NULL);
}

/* clang-format off */
const struct keyword nginx_main_words[] = {
    { "user", IN_MAIN, 1, 2, .once = true, .handle = on_user, .manual = "user and group of the worker" },
    { "worker_processes", IN_MAIN, 1, 1, .once = true, .handle = on_worker_processes, .manual = "threads; auto: one a processor" },
    { "worker_rlimit_nofile", IN_MAIN, 1, 1, .once = true, .low = 1, .high = INT32_MAX, .handle = on_rlimit_nofile, .manual = "open files at most" },
    { "worker_rlimit_core", IN_MAIN, 1, 1, .once = true, .handle = on_rlimit_core, .manual = "core dumps: 0 none, else allowed" },
    { "worker_shutdown_timeout", IN_MAIN, 1, 1, .once = true, .handle = on_shutdown_timeout, .manual = "how long a stopping worker waits for its connections" },
    { "pid", IN_MAIN, 1, 1, .once = true, .handle = on_pid, .manual = "file for the process id" },
    { "daemon", IN_MAIN, 1, 1, .once = true, .handle = on_daemon, .manual = "go to the background" },
    { "error_log", IN_MAIN, 1, 2, .handle = on_error_log, .manual = "where errors are written" },
    { "env", IN_MAIN, 1, 1, .handle = on_env, .manual = "keep or set an environment variable" },
    { "load_module", IN_MAIN, 1, 1, .handle = on_load_module, .manual = "accepted with a note: nothing is loaded" },
    { "events", IN_MAIN, 0, 0, .once = true, .block = true, .handle = on_events, .manual = "how connections are processed" },
    { "worker_connections", IN_EVENTS, 1, 1, .once = true, .low = 1, .high = INT32_MAX, .handle = on_worker_connections, .manual = "connections of each thread at most" },
    { NULL },
};
/* clang-format on */

/* ---- what was not said ---- */

/* A name in nginx's logs folder: Debian's, or the one under the prefix. */
static struct span default_file(struct build *b, const char *debian, const char *own)
{
    return b->debian ? span_from(debian) : nginx_path(b, span_from(own));
}

static void finish_error_log(struct build *b)
{
    if (b->error_log.count) {
        nginx_compile_error_log(b, &b->error_log, &b->config->error_logs);
        return;
    }
    struct span path = b->options ? b->options->error_log : SPAN("");
    path = path.len ? nginx_path(b, arena_span(b->arena, path))
                    : default_file(b, "/var/log/nginx/error.log", "logs/error.log");
    struct log_target like = { .kind = LOG_FILE, .fd = -1, .flush = DURATION_NONE, .path = path };
    if (span_eq(path, SPAN("stderr")) || (b->options && span_eq(b->options->error_log, SPAN("stderr"))))
        like = (struct log_target){ .kind = LOG_STDERR, .fd = -1, .flush = DURATION_NONE };
    *ARENA_PUSH(b->arena, &b->config->error_logs) =
        (struct log_level_target){ .target = config_log_target(b->config, &like), .level_max = 3 };
}

/* Only under nginx's own name is a pid file written that nobody asked for. */
static void finish_pid(struct build *b)
{
    struct span path = SPAN("");
    if (b->pid.count)
        path = nginx_path(b, text_at(&b->pid.items[0], 1));
    else if (process(b)->language == LANGUAGE_NGINX)
        path = default_file(b, "/run/nginx.pid", "logs/nginx.pid");
    if (path.len)
        *ARENA_PUSH(b->arena, &process(b)->pid_files) = path;
}

void nginx_finish_main(struct build *b)
{
    if (!b->has_events)
        diag_add(b->diags, &nginx_no_events, WHERE_NONE, DIAG_NO_TEXT);
    config_want_threads(b->config, b->worker_processes.set ? (uint32_t)b->worker_processes.n : 1);
    if (process(b)->connections_per_thread == 0)
        process(b)->connections_per_thread = WORKER_CONNECTIONS;
    if (!process(b)->daemonize_set || b->daemon.set) {
        process(b)->daemonize = b->daemon.set ? b->daemon.n : true;
        process(b)->daemonize_set = b->daemon.set;
    }
    finish_pid(b);
    finish_error_log(b);
}
