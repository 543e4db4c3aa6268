/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths: nginx's normalization (percent-decoding, merged slashes, dot segments)
 * before routing, and putting a path together again for a server. Pure; results
 * lie in the given room or in scratch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/span.h"

struct scratch;

/*
 * Decodes and normalizes <path> (which begins with '/'): "%2e" is ".", "/./"
 * and "/../" are resolved, "//" is "/" when <merge>. false: it leads above the
 * root, holds a bad escape or a NUL: 400. <out> is <path> itself when nothing
 * changes, else in <scratch>.
 */
MUST_USE bool uri_normalize(struct scratch *scratch, struct span path, bool merge, struct span *out);
/* Nothing in it needs normalizing: no '%', no "//", no "/." : the usual case, found in one pass. */
bool uri_is_plain(struct span path, bool merge);
/* Escapes what may not stand in a path: space, '%', '?', '#', controls, 0x7f and above. */
MUST_USE bool uri_escape(struct scratch *scratch, struct span path, struct span *out);
/* <path> with its beginning <prefix> replaced by <with>. */
MUST_USE bool uri_replace_prefix(struct scratch *scratch, struct span path, struct span prefix,
                                 struct span with, struct span *out);
