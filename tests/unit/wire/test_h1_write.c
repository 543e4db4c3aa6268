/* SPDX-License-Identifier: Apache-2.0 */
/* Heads and chunk sizes as bytes, and that nothing is written beyond the room. */
#include "wire/h1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PIECE_REQUEST, PIECE_STATUS, PIECE_STATUS_EMPTY, PIECE_FIELD, PIECE_FIELD_EMPTY, PIECES };

static size_t write_piece(int piece, char *out, size_t room)
{
    switch (piece) {
    case PIECE_REQUEST:
        return h1_write_request_line(out, room, SPAN("GET"), SPAN("/a?b"), 1);
    case PIECE_STATUS:
        return h1_write_status_line(out, room, 0, 404, SPAN("Not Found"));
    case PIECE_STATUS_EMPTY:
        return h1_write_status_line(out, room, 1, 999, SPAN(""));
    case PIECE_FIELD:
        return h1_write_field(out, room, SPAN("X-Y"), SPAN("a b"));
    default:
        return h1_write_field(out, room, SPAN("X"), span_of(NULL, 0));
    }
}

static void pieces_fit_or_are_not_written(void **state)
{
    (void)state;
    static const char *const want[] = {
        [PIECE_REQUEST] = "GET /a?b HTTP/1.1\r\n",
        [PIECE_STATUS] = "HTTP/1.0 404 Not Found\r\n",
        [PIECE_STATUS_EMPTY] = "HTTP/1.1 999 \r\n",
        [PIECE_FIELD] = "X-Y: a b\r\n",
        [PIECE_FIELD_EMPTY] = "X: \r\n",
    };
    for (int piece = 0; piece < PIECES; piece++) {
        size_t len = strlen(want[piece]);
        for (size_t room = 0; room <= len + 1; room++) {
            char *out = malloc(room + !room); /* a sanitizer sees what goes beyond */
            size_t wrote = write_piece(piece, out, room);
            assert_int_equal(wrote, room < len ? 0 : len);
            assert_memory_equal(out, want[piece], wrote);
            free(out);
        }
    }
    char line[32];
    assert_int_equal(h1_write_request_line(line, sizeof(line), SPAN("GET"), SPAN("/"), 0), 16);
    assert_memory_equal(line, "GET / HTTP/1.0\r\n", 16);
}

static void only_end_to_end_fields_are_written(void **state)
{
    (void)state;
    static const char want[] = "Host: t\r\nX: 1\r\nx: 2\r\n";
    struct field storage[16];
    struct message m;
    message_init(&m, storage, COUNT_OF(storage));
    static const char *const fields[][2] = {
        { "Host", "t" }, { "Connection", "close" },   { "X", "1" },       { "Content-Length", "5" },
        { "Gone", "1" }, { "Transfer-Encoding", "" }, { "Upgrade", "a" }, { "x", "2" },
    };
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        assert_true(message_add(&m, span_from(fields[i][0]), span_from(fields[i][1])));
    message_remove(&m, SPAN("gone"));
    for (size_t room = 0; room <= sizeof(want); room++) {
        char *out = malloc(room + !room);
        size_t wrote = 99;
        bool ok = h1_write_fields(out, room, &m, &wrote);
        assert_int_equal(ok, room >= sizeof(want) - 1);
        if (ok) {
            assert_int_equal(wrote, sizeof(want) - 1);
            assert_memory_equal(out, want, wrote);
        }
        free(out);
    }
    message_init(&m, storage, COUNT_OF(storage)); /* none at all is no failure */
    size_t wrote = 99;
    assert_true(h1_write_fields(NULL, 0, &m, &wrote));
    assert_int_equal(wrote, 0);
}

static void chunk_sizes_are_plain_hex(void **state)
{
    (void)state;
    static const uint64_t sizes[] = { 0, 1, 9, 10, 15, 16, 255, 256, 0x1a2b, 0x7fffffffffffffff, UINT64_MAX };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char want[H1_CHUNK_HEAD_MAX + 1];
        char *out = malloc(H1_CHUNK_HEAD_MAX);
        size_t len = (size_t)snprintf(want, sizeof(want), "%llx\r\n", (unsigned long long)sizes[i]);
        assert_int_equal(h1_write_chunk_head(out, sizes[i]), len);
        assert_memory_equal(out, want, len);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_fit_or_are_not_written),
        cmocka_unit_test(only_end_to_end_fields_are_written),
        cmocka_unit_test(chunk_sizes_are_plain_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
