/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the golden tests of the dialects are made of: each file golden/NAME.ENDING
 * beside the test is read; what is said about it must be NAME.diag, and, when
 * there is no error, what was understood NAME.dump. KEEL_GOLDEN=write writes them
 * anew: read the difference before committing it. A test includes this once.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/common/dialect.h"
#include "unit.h"

enum { TEXT_MAX = 4 << 20 };

/* The machine on which the files are read answers so; files are those beside the golden ones. */
struct fact {
    enum question question;
    const char *key;
    struct span answer;
};

struct golden {
    const struct dialect *dialect;
    enum language language;
    struct dialect_options options;
    const char *folder; /* of the test's source file: golden/ stands beside it */
    struct span ending;
    const struct fact *facts;
    unsigned fact_count;
};

/* NULL ptr: there is no such file. */
static struct span read_whole(struct arena *a, struct span path)
{
    FILE *f = fopen(arena_span(a, path).ptr, "rb");
    if (f == NULL)
        return span_of(NULL, 0);
    char *text = arena_alloc(a, TEXT_MAX);
    size_t len = fread(text, 1, TEXT_MAX, f);
    fclose(f);
    return span_of(text, len);
}

struct machine {
    struct arena *arena;
    const struct golden *golden;
};

static struct span beside(const struct machine *m, struct span name)
{
    const char *end = strrchr(m->golden->folder, '/');
    return arena_printf(m->arena, "%.*s/golden/%.*s", (int)(end - m->golden->folder), m->golden->folder,
                        SPAN_ARGS(name));
}

/* Under any folder's name. */
static struct answer ask_file(const struct machine *m, struct span path)
{
    const char *name = strrchr(path.ptr, '/');
    struct span text = read_whole(m->arena, beside(m, span_from(name ? name + 1 : path.ptr)));
    return text.ptr ? (struct answer){ .bytes = text }
                    : (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

static struct answer ask(void *self, enum question q, struct span key)
{
    const struct machine *m = self;
    if (q == ASK_FILE)
        return ask_file(m, key);
    for (unsigned i = 0; i < m->golden->fact_count; i++) {
        const struct fact *f = &m->golden->facts[i];
        if (f->question == q && (f->key == NULL || span_eq(key, span_from(f->key))))
            return (struct answer){ .bytes = f->answer };
    }
    return (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

/* ---- comparing ---- */

static bool is_writing(void)
{
    const char *how = getenv("KEEL_GOLDEN");
    return how && strcmp(how, "write") == 0;
}

static bool compare(const struct machine *m, struct span name, const char *what, struct span actual)
{
    struct span path = beside(m, arena_printf(m->arena, "%.*s.%s", SPAN_ARGS(name), what));
    if (is_writing()) {
        FILE *f = fopen(path.ptr, "wb");
        assert_non_null(f);
        fwrite(actual.ptr, 1, actual.len, f);
        fclose(f);
        return true;
    }
    struct span expected = read_whole(m->arena, path);
    if (expected.ptr && span_eq(actual, expected))
        return true;
    print_error("%.*s is not what it was; it is now:\n%.*s\n", SPAN_ARGS(path), SPAN_ARGS(actual));
    return false;
}

/* Reads the file as <world> has it; the dump is empty when something was wrong. */
static void understand(const struct golden *g, const struct world *world, struct span file, struct buf *said,
                       struct buf *dump)
{
    struct diags *d = diags_new();
    struct config *c = config_new();
    c->process.language = g->language;
    g->dialect->read(c, d, world, &file, 1, &g->options);
    bool good = diags_count(d, SEVERITY_ERROR) == 0 && config_seal(c, d);
    diags_show(d, said, DIAG_SHOW_PICTURE, false);
    diags_put_counts(d, said);
    if (good)
        config_dump(c, dump);
    config_free(&c);
    diags_free(&d);
}

/* What was asked of the machine is enough to build the same again. */
static void check_replay(const struct machine *m, struct bundle_writer *w, struct span file, struct span said,
                         struct span dump)
{
    struct bundle *b = bundle_open(m->arena, bundle_bytes(w));
    assert_non_null(b);
    struct world replayed = bundle_world(b);
    struct buf said_again, dump_again;
    buf_init(&said_again, TEXT_MAX);
    buf_init(&dump_again, TEXT_MAX);
    understand(m->golden, &replayed, file, &said_again, &dump_again);
    assert_spans_equal(buf_span(&said_again), said);
    assert_spans_equal(buf_span(&dump_again), dump);
    buf_fini(&said_again);
    buf_fini(&dump_again);
}

static bool check(const struct golden *g, struct span name)
{
    struct machine m = { .arena = arena_new(0), .golden = g };
    struct world real = { .self = &m, .ask = ask };
    struct bundle_writer *w = bundle_writer_new();
    struct world world = recording_world(m.arena, &real, w);
    struct span file = arena_printf(m.arena, "%.*s%.*s", SPAN_ARGS(name), SPAN_ARGS(g->ending));
    struct buf said, dump;
    buf_init(&said, TEXT_MAX);
    buf_init(&dump, TEXT_MAX);
    understand(g, &world, file, &said, &dump);
    check_replay(&m, w, file, buf_span(&said), buf_span(&dump));
    bool same = compare(&m, name, "diag", buf_span(&said));
    if (dump.len)
        same &= compare(&m, name, "dump", buf_span(&dump));
    buf_fini(&said);
    buf_fini(&dump);
    bundle_writer_free(&w);
    arena_free(&m.arena);
    return same;
}

static void check_all(const struct golden *g)
{
    struct machine m = { .arena = arena_new(0), .golden = g };
    DIR *d = opendir(beside(&m, SPAN("")).ptr);
    unsigned count = 0;
    bool same = true;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        struct span name = span_from(e->d_name);
        if (!span_ends_with(name, g->ending))
            continue;
        same &= check(g, span_first(name, name.len - g->ending.len));
        count++;
    }
    closedir(d);
    arena_free(&m.arena);
    assert_true(count > 10);
    assert_true(same);
}
