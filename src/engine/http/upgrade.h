/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream becomes a tunnel: the head of the 101 (or 2xx to CONNECT) goes out,
 * then core/relay passes bytes both ways, beginning with those that came behind
 * the heads.
 */
#pragma once

#include "engine/http/stream.h"

/* STEP_TUNNEL. */
enum stream_step upgrade_step(struct stream *s);
