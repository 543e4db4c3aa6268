/* SPDX-License-Identifier: Apache-2.0 */
/* haproxy's command line: haproxy(1), "Starting HAProxy" of its management guide. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli.h"
#include "daemon/cli_condition.h"
#include "daemon/versions.h"
#include "daemon/words.h"
#include "daemon/world_real.h"

static const char help[] =
    "Usage: haproxy [-f FILE|FOLDER]... [options] [-- FILE...]\n"
    "\n"
    "  -f FILE     a configuration file, or a folder whose *.cfg are read in order; may be repeated\n"
    "  -c          read everything, list every error and warning, start nothing\n"
    "  -cc TEXT    is this condition of .if true? The exit code tells\n"
    "  -C DIR      change to this folder before files are read\n"
    "  -D          as a daemon\n"
    "  -W, -Ws     a parent and a worker (always so here); -Ws tells systemd when it is ready\n"
    "  -d, -db     in the foreground; -d with more to read\n"
    "  -q, -V      say less; say more\n"
    "  -n COUNT    connections of the whole process\n"
    "  -N COUNT    connections of a proxy that does not say\n"
    "  -m MIB      memory of the whole process\n"
    "  -p FILE     the pid file\n"
    "  -S ADDRESS  a control socket of the parent; ,mode,0600 and the like may follow\n"
    "  -x PATH     take listening sockets over from the program behind this control socket\n"
    "  -sf PID...  these finish what they do and end\n"
    "  -st PID...  these end at once\n"
    "  -v, -vv     the version; the version and what is built in\n";

struct parse {
    struct arena *a;
    struct plan *plan;
    int argc, at;
    char **argv;
    bool failed;
};

static const char *argument(struct parse *p, const char *option)
{
    if (p->at + 1 < p->argc)
        return p->argv[++p->at];
    words_say(LANGUAGE_HAPROXY, WORDS_ERROR,
              "option '%s' expects an argument; `haproxy -h` lists the options", option);
    p->failed = true;
    return "";
}

static void add_file(struct parse *p, const char *path)
{
    *ARENA_PUSH(p->a, &p->plan->files) =
        (struct plan_file){ LANGUAGE_HAPROXY, arena_span(p->a, span_from(path)) };
}

static void take_pids(struct parse *p, bool finish)
{
    uint64_t pid;

    while (p->at + 1 < p->argc && span_to_u64(span_from(p->argv[p->at + 1]), INT32_MAX, &pid)) {
        p->at++;
        if (finish)
            *ARENA_PUSH(p->a, &p->plan->finish) = (uint32_t)pid;
        else
            *ARENA_PUSH(p->a, &p->plan->terminate) = (uint32_t)pid;
    }
}

static void take_number(struct parse *p, const char *option, uint32_t *into)
{
    struct span text = span_from(argument(p, option));
    uint64_t n;

    if (p->failed)
        return;
    if (span_to_u64(text, UINT32_MAX, &n)) {
        *into = (uint32_t)n;
        return;
    }
    words_say(LANGUAGE_HAPROXY, WORDS_ERROR, "option '%s': '%.*s' is not a number", option, SPAN_ARGS(text));
    p->failed = true;
}

/* Options that begin with -d: switches of the real program's inside, and -db, -d, -dW. */
static bool take_debug(struct parse *p, const char *o)
{
    static const char *const inside[] = { "-de", "-dp", "-dS", "-dr", "-dR", "-dG",
                                          "-dZ", "-dL", "-dt", "-dI", "-dF" };

    if (strcmp(o, "-db") == 0 || strcmp(o, "-d") == 0) {
        p->plan->daemonize = 0;
        return true;
    }
    if (strcmp(o, "-dW") == 0) {
        p->plan->warnings_are_errors = true;
        return true;
    }
    if (strncmp(o, "-dM", 3) == 0 || strncmp(o, "-dD", 3) == 0 || strncmp(o, "-dK", 3) == 0 ||
        strncmp(o, "-dV", 3) == 0) {
        words_say(LANGUAGE_HAPROXY, WORDS_NOTICE,
                  "option '%s' tunes haproxy's own inside and does nothing here", o);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(inside); i++)
        if (strcmp(o, inside[i]) == 0) {
            words_say(LANGUAGE_HAPROXY, WORDS_NOTICE,
                      "option '%s' tunes haproxy's own inside and does nothing here", o);
            return true;
        }
    return false;
}

static bool octal_of(struct span text, uint32_t *mode)
{
    *mode = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '7' || *mode > 0777)
            return false;
        *mode = *mode * 8 + (uint32_t)(text.ptr[i] - '0');
    }
    return text.len > 0 && *mode <= 0777;
}

/* The master's socket: "/run/haproxy-master.sock", "unix@...", with ",mode,660". It takes every command. */
static void take_master_socket(struct parse *p, const char *text)
{
    struct span rest = span_from(text), path = span_cut(&rest, ',');

    if (p->failed)
        return;
    if (span_starts_with(path, SPAN("unix@")))
        path = span_from_index(path, 5);
    if (path.len == 0 || path.ptr[0] != '/') {
        words_say(LANGUAGE_HAPROXY, WORDS_ERROR,
                  "option '-S': '%s' is not the path of a UNIX socket; others are not served here", text);
        p->failed = true;
    }
    while (rest.len > 0 && !p->failed) {
        struct span word = span_cut(&rest, ','), value = span_cut(&rest, ',');
        if (span_eq(word, SPAN("mode")) && octal_of(value, &p->plan->control_mode))
            continue;
        if (!span_eq(word, SPAN("level")) || !span_eq(value, SPAN("admin"))) {
            words_say(LANGUAGE_HAPROXY, WORDS_ERROR, "option '-S': '%.*s' is not served here; mode is",
                      SPAN_ARGS(word));
            p->failed = true;
        }
    }
    p->plan->control = arena_span(p->a, path);
    p->plan->control_asked = true;
}

