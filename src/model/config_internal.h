/* SPDX-License-Identifier: Apache-2.0 */
/* What config.c and seal.c share: the builders' memory of names. Nobody outside model needs this. */
#pragma once

#include "model/config.h"

enum { LANGUAGES = LANGUAGE_KEEPALIVED + 1 };

struct config_names {
    struct map pools[LANGUAGES][2]; /* by language and <stream>: name -> struct pool, the first */
    struct map services[LANGUAGES]; /* name -> struct service, the first */
    struct map slots;               /* name -> struct slot_name */
    struct map regexes[2];          /* by <nocase>: pattern -> struct regex */
};

/* One file a step of the seal. */
void seal_servers(struct config *c, struct diags *d);
void seal_listeners(struct config *c, struct diags *d);
