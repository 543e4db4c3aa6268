/* SPDX-License-Identifier: Apache-2.0 */
#include "state/lock.h"

#include <sched.h>

/* About a microsecond: longer than any holder needs that runs. */
enum { SPINS = 100 };

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void lock_wait(struct lock *l)
{
    do {
        for (unsigned i = 0; atomic_load_explicit(&l->held, memory_order_relaxed); i++) {
            if (i < SPINS)
                relax();
            else
                (void)sched_yield();
        }
    } while (atomic_exchange_explicit(&l->held, true, memory_order_acquire));
}
