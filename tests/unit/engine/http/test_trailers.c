/* SPDX-License-Identifier: Apache-2.0 */
/* Trailer fields: gathered from any pieces, and which of them pass. */
#include "engine/http/trailers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/http/h1_io.h"

static struct slab pieces;

static int begin(void **state)
{
    (void)state;
    slab_init(&pieces, "pieces", 4096, 4, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    slab_fini(&pieces);
    return 0;
}

static struct span gathered(struct scratch *room, struct span body, size_t step)
{
    struct h1_in in = { 0 };
    struct iovec parts[8];
    char copy[64];

    h1_in_init(&in, FRAMING_CHUNKED, 0);
    in.keep = room;
    for (size_t at = 0; at < body.len; at += step) {
        struct span piece = span_first(span_from_index(body, at), step);
        size_t used;
        unsigned count;
        memcpy(copy, piece.ptr, piece.len);
        assert_int_not_equal(h1_in_cut_all(&in, copy, piece.len, &used, parts, 8, &count), H1_BAD);
        memset(copy, 'x', sizeof(copy)); /* what came is gone */
    }
    assert_true(in.ended);
    return span_of(in.trailers.lines, in.trailers.len);
}

static void trailers_are_gathered_from_pieces(void **state)
{
    (void)state;
    for (size_t step = 1; step < 60; step++) {
        struct scratch room;
        scratch_init(&room, &pieces, 65536);
        struct span all = gathered(&room, SPAN("3;x=y\r\nabc\r\n0\r\nA: 1\r\nBcd: two\r\n\r\n"), step);
        assert_true(span_eq(all, SPAN("A: 1\r\nBcd: two\r\n")));
        scratch_reset(&room);
    }
}

static void a_body_without_has_none(void **state)
{
    (void)state;
    struct scratch room;
    scratch_init(&room, &pieces, 65536);
    assert_int_equal(gathered(&room, SPAN("1\r\na\r\n0\r\n\r\n"), 3).len, 0);
    assert_ptr_equal(room.chunks, NULL);
    scratch_reset(&room);
}

static void what_a_head_says_does_not_pass(void **state)
{
    (void)state;
    char lines[] =
        "X-A: 1\r\nContent-Length: 5\r\nhost: b\r\nX-B: 2\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a\r\n";
    struct trailers t = { .lines = lines, .len = sizeof(lines) - 1 };
    struct span passed = trailers_pass(&t);
    assert_true(span_eq(passed, SPAN("X-A: 1\r\nX-B: 2\r\n")));
    assert_true(span_eq(trailers_pass(&t), SPAN("X-A: 1\r\nX-B: 2\r\n")));
    t = (struct trailers){ 0 };
    assert_int_equal(trailers_pass(&t).len, 0);
}

static void without_room_all_are_dropped(void **state)
{
    (void)state;
    struct scratch room;
    scratch_init(&room, &pieces, 1);
    assert_ptr_equal(gathered(&room, SPAN("0\r\nA: 1\r\n\r\n"), 60).ptr, NULL);
    scratch_reset(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trailers_are_gathered_from_pieces),
        cmocka_unit_test(a_body_without_has_none),
        cmocka_unit_test(what_a_head_says_does_not_pass),
        cmocka_unit_test(without_room_all_are_dropped),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
