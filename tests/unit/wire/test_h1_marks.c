/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel marks every byte in every place as the plain definition says. */
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

static void check(const struct kernel *k, const char *bytes, size_t count)
{
    struct h1_block *blocks = malloc(count * sizeof(*blocks));
    k->mark(bytes, count, blocks);
    for (size_t i = 0; i < count * BLOCK; i++) {
        unsigned char c = (unsigned char)bytes[i];
        const struct h1_block *b = &blocks[i / BLOCK];
        unsigned bit = i % BLOCK;
        bool ok = (b->stop >> bit & 1) == !is_token(c) && (b->cr >> bit & 1) == (c == '\r') &&
                  (b->lf >> bit & 1) == (c == '\n') &&
                  (b->control >> bit & 1) == ((c < 0x20 && c != '\t') || c == 0x7f);
        if (!ok)
            fail_msg("%s: byte %02x at %zu", k->name, c, i);
    }
    free(blocks);
}

static void every_byte_in_every_place(void **state)
{
    (void)state;
    enum { COUNT = 5 };
    char *bytes = malloc(COUNT * BLOCK); /* exactly, so that a sanitizer sees a read beyond */
    for (size_t k = 0; k < COUNT_OF(kernels); k++) {
        if (!can_run(&kernels[k]))
            continue;
        for (unsigned shift = 0; shift < 256; shift++) {
            for (size_t i = 0; i < COUNT * BLOCK; i++)
                bytes[i] = (char)(i + shift);
            check(&kernels[k], bytes, COUNT);
        }
        check(&kernels[k], bytes, 0);
    }
    free(bytes);
}

/* ---- the search ---- */

static const struct searcher {
    const char *name;
    h1_searcher *search;
} searchers[] = {
    { "scalar", h1_search_scalar },
#if defined(__x86_64__)
    { "sse2", h1_search_sse2 },
    { "avx2", h1_search_avx2 },
#endif
};

static enum h1_found run(const struct searcher *k, const char *text, size_t len, struct h1_lines *l)
{
    *l = (struct h1_lines){ .head = text, .len = len };
    return len < BLOCK ? h1_search_short(k->search, l, false) : k->search(text, l, 0, false);
}

static void same_search(const char *text, size_t len)
{
    static struct h1_lines plain, other; /* too large for a stack */
    enum h1_found want = run(&searchers[0], text, len, &plain);

    for (size_t k = 1; k < COUNT_OF(searchers); k++) {
#if defined(__x86_64__)
        if (searchers[k].search == h1_search_avx2 && !__builtin_cpu_supports("avx2"))
            continue;
#endif
        assert_int_equal(run(&searchers[k], text, len, &other), want);
        assert_int_equal(other.line, plain.line);
        assert_int_equal(other.found, plain.found);
        assert_int_equal(other.marked, plain.marked);
        assert_memory_equal(other.blocks, plain.blocks, plain.marked * sizeof(plain.blocks[0]));
    }
}

/* The end of a head, and a byte that is not allowed, at every place of some blocks. */
static void searches_agree(void **state)
{
    (void)state;
    static const char *const ends[] = {
        "\r\n\r\n", "\n\r\n", "\r\r\n", "\r\nx\x7f", "\x19\r\n\r\n", "\t\r\n"
    };
    for (size_t len = 1; len < 5 * BLOCK; len++) {
        char *text = malloc(len); /* exactly, so that a sanitizer sees a read beyond */
        for (size_t e = 0; e < COUNT_OF(ends); e++) {
            size_t end = strlen(ends[e]);
            for (size_t at = 0; at + end <= len; at += len > BLOCK ? 7 : 1) {
                memset(text, 'o', len);
                memcpy(text + at, ends[e], end);
                same_search(text, len);
            }
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_in_every_place),
        cmocka_unit_test(searches_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
