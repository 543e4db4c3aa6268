/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server's answer may ask of us by its X-Accel-* fields, where the proxy
 * action obeys them: another content, buffering, a rate, a charset.
 */
#pragma once

#include "engine/http/stream.h"

/* Looks at the answer's head. STEP_FORWARD: go on with this answer; STEP_REQUEST or STEP_REPLY: another takes
 * its place. */
enum stream_step accel_obey(struct stream *s);
/* Fields of the answer that was replaced go out with the one that came instead. false: no memory. */
bool accel_add_carried(struct stream *s);
/* The content that takes an answer's place goes out with this Location, unless it has its own. false: no
 * memory. */
bool accel_carry_location(struct stream *s, struct span to);
