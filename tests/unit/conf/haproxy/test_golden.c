/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each file golden/NAME.cfg is read; what is said about it must be
 * NAME.diag, and, when there is no error, what was understood NAME.dump.
 * KEEL_GOLDEN=write writes them anew: read the difference before committing it.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/common/dialect.h"
#include "unit.h"

enum { TEXT_MAX = 4 << 20 };

static struct span folder(void)
{
    static char text[PATH_MAX];
    const char *end = strrchr(__FILE__, '/');
    snprintf(text, sizeof(text), "%.*s/golden", (int)(end - __FILE__), __FILE__);
    return span_from(text);
}

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

/* ---- the machine on which the files are read ---- */

struct machine {
    struct arena *arena;
};

/* Files beside the golden ones, under any folder's name. */
static struct answer ask_file(struct machine *m, struct span path)
{
    const char *name = strrchr(path.ptr, '/');
    name = name ? name + 1 : path.ptr;
    struct span text = read_whole(m->arena, arena_printf(m->arena, "%.*s/%s", SPAN_ARGS(folder()), name));
    return text.ptr ? (struct answer){ .bytes = text }
                    : (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

static struct answer ask_name(struct span key, const char *known, struct span answer)
{
    return span_eq(key, span_from(known)) ? (struct answer){ .bytes = answer }
                                          : (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

static struct answer ask(void *self, enum question q, struct span key)
{
    struct machine *m = self;
    switch (q) {
    case ASK_FILE:
        return ask_file(m, key);
    case ASK_GLOB:
        return ask_name(key, "parts/*.cfg", SPAN("parts/one.part\0parts/two.part\0"));
    case ASK_HOST:
        if (span_eq(key, SPAN("app.example")))
            return (struct answer){ .bytes = SPAN("192.0.2.1\0"
                                                  "2001:db8::1\0") };
        return ask_name(key, "localhost", SPAN("127.0.0.1\0"));
    case ASK_USER:
        return ask_name(key, "haproxy", SPAN("105 106"));
    case ASK_GROUP:
        return ask_name(key, "haproxy", SPAN("106"));
    case ASK_ENV:
        if (span_eq(key, SPAN("EMPTY")))
            return (struct answer){ .bytes = SPAN("") };
        return ask_name(key, "APP", SPAN("10.0.0.7"));
    case ASK_HOSTNAME:
        return (struct answer){ .bytes = SPAN("director1") };
    case ASK_FILE_KIND:
        return ask_name(key, "parts", SPAN("d"));
    case ASK_PLAN:
    case ASK_FILE_MODE:
        break;
    }
    return (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

/* ---- comparing ---- */

static bool is_writing(void)
{
    const char *how = getenv("KEEL_GOLDEN");
    return how && strcmp(how, "write") == 0;
}

static bool compare(struct arena *a, struct span name, const char *what, struct span actual)
{
    struct span path = arena_printf(a, "%.*s/%.*s.%s", SPAN_ARGS(folder()), SPAN_ARGS(name), what);
    if (is_writing()) {
        FILE *f = fopen(path.ptr, "wb");
        assert_non_null(f);
        fwrite(actual.ptr, 1, actual.len, f);
        fclose(f);
        return true;
    }
    struct span expected = read_whole(a, path);
    if (expected.ptr && span_eq(actual, expected))
        return true;
    print_error("%.*s is not what it was; it is now:\n%.*s\n", SPAN_ARGS(path), SPAN_ARGS(actual));
    return false;
}

/* Reads the file as <world> has it; the dump is empty when something was wrong. */
static void understand(const struct world *world, struct span file, struct buf *said, struct buf *dump)
{
    struct diags *d = diags_new();
    struct config *c = config_new();
    struct dialect_options options = { .quiet = true };
    c->process.language = LANGUAGE_HAPROXY;
    dialect_haproxy.read(c, d, world, &file, 1, &options);
    bool good = diags_count(d, SEVERITY_ERROR) == 0 && config_seal(c, d);
    diags_show(d, said, DIAG_SHOW_PICTURE, false);
    diags_put_counts(d, said);
    if (good)
        config_dump(c, dump);
    config_free(&c);
    diags_free(&d);
}

/* What was asked of the machine is enough to build the same again. */
static void check_replay(struct arena *a, struct bundle_writer *w, struct span file, struct span said,
                         struct span dump)
{
    struct bundle *b = bundle_open(a, bundle_bytes(w));
    assert_non_null(b);
    struct world replayed = bundle_world(b);
    struct buf said_again, dump_again;
    buf_init(&said_again, TEXT_MAX);
    buf_init(&dump_again, TEXT_MAX);
    understand(&replayed, file, &said_again, &dump_again);
    assert_spans_equal(buf_span(&said_again), said);
    assert_spans_equal(buf_span(&dump_again), dump);
    buf_fini(&said_again);
    buf_fini(&dump_again);
}

static bool check(struct span name)
{
    struct machine m = { .arena = arena_new(0) };
    struct world real = { .self = &m, .ask = ask };
    struct bundle_writer *w = bundle_writer_new();
    struct world world = recording_world(m.arena, &real, w);
    struct span file = arena_printf(m.arena, "%.*s.cfg", SPAN_ARGS(name));
    struct buf said, dump;
    buf_init(&said, TEXT_MAX);
    buf_init(&dump, TEXT_MAX);
    understand(&world, file, &said, &dump);
    check_replay(m.arena, w, file, buf_span(&said), buf_span(&dump));
    bool same = compare(m.arena, name, "diag", buf_span(&said));
    if (dump.len)
        same &= compare(m.arena, name, "dump", buf_span(&dump));
    buf_fini(&said);
    buf_fini(&dump);
    bundle_writer_free(&w);
    arena_free(&m.arena);
    return same;
}

static void files_are_understood_as_before(void **state)
{
    (void)state;
    DIR *d = opendir(folder().ptr);
    unsigned count = 0;
    bool same = true;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        struct span name = span_from(e->d_name);
        if (!span_ends_with(name, SPAN(".cfg")))
            continue;
        same &= check(span_first(name, name.len - 4));
        count++;
    }
    closedir(d);
    assert_true(count > 10);
    assert_true(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_understood_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
