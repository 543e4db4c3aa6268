/* SPDX-License-Identifier: Apache-2.0 */
/* keepalived's command line: keepalived(8). */
#include <getopt.h>
#include <stdio.h>

#include "daemon/cli.h"
#include "daemon/versions.h"
#include "daemon/words.h"

static const char help[] = "Usage: keepalived [OPTION...]\n"
                           "  -f, --use-file=FILE          Use the specified configuration file\n"
                           "  -n, --dont-fork              Don't fork the daemon process\n"
                           "  -l, --log-console            Log messages to local console\n"
                           "  -D, --log-detail             Detailed log messages\n"
                           "  -t, --config-test            Check the configuration for obvious errors\n"
                           "  -p, --pid=FILE               Use specified pidfile for the parent process\n"
                           "  -r, --vrrp_pid=FILE          Use specified pidfile for the VRRP process\n"
                           "  -P, --vrrp                   Only run with VRRP subsystem\n"
                           "  -C, --check                  Only run with health-checker subsystem\n"
                           "  -v, --version                Display the version number\n"
                           "  -h, --help                   Display this help message\n";

static const struct option long_options[] = {
    { "use-file", required_argument, NULL, 'f' },
    { "dont-fork", no_argument, NULL, 'n' },
    { "log-console", no_argument, NULL, 'l' },
    { "log-detail", no_argument, NULL, 'D' },
    { "config-test", optional_argument, NULL, 't' },
    { "pid", required_argument, NULL, 'p' },
    { "vrrp_pid", required_argument, NULL, 'r' },
    { "vrrp", no_argument, NULL, 'P' },
    { "check", no_argument, NULL, 'C' },
    { "version", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

struct cli_result cli_keepalived(struct arena *a, int argc, char **argv)
{
    struct cli_result r = { .next = CLI_EXIT, .code = 1 };
    struct span file = SPAN("/etc/keepalived/keepalived.conf");
    int o;

    r.plan = (struct plan){ .called_as = LANGUAGE_KEEPALIVED, .program = SPAN("keepalived"), .daemonize = 1 };
    while ((o = getopt_long(argc, argv, "f:nlDt::p:r:PCvh", long_options, NULL)) !=
           -1) { // NOLINT(concurrency-mt-unsafe)
        switch (o) {
        case 'f':
            file = arena_span(a, span_from(optarg));
            break;
        case 'n':
            r.plan.daemonize = 0;
            break;
        case 'l': /* in the foreground messages go to stderr already */
        case 'P':
        case 'C':
            break;
        case 'D':
            r.plan.options.verbose = true;
            break;
        case 't':
            r.plan.mode = PLAN_CHECK;
            break;
        case 'p':
            r.plan.pid_file = arena_span(a, span_from(optarg));
            break;
        case 'r':
            r.plan.vrrp_pid_file = arena_span(a, span_from(optarg));
            break;
        case 'v':
            versions_keepalived(stderr);
            r.code = 0;
            return r;
        case 'h':
            fputs(help, stdout);
            r.code = 0;
            return r;
        default:
            fputs(help, stderr);
            return r;
        }
    }
    *ARENA_PUSH(a, &r.plan.files) = (struct plan_file){ LANGUAGE_KEEPALIVED, file };
    r.next = CLI_PLAN;
    return r;
}
