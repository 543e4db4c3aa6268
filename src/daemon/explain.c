/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/explain.h"

#include <string.h>

#include "conf/common/diag_conf.h"
#include "conf/haproxy/diag_haproxy.h"
#include "daemon/build.h"
#include "daemon/prepare.h"
#include "model/diag_model.h"
#include "vrrp/say.h"

#define COLUMNS 96

const struct diag_kind *explain_kind(unsigned i)
{
    const struct diag_kind *const *const lists[] = {
        diag_conf_kinds, seal_kinds, seal_listener_kinds, seal_server_kinds,  build_kinds,
        prepare_kinds,   say_kinds,  build_vrrp_kinds,    haproxy_state_kinds
    };
    unsigned dialects;
    const struct dialect *const *dialect = build_dialects(&dialects);

    for (size_t l = 0; l < COUNT_OF(lists) + dialects; l++) {
        const struct diag_kind *const *list =
            l < COUNT_OF(lists) ? lists[l] : dialect[l - COUNT_OF(lists)]->kinds;
        for (; list != NULL && *list != NULL; list++, i--)
            if (i == 0)
                return *list;
    }
    return NULL;
}

/* Lines of at most COLUMNS cells. Chinese has no blanks to break at: it stays one line. */
static void put_paragraph(struct buf *out, const char *text)
{
    struct span rest = span_from(text);
    size_t column = 0;

    while (rest.len > 0) {
        struct span word = span_cut(&rest, ' ');
        if (column > 0 && column + 1 + word.len > COLUMNS) {
            buf_put_char(out, '\n');
            column = 0;
        }
        if (column > 0)
            buf_put_char(out, ' ');
        buf_put(out, word);
        column += word.len + 1;
    }
    buf_put_char(out, '\n');
}

/* Nobody's arguments. */
static void fill_in(struct diag *d)
{
    for (size_t i = 0; i < DIAG_ARGS; i++)
        d->args[i] = SPAN("...");
}

static void put_peer(struct buf *out, const char *name, const char *words, bool chinese)
{
    struct diag_kind said = { .en = words, .zh = words };
    struct diag any = { .kind = &said };

    if (words == NULL)
        return;
    fill_in(&any);
    buf_printf(out, chinese ? "%s 的说法：" : "%s says: ", name);
    diag_sentence(out, &any, "en");
    buf_put_char(out, '\n');
}

static void put_kind(struct buf *out, const struct diag_kind *kind, const char *language)
{
    static const char *const severities[] = { "note", "warning", "error" };
    const bool chinese = strcmp(language, "zh") == 0;
    struct diag any = { .kind = kind };

    fill_in(&any);
    buf_printf(out, "%s[%s]: ", severities[kind->severity], kind->code);
    diag_sentence(out, &any, language);
    buf_put(out, SPAN("\n\n"));
    if (kind->more != NULL)
        put_paragraph(out, kind->more);
    else
        buf_put(out, chinese ? SPAN("这句话已说明全部。\n")
                             : SPAN("The sentence says all that there is to say.\n"));
    put_peer(out, "nginx", kind->nginx, chinese);
    put_peer(out, "haproxy", kind->haproxy, chinese);
    put_peer(out, "keepalived", kind->keepalived, chinese);
}

bool explain(struct buf *out, const char *code, const char *language)
{
    const struct diag_kind *kind;

    for (unsigned i = 0; (kind = explain_kind(i)) != NULL; i++)
        if (strcmp(kind->code, code) == 0) {
            put_kind(out, kind, language);
            return true;
        }
    return false;
}

static bool was_before(const struct diags *d, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (diags_at(d, i)->kind == diags_at(d, at)->kind)
            return true;
    return false;
}

void explain_each(struct buf *out, const struct diags *d, const char *language)
{
    for (uint32_t i = 0; i < diags_total(d); i++)
        if (diags_at(d, i)->kind->more != NULL && !was_before(d, i)) {
            put_kind(out, diags_at(d, i)->kind, language);
            buf_put_char(out, '\n');
        }
}
