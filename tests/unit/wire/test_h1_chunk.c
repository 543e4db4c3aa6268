/* SPDX-License-Identifier: Apache-2.0 */
/* Chunked bodies, each case in one piece and in pieces of 1 to 7 bytes. */
#include "wire/h1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct decoded {
    enum h1_result result;
    enum h1_error error;
    size_t used; /* all that was consumed */
    size_t len;
    char *body;
};

/* One piece until it is used up or the body is over. */
static void feed(struct h1_chunk *c, struct span piece, struct decoded *d)
{
    while (d->result == H1_MORE && piece.len) {
        size_t consumed;
        struct span data;
        d->result = h1_chunk_next(c, piece, &consumed, &data);
        assert_true(consumed > 0 && consumed <= piece.len);
        assert_true(data.ptr >= piece.ptr && data.ptr + data.len <= piece.ptr + consumed);
        if (d->result == H1_MORE && data.len == 0)
            assert_int_equal(consumed, piece.len);
        if (d->result != H1_MORE)
            assert_int_equal(data.len, 0);
        memcpy(d->body + d->len, data.ptr, data.len);
        d->len += data.len;
        d->used += consumed;
        piece = span_from_index(piece, consumed);
    }
}

/* Feeds <in> in pieces of <step> bytes, each in memory of exactly its size. */
static struct decoded decode(struct span in, size_t step)
{
    struct h1_chunk c;
    struct decoded d = { .result = H1_MORE, .body = malloc(in.len + 1) };
    h1_chunk_init(&c);
    for (size_t at = 0; at < in.len && d.result == H1_MORE; at += step) {
        struct span piece = span_first(span_from_index(in, at), step);
        char *copy = malloc(piece.len);
        memcpy(copy, piece.ptr, piece.len);
        feed(&c, span_of(copy, piece.len), &d);
        free(copy);
    }
    d.error = c.error;
    d.body[d.len] = '\0';
    return d;
}

static const struct {
    const char *in, *body;
} accepted[] = {
    { "0\r\n\r\n", "" },
    { "000\r\n\r\n", "" },
    { "5\r\nhello\r\n0\r\n\r\n", "hello" },
    { "1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n", "hello" },
    { "A\r\n0123456789\r\n0\r\n\r\n", "0123456789" },
    { "a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n" },
    { "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "hello" },
    /* extensions */
    { "5;a\r\nhello\r\n0;b\r\n\r\n", "hello" },
    { "5;\r\nhello\r\n0\r\n\r\n", "hello" },
    { "5;a=b;c=\"d;e\xc3\xa9\"\r\nhello\r\n0\r\n\r\n", "hello" },
    { "5;a=\"b\r\nhello\r\n0\r\n\r\n", "hello" },
    { "5 \t \r\nhello\r\n0 \r\n\r\n", "hello" },
    { "5 ; a\r\nhello\r\n0\r\n\r\n", "hello" },
    /* trailers */
    { "0\r\nX: a\r\nY:\r\n\r\n", "" },
    { "1\r\na\r\n0\r\nX:\t\xc3\xa9 b\r\n\r\n", "a" },
    { "0\r\nContent-Length: 5\r\nX:POST /b HTTP/1.1\r\n\r\n", "" },
};

static void what_is_valid_is_decoded(void **state)
{
    (void)state;
    char in[256];
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        int len = snprintf(in, sizeof(in), "%sGET", accepted[i].in);
        for (size_t step = 1; step <= 8; step++) {
            struct decoded d = decode(span_of(in, (size_t)len), step == 8 ? (size_t)len : step);
            if (d.result != H1_DONE)
                fail_msg("%s: %d, %s", accepted[i].in, d.result, h1_error_text(d.error));
            assert_string_equal(d.body, accepted[i].body);
            assert_int_equal(d.used, len - 3); /* what follows is another message's */
            free(d.body);
        }
    }
}

static void nothing_is_done_before_the_last_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct span in = span_from(accepted[i].in);
        for (size_t len = 1; len < in.len; len++) {
            struct decoded d = decode(span_first(in, len), in.len);
            assert_int_equal(d.result, H1_MORE);
            assert_int_equal(d.used, len);
            free(d.body);
        }
    }
}

#define BYTES(text) SPAN_INIT(text)

