/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of checks that start a program: it may start none, so the
 * parent is asked. The checks' thread asks, the control thread, whose the
 * channel is, passes it on.
 */
#pragma once

#include "check/schedule.h"
#include "daemon/channel.h"

struct loop;
struct check_programs {
    struct loop *loop; /* of the control thread */
    struct channel *parent;
};

/* The checks' thread. Without memory it is as if the program took too long. */
void check_programs_run(const struct check_programs *self, const struct checks_program *p);
void check_programs_kill(const struct check_programs *self, uint32_t ticket);
/* What the parent answers: MESSAGE_RAN. */
void check_programs_ran(struct checks *c, const struct message *m);
