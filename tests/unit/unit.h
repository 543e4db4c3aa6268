/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What unit tests share: cmocka, assertions on spans, code that must die, and
 * allocations that fail on demand.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/span.h"

/* <actual> is exactly the text <expected>; shows both when not. */
#define assert_span(actual, expected)                                                                        \
    unit_assert_text((actual), span_from(expected), #actual, __FILE__, __LINE__)
#define assert_spans_equal(actual, expected)                                                                 \
    unit_assert_text((actual), (expected), #actual, __FILE__, __LINE__)
/* <actual> holds the text <part> somewhere. */
#define assert_holds(actual, part) unit_assert_holds((actual), span_from(part), #actual, __FILE__, __LINE__)

void unit_assert_text(struct span actual, struct span expected, const char *what, const char *file, int line);
void unit_assert_holds(struct span actual, struct span part, const char *what, const char *file, int line);

/*
 * Calls <code> in a child process; true when that ended by a signal or with a
 * status other than 0. What it prints to stderr is dropped.
 */
bool unit_dies(void (*code)(void *), void *data);

/*
 * The <n>-th malloc, calloc or realloc (1 = the next) that the program's own
 * code does from now on fails, and all after it; 0: none fails.
 */
void unit_fail_alloc(unsigned n);
