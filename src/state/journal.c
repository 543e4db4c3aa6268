/* SPDX-License-Identifier: Apache-2.0 */
#include "state/journal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct journal_head {
    _Atomic uint64_t magic;
    _Atomic uint32_t half;    /* 0 or 1: the one that counts */
    _Atomic uint32_t used[2]; /* bytes of each */
    _Atomic int32_t owner;    /* the newest process: another one, which drains, writes no more */
};
#define MAGIC 0x4b65656c4a726e31u /* "KeelJrn1" */

struct record_head {
    uint64_t about;
    uint32_t what, a_len, b_len, pad;
};

struct journal {
    struct journal_head *head;
    char *halves[2];
    uint32_t room;    /* of each */
    unsigned writing; /* the half that records go to */
    uint32_t whole;   /* bytes of the last whole truth */
};

struct journal *journal_open(struct span memory)
{
    if (memory.ptr == NULL || memory.len < 4096)
        return NULL;
    struct journal *j = calloc(1, sizeof(*j));
    if (j == NULL)
        oom_die(sizeof(*j));
    size_t half = (memory.len - 64) / 2 & ~(size_t)7;
    j->head = (struct journal_head *)(uintptr_t)memory.ptr;
    j->room = half > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)half;
    j->halves[0] = (char *)(uintptr_t)memory.ptr + 64;
    j->halves[1] = j->halves[0] + half;
    if (atomic_load_explicit(&j->head->magic, memory_order_acquire) != MAGIC) {
        for (unsigned i = 0; i < 2; i++)
            atomic_store_explicit(&j->head->used[i], 0, memory_order_relaxed);
        atomic_store_explicit(&j->head->half, 0, memory_order_relaxed);
        atomic_store_explicit(&j->head->magic, MAGIC, memory_order_release);
    }
    atomic_store_explicit(&j->head->owner, (int32_t)getpid(), memory_order_relaxed);
    j->writing = atomic_load_explicit(&j->head->half, memory_order_relaxed) & 1;
    j->whole = atomic_load_explicit(&j->head->used[j->writing], memory_order_relaxed);
    return j;
}

void journal_close(struct journal **j)
{
    free(*j);
    *j = NULL;
}

static uint64_t size_of(uint64_t a, uint64_t b)
{
    return (sizeof(struct record_head) + a + b + 7) & ~(uint64_t)7;
}

static bool owns(const struct journal *j)
{
    return j != NULL && atomic_load_explicit(&j->head->owner, memory_order_relaxed) == (int32_t)getpid();
}

bool journal_add(struct journal *j, const struct journal_record *r)
{
    if (!owns(j))
        return true;
    uint32_t used = atomic_load_explicit(&j->head->used[j->writing], memory_order_relaxed);
    uint64_t size = size_of(r->a.len, r->b.len);
    if (used > j->room || size > j->room - used)
        return false;
    struct record_head h = {
        .about = r->about, .what = r->what, .a_len = (uint32_t)r->a.len, .b_len = (uint32_t)r->b.len
    };
    char *at = j->halves[j->writing] + used;
    memcpy(at, &h, sizeof(h));
    at += sizeof(h);
    if (r->a.len)
        memcpy(at, r->a.ptr, r->a.len);
    if (r->b.len)
        memcpy(at + r->a.len, r->b.ptr, r->b.len);
    /* Only now it is there: a writer that is killed leaves no half of a record. */
    atomic_store_explicit(&j->head->used[j->writing], used + (uint32_t)size, memory_order_release);
    return true;
}

bool journal_next(const struct journal *j, uint32_t *at, struct journal_record *r)
{
    struct record_head h;

    if (j == NULL)
        return false;
    unsigned half = atomic_load_explicit(&j->head->half, memory_order_acquire) & 1;
    uint32_t used = atomic_load_explicit(&j->head->used[half], memory_order_acquire);
    if (used > j->room || *at > used || used - *at < sizeof(h))
        return false;
    const char *here = j->halves[half] + *at;
    memcpy(&h, here, sizeof(h));
    uint64_t size = size_of(h.a_len, h.b_len);
    if (size > used - *at)
        return false;
    here += sizeof(h);
    *r = (struct journal_record){
        .about = h.about, .what = h.what, .a = span_of(here, h.a_len), .b = span_of(here + h.a_len, h.b_len)
    };
    *at += (uint32_t)size;
    return true;
}

void journal_begin(struct journal *j)
{
    if (!owns(j))
        return;
    j->writing = 1 - (atomic_load_explicit(&j->head->half, memory_order_relaxed) & 1);
    atomic_store_explicit(&j->head->used[j->writing], 0, memory_order_release);
}

void journal_end(struct journal *j)
{
    if (!owns(j))
        return;
    j->whole = atomic_load_explicit(&j->head->used[j->writing], memory_order_relaxed);
    atomic_store_explicit(&j->head->half, j->writing, memory_order_release);
}

bool journal_is_crowded(const struct journal *j)
{
    if (j == NULL)
        return false;
    uint32_t used = atomic_load_explicit(&j->head->used[j->writing], memory_order_relaxed);
    return used > j->room / 2 && used > j->whole / 2 * 3;
}
