/* SPDX-License-Identifier: Apache-2.0 */
/* The page's table of addresses that move: who holds them, since when, what is wrong. */
#include "admin/health.h"
#include "admin/page_internal.h"

enum { NAME, STATE, SINCE, PRIORITY, INTERFACE, ADDRESSES, HEARD, TROUBLE, FIELDS };

/* The word's class: colour is never alone, the state stands beside it. */
static enum view_word word_of(struct span state, struct span trouble)
{
    if (span_eq(state, SPAN("FAULT")))
        return VIEW_DOWN;
    if (span_eq(state, SPAN("YIELDED")) || span_eq(state, SPAN("HOLDING")))
        return VIEW_ERRORS;
    return trouble.len > 0 ? VIEW_ERRORS : VIEW_UP;
}

static void put_cell(struct buf *out, struct span text)
{
    buf_put(out, SPAN("<td class=\"l\">"));
    page_put_text(out, text.len > 0 ? text : SPAN("\u2013"));
    buf_put(out, SPAN("</td>"));
}

static void put_since(struct buf *out, const struct view *v, struct span since)
{
    uint64_t us;

    buf_put(out, SPAN("<td>"));
    if (span_to_u64(since, UINT64_MAX, &us) && us <= v->now->wall_us)
        view_put_span_of_time(out, v->now->wall_us - us);
    buf_put(out, SPAN("</td>"));
}

static void put_row(struct buf *out, const struct view *v, struct span line, bool addresses)
{
    struct span fields[FIELDS];

    for (int i = 0; i < FIELDS; i++)
        fields[i] = span_cut(&line, '\t');
    enum view_word word = word_of(fields[STATE], fields[TROUBLE]);
    buf_put(out, SPAN("<tr data-k=\"a/"));
    page_put_text(out, fields[NAME]);
    buf_put(out, SPAN("\"><th scope=\"row\">"));
    page_put_text(out, fields[NAME]);
    buf_put(out, SPAN("</th><td class=\"l "));
    page_put_class(out, word);
    buf_printf(out, "\"><span class=\"g\" aria-hidden=\"true\">%s</span> ", view_glyph(word));
    page_put_text(out, fields[STATE]);
    buf_put(out, SPAN("</td>"));
    put_since(out, v, fields[SINCE]);
    put_cell(out, fields[PRIORITY]);
    put_cell(out, fields[INTERFACE]);
    if (addresses) {
        put_cell(out, fields[ADDRESSES]);
        put_cell(out, fields[HEARD]);
    }
    put_cell(out, fields[TROUBLE]);
    buf_put(out, SPAN("</tr>\n"));
}

void page_put_addresses(struct buf *out, const struct view *v, const struct page_options *o)
{
    struct buf room;
    struct span json, rows;

    buf_init(&room, HEALTH_ADDRESSES_MOST);
    if (health_addresses(&room, v->now->process, &json, &rows) && rows.len > 0) {
        buf_put(out, SPAN("<section><h2>Addresses</h2><div class=\"wrap\"><table><thead><tr>"
                          "<th scope=\"col\">Virtual router</th><th scope=\"col\" class=\"l\">State</th>"
                          "<th scope=\"col\">Since</th><th scope=\"col\" class=\"l\">Priority</th>"
                          "<th scope=\"col\" class=\"l\">Interface</th>"));
        if (o->addresses)
            buf_put(out, SPAN("<th scope=\"col\" class=\"l\">Addresses</th>"
                              "<th scope=\"col\" class=\"l\">Last heard of another</th>"));
        buf_put(out, SPAN("<th scope=\"col\" class=\"l\">What is wrong</th></tr></thead><tbody>\n"));
        while (rows.len > 0)
            put_row(out, v, span_cut(&rows, '\n'), o->addresses);
        buf_put(out, SPAN("</tbody></table></div></section>\n"));
    }
    buf_fini(&room);
}
