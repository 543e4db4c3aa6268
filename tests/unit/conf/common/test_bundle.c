/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/common/world.h"

#include <errno.h>

#include "unit.h"

struct fake {
    unsigned asked;
};
static struct answer ask_fake(void *self, enum question q, struct span key)
{
    struct fake *f = self;
    f->asked++;
    if (q == ASK_FILE && span_eq(key, SPAN("/etc/a")))
        return (struct answer){ .bytes = SPAN("user a;\n\0binary") };
    if (q == ASK_ENV && span_eq(key, SPAN("/etc/a")))
        return (struct answer){ .bytes = SPAN("") };
    return (struct answer){ .error = EACCES };
}

static int set_up(void **state)
{
    *state = arena_new(0);
    return 0;
}
static int tear_down(void **state)
{
    struct arena *a = *state;
    arena_free(&a);
    return 0;
}

static void answers_come_back_from_a_bundle(void **state)
{
    struct arena *a = *state;
    struct fake fake = { 0 };
    struct world real = { .self = &fake, .ask = ask_fake };
    struct bundle_writer *w = bundle_writer_new();
    struct world recording = recording_world(a, &real, w);
    for (int i = 0; i < 2; i++) { /* each question is asked once */
        assert_spans_equal(world_ask(&recording, ASK_FILE, SPAN("/etc/a")).bytes, SPAN("user a;\n\0binary"));
        assert_int_equal(world_ask(&recording, ASK_FILE, SPAN("/etc/b")).error, EACCES);
        assert_int_equal(world_ask(&recording, ASK_ENV, SPAN("/etc/a")).error, 0);
        assert_int_equal(world_ask(&recording, ASK_HOSTNAME, SPAN("")).error, EACCES);
    }
    assert_int_equal(fake.asked, 4);

    struct bundle *b = bundle_open(a, bundle_bytes(w));
    assert_non_null(b);
    struct world replayed = bundle_world(b);
    assert_spans_equal(world_ask(&replayed, ASK_FILE, SPAN("/etc/a")).bytes, SPAN("user a;\n\0binary"));
    assert_int_equal(world_ask(&replayed, ASK_FILE, SPAN("/etc/b")).error, EACCES);
    assert_int_equal(world_ask(&replayed, ASK_ENV, SPAN("/etc/a")).error, 0);
    assert_int_equal(world_ask(&replayed, ASK_ENV, SPAN("/etc/a")).bytes.len, 0);
    assert_int_equal(world_ask(&replayed, ASK_HOSTNAME, SPAN("")).error, EACCES);
    assert_int_equal(world_ask(&replayed, ASK_FILE, SPAN("/etc/c")).error, ENOENT); /* never asked */
    bundle_writer_free(&w);
    assert_null(w);
}

static void an_empty_bundle_knows_nothing(void **state)
{
    struct bundle_writer *w = bundle_writer_new();
    struct bundle *b = bundle_open(*state, bundle_bytes(w));
    assert_non_null(b);
    struct world world = bundle_world(b);
    assert_int_equal(world_ask(&world, ASK_FILE, SPAN("/etc/a")).error, ENOENT);
    bundle_writer_free(&w);
}

static void a_broken_bundle_is_refused(void **state)
{
    struct arena *a = *state;
    struct bundle_writer *w = bundle_writer_new();
    bundle_add(w, ASK_FILE, SPAN("/etc/a"), (struct answer){ .bytes = SPAN("text") });
    bundle_add(w, ASK_FILE, SPAN("/etc/b"), (struct answer){ .error = ENOENT, .bytes = SPAN("") });
    struct span whole = bundle_bytes(w);
    assert_non_null(bundle_open(a, whole));
    for (size_t n = 0; n < whole.len; n++) { /* cut anywhere */
        struct span cut = arena_span(a, span_first(whole, n));
        assert_null(bundle_open(a, cut));
    }
    for (size_t i = 0; i < whole.len; i++) { /* a bit flipped anywhere: refused, or read without harm */
        struct span copy = arena_span(a, whole);
        char *bytes = arena_alloc(a, copy.len);
        memcpy(bytes, copy.ptr, copy.len);
        bytes[i] = (char)(bytes[i] ^ 0x40);
        struct bundle *b = bundle_open(a, span_of(bytes, copy.len));
        if (i < 24)
            assert_null(b);
        if (b) {
            struct world world = bundle_world(b);
            world_ask(&world, ASK_FILE, SPAN("/etc/a"));
        }
    }
    bundle_writer_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_come_back_from_a_bundle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_bundle_knows_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broken_bundle_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
