/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/media.h"

#include "base/macros.h"
#include "engine/http/internal.h"

static struct span extension_of(struct span path)
{
    for (size_t i = path.len; i > 0 && path.ptr[i - 1] != '/'; i--)
        if (path.ptr[i - 1] == '.')
            return span_from_index(path, i);
    return SPAN("");
}

struct span media_type(const struct scope *scope, struct span path)
{
    struct span ext = extension_of(path);
    const struct span *known = scope->mime_types && ext.len ? map_get(scope->mime_types, ext) : NULL;

    return known ? *known : scope->default_type;
}

/* nginx's charset_types, as they are by default. */
static bool takes_charset(struct span type)
{
    static const char *const types[] = {
        "text/html",          "text/xml", "text/plain", "text/vnd.wap.wml", "application/javascript",
        "application/rss+xml"
    };

    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (span_eq_nocase(type, span_from(types[i])))
            return true;
    return false;
}

bool media_charset(struct stream *s)
{
    struct span charset = s->charset.ptr ? s->charset : s->rules.scope->charset;
    uint16_t first = s->answer.first[FIELD_CONTENT_TYPE];

    if (charset.len == 0 || first == 0)
        return true;
    struct field *f = &s->answer.fields[first - 1];
    if (f->gone || span_find_nocase(f->value, SPAN("charset=")) != SPAN_NONE ||
        (!s->charset.ptr && !takes_charset(f->value)))
        return true;
    f->value = scratch_join(&s->scratch, scratch_join(&s->scratch, f->value, SPAN("; charset=")), charset);
    return f->value.ptr != NULL;
}
