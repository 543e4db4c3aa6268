/* SPDX-License-Identifier: Apache-2.0 */
/* Actions about who asks. */
#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "engine/core/session.h"
#include "wire/message.h"

static bool networks_hold(const struct action *a, const struct address *ip)
{
    for (uint32_t i = 0; i < a->networks.count; i++)
        if (network_contains(&a->networks.items[i], ip))
            return true;
    return false;
}

/* A row of allow or deny: does it mean this client? */
static bool row_means(const struct rules *r, const struct action *a)
{
    struct address ip;

    if (a->networks.count == 0 && a->number2 == 0)
        return true;
    session_source(r->session, &ip);
    if (address_family(&ip) == AF_UNSPEC)
        return a->number2 == 1;
    return networks_hold(a, &ip);
}

enum outcome act_allow(struct rules *r, const struct action *a)
{
    if (row_means(r, a))
        r->next += (uint32_t)a->number;
    return NEXT;
}

enum outcome act_deny(struct rules *r, const struct action *a)
{
    if (!row_means(r, a))
        return NEXT;
    if (a->number) {
        r->next += (uint32_t)a->number - 1;
        return NEXT;
    }
    if (!r->request)
        return rules_end(r, RULES_CLOSE);
    return rules_answer(r, 403, span_of(NULL, 0));
}

/* "off" is nobody's realm. */
enum outcome act_auth_basic(struct rules *r, const struct action *a)
{
    struct span realm = eval_text(r->facts, a->auth->realm);

    return span_eq(realm, SPAN("off")) ? NEXT : rules_end(r, RULES_AUTH);
}

/*
 * The client's address from a field that trusted proxies have filled in. With
 * <number> 1 the list is walked from its end as long as the addresses are
 * trusted themselves; else its last one counts.
 */
static bool last_member(struct span *list, struct span *member)
{
    size_t at = list->len;

    while (at && list->ptr[at - 1] != ',')
        at--;
    *member = span_trim(span_from_index(*list, at));
    *list = span_first(*list, at ? at - 1 : 0);
    return member->len != 0;
}

static bool parse_client(struct span text, struct address *out)
{
    uint64_t port = 0;
    size_t colon;

    if (address_parse_ip(text, out))
        return true;
    if (text.len && text.ptr[0] == '[') {
        size_t end = span_find_char(text, ']');
        return end != SPAN_NONE && address_parse_ip(span_of(text.ptr + 1, end - 1), out);
    }
    colon = span_find_char(text, ':');
    if (colon == SPAN_NONE || !span_to_u64(span_from_index(text, colon + 1), 65535, &port) ||
        !address_parse_ip(span_first(text, colon), out))
        return false;
    address_set_port(out, (uint16_t)port);
    return true;
}

static bool address_of_value(struct rules *r, const struct expr *e, struct address *out)
{
    struct value v = eval_value(r->facts, e);

    if (v.type == VALUE_IP)
        *out = v.as.ip;
    return v.type == VALUE_IP || (v.type == VALUE_TEXT && address_parse_ip(v.as.text, out));
}

/* A value that is none leaves what was. An address keeps the port, a port the address. */
enum outcome act_set_address(struct rules *r, const struct action *a)
{
    bool source = a->number == SET_SOURCE || a->number == SET_SOURCE_PORT;
    bool port = a->number == SET_SOURCE_PORT || a->number == SET_TARGET_PORT;
    struct address now = { .len = 0 }, said;
    int64_t n;

    if (!session_extra(r->session))
        return rules_end(r, RULES_FAILED);
    if (source)
        session_source(r->session, &now);
    else
        (void)session_target(r->session, &now);
    if (port) {
        if (!eval_number(r->facts, a->expr, &n) || n < 0 || n > UINT16_MAX || now.len == 0)
            return NEXT;
        address_set_port(&now, (uint16_t)n);
    } else {
        if (!address_of_value(r, a->expr, &said))
            return NEXT;
        address_set_port(&said, address_family(&said) == address_family(&now) ? address_port(&now) : 0);
        now = said;
    }
    *(source ? &r->session->extra->source : &r->session->extra->target) = now;
    return NEXT;
}

/* Who is connected with us: is his word believed? */
static bool peer_is_trusted(const struct rules *r, const struct action *a)
{
    struct address ip;

    session_peer(r->session, &ip);
    if (address_family(&ip) != AF_INET && address_family(&ip) != AF_INET6)
        return a->number2 & 1;
    return networks_hold(a, &ip);
}

/* Of a PROXY header, which the session has read. */
static enum outcome real_ip_of_proxy(struct rules *r)
{
    struct session_extra *extra = r->session->extra;

    if (extra && extra->proxy_source.len) {
        extra->source = extra->proxy_source;
        extra->source_of_request = r->request != NULL;
    }
    return NEXT;
}

/* The next request of the connection is from whom it says itself. */
void rules_forget_source(struct rules *r)
{
    struct session_extra *extra = r->session->extra;

    if (!extra || !extra->source_of_request)
        return;
    extra->source.len = 0;
    extra->source_of_request = false;
}

/* X-Forwarded-For may come in several lines, which are one list; of another field the first counts. */
static struct span whole_list(struct rules *r, const struct field *first)
{
    struct span all = first->value;

    if (!span_eq_nocase(first->name, SPAN("X-Forwarded-For")))
        return all;
    for (const struct field *f = first; all.ptr && (f = message_next(r->request, f)) != NULL;)
        all = scratch_join(r->facts->scratch, scratch_join(r->facts->scratch, all, SPAN(",")), f->value);
    return all;
}

enum outcome act_real_ip(struct rules *r, const struct action *a)
{
    struct address found;
    struct span member;

    if ((r->session->extra && r->session->extra->source_of_request) || !peer_is_trusted(r, a))
        return NEXT; /* it is known already: a location does not ask again */
    if (span_eq(a->name, SPAN("proxy_protocol")))
        return real_ip_of_proxy(r);
    const struct field *field = r->request ? message_find_name(r->request, a->name) : NULL;
    if (!field || !session_extra(r->session))
        return NEXT;
    struct span list = whole_list(r, field);
    r->session->extra->source.len = 0;
    while (last_member(&list, &member) && parse_client(member, &found)) {
        r->session->extra->source = found;
        r->session->extra->source_of_request = true;
        if (a->number != 1 || !networks_hold(a, &found))
            break;
    }
    return NEXT;
}
