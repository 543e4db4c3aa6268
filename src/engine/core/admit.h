/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may come in: the hooks connection and session of a service's entry scope.
 * One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/core/session.h"

/* Hook connection: accepted, nothing was read. false: it was closed. */
bool admit_connection(struct session *s);
/* <s> is sent away: counted, closed, and with <status> in the log where its service wants a line. */
void admit_refuse(struct session *s, uint16_t status, enum session_close how);
/* Hook session: PROXY header and TLS are behind. false: it was closed. */
bool admit_session(struct session *s);
