/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences of the log, in the three voices. */
#include "vrrp/say.h"

#include <string.h>

#include "unit.h"
#include "vrrp/vrrp.h"

static void sentences_take_their_arguments(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    const struct span *args = DIAG_TEXT(SPAN("VI_1"), SPAN("100"), SPAN("80"));
    vrrp_sentence(&b, &say_priority, args, "en");
    assert_span(buf_span(&b), "VI_1: the priority changes from 100 to 80");
    buf_clear(&b);
    vrrp_sentence(&b, &say_priority, args, "keepalived");
    assert_span(buf_span(&b), "(VI_1) Changing effective priority from 100 to 80");
    buf_clear(&b);
    vrrp_sentence(&b, &say_priority, args, "zh");
    assert_span(buf_span(&b), "VI_1：优先级由 100 变为 80");
    buf_clear(&b);
    vrrp_sentence(&b, &say_adopted, args, "keepalived"); /* it has no words for that */
    assert_span(buf_span(&b), "VI_1: 100 was on 80 already; it is ours now");
    buf_clear(&b);
    vrrp_sentence(&b, &say_priority, DIAG_TEXT(SPAN("VI_1")), "en"); /* a missing argument is empty */
    assert_span(buf_span(&b), "VI_1: the priority changes from  to ");
    buf_fini(&b);
}

static void every_kind_has_its_own_code_and_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; say_kinds[i]; i++) {
        assert_non_null(say_kinds[i]->en);
        assert_non_null(say_kinds[i]->zh);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(say_kinds[i]->code, say_kinds[j]->code);
        /* What one language says the other says, too. */
        for (char n = '0'; n < '6'; n++) {
            char mark[] = { '{', n, '}', '\0' };
            assert_int_equal(strstr(say_kinds[i]->en, mark) != NULL, strstr(say_kinds[i]->zh, mark) != NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_take_their_arguments),
        cmocka_unit_test(every_kind_has_its_own_code_and_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
