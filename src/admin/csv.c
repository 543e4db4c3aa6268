/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/csv.h"

/* Ours, of the last minute: words of view.h, answers, those that failed, percentiles of the first byte. */
static const char own_header[] =
    "keel_word,keel_answers,keel_failed,keel_p50_us,keel_p95_us,keel_p99_us,keel_window_s,";

static void put_header(struct buf *out)
{
    buf_put(out, SPAN("# "));
    for (unsigned i = 0; i < COLUMNS; i++) {
        buf_put(out, column_at(i)->name);
        buf_put_char(out, ',');
    }
    buf_put(out, span_from(own_header));
    buf_put_char(out, '\n');
}

static bool needs_quotes(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == ',' || s.ptr[i] == '"' || (unsigned char)s.ptr[i] < ' ')
            return true;
    return false;
}

/* RFC 4180 2.6, 2.7; what would end the line becomes a blank. */
static void put_quoted(struct buf *out, struct span s)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"')
            buf_put_char(out, '"');
        buf_put_char(out, (unsigned char)s.ptr[i] < ' ' ? ' ' : s.ptr[i]);
    }
    buf_put_char(out, '"');
}

static void put_cell(struct buf *out, const struct cell *c)
{
    if (c->kind == CELL_NUMBER)
        buf_put_i64(out, c->number);
    else if (c->kind == CELL_TEXT && needs_quotes(c->text))
        put_quoted(out, c->text);
    else if (c->kind == CELL_TEXT)
        buf_put(out, c->text);
}

static void put_own(struct buf *out, const struct row *r)
{
    const struct view_recent *n = r->recent;

    buf_printf(out, "%s,%llu,%llu,", view_word(r->word), (unsigned long long)n->answers,
               (unsigned long long)n->failed);
    if (n->samples < VIEW_SAMPLES_MIN)
        buf_put(out, SPAN(",,,"));
    else
        buf_printf(out, "%llu,%llu,%llu,", (unsigned long long)n->p50, (unsigned long long)n->p95,
                   (unsigned long long)n->p99);
    if (n->us > 0)
        buf_put_u64(out, n->us / 1000000);
    buf_put_char(out, ',');
}

static void put_row(void *to, const struct row *r)
{
    struct buf *out = to;

    for (unsigned i = 0; i < COLUMNS; i++) {
        put_cell(out, &r->cells[i]);
        buf_put_char(out, ',');
    }
    put_own(out, r);
    buf_put_char(out, '\n');
}

void csv_put(struct buf *out, const struct view *v, const struct row_filter *f)
{
    put_header(out);
    rows_each(v, f, put_row, out);
}

/* ---- typed ---- */

static void put_typed_row(void *to, const struct row *r)
{
    static const char kinds[] = { 'F', 'B', 'S' };
    struct buf *out = to;

    for (unsigned i = 0; i < COLUMNS; i++) {
        const struct column_info *c = column_at(i);
        const struct cell *cell = &r->cells[i];
        if (cell->kind == CELL_EMPTY || i == COLUMN_dash)
            continue;
        buf_printf(out, "%c.%u.%lld.%u.%.*s.1:%s:%.*s:", kinds[r->kind], r->proxy->iid,
                   (long long)r->cells[COLUMN_sid].number, column_position(i), SPAN_ARGS(c->name),
                   column_tag(i, r->kind), SPAN_ARGS(c->type));
        if (cell->kind == CELL_NUMBER)
            buf_put_i64(out, cell->number);
        else
            buf_put(out, cell->text);
        buf_put_char(out, '\n');
    }
}

void csv_put_typed(struct buf *out, const struct view *v, const struct row_filter *f)
{
    rows_each(v, f, put_typed_row, out);
}
