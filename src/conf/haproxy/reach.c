/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who can send to whom. HAProxy joins what a frontend and a backend say when a
 * request is in both; where the model wants one answer, all that can meet count.
 */
#include "conf/haproxy/haproxy_internal.h"

bool haproxy_reaches(const struct draft *front, const struct draft *back)
{
    if (!draft_is_front(front) || !draft_is_back(back))
        return false;
    if (front == back)
        return true;
    const struct line *l = haproxy_line_last(front, KEPT_DEFAULT_BACKEND);
    if (l && span_eq(text_at(&l->s, 1), back->name))
        return true;
    for (uint32_t i = 0; i < front->kept[KEPT_RULE].count; i++) {
        const struct statement *s = &front->kept[KEPT_RULE].items[i].s;
        if (!text_is(s, 0, "use_backend"))
            continue;
        if (span_eq(text_at(s, 1), back->name) || span_find_char(text_at(s, 1), '%') != SPAN_NONE)
            return true;
    }
    return false;
}

static enum keep_mode own_mode(const struct draft *d)
{
    return (enum keep_mode)value_or(&d->connection_mode, KEEP_ALIVE);
}

/* The weakest of those that <d> can meet: what closes for all of them, closes here too. */
static enum keep_mode met_mode(const struct build *b, const struct draft *d, bool as_front)
{
    enum keep_mode weakest = KEEP_TUNNEL;
    for (uint32_t i = 0; i < b->proxies.count; i++) {
        const struct draft *other = b->proxies.items[i];
        if ((as_front ? haproxy_reaches(d, other) : haproxy_reaches(other, d)) && own_mode(other) < weakest)
            weakest = own_mode(other);
    }
    return weakest == KEEP_TUNNEL ? KEEP_ALIVE : weakest;
}

/* Of two that meet, the stronger counts: close, then server-close, then keep-alive. */
enum keep_mode haproxy_keep_mode(const struct build *b, const struct draft *d, bool as_front)
{
    enum keep_mode own = own_mode(d), met = met_mode(b, d, as_front);
    return met > own ? met : own;
}
