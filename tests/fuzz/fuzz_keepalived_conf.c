/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a keepalived.conf on a machine that has no other file and only the
 * user root, then the same as the other director's file: text to model, with
 * every diagnostic in two shapes.
 */
#include <errno.h>
#include <stdlib.h>

#include "conf/common/dialect.h"

static const struct span files[2] = { SPAN_INIT("/etc/keepalived/keepalived.conf"), SPAN_INIT("other.conf") };

static struct answer ask(void *self, enum question q, struct span key)
{
    const struct span *text = self;
    if (q == ASK_FILE && (span_eq(key, files[0]) || span_eq(key, files[1])))
        return (struct answer){ .bytes = *text };
    if (q == ASK_USER && span_eq(key, SPAN("root")))
        return (struct answer){ .bytes = SPAN("0 0") };
    if (q == ASK_HOSTNAME)
        return (struct answer){ .bytes = SPAN("main.example") };
    if (q == ASK_FILE_MODE && span_starts_with(key, SPAN("/usr")))
        return (struct answer){ .bytes = SPAN("0755 0 0") };
    return (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of((const char *)data, size);
    struct world world = { .self = &text, .ask = ask };
    struct diags *d = diags_new();
    struct config *c = config_new();
    struct buf out;
    if (dialect_keepalived.recognise(files[0], text) > 100)
        abort();
    dialect_keepalived.read(c, d, &world, files, 2, NULL);
    buf_init(&out, 1 << 24);
    diags_show(d, &out, DIAG_SHOW_PICTURE, false);
    diags_show(d, &out, DIAG_SHOW_KEEPALIVED, false);
    buf_fini(&out);
    config_free(&c);
    diags_free(&d);
    return 0;
}
