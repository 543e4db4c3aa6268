/* SPDX-License-Identifier: Apache-2.0 */
/* A criterion of an ACL: what is fetched, how it is matched, with what. */
#pragma once

#include "conf/haproxy/haproxy_internal.h"

/* Words <from> to <to> become tests of <acl>. False and a diagnostic when they cannot. */
bool haproxy_criterion(struct build *b, const struct statement *s, uint32_t from, uint32_t to,
                       struct acl *acl);
