/* SPDX-License-Identifier: Apache-2.0 */
#include "io/dns.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"

#define CLASS_IN     1
#define TYPE_CNAME   5
#define CNAMES       8 /* followed at most */
#define LABEL_MAX    63
#define HEADER       12
#define FLAG_ANSWER  0x8000u
#define FLAG_CUT     0x0200u
#define OPCODE(f)    ((f) >> 11 & 15u)
#define RCODE(f)     ((f)&15u)
#define RCODE_FORMAT 1u
#define RCODE_NO_IMP 4u

static const uint16_t type_codes[RESOLVER_TYPES] = {
    [RESOLVER_A] = 1,
    [RESOLVER_AAAA] = 28,
    [RESOLVER_SRV] = 33,
};

bool dns_normalize(struct span name, char out[DNS_NAME_MAX + 1])
{
    size_t label = 0;

    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    if (name.len == 0 || name.len > DNS_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c <= ' ' || c >= 127 || c == '\\')
            return false;
        if (c == '.' && label == 0)
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > LABEL_MAX)
            return false;
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    out[name.len] = '\0';
    return true;
}

bool dns_build(const char *name, enum resolver_type type, uint16_t id, uint16_t payload,
               uint8_t out[DNS_QUERY_MAX], size_t *len)
{
    unsigned char *made = NULL;
    int size = 0;
    bool fits =
        ares_create_query(name, CLASS_IN, type_codes[type], id, 1, &made, &size, payload) == ARES_SUCCESS &&
        size <= DNS_QUERY_MAX;

    if (fits) {
        memcpy(out, made, (size_t)size);
        *len = (size_t)size;
    }
    ares_free_string(made);
    return fits;
}

/* --- reading --- */
enum section { ANSWER, AUTHORITY, ADDITIONAL, SECTIONS };

struct record {
    char name[DNS_NAME_MAX + 1]; /* normalized; empty when it is none that we could ask for */
    enum section section;
    uint16_t type;
    uint32_t ttl;
    size_t at, len; /* the data, in the message */
};
struct packet {
    struct span bytes;
    size_t at; /* the next record */
    uint32_t left[SECTIONS];
    enum section section;
};

/* The name at <at>, which moves behind it; false when it is broken. */
static bool packet_name(const struct packet *m, size_t *at, char out[DNS_NAME_MAX + 1])
{
    const unsigned char *bytes = (const unsigned char *)m->bytes.ptr;
    char *text = NULL;
    long used;

    if (*at >= m->bytes.len ||
        ares_expand_name(bytes + *at, bytes, (int)m->bytes.len, &text, &used) != ARES_SUCCESS)
        return false;
    *at += (size_t)used;
    if (!dns_normalize(span_from(text), out))
        out[0] = '\0';
    ares_free_string(text);
    return *at <= m->bytes.len;
}

/* false at the end, or at what is broken: what was read before still counts. */
static bool packet_next(struct packet *m, struct record *r)
{
    while (m->left[m->section] == 0) {
        if (m->section == ADDITIONAL)
            return false;
        m->section++;
    }
    m->left[m->section]--;
    r->section = m->section;
    if (!packet_name(m, &m->at, r->name))
        return false;
    struct reader fixed = reader_of(span_from_index(m->bytes, m->at));
    r->type = reader_u16(&fixed);
    uint16_t class = reader_u16(&fixed);
    r->ttl = reader_u32(&fixed);
    r->len = reader_u16(&fixed);
    (void)reader_take(&fixed, r->len);
    if (fixed.failed)
        return false;
    r->at = m->at + 10;
    m->at = r->at + r->len;
    if (r->ttl > INT32_MAX)
        r->ttl = 0; /* RFC 2181 8 */
    if (class != CLASS_IN)
        r->type = 0;
    return true;
}

static bool name_eq(const char *a, const char *b)
{
    return a[0] != '\0' && strcmp(a, b) == 0;
}

/* Follows aliases from <name>, wherever in the answer they stand; <ttl> takes the least. */
static void follow_aliases(const struct packet *begin, char name[DNS_NAME_MAX + 1], uint32_t *ttl)
{
    bool found = true;

    for (unsigned hops = 0; found && hops < CNAMES; hops++) {
        struct packet m = *begin;
        struct record r;
        found = false;
        while (!found && packet_next(&m, &r) && r.section == ANSWER) {
            size_t at = r.at;
            if (r.type != TYPE_CNAME || !name_eq(r.name, name) || !packet_name(&m, &at, name))
                continue;
            *ttl = r.ttl < *ttl ? r.ttl : *ttl;
            found = true;
        }
    }
}

/* An A or AAAA record's address; false when its length is wrong. */
static bool record_address(const struct packet *m, const struct record *r, struct address *out)
{
    const char *data = m->bytes.ptr + r->at;

    *out = (struct address){ 0 };
    if (r->type == type_codes[RESOLVER_A] && r->len == 4) {
        out->len = sizeof(out->u.in);
        out->u.in.sin_family = AF_INET;
        memcpy(&out->u.in.sin_addr, data, 4);
        return true;
    }
    if (r->type == type_codes[RESOLVER_AAAA] && r->len == 16) {
        out->len = sizeof(out->u.in6);
        out->u.in6.sin6_family = AF_INET6;
        memcpy(&out->u.in6.sin6_addr, data, 16);
        return true;
    }
    return false;
}

