/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/manifest.h"

#include <sys/socket.h>

#include "daemon/record.h"
#include "model/vrrp.h"

#define MANIFEST_VERSION 4

static struct span place_of(struct arena *a, const struct diags *d, struct where w)
{
    struct span name;
    uint32_t line, column;

    if (!diags_place(d, w, &name, &line, &column))
        return SPAN("");
    return arena_printf(a, "%.*s:%u", SPAN_ARGS(name), line);
}

static void add_listener(struct arena *a, struct manifest *m, const struct listener *l, const struct diags *d)
{
    *ARENA_PUSH(a, &m->listeners) = (struct manifest_listener){
        .address = l->address,
        .written = l->written,
        .place = place_of(a, d, l->at),
        .service = l->service ? l->service->name : SPAN(""),
        .interface = l->interface,
        .language = l->service ? l->service->language : LANGUAGE_NONE,
        .inherited_fd = l->fd,
        .backlog = l->backlog,
        .fastopen = l->fastopen,
        .sockets = l->sockets ? l->sockets : 1,
        .mode = l->mode,
        .uid = l->uid,
        .gid = l->gid,
        .datagram = l->datagram,
        .reuseport = l->reuseport,
        .retry_bind = l->retry_bind,
        .v6only = l->v6only,
        .transparent = l->transparent,
        .defer_accept = l->defer_accept,
        .probe_idle = l->probe_idle,
    };
}

static bool holds(const struct vrrp_address *items, uint32_t count, const struct address *a)
{
    for (uint32_t i = 0; i < count; i++)
        if (address_eq_ip(&items[i].ip, a))
            return true;
    return false;
}

static bool is_any_address(const struct address *a)
{
    struct address any;

    return (address_parse_ip(SPAN("0.0.0.0"), &any) && address_eq_ip(a, &any)) ||
           (address_parse_ip(SPAN("::"), &any) && address_eq_ip(a, &any));
}

/* A director listens at its floating address also while another one has it. */
static void free_floating(struct manifest *m, const struct vrrp_config *v)
{
    for (uint32_t i = 0; i < m->listeners.count; i++) {
        struct manifest_listener *l = &m->listeners.items[i];
        for (uint32_t k = 0; k < v->instances.count; k++) {
            const struct vrrp_instance *one = &v->instances.items[k];
            l->free_bind |= holds(one->addresses.items, one->addresses.count, &l->address) ||
                            holds(one->excluded.items, one->excluded.count, &l->address);
        }
        l->floating = !l->datagram && (l->free_bind || (v->instances.count && is_any_address(&l->address)));
    }
}

static void add_script(struct arena *a, struct manifest *m, const struct vrrp_command *c)
{
    struct manifest_script s = { .name = c->name, .uid = c->uid, .gid = c->gid };

    for (uint32_t i = 0; i < c->words.count; i++)
        *ARENA_PUSH(a, &s.argv) = c->words.items[i];
    s.timeout = c->timeout_us == 0 || c->timeout_us / 1000 >= UINT32_MAX
                    ? DURATION_NONE
                    : DURATION_MS((uint32_t)(c->timeout_us / 1000));
    *ARENA_PUSH(a, &m->scripts) = s;
}

static void takes_state(struct manifest *m, const struct vrrp_notify *n)
{
    if (n->any != VRRP_NONE)
        m->scripts.items[n->any].takes = SCRIPT_TAKES_STATE;
}

static void reads_fifo(struct arena *a, struct manifest *m, const struct vrrp_fifo *f)
{
    if (f->command == VRRP_NONE)
        return;
    *ARENA_PUSH(a, &m->scripts.items[f->command].argv) = f->path;
    m->scripts.items[f->command].takes = SCRIPT_READS_FIFO;
}

static void add_vrrp(struct arena *a, struct manifest *m, const struct vrrp_config *v)
{
    for (uint32_t i = 0; i < v->commands.count; i++)
        add_script(a, m, &v->commands.items[i]);
    for (uint32_t i = 0; i < v->instances.count; i++)
        takes_state(m, &v->instances.items[i].notify);
    for (uint32_t i = 0; i < v->groups.count; i++)
        takes_state(m, &v->groups.items[i].notify);
    reads_fifo(a, m, &v->fifo);
    reads_fifo(a, m, &v->vrrp_fifo);
    m->startup = v->startup;
    m->shutdown = v->shutdown;
    m->net_namespace = v->net_namespace;
}

/* ---- checks that start a program ---- */

#define NO_ADDRESS "NOT_USED" /* HAProxy's word */

