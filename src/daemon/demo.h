/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keel demo: a balancer in front of three toy backends (one quick, one slow,
 * one that fails now and then), on loopback, from a real haproxy.cfg that is
 * shown and may be edited while it runs.
 */
#pragma once

#include "daemon/cli.h"

struct cli_result demo_command(struct arena *a, int argc, char **argv);
