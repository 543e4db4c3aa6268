/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an nginx.conf on a machine that has no other file, name or user:
 * text to model, sealed and shown when nothing was wrong, with every diagnostic
 * in two shapes.
 */
#include <errno.h>
#include <stdlib.h>

#include "conf/common/dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct span file = SPAN_INIT("/etc/nginx/nginx.conf");

static struct answer ask(void *self, enum question q, struct span key)
{
    const struct span *text = self;
    if (q == ASK_FILE && span_eq(key, file))
        return (struct answer){ .bytes = *text };
    return (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

static void show(const struct diags *d, const struct config *c)
{
    struct buf out;
    buf_init(&out, 1 << 24);
    diags_show(d, &out, DIAG_SHOW_PICTURE, false);
    diags_show(d, &out, DIAG_SHOW_NGINX, false);
    if (c)
        config_dump(c, &out);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of((const char *)data, size);
    struct world world = { .self = &text, .ask = ask };
    struct diags *d = diags_new();
    struct config *c = config_new();
    if (dialect_nginx.recognise(file, text) > 100)
        abort();
    dialect_nginx.read(c, d, &world, &file, 1, NULL);
    bool good = diags_count(d, SEVERITY_ERROR) == 0 && config_seal(c, d);
    show(d, good ? c : NULL);
    config_free(&c);
    diags_free(&d);
    return 0;
}
