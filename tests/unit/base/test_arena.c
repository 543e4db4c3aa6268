/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <string.h>

#include "base/poison.h"
#include "unit.h"

static void gives_zeroed_aligned_memory_of_any_size(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 15, 16, 17, 255, 4000, 5000, 100000, 3 };
    struct arena *a = arena_new(0);
    char *pieces[100];
    for (unsigned i = 0; i < 100; i++) {
        size_t size = sizes[i % COUNT_OF(sizes)];
        pieces[i] = arena_alloc(a, size);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)i, size);
    }
    for (unsigned i = 0; i < 100; i++) /* nobody wrote into a neighbour */
        for (size_t j = 0; j < sizes[i % COUNT_OF(sizes)]; j++)
            assert_int_equal((unsigned char)pieces[i][j], i);
    arena_free(&a);
    assert_null(a);
    arena_free(&a);
}

static void reset_forgets_and_keeps_the_first_block(void **state)
{
    (void)state;
    struct arena *a = arena_new(1024);
    size_t fresh = arena_size(a);
    char *first = arena_alloc(a, 100);
    memset(first, 'x', 100);
    for (unsigned i = 0; i < 100; i++)
        memset(arena_alloc(a, 200), 'x', 200);
    assert_true(arena_size(a) >= fresh + 100 * 200 - 1024);
    arena_reset(a);
    assert_int_equal(arena_size(a), fresh);
    char *again = arena_alloc(a, 100);
    if (!PLAIN_ALLOC)
        assert_ptr_equal(again, first);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(again[i], 0);
    arena_free(&a);
}

static void small_pieces_cost_few_blocks(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    for (unsigned i = 0; i < 1000; i++)
        (void)!arena_alloc(a, 16);
    if (POISON_RED_ZONE == 0 && !PLAIN_ALLOC)
        assert_true(arena_size(a) <= 1000 * 16 + 2 * 4096 + 256);
    arena_free(&a);
}

static void a_large_piece_does_not_end_the_block(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    char *before = arena_alloc(a, 16);
    (void)!arena_alloc(a, 5000);
    char *after = arena_alloc(a, 16);
    if (!PLAIN_ALLOC)
        assert_ptr_equal(after, before + 16 + POISON_RED_ZONE);
    arena_free(&a);
}

static void copies_text_with_a_nul(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char text[] = "abc";
    struct span copy = arena_span(a, span_of(text, 2));
    text[0] = 'X';
    assert_span(copy, "ab");
    assert_int_equal(copy.ptr[2], '\0');
    struct span none = arena_span(a, span_of(NULL, 0));
    assert_non_null(none.ptr);
    assert_int_equal(none.len, 0);
    struct span long_text = arena_printf(a, "%0*d|%s", 5000, 7, "end");
    assert_int_equal(long_text.len, 5004);
    assert_true(span_ends_with(long_text, SPAN("07|end")));
    assert_int_equal(long_text.ptr[long_text.len], '\0');
    arena_free(&a);
}

static void array_grows_and_keeps_what_it_holds(void **state)
{
    (void)state;
    struct {
        uint64_t *items;
        uint32_t count, room;
    } list = { 0 };
    struct arena *a = arena_new(0);
    for (uint64_t i = 0; i < 1000; i++)
        *ARENA_PUSH(a, &list) = i * i;
    assert_int_equal(list.count, 1000);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(list.items[i], i * i);
    arena_free(&a);
}

static void ask_for_the_impossible(void *data)
{
    struct arena *a = arena_new(0);
    if (*(int *)data == 0)
        (void)!arena_array(a, SIZE_MAX / 2, 3);
    else
        (void)!arena_alloc(a, SIZE_MAX / 2);
}

static void run_out_of_memory(void *data)
{
    (void)data;
    struct arena *a = arena_new(256);
    unit_fail_alloc(1);
    for (unsigned i = 0; i < 100; i++)
        (void)!arena_alloc(a, 100);
}

static void dies_when_memory_is_out(void **state)
{
    (void)state;
    int which = 0;
    assert_true(unit_dies(ask_for_the_impossible, &which)); /* the product overflows */
    which = 1;
    assert_true(unit_dies(ask_for_the_impossible, &which));
    assert_true(unit_dies(run_out_of_memory, NULL));
}

#ifdef POISON_ON
static void write_past_the_end(void *data)
{
    struct arena *a = arena_new(0);
    volatile char *piece = arena_alloc(a, *(size_t *)data);
    char *neighbour = arena_alloc(a, 100);
    piece[*(size_t *)data] = 1;
    neighbour[0] = 1;
}

static void use_after_reset(void *data)
{
    (void)data;
    struct arena *a = arena_new(0);
    volatile char *piece = arena_alloc(a, 100);
    arena_reset(a);
    piece[0] = 1;
}

static void sanitizer_sees_overflow_and_late_use(void **state)
{
    (void)state;
    for (size_t size = 1; size < 18; size += 5)
        assert_true(unit_dies(write_past_the_end, &size));
    assert_true(unit_dies(use_after_reset, NULL));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_memory_of_any_size),
        cmocka_unit_test(reset_forgets_and_keeps_the_first_block),
        cmocka_unit_test(small_pieces_cost_few_blocks),
        cmocka_unit_test(a_large_piece_does_not_end_the_block),
        cmocka_unit_test(copies_text_with_a_nul),
        cmocka_unit_test(array_grows_and_keeps_what_it_holds),
        cmocka_unit_test(dies_when_memory_is_out),
#ifdef POISON_ON
        cmocka_unit_test(sanitizer_sees_overflow_and_late_use),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
