/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who wants to know why: `keel explain` and the flight recorder. The same code
 * as traffic runs, and tells what it saw. NULL on the hot path: one predictable
 * branch.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct action;
struct pick;
struct pool;
struct scope;
struct test;
struct value;

struct recorder {
    /* A test was decided on a value (VALUE_NONE: there was none). */
    void (*on_test)(struct recorder *self, const struct test *test, const struct value *value, bool result);
    /* An action's condition was decided; <taken>: it ran. */
    void (*on_action)(struct recorder *self, const struct action *action, bool taken);
    void (*on_scope)(struct recorder *self, const struct scope *scope);
    void (*on_pick)(struct recorder *self, const struct pool *pool, const struct pick *pick);
};