static const struct listener *first_listener(const struct config *c, const struct pool *p)
{
    const struct service *s = config_find_service(c, p->language, p->name);

    for (uint32_t i = 0; s != NULL && i < c->listeners.count; i++)
        if (c->listeners.items[i]->service == s && c->listeners.items[i]->address.len > 0)
            return c->listeners.items[i];
    return NULL;
}

/* Where the proxy listens: "127.0.0.1" and "80", a path and nothing, or nothing. */
static void listens_at(struct arena *a, const struct listener *l, struct span *address, struct span *port)
{
    char room[128];
    struct buf b;

    *address = *port = SPAN("");
    if (l == NULL)
        return;
    buf_init_fixed(&b, room, sizeof(room));
    address_put_host(&b, &l->address);
    *address = arena_span(a, buf_span(&b));
    if (address_family(&l->address) != AF_UNIX)
        *port = arena_printf(a, "%u", address_port(&l->address));
}

#define ENVIRONMENT(name, text)                                                                              \
    (*ARENA_PUSH(a, &s.environment) = arena_printf(a, name "=%.*s", SPAN_ARGS(text)))

/* HAProxy's external-check: what it is called with is HAProxy's too (configuration manual, "external-check
 * command"). It runs as the worker does. */
static void add_check(struct arena *a, struct manifest *m, const struct config *c, const struct pool *p)
{
    const struct process *process = &c->process;
    struct manifest_script s = { .name = p->check->command,
                                 .uid = process->uid,
                                 .gid = process->gid,
                                 .takes = SCRIPT_TAKES_SERVER,
                                 .keeps_environment = process->checks_keep_environment,
                                 .timeout = DURATION_NONE }; /* the worker says when it is late */
    struct span address, port;

    listens_at(a, first_listener(c, p), &address, &port);
    *ARENA_PUSH(a, &s.argv) = p->check->command;
    *ARENA_PUSH(a, &s.argv) = address.len ? address : SPAN(NO_ADDRESS);
    *ARENA_PUSH(a, &s.argv) = port.len ? port : SPAN(NO_ADDRESS);
    ENVIRONMENT("HAPROXY_PROXY_ADDR", address);
    ENVIRONMENT("HAPROXY_PROXY_PORT", port);
    ENVIRONMENT("HAPROXY_PROXY_NAME", p->name);
    *ARENA_PUSH(a, &s.environment) = arena_printf(a, "HAPROXY_PROXY_ID=%u", p->id);
    ENVIRONMENT("HAPROXY_SERVER_PROTO", p->check->speaks);
    ENVIRONMENT("PATH", p->check->path);
    *ARENA_PUSH(a, &m->scripts) = s;
}

void manifest_of(struct arena *a, struct manifest *m, const struct config *c, const struct diags *places)
{
    const struct process *p = &c->process;

    *m = (struct manifest){
        .language = p->language,
        .daemonize = p->daemonize,
        .has_traffic = c->listeners.count > 0,
        .has_vrrp = c->vrrp != NULL,
        .threads = p->threads,
        .uid = p->uid,
        .gid = p->gid,
        .user_name = p->user,
        .chroot = p->chroot,
        .keep = (p->needs_net_raw ? MANIFEST_KEEP_RAW : 0u) |
                (p->needs_net_admin ? MANIFEST_KEEP_ADMIN : 0u) |
                (p->needs_net_bind ? MANIFEST_KEEP_BIND : 0u),
        .files_max = p->files_max,
        .files_least = p->connections_max ? 2 * (uint64_t)p->connections_max + 64 : UINT64_MAX,
        .core_dumps = p->core_dumps,
        .drain_max = p->drain_max,
        .startup = MANIFEST_NO_SCRIPT,
        .shutdown = MANIFEST_NO_SCRIPT,
        .server_count = c->servers.count,
    };
    if (c->vrrp != NULL)
        add_vrrp(a, m, c->vrrp);
    for (uint32_t i = 0; i < c->check_programs.count; i++)
        add_check(a, m, c, c->check_programs.items[i]);
    for (uint32_t i = 0; i < p->pid_files.count; i++)
        *ARENA_PUSH(a, &m->pid_files) = p->pid_files.items[i];
    for (uint32_t i = 0; i < c->listeners.count; i++)
        add_listener(a, m, c->listeners.items[i], places);
    if (c->vrrp != NULL)
        free_floating(m, c->vrrp);
    for (uint32_t i = 0; i < c->log_targets.count; i++) {
        const struct log_target *t = c->log_targets.items[i];
        bool opens = t->kind == LOG_FILE;
        *ARENA_PUSH(a, &m->logs) =
            (struct manifest_log){ opens ? t->path : SPAN(""), place_of(a, places, t->at) };
    }
    for (uint32_t i = 0; i < p->control_sockets.count; i++) {
        const struct control_socket *s = &p->control_sockets.items[i];
        *ARENA_PUSH(a, &m->controls) = (struct manifest_control){
            s->address, s->mode, s->uid, s->gid, s->level, s->optional, place_of(a, places, s->at),
        };
    }
}

