/* SPDX-License-Identifier: Apache-2.0 */
/* See unit.h. The linker sends the program's malloc, calloc, realloc and reallocarray through __wrap_*. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned fail_in; /* 0: none fails; 1: the next */

void unit_fail_alloc(unsigned n)
{
    fail_in = n;
}

static bool fails(void)
{
    if (fail_in > 1)
        fail_in--;
    else if (fail_in == 1)
        return true;
    return false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_reallocarray(void *at, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_reallocarray(void *at, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return fails() ? NULL : __real_realloc(at, size);
}

void *__wrap_reallocarray(void *at, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(at, count, size);
}

void unit_assert_text(struct span actual, struct span expected, const char *what, const char *file, int line)
{
    if (!span_eq(actual, expected)) {
        print_error("%s is\n%.*s\nexpected\n%.*s\n", what, SPAN_ARGS(actual), SPAN_ARGS(expected));
        _fail(file, line);
    }
}

void unit_assert_holds(struct span actual, struct span part, const char *what, const char *file, int line)
{
    if (span_find(actual, part) == SPAN_NONE) {
        print_error("%s is\n%.*s\nwhich does not hold\n%.*s\n", what, SPAN_ARGS(actual), SPAN_ARGS(part));
        _fail(file, line);
    }
}

bool unit_dies(void (*code)(void *), void *data)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        for (int s = SIGILL; s <= SIGSEGV; s++) /* cmocka's handlers would go on with the next test */
            (void)signal(s, SIG_DFL);
        if (null < 0 || dup2(null, STDERR_FILENO) < 0)
            _exit(0);
        code(data);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status != 0;
}
