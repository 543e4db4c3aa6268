/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What arena and slab need to let sanitizers see into them. Without
 * AddressSanitizer these do nothing; the constants say how the build was
 * configured, so that both variants are always compiled. Nobody outside base
 * needs this.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef KEEL_SANITIZED
#include <sanitizer/asan_interface.h>
#endif

#if defined(KEEL_SANITIZED) && defined(__SANITIZE_ADDRESS__)
#define POISON_ON 1
#elif defined(KEEL_SANITIZED) && defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_ON 1
#endif
#endif

#ifdef POISON_ON
static inline void poison(const void *at, size_t len)
{
    __asan_poison_memory_region(at, len);
}
static inline void unpoison(const void *at, size_t len)
{
    __asan_unpoison_memory_region(at, len);
}
static inline bool poison_is_at(const void *at)
{
    return __asan_address_is_poisoned(at) != 0;
}
enum { POISON_RED_ZONE = 16 };
#else
static inline void poison(const void *at, size_t len)
{
    (void)at, (void)len;
}
static inline void unpoison(const void *at, size_t len)
{
    (void)at, (void)len;
}
static inline bool poison_is_at(const void *at)
{
    (void)at;
    return false;
}
enum { POISON_RED_ZONE = 0 };
#endif

#ifdef KEEL_PLAIN_ALLOC
enum { PLAIN_ALLOC = 1 };
#else
enum { PLAIN_ALLOC = 0 };
#endif

#ifdef KEEL_DEBUG
enum { FILL_FREED = 1 };
#else
enum { FILL_FREED = 0 };
#endif

/* Everything handed out is aligned to this and sized in multiples of it. */
enum { ALLOC_ALIGN = 16 };
static inline size_t alloc_round(size_t n)
{
    return (n + (ALLOC_ALIGN - 1)) & ~(size_t)(ALLOC_ALIGN - 1);
}
