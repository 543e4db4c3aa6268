/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way in: by the name that we were called by, a command line becomes a
 * plan, and the plan is checked or carried out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/hash.h"
#include "daemon/cli.h"
#include "daemon/parent.h"
#include "daemon/reader.h"

typedef struct cli_result cli_fn(struct arena *a, int argc, char **argv);

static cli_fn *command_line_of(const char *called)
{
    static const struct {
        const char *name;
        cli_fn *run;
    } names[] = { { "nginx", cli_nginx }, { "haproxy", cli_haproxy }, { "keepalived", cli_keepalived } };
    const char *slash = strrchr(called, '/');
    const char *name = slash ? slash + 1 : called;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(name, names[i].name) == 0)
            return names[i].run;
    return cli_keel;
}

/* A program that was started with a closed 0, 1 or 2 must not get its first socket there. */
static void hold_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

int main(int argc, char **argv)
{
    struct process_title title = { 0 };
    uint8_t key[16];

    hold_standard_streams();
    if (getrandom(key, sizeof(key), 0) == (ssize_t)sizeof(key))
        hash_seed(key);
    char **args = process_title_init(&title, argc, argv);
    if (args == NULL)
        oom_die((size_t)argc);
    struct arena *a = arena_new(0);
    struct cli_result r = command_line_of(args[0])(a, argc, args);
    int code = r.code;
    if (r.next == CLI_PLAN)
        code = r.plan.mode == PLAN_RUN ? parent_run(&r.plan, args, &title) : reader_check(&r.plan);
    arena_free(&a);
    process_title_fini(args);
    return code;
}
