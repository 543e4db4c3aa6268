/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/page.h"

#include <string.h>

#include "admin/page_internal.h"

#define CAUSES_SHOWN 10

/* ---- bits ---- */

void page_put_text(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '&':
            buf_put(out, SPAN("&amp;"));
            break;
        case '<':
            buf_put(out, SPAN("&lt;"));
            break;
        case '>':
            buf_put(out, SPAN("&gt;"));
            break;
        case '"':
            buf_put(out, SPAN("&quot;"));
            break;
        default:
            buf_put_char(out, s.ptr[i]);
        }
    }
}

void page_put_class(struct buf *out, enum view_word w)
{
    for (const char *c = view_word(w); *c; c++)
        buf_put_char(out, *c == ' ' ? '-' : *c);
}

void page_put_share(struct buf *out, const struct view_recent *r)
{
    uint64_t permille = r->answers ? r->failed * 1000 / r->answers : 0;

    if (r->answers == 0)
        buf_put(out, SPAN("\u2013"));
    else if (r->failed == 0)
        buf_put(out, SPAN("0 %"));
    else if (permille == 0)
        buf_put(out, SPAN("&lt; 0.1 %"));
    else if (permille < 100)
        buf_printf(out, "%llu.%llu %%", (unsigned long long)(permille / 10),
                   (unsigned long long)(permille % 10));
    else
        buf_printf(out, "%llu %%", (unsigned long long)(permille / 10));
}

void page_put_rate(struct buf *out, const struct view_recent *r)
{
    uint64_t tenths = r->us ? r->answers * 10000000 / r->us : 0;

    if (r->us == 0)
        buf_put(out, SPAN("\u2013"));
    else if (tenths >= 100 || tenths % 10 == 0)
        buf_put_u64(out, (tenths + 5) / 10);
    else
        buf_printf(out, "%llu.%llu", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
}

void page_put_bytes(struct buf *out, uint64_t n)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    unsigned unit = 0;
    uint64_t tenths = n * 10;

    if (n > UINT64_MAX / 10)
        tenths = UINT64_MAX;
    for (; tenths >= 10000 && unit + 1 < COUNT_OF(units); unit++)
        tenths /= 1000;
    if (tenths % 10 == 0 || tenths >= 100)
        buf_printf(out, "%llu %s", (unsigned long long)(tenths / 10), units[unit]);
    else
        buf_printf(out, "%llu.%llu %s", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10),
                   units[unit]);
}

/* A text of view_put_..., escaped. */
typedef void put_words(struct buf *out, const struct view *v, const void *thing);
static void put_escaped(struct buf *out, const struct view *v, put_words *words, const void *thing)
{
    char room[1024];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    words(&b, v, thing);
    page_put_text(out, buf_span(&b));
}

static void verdict_words(struct buf *out, const struct view *v, const void *thing)
{
    (void)thing;
    view_put_verdict(out, v);
}
static void cause_words(struct buf *out, const struct view *v, const void *thing)
{
    view_put_cause(out, v, thing);
}

/* ---- the head ---- */

static const char *verdict_glyph(enum view_verdict v)
{
    return v == VERDICT_WELL       ? view_glyph(VIEW_UP)
           : v == VERDICT_DEGRADED ? view_glyph(VIEW_ERRORS)
                                   : view_glyph(VIEW_DOWN);
}

static void put_title(struct buf *out, const struct view *v, const struct page_options *o)
{
    buf_put(out, SPAN("<title>"));
    buf_put(out, span_from(verdict_glyph(v->verdict)));
    if (v->cause_count > 0)
        buf_printf(out, " %u", v->cause_count);
    buf_put(out, SPAN(" \u00b7 keel"));
    if (o->node.len > 0) {
        buf_put(out, SPAN(" \u00b7 "));
        page_put_text(out, o->node);
    }
    buf_put(out, SPAN("</title>"));
}

/* The tab's picture says the verdict too. */
static void put_icon(struct buf *out, enum view_verdict v)
{
    static const char *const colours[] = { "0a7a3d", "d08700", "b3261e" };

    buf_printf(out,
               "<link rel=\"icon\" href=\"data:image/svg+xml,%%3Csvg xmlns='http://www.w3.org/2000/svg' "
               "viewBox='0 0 8 "
               "8'%%3E%%3Ccircle cx='4' cy='4' r='4' fill='%%23%s'/%%3E%%3C/svg%%3E\">",
               colours[v]);
}

static void put_head(struct buf *out, const struct view *v, const struct page_options *o)
{
    buf_put(out, SPAN("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"));
    put_title(out, v, o);
    put_icon(out, v->verdict);
    if (o->reload)
        buf_printf(out, "<noscript><meta http-equiv=\"refresh\" content=\"%u\"></noscript>",
                   o->refresh.ms / 1000);
    buf_put(out, SPAN("<style>"));
    buf_put(out, page_style());
    buf_printf(out, "</style></head>\n<body data-refresh=\"%u\" data-live=\"%d\">\n", o->refresh.ms / 1000,
               o->live);
}

/* ---- what is said first ---- */

