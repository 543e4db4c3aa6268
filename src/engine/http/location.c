/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/location.h"

#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"
#include "eval/eval.h"

static struct span joined(struct stream *s, struct span a, struct span b)
{
    return a.ptr ? scratch_join(&s->scratch, a, b) : a;
}

static struct span port_text(struct stream *s, unsigned port)
{
    struct buf b;
    char *digits = scratch_bytes(&s->scratch, 8);

    if (!digits)
        return span_of(NULL, 0);
    buf_init_fixed(&b, digits, 8);
    buf_put_char(&b, ':');
    buf_put_u64(&b, port);
    return buf_span(&b);
}

struct span location_complete(struct stream *s, struct span path)
{
    const struct client_policy *p = s->rules.client;
    bool tls = s->session->conn.tls != NULL;
    struct address local;

    if (path.len == 0 || path.ptr[0] != '/' || !p->absolute_redirect)
        return path;
    struct span host =
        p->server_name_in_redirect || s->facts.host.len == 0 ? s->rules.front->server_name : s->facts.host;
    struct span url = joined(s, tls ? SPAN("https://") : SPAN("http://"), host);
    if (p->port_in_redirect && session_local(s->session, &local) &&
        address_port(&local) != (tls ? 443 : 80) && address_port(&local))
        url = joined(s, url, port_text(s, address_port(&local)));
    return joined(s, url, path);
}

/* --- a server's --- */
/* <value> begins with <from>: that part becomes <to>. ptr NULL: no memory. */
static struct span replace_front(struct stream *s, struct span value, struct span from, struct span to)
{
    return joined(s, to.ptr ? to : SPAN(""), span_from_index(value, from.len));
}

bool redirect_map_applies(struct stream *s, const struct redirect_map *m, struct span value, struct span *out)
{
    if (m->regex) {
        if (!eval_regex(&s->facts, m->regex, value))
            return false;
        *out = scratch_span(&s->scratch, eval_text(&s->facts, m->to));
        return true;
    }
    struct span from = eval_text(&s->facts, m->from);
    if (!span_starts_with(value, from))
        return false;
    *out = replace_front(s, value, from, eval_text(&s->facts, m->to));
    return true;
}

/* What proxy_pass was given: "http://pool/uri"; it stands for what the location matched. */
static bool default_applies(struct stream *s, struct span value, struct span *out)
{
    const struct proxy *p = s->proxy;
    struct span from = joined(s, joined(s, p->scheme, SPAN("://")), s->facts.proxy_host);
    struct span to = s->rules.scope->prefix;

    if (p->replace_prefix)
        from = joined(s, from, eval_text(&s->facts, p->uri));
    else
        from = joined(s, from, to = SPAN("/"));
    *out = from;
    if (!from.ptr)
        return true;
    if (!span_starts_with(value, from))
        return false;
    *out = replace_front(s, value, from, to);
    return true;
}

static bool value_applies(struct stream *s, struct span value, struct span *out)
{
    const struct proxy *p = s->proxy;

    for (uint32_t i = 0; i < p->redirects.count; i++)
        if (redirect_map_applies(s, &p->redirects.items[i], value, out))
            return true;
    return p->redirect_default && default_applies(s, value, out);
}

/* "5; url=http://..." */
static size_t refresh_url(struct span value)
{
    size_t at = span_find_nocase(value, SPAN("url="));

    return at == SPAN_NONE ? value.len : at + 4;
}

static bool rewrite_field(struct stream *s, struct field *f)
{
    size_t skip = f->id == FIELD_LOCATION ? 0 : refresh_url(f->value);
    struct span out = { 0 };

    if (!value_applies(s, span_from_index(f->value, skip), &out))
        return true;
    if (out.ptr && skip == 0)
        out = location_complete(s, out);
    if (skip)
        out = out.ptr ? joined(s, span_first(f->value, skip), out) : out;
    if (!out.ptr || !field_value_is_valid(span_trim(out)))
        return false;
    f->value = span_trim(out);
    return true;
}

bool location_rewrite(struct stream *s)
{
    if (s->proxy->redirects.count == 0 && !s->proxy->redirect_default)
        return true;
    for (unsigned i = 0; i < s->answer.field_count; i++) {
        struct field *f = &s->answer.fields[i];
        bool refresh = f->id == FIELD_OTHER && f->name.len == 7 && span_eq_nocase(f->name, SPAN("Refresh"));
        if (!f->gone && (f->id == FIELD_LOCATION || refresh) && !rewrite_field(s, f))
            return false;
    }
    return true;
}
