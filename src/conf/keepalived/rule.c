/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of virtual_rules and static_rules: the words of `ip rule add`, as far as they are served. */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "conf/keepalived/keepalived_internal.h"

enum { PROTOCOL_KEEPALIVED = 18, FIRST_PRIORITY = 16384 };

struct row {
    struct build *b;
    const struct statement *s;
    uint32_t at;
    struct routing_rule *out;
    bool has_priority;
};
typedef void option_fn(struct row *r, const struct word *value);

static void refuse(struct row *r, const struct word *w)
{
    diag_add(r->b->diags, &ka_bad_option, w->at, DIAG_TEXT(w->text, SPAN("a rule")));
}

/* ---- addresses ---- */

static void set_network(struct row *r, const struct word *value, struct address *ip, uint8_t *bits)
{
    if (span_eq(value->text, SPAN("all")) || span_eq(value->text, SPAN("default")))
        return;
    if (ka_ip_bits(r->b, value, ip, bits))
        r->out->family = address_family(ip);
}

static void set_from(struct row *r, const struct word *value)
{
    set_network(r, value, &r->out->from, &r->out->from_bits);
}

static void set_to(struct row *r, const struct word *value)
{
    set_network(r, value, &r->out->to, &r->out->to_bits);
}

static void set_name(struct row *r, const struct word *value, char name[IFNAMSIZ])
{
    uint32_t i = ka_interface(r->b, value);
    if (i == VRRP_NONE)
        return;
    memset(name, 0, IFNAMSIZ);
    memcpy(name, value->text.ptr, value->text.len < IFNAMSIZ ? value->text.len : IFNAMSIZ - 1);
}

static void set_in(struct row *r, const struct word *value)
{
    set_name(r, value, r->out->in);
}

static void set_out(struct row *r, const struct word *value)
{
    set_name(r, value, r->out->out);
}

/* ---- numbers ---- */

