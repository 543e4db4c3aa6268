/* SPDX-License-Identifier: Apache-2.0 */
/* The field Forwarded (RFC 7239): its parts, and what may be put into it. */
#include <string.h>

#include "base/macros.h"
#include "eval/eval_internal.h"
#include "wire/message.h"

/* ---- reading ---- */

/* "token" or a quoted string, which goes on to <rest>. False: neither. */
static bool take_value(struct span *rest, struct span *value, bool *quoted)
{
    size_t i = 0;

    *quoted = rest->len && rest->ptr[0] == '"';
    if (!*quoted) {
        while (i < rest->len && rest->ptr[i] != ';' && rest->ptr[i] != ',')
            i++;
        *value = span_trim(span_first(*rest, i));
        *rest = span_from_index(*rest, i);
        return field_name_is_valid(*value);
    }
    for (i = 1; i < rest->len && rest->ptr[i] != '"'; i++)
        i += rest->ptr[i] == '\\';
    if (i >= rest->len)
        return false;
    *value = span_of(rest->ptr + 1, i - 1);
    *rest = span_trim(span_from_index(*rest, i + 1));
    return true;
}

static bool take_pair(struct span *rest, struct span *name, struct span *value, bool *quoted)
{
    size_t equals = span_find_char(*rest, '=');

    if (equals == SPAN_NONE)
        return false;
    *name = span_trim(span_first(*rest, equals));
    *rest = span_from_index(*rest, equals + 1);
    return take_value(rest, value, quoted);
}

/* ---- nodes: a name, and perhaps a port ---- */

struct node {
    struct span name, port; /* ptr NULL: none */
    bool is_ip;
    struct address ip;
};

static bool is_hidden(struct span s)
{
    if (s.len < 2 || s.ptr[0] != '_')
        return false;
    for (size_t i = 1; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
              c == '_' || c == '-'))
            return false;
    }
    return true;
}

static bool parse_node(struct span s, struct node *n)
{
    struct span rest = s;
    uint64_t port;

    *n = (struct node){ 0 };
    if (s.len && s.ptr[0] == '[') {
        size_t end = span_find_char(s, ']');
        if (end == SPAN_NONE)
            return false;
        n->name = span_of(s.ptr + 1, end - 1);
        rest = span_from_index(s, end + 1);
        if (rest.len && rest.ptr[0] != ':')
            return false;
        rest = rest.len ? span_from_index(rest, 1) : span_of(NULL, 0);
        if (!address_parse_ip(n->name, &n->ip) || address_family(&n->ip) != AF_INET6)
            return false;
        n->is_ip = true;
    } else {
        n->name = span_cut(&rest, ':');
        n->is_ip = address_parse_ip(n->name, &n->ip) && address_family(&n->ip) == AF_INET;
        if (!n->is_ip && !is_hidden(n->name) && !span_eq(n->name, SPAN("unknown")))
            return false;
    }
    n->port = rest;
    return !rest.ptr || is_hidden(rest) || span_to_u64(rest, UINT16_MAX, &port);
}

static bool name_is_known(struct span name, struct span value, bool quoted)
{
    struct node n;

    if (span_eq_nocase(name, SPAN("proto")))
        return field_name_is_valid(value);
    if (span_eq_nocase(name, SPAN("host")))
        return value.len > 0;
    if (!span_eq_nocase(name, SPAN("for")) && !span_eq_nocase(name, SPAN("by")))
        return false;
    return parse_node(value, &n) && (quoted || (!n.port.ptr && value.ptr[0] != '['));
}

/* One element: of a list, each member is one. */
static bool is_valid(struct span s)
{
    struct span name, value, known[4] = { { .ptr = NULL } };
    unsigned count = 0;
    bool quoted;

    for (s = span_trim(s);;) {
        if (!take_pair(&s, &name, &value, &quoted) || !name_is_known(name, value, quoted) ||
            count == COUNT_OF(known))
            return false;
        for (unsigned i = 0; i < count; i++)
            if (span_eq_nocase(known[i], name))
                return false;
        known[count++] = name;
        if (s.len == 0)
            return true;
        if (s.ptr[0] != ';')
            return false;
        s = span_from_index(s, 1);
    }
}

static struct value find_field(struct span s, struct span wanted)
{
    struct span name, value;
    bool quoted;

    for (s = span_trim(s); s.len && take_pair(&s, &name, &value, &quoted);) {
        if (span_eq_nocase(name, wanted))
            return value_text(value);
        if (s.len == 0 || s.ptr[0] != ';')
            break;
        s = span_from_index(s, 1);
    }
    return value_none();
}

static struct value node_name(struct span s)
{
    struct node n;

    if (!parse_node(s, &n))
        return value_none();
    return n.is_ip ? value_ip(&n.ip) : value_text(n.name);
}

static struct value node_port(struct span s)
{
    struct node n;
    uint64_t port;

    if (!parse_node(s, &n) || !n.port.ptr)
        return value_none();
    return span_to_u64(n.port, UINT16_MAX, &port) ? value_int((int64_t)port) : value_text(n.port);
}

/* ---- writing ---- */

/* What is no address is hidden behind "_": letters, digits, ".", "_" and "-" alone may be in it. */
static struct span hidden(struct facts *f, struct span s)
{
    char *at = scratch_bytes(f->scratch, s.len + 1);

    if (at == NULL)
        return span_of(NULL, 0);
    size_t len = s.len && s.ptr[0] == '_' ? 0 : 1;
    at[0] = '_';
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                    c == '_' || c == '-';
        at[len++] = good ? c : '-';
    }
    return span_of(at, len);
}

/* <c->number> 1: inside of quotes that are there already. */
static struct value node_text(struct facts *f, struct value v, const struct conversion *c)
{
    struct address ip;

    if (v.type == VALUE_NONE)
        return value_text(SPAN("unknown"));
    if (v.type == VALUE_TEXT && address_parse_ip(v.as.text, &ip))
        v = value_ip(&ip);
    struct span s = eval_as_text(f, &v);
    if (v.type != VALUE_IP)
        return value_text(s.ptr && s.len ? hidden(f, s) : SPAN("unknown"));
    if (address_family(&v.as.ip) != AF_INET6)
        return value_text(s);
    return value_text(scratch_text(f, c->number == 1 ? "[%.*s]" : "\"[%.*s]\"", SPAN_ARGS(s)));
}

struct value convert_forwarded(struct facts *f, struct value v, const struct conversion *c)
{
    switch ((unsigned)c->kind) {
    case CONVERT_FORWARDED_FIELD:
        return find_field(v.as.text, c->text);
    case CONVERT_FORWARDED_VALID:
        return value_bool(is_valid(v.as.text));
    case CONVERT_NODE_NAME:
        return node_name(v.as.text);
    case CONVERT_NODE_PORT:
        return node_port(v.as.text);
    default: /* CONVERT_NODE_TEXT */
        return node_text(f, v, c);
    }
}
