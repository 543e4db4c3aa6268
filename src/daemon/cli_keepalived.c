/* SPDX-License-Identifier: Apache-2.0 */
/* keepalived's command line: keepalived(8). */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/cli.h"
#include "daemon/versions.h"
#include "os/system_log.h"

static const char help[] =
    "Usage: keepalived [options]\n"
    "\n"
    "  -f, --use-file=FILE           the configuration; else /etc/keepalived/keepalived.conf\n"
    "  -t, --config-test[=LOG]       read everything, list every error and warning, start nothing\n"
    "  -n, --dont-fork               in the foreground\n"
    "  -l, --log-console             log to standard error\n"
    "  -D, --log-detail              log more\n"
    "  -S, --log-facility=FACILITY   0 to 7, local0 to local7, user or daemon\n"
    "  -P, --vrrp                    VRRP only, which is all there is\n"
    "  -C, --check                   health checks only: there is nothing to run then\n"
    "  -V, --dont-release-vrrp       addresses and routes stay when the program stops\n"
    "  -R, --dont-respawn            when the process that holds the addresses dies, end\n"
    "  -p, --pid=FILE                pid file of the parent\n"
    "  -r, --vrrp_pid=FILE           pid file of the process that holds the addresses\n"
    "  -G, --no-syslog               log nothing to syslog\n"
    "  -u, --umask=NUMBER            octal\n"
    "  -e, -B, -I, -X, --all         what is so anyway: every file must be readable, there is no BFD and no "
    "IPVS,\n"
    "                                addresses go when the program ends, and all that there is runs\n"
    "  -d, -a, -m                    accepted, with a word about what does the same here\n"
    "  -g, -x, -A, -M, -T, --perf, --debug, --flush-log-file, --no-mem-check\n"
    "                                refused, with a word about what does the same here\n"
    "  -c, --checkers_pid=FILE       there is no such process, and no file\n"
    "  -b, --bfd_pid=FILE            there is no such process, and no file\n"
    "  -s, --namespace=NAME          run in this network namespace, whatever the file says\n"
    "  -i, --config-id=ID            which lines that begin with @ count\n"
    "      --control=PATH            Evenkeel's: a control socket, for `keel ctl -s PATH show vrrp`\n"
    "      --signum=WORD             print the number of the signal for STOP, RELOAD, DATA, STATS, "
    "STATS_CLEAR, JSON\n"
    "  -v, --version                 the version\n"
    "  -h, --help                    this text\n";

enum {
    OPTION_SIGNUM = 256,
    OPTION_CONTROL,
    OPTION_ALL,
    OPTION_FLUSH_LOG,
    OPTION_PERF,
    OPTION_DEBUG,
    OPTION_NO_MEM_CHECK
};

static const struct option long_options[] = {
    { "use-file", required_argument, NULL, 'f' },
    { "dont-fork", no_argument, NULL, 'n' },
    { "log-console", no_argument, NULL, 'l' },
    { "log-detail", no_argument, NULL, 'D' },
    { "log-facility", required_argument, NULL, 'S' },
    { "config-test", optional_argument, NULL, 't' },
    { "pid", required_argument, NULL, 'p' },
    { "vrrp_pid", required_argument, NULL, 'r' },
    { "checkers_pid", required_argument, NULL, 'c' },
    { "bfd_pid", required_argument, NULL, 'b' },
    { "vrrp", no_argument, NULL, 'P' },
    { "check", no_argument, NULL, 'C' },
    { "dont-release-vrrp", no_argument, NULL, 'V' },
    { "dont-respawn", no_argument, NULL, 'R' },
    { "namespace", required_argument, NULL, 's' },
    { "config-id", required_argument, NULL, 'i' },
    { "signum", required_argument, NULL, OPTION_SIGNUM },
    { "control", required_argument, NULL, OPTION_CONTROL },
    { "no-syslog", no_argument, NULL, 'G' },
    { "umask", required_argument, NULL, 'u' },
    { "all-config", no_argument, NULL, 'e' },
    { "no_bfd", no_argument, NULL, 'B' },
    { "dont-release-ipvs", no_argument, NULL, 'I' },
    { "release-vips", no_argument, NULL, 'X' },
    { "dump-conf", no_argument, NULL, 'd' },
    { "address-monitoring", no_argument, NULL, 'a' },
    { "core-dump", no_argument, NULL, 'm' },
    { "log-file", required_argument, NULL, 'g' },
    { "snmp", no_argument, NULL, 'x' },
    { "snmp-agent-socket", required_argument, NULL, 'A' },
    { "core-dump-pattern", optional_argument, NULL, 'M' },
    { "genhash", no_argument, NULL, 'T' },
    { "all", no_argument, NULL, OPTION_ALL },
    { "flush-log-file", no_argument, NULL, OPTION_FLUSH_LOG },
    { "perf", optional_argument, NULL, OPTION_PERF },
    { "debug", optional_argument, NULL, OPTION_DEBUG },
    { "no-mem-check", no_argument, NULL, OPTION_NO_MEM_CHECK },
    { "version", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static int put_signal(const char *what)
{
    const struct {
        const char *name;
        int number;
    } rows[] = { { "STOP", SIGTERM },
                 { "RELOAD", SIGHUP },
                 { "DATA", SIGUSR1 },
                 { "STATS", SIGUSR2 },
                 { "STATS_CLEAR", SIGRTMAX - 1 },
                 { "JSON", SIGRTMIN + 2 } };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].name, what) == 0) {
            printf("%d\n", rows[i].number);
            return 0;
        }
    fprintf(stderr, "Unknown sigfunc %s\n", what);
    return 1;
}

