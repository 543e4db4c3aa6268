/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle: a head, then records. Numbers are in the machine's own order: it
 * is read by the same program that wrote it. A record's key begins with the
 * question's number, so that one map finds all.
 */
#include "conf/common/world.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/map.h"

static const char magic[8] = "KEELB01";

struct head {
    char magic[8];
    uint64_t count, length; /* records; bytes in all */
};
struct record {
    int32_t error;
    uint32_t key;   /* bytes of the key, its question with it */
    uint64_t bytes; /* of the answer; a NUL that is not counted ends it */
};

/* A configuration of many files and certificates is some megabytes; this is where a mistake ends. */
enum { BUNDLE_MAX = 1 << 30 };

struct bundle_writer {
    struct buf out;
    struct arena *arena;
    struct map known; /* question and key -> anything */
    uint64_t count;
};

static struct span key_of(struct arena *a, enum question q, struct span key)
{
    char *text = arena_alloc(a, key.len + 2);
    text[0] = (char)q;
    if (key.len)
        memcpy(text + 1, key.ptr, key.len);
    return span_of(text, key.len + 1);
}

static void put_head(struct bundle_writer *w)
{
    struct head head = { .count = w->count, .length = w->out.len };
    memcpy(head.magic, magic, sizeof(magic));
    memcpy(w->out.data, &head, sizeof(head));
}

struct bundle_writer *bundle_writer_new(void)
{
    struct bundle_writer *w = calloc(1, sizeof(*w));
    if (w == NULL)
        oom_die(sizeof(*w));
    buf_init(&w->out, BUNDLE_MAX);
    w->arena = arena_new(0);
    map_init(&w->known, false);
    buf_put(&w->out, span_of((const char *)&(struct head){ .count = 0 }, sizeof(struct head)));
    if (w->out.truncated)
        oom_die(sizeof(struct head));
    put_head(w);
    return w;
}

void bundle_writer_free(struct bundle_writer **w)
{
    if (*w == NULL)
        return;
    buf_fini(&(*w)->out);
    arena_free(&(*w)->arena);
    free(*w);
    *w = NULL;
}

void bundle_add(struct bundle_writer *w, enum question q, struct span key, struct answer a)
{
    struct span full = key_of(w->arena, q, key);
    if (map_get(&w->known, full))
        return;
    map_put(w->arena, &w->known, full, w);
    struct record record = { .error = a.error, .key = (uint32_t)full.len, .bytes = a.bytes.len };
    buf_put(&w->out, span_of((const char *)&record, sizeof(record)));
    buf_put(&w->out, full);
    buf_put_char(&w->out, '\0');
    buf_put(&w->out, a.bytes);
    buf_put_char(&w->out, '\0');
    if (w->out.truncated)
        oom_die(w->out.len + a.bytes.len);
    w->count++;
    put_head(w);
}

struct span bundle_bytes(const struct bundle_writer *w)
{
    return buf_span(&w->out);
}

struct bundle {
    struct arena *arena;
    struct map answers; /* question and key -> struct answer */
};

/* The next <len> bytes and the NUL behind them; false when the bytes end before. */
static bool take(struct span *rest, uint64_t len, struct span *out)
{
    if (len >= rest->len || rest->ptr[len] != '\0')
        return false;
    *out = span_of(rest->ptr, (size_t)len);
    *rest = span_from_index(*rest, (size_t)len + 1);
    return true;
}

static bool take_record(struct bundle *b, struct span *rest)
{
    struct record record;
    struct span key;
    if (rest->len < sizeof(record))
        return false;
    memcpy(&record, rest->ptr, sizeof(record));
    *rest = span_from_index(*rest, sizeof(record));
    struct answer *answer = ARENA_NEW(b->arena, struct answer);
    answer->error = record.error;
    if (record.key == 0 || !take(rest, record.key, &key) || !take(rest, record.bytes, &answer->bytes))
        return false;
    map_put(b->arena, &b->answers, key, answer);
    return true;
}

struct bundle *bundle_open(struct arena *a, struct span bytes)
{
    struct head head;
    if (bytes.len < sizeof(head))
        return NULL;
    memcpy(&head, bytes.ptr, sizeof(head));
    if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.length != bytes.len)
        return NULL;
    struct bundle *b = ARENA_NEW(a, struct bundle);
    b->arena = a;
    map_init(&b->answers, false);
    struct span rest = span_from_index(bytes, sizeof(head));
    for (uint64_t i = 0; i < head.count; i++)
        if (!take_record(b, &rest))
            return NULL;
    return rest.len == 0 ? b : NULL;
}

static struct answer bundle_ask(void *self, enum question q, struct span key)
{
    struct bundle *b = self;
    const struct answer *found = map_get(&b->answers, key_of(b->arena, q, key));
    return found ? *found : (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

struct world bundle_world(struct bundle *b)
{
    return (struct world){ .self = b, .ask = bundle_ask };
}

struct recording {
    struct arena *arena;
    struct world real;
    struct bundle_writer *writer;
    struct map answers;
};

static struct answer recording_ask(void *self, enum question q, struct span key)
{
    struct recording *r = self;
    struct span full = key_of(r->arena, q, key);
    struct answer *answer = map_get(&r->answers, full);
    if (answer == NULL) {
        answer = ARENA_NEW(r->arena, struct answer);
        *answer = world_ask(&r->real, q, key);
        answer->bytes = arena_span(r->arena, answer->bytes.ptr ? answer->bytes : SPAN(""));
        map_put(r->arena, &r->answers, full, answer);
        bundle_add(r->writer, q, key, *answer);
    }
    return *answer;
}

struct world recording_world(struct arena *a, const struct world *real, struct bundle_writer *w)
{
    struct recording *r = ARENA_NEW(a, struct recording);
    *r = (struct recording){ .arena = a, .real = *real, .writer = w };
    map_init(&r->answers, false);
    return (struct world){ .self = r, .ask = recording_ask };
}
