/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones: memory in which something is counted for each value of a key, and what
 * is allowed there (nginx limit_req, limit_conn). What was counted is state/'s
 * and outlives a reload as long as the zone stays what it is.
 */
#pragma once

#include "model/expr.h"
#include "model/list_of.h"

enum zone_kind { ZONE_RATE, ZONE_COUNT };
struct zone {
    uint32_t index; /* in the config */
    struct span name;
    struct span identity; /* name, kind, size and key: what it is called across reloads */
    enum zone_kind kind;
    const struct expr *key; /* an empty one is not limited */
    uint64_t size;          /* bytes, as nginx counts: 128 a key */
    uint64_t rate;          /* RATE: thousandths of a request a second */
    struct where at;
};
struct limit {
    const struct zone *zone;
    uint64_t burst;      /* RATE: thousandths of requests that may be too early */
    uint64_t delay_from; /* RATE: of these so many are not made to wait; UINT64_MAX: none is */
    uint32_t most;       /* COUNT: at once */
    struct where at;
};
struct limits {
    LIST_OF(struct limit) items; /* all must allow it */
    uint16_t status;             /* of a refusal */
    uint8_t level;               /* of its line in the error log; a delay's is one lower. Syslog numbers */
    bool dry_run;                /* it is only said */
};
