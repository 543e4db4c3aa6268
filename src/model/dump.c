/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program understood, as indented text: what is at its zero is left
 * out, so that two files that mean the same give the same text. Places in files
 * are left out for the same reason. Routes are in dump_route.c, pools in dump_pool.c.
 */
#include "model/dump_internal.h"

#include <stdarg.h>

static void indent(const struct dump *d)
{
    for (unsigned i = 0; i < d->depth; i++)
        buf_put(d->out, SPAN("    "));
}

void dump_line(const struct dump *d, const char *format, ...)
{
    indent(d);
    va_list args;
    va_start(args, format);
    buf_vprintf(d->out, format, args);
    va_end(args);
    buf_put_char(d->out, '\n');
}

void dump_number(const struct dump *d, const char *name, uint64_t n)
{
    if (n)
        dump_line(d, "%s %llu", name, (unsigned long long)n);
}

void dump_text(const struct dump *d, const char *name, struct span s)
{
    if (s.len == 0)
        return;
    indent(d);
    buf_printf(d->out, "%s ", name);
    buf_put_json(d->out, s);
    buf_put_char(d->out, '\n');
}

void dump_flag(const struct dump *d, const char *name, bool on)
{
    if (on)
        dump_line(d, "%s", name);
}

void dump_time(const struct dump *d, const char *name, duration t)
{
    if (duration_is_none(t))
        dump_line(d, "%s none", name);
    else if (t.ms)
        dump_line(d, "%s %u ms", name, t.ms);
}

void dump_address(const struct dump *d, const char *name, const struct address *a)
{
    if (a->len == 0)
        return;
    indent(d);
    buf_printf(d->out, "%s ", name);
    address_put(d->out, a);
    buf_put_char(d->out, '\n');
}

void dump_expr(const struct dump *d, const char *name, const struct expr *e)
{
    if (e == NULL)
        return;
    indent(d);
    buf_printf(d->out, "%s ", name);
    expr_put(d->out, e);
    buf_put_char(d->out, '\n');
}

const char *language_name(enum language l)
{
    static const char *const names[] = {
        [LANGUAGE_NONE] = "none",
        [LANGUAGE_NGINX] = "nginx",
        [LANGUAGE_HAPROXY] = "haproxy",
        [LANGUAGE_KEEPALIVED] = "keepalived",
    };
    return names[l];
}

static void dump_id(const struct dump *d, const char *name, uint32_t id)
{
    if (id != UINT32_MAX)
        dump_line(d, "%s %u", name, id);
}

static void dump_control(struct dump *d, const struct control_socket *s)
{
    dump_address(d, "control", &s->address);
    d->depth++;
    dump_line(d, "level %u", s->level);
    if (s->mode != UINT32_MAX)
        dump_line(d, "mode %o", s->mode);
    dump_id(d, "uid", s->uid);
    dump_id(d, "gid", s->gid);
    dump_flag(d, "exposes descriptors", s->expose_fds);
    d->depth--;
}

static void dump_process(struct dump *d, const struct process *p)
{
    dump_line(d, "process %s", language_name(p->language));
    d->depth++;
    dump_flag(d, "daemon", p->daemonize);
    for (uint32_t i = 0; i < p->pid_files.count; i++)
        dump_text(d, "pid file", p->pid_files.items[i]);
    dump_text(d, "user", p->user);
    dump_id(d, "uid", p->uid);
    dump_text(d, "group", p->group);
    dump_id(d, "gid", p->gid);
    dump_text(d, "chroot", p->chroot);
    dump_number(d, "threads", p->threads);
    dump_number(d, "threads at most", p->threads_max);
    dump_number(d, "descriptors", p->files_max);
    dump_number(d, "connections", p->connections_max);
    dump_number(d, "connections per thread", p->connections_per_thread);
    dump_number(d, "connections a second", p->rate_max[0]);
    dump_number(d, "sessions a second", p->rate_max[1]);
    dump_number(d, "TLS connections a second", p->rate_max[2]);
    dump_flag(d, "core dumps", p->core_dumps);
    dump_time(d, "drain", p->drain_max);
    dump_number(d, "buffer", p->buffer_size);
    dump_number(d, "accepts", p->accept_batch);
    dump_flag(d, "needs raw sockets", p->needs_net_raw);
    dump_flag(d, "needs network administration", p->needs_net_admin);
    dump_flag(d, "needs low ports", p->needs_net_bind);
    for (uint32_t i = 0; i < p->environment.count; i++) {
        const struct env_setting *e = &p->environment.items[i];
        dump_line(d, "%s %.*s=%.*s", e->unset ? "unset" : "set", SPAN_ARGS(e->name), SPAN_ARGS(e->value));
    }
    for (uint32_t i = 0; i < p->control_sockets.count; i++)
        dump_control(d, &p->control_sockets.items[i]);
    d->depth--;
}

