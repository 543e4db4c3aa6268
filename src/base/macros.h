/* SPDX-License-Identifier: Apache-2.0 */
/* The few compiler attributes and the one assertion that every room uses. */
#pragma once

#include <stddef.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
#define LIKELY(x)         __builtin_expect(!!(x), 1)
#define UNLIKELY(x)       __builtin_expect(!!(x), 0)
#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))
/* For what is done seldom, in the middle of what is done for every request: out of its way, so that the usual
 * way needs neither stack nor saved registers. */
#define COLD __attribute__((cold, noinline))
/* The struct of <type> whose <member> <ptr> points to. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* A bug in our own code: always compiled in, dies with place and condition. */
#define BUG_ON(cond)                                                                                         \
    do {                                                                                                     \
        if (UNLIKELY(cond))                                                                                  \
            bug_die(__FILE__, __LINE__, #cond);                                                              \
    } while (0)

NORETURN void bug_die(const char *file, int line, const char *cond);
/* Out of memory while a configuration is built: one sentence to stderr, then exit 1. */
NORETURN void oom_die(size_t wanted);
