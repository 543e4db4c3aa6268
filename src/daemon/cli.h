/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command lines: keel's own commands, and the options of the programs that
 * we stand in for. Each turns argv into a plan (daemon/plan.h) or an order to a
 * running program, says what is wrong in that program's words, and exits as it
 * does.
 */
#pragma once

#include "base/arena.h"
#include "daemon/plan.h"

enum cli_next {
    CLI_EXIT, /* done: exit with .code */
    CLI_PLAN, /* carry the plan out */
};
struct cli_result {
    enum cli_next next;
    int code;
    struct plan plan;
};

/* argv[0] is the name it was called by, the command ("keel run" loses "keel"). */
struct cli_result cli_keel(struct arena *a, int argc, char **argv);
struct cli_result cli_nginx(struct arena *a, int argc, char **argv);
struct cli_result cli_haproxy(struct arena *a, int argc, char **argv);
struct cli_result cli_keepalived(struct arena *a, int argc, char **argv);
/* Where `keel run` listens for commands when root started it, and `keel ctl` asks. */
#define CLI_CONTROL_PATH "/run/keel/control.sock"
struct cli_result cli_ctl(int argc, char **argv);

/* Where nginx's relative names begin: the folder above the binary's sbin where it holds conf/, else Debian's.
 */
struct span cli_prefix(struct arena *a);