static struct cli_result finish(int code)
{
    return (struct cli_result){ .next = CLI_EXIT, .code = code };
}

struct reading {
    struct arena *arena;
    struct plan plan;
    struct span file;
    bool only_checks, vrrp;
};

static struct span text(struct reading *r)
{
    return arena_span(r->arena, span_from(optarg));
}

/* Options of things that are not here. */
static const struct {
    int option;
    const char *name;
    bool refused;
    const char *instead;
} elsewhere[] = {
    { 'd', "-d", false, "kill -USR1 writes what is known to /tmp/keepalived.data" },
    { 'a', "-a", false, "addresses of ours that go are put back and logged; `ip monitor address` shows all" },
    { 'm', "-m", false, "core dumps are as `ulimit -c` says" },
    { 'g', "-g", true, "there is no log file: syslog has it, or with -n -l write 2>>FILE" },
    { 'x', "-x", true, "SNMP is not built; the status is JSON: `kill -s $(keepalived --signum=JSON)`" },
    { 'A', "-A", true, "SNMP is not built" },
    { 'M', "-M", true, "the pattern of core dumps is the machine's: sysctl kernel.core_pattern" },
    { 'T', "-T", true, "genhash belongs to checks of virtual_server, which is not built" },
    { OPTION_FLUSH_LOG, "--flush-log-file", true,
      "there is no log file; what goes to stderr is not held back" },
    { OPTION_PERF, "--perf", true, "perf(1) attaches to the process that /run/vrrp.pid names" },
    { OPTION_DEBUG, "--debug", true, "`keel ctl show vrrp` has every timer, and -D logs every change" },
    { OPTION_NO_MEM_CHECK, "--no-mem-check", true, "no such checks are compiled in" },
};

/* False: refused. */
static bool say_elsewhere(int o)
{
    for (size_t i = 0; i < COUNT_OF(elsewhere); i++) {
        if (elsewhere[i].option != o)
            continue;
        fprintf(stderr, "keepalived: %s: %s\n", elsewhere[i].name, elsewhere[i].instead);
        return !elsewhere[i].refused;
    }
    return false;
}

static bool is_elsewhere(int o)
{
    for (size_t i = 0; i < COUNT_OF(elsewhere); i++)
        if (elsewhere[i].option == o)
            return true;
    return false;
}

static bool set_umask(const char *word)
{
    char *end;
    unsigned long n = strtoul(word, &end, 8);

    if (*word == '\0' || *end != '\0' || n > 0777)
        return false;
    (void)umask((mode_t)n);
    return true;
}

