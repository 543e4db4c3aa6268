/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "vrrp/vrrp.h"

static const char *sentence_of(const struct diag_kind *k, const char *language)
{
    if (strcmp(language, "keepalived") == 0 && k->keepalived)
        return k->keepalived;
    return strcmp(language, "zh") == 0 && k->zh ? k->zh : k->en;
}

void vrrp_sentence(struct buf *out, const struct diag_kind *kind, const struct span *args,
                   const char *language)
{
    unsigned count = 0;
    while (count < DIAG_ARGS && args[count].ptr)
        count++;
    for (const char *at = sentence_of(kind, language); *at; at++) {
        if (at[0] == '{' && at[1] >= '0' && at[1] <= '9' && at[2] == '}') {
            unsigned which = (unsigned)(at[1] - '0');
            if (which < count)
                buf_put(out, args[which]);
            at += 2;
        } else {
            buf_put_char(out, *at);
        }
    }
}
