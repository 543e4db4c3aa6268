/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "daemon/demo_toys.h"

#define FIRST_PORT 8080
#define LAST_PORT  8180

/* The first port from 8080 on that nobody has: what is printed must work. */
static uint16_t free_port(void)
{
    for (uint16_t port = FIRST_PORT; port < LAST_PORT; port++) {
        struct sockaddr_in at = { .sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
            return port;
    }
    return 0;
}

static struct span config_text(struct arena *a, uint16_t port, const struct toys *t)
{
    return arena_printf(
        a,
        "# The demo's haproxy.cfg. Edit it and send SIGHUP to the keel process: nothing is dropped.\n"
        "defaults\n"
        "    mode http\n"
        "    timeout connect 2s\n"
        "    timeout client 30s\n"
        "    timeout server 10s\n"
        "    option redispatch\n"
        "\n"
        "frontend demo\n"
        "    bind 127.0.0.1:%u\n"
        "    stats uri /status\n"
        "    stats refresh 2s\n"
        "    use_backend moody_only if { path_beg /moody }\n"
        "    default_backend toys\n"
        "\n"
        "backend toys\n"
        "    balance roundrobin\n"
        "    server quick 127.0.0.1:%u weight 4 check inter 2s\n"
        "    server slow  127.0.0.1:%u weight 1 check inter 2s\n"
        "    server moody 127.0.0.1:%u weight 2 check inter 2s\n"
        "\n"
        "backend moody_only\n"
        "    server moody 127.0.0.1:%u check inter 2s\n",
        port, t->ports[0], t->ports[1], t->ports[2], t->ports[2]);
}

static bool write_file(const char *path, struct span text)
{
    AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    return fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len;
}

static void say_what_to_try(uint16_t port, const char *file)
{
    printf("keel demo: a balancer in front of three toy backends\n"
           "\n"
           "  try       curl http://127.0.0.1:%u/           quick, slow and moody take turns (4:1:2)\n"
           "            curl -i http://127.0.0.1:%u/moody   one of five answers is a 500\n"
           "            curl http://127.0.0.1:%u/[1-20]     twenty requests on one connection\n"
           "  look at   http://127.0.0.1:%u/status          who answers, how fast, what fails\n"
           "  the file  %s\n"
           "            edit it, then: kill -HUP %d\n"
           "  two of them with a floating address between: keel run haproxy.cfg keepalived.conf "
           "(docs/manual/vrrp.md)\n"
           "  stop      Ctrl-C\n\n",
           port, port, port, port, file, (int)getpid());
    (void)fflush(stdout);
}

static struct cli_result failed(const char *what)
{
    fprintf(stderr, "keel: demo: %s: %m\n", what);
    return (struct cli_result){ .next = CLI_EXIT, .code = 1 };
}

struct cli_result demo_command(struct arena *a, int argc, char **argv)
{
    struct cli_result r = { .next = CLI_PLAN };
    struct toys toys;
    char folder[] = "/tmp/keel-demo-XXXXXX";
    uint16_t port = free_port();

    if (argc > 1) {
        fprintf(stderr, "keel: demo takes no arguments (%s)\n", argv[1]);
        return (struct cli_result){ .next = CLI_EXIT, .code = 2 };
    }
    if (port == 0)
        return failed("no port from 8080 to 8179 is free on 127.0.0.1");
    if (mkdtemp(folder) == NULL)
        return failed("cannot make a folder in /tmp");
    const char *file = arena_printf(a, "%s/haproxy.cfg", folder).ptr;
    if (!toys_open(&toys) || !write_file(file, config_text(a, port, &toys)) ||
        !toys_start(&toys, file, folder))
        return failed("cannot start the toy backends");
    say_what_to_try(port, file);
    r.plan = (struct plan){ .mode = PLAN_RUN, .program = SPAN("keel"), .daemonize = 0 };
    *ARENA_PUSH(a, &r.plan.files) = (struct plan_file){ LANGUAGE_HAPROXY, span_from(file) };
    return r;
}
