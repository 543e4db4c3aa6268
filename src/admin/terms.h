/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy calls things, for columns, commands and log lines that its readers know. */
#pragma once

#include "model/pool.h"
#include "state/server_state.h"

/* "L4OK", "L7STS"; "INI" before the first result. */
const char *terms_check_code(const struct health_report *h);
/* "Layer4 check passed"; "Initializing". */
const char *terms_check(const struct health_report *h);
/* The same of a result alone; "Unknown" when there is none. */
const char *terms_result(enum check_result r);
/* "roundrobin" */
const char *terms_algorithm(enum balance_algorithm a);
/* The number of a result in `show servers state`. */
unsigned terms_check_number(const struct health_report *h);
