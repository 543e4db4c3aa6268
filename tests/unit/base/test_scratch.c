/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "base/poison.h"
#include "base/scratch.h"

static struct slab slab;
static struct scratch s;

static int setup(void **state)
{
    (void)state;
    slab_init(&slab, "scratch", 512, 4, 0);
    scratch_init(&s, &slab, 8192);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_reset(&s);
    slab_fini(&slab); /* dies when a chunk was not given back */
    return 0;
}

static void nothing_is_taken_before_it_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(s.taken, 0);
    assert_non_null(scratch_alloc(&s, 1));
    assert_true(s.taken > 0);
    assert_int_equal(slab.used, PLAIN_ALLOC ? 0 : 1);
}

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        char *text = scratch_bytes(&s, i % 7 + 1), *word = scratch_alloc(&s, i);
        memset(text, 'x', i % 7 + 1);
        assert_int_equal((uintptr_t)word % 16, 0);
        memset(word, 'y', i);
        assert_int_equal(text[0], 'x');
    }
    assert_true(PLAIN_ALLOC || slab.used > 1);
}

static void zeroed_ones_are_zero(void **state)
{
    (void)state;
    char *dirty = scratch_bytes(&s, 300);
    memset(dirty, 0xee, 300);
    scratch_reset(&s);
    const char *clean = scratch_zalloc(&s, 300);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(clean[i], 0);
}

static void a_large_piece_is_counted_too(void **state)
{
    (void)state;
    char *small = scratch_bytes(&s, 10), *large = scratch_bytes(&s, 4000), *next = scratch_bytes(&s, 10);
    assert_non_null(large);
    memset(large, 1, 4000);
    assert_true(PLAIN_ALLOC || (next > small && next < small + 512)); /* the newest chunk stayed in use */
    assert_null(scratch_bytes(&s, 4200));
    assert_null(scratch_bytes(&s, SIZE_MAX));
    assert_null(scratch_alloc(&s, SIZE_MAX - 100));
}

static void the_ceiling_holds_for_small_pieces(void **state)
{
    (void)state;
    unsigned given = 0;
    while (scratch_alloc(&s, 100))
        given++;
    assert_in_range(given, 16, 8192 / 100);
    scratch_reset(&s);
    assert_non_null(scratch_alloc(&s, 100));
}

static void no_memory_is_no_piece(void **state)
{
    (void)state;
    unit_fail_alloc(1);
    void *small = scratch_bytes(&s, 10), *large = scratch_bytes(&s, 4000);
    unit_fail_alloc(0);
    assert_null(small);
    assert_null(large);
    assert_null(scratch_span(&s, span_of("x", SIZE_MAX / 2)).ptr);
    assert_span(scratch_span(&s, SPAN("again")), "again");
}

static void what_is_shrunk_is_used_again(void **state)
{
    (void)state;
    char *text = scratch_bytes(&s, 200);
    memcpy(text, "abc", 3);
    scratch_shrink(&s, text, 200, 3);
    char *next = scratch_bytes(&s, 3);
    assert_true(PLAIN_ALLOC || next < text + 200);
    memcpy(next, "def", 3);
    assert_memory_equal(text, "abc", 3);
    scratch_shrink(&s, text, 3, 1); /* not the last any more: stays */
    assert_memory_equal(next, "def", 3);
}

static void texts(void **state)
{
    (void)state;
    assert_span(scratch_join(&s, SPAN("a"), SPAN("bc")), "abc");
    struct span empty = scratch_span(&s, span_of(NULL, 0));
    assert_non_null(empty.ptr);
    assert_int_equal(empty.len, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_is_taken_before_it_is_asked_for),
        T(pieces_are_aligned_and_apart),
        T(zeroed_ones_are_zero),
        T(a_large_piece_is_counted_too),
        T(the_ceiling_holds_for_small_pieces),
        T(no_memory_is_no_piece),
        T(what_is_shrunk_is_used_again),
        T(texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