/* ---- writing ---- */

static void write_listener(const struct manifest_listener *l, struct buf *out)
{
    record_address(out, &l->address);
    record_span(out, l->written);
    record_span(out, l->place);
    record_span(out, l->service);
    record_span(out, l->interface);
    record_u8(out, (uint8_t)l->language);
    record_u32(out, (uint32_t)l->inherited_fd);
    record_u32(out, (uint32_t)l->backlog);
    record_u32(out, (uint32_t)l->fastopen);
    record_u32(out, l->sockets);
    record_u32(out, l->mode);
    record_u32(out, l->uid);
    record_u32(out, l->gid);
    record_u8(out,
              (uint8_t)(l->datagram | l->reuseport << 1 | l->retry_bind << 2 | l->v6only << 3 |
                        l->transparent << 4 | l->defer_accept << 5 | l->probe_idle << 6 | l->free_bind << 7));
    record_u8(out, l->floating);
}

static void write_script(const struct manifest_script *s, struct buf *out)
{
    record_span(out, s->name);
    record_u32(out, s->argv.count);
    for (uint32_t i = 0; i < s->argv.count; i++)
        record_span(out, s->argv.items[i]);
    record_u32(out, s->environment.count);
    for (uint32_t i = 0; i < s->environment.count; i++)
        record_span(out, s->environment.items[i]);
    record_u8(out, s->keeps_environment);
    record_u8(out, (uint8_t)s->takes);
    record_u32(out, s->uid);
    record_u32(out, s->gid);
    record_u32(out, s->timeout.ms);
}

void manifest_write(const struct manifest *m, struct buf *out)
{
    record_u32(out, MANIFEST_VERSION);
    record_u64(out, m->generation);
    record_u8(out, (uint8_t)m->language);
    record_u8(out, (uint8_t)(m->daemonize | m->has_traffic << 1 | m->has_vrrp << 2 | m->core_dumps << 3));
    record_u32(out, m->threads);
    record_u32(out, m->uid);
    record_u32(out, m->gid);
    record_u32(out, m->groups.count);
    for (uint32_t i = 0; i < m->groups.count; i++)
        record_u32(out, m->groups.items[i]);
    record_span(out, m->user_name);
    record_span(out, m->chroot);
    record_u32(out, m->keep);
    record_u64(out, m->files_max);
    record_u64(out, m->files_least);
    record_u32(out, m->drain_max.ms);
    record_u32(out, m->server_count);
    record_u32(out, m->pid_files.count);
    for (uint32_t i = 0; i < m->pid_files.count; i++)
        record_span(out, m->pid_files.items[i]);
    record_u32(out, m->listeners.count);
    for (uint32_t i = 0; i < m->listeners.count; i++)
        write_listener(&m->listeners.items[i], out);
    record_u32(out, m->logs.count);
    for (uint32_t i = 0; i < m->logs.count; i++) {
        record_span(out, m->logs.items[i].path);
        record_span(out, m->logs.items[i].place);
    }
    record_u32(out, m->controls.count);
    for (uint32_t i = 0; i < m->controls.count; i++) {
        const struct manifest_control *s = &m->controls.items[i];
        record_address(out, &s->address);
        record_u32(out, s->mode);
        record_u32(out, s->uid);
        record_u32(out, s->gid);
        record_u8(out, s->level);
        record_u8(out, s->optional);
        record_span(out, s->place);
    }
    record_u32(out, m->scripts.count);
    for (uint32_t i = 0; i < m->scripts.count; i++)
        write_script(&m->scripts.items[i], out);
    record_u32(out, m->startup);
    record_u32(out, m->shutdown);
    record_span(out, m->net_namespace);
}

/* ---- reading ---- */

static struct manifest_listener read_listener(struct reader *r)
{
    struct manifest_listener l = { .address = record_take_address(r) };

