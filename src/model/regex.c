/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCRE2. A match takes its working memory from the stack (the allocator below),
 * so it costs no malloc and no thread has state of its own; only the slow path,
 * a pattern that outgrows the JIT's stack, asks the heap.
 */
#include "model/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "base/macros.h"

enum {
    STEPS_MAX = 1000000, /* PCRE2's match limit: some ten milliseconds at the worst */
    HEAP_MAX_KIB = 8192, /* for one match without JIT */
    MATCH_STACK = 1536,  /* holds PCRE2's contexts and match data for REGEX_CAPTURES pairs */
};

struct regex {
    struct span source;
    pcre2_code *code;
    pcre2_match_context *limits; /* only read while matching */
    unsigned groups;
    bool jit;
    const unsigned char *names; /* PCRE2's table: big-endian group number, name, NUL */
    uint32_t name_count, name_size;
};

struct regex *regex_compile(struct arena *a, struct span pattern, bool nocase, struct buf *why, size_t *at)
{
    int error;
    PCRE2_SIZE offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(pattern.ptr ? pattern.ptr : ""), pattern.len,
                                     nocase ? PCRE2_CASELESS : 0, &error, &offset, NULL);
    if (code == NULL) {
        char text[160];
        int len = pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof(text));
        buf_put(why, span_of(text, len > 0 ? (size_t)len : 0));
        *at = offset < pattern.len ? offset : pattern.len;
        return NULL;
    }
    struct regex *r = ARENA_NEW(a, struct regex);
    r->source = arena_span(a, pattern);
    r->code = code;
    r->jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
    r->limits = pcre2_match_context_create(NULL);
    if (r->limits == NULL)
        oom_die(sizeof(*r));
    (void)pcre2_set_match_limit(r->limits, STEPS_MAX);
    (void)pcre2_set_heap_limit(r->limits, HEAP_MAX_KIB);
    uint32_t groups = 0;
    (void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    (void)pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &r->name_count);
    (void)pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &r->name_size);
    (void)pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &r->names);
    r->groups = groups;
    return r;
}

void regex_release(struct regex *r)
{
    if (r == NULL)
        return;
    pcre2_code_free(r->code);
    pcre2_match_context_free(r->limits);
    r->code = NULL;
    r->limits = NULL;
}

/* ---- matching ---- */

struct match_memory {
    size_t used;
    _Alignas(16) char bytes[MATCH_STACK];
};

static void *memory_take(PCRE2_SIZE size, void *self)
{
    struct match_memory *m = self;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > sizeof(m->bytes) - m->used)
        return malloc(size);
    void *at = m->bytes + m->used;
    m->used += rounded;
    return at;
}

static void memory_give(void *at, void *self)
{
    struct match_memory *m = self;
    if ((char *)at < m->bytes || (char *)at >= m->bytes + sizeof(m->bytes))
        free(at);
}

static void copy_groups(pcre2_match_data *data, int found, struct span subject, struct regex_match *match)
{
    const PCRE2_SIZE *pair = pcre2_get_ovector_pointer(data);
    /* 0: there were more groups than pairs, and all pairs are set. */
    match->count = (uint8_t)(found == 0 || found > REGEX_CAPTURES ? REGEX_CAPTURES : found);
    for (unsigned i = 0; i < REGEX_CAPTURES; i++) {
        bool took_part = i < match->count && pair[2 * i] != PCRE2_UNSET && pair[2 * i] <= pair[2 * i + 1];
        match->part[i] =
            took_part ? span_of(subject.ptr + pair[2 * i], pair[2 * i + 1] - pair[2 * i]) : span_of(NULL, 0);
    }
}

bool regex_matches(const struct regex *r, struct span subject, struct regex_match *match)
{
    struct match_memory memory;
    memory.used = 0;
    if (subject.ptr == NULL)
        subject = SPAN("");
    pcre2_general_context *general = pcre2_general_context_create(memory_take, memory_give, &memory);
    pcre2_match_data *data = general ? pcre2_match_data_create(match ? REGEX_CAPTURES : 1, general) : NULL;
    int found = PCRE2_ERROR_NOMEMORY;
    if (data) {
        found = PCRE2_ERROR_JIT_STACKLIMIT;
        if (r->jit)
            found = pcre2_jit_match(r->code, (PCRE2_SPTR)subject.ptr, subject.len, 0, 0, data, r->limits);
        if (found == PCRE2_ERROR_JIT_STACKLIMIT)
            found =
                pcre2_match(r->code, (PCRE2_SPTR)subject.ptr, subject.len, 0, PCRE2_NO_JIT, data, r->limits);
        if (found >= 0 && match)
            copy_groups(data, found, subject, match);
        pcre2_match_data_free(data);
    }
    if (general)
        pcre2_general_context_free(general);
    return found >= 0;
}

/* ---- what it is ---- */

struct span regex_source(const struct regex *r)
{
    return r->source;
}

unsigned regex_groups(const struct regex *r)
{
    return r->groups;
}

struct span regex_name_at(const struct regex *r, unsigned i, unsigned *group)
{
    if (i >= r->name_count)
        return span_of(NULL, 0);
    const unsigned char *entry = r->names + (size_t)i * r->name_size;
    *group = (unsigned)entry[0] << 8 | entry[1];
    return span_from((const char *)entry + 2);
}

int regex_named(const struct regex *r, struct span name)
{
    unsigned group = 0;
    for (unsigned i = 0; i < r->name_count; i++)
        if (span_eq(regex_name_at(r, i, &group), name))
            return (int)group;
    return -1;
}
