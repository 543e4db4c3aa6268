/* SPDX-License-Identifier: Apache-2.0 */
#include "state/kept.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/scratch.h"

/* One allocation: the struct, the name, the text. */
struct kept_value {
    struct kept_value *next;
    struct span name;
    struct value value;
    char bytes[];
};

struct kept_values {
    pthread_mutex_t lock;
    struct kept_value *first;
    unsigned count;
};

struct kept_values *kept_new(void)
{
    struct kept_values *k = calloc(1, sizeof(*k));

    if (k)
        (void)pthread_mutex_init(&k->lock, NULL);
    return k;
}

void kept_free(struct kept_values **k)
{
    struct kept_value *next;

    if (*k == NULL)
        return;
    for (struct kept_value *v = (*k)->first; v; v = next) {
        next = v->next;
        free(v);
    }
    (void)pthread_mutex_destroy(&(*k)->lock);
    free(*k);
    *k = NULL;
}

static struct span text_of(const struct value *v)
{
    return v->type == VALUE_TEXT || v->type == VALUE_BINARY ? v->as.text : SPAN("");
}

static struct kept_value *make(struct span name, const struct value *v)
{
    struct span text = text_of(v);
    struct kept_value *fresh = malloc(sizeof(*fresh) + name.len + text.len + 1);

    if (fresh == NULL)
        return NULL;
    memcpy(fresh->bytes, name.ptr, name.len);
    if (text.len)
        memcpy(fresh->bytes + name.len, text.ptr, text.len);
    fresh->name = span_of(fresh->bytes, name.len);
    fresh->value = *v;
    if (v->type == VALUE_TEXT || v->type == VALUE_BINARY)
        fresh->value.as.text = span_of(fresh->bytes + name.len, text.len);
    return fresh;
}

static struct kept_value **find(struct kept_values *k, struct span name)
{
    struct kept_value **at = &k->first;

    while (*at && !span_eq((*at)->name, name))
        at = &(*at)->next;
    return at;
}

bool kept_set(struct kept_values *k, struct span name, const struct value *v)
{
    struct kept_value *fresh = NULL;

    if (v->type != VALUE_NONE) {
        fresh = text_of(v).len <= KEPT_TEXT_MOST ? make(name, v) : NULL;
        if (fresh == NULL)
            return false;
    }
    (void)pthread_mutex_lock(&k->lock);
    struct kept_value **at = find(k, name), *old = *at;
    bool room = old || fresh == NULL || k->count < KEPT_VALUES_MOST;
    if (old) {
        *at = old->next;
        k->count--;
    }
    if (fresh && room) {
        fresh->next = k->first;
        k->first = fresh;
        k->count++;
    }
    (void)pthread_mutex_unlock(&k->lock);
    free(room ? old : fresh);
    return room;
}

struct value kept_get(struct kept_values *k, struct span name, struct scratch *to)
{
    struct value v = { .type = VALUE_NONE };

    (void)pthread_mutex_lock(&k->lock);
    const struct kept_value *found = *find(k, name);
    if (found) {
        v = found->value;
        if (v.type == VALUE_TEXT || v.type == VALUE_BINARY) {
            v.as.text = scratch_span(to, v.as.text);
            if (v.as.text.ptr == NULL)
                v.type = VALUE_NONE;
        }
    }
    (void)pthread_mutex_unlock(&k->lock);
    return v;
}
