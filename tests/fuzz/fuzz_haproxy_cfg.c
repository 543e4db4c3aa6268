/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a haproxy.cfg on a machine whose every file holds the same bytes:
 * lists, error pages and certificates are read out of them too. Text to model,
 * sealed and shown when nothing was wrong, with every diagnostic in two shapes.
 */
#include <errno.h>
#include <stdlib.h>

#include "conf/common/dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct span file = SPAN_INIT("/etc/haproxy/haproxy.cfg");

static struct answer ask(void *self, enum question q, struct span key)
{
    const struct span *text = self;
    if (q == ASK_FILE)
        return (struct answer){ .bytes = *text };
    if (q == ASK_FILE_KIND && !span_eq(key, file))
        return (struct answer){ .bytes = SPAN("f") };
    if (q == ASK_HOST && span_eq(key, SPAN("h")))
        return (struct answer){ .bytes = SPAN("10.0.0.9\0") };
    if (q == ASK_USER && span_eq(key, SPAN("root")))
        return (struct answer){ .bytes = SPAN("0 0") };
    if (q == ASK_ENV && span_eq(key, SPAN("E")))
        return (struct answer){ .bytes = SPAN("a b") };
    return (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

static void show(const struct diags *d, const struct config *c)
{
    struct buf out;
    buf_init(&out, 1 << 24);
    diags_show(d, &out, DIAG_SHOW_PICTURE, false);
    diags_show(d, &out, DIAG_SHOW_HAPROXY, false);
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
    if (dialect_haproxy.recognise(file, text) > 100)
        abort();
    dialect_haproxy.read(c, d, &world, &file, 1, NULL);
    bool good = diags_count(d, SEVERITY_ERROR) == 0 && config_seal(c, d);
    show(d, good ? c : NULL);
    config_free(&c);
    diags_free(&d);
    return 0;
}
