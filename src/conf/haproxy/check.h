/* SPDX-License-Identifier: Apache-2.0 */
/* Making the steps of a check. */
#pragma once

#include "conf/haproxy/server.h"

struct check_maker {
    struct build *b;
    struct draft *d;
    struct check *check;
    struct where at;
};

struct check_step *haproxy_check_add(struct check_maker *m, enum check_step_kind kind);
void haproxy_check_send(struct check_maker *m, struct span data);
/* "HTTP/1.1\r\nHost: www" as it was once written: the fields become fields. */
void haproxy_check_split_version(struct check_maker *m, struct check_step *send);
/* The section's http-check or tcp-check lines, as steps of <to>. */
void haproxy_check_lines(struct check_maker *m, enum kept lines, struct check *to);
