/* SPDX-License-Identifier: Apache-2.0 */
/* keel run, check, demo, ctl, version; and `keel nginx ...` for the programs that we stand in for. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli.h"
#include "daemon/demo.h"
#include "daemon/explain.h"
#include "daemon/versions.h"
#include "daemon/words.h"

static const char usage[] =
    "keel: one load balancer that speaks nginx.conf, haproxy.cfg and keepalived.conf\n"
    "\n"
    "  keel run FILE...        serve what the files say, in the foreground; any mix of languages\n"
    "  keel ctl COMMAND...     to a running program: show status, reload, set server B/S state drain, help "
    "...\n"
    "  keel check FILE...      every error and warning of every file; exit 1 on an error\n"
    "  keel check --explain K0305   what a message with this code means, and what to do about it\n"
    "  keel demo               a balancer in front of toy backends, on loopback\n"
    "  keel version            what this is and what is built in\n"
    "\n"
    "  keel nginx ...          as the nginx program: -t -T -q -v -V -c -p -e -g -s stop|quit|reload|reopen\n"
    "  keel haproxy ...        as haproxy: -f -c -D -W -db -p -sf -v -vv ...\n"
    "  keel keepalived ...     as keepalived: -f -n -l -D -t -p -r ...\n"
    "\n"
    "  --as nginx|haproxy|keepalived FILE   the language of a file, where its content does not tell\n"
    "  -p, --prefix DIR                     where nginx's relative names begin\n"
    "  --format text|short|json|sarif|github   check: how it tells; all but text go to stdout\n"
    "  --explain                            check: with the paragraph behind each message\n"
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

/* argv while it is read. */
struct words {
    struct arena *a;
    struct plan *plan;
    int argc, at;
    char **argv;
    const char *code;  /* --explain K0305 */
    const char *wrong; /* what misuse was met, and at which word */
    const char *wrong_word;
};

static bool is_word(const struct words *w, const char *a, const char *b)
{
    const char *o = w->argv[w->at];

    return strcmp(o, a) == 0 || (b != NULL && strcmp(o, b) == 0);
}

/* NULL: there is none, and <wrong> says so. */
static const char *value(struct words *w, const char *wrong)
{
    if (w->at + 1 < w->argc)
        return w->argv[++w->at];
    w->wrong = wrong;
    return NULL;
}

static bool is_code(const char *s)
{
    return s[0] == 'K' && strlen(s) == 5 && strspn(s + 1, "0123456789") == 4;
}

static void take_format(struct words *w)
{
    static const char *const names[] = { [FORMAT_TEXT] = "text",
                                         [FORMAT_SHORT] = "short",
                                         [FORMAT_JSON] = "json",
                                         [FORMAT_SARIF] = "sarif",
                                         [FORMAT_GITHUB] = "github" };
    static const char wrong[] = "--format wants text, short, json, sarif or github";
    const char *name = value(w, wrong);

    for (size_t i = 0; name != NULL && i < COUNT_OF(names); i++)
        if (strcmp(name, names[i]) == 0) {
            w->plan->format = (enum plan_format)i;
            return;
        }
    w->wrong = wrong;
}

static void take_language(struct words *w)
{
    enum language language;

    if (w->at + 2 >= w->argc || !language_of(w->argv[w->at + 1], &language)) {
        w->wrong = "--as wants a language (nginx, haproxy, keepalived) and a file";
        return;
    }
    add_file(w->a, w->plan, language, w->argv[w->at + 2]);
    w->at += 2;
}

static bool take_check_word(struct words *w)
{
    if (is_word(w, "--format", NULL)) {
        take_format(w);
    } else if (is_word(w, "--explain", NULL)) {
        w->plan->explain = true;
        if (w->at + 1 < w->argc && is_code(w->argv[w->at + 1]))
            w->code = w->argv[++w->at];
    } else {
        return false;
    }
    return true;
}

static bool take_run_word(struct words *w)
{
    if (!is_word(w, "--control", NULL))
        return false;
    const char *path = value(w, "--control wants a path, or none");
    if (path != NULL) {
        w->plan->control_asked = strcmp(path, "none") != 0;
        w->plan->control = w->plan->control_asked ? arena_span(w->a, span_from(path)) : SPAN("");
    }
    return true;
}

static void take_word(struct words *w)
{
    if (w->plan->mode == PLAN_CHECK ? take_check_word(w) : take_run_word(w))
        return;
    if (is_word(w, "--as", NULL)) {
        take_language(w);
    } else if (is_word(w, "-p", "--prefix")) {
        const char *folder = value(w, "--prefix wants a folder");
        if (folder != NULL)
            w->plan->options.prefix = arena_span(w->a, span_from(folder));
    } else if (w->argv[w->at][0] == '-' && w->argv[w->at][1] != '\0') {
        w->wrong = "unknown option";
        w->wrong_word = w->argv[w->at];
    } else {
        add_file(w->a, w->plan, LANGUAGE_NONE, w->argv[w->at]);
    }
}

static struct cli_result explain_code(const char *code)
{
    struct buf out;

    buf_init(&out, (size_t)1 << 20);
    bool known = explain(&out, code, words_language());
    if (known)
        (void)fwrite(out.data, 1, out.len, stdout);
    buf_fini(&out);
    return known ? finish(0) : misuse("no message has the code", code);
}

static struct cli_result files_command(struct arena *a, enum plan_mode mode, int argc, char **argv)
{
    struct cli_result r = { .next = CLI_PLAN,
                            .plan = { .mode = mode, .program = SPAN("keel"), .daemonize = -1 } };
    struct words w = { .a = a, .plan = &r.plan, .argc = argc, .argv = argv };

    r.plan.options.prefix = cli_prefix(a);
    if (mode == PLAN_RUN && geteuid() == 0)
        r.plan.control = SPAN(CLI_CONTROL_PATH);
    for (w.at = 1; w.at < argc && w.wrong == NULL; w.at++)
        take_word(&w);
    if (w.wrong != NULL)
        return misuse(w.wrong, w.wrong_word);
    if (w.code != NULL && r.plan.files.count == 0)
        return explain_code(w.code);
    if (r.plan.files.count == 0)
        return misuse("which file? for example: keel",
                      mode == PLAN_RUN ? "run nginx.conf" : "check nginx.conf");
    return r;
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* `keel --help`, and `keel check --help`; a peer's own options are its own business. */
static bool wants_help(int argc, char **argv, const char *command)
{
    enum language l;

    return is_help(command) ||
           (argc > 2 && is_help(argv[2]) && strcmp(command, "ctl") != 0 && !language_of(command, &l));
}

struct cli_result cli_keel(struct arena *a, int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "help";

    if (wants_help(argc, argv, command)) {
        fputs(usage, argc > 1 ? stdout : stderr);
        return finish(argc > 1 ? 0 : 2);
    }
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
    return misuse("unknown command", command);
}