static const struct {
    struct span in;
    enum h1_error why;
} refused[] = {
    /* sizes */
    { BYTES("\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("Z\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES(" 5\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("\t5\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES(";a\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("+5\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("-5\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("-0\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("0x5\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5g\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5.0\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5_0\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("\"5\"\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5 0\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5\0\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("\f5\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("\xd9\xa5\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("8000000000000000"), H1_ERR_CHUNK_SIZE },
    { BYTES("ffffffffffffffff"), H1_ERR_CHUNK_SIZE },
    { BYTES("fffffffffffffff3"), H1_ERR_CHUNK_SIZE },
    { BYTES("10000000000000005"), H1_ERR_CHUNK_SIZE },
    { BYTES("00000000000000005"), H1_ERR_CHUNK_SIZE },
    /* line ends */
    { BYTES("5\nhello"), H1_ERR_CHUNK_SIZE },
    { BYTES("5\rhello"), H1_ERR_CHUNK_SIZE },
    { BYTES("5\r\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5;a\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5;a\rb"), H1_ERR_CHUNK_SIZE },
    { BYTES("5;a\r\r\n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5;a\0"), H1_ERR_CHUNK_SIZE },
    { BYTES("5;\x7f"), H1_ERR_CHUNK_SIZE },
    { BYTES("5 \n"), H1_ERR_CHUNK_SIZE },
    { BYTES("5 x"), H1_ERR_CHUNK_SIZE },
    { BYTES("0\n"), H1_ERR_CHUNK_SIZE },
    /* data and its end */
    { BYTES("5\r\nhello\n"), H1_ERR_CHUNK_END },
    { BYTES("5\r\nhelloXX"), H1_ERR_CHUNK_END },
    { BYTES("5\r\nhello\rX"), H1_ERR_CHUNK_END },
    { BYTES("5\r\nhello world\r\n"), H1_ERR_CHUNK_END },
    { BYTES("5\r\nhello0\r\n"), H1_ERR_CHUNK_END },
    { BYTES("5\r\nhello\r\n\r\n"), H1_ERR_CHUNK_SIZE },
    /* trailers */
    { BYTES("0\r\n\n"), H1_ERR_TRAILER },
    { BYTES("0\r\n\rX"), H1_ERR_TRAILER },
    { BYTES("0\r\n: a"), H1_ERR_TRAILER },
    { BYTES("0\r\n a"), H1_ERR_TRAILER },
    { BYTES("0\r\nX\r\n"), H1_ERR_TRAILER },
    { BYTES("0\r\nX Y: a"), H1_ERR_TRAILER },
    { BYTES("0\r\nX : a"), H1_ERR_TRAILER },
    { BYTES("0\r\nXXGET / HTTP/1.1\r\n"), H1_ERR_TRAILER },
    { BYTES("0\r\nX: a\n"), H1_ERR_TRAILER },
    { BYTES("0\r\nX: a\rY"), H1_ERR_TRAILER },
    { BYTES("0\r\nX: a\0"), H1_ERR_TRAILER },
    { BYTES("0\r\nX: a\r\n b\r\n"), H1_ERR_TRAILER },
    { BYTES("0\r\nX: a\r\n\tb\r\n"), H1_ERR_TRAILER },
    { BYTES("0\r\nX: a\r\n\n"), H1_ERR_TRAILER },
};

static void what_is_not_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        for (size_t step = 1; step <= 8; step++) {
            struct decoded d = decode(refused[i].in, step == 8 ? refused[i].in.len : step);
            if (d.result != H1_BAD || d.error != refused[i].why)
                fail_msg("%.*s: %d, %s", SPAN_ARGS(refused[i].in), d.result, h1_error_text(d.error));
            free(d.body);
        }
    }
}

/* ---- bounds ---- */

struct text {
    char *ptr;
    size_t len;
};

static void add(struct text *t, const char *what, size_t times)
{
    size_t len = strlen(what);
    t->ptr = realloc(t->ptr, t->len + len * times);
    for (size_t i = 0; i < times; i++, t->len += len)
        memcpy(t->ptr + t->len, what, len);
}

/* <before>, then <what> so often, then <after>. */
static enum h1_result decode_repeated(const char *before, const char *what, size_t times, const char *after)
{
    struct text t = { 0 };
    add(&t, before, 1);
    add(&t, what, times);
    add(&t, after, 1);
    struct decoded d = decode(span_of(t.ptr, t.len), t.len);
    free(d.body);
    free(t.ptr);
    return d.result;
}

#define MAX H1_CHUNK_OVERHEAD_MAX

static void what_is_no_payload_is_bounded(void **state)
{
    (void)state;
    /* one line's extension */
    assert_int_equal(decode_repeated("0;", "a", MAX, "\r\n\r\n"), H1_DONE);
    assert_int_equal(decode_repeated("0;", "a", MAX + 1, "\r\n\r\n"), H1_BAD);
    assert_int_equal(decode_repeated("0 ", " ", MAX, "\r\n\r\n"), H1_DONE);
    assert_int_equal(decode_repeated("0 ", " ", MAX + 1, "\r\n\r\n"), H1_BAD);
    /* all trailers, their line ends included */
    assert_int_equal(decode_repeated("0\r\n", "a:b\r\n", MAX / 5 - 1, "\r\n"), H1_DONE);
    assert_int_equal(decode_repeated("0\r\n", "a:b\r\n", MAX / 5 + 1, "\r\n"), H1_BAD);
    /* extensions beyond the data: 16 and 1, so 15 a chunk */
    assert_int_equal(decode_repeated("", "1;aaaaaaaaaaaaaaaa\r\nx\r\n", MAX / 15, "0\r\n\r\n"), H1_DONE);
    assert_int_equal(decode_repeated("", "1;aaaaaaaaaaaaaaaa\r\nx\r\n", MAX / 15 + 1, "0\r\n\r\n"), H1_BAD);
    /* an extension that the data outweighs costs nothing, nor do many small chunks */
    assert_int_equal(decode_repeated("", "8;aaaaaaaa\r\n01234567\r\n", MAX, "0\r\n\r\n"), H1_DONE);
    assert_int_equal(decode_repeated("", "1\r\nx\r\n", 100000, "0\r\n\r\n"), H1_DONE);
    /* leading zeros */
    assert_int_equal(decode_repeated("", "0", 100000, "5\r\nhello\r\n0\r\n\r\n"), H1_BAD);
}

static void sizes_are_64_bits_wide(void **state)
{
    (void)state;
    struct h1_chunk c;
    size_t consumed;
    struct span data;
    h1_chunk_init(&c);
    assert_int_equal(h1_chunk_next(&c, SPAN("7fffffffffffffff\r\nxyz"), &consumed, &data), H1_MORE);
    assert_int_equal(data.len, 3);
    assert_true(c.left == INT64_MAX - 3);
    h1_chunk_init(&c);
    assert_int_equal(h1_chunk_next(&c, SPAN("100000005\r\nhello\r\n0\r\n\r\n"), &consumed, &data), H1_MORE);
    assert_int_equal(data.len, 12);
    assert_true(c.left == 0x100000005 - 12);
}

static void an_end_or_a_fault_is_for_good(void **state)
{
    (void)state;
    struct h1_chunk c;
    size_t consumed;
    struct span data;
    h1_chunk_init(&c);
    assert_int_equal(h1_chunk_next(&c, SPAN("0\r\n\r\n5\r\n"), &consumed, &data), H1_DONE);
    assert_int_equal(consumed, 5);
    assert_int_equal(h1_chunk_next(&c, SPAN("5\r\n"), &consumed, &data), H1_DONE);
    assert_int_equal(consumed, 0);
    h1_chunk_init(&c);
    assert_int_equal(h1_chunk_next(&c, SPAN("x"), &consumed, &data), H1_BAD);
    assert_int_equal(h1_chunk_next(&c, SPAN("0\r\n\r\n"), &consumed, &data), H1_BAD);
    assert_int_equal(consumed, 0);
    assert_int_equal(c.error, H1_ERR_CHUNK_SIZE);
    h1_chunk_init(&c);
    assert_int_equal(h1_chunk_next(&c, SPAN(""), &consumed, &data), H1_MORE);
    assert_int_equal(consumed, 0);
}

/* The lines between the last chunk and the blank line, whatever pieces they come in. */
static void trailers_are_shown(void **state)
{
    (void)state;
    static const struct {
        const char *in, *trailers;
    } rows[] = {
        { "1\r\na\r\n0\r\n\r\n", "" },
        { "0;x=y\r\nA: 1\r\n\r\n", "A: 1\r\n" },
        { "2\r\nA:\r\n0\r\nA: 1\r\nB:\r\n\r\nGET / HTTP/1.1\r\n", "A: 1\r\nB:\r\n" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span all = span_from(rows[i].in);
        for (size_t step = 1; step <= all.len; step++) {
            struct h1_chunk c;
            char got[64];
            size_t len = 0;
            enum h1_result r = H1_MORE;
            h1_chunk_init(&c);
            for (size_t at = 0; at < all.len && r == H1_MORE;) {
                struct span piece = span_first(span_from_index(all, at), step), data;
                size_t used;
                r = h1_chunk_next(&c, piece, &used, &data);
                memcpy(got + len, c.trailers.ptr, c.trailers.len);
                len += c.trailers.len;
                at += used;
            }
            assert_int_equal(r, H1_DONE);
            assert_true(span_eq(span_of(got, len), span_from(rows[i].trailers)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_valid_is_decoded), cmocka_unit_test(nothing_is_done_before_the_last_byte),
        cmocka_unit_test(what_is_not_is_refused),   cmocka_unit_test(what_is_no_payload_is_bounded),
        cmocka_unit_test(sizes_are_64_bits_wide),   cmocka_unit_test(an_end_or_a_fault_is_for_good),
        cmocka_unit_test(trailers_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
