/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/build.h"

#include <errno.h>

#include "conf/common/dialect.h"

static const struct dialect *const dialects[] = {
    &dialect_nginx,
#ifdef KEEL_SPEAKS_HAPROXY
    &dialect_haproxy,
#endif
#ifdef KEEL_SPEAKS_KEEPALIVED
    &dialect_keepalived,
#endif
};

const struct dialect *const *build_dialects(unsigned *count)
{
    *count = COUNT_OF(dialects);
    return dialects;
}

const struct dialect *build_dialect(enum language l)
{
    for (size_t i = 0; i < COUNT_OF(dialects); i++)
        if (dialects[i]->language == l)
            return dialects[i];
    return dialects[0];
}

const struct dialect *build_dialect_of(const struct plan_file *f, struct span text)
{
    const struct dialect *best = dialects[0];
    unsigned sure = 0;

    if (f->language != LANGUAGE_NONE)
        return build_dialect(f->language);
    for (size_t i = 0; i < COUNT_OF(dialects); i++) {
        unsigned points = dialects[i]->recognise(f->path, text);
        if (points > sure) {
            sure = points;
            best = dialects[i];
        }
    }
    return best;
}

/* A folder (haproxy -f conf.d) has no text of its own: its name and the plan decide. */
static const struct dialect *dialect_of(const struct world *w, const struct plan_file *f)
{
    struct answer a = { 0 };

    if (f->language == LANGUAGE_NONE)
        a = world_ask(w, ASK_FILE, f->path);
    return build_dialect_of(f, a.error ? SPAN("") : a.bytes);
}

/*
 * Files of one language in a row are one reading: HAProxy's sections go on over
 * files, and keepalived's second file is the other director's.
 */
static uint32_t read_run(struct config *c, struct diags *d, const struct world *w, const struct plan *p,
                         uint32_t from)
{
    const struct dialect *dialect = dialect_of(w, &p->files.items[from]);
    uint32_t to = from + 1;

    while ((dialect->language == LANGUAGE_HAPROXY || dialect->language == LANGUAGE_KEEPALIVED) &&
           to < p->files.count && dialect_of(w, &p->files.items[to]) == dialect)
        to++;
    struct span *paths = ARENA_ARRAY(c->arena, to - from, struct span);
    for (uint32_t i = from; i < to; i++)
        paths[i - from] = p->files.items[i].path;
    dialect->read(c, d, w, paths, to - from, &p->options);
    return to;
}

static const struct diag_kind no_user = {
    .code = "K0880",
    .severity = SEVERITY_WARNING,
    .en = "no `user` is named: the worker runs as `{0}`",
    .zh = "没有指定 `user`：工作进程以 `{0}` 身份运行",
    .haproxy = "no `user` in the global section: the worker runs as {0}, not as root",
    .more = "HAProxy stays what it was started as. A process that faces the network has no use for root: "
            "name a user and "
            "a group in `global` to choose another one, or `user root` to keep it.",
};

/* A file that names no user runs as nobody; HAProxy's is told so, because there it would have stayed root. */
static void choose_user(struct config *c, const struct world *w, struct diags *d)
{
    struct process *p = &c->process;
    struct answer a = world_ask(w, ASK_USER, SPAN("nobody"));
    struct span ids = a.bytes, uid;
    uint64_t n;

    if (p->users.count > 0 || (c->listeners.count == 0 && c->vrrp == NULL) || a.error)
        return;
    uid = span_cut(&ids, ' ');
    p->user = SPAN("nobody");
    if (span_to_u64(uid, UINT32_MAX - 1, &n))
        p->uid = (uint32_t)n;
    if (p->groups.count == 0 && span_to_u64(ids, UINT32_MAX - 1, &n))
        p->gid = (uint32_t)n;
    for (uint32_t i = 0; i < c->services.count; i++)
        if (c->services.items[i]->language == LANGUAGE_HAPROXY) {
            (void)diag_add(d, &no_user, WHERE_NONE, DIAG_TEXT(p->user));
            return;
        }
}

static const struct diag_kind bad_control = {
    .code = "K0881",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` cannot be the path of a control socket: it is empty or longer than 107 bytes",
    .zh = "`{0}` 不能作为控制套接字的路径：为空或超过 107 字节",
};
const struct diag_kind *const build_kinds[] = { &no_user, &bad_control, NULL };

/* Ours, beside those of the files; who may open it is the folder's and the file's mode. */
static void add_control(struct config *c, const struct plan *p, struct diags *d)
{
    struct control_socket s = { .mode = p->control_mode ? p->control_mode : 0600,
                                .uid = UINT32_MAX,
                                .gid = UINT32_MAX,
                                .level = 2,
                                .optional = !p->control_asked };

    if (p->control.len == 0)
        return;
    if (!address_unix(p->control, false, &s.address))
        (void)diag_add(d, &bad_control, WHERE_NONE, DIAG_TEXT(p->control));
    else
        *ARENA_PUSH(c->arena, &c->process.control_sockets) = s;
}

struct config *build_config(const struct plan *p, const struct world *w, struct diags *d)
{
    struct config *c = config_new();

    c->process.language = p->called_as;
    for (uint32_t i = 0; i < p->files.count;)
        i = read_run(c, d, w, p, i);
    if (p->daemonize >= 0)
        c->process.daemonize = p->daemonize > 0;
    else if (p->called_as == LANGUAGE_NONE)
        c->process.daemonize = false;
    if (p->pid_file.len > 0) {
        c->process.pid_files.count = 0;
        *ARENA_PUSH(c->arena, &c->process.pid_files) = p->pid_file;
    }
    choose_user(c, w, d);
    add_control(c, p, d);
    build_check_vrrp(c, d);
    bool sealed = diags_count(d, SEVERITY_ERROR) == 0 && config_seal(c, d);
    if (!sealed || diags_count(d, SEVERITY_ERROR) > 0)
        config_free(&c);
    return c;
}
