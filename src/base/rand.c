/* SPDX-License-Identifier: Apache-2.0 */
/* xoshiro256** 1.0 (Blackman and Vigna), seeded through splitmix64 so that no seed gives the zero state. */
#include "base/rand.h"

#include <sys/random.h>

#include "base/clock.h"

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Jitter needs no secrecy: when the system has no entropy yet, time and place will do. */
static uint64_t system_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed = clock_wall_us() ^ clock_now().us << 20 ^ (uint64_t)(uintptr_t)&seed;
    return seed;
}

void rand_seed(struct rand *r, uint64_t seed)
{
    if (seed == 0)
        seed = system_seed();
    for (unsigned i = 0; i < 4; i++)
        r->s[i] = splitmix(&seed);
}

static inline uint64_t rotl(uint64_t n, unsigned by)
{
    return n << by | n >> (64 - by);
}

uint64_t rand_next(struct rand *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotl(s[3], 45);
    return result;
}

/* Lemire's multiplication: the high half is the answer, unless the low half lies in the uneven rest. */
uint32_t rand_below(struct rand *r, uint32_t below)
{
    if (below < 2)
        return 0;
    uint32_t rest = -below % below;
    uint64_t product;
    do {
        product = (rand_next(r) >> 32) * below;
    } while ((uint32_t)product < rest);
    return (uint32_t)(product >> 32);
}
