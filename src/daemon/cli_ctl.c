/* SPDX-License-Identifier: Apache-2.0 */
/* keel ctl [-s SOCKET] COMMAND...: one command to a running program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "daemon/cli.h"

static struct cli_result finish(int code)
{
    return (struct cli_result){ .next = CLI_EXIT, .code = code };
}

/* The words as one line, whether the shell got them in one piece or in many. It is one command: ';' parts
 * nothing. */
static void put_word(struct buf *line, const char *word)
{
    if (line->len > 0)
        buf_put_char(line, ' ');
    for (const char *c = word; *c; c++) {
        if (*c == ';' || *c == '\\')
            buf_put_char(line, '\\');
        buf_put_char(line, *c == '\n' ? ' ' : *c);
    }
}

static void print(const struct buf *answer, FILE *to)
{
    if (answer->len > 0)
        (void)fwrite(answer->data, 1, answer->len, to);
}

static int say_result(const char *path, enum ctl_result r, const struct buf *answer)
{
    switch (r) {
    case CTL_DONE:
        print(answer, stdout);
        return 0;
    case CTL_FAILED:
        print(answer, stderr);
        return 1;
    case CTL_NOT_ALLOWED:
        fprintf(stderr, "keel: %s: %m: its owner, or root, may ask there\n", path);
        return 1;
    case CTL_NOT_THERE:
        fprintf(stderr,
                "keel: nobody listens at %s: %m\n"
                "A program that `keel run` started as root listens there; for another one name its socket: "
                "keel ctl "
                "-s SOCKET ...\n",
                path);
        return 1;
    case CTL_CUT_OFF:
        fprintf(stderr, "keel: %s: the answer was cut off%s%s\n", path, errno ? ": " : "",
                errno ? strerror(errno) : ""); // NOLINT(concurrency-mt-unsafe): one thread
        return 1;
    }
    return 1;
}

struct cli_result cli_ctl(int argc, char **argv)
{
    const char *path = CLI_CONTROL_PATH;
    struct buf line, answer;
    int i = 1;

    if (i + 1 < argc && (strcmp(argv[i], "-s") == 0 || strcmp(argv[i], "--socket") == 0)) {
        path = argv[i + 1];
        i += 2;
    }
    if (i >= argc || argv[i][0] == '-') {
        fputs("keel ctl wants a command, for example: keel ctl show status (keel ctl help lists all)\n",
              stderr);
        return finish(2);
    }
    buf_init(&line, 16384);
    buf_init(&answer, (size_t)1 << 30);
    for (; i < argc; i++)
        put_word(&line, argv[i]);
    errno = 0;
    enum ctl_result r = ctl_ask(path, buf_span(&line), &answer);
    int code = say_result(path, r, &answer);
    buf_fini(&line);
    buf_fini(&answer);
    return finish(code);
}