/* An option that stands for something else in the plan; false: it is none. */
static bool take(struct reading *r, int o)
{
    switch (o) {
    case 'f':
        r->file = text(r);
        return true;
    case 'n':
        r->plan.daemonize = 0;
        return true;
    case 'l': /* in the foreground messages go to stderr already, and to syslog always */
        return true;
    case 'e':
    case 'B':
    case 'I':
    case 'X':
    case OPTION_ALL: /* that is so anyway */
        return true;
    case 'G':
        system_log_mute();
        return true;
    case 'u':
        return set_umask(optarg);
    case 'P':
        r->vrrp = true;
        return true;
    case 'C':
        r->only_checks = true;
        return true;
    case 'D':
        r->plan.options.verbose = true;
        return true;
    case 'p':
        r->plan.pid_file = text(r);
        return true;
    case 'r':
        r->plan.vrrp_pid_file = text(r);
        return true;
    case 'c':
    case 'b':
        fprintf(stderr, "keepalived: -%c: there is no such process here, and %s is not written\n", o, optarg);
        return true;
    case 'V':
        r->plan.keep_addresses = true;
        return true;
    case 'R':
        r->plan.no_respawn = true;
        return true;
    case 's':
        r->plan.net_namespace = text(r);
        return true;
    case 'i':
        *ARENA_PUSH(r->arena, &r->plan.options.defines) = text(r);
        return true;
    case 't':
        r->plan.mode = PLAN_CHECK;
        return optarg == NULL || freopen(optarg, "w", stderr) != NULL;
    case OPTION_CONTROL:
        r->plan.control = text(r);
        r->plan.control_asked = true;
        return true;
    case 'S':
        return system_log_facility(optarg, &r->plan.log_facility);
    default:
        return false;
    }
}

/* As the real one says it. */
static void say_unknown(int o, char **argv)
{
    const char *word = argv[optind - 1]; // NOLINT(concurrency-mt-unsafe): before any thread

    if (o == '?' && optopt != 0 && word[0] == '-' && word[1] != '-')
        fprintf(stderr, "Unknown option -%c\n", optopt);
    else if (o == '?')
        fprintf(stderr, "Unknown option %s\n", word);
    else if (o == ':')
        fprintf(stderr, "keepalived: %s: a value is missing\n", word);
    else if (o == 'S')
        fprintf(stderr, "Invalid log facility '%s'\n", optarg);
    else
        fprintf(stderr, "keepalived: -%c: \"%s\" is not what it takes\n", o, optarg ? optarg : "");
}

struct cli_result cli_keepalived(struct arena *a, int argc, char **argv)
{
    struct reading r = { .arena = a, .file = SPAN("/etc/keepalived/keepalived.conf") };
    int o;

    r.plan = (struct plan){ .called_as = LANGUAGE_KEEPALIVED,
                            .program = SPAN("keepalived"),
                            .daemonize = 1,
                            .pid_file = SPAN("/run/keepalived.pid"),
                            .vrrp_pid_file = SPAN("/run/vrrp.pid") };
    if (!system_log_facility("daemon", &r.plan.log_facility))
        return finish(1);
    while ((o = getopt_long(argc, argv, ":f:nlDS:t::p:r:c:b:PCVRs:i:Gu:eBIXdamg:xA:M::Tvh", long_options,
                            NULL)) != -1) { // NOLINT(concurrency-mt-unsafe)
        if (o == OPTION_SIGNUM)
            return finish(put_signal(optarg));
        if (o == 'v' || o == 'h') {
            if (o == 'v')
                versions_keepalived(stderr);
            else
                fputs(help, stdout);
            return finish(0);
        }
        if (is_elsewhere(o) ? say_elsewhere(o) : take(&r, o))
            continue;
        if (!is_elsewhere(o))
            say_unknown(o, argv);
        return finish(1);
    }
    if (optind < argc) {
        fprintf(stderr, "keepalived: %s: there are no arguments besides options\n", argv[optind]);
        return finish(1);
    }
    if (r.only_checks && !r.vrrp) {
        fputs("keepalived: -C: checks belong to virtual_server, which is not built; nothing would run\n",
              stderr);
        return finish(1);
    }
    *ARENA_PUSH(a, &r.plan.files) = (struct plan_file){ LANGUAGE_KEEPALIVED, r.file };
    return (struct cli_result){ .next = CLI_PLAN, .plan = r.plan };
}
