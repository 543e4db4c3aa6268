/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted but hardly meant. */
#pragma once

#include "conf/haproxy/haproxy_internal.h"

/* errorfile and capture lines in a section that serves nobody. */
void haproxy_review_place(struct build *b, const struct draft *d);
/* "www.example.org" as a regular expression on the Host field: dots, and the port. */
void haproxy_review_host_regex(struct build *b, const struct word *w, const struct expr *subject,
                               struct span acl);
