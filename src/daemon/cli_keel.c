/* SPDX-License-Identifier: Apache-2.0 */
/* keel run, check, demo, ctl, version; and `keel nginx ...` for the programs that we stand in for. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli.h"
#include "daemon/demo.h"
#include "daemon/versions.h"

static const char usage[] =
    "keel: one load balancer that speaks nginx.conf, haproxy.cfg and keepalived.conf\n"
    "\n"
    "  keel run FILE...        serve what the files say, in the foreground; any mix of languages\n"
    "  keel ctl COMMAND...     to a running program: show status, reload, set server B/S state drain, help "
    "...\n"
    "  keel check FILE...      every error and warning of every file; exit 1 on an error\n"
    "  keel demo               a balancer in front of toy backends, on loopback\n"
    "  keel version            what this is and what is built in\n"
    "\n"
    "  keel nginx ...          as the nginx program: -t -T -q -v -V -c -p -e -g -s stop|quit|reload|reopen\n"
    "  keel haproxy ...        as haproxy: -f -c -D -W -db -p -sf -v -vv ...\n"
    "  keel keepalived ...     as keepalived: -f -n -l -D -t -p -r ...\n"
    "\n"
    "  --as nginx|haproxy|keepalived FILE   the language of a file, where its content does not tell\n"
    "  -p, --prefix DIR                     where nginx's relative names begin\n"
    "  --control PATH|none                  run: the control socket (as root else " CLI_CONTROL_PATH ")\n"
    "  -s, --socket PATH                    ctl: the socket to ask\n";

static struct cli_result finish(int code)
{
    return (struct cli_result){ .next = CLI_EXIT, .code = code };
}

static struct cli_result misuse(const char *what, const char *word)
{
    fprintf(stderr, "keel: %s%s%s\n", what, word ? " " : "", word ? word : "");
    fputs("keel help says what there is\n", stderr);
    return finish(2);
}

static bool language_of(const char *word, enum language *out)
{
    static const struct {
        const char *name;
        enum language language;
    } rows[] = { { "nginx", LANGUAGE_NGINX },
                 { "haproxy", LANGUAGE_HAPROXY },
                 { "keepalived", LANGUAGE_KEEPALIVED } };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(word, rows[i].name) == 0) {
            *out = rows[i].language;
            return true;
        }
    return false;
}

static void add_file(struct arena *a, struct plan *p, enum language l, const char *path)
{
    *ARENA_PUSH(a, &p->files) = (struct plan_file){ l, arena_span(a, span_from(path)) };
}

static struct cli_result files_command(struct arena *a, enum plan_mode mode, int argc, char **argv)
{
    struct cli_result r = { .next = CLI_PLAN,
                            .plan = { .mode = mode, .program = SPAN("keel"), .daemonize = -1 } };
    enum language language;

    r.plan.options.prefix = cli_prefix(a);
    if (mode == PLAN_RUN && geteuid() == 0)
        r.plan.control = SPAN(CLI_CONTROL_PATH);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--as") == 0) {
            if (i + 2 >= argc || !language_of(argv[i + 1], &language))
                return misuse("--as wants a language (nginx, haproxy, keepalived) and a file", NULL);
            add_file(a, &r.plan, language, argv[i + 2]);
            i += 2;
        } else if (strcmp(argv[i], "-p") == 0 || strcmp(argv[i], "--prefix") == 0) {
            if (++i >= argc)
                return misuse("--prefix wants a folder", NULL);
            r.plan.options.prefix = arena_span(a, span_from(argv[i]));
        } else if (strcmp(argv[i], "--control") == 0) {
            if (++i >= argc)
                return misuse("--control wants a path, or none", NULL);
            r.plan.control_asked = strcmp(argv[i], "none") != 0;
            r.plan.control = r.plan.control_asked ? arena_span(a, span_from(argv[i])) : SPAN("");
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            return misuse("unknown option", argv[i]);
        } else {
            add_file(a, &r.plan, LANGUAGE_NONE, argv[i]);
        }
    }
    if (r.plan.files.count == 0)
        return misuse("which file? for example: keel",
                      mode == PLAN_RUN ? "run nginx.conf" : "check nginx.conf");
    return r;
}

struct cli_result cli_keel(struct arena *a, int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "help";

    if (strcmp(command, "run") == 0)
        return files_command(a, PLAN_RUN, argc - 1, argv + 1);
    if (strcmp(command, "check") == 0)
        return files_command(a, PLAN_CHECK, argc - 1, argv + 1);
    if (strcmp(command, "ctl") == 0)
        return cli_ctl(argc - 1, argv + 1);
    if (strcmp(command, "nginx") == 0)
        return cli_nginx(a, argc - 1, argv + 1);
    if (strcmp(command, "haproxy") == 0)
        return cli_haproxy(a, argc - 1, argv + 1);
    if (strcmp(command, "keepalived") == 0)
        return cli_keepalived(a, argc - 1, argv + 1);
    if (strcmp(command, "demo") == 0)
        return demo_command(a, argc - 1, argv + 1);
    if (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0 || strcmp(command, "-v") == 0) {
        versions_keel(stdout);
        return finish(0);
    }
    if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
        fputs(usage, argc > 1 ? stdout : stderr);
        return finish(argc > 1 ? 0 : 2);
    }
    return misuse("unknown command", command);
}
