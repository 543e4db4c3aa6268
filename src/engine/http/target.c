/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/target.h"

#include "engine/core/error_log.h"
#include "engine/core/lease.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"
#include "eval/eval.h"
#include "model/name_resolver.h"
#include "wire/authority.h"

/* --- the URL --- */
static bool is_clean(struct span url)
{
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f)
            return false;
    return true;
}

static bool split_scheme(struct target *t, struct span *rest)
{
    t->secure = span_starts_with_nocase(*rest, SPAN("https://"));
    if (!t->secure && !span_starts_with_nocase(*rest, SPAN("http://")))
        return false;
    *rest = span_from_index(*rest, t->secure ? 8 : 7);
    return true;
}

/* "unix:/path:/uri" */
static bool split_unix(struct target *t, struct span rest)
{
    struct span path = span_from_index(rest, 5), uri = path;

    path = span_cut(&uri, ':');
    t->uri = uri.ptr ? uri : SPAN("");
    t->host = SPAN("localhost");
    t->count = 1;
    return address_unix(path, false, &t->addresses[0]);
}

static bool split_host(struct target *t, struct span rest)
{
    struct authority a;
    size_t end = 0;

    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
        end++;
    t->host = span_first(rest, end);
    t->uri = span_from_index(rest, end);
    if (!authority_parse(t->host, &a))
        return false;
    t->name = a.host;
    t->port_given = a.port != 0;
    t->port = a.port ? a.port : t->secure ? 443 : 80;
    if (t->name.len && t->name.ptr[0] == '[')
        t->name = span_of(t->name.ptr + 1, t->name.len - 2);
    return t->name.len != 0;
}

bool target_begin(struct stream *s)
{
    struct target *t = scratch_alloc(&s->scratch, sizeof(*t));
    struct span url = scratch_span(&s->scratch, eval_text(&s->facts, s->proxy->target));

    if (!t || !url.ptr)
        return false;
    *t = (struct target){ .stream = s };
    s->target = t;
    if (!is_clean(url) || !split_scheme(t, &url))
        return false;
    return span_starts_with(url, SPAN("unix:")) ? split_unix(t, url) : split_host(t, url);
}

/* --- who that is --- */
static void add_address(struct target *t, const struct address *a)
{
    if (t->count == TARGET_ADDRESSES)
        return;
    t->addresses[t->count] = *a;
    address_set_port(&t->addresses[t->count++], t->port);
}

static void on_answer(struct resolver_query *q, const struct resolver_answer *a)
{
    struct target *t = CONTAINER_OF(q, struct target, query);

    t->asking = false;
    t->answered = true;
    t->silent = a->status == RESOLVER_TIMEOUT;
    for (uint32_t i = 0; i < a->count; i++)
        add_address(t, &a->addresses[i]);
    loop_defer(t->stream->thread->loop, &t->stream->turn); /* not inside the resolver: the stream may end */
}

static enum target_state ask(struct stream *s, enum resolver_type type)
{
    struct target *t = s->target;
    struct resolver *r = lease_resolver(s->lease, s->proxy->resolver);

    t->asking = r && resolver_ask(r, &t->query, t->name, type, on_answer);
    t->answered = false;
    t->asked_v6 |= type == RESOLVER_AAAA;
    return t->asking ? TARGET_WAIT : TARGET_UNKNOWN;
}

static enum target_state begin_search(struct stream *s)
{
    struct target *t = s->target;
    const struct name_resolver *r = s->proxy->resolver;
    struct address ip;

    t->pool = t->port_given ? NULL : map_get(s->proxy->pools, t->name);
    if (t->pool)
        return TARGET_READY;
    if (address_parse_ip(t->name, &ip)) {
        add_address(t, &ip);
        return TARGET_READY;
    }
    return r ? ask(s, r->ipv4 ? RESOLVER_A : RESOLVER_AAAA) : TARGET_UNKNOWN;
}

static enum target_state unknown(struct stream *s)
{
    struct error_about about = stream_about(s);

    about.text = s->target->name;
    stream_error(s, s->proxy->resolver ? ERROR_NAME_UNKNOWN : ERROR_NO_RESOLVER, &about);
    return TARGET_UNKNOWN;
}

enum target_state target_find(struct stream *s)
{
    struct target *t = s->target;
    enum target_state st = TARGET_WAIT;

    if (t->pool || (t->count && !t->answered) || t->found)
        return TARGET_READY;
    if (!t->asking)
        st = !t->answered                                             ? begin_search(s)
             : s->proxy->resolver->ipv6 && !t->asked_v6 && !t->silent ? ask(s, RESOLVER_AAAA)
             : t->count                                               ? TARGET_READY
                                                                      : TARGET_UNKNOWN;
    t->found = st == TARGET_READY;
    return st == TARGET_UNKNOWN ? unknown(s) : st;
}

void target_cancel(struct stream *s)
{
    if (s->target && s->target->asking)
        resolver_cancel(&s->target->query);
    if (s->target)
        s->target->asking = false;
}