    l.written = record_take_span(r);
    l.place = record_take_span(r);
    l.service = record_take_span(r);
    l.interface = record_take_span(r);
    l.language = (enum language)reader_u8(r);
    l.inherited_fd = (int32_t)reader_u32(r);
    l.backlog = (int32_t)reader_u32(r);
    l.fastopen = (int32_t)reader_u32(r);
    l.sockets = reader_u32(r);
    l.mode = reader_u32(r);
    l.uid = reader_u32(r);
    l.gid = reader_u32(r);
    uint8_t flags = reader_u8(r);
    l.datagram = flags & 1;
    l.reuseport = flags >> 1 & 1;
    l.retry_bind = flags >> 2 & 1;
    l.v6only = flags >> 3 & 1;
    l.transparent = flags >> 4 & 1;
    l.defer_accept = flags >> 5 & 1;
    l.probe_idle = flags >> 6 & 1;
    l.free_bind = flags >> 7 & 1;
    l.floating = reader_u8(r) & 1;
    if (l.sockets == 0 || l.sockets > MANIFEST_SOCKETS_MAX)
        r->failed = true;
    return l;
}

static struct manifest_control read_control(struct reader *r)
{
    struct manifest_control s = { .address = record_take_address(r) };

    s.mode = reader_u32(r);
    s.uid = reader_u32(r);
    s.gid = reader_u32(r);
    s.level = reader_u8(r);
    s.optional = reader_u8(r) != 0;
    s.place = record_take_span(r);
    return s;
}

static struct manifest_script read_script(struct arena *a, struct reader *r)
{
    struct manifest_script s = { .name = record_take_span(r) };

    for (uint32_t i = record_take_count(r, 4); i > 0; i--)
        *ARENA_PUSH(a, &s.argv) = record_take_span(r);
    for (uint32_t i = record_take_count(r, 4); i > 0; i--)
        *ARENA_PUSH(a, &s.environment) = record_take_span(r);
    s.keeps_environment = reader_u8(r) != 0;
    s.takes = (enum manifest_script_takes)reader_u8(r);
    s.uid = reader_u32(r);
    s.gid = reader_u32(r);
    s.timeout = record_take_duration(r);
    return s;
}

static void read_process(struct arena *a, struct reader *r, struct manifest *m)
{
    m->generation = reader_u64(r);
    m->language = (enum language)reader_u8(r);
    uint8_t flags = reader_u8(r);
    m->daemonize = flags & 1;
    m->has_traffic = flags >> 1 & 1;
    m->has_vrrp = flags >> 2 & 1;
    m->core_dumps = flags >> 3 & 1;
    m->threads = reader_u32(r);
    m->uid = reader_u32(r);
    m->gid = reader_u32(r);
    for (uint32_t i = record_take_count(r, 4); i > 0; i--)
        *ARENA_PUSH(a, &m->groups) = reader_u32(r);
    m->user_name = record_take_span(r);
    m->chroot = record_take_span(r);
    m->keep = reader_u32(r);
    m->files_max = reader_u64(r);
    m->files_least = reader_u64(r);
    m->drain_max = record_take_duration(r);
    m->server_count = reader_u32(r);
}

bool manifest_read(struct arena *a, struct span bytes, struct manifest *m)
{
    struct reader r = reader_of(bytes);

    *m = (struct manifest){ 0 };
    if (reader_u32(&r) != MANIFEST_VERSION)
        return false;
    read_process(a, &r, m);
    for (uint32_t i = record_take_count(&r, 4); i > 0; i--)
        *ARENA_PUSH(a, &m->pid_files) = record_take_span(&r);
    for (uint32_t i = record_take_count(&r, 50); i > 0; i--)
        *ARENA_PUSH(a, &m->listeners) = read_listener(&r);
    for (uint32_t i = record_take_count(&r, 8); i > 0; i--) {
        struct manifest_log l = { .path = record_take_span(&r) };
        l.place = record_take_span(&r);
        *ARENA_PUSH(a, &m->logs) = l;
    }
    for (uint32_t i = record_take_count(&r, 21); i > 0; i--)
        *ARENA_PUSH(a, &m->controls) = read_control(&r);
    for (uint32_t i = record_take_count(&r, 26); i > 0; i--)
        *ARENA_PUSH(a, &m->scripts) = read_script(a, &r);
    m->startup = reader_u32(&r);
    m->shutdown = reader_u32(&r);
    m->net_namespace = record_take_span(&r);
    return !r.failed && reader_left(&r) == 0;
}

bool manifest_needs_handover(const struct manifest *old, const struct manifest *new, const char **why)
{
    *why = old->uid != new->uid                 ? "another user"
           : old->gid != new->gid               ? "another group"
           : !span_eq(old->chroot, new->chroot) ? "another chroot"
           : (new->keep & ~old->keep) != 0      ? "a capability that the running worker gave up"
           : new->threads < old->threads        ? "fewer threads"
           : new->files_max > old->files_max    ? "more descriptors"
                                                : NULL;
    return *why != NULL;
}
