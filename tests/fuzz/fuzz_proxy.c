/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PROXY headers. A header that is there ends at one place: every shorter
 * beginning wants more, and what follows changes nothing. Written out in either
 * version and read again, it names the same addresses.
 */
#include "wire/proxy.h"

#include <stdlib.h>

#define MAX 2048

static enum proxy_result parse_first(struct span bytes, size_t len, struct proxy_header *h, size_t *used)
{
    char *copy = malloc(len + !len);
    memcpy(copy, bytes.ptr, len);
    enum proxy_result result = proxy_parse(span_of(copy, len), MAX, h, used);
    free(copy);
    return result;
}

/* From PROXY_MORE there is one step, to the same end as all bytes at once. */
static void check_prefixes(struct span bytes, enum proxy_result whole, size_t whole_used)
{
    struct proxy_header h;
    size_t used, end = whole == PROXY_DONE ? whole_used : bytes.len;
    bool bad = false;
    for (size_t len = 0; len < end; len++) {
        enum proxy_result result = parse_first(bytes, len, &h, &used);
        BUG_ON(result == PROXY_DONE);
        BUG_ON(result == PROXY_BAD && whole != PROXY_BAD);
        BUG_ON(bad && result != PROXY_BAD);
        bad = result == PROXY_BAD;
        if (len > 300)
            len += 97; /* the interesting places are early; long TLVs would cost too much */
    }
}

/* The unused bytes of a UNIX address may differ. */
static bool same_address(const struct address *a, const struct address *b)
{
    return a->len == b->len && memcmp(&a->u, &b->u, a->len) == 0;
}

static bool is_ip(const struct address *a)
{
    return address_family(a) == AF_INET || address_family(a) == AF_INET6;
}

static void check_written(const struct proxy_header *h)
{
    static char out[2 * MAX];
    struct proxy_header again;
    size_t used, len = proxy_write_v1(out, sizeof(out), &h->source, &h->destination);
    enum proxy_result result = proxy_parse(span_of(out, len), MAX, &again, &used);
    BUG_ON(result != PROXY_DONE || used != len);
    if (!h->local && is_ip(&h->source))
        BUG_ON(!same_address(&again.source, &h->source) ||
               !same_address(&again.destination, &h->destination));

    struct proxy_header in = *h;
    struct span sum;
    bool checksum = !proxy_tlv_find(h->tlvs, PROXY_TLV_CRC32C, &sum);
    if (!checksum) /* one of its own would be wrong at another place */
        in.tlvs = span_of(NULL, 0);
    len = proxy_write_v2(out, sizeof(out), &in, true);
    BUG_ON(len == 0);
    result = proxy_parse(span_of(out, len), sizeof(out), &again, &used);
    BUG_ON(result != PROXY_DONE || used != len || again.local != h->local);
    if (h->local)
        return;
    BUG_ON(!same_address(&again.source, &h->source) || !same_address(&again.destination, &h->destination));
    BUG_ON(again.transport != (h->version == 1 ? PROXY_STREAM : h->transport));
    BUG_ON(again.tlvs.len != in.tlvs.len + 7 ||
           memcmp(again.tlvs.ptr, in.tlvs.ptr ? in.tlvs.ptr : "", in.tlvs.len) != 0);
}

static void check_tlvs(struct span tlvs)
{
    uint8_t type;
    struct span value;
    struct proxy_ssl ssl;
    while (proxy_tlv_next(&tlvs, &type, &value))
        if (type == PROXY_TLV_SSL && proxy_ssl_parse(value, &ssl))
            BUG_ON(ssl.tlvs.len + 5 != value.len);
    BUG_ON(tlvs.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header h;
    size_t used = 0;
    struct span bytes = span_of((const char *)data, size);
    enum proxy_result result = proxy_parse(bytes, MAX, &h, &used);
    check_prefixes(bytes, result, used);
    if (result != PROXY_DONE)
        return 0;
    BUG_ON(used > size || used > MAX);
    check_tlvs(h.tlvs);
    check_written(&h);
    return 0;
}