static void put_result(struct buf *out, struct span result)
{
    static const struct {
        struct span code;
        const char *words;
    } rows[] = {
        { SPAN_INIT("DONE"), "Done." },
        { SPAN_INIT("NONE"), "Nothing was changed: nothing was chosen." },
        { SPAN_INIT("PART"),
          "Done for some servers; others of the request are not there, or are not checked." },
        { SPAN_INIT("ERRP"), "Nothing was done: the request names no server or action that there is here." },
        { SPAN_INIT("DENY"),
          "Nothing was done: you may look here, not act, or the request did not come from this page." },
        { SPAN_INIT("EXCD"), "Nothing was done: the request is too large. Choose fewer servers at once." },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (span_eq(rows[i].code, result))
            buf_printf(out, "<p class=\"note\" role=\"status\">%s</p>\n", rows[i].words);
}

static void put_verdict(struct buf *out, const struct view *v)
{
    buf_printf(out,
               "<p id=\"verdict\" data-k=\"v\" class=\"v-%s\" role=\"status\"><span class=\"g\" "
               "aria-hidden=\"true\">%s</span> <b>%s.</b> ",
               view_verdict_word(v->verdict), verdict_glyph(v->verdict), view_verdict_word(v->verdict));
    put_escaped(out, v, verdict_words, v);
    buf_put(out, SPAN("</p>\n"));
}

static void put_tile(struct buf *out, const char *name)
{
    buf_printf(out, "<div><dt>%s</dt><dd data-k=\"t\">", name);
}

static void put_tiles(struct buf *out, const struct view *v)
{
    const struct admin_process *p = v->now->process;
    uint64_t up = instant_us_between(p->started, v->now->now);

    buf_put(out, SPAN("<dl>"));
    put_tile(out, "Requests a second");
    page_put_rate(out, &v->total);
    buf_put(out, SPAN("</dd></div>"));
    put_tile(out, "Failed, last minute");
    page_put_share(out, &v->total);
    buf_put(out, SPAN("</dd></div>"));
    put_tile(out, "Connections now");
    buf_put_u64(out, v->now->totals.connections);
    buf_put(out, SPAN("</dd></div>"));
    put_tile(out, "Running for");
    view_put_span_of_time(out, up);
    buf_put(out, SPAN("</dd></div></dl>\n"));
}

static void put_causes(struct buf *out, const struct view *v)
{
    buf_put(out, SPAN("<div data-k=\"c\">"));
    if (v->cause_count > 1) {
        buf_put(out, SPAN("<h2>Needs attention</h2><ul>"));
        for (uint32_t i = 0; i < v->cause_count && i < CAUSES_SHOWN; i++) {
            buf_put(out, SPAN("<li>"));
            put_escaped(out, v, cause_words, &v->causes[i]);
            buf_put(out, SPAN("</li>"));
        }
        if (v->cause_count > CAUSES_SHOWN)
            buf_printf(out, "<li>and %u more</li>", v->cause_count - CAUSES_SHOWN);
        buf_put(out, SPAN("</ul>"));
    }
    buf_put(out, SPAN("</div>\n"));
}

static void put_header(struct buf *out, const struct view *v, const struct page_options *o)
{
    buf_put(out, SPAN("<header><h1>keel"));
    if (o->node.len > 0) {
        buf_put(out, SPAN(" <small>on</small> "));
        page_put_text(out, o->node);
    }
    if (o->description.len > 0) {
        buf_put(out, SPAN(" <small>"));
        page_put_text(out, o->description);
        buf_put(out, SPAN("</small>"));
    }
    buf_put(out, SPAN("</h1><span id=\"stale\" role=\"alert\"></span></header>\n"));
    put_result(out, o->result);
    if (o->open && o->may_act)
        buf_put(out,
                SPAN("<p class=\"note\">Whoever can open this page can stop your servers: it asks for no "
                     "password (<code>stats auth</code>).</p>\n"));
    put_verdict(out, v);
    put_tiles(out, v);
    put_causes(out, v);
}

/* ---- the foot ---- */

static void put_link(struct buf *out, struct span self, const char *option, const char *words)
{
    buf_put(out, SPAN("<a href=\""));
    page_put_text(out, self);
    buf_printf(out, "%s\">%s</a> ", option, words);
}

static void put_footer(struct buf *out, const struct view *v, const struct page_options *o)
{
    const struct admin_process *p = v->now->process;
    struct clock_text text = { 0 };

    clock_text_at(&text, v->now->wall_us);
    buf_put(out, SPAN("<footer><label id=\"islive\" hidden><input type=\"checkbox\" id=\"live\"> "
                      "live</label><form><label>"
                      "Only names with <input type=\"search\" name=\"scope\" size=\"10\" value=\""));
    page_put_text(out, o->scope);
    buf_put(out, SPAN("\"></label></form><span>"));
    put_link(out, o->self, ";csv;norefresh", "CSV");
    put_link(out, o->self, ";json;norefresh", "JSON");
    put_link(out, o->self, ";api=overview", "overview as JSON");
    put_link(out, o->self, ";up", "only what is up");
    buf_printf(out, "</span><span data-k=\"f\">%s, pid %u, configuration %llu</span>", text.iso, p->pid,
               (unsigned long long)atomic_load_explicit(&p->generation, memory_order_relaxed));
    if (!o->hide_version)
        buf_put(out, SPAN("<span>evenkeel " KEEL_VERSION "</span>"));
    buf_put(out, SPAN("</footer>\n"));
}

void page_put(struct buf *out, const struct view *v, const struct page_options *o)
{
    put_head(out, v, o);
    buf_put(out, SPAN("<main>\n"));
    put_header(out, v, o);
    page_put_addresses(out, v, o);
    page_put_pools(out, v, o);
    page_put_listeners(out, v, o);
    buf_put(out, SPAN("</main>\n"));
    put_footer(out, v, o);
    buf_put(out, SPAN("<script>"));
    buf_put(out, page_script());
    buf_put(out, SPAN("</script></body></html>\n"));
}