static void dump_listener(struct dump *d, const struct listener *l)
{
    dump_line(d, "listener %.*s", SPAN_ARGS(l->written));
    d->depth++;
    dump_address(d, "address", &l->address);
    if (l->fd >= 0)
        dump_line(d, "descriptor %d", l->fd);
    if (l->service)
        dump_line(d, "service %s:%.*s", language_name(l->service->language), SPAN_ARGS(l->service->name));
    dump_text(d, "name", l->name);
    dump_text(d, "interface", l->interface);
    dump_text(d, "namespace", l->namespace);
    dump_flag(d, "datagram", l->datagram);
    dump_number(d, "backlog", l->backlog > 0 ? (uint64_t)l->backlog : 0);
    if (l->sockets == SOCKETS_BY_THREAD)
        dump_line(d, "a socket for each thread");
    else
        dump_number(d, "sockets", l->sockets);
    dump_flag(d, "reuseport", l->reuseport);
    dump_flag(d, "retry bind", l->retry_bind);
    dump_flag(d, "v6only", l->v6only);
    dump_flag(d, "transparent", l->transparent);
    dump_flag(d, "defer accept", l->defer_accept);
    dump_flag(d, "accept proxy", l->accept_proxy);
    dump_flag(d, "proxy aside", l->proxy_aside);
    dump_flag(d, "probe idle", l->probe_idle);
    dump_number(d, "fast open", l->fastopen > 0 ? (uint64_t)l->fastopen : 0);
    if (l->mode != UINT32_MAX)
        dump_line(d, "mode %o", l->mode);
    dump_id(d, "uid", l->uid);
    dump_id(d, "gid", l->gid);
    if (l->tls)
        dump_tls_listener(d, l->tls);
    dump_number(d, "id", l->id);
    dump_number(d, "connections", l->connections_max);
    d->depth--;
}

static void dump_service(struct dump *d, const struct service *s)
{
    static const char *const protocols[] = {
        [PROTOCOL_TCP] = "tcp", [PROTOCOL_HTTP] = "http", [PROTOCOL_UDP] = "udp"
    };
    dump_line(d, "service %s:%.*s", language_name(s->language), SPAN_ARGS(s->name));
    d->depth++;
    dump_line(d, "protocol %s", protocols[s->protocol]);
    dump_number(d, "id", s->id);
    if (s->entry)
        dump_line(d, "entry scope %u", s->entry->index);
    dump_number(d, "connections", s->connections_max);
    dump_number(d, "sessions a second", s->session_rate_max);
    dump_flag(d, "disabled", s->disabled);
    dump_news(d, s->news);
    d->depth--;
}

static void dump_log_target(struct dump *d, const struct log_target *t)
{
    static const char *const kinds[] = { [LOG_FILE] = "file",
                                         [LOG_STDERR] = "stderr",
                                         [LOG_STDOUT] = "stdout",
                                         [LOG_SYSLOG] = "syslog",
                                         [LOG_STREAM] = "stream" };
    dump_line(d, "log target %u %s", t->index, kinds[t->kind]);
    d->depth++;
    dump_text(d, "path", t->path);
    dump_address(d, "address", &t->address);
    if (t->fd >= 0)
        dump_line(d, "descriptor %d", t->fd);
    dump_number(d, "frame", t->frame);
    dump_text(d, "tag", t->tag);
    dump_text(d, "host", t->host);
    dump_number(d, "line", t->line_max);
    dump_flag(d, "counted", t->counted);
    dump_number(d, "queue", t->queue);
    dump_number(d, "buffer", t->buffer);
    dump_time(d, "flush", t->flush);
    d->depth--;
}

void config_dump(const struct config *c, struct buf *out)
{
    struct dump d = { .out = out };
    dump_process(&d, &c->process);
    for (uint32_t i = 0; i < c->log_targets.count; i++)
        dump_log_target(&d, c->log_targets.items[i]);
    for (uint32_t i = 0; i < c->slot_names.count; i++)
        dump_line(&d, "slot %u %.*s", i, SPAN_ARGS(c->slot_names.items[i]));
    for (uint32_t i = 0; i < c->kept_names.count; i++)
        dump_line(&d, "kept slot %u %.*s", i, SPAN_ARGS(c->kept_names.items[i]));
    for (uint32_t i = 0; i < c->process_values.count; i++)
        dump_expr(&d, "process value", c->process_values.items[i].expr);
    for (uint32_t i = 0; i < c->listeners.count; i++)
        dump_listener(&d, c->listeners.items[i]);
    for (uint32_t i = 0; i < c->services.count; i++)
        dump_service(&d, c->services.items[i]);
    for (uint32_t i = 0; i < c->tls_servers.count; i++)
        dump_tls_server(&d, c->tls_servers.items[i]);
    for (uint32_t i = 0; i < c->tls_clients.count; i++) {
        dump_line(&d, "tls client %u", i);
        dump_tls_client(&d, c->tls_clients.items[i]);
    }
    for (uint32_t i = 0; i < c->pools.count; i++)
        dump_pool(&d, c->pools.items[i]);
    for (uint32_t i = 0; i < c->name_groups.count; i++)
        dump_name_group(&d, c->name_groups.items[i]);
    for (uint32_t i = 0; i < c->stick_tables.count; i++)
        dump_stick_table(&d, c->stick_tables.items[i]);
    for (uint32_t i = 0; i < c->scopes.count; i++)
        dump_scope(&d, c->scopes.items[i]);
}
