/* SPDX-License-Identifier: Apache-2.0 */
/* How many connections a second are accepted: of the process, and of a frontend. */
#include "conf/haproxy/haproxy_internal.h"

static void on_process_rate(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;

    if (value_number(b->diags, word_at(s, 1), 0, INT32_MAX, &n))
        b->config->process.rate_max[k->low] = (uint32_t)n;
}

const struct keyword haproxy_rate_words[] = {
    { "maxconnrate", IN_GLOBAL, 1, 1, .handle = on_process_rate, .low = 0,
      .manual = "connections that are accepted a second, in all; more wait in the backlog" },
    { "maxsessrate", IN_GLOBAL, 1, 1, .handle = on_process_rate, .low = 1,
      .manual = "sessions that begin a second, in all" },
    { "maxsslrate", IN_GLOBAL, 1, 1, .handle = on_process_rate, .low = 2,
      .manual = "connections with TLS that are accepted a second, in all" },
    { "rate-limit sessions", IN_D_FRONT, 1, 1, .handle = haproxy_set_number, TO(session_rate),
      .manual = "sessions that begin a second; more wait in the backlog" },
    { NULL },
};
