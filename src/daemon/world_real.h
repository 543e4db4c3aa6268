/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real machine's answers to what a configuration asks (conf/common/world.h).
 * Only the reader process uses this: it opens files by name, expands globs and
 * asks the resolver of libc.
 */
#pragma once

#include "base/arena.h"
#include "conf/common/world.h"

/* Answers live in <a>. */
struct world world_real(struct arena *a);
