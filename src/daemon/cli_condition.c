/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/cli_condition.h"

#include "conf/common/dialect.h"
#include "daemon/world_real.h"

#define NAME "-cc"

/* The real world, but for one file that says `.if CONDITION`. */
struct asked {
    struct world real;
    struct span text;
};

static struct answer ask(void *self, enum question q, struct span key)
{
    const struct asked *a = self;

    if (q == ASK_FILE && span_eq(key, SPAN(NAME)))
        return (struct answer){ .bytes = a->text };
    if (q == ASK_FILE_KIND && span_eq(key, SPAN(NAME)))
        return (struct answer){ .bytes = SPAN("f") };
    return world_ask(&a->real, q, key);
}

bool cli_condition_holds(const char *condition)
{
    struct arena *a = arena_new(0);
    struct config *c = config_new();
    struct diags *d = diags_new();
    struct span name = SPAN(NAME);
    struct asked asked = { world_real(a),
                           arena_printf(a, ".if %s\n.else\n.alert \"no\"\n.endif\n", condition) };
    struct world w = { &asked, ask };
    struct dialect_options none = { 0 };

    dialect_haproxy.read(c, d, &w, &name, 1, &none);
    const bool holds = diags_count(d, SEVERITY_ERROR) == 0;
    diags_free(&d);
    config_free(&c);
    arena_free(&a);
    return holds;
}
