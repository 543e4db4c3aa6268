/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS ClientHellos. More bytes never change a verdict, and the same message in
 * other records (of the size that the first byte says) is read as the same.
 */
#include "wire/client_hello.h"

#include <stdlib.h>

static enum client_hello_result parse(struct span bytes, size_t len, struct client_hello *h)
{
    char *copy = malloc(len + !len);
    memcpy(copy, bytes.ptr, len);
    enum client_hello_result result = client_hello_parse(span_of(copy, len), h);
    free(copy);
    return result;
}

static void check_same(const struct client_hello *a, const struct client_hello *b)
{
    BUG_ON(a->record_version != b->record_version || a->legacy_version != b->legacy_version);
    BUG_ON(a->version_count != b->version_count ||
           memcmp(a->versions, b->versions, sizeof(a->versions[0]) * a->version_count) != 0);
    BUG_ON(!span_eq(client_hello_name(a), client_hello_name(b)));
    BUG_ON(!span_eq(span_of(a->alpn, a->alpn_len), span_of(b->alpn, b->alpn_len)));
}

static void check_prefixes(struct span bytes, enum client_hello_result whole, const struct client_hello *h)
{
    struct client_hello part;
    for (size_t len = 0; len < bytes.len; len += 1 + len / 64) {
        enum client_hello_result result = parse(bytes, len, &part);
        BUG_ON(result != CLIENT_HELLO_MORE && result != whole);
        if (result == CLIENT_HELLO_DONE)
            check_same(&part, h);
    }
}

/* The handshake bytes of the records, as many as the message has; a complete hello is known to be there. */
static size_t unwrap(struct span bytes, unsigned char *message)
{
    size_t at = 0, len = 0, need = 4;
    while (len < need) {
        size_t here = (size_t)(unsigned char)bytes.ptr[at + 3] << 8 | (unsigned char)bytes.ptr[at + 4];
        size_t take = here < bytes.len - at - 5 ? here : bytes.len - at - 5;
        memcpy(message + len, bytes.ptr + at + 5, take);
        len += take;
        at += 5 + here;
        if (len >= 4)
            need = 4 + ((size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3]);
    }
    return need;
}

static void check_other_records(struct span bytes, size_t size, const struct client_hello *h)
{
    unsigned char *message = malloc(bytes.len + 1);
    size_t len = unwrap(bytes, message), out_len = 0;
    char *out = malloc(len + (len / size + 1) * 5);
    for (size_t at = 0; at < len; at += size) {
        size_t here = len - at < size ? len - at : size;
        char head[5] = { 22, bytes.ptr[1], bytes.ptr[2], (char)(here >> 8), (char)here };
        memcpy(out + out_len, head, 5);
        memcpy(out + out_len + 5, message + at, here);
        out_len += 5 + here;
    }
    struct client_hello again;
    enum client_hello_result result = client_hello_parse(span_of(out, out_len), &again);
    BUG_ON(result != CLIENT_HELLO_DONE);
    check_same(&again, h);
    result = client_hello_parse(span_of(out, out_len - 1), &again);
    BUG_ON(result != CLIENT_HELLO_MORE);
    free(out);
    free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct client_hello h;
    if (size == 0)
        return 0;
    struct span bytes = span_of((const char *)data + 1, size - 1), protocol;
    enum client_hello_result result = parse(bytes, bytes.len, &h);
    check_prefixes(bytes, result, &h);
    if (result != CLIENT_HELLO_DONE)
        return 0;
    size_t at = 0, sum = 0;
    while (client_hello_alpn(&h, &at, &protocol))
        sum += protocol.len + 1;
    BUG_ON(sum != h.alpn_len || client_hello_version(&h) == 0);
    check_other_records(bytes, data[0] + 1u, &h);
    return 0;
}
