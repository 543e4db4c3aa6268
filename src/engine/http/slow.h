/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer that goes to its client at so many bytes a second (limit_rate): a
 * sink before the front's, which takes no more than the time allows and runs the
 * stream again when it allows more. The first second's worth goes at once.
 */
#pragma once

#include <stdbool.h>

struct flow_sink;
struct stream;

extern const struct flow_sink slow_sink;
/* Sets s->rate as rules and policy say, and the time from which it counts. false: there is no limit. */
bool slow_begin(struct stream *s);
/* Is the time what the sink waits for? */
bool slow_waits(const struct stream *s);
