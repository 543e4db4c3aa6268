/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Basic authentication (RFC 7617): who the request says it is from, against the
 * file's users. Hashes that are slow to compute are a helper's work.
 */
#pragma once

struct stream;

/* Nobody waits for the answer any more. Harmless when nothing is asked. */
void auth_fini(struct stream *s);
