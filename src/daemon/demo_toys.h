/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's backends: a small process of their own that ends with the demo. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TOYS 3
struct toys {
    int sockets[TOYS]; /* listening on loopback */
    uint16_t ports[TOYS];
};

/* Opens the three sockets on free ports. false: errno. */
bool toys_open(struct toys *t);
/* Forks the process that serves them; it removes <file> and <folder> when the caller's process is gone.
 * false: errno. */
bool toys_start(struct toys *t, const char *file, const char *folder);
