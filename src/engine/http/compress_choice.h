/* SPDX-License-Identifier: Apache-2.0 */
/* The decisions of compression, by the two heads alone. */
#pragma once

#include <stdbool.h>

#include "model/compression.h"
#include "wire/message.h"

enum compress_choice {
    COMPRESS_NO,
    COMPRESS_VARIES, /* not for this client, but for another one */
    COMPRESS_YES,
};
/* Does this client get a coding of <c>, whatever the answer is? */
bool compress_accepts(const struct compression *c, const struct message *request);
/* <coding> is set with COMPRESS_YES. <own>: the answer is ours. */
enum compress_choice compress_choose(const struct compression *c, const struct message *request,
                                     const struct message *answer, bool own, enum content_coding *coding);
