/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of stick tables that a connection or a request follows (track-sc), and
 * what is counted of them; and which server a key belongs to (stick). A key is
 * held by a reference that is given back here. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "eval/facts.h"
#include "model/stick.h"

struct rules;
struct server;
struct session;

/* What is followed by <r>'s request and its connection gets <by> more of <count> and <rate>. */
void follow_count(const struct facts *f, enum stick_data count, enum stick_data rate, uint64_t by);
/* A request has begun: the connection's keys count it. */
static inline void follow_request(const struct facts *f)
{
    if (UNLIKELY(f->follows[1] != NULL))
        follow_count(f, STICK_HTTP_REQ_CNT, STICK_HTTP_REQ_RATE, 1);
}
static inline void follow_error(const struct facts *f)
{
    if (UNLIKELY(f->follows[0] != NULL || f->follows[1] != NULL))
        follow_count(f, STICK_HTTP_ERR_CNT, STICK_HTTP_ERR_RATE, 1);
}
/* The status of a server's answer. */
void follow_status(const struct facts *f, unsigned status);
/* The request, or the TCP session, is over: its keys are given back. */
void follow_end(struct facts *f, uint64_t bytes_in, uint64_t bytes_out);
/* The connection was let in. */
void follow_admitted(struct session *s, instant now);
/* The connection is gone. NULL-safe. */
void follow_session_end(struct session *s, instant now);
/* <server> has answered: the keys that wait for it are stored. */
void follow_store(struct rules *r, const struct server *server);
