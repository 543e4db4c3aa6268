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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_in_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
