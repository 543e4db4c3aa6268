/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/world_real.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/fd.h"

#define FILE_MAX ((size_t)256 << 20) /* more than any configuration, map or certificate bundle needs */

struct real {
    struct arena *arena;
};

static struct answer failed(int error)
{
    return (struct answer){ .error = error };
}

static struct answer answered(struct span bytes)
{
    return (struct answer){ .bytes = bytes };
}

static const char *text_of(struct real *r, struct span key)
{
    return arena_span(r->arena, key).ptr;
}

/* What cannot be sized (a pipe, /dev/stdin) is read to its end as well. */
static struct answer read_all(struct real *r, int fd, size_t expected)
{
    size_t room = expected + 1 > 4096 ? expected + 1 : 4096, len = 0;
    char *data = arena_alloc(r->arena, room);

    for (;;) {
        if (len == room) {
            if (room > FILE_MAX)
                return failed(EFBIG);
            char *more = arena_alloc(r->arena, room * 2);
            memcpy(more, data, len);
            data = more;
            room *= 2;
        }
        ssize_t n = read(fd, data + len, room - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(errno);
        if (n == 0)
            return answered(span_of(data, len));
        len += (size_t)n;
    }
}

static struct answer ask_file(struct real *r, struct span path)
{
    AUTO_FD int fd = open(text_of(r, path), O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return failed(errno);
    if (S_ISDIR(st.st_mode))
        return failed(EISDIR);
    if ((uint64_t)st.st_size > FILE_MAX)
        return failed(EFBIG);
    return read_all(r, fd, (size_t)st.st_size);
}

static struct answer ask_file_kind(struct real *r, struct span path)
{
    struct stat st;

    if (stat(text_of(r, path), &st) < 0)
        return failed(errno);
    return answered(S_ISREG(st.st_mode)    ? SPAN("f")
                    : S_ISDIR(st.st_mode)  ? SPAN("d")
                    : S_ISSOCK(st.st_mode) ? SPAN("s")
                    : S_ISCHR(st.st_mode)  ? SPAN("c")
                    : S_ISFIFO(st.st_mode) ? SPAN("p")
                                           : SPAN("?"));
}

static struct answer ask_file_mode(struct real *r, struct span path)
{
    struct stat st;

    if (stat(text_of(r, path), &st) < 0)
        return failed(errno);
    return answered(arena_printf(r->arena, "%04o %u %u", st.st_mode & 07777u, st.st_uid, st.st_gid));
}

static void put_name(struct buf *out, const char *name)
{
    buf_put(out, span_from(name));
    buf_put_char(out, '\0');
}

static struct answer ask_glob(struct real *r, struct span pattern)
{
    glob_t found = { 0 };
    struct buf names;
    int result = glob(text_of(r, pattern), 0, NULL, &found);

    if (result == GLOB_NOSPACE)
        return failed(ENOMEM);
    buf_init(&names, FILE_MAX);
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
        put_name(&names, found.gl_pathv[i]);
    globfree(&found);
    struct span all = arena_span(r->arena, buf_span(&names));
    buf_fini(&names);
    return answered(all);
}

static bool put_addresses(struct buf *out, const struct addrinfo *list, int family)
{
    bool any = false;

    for (const struct addrinfo *it = list; it != NULL; it = it->ai_next) {
        struct address a = { .len = it->ai_addrlen };
        if (it->ai_family != family || it->ai_addrlen > sizeof(a.u))
            continue;
        memcpy(&a.u, it->ai_addr, it->ai_addrlen);
        address_put_ip(out, &a);
        buf_put_char(out, '\0');
        any = true;
    }
    return any;
}

static struct answer ask_host(struct real *r, struct span name)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    struct buf text;
    int result = getaddrinfo(text_of(r, name), NULL, &hints, &list);

    if (result != 0)
        return failed(result == EAI_AGAIN ? EAGAIN : result == EAI_MEMORY ? ENOMEM : ENOENT);
    buf_init(&text, 64 * 1024);
    bool v4 = put_addresses(&text, list, AF_INET), v6 = put_addresses(&text, list, AF_INET6);
    freeaddrinfo(list);
    struct span all = arena_span(r->arena, buf_span(&text));
    buf_fini(&text);
    return v4 || v6 ? answered(all) : failed(ENOENT);
}

static struct answer ask_user(struct real *r, struct span name)
{
    errno = 0;
    const struct passwd *p =
        getpwnam(text_of(r, name)); // NOLINT(concurrency-mt-unsafe): the reader has one thread
    if (p == NULL)
        return failed(errno ? errno : ENOENT);
    return answered(arena_printf(r->arena, "%u %u", p->pw_uid, p->pw_gid));
}

static struct answer ask_group(struct real *r, struct span name)
{
    errno = 0;
    const struct group *g =
        getgrnam(text_of(r, name)); // NOLINT(concurrency-mt-unsafe): the reader has one thread
    if (g == NULL)
        return failed(errno ? errno : ENOENT);
    return answered(arena_printf(r->arena, "%u", g->gr_gid));
}

static struct answer ask_env(struct real *r, struct span name)
{
    const char *value = getenv(text_of(r, name)); // NOLINT(concurrency-mt-unsafe): the reader has one thread
    return value ? answered(arena_span(r->arena, span_from(value))) : failed(ENOENT);
}

static struct answer ask_hostname(struct real *r)
{
    char name[256] = "";

    if (gethostname(name, sizeof(name) - 1) < 0)
        return failed(errno);
    return answered(arena_span(r->arena, span_from(name)));
}

static struct answer ask(void *self, enum question q, struct span key)
{
    struct real *r = self;

    switch (q) {
    case ASK_FILE:
        return ask_file(r, key);
    case ASK_GLOB:
        return ask_glob(r, key);
    case ASK_HOST:
        return ask_host(r, key);
    case ASK_USER:
        return ask_user(r, key);
    case ASK_GROUP:
        return ask_group(r, key);
    case ASK_ENV:
        return ask_env(r, key);
    case ASK_FILE_KIND:
        return ask_file_kind(r, key);
    case ASK_FILE_MODE:
        return ask_file_mode(r, key);
    case ASK_HOSTNAME:
        return ask_hostname(r);
    case ASK_PLAN:
        break;
    }
    return failed(ENOENT);
}

struct world world_real(struct arena *a)
{
    struct real *r = ARENA_NEW(a, struct real);

    r->arena = a;
    return (struct world){ .self = r, .ask = ask };
}
