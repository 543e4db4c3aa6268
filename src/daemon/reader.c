/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/common/world.h"
#include "daemon/build.h"
#include "daemon/check_output.h"
#include "daemon/explain.h"
#include "daemon/manifest.h"
#include "daemon/prepare.h"
#include "daemon/user_groups.h"
#include "daemon/words.h"
#include "daemon/world_real.h"
#include "os/limits.h"
#include "model/vrrp.h"
#include "os/memfd.h"

#define READER_MEMORY ((uint64_t)1 << 30)
/* AddressSanitizer maps terabytes of shadow: a limit of address space would end it. */
#ifdef KEEL_SANITIZED
#define LIMITS_MEMORY false
#else
#define LIMITS_MEMORY true
#endif
#define OUTPUT_MAX ((size_t)16 << 20)

/* One reading: what was asked, what was understood, what was wrong with it. */
struct reading {
    struct arena *arena;
    struct world real, world;
    struct bundle_writer *bundle;
    struct diags *diags;
    struct config *config; /* NULL when there was an error */
};

/* What a worker could not make of the files is an error of theirs. */
static void try_to_prepare(struct reading *r)
{
    struct prepared *p = prepare(r->config, NULL, NULL, r->diags);

    if (p == NULL)
        config_free(&r->config);
    prepared_free(&p);
}

static void reading_init(struct reading *r, const struct plan *p)
{
    struct buf plan;

    *r = (struct reading){ .arena = arena_new(0), .bundle = bundle_writer_new(), .diags = diags_new() };
    r->real = world_real(r->arena);
    r->world = recording_world(r->arena, &r->real, r->bundle);
    buf_init(&plan, OUTPUT_MAX);
    plan_write(p, &plan);
    BUG_ON(plan.truncated);
    bundle_add(r->bundle, ASK_PLAN, SPAN(""), (struct answer){ .bytes = buf_span(&plan) });
    buf_fini(&plan);
    diags_set_language(r->diags, words_language());
    if (p->called_as != LANGUAGE_NONE || p->mode == PLAN_RUN)
        diags_set_least(r->diags, SEVERITY_WARNING); /* `keel check` tells the notes too */
    r->config = build_config(p, &r->world, r->diags);
    if (r->config != NULL)
        try_to_prepare(r);
}

static void reading_fini(struct reading *r)
{
    diags_free(&r->diags);
    config_free(&r->config);
    bundle_writer_free(&r->bundle);
    arena_free(&r->arena);
}

