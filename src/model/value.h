/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value that an expression gives: typed, by value, spans borrowed. Owned by
 * whoever asked; text lies in the request's arena or in the sealed model.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/span.h"

enum value_type {
    VALUE_NONE, /* could not be had: a field that is absent, a variable never set */
    VALUE_TEXT,
    VALUE_INT,
    VALUE_BOOL,
    VALUE_IP,
    VALUE_BINARY,
};

struct value {
    enum value_type type;
    union {
        struct span text; /* TEXT, BINARY */
        int64_t number;
        bool truth;
        struct address ip;
    } as;
};
