/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/check_programs.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/record.h"
#include "daemon/runner.h"
#include "io/loop.h"

#define MORE_ROOM 1024

struct letter {
    struct task task;
    const struct check_programs *self;
    struct message message;
    char text[MORE_ROOM];
};

/* A parent that does not take it is dead, which the control thread notices by itself. */
static void on_letter(struct task *t)
{
    struct letter *l = CONTAINER_OF(t, struct letter, task);

    (void)!channel_send(l->self->parent, &l->message);
    free(l);
}

static void record_number(struct buf *out, uint32_t n)
{
    char digits[16];
    struct buf b;

    buf_init_fixed(&b, digits, sizeof(digits));
    buf_put_u64(&b, n);
    record_span(out, buf_span(&b));
}

/* In the order of runner.c: address, port, id, name, connections, most of them, TLS. */
static void record_server(struct buf *out, const struct checks_program *p)
{
    const struct server *s = p->server;
    char room[128];
    struct buf address;

    buf_init_fixed(&address, room, sizeof(room));
    address_put_host(&address, &p->address);
    record_u32(out, 7);
    record_span(out, buf_span(&address));
    if (address_family(&p->address) == AF_UNIX)
        record_span(out, SPAN(""));
    else
        record_number(out, address_port(&p->address));
    record_number(out, s->id);
    record_span(out, s->name);
    record_number(out, p->active);
    record_number(out, s->connections_max);
    record_number(out, s->tls != NULL);
}

void check_programs_run(const struct check_programs *self, const struct checks_program *p)
{
    struct letter *l = calloc(1, sizeof(*l));
    struct buf more;

    if (l == NULL)
        return;
    buf_init_fixed(&more, l->text, sizeof(l->text));
    record_server(&more, p);
    l->self = self;
    l->message = (struct message){ .kind = MESSAGE_RUN,
                                   .index = p->number,
                                   .number = p->generation << 32 | p->ticket,
                                   .text = more.truncated ? SPAN("") : buf_span(&more) };
    loop_post(self->loop, &l->task, on_letter);
}

void check_programs_kill(const struct check_programs *self, uint32_t ticket)
{
    struct letter *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return;
    l->self = self;
    l->message = (struct message){ .kind = MESSAGE_KILL, .number = ticket };
    loop_post(self->loop, &l->task, on_letter);
}

void check_programs_ran(struct checks *c, const struct message *m)
{
    static const enum checks_end ends[] = { [RUNNER_EXITED] = CHECKS_EXITED,
                                            [RUNNER_SIGNALED] = CHECKS_KILLED,
                                            [RUNNER_NOT_STARTED] = CHECKS_NOT_STARTED };
    const uint32_t end = m->index & 0xff;

    if (c != NULL && end < COUNT_OF(ends))
        checks_ran(c, (uint32_t)m->number, ends[end], (int)(m->index >> 8));
}