static bool record_service(const struct packet *m, const struct record *r, struct resolver_srv *out,
                           char target[DNS_NAME_MAX + 1])
{
    struct reader d = reader_of(span_of(m->bytes.ptr + r->at, r->len));
    size_t at = r->at + 6;

    *out = (struct resolver_srv){ 0 };
    out->priority = reader_u16(&d);
    out->weight = reader_u16(&d);
    out->port = reader_u16(&d);
    return !d.failed && r->len > 6 && packet_name(m, &at, target);
}

static void services_add_address(struct dns_answer *a, const struct packet *m, const struct record *r)
{
    struct address address;

    if (!record_address(m, r, &address))
        return;
    for (uint32_t i = 0; i < a->count; i++) {
        struct address *at = &a->services[i].addresses[address_family(&address) == AF_INET6];
        if (at->len == 0 && span_eq(a->services[i].target, span_from(r->name)))
            *at = address;
    }
}

/* How many records of the wanted kind the answer has. */
static uint32_t count_records(const struct packet *begin, const char *name, uint16_t type)
{
    struct packet m = *begin;
    struct record r;
    uint32_t count = 0;

    while (packet_next(&m, &r) && r.section == ANSWER)
        count += r.type == type && name_eq(r.name, name);
    return count < DNS_RECORDS ? count : DNS_RECORDS;
}

static bool answer_allocate(struct dns_answer *a, enum resolver_type type, uint32_t room)
{
    if (type == RESOLVER_SRV) {
        a->services = calloc(room, sizeof(*a->services));
        a->text = malloc(room * (size_t)(DNS_NAME_MAX + 1));
        return a->services && a->text;
    }
    a->addresses = calloc(room, sizeof(*a->addresses));
    return a->addresses != NULL;
}

static bool answer_take(struct dns_answer *a, const struct packet *m, const struct record *r,
                        enum resolver_type type)
{
    if (type != RESOLVER_SRV)
        return record_address(m, r, &a->addresses[a->count]);
    char *target = a->text + a->count * (size_t)(DNS_NAME_MAX + 1);
    if (!record_service(m, r, &a->services[a->count], target))
        return false;
    a->services[a->count].target = span_from(target);
    return true;
}

static enum dns_verdict answer_fill(struct dns_answer *a, const struct packet *begin, const char *asked,
                                    enum resolver_type type)
{
    char name[DNS_NAME_MAX + 1];
    struct packet m = *begin;
    struct record r;

    memcpy(name, asked, strlen(asked) + 1);
    follow_aliases(begin, name, &a->ttl);
    uint32_t room = count_records(begin, name, type_codes[type]);
    a->status = RESOLVER_NO_DATA;
    if (room == 0)
        return DNS_ANSWER;
    if (!answer_allocate(a, type, room))
        return DNS_NO_MEMORY;
    while (packet_next(&m, &r)) {
        if (r.section == ADDITIONAL && type == RESOLVER_SRV)
            services_add_address(a, &m, &r);
        if (r.section != ANSWER || r.type != type_codes[type] || !name_eq(r.name, name) || a->count == room)
            continue;
        if (!answer_take(a, &m, &r, type))
            continue;
        a->count++;
        a->ttl = r.ttl < a->ttl ? r.ttl : a->ttl;
    }
    a->status = a->count ? RESOLVER_OK : RESOLVER_BAD;
    return DNS_ANSWER;
}

static enum resolver_status status_of_rcode(unsigned rcode)
{
    switch (rcode) {
    case 2:
        return RESOLVER_SERVFAIL;
    case 3:
        return RESOLVER_NO_NAME;
    case 5:
        return RESOLVER_REFUSED;
    default:
        return RESOLVER_BAD;
    }
}

/* The header and the question, which must be ours. */
static bool packet_open(struct packet *m, struct span bytes, const char *name, enum resolver_type type,
                        uint16_t id, unsigned *flags)
{
    struct reader head = reader_of(bytes);
    char asked[DNS_NAME_MAX + 1];

    *m = (struct packet){ .bytes = bytes, .at = HEADER };
    bool ours = reader_u16(&head) == id;
    *flags = reader_u16(&head);
    ours &= (*flags & FLAG_ANSWER) && OPCODE(*flags) == 0 && reader_u16(&head) == 1;
    for (unsigned i = 0; i < SECTIONS; i++)
        m->left[i] = reader_u16(&head);
    if (!ours || head.failed || bytes.len > UINT16_MAX || !packet_name(m, &m->at, asked))
        return false;
    struct reader question = reader_of(span_from_index(bytes, m->at));
    bool same = reader_u16(&question) == type_codes[type] && reader_u16(&question) == CLASS_IN;
    m->at += 4;
    return same && !question.failed && name_eq(asked, name);
}

enum dns_verdict dns_parse(struct span message, const char *name, enum resolver_type type, uint16_t id,
                           bool edns, struct dns_answer *out)
{
    struct packet m;
    unsigned flags;

    *out = (struct dns_answer){ .ttl = INT32_MAX };
    if (!packet_open(&m, message, name, type, id, &flags))
        return DNS_NOT_OURS;
    if (flags & FLAG_CUT)
        return DNS_TRUNCATED;
    if (edns && (RCODE(flags) == RCODE_FORMAT || RCODE(flags) == RCODE_NO_IMP))
        return DNS_NO_EDNS;
    if (RCODE(flags) != 0) {
        out->status = status_of_rcode(RCODE(flags));
        return DNS_ANSWER;
    }
    enum dns_verdict v = answer_fill(out, &m, name, type);
    if (v != DNS_ANSWER)
        dns_answer_free(out);
    return v;
}

void dns_answer_free(struct dns_answer *a)
{
    free(a->addresses);
    free(a->services);
    free(a->text);
    *a = (struct dns_answer){ 0 };
}
