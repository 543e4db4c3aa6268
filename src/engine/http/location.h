/* SPDX-License-Identifier: Apache-2.0 */
/* Where an answer sends the client: Location of our own redirects and of a server's (proxy_redirect). */
#pragma once

#include <stdbool.h>

#include "base/macros.h"
#include "base/span.h"

struct redirect_map;
struct stream;

/* A path becomes a URL with the name that was asked for, where the policy says so. ptr NULL: no memory. */
struct span location_complete(struct stream *s, struct span path);
/* Maps Location and Refresh of the server's answer back, as the proxy action says. false: no memory. */
MUST_USE bool location_rewrite(struct stream *s);
/* Does <m> mean <value>? Then <out> is what becomes of it; its ptr NULL: no memory. */
bool redirect_map_applies(struct stream *s, const struct redirect_map *m, struct span value,
                          struct span *out);
