/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of users: userlist sections, and what asks for them by name. */
#pragma once

#include "conf/haproxy/haproxy_internal.h"

struct user_list;

/* All files are read: groups and users find each other. */
void haproxy_finish_users(struct build *b);
/* NULL and a diagnostic when there is none of that name. */
const struct user_list *haproxy_user_list(struct build *b, const struct word *w, struct span name);
const struct auth *haproxy_user_list_auth(const struct user_list *l);
/* Adds the names of a group's users to <t>'s texts. False and a diagnostic: there is no such group. */
bool haproxy_group_texts(struct build *b, const struct user_list *l, const struct word *group,
                         struct test *t);
/* http-request auth, stats http-request auth */
keyword_fn haproxy_on_auth;
