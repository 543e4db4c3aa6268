/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/end.h"

#include "base/macros.h"

static const struct {
    char letter;
    const char *text;
} reasons[] = {
#define X(name, letter, phrase) [END_##name] = { letter, phrase },
    END_REASON_LIST(X)
#undef X
};

static const char moments[] = {
#define X(name, letter) [MOMENT_##name] = letter,
    END_MOMENT_LIST(X)
#undef X
};

char end_reason_letter(enum end_reason r)
{
    BUG_ON((unsigned)r >= END_REASONS);
    return reasons[r].letter;
}

const char *end_reason_text(enum end_reason r)
{
    BUG_ON((unsigned)r >= END_REASONS);
    return reasons[r].text;
}

char end_moment_letter(enum end_moment m)
{
    BUG_ON((unsigned)m >= END_MOMENTS);
    return moments[m];
}
