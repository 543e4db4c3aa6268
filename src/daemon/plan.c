/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/plan.h"

#include "daemon/record.h"

#define PLAN_VERSION 3

static void write_options(const struct dialect_options *o, struct buf *out)
{
    record_span(out, o->prefix);
    record_span(out, o->globals);
    record_span(out, o->error_log);
    record_u32(out, o->defines.count);
    for (uint32_t i = 0; i < o->defines.count; i++)
        record_span(out, o->defines.items[i]);
    record_span(out, o->node_name);
    record_u32(out, o->connections_max);
    record_u32(out, o->connections_per_proxy);
    record_u8(out, o->daemonize);
    record_u8(out, o->quiet);
    record_u8(out, o->verbose);
}

void plan_write(const struct plan *p, struct buf *out)
{
    record_u32(out, PLAN_VERSION);
    record_u8(out, (uint8_t)p->mode);
    record_u8(out, (uint8_t)p->called_as);
    record_span(out, p->program);
    record_u32(out, p->files.count);
    for (uint32_t i = 0; i < p->files.count; i++) {
        record_u8(out, (uint8_t)p->files.items[i].language);
        record_span(out, p->files.items[i].path);
    }
    write_options(&p->options, out);
    record_u8(out, (uint8_t)(p->daemonize + 1));
    record_span(out, p->pid_file);
    record_span(out, p->control);
    record_u8(out, p->control_asked);
    record_u32(out, p->control_mode);
    record_span(out, p->vrrp_pid_file);
}

static void read_options(struct arena *a, struct reader *r, struct dialect_options *o)
{
    o->prefix = record_take_span(r);
    o->globals = record_take_span(r);
    o->error_log = record_take_span(r);
    for (uint32_t i = record_take_count(r, 4); i > 0; i--)
        *ARENA_PUSH(a, &o->defines) = record_take_span(r);
    o->node_name = record_take_span(r);
    o->connections_max = reader_u32(r);
    o->connections_per_proxy = reader_u32(r);
    o->daemonize = reader_u8(r) != 0;
    o->quiet = reader_u8(r) != 0;
    o->verbose = reader_u8(r) != 0;
}

/* Only what building the model depends on travels: the rest is the parent's own and stays with it. */
bool plan_read(struct arena *a, struct span bytes, struct plan *p)
{
    struct reader r = reader_of(bytes);

    *p = (struct plan){ .daemonize = -1 };
    if (reader_u32(&r) != PLAN_VERSION)
        return false;
    p->mode = (enum plan_mode)reader_u8(&r);
    p->called_as = (enum language)reader_u8(&r);
    p->program = record_take_span(&r);
    for (uint32_t i = record_take_count(&r, 5); i > 0; i--) {
        struct plan_file file = { .language = (enum language)reader_u8(&r) };
        file.path = record_take_span(&r);
        *ARENA_PUSH(a, &p->files) = file;
    }
    read_options(a, &r, &p->options);
    p->daemonize = (int8_t)(reader_u8(&r) - 1);
    p->pid_file = record_take_span(&r);
    p->control = record_take_span(&r);
    p->control_asked = reader_u8(&r) != 0;
    p->control_mode = reader_u32(&r);
    p->vrrp_pid_file = record_take_span(&r);
    return !r.failed;
}
