/* SPDX-License-Identifier: Apache-2.0 */
/* The lexer of each language (the first byte says which): it ends, and every word lies in the text. */
#include <stdlib.h>

#include "conf/common/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names of one letter have a value. */
static bool expand(void *self, struct span name, struct span *value)
{
    (void)self;
    *value = SPAN("a b  $x");
    return name.len == 1;
}

static void check(const struct statement *s, struct span text)
{
    for (uint32_t i = 0; i < s->words.count; i++) {
        const struct word *w = &s->words.items[i];
        if (w->text.ptr == NULL || w->at.offset > text.len || w->at.length > text.len - w->at.offset)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum word_language languages[] = { WORDS_NGINX, WORDS_HAPROXY, WORDS_KEEPALIVED };
    if (size == 0)
        return 0;
    struct span text = span_of((const char *)data + 1, size - 1);
    struct arena *a = arena_new(0);
    struct diags *d = diags_new();
    struct words *w = words_open(a, d, languages[data[0] % 3], text, diags_add_source(d, SPAN("f"), text),
                                 data[0] & 4 ? expand : NULL, NULL);
    struct statement s;
    for (size_t n = 0; words_next(w, &s); n++) {
        if (n > 2 * size)
            abort();
        check(&s, text);
    }
    diags_free(&d);
    arena_free(&a);
    return 0;
}
