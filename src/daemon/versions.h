/* SPDX-License-Identifier: Apache-2.0 */
/* What -v, -V and -vv print: the words that scripts look for in each program's, and who we are. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define VERSION_NGINX      "1.31.0"
#define VERSION_HAPROXY    "3.2.0"
#define VERSION_KEEPALIVED "2.3.4"

void versions_keel(FILE *to);
void versions_nginx(FILE *to, bool all);
void versions_haproxy(FILE *to, bool all);
void versions_keepalived(FILE *to);