/* Decimal, or 0x and hexadecimal. */
static bool number(struct row *r, const struct word *w, struct span text, uint32_t high, uint32_t *out)
{
    uint64_t n = 0;
    bool good;
    if (span_starts_with(text, SPAN("0x"))) {
        struct span digits = span_from_index(text, 2);
        good = digits.len > 0 && digits.len <= 8;
        for (size_t i = 0; good && i < digits.len; i++) {
            char c = (char)(digits.ptr[i] | 0x20);
            good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            n = n * 16 + (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
        }
        good = good && n <= high;
    } else {
        good = span_to_u64(text, high, &n);
    }
    if (good)
        *out = (uint32_t)n;
    else
        refuse(r, w);
    return good;
}

/* "LOW-HIGH", or one number. */
static bool range(struct row *r, const struct word *w, uint32_t most, uint32_t *low, uint32_t *high)
{
    struct span rest = w->text;
    struct span first = span_cut(&rest, '-');
    bool alone = first.len == w->text.len;
    if (!number(r, w, first, most, low) || !number(r, w, alone ? first : rest, most, high))
        return false;
    if (*low <= *high)
        return true;
    refuse(r, w);
    return false;
}

static void set_priority(struct row *r, const struct word *value)
{
    r->has_priority = number(r, value, value->text, UINT32_MAX, &r->out->priority);
}

static void set_table(struct row *r, const struct word *value)
{
    (void)ka_rt_name(r->b, value, "rt_tables", UINT32_MAX, &r->out->table);
}

static void set_goto(struct row *r, const struct word *value)
{
    if (number(r, value, value->text, UINT32_MAX, &r->out->target))
        r->out->action = FR_ACT_GOTO;
}

static void set_tos(struct row *r, const struct word *value)
{
    uint32_t n;
    if (number(r, value, value->text, 255, &n))
        r->out->tos = (uint8_t)n;
}

static void set_protocol(struct row *r, const struct word *value)
{
    uint32_t n;
    if (ka_rt_name(r->b, value, "rt_protos", 255, &n))
        r->out->protocol = (uint8_t)n;
}

static void set_mark(struct row *r, const struct word *value)
{
    struct span mask = value->text;
    struct span mark = span_cut(&mask, '/');
    bool alone = mark.len == value->text.len;
    r->out->mask = UINT32_MAX;
    r->out->has_mark = number(r, value, mark, UINT32_MAX, &r->out->mark) &&
                       (alone || number(r, value, mask, UINT32_MAX, &r->out->mask));
}

static void set_users(struct row *r, const struct word *value)
{
    r->out->has_users = range(r, value, UINT32_MAX - 1, &r->out->user_low, &r->out->user_high);
}

static void set_ports(struct row *r, const struct word *value, uint16_t *low, uint16_t *high)
{
    uint32_t a, z;
    if (!range(r, value, UINT16_MAX, &a, &z))
        return;
    *low = (uint16_t)a;
    *high = (uint16_t)z;
}

static void set_source_ports(struct row *r, const struct word *value)
{
    set_ports(r, value, &r->out->source_low, &r->out->source_high);
}

static void set_target_ports(struct row *r, const struct word *value)
{
    set_ports(r, value, &r->out->port_low, &r->out->port_high);
}

static void set_suppressed(struct row *r, const struct word *value)
{
    uint32_t n;
    if (number(r, value, value->text, 128, &n))
        r->out->suppress_bits = (int32_t)n;
}

static void set_ip_protocol(struct row *r, const struct word *value)
{
    static const struct {
        const char *name;
        uint8_t number;
    } rows[] = { { "tcp", IPPROTO_TCP },
                 { "udp", IPPROTO_UDP },
                 { "icmp", IPPROTO_ICMP },
                 { "ipv6-icmp", IPPROTO_ICMPV6 },
                 { "sctp", IPPROTO_SCTP } };
    uint32_t n;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (span_eq_nocase(value->text, span_from(rows[i].name))) {
            r->out->ip_protocol = rows[i].number;
            return;
        }
    if (number(r, value, value->text, 255, &n))
        r->out->ip_protocol = (uint8_t)n;
}

/* ---- words ---- */

static const struct {
    const char *name;
    option_fn *set;
} options[] = {
    { "from", set_from },
    { "to", set_to },
    { "iif", set_in },
    { "dev", set_in },
    { "oif", set_out },
    { "table", set_table },
    { "lookup", set_table },
    { "goto", set_goto },
    { "preference", set_priority },
    { "priority", set_priority },
    { "order", set_priority },
    { "tos", set_tos },
    { "dsfield", set_tos },
    { "fwmark", set_mark },
    { "protocol", set_protocol },
    { "uidrange", set_users },
    { "ip_proto", set_ip_protocol },
    { "ipproto", set_ip_protocol },
    { "sport", set_source_ports },
    { "dport", set_target_ports },
    { "suppress_prefixlength", set_suppressed },
    { "sup_pl", set_suppressed },
};

static const struct {
    const char *name;
    uint8_t action;
} actions[] = {
    { "blackhole", FR_ACT_BLACKHOLE },
    { "unreachable", FR_ACT_UNREACHABLE },
    { "prohibit", FR_ACT_PROHIBIT },
    { "nop", FR_ACT_NOP },
};

static bool take_flag(struct row *r)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (word_is(r->s, r->at, actions[i].name)) {
            r->out->action = actions[i].action;
            return true;
        }
    if (word_is(r->s, r->at, "not"))
        r->out->invert = true;
    else if (word_is(r->s, r->at, "inet6"))
        r->out->family = AF_INET6;
    else if (!word_is(r->s, r->at, "inet") && !word_is(r->s, r->at, "no_track"))
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
    if (!take_flag(r))
        refuse(r, w);
}

void ka_rule_row(struct build *b, const struct statement *s, struct routing_rule *out)
{
    *out = (struct routing_rule){ .family = AF_INET,
                                  .action = FR_ACT_TO_TBL,
                                  .table = RT_TABLE_MAIN,
                                  .protocol = PROTOCOL_KEEPALIVED,
                                  .suppress_bits = -1 };
    struct row r = { .b = b, .s = s, .out = out };
    for (; r.at < s->words.count; r.at++)
        take_word(&r);
    if (!r.has_priority) /* as keepalived numbers them: downwards, in the file's order */
        out->priority = FIRST_PRIORITY - b->rules_without_priority;
    b->rules_without_priority += !r.has_priority && b->rules_without_priority < FIRST_PRIORITY - 1;
}
