/* SPDX-License-Identifier: Apache-2.0 */
/* What conn.c and conn_socket.c share. */
#pragma once

#include "io/conn.h"

/* A socket with the target's options, connecting or connected; -1: errno. */
MUST_USE int conn_target_open(const struct conn_target *t);
