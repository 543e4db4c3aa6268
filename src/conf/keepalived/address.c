/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of virtual_ipaddress, virtual_ipaddress_excluded and static_ipaddress. */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "conf/keepalived/keepalived_internal.h"

struct row {
    struct build *b;
    const struct statement *s;
    uint32_t at;
    struct vrrp_address *out;
    bool vmac;
};
typedef bool option_fn(struct row *r, const struct word *value);

static bool set_broadcast(struct row *r, const struct word *value)
{
    if (span_eq(value->text, SPAN("-"))) /* host bits clear is the network itself: none */
        return true;
    r->out->broadcast_auto = span_eq(value->text, SPAN("+"));
    return r->out->broadcast_auto || ka_ip(r->b, value, &r->out->broadcast);
}

static bool set_device(struct row *r, const struct word *value)
{
    r->out->interface = ka_interface(r->b, value);
    return r->out->interface != VRRP_NONE;
}

static bool set_scope(struct row *r, const struct word *value)
{
    uint32_t n;
    if (!ka_rt_name(r->b, value, "rt_scopes", 255, &n))
        return false;
    r->out->scope = (uint8_t)n;
    return true;
}

static bool set_label(struct row *r, const struct word *value)
{
    if (value->text.len >= sizeof(r->out->label)) {
        diag_add(r->b->diags, &ka_bad_name, value->at, DIAG_TEXT(value->text));
        return false;
    }
    memcpy(r->out->label, value->text.ptr, value->text.len);
    return true;
}

static bool set_peer(struct row *r, const struct word *value)
{
    uint8_t bits = r->out->bits;
    bool ok = ka_ip_bits(r->b, value, &r->out->peer, &bits);
    r->out->bits = bits;
    return ok;
}

static bool set_preferred(struct row *r, const struct word *value)
{
    struct opt n = { 0 };
    if (span_eq(value->text, SPAN("forever"))) {
        r->out->preferred = VRRP_LIFE_FOREVER;
        return true;
    }
    if (!ka_number(r->b, value, 0, UINT32_MAX, &n))
        return false;
    r->out->preferred = n.n ? VRRP_LIFE_FOREVER : VRRP_LIFE_DEPRECATED;
    return true;
}

static const struct {
    const char *name;
    option_fn *set; /* takes a value */
    uint32_t flag;
} options[] = {
    { "brd", set_broadcast, 0 },
    { "broadcast", set_broadcast, 0 },
    { "dev", set_device, 0 },
    { "scope", set_scope, 0 },
    { "label", set_label, 0 },
    { "peer", set_peer, 0 },
    { "preferred_lft", set_preferred, 0 },
    { "home", NULL, IFA_F_HOMEADDRESS },
    { "mngtmpaddr", NULL, IFA_F_MANAGETEMPADDR },
    { "noprefixroute", NULL, IFA_F_NOPREFIXROUTE },
    { "autojoin", NULL, IFA_F_MCAUTOJOIN },
    { "-nodad", NULL, IFA_F_NODAD },
    { "nodad", NULL, IFA_F_NODAD },
};

static bool take_flag(struct row *r)
{
    if (word_is(r->s, r->at, "no_track")) {
        r->out->no_track = true;
        return true;
    }
    r->vmac |= word_is(r->s, r->at, "use_vmac");
    return word_is(r->s, r->at, "use_vmac");
}

static bool take_option(struct row *r)
{
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        if (!word_is(r->s, r->at, options[i].name))
            continue;
        r->out->flags |= options[i].flag;
        if (options[i].set == NULL)
            return true;
        if (r->at + 1 >= r->s->words.count) {
            diag_add(r->b->diags, &ka_no_value, word_at(r->s, r->at)->at, DIAG_TEXT(text_at(r->s, r->at)));
            return true;
        }
        (void)options[i].set(r, word_at(r->s, ++r->at));
        return true;
    }
    return take_flag(r);
}

bool ka_address_row(struct build *b, const struct statement *s, struct vrrp_address *out, bool *vmac)
{
    struct row r = { .b = b, .s = s, .at = 1, .out = out };
    *out = (struct vrrp_address){ .interface = VRRP_NONE, .at = word_at(s, 0)->at };
    if (!ka_ip_bits(b, word_at(s, 0), &out->ip, &out->bits))
        return false;
    for (; r.at < s->words.count; r.at++)
        if (!take_option(&r))
            diag_add(b->diags, &ka_bad_option, word_at(s, r.at)->at,
                     DIAG_TEXT(text_at(s, r.at), SPAN("an address")));
    *vmac = r.vmac;
    return true;
}
