/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/terms.h"

/* HAProxy's management guide, "show stat" and "show servers state": sentence, number. */
struct result_term {
    const char *sentence;
    unsigned number;
};

static const struct result_term results[CHECKED_COUNT] = {
    [CHECKED_NONE] = { "Unknown", 1 },
    [CHECKED_SOCKET_ERROR] = { "Socket error", 5 },
    [CHECKED_L4_OK] = { "Layer4 check passed", 6 },
    [CHECKED_L4_TIMEOUT] = { "Layer4 timeout", 7 },
    [CHECKED_L4_REFUSED] = { "Layer4 connection problem", 8 },
    [CHECKED_L6_OK] = { "Layer6 check passed", 9 },
    [CHECKED_L6_TIMEOUT] = { "Layer6 timeout", 10 },
    [CHECKED_L6_INVALID] = { "Layer6 invalid response", 11 },
    [CHECKED_L7_TIMEOUT] = { "Layer7 timeout", 12 },
    [CHECKED_L7_INVALID] = { "Layer7 invalid response", 13 },
    [CHECKED_L7_OK] = { "Layer7 check passed", 15 },
    [CHECKED_L7_CONDITIONAL] = { "Layer7 check conditionally passed", 16 },
    [CHECKED_L7_STATUS] = { "Layer7 wrong status", 17 },
    [CHECKED_PROCESS_ERROR] = { "External check error", 18 },
    [CHECKED_PROCESS_TIMEOUT] = { "External check timeout", 19 },
    [CHECKED_PROCESS_OK] = { "External check passed", 20 },
    [CHECKED_TRAFFIC] = { "Health analyze", 3 },
    [CHECKED_AGENT] = { "Agent check", 1 },
};

static bool is_new(const struct health_report *h)
{
    return h->result == CHECKED_NONE && h->health != HEALTH_UNCHECKED;
}

const char *terms_check_code(const struct health_report *h)
{
    return is_new(h) ? "INI" : check_result_code(h->result);
}

const char *terms_check(const struct health_report *h)
{
    return is_new(h) ? "Initializing" : terms_result(h->result);
}

const char *terms_result(enum check_result r)
{
    BUG_ON(r >= CHECKED_COUNT);
    return results[r].sentence;
}

unsigned terms_check_number(const struct health_report *h)
{
    return is_new(h) ? 2 : results[h->result].number;
}

const char *terms_algorithm(enum balance_algorithm a)
{
    switch (a) {
    case BALANCE_ROUND_ROBIN:
    case BALANCE_STRIDE:
        return "roundrobin";
    case BALANCE_STATIC_RR:
        return "static-rr";
    case BALANCE_LEAST_CONN:
    case BALANCE_LEAST_OLDEST:
        return "leastconn";
    case BALANCE_FIRST:
        return "first";
    case BALANCE_RANDOM:
        return "random";
    case BALANCE_IP_HASH:
        return "ip_hash";
    case BALANCE_HASH:
    case BALANCE_KETAMA:
    case BALANCE_HASH_MAP:
    case BALANCE_HASH_CONSISTENT:
        return "hash";
    case BALANCE_LEAST_TIME:
        return "least_time";
    case BALANCE_FAIR:
        return "fair";
    }
    return "";
}
