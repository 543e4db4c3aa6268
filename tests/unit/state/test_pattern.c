/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that are changed: what is looked up afterwards, after a reload, and in the next process. */
#include "state/fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/lookup.h"
#include "model/patterns.h"
#include "state/retire.h"
#include "state/snapshot.h"

enum { MEMORY = 4 << 20 };
static char *memory;
static struct state_world *world;

struct file {
    struct config *config;
    struct pattern_list *list;
    struct pattern_user *user;
    struct snapshot *snapshot;
};

static int setup(void **state)
{
    (void)state;
    memory = aligned_alloc(64, MEMORY);
    memset(memory, 0, MEMORY);
    world = state_world_new(span_of(memory, MEMORY), 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    state_world_free(&world);
    free(memory);
    return 0;
}

static struct file open_file(enum match how, bool nocase, bool map, const char *const *texts)
{
    struct file f = { .config = config_new() };

    f.list = config_add_pattern_list(f.config, SPAN("/list"), SPAN("haproxy:file /list"));
    f.user = config_add_pattern_user(f.config);
    f.user->how = how;
    f.user->nocase = nocase;
    f.user->of_map = map;
    f.user->gives = VALUE_TEXT;
    pattern_user_add(f.config, f.user, f.list);
    for (; *texts; texts += 2)
        *ARENA_PUSH(f.config->arena, &f.list->texts) =
            (struct pattern_text){ .key = span_from(texts[0]), .value = span_from(texts[1]) };
    f.config->sealed = true;
    f.snapshot = snapshot_new(world, f.config);
    return f;
}

static void close_file(struct file *f)
{
    snapshot_put(f->snapshot);
    config_free(&f->config);
}

static struct pattern_state *list_of(const struct file *f)
{
    return snapshot_patterns_of(f->snapshot, f->list);
}

/* The value; "" of an ACL's; NULL: no match, or nobody changed it. */
static const char *look(const struct file *f, const char *subject)
{
    static char room[128];
    const struct pattern_live *live = snapshot_pattern_live(f->snapshot, f->user->index + 1);
    struct address ip;
    bool is_ip = f->user->how == MATCH_IP && address_parse_ip(span_from(subject), &ip);

    if (live == NULL)
        return NULL;
    const struct pattern_row *row =
        pattern_live_find(live, is_ip ? SPAN("") : span_from(subject), is_ip ? &ip : NULL, NULL);
    if (row == NULL)
        return NULL;
    (void)snprintf(room, sizeof(room), "%.*s", SPAN_ARGS(pattern_row_value(row)));
    return room;
}

static void add(const struct file *f, const char *key, const char *value)
{
    const struct pattern_text t = { .key = span_from(key), .value = span_from(value) };
    struct buf why;
    char room[128];

    buf_init_fixed(&why, room, sizeof(room));
    assert_int_equal(pattern_add(list_of(f), PATTERN_CURRENT, &t, 1, &why), PATTERN_DONE);
}

static void set(const struct file *f, const char *key, const char *value)
{
    struct buf why;
    char room[128];

    buf_init_fixed(&why, room, sizeof(room));
    assert_int_equal(pattern_set_value(list_of(f), span_from(key), span_from(value), &why), PATTERN_DONE);
}

static const char *const texts[] = { "a", "1", "b", "2", "b", "3", "c", "4", NULL };

static void what_nobody_changed_has_no_copy(void **state)
{
    struct file f = open_file(MATCH_EXACT, false, true, texts);

    (void)state;
    assert_null(snapshot_pattern_live(f.snapshot, 1));
    struct pattern_numbers n;
    pattern_numbers(list_of(&f), &n);
    assert_int_equal(n.entries, 4);
    assert_null(snapshot_pattern_live(f.snapshot, 1));
    close_file(&f);
}

static void changes_are_seen(void **state)
{
    struct file f = open_file(MATCH_EXACT, false, true, texts);

    (void)state;
    add(&f, "d", "5");
    assert_string_equal(look(&f, "a"), "1");
    assert_string_equal(look(&f, "b"), "2");
    assert_string_equal(look(&f, "d"), "5");
    assert_null(look(&f, "e"));
    set(&f, "b", "9");
    set(&f, "d", "8");
    assert_string_equal(look(&f, "b"), "9");
    assert_string_equal(look(&f, "d"), "8");
    assert_int_equal(pattern_delete(list_of(&f), SPAN("b")), PATTERN_DONE);
    assert_int_equal(pattern_delete(list_of(&f), SPAN("b")), PATTERN_NO_KEY);
    assert_null(look(&f, "b"));
    add(&f, "b", "7");
    assert_string_equal(look(&f, "b"), "7");
    pattern_clear(list_of(&f), PATTERN_CURRENT);
    assert_null(look(&f, "a"));
    close_file(&f);
}

/* One set, and the small one beside it, must always say what a list would. */
static void many_changes_agree_with_a_list(void **state)
{
    enum { KEYS = 200, STEPS = 4000 };
    static const char *const none[] = { NULL };
    struct file f = open_file(MATCH_EXACT, false, true, none);
    int values[KEYS] = { 0 };
    uint32_t seed = 7;

    (void)state;
    for (int step = 1; step <= STEPS; step++) {
        char key[16], value[16];
        seed = seed * 1103515245u + 12345u;
        unsigned k = (seed >> 8) % KEYS, what = (seed >> 20) % 3;
        (void)snprintf(key, sizeof(key), "k%u", k);
        (void)snprintf(value, sizeof(value), "%d", step);
        struct buf why;
        char room[64];
        buf_init_fixed(&why, room, sizeof(room));
        if (what < 2) {
            assert_int_equal(pattern_put(list_of(&f), span_from(key), span_from(value), &why), PATTERN_DONE);
            values[k] = step;
        } else {
            assert_int_equal(pattern_delete(list_of(&f), span_from(key)),
                             values[k] ? PATTERN_DONE : PATTERN_NO_KEY);
            values[k] = 0;
        }
        const char *got = look(&f, key);
        assert_int_equal(got != NULL, values[k] != 0);
        if (got)
            assert_string_equal(got, value);
    }
    for (unsigned k = 0; k < KEYS; k++) {
        char key[16], value[16];
        (void)snprintf(key, sizeof(key), "k%u", k);
        (void)snprintf(value, sizeof(value), "%d", values[k]);
        const char *got = look(&f, key);
        assert_int_equal(got != NULL, values[k] != 0);
        if (got)
            assert_string_equal(got, value);
    }
    close_file(&f);
}

static void the_longest_network_wins(void **state)
{
    static const char *const nets[] = { "10.0.0.0/8", "wide", "10.1.0.0/16", "narrow", NULL };
    struct file f = open_file(MATCH_IP, false, true, nets);
    struct buf why;
    char room[128];

    (void)state;
    add(&f, "10.1.2.0/24", "new");
    assert_string_equal(look(&f, "10.1.2.3"), "new");
    assert_string_equal(look(&f, "10.1.9.9"), "narrow");
    add(&f, "10.0.0.0/7", "wider");
    assert_string_equal(look(&f, "10.9.9.9"), "wide");
    assert_string_equal(look(&f, "11.9.9.9"), "wider");
    assert_int_equal(pattern_delete(list_of(&f), SPAN("10.1.2.0/24")), PATTERN_DONE);
    assert_string_equal(look(&f, "10.1.2.3"), "narrow");
    const struct pattern_text bad = { .key = SPAN("nonsense"), .value = SPAN("x") };
    buf_init_fixed(&why, room, sizeof(room));
    assert_int_equal(pattern_add(list_of(&f), PATTERN_CURRENT, &bad, 1, &why), PATTERN_BAD);
    assert_true(span_eq(buf_span(&why), SPAN("'nonsense' is not a valid IPv4 or IPv6 address")));
    close_file(&f);
}

static void versions_are_seen_when_they_are_committed(void **state)
{
    struct file f = open_file(MATCH_EXACT, true, false, texts);
    const struct pattern_text t = { .key = SPAN("Z") };
    struct buf why;
    char room[64];

    (void)state;
    buf_init_fixed(&why, room, sizeof(room));
    assert_int_equal(pattern_prepare(list_of(&f)), 1);
    assert_int_equal(pattern_add(list_of(&f), 2, &t, 1, &why), PATTERN_FUTURE);
    assert_int_equal(pattern_add(list_of(&f), 1, &t, 1, &why), PATTERN_DONE);
    assert_null(look(&f, "z"));
    assert_false(pattern_commit(list_of(&f), 2));
    assert_true(pattern_commit(list_of(&f), 1));
    assert_non_null(look(&f, "z"));
    assert_null(look(&f, "a"));
    assert_false(pattern_commit(list_of(&f), 1));
    close_file(&f);
}

static void a_reload_keeps_them_while_the_file_says_the_same(void **state)
{
    static const char *const other[] = { "a", "1", NULL };
    struct file one = open_file(MATCH_EXACT, false, true, texts);

    (void)state;
    add(&one, "d", "5");
    struct file two = open_file(MATCH_EXACT, false, true, texts);
    assert_string_equal(look(&two, "d"), "5");
    set(&two, "d", "6"); /* who still uses the older one sees it too */
    assert_string_equal(look(&one, "d"), "6");
    struct file three = open_file(MATCH_EXACT, false, true, other);
    assert_null(snapshot_pattern_live(three.snapshot, 1));
    assert_string_equal(look(&two, "d"), "6");
    close_file(&one);
    close_file(&two);
    close_file(&three);
}

static void the_next_process_has_them(void **state)
{
    struct file f = open_file(MATCH_EXACT, false, true, texts);

    (void)state;
    add(&f, "d", "5");
    set(&f, "b", "9");
    assert_int_equal(pattern_delete(list_of(&f), SPAN("a")), PATTERN_DONE);
    close_file(&f);
    /* as if it had been killed: the same memory, another world */
    state_world_free(&world);
    world = state_world_new(span_of(memory, MEMORY), 1);
    f = open_file(MATCH_EXACT, false, true, texts);
    assert_null(look(&f, "a"));
    assert_string_equal(look(&f, "b"), "9");
    assert_string_equal(look(&f, "d"), "5");
    close_file(&f);
}

/* The journal is much smaller than what is written: it is written anew, again and again. */
static void a_full_journal_is_begun_anew(void **state)
{
    struct file f = open_file(MATCH_EXACT, false, true, texts);
    char value[1024];

    (void)state;
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (int i = 0; i < 10000; i++)
        set(&f, "a", i % 2 ? value : "short");
    assert_true(patterns_are_kept(world));
    close_file(&f);
    state_world_free(&world);
    world = state_world_new(span_of(memory, MEMORY), 1);
    f = open_file(MATCH_EXACT, false, true, texts);
    assert_int_equal(strlen(look(&f, "a")), 127); /* as much as look() has room for */
    close_file(&f);
}

static unsigned released;
static void count_release(void *what)
{
    (void)what;
    released++;
}

static void old_ones_wait_for_every_thread(void **state)
{
    _Atomic uint64_t a = 5, b = 9;
    const _Atomic uint64_t *turns[] = { &a, &b };
    struct retired r;
    int what;

    (void)state;
    released = 0;
    retire_init(&r);
    retire_watch(&r, turns, 2);
    retire_put(&r, &what, count_release);
    a = 50;
    retire_collect(&r);
    assert_int_equal(released, 0);
    b = 10; /* it may have begun before */
    retire_collect(&r);
    assert_int_equal(released, 0);
    b = 11;
    retire_collect(&r);
    assert_int_equal(released, 1);
    retire_put(&r, &what, count_release);
    retire_fini(&r);
    assert_int_equal(released, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_nobody_changed_has_no_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_are_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(many_changes_agree_with_a_list, setup, teardown),
        cmocka_unit_test_setup_teardown(the_longest_network_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(versions_are_seen_when_they_are_committed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_keeps_them_while_the_file_says_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(the_next_process_has_them, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_journal_is_begun_anew, setup, teardown),
        cmocka_unit_test(old_ones_wait_for_every_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
