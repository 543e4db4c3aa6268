/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of a control socket: sends one command, gives the answer. It knows
 * nothing of commands but `exit-codes`, by which an answer tells good from bad.
 */
#pragma once

#include "base/buf.h"

enum ctl_result {
    CTL_DONE,
    CTL_FAILED,      /* the command was carried out and failed; <answer> says why */
    CTL_NOT_THERE,   /* nobody listens there: errno */
    CTL_CUT_OFF,     /* the connection ended before the answer was whole: errno, or 0 */
    CTL_NOT_ALLOWED, /* the socket's permissions: errno */
};

/* Waits as long as the command takes. <path> is a UNIX socket's. */
enum ctl_result ctl_ask(const char *path, struct span command, struct buf *answer);
