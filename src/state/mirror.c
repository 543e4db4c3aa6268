/* SPDX-License-Identifier: Apache-2.0 */
#include "state/mirror.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/macros.h"

/* The layout of the memory; another one is not ours, and is begun anew. */
struct mirror_head {
    _Atomic uint64_t magic;
    uint64_t pad[7];
};
#define MAGIC 0x4b65656c4d697232u /* "KeelMir2" */

struct mirror {
    struct mirror_head *head;
    struct mirror_record *records;
    uint32_t room, used; /* room is a power of two */
};

/*
 * FNV-1a, 64 bits: the same in every process, unlike base/hash. Two names of one
 * key share a record; with 64 bits and some thousand servers that is not seen.
 */
static uint64_t key_of(struct span identity)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < identity.len; i++)
        h = (h ^ (unsigned char)identity.ptr[i]) * 0x100000001b3u;
    h ^= h >> 32;
    return h ? h : 1;
}

static void count_used(struct mirror *m)
{
    m->used = 0;
    for (uint32_t i = 0; i < m->room; i++)
        m->used += atomic_load_explicit(&m->records[i].key, memory_order_relaxed) != 0;
}

struct mirror *mirror_open(struct span memory)
{
    size_t fits = memory.len < sizeof(struct mirror_head)
                      ? 0
                      : (memory.len - sizeof(struct mirror_head)) / sizeof(struct mirror_record);
    if (fits < 16 || (uintptr_t)memory.ptr % _Alignof(struct mirror_head))
        return NULL;
    struct mirror *m = calloc(1, sizeof(*m));
    if (m == NULL)
        oom_die(sizeof(*m));
    m->head = (struct mirror_head *)(uintptr_t)memory.ptr;
    m->records = (struct mirror_record *)(m->head + 1);
    m->room = fits > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)fits;
    m->room = 1u << (31 - __builtin_clz(m->room));
    if (atomic_load_explicit(&m->head->magic, memory_order_acquire) != MAGIC) {
        mirror_clear(m);
        atomic_store_explicit(&m->head->magic, MAGIC, memory_order_release);
    }
    count_used(m);
    return m;
}

void mirror_close(struct mirror **m)
{
    free(*m);
    *m = NULL;
}

bool mirror_is_crowded(const struct mirror *m)
{
    return m->used > m->room / 4 * 3;
}

void mirror_clear(struct mirror *m)
{
    for (uint32_t i = 0; i < m->room; i++) {
        atomic_store_explicit(&m->records[i].key, 0, memory_order_relaxed);
        atomic_store_explicit(&m->records[i].value, 0, memory_order_relaxed);
        atomic_store_explicit(&m->records[i].limit, 0, memory_order_relaxed);
    }
    m->used = 0;
}

struct mirror_record *mirror_find(struct mirror *m, struct span identity)
{
    uint64_t key = key_of(identity);
    for (uint32_t i = 0; i < m->room; i++) {
        struct mirror_record *r = &m->records[((uint32_t)key + i) & (m->room - 1)];
        uint64_t here = atomic_load_explicit(&r->key, memory_order_relaxed);
        if (here == key)
            return r;
        if (here)
            continue;
        if (mirror_is_crowded(m))
            return NULL;
        atomic_store_explicit(&r->value, 0, memory_order_relaxed);
        atomic_store_explicit(&r->limit, 0, memory_order_relaxed);
        atomic_store_explicit(&r->key, key, memory_order_release);
        m->used++;
        return r;
    }
    return NULL;
}

/* From the low end: 8 admin, 4 health, 1 has_weight, 1 written, 1 has_file_admin, 1 spare, 16 weight, 16
 * file, 16 check. */
enum { HAS_WEIGHT = 1 << 12, WRITTEN = 1 << 13, HAS_FILE_ADMIN = 1 << 14 };

void mirror_write(struct mirror_record *r, const struct mirror_entry *e)
{
    uint64_t v = e->admin | (uint64_t)(e->health & 15) << 8 | (e->has_weight ? HAS_WEIGHT : 0) |
                 (e->has_file_admin ? HAS_FILE_ADMIN : 0) | WRITTEN | (uint64_t)e->weight << 16 |
                 (uint64_t)e->file << 32 | (uint64_t)e->check << 48;
    atomic_store_explicit(&r->value, v, memory_order_release);
}

bool mirror_read(const struct mirror_record *r, struct mirror_entry *e)
{
    uint64_t v = atomic_load_explicit(&r->value, memory_order_acquire);
    *e = (struct mirror_entry){
        .admin = (uint8_t)v,
        .health = v >> 8 & 15,
        .has_weight = v & HAS_WEIGHT,
        .has_file_admin = v & HAS_FILE_ADMIN,
        .weight = (uint16_t)(v >> 16),
        .file = (uint16_t)(v >> 32),
        .check = (uint16_t)(v >> 48),
    };
    return v & WRITTEN;
}

/* From the low end: 32 most, 16 file, 1 set, 1 off. */
#define LIMIT_SET ((uint64_t)1 << 48)
#define LIMIT_OFF ((uint64_t)1 << 49)

void mirror_write_limit(struct mirror_record *r, const struct mirror_limit *l)
{
    uint64_t v = (l->set ? l->most | (uint64_t)l->file << 32 | LIMIT_SET : 0) | (l->off ? LIMIT_OFF : 0);
    atomic_store_explicit(&r->limit, v, memory_order_release);
}

struct mirror_limit mirror_read_limit(const struct mirror_record *r)
{
    uint64_t v = atomic_load_explicit(&r->limit, memory_order_acquire);
    return (struct mirror_limit){
        .set = v & LIMIT_SET, .off = v & LIMIT_OFF, .most = (uint32_t)v, .file = (uint16_t)(v >> 32)
    };
}

uint16_t mirror_print(uint32_t n)
{
    return (uint16_t)(n * 0x9e3779b1u >> 16);
}
