/* SPDX-License-Identifier: Apache-2.0 */
/* The nginx program's command line: nginx(8). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/build.h"
#include "daemon/cli.h"
#include "daemon/pidfile.h"
#include "daemon/versions.h"
#include "daemon/words.h"
#include "daemon/world_real.h"

static const char help[] =
    "Usage: nginx [-h] [-v|-V] [-t|-T] [-q] [-s ORDER] [-c FILE] [-p DIR] [-e FILE] [-g TEXT]\n"
    "\n"
    "  -c FILE     the configuration; a relative name begins at the prefix\n"
    "  -p DIR      the prefix, where relative names begin\n"
    "  -e FILE     errors go here until the file's error_log is read\n"
    "  -g TEXT     directives of the main level, as if the file began with them\n"
    "  -t          read everything, list every error and warning, start nothing\n"
    "  -T          the same, and print the files as they were read\n"
    "  -q          with -t: be silent about what is right\n"
    "  -s ORDER    to the running program: stop, quit (finish requests first), reload, reopen (log files)\n"
    "  -v, -V      the version; the version and what is built in\n"
    "  -h, -?      this text\n";

struct options {
    bool show_version, show_all, show_help;
    const char *prefix, *conf, *error_log, *globals, *order;
    enum plan_mode mode;
    bool quiet;
};

/* Options may be joined (-tq) and their arguments too (-cfile), as nginx reads them. */
static bool take_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *p = argv[i];
        if (*p++ != '-') {
            words_say(LANGUAGE_NGINX, WORDS_ERROR, "invalid option: \"%s\"", argv[i]);
            return false;
        }
        for (; *p != '\0'; p++) {
            const char **into = NULL;
            switch (*p) {
            case '?':
            case 'h':
                o->show_version = o->show_help = true;
                continue;
            case 'v':
                o->show_version = true;
                continue;
            case 'V':
                o->show_version = o->show_all = true;
                continue;
            case 't':
                o->mode = o->mode == PLAN_DUMP ? PLAN_DUMP : PLAN_CHECK;
                continue;
            case 'T':
                o->mode = PLAN_DUMP;
                continue;
            case 'q':
                o->quiet = true;
                continue;
            case 'p':
                into = &o->prefix;
                break;
            case 'e':
                into = &o->error_log;
                break;
            case 'c':
                into = &o->conf;
                break;
            case 'g':
                into = &o->globals;
                break;
            case 's':
                into = &o->order;
                break;
            default:
                words_say(LANGUAGE_NGINX, WORDS_ERROR, "invalid option: \"%c\"", *p);
                return false;
            }
            *into = p[1] != '\0' ? p + 1 : i + 1 < argc ? argv[++i] : NULL;
            if (*into == NULL) {
                words_say(LANGUAGE_NGINX, WORDS_ERROR, "option \"-%c\" requires %s", *p,
                          *p == 's'   ? "parameter"
                          : *p == 'p' ? "directory name"
                          : *p == 'g' ? "parameter"
                                      : "file name");
                return false;
            }
            break;
        }
    }
    return true;
}

static struct span with_slash(struct arena *a, struct span folder)
{
    return folder.len > 0 && folder.ptr[folder.len - 1] != '/' ? arena_printf(a, "%.*s/", SPAN_ARGS(folder))
                                                               : folder;
}

static struct span conf_path(struct arena *a, const struct options *o, struct span prefix)
{
    if (o->conf != NULL && o->conf[0] == '/')
        return arena_span(a, span_from(o->conf));
    if (o->conf != NULL)
        return arena_printf(a, "%.*s%s", SPAN_ARGS(prefix), o->conf);
    struct span own = arena_printf(a, "%.*sconf/nginx.conf", SPAN_ARGS(prefix));
    if (access(own.ptr, F_OK) == 0)
        return own;
    if (o->prefix == NULL && access("/etc/nginx/nginx.conf", F_OK) == 0)
        return SPAN("/etc/nginx/nginx.conf");
    return own;
}

/* -s: the pid file that the configuration names gets the signal. */
static struct cli_result send_order(struct arena *a, const struct plan *p, const char *order)
{
    static const struct {
        const char *word;
        int number;
    } rows[] = { { "stop", SIGTERM }, { "quit", SIGQUIT }, { "reload", SIGHUP }, { "reopen", SIGUSR1 } };
    struct cli_result r = { .next = CLI_EXIT, .code = 1 };
    int number = 0;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(order, rows[i].word) == 0)
            number = rows[i].number;
    if (number == 0) {
        words_say(LANGUAGE_NGINX, WORDS_ERROR, "invalid option: \"-s %s\"", order);
        return r;
    }
    struct world w = world_real(a);
    struct diags *d = diags_new();
    struct config *c = build_config(p, &w, d);
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    if (c == NULL) {
        diags_show(d, &out, DIAG_SHOW_NGINX, isatty(STDERR_FILENO));
        fprintf(stderr, "%.*s", (int)out.len, out.data);
    } else {
        struct span path = c->process.pid_files.count ? c->process.pid_files.items[0] : SPAN("");
        int pid = pidfile_read(path);
        if (pid == 0)
            words_say(LANGUAGE_NGINX, WORDS_ERROR,
                      errno == EINVAL ? "invalid PID number \"\" in \"%.*s\""
                                      : "open() \"%.*s\" failed (%d: %m)",
                      SPAN_ARGS(path), errno);
        else if (kill(pid, number) < 0)
            words_say(LANGUAGE_NGINX, WORDS_ERROR, "kill(%d, %d) failed (%d: %m)", pid, number, errno);
        else
            r.code = 0;
    }
    buf_fini(&out);
    config_free(&c);
    diags_free(&d);
    return r;
}

struct cli_result cli_nginx(struct arena *a, int argc, char **argv)
{
    struct options o = { .mode = PLAN_RUN };
    struct cli_result r = { .next = CLI_EXIT, .code = 1 };

    if (!take_options(argc, argv, &o))
        return r;
    if (o.show_version) {
        versions_nginx(stderr, o.show_all);
        if (o.show_help)
            fprintf(stderr, "\n%s", help);
        r.code = 0;
        return r;
    }
    struct span prefix = with_slash(a, o.prefix ? arena_span(a, span_from(o.prefix)) : cli_prefix(a));
    r.plan = (struct plan){
        .mode = o.mode, .called_as = LANGUAGE_NGINX, .program = SPAN("nginx"), .daemonize = -1
    };
    r.plan.quiet = o.quiet;
    r.plan.options.prefix = prefix;
    r.plan.options.globals = arena_span(a, span_from(o.globals));
    r.plan.options.error_log = arena_span(a, span_from(o.error_log));
    r.plan.options.quiet = o.quiet;
    *ARENA_PUSH(a, &r.plan.files) = (struct plan_file){ LANGUAGE_NGINX, conf_path(a, &o, prefix) };
    if (o.order != NULL)
        return send_order(a, &r.plan, o.order);
    r.next = CLI_PLAN;
    return r;
}
