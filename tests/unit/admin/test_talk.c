/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations: one-shot and with a prompt, chains, cut lines, answers that come later. */
#include "admin/fixture.h"

#include "admin/talk.h"

static struct world w;
static struct talk talk;
static struct buf out;
static const struct act_by by = { .through = SPAN_INIT("socket") };

#define VERSION "3.3.0-evenkeel-0.1.0\n"

static int open_world(void **state)
{
    (void)state;
    world_build(&w);
    world_open(&w);
    world_at(&w, 10);
    buf_init(&out, 1 << 20);
    talk_init(&talk, COMMAND_ADMIN, &by);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    buf_fini(&out);
    world_close(&w);
    return 0;
}

/* What is left of <text> afterwards. */
static struct span take(const char *text)
{
    struct span bytes = span_from(text);
    talk_take(&talk, &bytes, &w.now, &out);
    return bytes;
}

#define assert_said(text)                                                                                    \
    do {                                                                                                     \
        assert_span(buf_span(&out), text);                                                                   \
        buf_clear(&out);                                                                                     \
    } while (0)

static void without_a_prompt_it_ends_after_the_line(void **state)
{
    (void)state;
    (void)take("show version\n");
    assert_said(VERSION "\n");
    assert_true(talk.over);
}

static void silence_is_success(void **state)
{
    (void)state;
    (void)take("set server web/w1 state drain\n");
    assert_said("\n");
}

static void commands_of_a_line(void **state)
{
    (void)state;
    (void)take("show version ; set server web/w1 state drain;show cli level;\n");
    assert_said(VERSION "\n\nadmin\n\n");
    assert_true(talk.over);
}

static void lines_that_came_together_are_all_answered(void **state)
{
    (void)state;
    (void)take("show version\nshow cli level\n");
    assert_said(VERSION "\nadmin\n\n");
}

static void a_line_may_come_in_pieces(void **state)
{
    (void)state;
    (void)take("show v");
    assert_false(talk.over);
    (void)take("ersion");
    assert_said("");
    (void)take("\r\n");
    assert_said(VERSION "\n");
}

static void the_end_of_input_ends_a_line(void **state)
{
    (void)state;
    (void)take("show version");
    talk_end(&talk, &w.now, &out);
    assert_said(VERSION "\n");
    assert_true(talk.over);
    talk_init(&talk, COMMAND_ADMIN, &by);
    talk_end(&talk, &w.now, &out);
    assert_said("");
    assert_true(talk.over);
}

static void with_a_prompt_it_stays(void **state)
{
    (void)state;
    (void)take("prompt\n");
    assert_said("\n> ");
    (void)take("show version\n");
    assert_said(VERSION "\n> ");
    (void)take("show version;show cli level\n");
    assert_said(VERSION "\n> admin\n\n> ");
    (void)take("\n");
    assert_said("\n> ");
    assert_false(talk.over);
    (void)take("prompt\n");
    assert_said("\n");
    assert_true(talk.over);
}

static void quit_says_nothing(void **state)
{
    (void)state;
    (void)take("prompt\nquit;show version\nshow version\n");
    assert_said("\n> ");
    assert_true(talk.over);
}

static void an_empty_line_gets_the_list(void **state)
{
    (void)state;
    (void)take("\n");
    assert_true(span_starts_with(buf_span(&out), SPAN("Unknown command: an empty line.")));
    assert_true(span_ends_with(buf_span(&out), SPAN(" : end the session\n\n")));
}

static void a_semicolon_can_be_hidden(void **state)
{
    (void)state;
    (void)take("get weight web/w1\\;x\n");
    assert_said("No such server.\n\n");
}

static void a_payload_belongs_to_its_command(void **state)
{
    (void)state;
    (void)take("prompt\nshow version <<\nshow cli level\nfoo;\n\nshow cli level\n");
    assert_said("\n> " VERSION "\n> admin\n\n> ");
}

static void answers_of_the_parent_come_later(void **state)
{
    (void)state;
    struct span left = take("prompt\nreload;show cli level\nshow version\n");
    assert_said("\n> ");
    assert_int_equal(talk_asks(&talk), ASK_RELOAD);
    assert_span(left, "show version\n");
    talk_answer(&talk, 1, SPAN("haproxy.cfg:12: unknown word"), &out);
    assert_int_equal(talk_asks(&talk), ASK_NOTHING);
    talk_take(&talk, &left, &w.now, &out);
    assert_said("haproxy.cfg:12: unknown word\n\n> admin\n\n> " VERSION "\n> ");
}

static void after_the_parents_answer_a_single_line_ends(void **state)
{
    (void)state;
    struct span left = take("reload\n");
    assert_false(talk.over);
    talk_answer(&talk, 0, SPAN(""), &out);
    talk_take(&talk, &left, &w.now, &out);
    assert_said("\n");
    assert_true(talk.over);
}

static void exit_codes_come_first(void **state)
{
    (void)state;
    (void)take("exit-codes on;show version;get weight nope/x;reload\n");
    talk_answer(&talk, 1, SPAN("no\n"), &out);
    assert_said("0\n\n0\n" VERSION "\n1\nNo such backend.\n\n1\nno\n\n");
}

static void a_line_that_is_too_long_ends_it(void **state)
{
    (void)state;
    static char text[20000];
    memset(text, 'a', sizeof(text));
    struct span bytes = span_of(text, sizeof(text));
    talk_take(&talk, &bytes, &w.now, &out);
    assert_int_equal(bytes.len, 0);
    assert_false(talk.over);
    (void)take("\nshow version\n");
    assert_said("The line is longer than 16 kB, or what is behind it than 64 MB.\n\n");
    assert_true(talk.over);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(without_a_prompt_it_ends_after_the_line),
        T(silence_is_success),
        T(commands_of_a_line),
        T(lines_that_came_together_are_all_answered),
        T(a_line_may_come_in_pieces),
        T(the_end_of_input_ends_a_line),
        T(with_a_prompt_it_stays),
        T(quit_says_nothing),
        T(an_empty_line_gets_the_list),
        T(a_semicolon_can_be_hidden),
        T(a_payload_belongs_to_its_command),
        T(answers_of_the_parent_come_later),
        T(after_the_parents_answer_a_single_line_ends),
        T(exit_codes_come_first),
        T(a_line_that_is_too_long_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
