/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of virtual_routes and static_routes: the words of `ip route add`, as far as they are served. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "conf/keepalived/keepalived_internal.h"

/* ---- names of numbers ---- */

static const struct {
    const char *file, *name;
    uint32_t n;
} built_in[] = {
    { "rt_scopes", "global", RT_SCOPE_UNIVERSE }, { "rt_scopes", "site", RT_SCOPE_SITE },
    { "rt_scopes", "link", RT_SCOPE_LINK },       { "rt_scopes", "host", RT_SCOPE_HOST },
    { "rt_scopes", "nowhere", RT_SCOPE_NOWHERE }, { "rt_tables", "main", RT_TABLE_MAIN },
    { "rt_tables", "default", RT_TABLE_DEFAULT }, { "rt_tables", "local", RT_TABLE_LOCAL },
    { "rt_protos", "kernel", RTPROT_KERNEL },     { "rt_protos", "boot", RTPROT_BOOT },
    { "rt_protos", "static", RTPROT_STATIC },     { "rt_protos", "keepalived", 18 },
};

/* "100   name" in a file of iproute2's. */
static bool find_in_file(struct build *b, const char *file, struct span name, uint32_t high, uint32_t *out)
{
    struct answer a = world_ask(b->world, ASK_FILE, arena_printf(b->arena, "/etc/iproute2/%s", file));
    struct span rest = a.error ? SPAN("") : a.bytes;
    while (rest.len) {
        struct span line = span_trim(span_cut(&rest, '\n'));
        size_t i = 0;
        while (i < line.len && line.ptr[i] != ' ' && line.ptr[i] != '\t')
            i++;
        uint64_t n;
        if (span_eq(span_trim(span_from_index(line, i)), name) &&
            span_to_u64(span_first(line, i), high, &n)) {
            *out = (uint32_t)n;
            return true;
        }
    }
    return false;
}

bool ka_rt_name(struct build *b, const struct word *w, const char *file, uint32_t high, uint32_t *out)
{
    uint64_t n;
    if (span_to_u64(w->text, high, &n)) {
        *out = (uint32_t)n;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(built_in); i++)
        if (strcmp(built_in[i].file, file) == 0 && span_eq(w->text, span_from(built_in[i].name))) {
            *out = built_in[i].n;
            return true;
        }
    if (find_in_file(b, file, w->text, high, out))
        return true;
    diag_add(b->diags, &ka_bad_rt_name, w->at,
             DIAG_TEXT(w->text, arena_printf(b->arena, "/etc/iproute2/%s", file)));
    return false;
}

/* ---- options ---- */

struct row {
    struct build *b;
    const struct statement *s;
    uint32_t at;
    struct vrrp_route *out;
    struct vrrp_hop *hop; /* what via, dev, weight and onlink speak of */
    bool has_target;
};
typedef void option_fn(struct row *r, const struct word *value);

static void set_target(struct row *r, const struct word *value)
{
    r->has_target = true;
    if (span_eq(value->text, SPAN("default"))) {
        r->out->bits = 0;
        return;
    }
    if (ka_ip_bits(r->b, value, &r->out->to, &r->out->bits))
        r->out->family = address_family(&r->out->to);
}

static struct vrrp_hop *add_hop(struct row *r)
{
    struct vrrp_hop *hop = ARENA_PUSH(r->b->arena, &r->out->hops);
    *hop = (struct vrrp_hop){ .interface = VRRP_NONE, .weight = 1 };
    return hop;
}

static struct vrrp_hop *hop_of(struct row *r)
{
    if (r->hop == NULL)
        r->hop = add_hop(r);
    return r->hop;
}

static void set_via(struct row *r, const struct word *value)
{
    struct address a;
    if (!ka_ip(r->b, value, &a))
        return;
    hop_of(r)->via = a;
    r->out->family = address_family(&a);
}

static void set_or(struct row *r, const struct word *value)
{
    uint32_t same = r->hop ? r->hop->interface : VRRP_NONE;
    r->hop = add_hop(r);
    r->hop->interface = same;
    set_via(r, value);
}

static void set_device(struct row *r, const struct word *value)
{
    uint32_t i = ka_interface(r->b, value);
    hop_of(r)->interface = i;
    for (uint32_t h = 0; h < r->out->hops.count; h++) /* "via A or B dev C" */
        if (r->out->hops.items[h].interface == VRRP_NONE)
            r->out->hops.items[h].interface = i;
}

static void set_hop_weight(struct row *r, const struct word *value)
{
    struct opt n = { 0 };
    if (ka_number(r->b, value, 1, 255, &n))
        hop_of(r)->weight = (uint8_t)n.n;
}

static void set_source(struct row *r, const struct word *value)
{
    if (ka_ip(r->b, value, &r->out->source))
        r->out->family = address_family(&r->out->source);
}

static void set_scope(struct row *r, const struct word *value)
{
    uint32_t n;
    if (!ka_rt_name(r->b, value, "rt_scopes", 255, &n))
        return;
    r->out->scope = (uint8_t)n;
    r->out->scope_set = true;
}

static void set_table(struct row *r, const struct word *value)
{
    (void)ka_rt_name(r->b, value, "rt_tables", UINT32_MAX, &r->out->table);
}

static void set_protocol(struct row *r, const struct word *value)
{
    uint32_t n;
    if (ka_rt_name(r->b, value, "rt_protos", 255, &n))
        r->out->protocol = (uint8_t)n;
}

