/* SPDX-License-Identifier: Apache-2.0 */
/* What is tried changes the process, so each case runs in a child, which exits with 0 when all was right. */
#pragma once

#include "unit.h"

#include <sys/wait.h>
#include <unistd.h>

/* Its exit code; 1000 and the signal that ended it; 99 when <code> said nothing. */
static inline int status_of(void (*code)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        code();
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
