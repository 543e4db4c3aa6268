/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel marks every byte in every place as the plain definition says, and a cursor stops there. */
#include "wire/h1_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct kernel {
    const char *name;
    h1_marker *mark;
} kernels[] = {
    { "scalar", h1_mark_scalar },
#if defined(__x86_64__)
    { "sse2", h1_mark_sse2 },
    { "avx2", h1_mark_avx2 },
#endif
    { "best", h1_mark },
};

static bool can_run(const struct kernel *k)
{
#if defined(__x86_64__)
    return k->mark != h1_mark_avx2 || __builtin_cpu_supports("avx2");
#else
    (void)k;
    return true;
#endif
}

static bool is_token(unsigned c)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && memchr(others, (int)c, sizeof(others) - 1));
}

static void check(const struct kernel *k, const char *bytes)
{
    struct h1_marks m = k->mark(bytes);
    for (unsigned i = 0; i < BLOCK; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool ok = (m.stop >> i & 1) == !is_token(c) &&
                  (m.control >> i & 1) == ((c < 0x20 && c != '\t') || c == 0x7f);
        if (!ok)
            fail_msg("%s: byte %02x at %u", k->name, c, i);
    }
}

static void every_byte_in_every_place(void **state)
{
    (void)state;
    char *bytes = malloc(BLOCK); /* exactly, so that a sanitizer sees a read beyond */
    for (size_t k = 0; k < COUNT_OF(kernels); k++) {
        if (!can_run(&kernels[k]))
            continue;
        for (unsigned shift = 0; shift < 256; shift++) {
            for (size_t i = 0; i < BLOCK; i++)
                bytes[i] = (char)(i + shift);
            check(&kernels[k], bytes);
        }
    }
    free(bytes);
}

/* ---- the cursor ---- */

/* Where the first byte is, at or behind <at>, that a cursor must stop at. */
static size_t plain_next(const char *text, size_t len, size_t at, bool control)
{
    for (; at < len; at++) {
        unsigned char c = (unsigned char)text[at];
        if (control ? (c < 0x20 && c != '\t') || c == 0x7f : !is_token(c))
            return at;
    }
    return len;
}

static void same_place(size_t got, size_t want, size_t len)
{
    if (want < len)
        assert_int_equal(got, want);
    else
        assert_true(got >= len);
}

/* Lines that begin behind each stop, and all control characters one by one. */
static void same_places(const char *text, size_t len)
{
    struct h1_lines l;
    size_t at, next;

    h1_lines_init(&l, text, len);
    for (at = 0; at < len; at = next + 1) {
        struct h1_line line = h1_line_at(&l, at);
        next = plain_next(text, len, at, false);
        same_place(line.stop, next, len);
        same_place(line.end, plain_next(text, len, at, true), len);
    }
    h1_lines_init(&l, text, len);
    for (at = 0; at < len; at = next + 1) {
        next = plain_next(text, len, at, true);
        same_place(h1_lines_control(&l, at), next, len);
    }
}

/* A byte to stop at in every place of heads of every length, and places of which one is skipped. */
static void a_cursor_stops_at_every_place(void **state)
{
    (void)state;
    static const char marks[] = { '\r', '\n', ':', ' ', '\t', 0x7f, 0x19, (char)0x80 };
    for (size_t len = 1; len < 4 * BLOCK; len++) {
        char *text = malloc(len); /* exactly, so that a sanitizer sees a read beyond */
        for (size_t at = 0; at<len; at += len> BLOCK ? 7 : 1) {
            for (size_t k = 0; k < COUNT_OF(marks); k++) {
                memset(text, 'o', len);
                text[at] = marks[k];
                text[len - 1 - at / 2] = marks[k];
                same_places(text, len);
            }
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_in_every_place),
        cmocka_unit_test(a_cursor_stops_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