static bool take_valued(struct parse *p, const char *o)
{
    uint32_t ignored;

    if (strcmp(o, "-f") == 0)
        add_file(p, argument(p, o));
    else if (strcmp(o, "-p") == 0)
        p->plan->pid_file = arena_span(p->a, span_from(argument(p, o)));
    else if (strcmp(o, "-C") == 0)
        p->plan->folder = arena_span(p->a, span_from(argument(p, o)));
    else if (strcmp(o, "-L") == 0)
        p->plan->options.node_name = arena_span(p->a, span_from(argument(p, o)));
    else if (strcmp(o, "-x") == 0)
        p->plan->take_sockets_from = arena_span(p->a, span_from(argument(p, o)));
    else if (strcmp(o, "-n") == 0)
        take_number(p, o, &p->plan->options.connections_max);
    else if (strcmp(o, "-N") == 0)
        take_number(p, o, &p->plan->options.connections_per_proxy);
    else if (strcmp(o, "-m") == 0) {
        take_number(p, o, &ignored);
        words_say(
            LANGUAGE_HAPROXY, WORDS_NOTICE,
            "option '-m' is not obeyed: memory is bounded by maxconn and tune.bufsize, and by your cgroup");
    } else if (strcmp(o, "-S") == 0)
        take_master_socket(p, argument(p, o));
    else
        return false;
    return true;
}

static bool take_plain(struct parse *p, const char *o)
{
    struct plan *plan = p->plan;

    if (strcmp(o, "-c") == 0)
        plan->mode = PLAN_CHECK;
    else if (strcmp(o, "-D") == 0)
        plan->daemonize = 1;
    else if (strcmp(o, "-W") == 0 || strcmp(o, "-Ws") == 0) {
        plan->with_master = true;
        if (strcmp(o, "-Ws") == 0)
            plan->daemonize = 0;
    } else if (strcmp(o, "-q") == 0)
        plan->quiet = true;
    else if (strcmp(o, "-V") == 0)
        plan->quiet = false;
    else if (strcmp(o, "-sf") == 0)
        take_pids(p, true);
    else if (strcmp(o, "-st") == 0)
        take_pids(p, false);
    else if (strcmp(o, "--") == 0)
        while (p->at + 1 < p->argc)
            add_file(p, p->argv[++p->at]);
    else
        return false;
    return true;
}

/* A folder counts for the files in it that end in ".cfg". */
static bool holds_a_file(const struct world *w, struct arena *a, struct span path)
{
    struct answer kind = world_ask(w, ASK_FILE_KIND, path);

    if (kind.error || !span_eq(kind.bytes, SPAN("d")))
        return true; /* what is wrong with it the reader says */
    struct answer names = world_ask(w, ASK_GLOB, arena_printf(a, "%.*s/*.cfg", SPAN_ARGS(path)));
    return names.error == 0 && names.bytes.len > 0;
}

static bool any_file(struct arena *a, const struct plan *plan)
{
    struct world w = world_real(a);

    for (uint32_t i = 0; i < plan->files.count; i++)
        if (holds_a_file(&w, a, plan->files.items[i].path))
            return true;
    return false;
}

struct cli_result cli_haproxy(struct arena *a, int argc, char **argv)
{
    struct cli_result r = { .next = CLI_EXIT, .code = 1 };
    struct parse p = { .a = a, .plan = &r.plan, .argc = argc, .argv = argv };

    r.plan = (struct plan){ .called_as = LANGUAGE_HAPROXY, .program = SPAN("haproxy"), .daemonize = -1 };
    for (p.at = 1; p.at < argc && !p.failed; p.at++) {
        const char *o = argv[p.at];
        if (strcmp(o, "-v") == 0 || strcmp(o, "-vv") == 0) {
            versions_haproxy(stdout, o[2] == 'v');
            r.code = 0;
            return r;
        }
        if (strcmp(o, "-cc") == 0) {
            const char *condition = argument(&p, o);
            r.code = !p.failed && cli_condition_holds(condition) ? 0 : 1;
            return r;
        }
        if (take_plain(&p, o) || take_debug(&p, o) || take_valued(&p, o))
            continue;
        fprintf(stderr, "%s", help);
        if (strcmp(o, "-h") != 0)
            words_say(LANGUAGE_HAPROXY, WORDS_ERROR, "unknown option '%s'", o);
        return r;
    }
    if (p.failed)
        return r;
    if (r.plan.files.count == 0) {
        fprintf(stderr, "%s", help);
        return r;
    }
    if (r.plan.folder.len > 0 && chdir(r.plan.folder.ptr) < 0) {
        words_say(LANGUAGE_HAPROXY, WORDS_ERROR, "Could not change to directory %.*s : %m",
                  SPAN_ARGS(r.plan.folder));
        return r;
    }
    if (!any_file(a, &r.plan)) {
        fprintf(stderr, "%s", help);
        words_say(LANGUAGE_HAPROXY, WORDS_ERROR, "no file whose name ends in .cfg is in %.*s",
                  SPAN_ARGS(r.plan.files.items[0].path));
        return r;
    }
    r.next = CLI_PLAN;
    return r;
}