static void set_metric(struct row *r, const struct word *value)
{
    struct opt n = { 0 };
    if (ka_number(r->b, value, 0, UINT32_MAX, &n))
        r->out->metric = (uint32_t)n.n;
}

static const struct {
    const char *name;
    unsigned number;
    int64_t low, high;
} metrics[] = {
    { "mtu", RTAX_MTU, 68, 65535 },
    { "advmss", RTAX_ADVMSS, 1, 65535 },
    { "hoplimit", RTAX_HOPLIMIT, 1, 255 },
    { "window", RTAX_WINDOW, 1, UINT32_MAX },
    { "initcwnd", RTAX_INITCWND, 1, UINT32_MAX },
    { "initrwnd", RTAX_INITRWND, 1, UINT32_MAX },
    { "reordering", RTAX_REORDERING, 1, UINT32_MAX },
    { "quickack", RTAX_QUICKACK, 0, 1 },
};
_Static_assert((int)RTAX_QUICKACK < (int)ROUTE_METRICS, "all of them have a place");

/* "mtu 1400" */
static bool take_metric(struct row *r)
{
    struct opt n = { 0 };
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (!word_is(r->s, r->at, metrics[i].name))
            continue;
        const struct word *w = word_at(r->s, r->at);
        if (r->at + 1 == r->s->words.count)
            diag_add(r->b->diags, &ka_no_value, w->at, DIAG_TEXT(w->text));
        else if (ka_number(r->b, word_at(r->s, ++r->at), metrics[i].low, metrics[i].high, &n))
            r->out->metrics[metrics[i].number] = (uint32_t)n.n;
        return true;
    }
    return false;
}

static void set_tos(struct row *r, const struct word *value)
{
    struct opt n = { 0 };
    struct word w = *value;
    if (span_starts_with(w.text, SPAN("0x")) && w.text.len == 4) {
        unsigned tos = 0;
        for (size_t i = 2; i < 4; i++) {
            char c = (char)(w.text.ptr[i] | 0x20);
            tos = tos * 16 + (unsigned)(c >= 'a' ? c - 'a' + 10 : w.text.ptr[i] - '0');
        }
        r->out->tos = (uint8_t)tos;
    } else if (ka_number(r->b, &w, 0, 255, &n)) {
        r->out->tos = (uint8_t)n.n;
    }
}

static const struct {
    const char *name;
    option_fn *set;
} options[] = {
    { "to", set_target },
    { "via", set_via },
    { "gw", set_via },
    { "or", set_or },
    { "dev", set_device },
    { "oif", set_device },
    { "weight", set_hop_weight },
    { "src", set_source },
    { "scope", set_scope },
    { "table", set_table },
    { "tos", set_tos },
    { "protocol", set_protocol },
    { "metric", set_metric },
    { "priority", set_metric },
    { "preference", set_metric },
};

static const struct {
    const char *name;
    uint8_t type;
} types[] = {
    { "unicast", RTN_UNICAST },   { "blackhole", RTN_BLACKHOLE }, { "unreachable", RTN_UNREACHABLE },
    { "prohibit", RTN_PROHIBIT }, { "throw", RTN_THROW },         { "local", RTN_LOCAL },
};

static bool take_type(struct row *r)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (word_is(r->s, r->at, types[i].name)) {
            r->out->type = types[i].type;
            return true;
        }
    return false;
}

static bool take_flag(struct row *r)
{
    if (word_is(r->s, r->at, "onlink"))
        hop_of(r)->onlink = true;
    else if (word_is(r->s, r->at, "nexthop"))
        r->hop = add_hop(r);
    else if (word_is(r->s, r->at, "append"))
        r->out->append = true;
    else if (word_is(r->s, r->at, "inet6"))
        r->out->family = AF_INET6;
    else if (!word_is(r->s, r->at, "no_track"))
        return false;
    return true;
}

static void take_word(struct row *r)
{
    const struct word *w = word_at(r->s, r->at);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        if (!word_is(r->s, r->at, options[i].name))
            continue;
        if (r->at + 1 < r->s->words.count)
            options[i].set(r, word_at(r->s, ++r->at));
        else
            diag_add(r->b->diags, &ka_no_value, w->at, DIAG_TEXT(w->text));
        return;
    }
    if (take_metric(r) || take_flag(r) || (!r->has_target && take_type(r)))
        return;
    if (!r->has_target)
        set_target(r, w);
    else
        diag_add(r->b->diags, &ka_bad_option, w->at, DIAG_TEXT(w->text, SPAN("a route")));
}

/* What the kernel would say no to, or what iproute2 fills in. */
static void complete(struct vrrp_route *r)
{
    bool has_via = r->hops.count && address_family(&r->hops.items[0].via) != AF_UNSPEC;
    if (!r->scope_set)
        r->scope =
            r->family == AF_INET && r->type == RTN_UNICAST && !has_via ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    if (r->protocol == 0)
        r->protocol = 18; /* keepalived's number, by which other tools know such routes */
}

bool ka_route_row(struct build *b, const struct statement *s, struct vrrp_route *out)
{
    *out = (struct vrrp_route){ .family = AF_INET, .type = RTN_UNICAST, .at = word_at(s, 0)->at };
    struct row r = { .b = b, .s = s, .out = out };
    for (; r.at < s->words.count; r.at++)
        take_word(&r);
    complete(out);
    return r.has_target;
}