static void write_all(int fd, struct span s)
{
    while (s.len > 0) {
        ssize_t n = write(fd, s.ptr, s.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        s = span_from_index(s, (size_t)n);
    }
}

/* Supplementary groups must be known before a chroot hides the files that list them. */
static void fill_groups(struct arena *a, struct manifest *m)
{
    uint32_t groups[USER_GROUPS_MAX];

    if (m->user_name.len == 0 || m->uid == UINT32_MAX)
        return;
    unsigned count = user_groups(arena_span(a, m->user_name).ptr, m->gid, groups);
    for (unsigned i = 0; i < count; i++)
        *ARENA_PUSH(a, &m->groups) = groups[i];
}

static int memory_of(const char *name, struct span bytes)
{
    AUTO_FD int fd = memfd_open(name);

    if (fd < 0 || !memfd_append(fd, bytes) || !memfd_seal(fd))
        return -1;
    return fd_take(&fd);
}

static bool send_result(struct reading *r, uint64_t generation, struct channel *to)
{
    struct manifest m;
    struct buf bytes;

    manifest_of(r->arena, &m, r->config, r->diags);
    m.generation = generation;
    if (!m.has_traffic && m.has_vrrp)
        m.threads = 1; /* the worker only answers at its control socket */
    if (m.threads == 0)
        m.threads = limits_cpus();
    if (r->config->process.threads_max && m.threads > r->config->process.threads_max)
        m.threads = r->config->process.threads_max;
    for (uint32_t i = 0; i < m.listeners.count; i++)
        if (m.listeners.items[i].sockets == SOCKETS_BY_THREAD)
            m.listeners.items[i].sockets = m.threads;
    fill_groups(r->arena, &m);
    buf_init(&bytes, OUTPUT_MAX);
    manifest_write(&m, &bytes);
    AUTO_FD int manifest = bytes.truncated ? -1 : memory_of("keel-manifest", buf_span(&bytes));
    AUTO_FD int bundle = memory_of("keel-bundle", bundle_bytes(r->bundle));
    buf_fini(&bytes);
    if (manifest < 0 || bundle < 0)
        return false;
    struct message result = { .kind = MESSAGE_RESULT, .fds = { manifest, bundle }, .fd_count = 2 };
    return channel_send(to, &result) == FDPASS_OK;
}

static void show(const struct plan *p, struct reading *r, struct buf *out)
{
    if (p->quiet && diags_count(r->diags, SEVERITY_ERROR) == 0)
        return;
    diags_show(r->diags, out, words_shape(p->called_as), p->pictures || isatty(STDERR_FILENO));
}

void reader_run(const struct plan *p, uint64_t generation, struct channel *to_parent)
{
    struct reading r;
    struct buf out;

    if (LIMITS_MEMORY && !limits_memory(READER_MEMORY))
        fprintf(stderr, "keel: the reader's memory could not be limited: %m\n");
    reading_init(&r, p);
    buf_init(&out, OUTPUT_MAX);
    show(p, &r, &out);
    if (r.config == NULL)
        words_verdict(&out, p, r.diags, false, false);
    write_all(STDERR_FILENO, buf_span(&out));
    bool sent = r.config != NULL && send_result(&r, generation, to_parent);
    if (!sent) {
        struct message refused = { .kind = MESSAGE_RESULT,
                                   .text = span_first(buf_span(&out), MESSAGE_TEXT_MAX) };
        (void)!channel_send(to_parent, &refused);
    }
    buf_fini(&out);
    reading_fini(&r);
    exit(sent ? 0 : 1); // NOLINT(concurrency-mt-unsafe): one thread
}

/* nginx -T: every file as it was read, under a line that names it. */
static void dump_files(const struct diags *d, struct buf *out)
{
    for (uint32_t i = 0; i < diags_source_count(d); i++) {
        const struct source *s = diags_source_at(d, i);
        buf_printf(out, "# configuration file %.*s:\n", SPAN_ARGS(s->name));
        buf_put(out, s->text);
        buf_put(out, SPAN("\n"));
    }
}

static void put_check(const struct plan *p, struct reading *r, bool ok, struct buf *out, struct buf *err)
{
    if (p->format != FORMAT_TEXT) {
        check_output(out, r->diags, p->format);
        return;
    }
    show(p, r, err);
    if (p->explain)
        explain_each(err, r->diags, words_language());
    words_verdict(err, p, r->diags, ok, ok && r->config->listeners.count > 0);
}

/* Exit codes of the real ones' own where 0 and 1 do not tell enough: haproxy -c, keepalived -t. */
enum { NOTHING_STARTS = 2, NO_FILE = 4, MISTAKES = 5, SCRIPTS_INSECURE = 6 };

static int code_of(const struct plan *p, const struct config *c)
{
    if (p->called_as == LANGUAGE_HAPROXY && c->listeners.count == 0)
        return NOTHING_STARTS;
    if (p->called_as == LANGUAGE_KEEPALIVED && c->vrrp && c->vrrp->commands.count > 0 &&
        !c->vrrp->script_security)
        return SCRIPTS_INSECURE;
    return 0;
}

static int keepalived_failure(const struct plan *p)
{
    return p->files.count && access(p->files.items[0].path.ptr, R_OK) != 0 ? NO_FILE : MISTAKES;
}

int reader_check(const struct plan *p)
{
    struct reading r;
    struct buf out, dump;

    reading_init(&r, p);
    buf_init(&out, OUTPUT_MAX);
    buf_init(&dump, (size_t)256 << 20);
    bool ok = r.config != NULL && !(p->warnings_are_errors && diags_count(r.diags, SEVERITY_WARNING) > 0);
    put_check(p, &r, ok, &dump, &out);
    if (ok && p->mode == PLAN_DUMP)
        dump_files(r.diags, &dump);
    int code = ok ? code_of(p, r.config) : p->called_as == LANGUAGE_KEEPALIVED ? keepalived_failure(p) : 1;
    if (code == SCRIPTS_INSECURE)
        buf_put(&out,
                SPAN("SECURITY VIOLATION - scripts are being executed but script_security not enabled.\n"));
    write_all(STDERR_FILENO, buf_span(&out));
    write_all(STDOUT_FILENO, buf_span(&dump));
    buf_fini(&out);
    buf_fini(&dump);
    reading_fini(&r);
    return code;
}
