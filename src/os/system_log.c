/* SPDX-License-Identifier: Apache-2.0 */
#include "os/system_log.h"

#include <string.h>
#include <syslog.h>

bool system_log_facility(const char *word, int *facility)
{
    static const int locals[] = { LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                  LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7 };
    const char *digit = strncmp(word, "local", 5) == 0 ? word + 5 : word;

    if (strcmp(word, "user") == 0)
        *facility = LOG_USER;
    else if (strcmp(word, "daemon") == 0)
        *facility = LOG_DAEMON;
    else if (digit[0] >= '0' && digit[0] <= '7' && digit[1] == '\0')
        *facility = locals[digit[0] - '0'];
    else
        return false;
    return true;
}

void system_log_open(const char *name, int facility)
{
    openlog(name, LOG_PID | LOG_NDELAY, facility);
}

void system_log_mute(void)
{
    (void)setlogmask(LOG_MASK(LOG_DEBUG)); /* nobody says anything at that level */
}

void system_log_close(void)
{
    closelog();
}

void system_log_say(enum system_log_level level, const char *text)
{
    static const int priorities[] = { LOG_INFO, LOG_WARNING, LOG_ERR };

    syslog(priorities[level], "%s", text);
}
