/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of what was changed: what a new change makes void. */
#include "unit.h"

#include "model/amendment.h"

static struct amendments *with(struct amendments *l, enum amendment_kind kind, const char *server,
                               const char *words)
{
    struct amendment a = { .kind = kind,
                           .pool = SPAN("p"),
                           .server = span_from(server),
                           .words = span_from(words),
                           .generation = 7 };
    struct amendments *fresh = amendments_with(l, &a);
    amendments_free(&l);
    return fresh;
}

static void a_word_that_is_said_again_replaces_the_first(void **state)
{
    struct amendments *l = NULL;

    (void)state;
    l = with(l, AMEND_SET, "a",
             "port\x1f"
             "1");
    l = with(l, AMEND_SET, "a",
             "addr\x1f"
             "x");
    l = with(l, AMEND_SET, "b",
             "port\x1f"
             "2");
    l = with(l, AMEND_SET, "a",
             "port\x1f"
             "3");
    assert_int_equal(amendments_count(l), 3);
    assert_true(span_eq(amendments_at(l, 2)->words, SPAN("port\x1f"
                                                         "3")));
    amendments_free(&l);
    assert_null(l);
}

static void what_was_added_leaves_nothing_when_it_goes(void **state)
{
    struct amendments *l = NULL;

    (void)state;
    l = with(l, AMEND_ADD, "new", "1.2.3.4");
    amendments_set_id(l, 9);
    assert_int_equal(amendments_at(l, 0)->id, 9);
    l = with(l, AMEND_SET, "new",
             "port\x1f"
             "1");
    l = with(l, AMEND_DELETE, "new", "");
    assert_int_equal(amendments_count(l), 0);
    amendments_free(&l);
}

static void a_files_server_stays_away_though_another_takes_its_name(void **state)
{
    struct amendments *l = NULL;

    (void)state;
    l = with(l, AMEND_SET, "a",
             "port\x1f"
             "1");
    l = with(l, AMEND_DELETE, "a", "");
    assert_int_equal(amendments_count(l), 1);
    l = with(l, AMEND_ADD, "a", "1.2.3.4");
    assert_int_equal(amendments_count(l), 2);
    l = with(l, AMEND_DELETE, "a", "");
    assert_int_equal(amendments_count(l), 1);
    assert_int_equal(amendments_at(l, 0)->kind, AMEND_DELETE);
    amendments_free(&l);
}

static void other_files_have_their_own_servers(void **state)
{
    struct amendments *l = NULL;

    (void)state;
    l = with(l, AMEND_ADD, "a", "1.2.3.4");
    l = with(l, AMEND_SET, "b",
             "port\x1f"
             "1");
    struct amendments *same = amendments_of_generation(l, 7), *other = amendments_of_generation(l, 8);
    assert_int_equal(amendments_count(same), 2);
    assert_int_equal(amendments_count(other), 1);
    assert_int_equal(amendments_at(other, 0)->kind, AMEND_SET);
    amendments_free(&l);
    amendments_free(&same);
    amendments_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_that_is_said_again_replaces_the_first),
        cmocka_unit_test(what_was_added_leaves_nothing_when_it_goes),
        cmocka_unit_test(a_files_server_stays_away_though_another_takes_its_name),
        cmocka_unit_test(other_files_have_their_own_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
