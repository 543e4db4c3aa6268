/* SPDX-License-Identifier: Apache-2.0 */
/* A growing array in the model's arena, filled with ARENA_PUSH, read by index. */
#pragma once

#include <stdint.h>

#define LIST_OF(type)                                                                                        \
    struct {                                                                                                 \
        type *items;                                                                                         \
        uint32_t count, room;                                                                                \
    }
