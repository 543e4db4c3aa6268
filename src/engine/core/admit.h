/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may come in: the hooks connection and session of a service's entry scope.
 * One thread.
 */
#pragma once

#include <stdbool.h>

struct session;

/* Hook connection: accepted, nothing was read. false: it was closed. */
bool admit_connection(struct session *s);
/* Hook session: PROXY header and TLS are behind. false: it was closed. */
bool admit_session(struct session *s);
