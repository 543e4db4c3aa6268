/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a file, with diagnostics at any places of it, in every shape:
 * nothing may be read outside the text, and no control may reach the terminal.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "base/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct diag_kind kinds[] = {
    { .code = "F1", .severity = SEVERITY_ERROR, .en = "error {0}", .zh = "{0} 错误", .nginx = "{0}{1}" },
    { .code = "F2", .severity = SEVERITY_WARNING, .en = "warning {1}{0}" },
    { .code = "F3", .severity = SEVERITY_NOTE, .en = "note" },
};

static struct where where_of(struct reader *r, uint32_t source)
{
    uint32_t offset = reader_u8(r);
    return (struct where){ source, offset, reader_u8(r) };
}

static void add_one(struct diags *d, struct reader *r, uint32_t source)
{
    unsigned what = reader_u8(r);
    struct where w = where_of(r, what & 0x80 ? 0 : source);
    struct span word = reader_take(r, what >> 3 & 7);
    struct diag *at =
        diag_add(d, &kinds[what % 3], w, DIAG_TEXT(span_of(word.ptr ? word.ptr : "", word.len), SPAN("x")));
    if (what & 4)
        diag_also(d, at, where_of(r, source), "%.*s", SPAN_ARGS(word));
    if (what & 8)
        diag_label(d, at, "%.*s", SPAN_ARGS(word));
    if (what & 16)
        diag_help(d, at, "one\n%.*s", SPAN_ARGS(word));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(span_of((const char *)data, size));
    struct diags *d = diags_new();
    unsigned count = reader_u8(&r) % 80;
    diags_set_language(d, count % 2 ? "zh" : "en");
    struct span text = reader_take(&r, reader_left(&r) / 2);
    uint32_t source = diags_add_source(d, SPAN("file"), text);
    for (unsigned i = 0; i < count && !r.failed; i++)
        add_one(d, &r, source);
    for (unsigned shape = DIAG_SHOW_PICTURE; shape <= DIAG_SHOW_KEEPALIVED; shape++) {
        struct buf out;
        buf_init(&out, 16 << 20);
        diags_show(d, &out, (enum diag_shape)shape, true);
        for (size_t i = 0; i < out.len; i++)
            if (((unsigned char)out.data[i] < 0x20 && out.data[i] != '\n') ||
                (out.data[i] == 0x7f && shape != DIAG_SHOW_JSON))
                abort();
        buf_fini(&out);
    }
    diags_free(&d);
    return 0;
}
