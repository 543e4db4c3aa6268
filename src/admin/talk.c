/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/talk.h"

#define ANSWER_MOST ((size_t)256 << 20)

void talk_init(struct talk *t, enum command_level level, const struct act_by *by)
{
    t->session = (struct command_session){ .by = *by, .level = level, .timeout = DURATION_S(10) };
    t->len = t->at = t->column = 0;
    t->whole = t->payload = t->too_long = t->answered = t->over = false;
    buf_init(&t->text, TALK_PAYLOAD_MAX);
}

void talk_fini(struct talk *t)
{
    buf_fini(&t->text);
}

/* ---- answers ---- */

/* <text> is empty or ends in a newline. */
static void put_answer(struct talk *t, bool ok, struct span text, struct buf *out)
{
    if (t->session.exit_codes)
        buf_put(out, ok ? SPAN("0\n") : SPAN("1\n"));
    buf_put(out, text);
    if (text.len > 0 && text.ptr[text.len - 1] != '\n')
        buf_put_char(out, '\n');
    buf_put(out, t->session.interactive ? SPAN("\n> ") : SPAN("\n"));
}

static void run_one(struct talk *t, struct span command, const struct admin_now *now, struct buf *out)
{
    struct buf answer;

    /* Enter at the prompt asks for nothing. */
    if (t->session.interactive && span_trim(command).len == 0) {
        buf_put(out, SPAN("\n> "));
        return;
    }
    buf_init(&answer, ANSWER_MOST);
    enum command_result r = command_run(&t->session, now, command, &answer);
    if (r == COMMAND_QUIT)
        t->over = true;
    else if (answer.truncated)
        put_answer(t, false, SPAN("There is no memory for that now.\n"), out);
    else if (r != COMMAND_ASKS)
        put_answer(t, r == COMMAND_DONE, buf_span(&answer), out);
    buf_fini(&answer);
}

/* ---- lines ---- */

/* The next command of the line, up to a ';' that no backslash hides. */
static struct span next_command(struct talk *t)
{
    size_t begin = t->at, i = begin;

    for (; i < t->len && t->line[i] != ';'; i++)
        if (t->line[i] == '\\' && i + 1 < t->len)
            i++;
    t->at = i < t->len ? i + 1 : t->len + 1;
    return span_of(t->line + begin, i - begin);
}

static bool line_is_done(const struct talk *t)
{
    return t->at > t->len || (t->at == t->len && t->at > 0);
}

static void begin_line(struct talk *t)
{
    t->len = t->at = 0;
    t->whole = t->too_long = false;
    t->session.payload = span_of(NULL, 0);
    buf_fini(&t->text);
    buf_init(&t->text, TALK_PAYLOAD_MAX);
}

static void run_line(struct talk *t, const struct admin_now *now, struct buf *out)
{
    do
        run_one(t, next_command(t), now, out);
    while (!line_is_done(t) && !t->over && t->session.asks == ASK_NOTHING);
}

/* "<<" at a line's end: what follows, until an empty line, belongs to it. */
static bool cut_payload_mark(struct talk *t)
{
    struct span line = span_trim(span_of(t->line, t->len));

    if (!span_ends_with(line, SPAN("<<")))
        return false;
    t->len = (size_t)(line.ptr + line.len - 2 - t->line);
    t->session.payload = SPAN("");
    return true;
}

/* A byte of a payload. true: that was its end, and the line before it is whole. */
static bool keep_payload(struct talk *t, char c)
{
    if (c == '\n' && t->column == 0) {
        t->session.payload = t->text.len ? buf_span(&t->text) : SPAN("");
        t->too_long = t->too_long || t->text.truncated;
        return true;
    }
    t->column = c == '\n' ? 0 : t->column + (c != '\r');
    if (c != '\r')
        buf_put_char(&t->text, c);
    return false;
}

/* A byte of a line. true: that was its end. */
static bool keep(struct talk *t, char c)
{
    if (c != '\n') {
        if (t->len < sizeof(t->line))
            t->line[t->len++] = c;
        else
            t->too_long = true;
        return false;
    }
    if (t->len > 0 && t->line[t->len - 1] == '\r')
        t->len--;
    t->payload = cut_payload_mark(t);
    t->column = 0;
    return !t->payload;
}

static void gather(struct talk *t, struct span *bytes)
{
    while (!t->whole && bytes->len > 0) {
        char c = bytes->ptr[0];
        *bytes = span_from_index(*bytes, 1);
        t->whole = t->payload ? keep_payload(t, c) : keep(t, c);
    }
    if (t->whole)
        t->payload = false;
}

/* ---- the conversation ---- */

static void carry_out(struct talk *t, const struct admin_now *now, struct buf *out)
{
    if (t->too_long) {
        put_answer(t, false, SPAN("The line is longer than 16 kB, or what is behind it than 64 MB.\n"), out);
        t->over = true;
        return;
    }
    run_line(t, now, out);
    if (t->session.asks == ASK_NOTHING)
        begin_line(t);
}

void talk_take(struct talk *t, struct span *bytes, const struct admin_now *now, struct buf *out)
{
    while (!t->over && t->session.asks == ASK_NOTHING) {
        gather(t, bytes);
        if (!t->whole)
            break;
        carry_out(t, now, out);
        t->answered = true;
    }
    if (t->answered && !t->session.interactive && t->session.asks == ASK_NOTHING)
        t->over = true;
}

void talk_end(struct talk *t, const struct admin_now *now, struct buf *out)
{
    struct span newline = SPAN("\n");

    if (t->len > 0 && !t->whole && !t->over && t->session.asks == ASK_NOTHING)
        talk_take(t, &newline, now, out);
    if (t->session.asks == ASK_NOTHING)
        t->over = true;
}

void talk_answer(struct talk *t, unsigned code, struct span text, struct buf *out)
{
    BUG_ON(t->session.asks == ASK_NOTHING);
    t->session.asks = ASK_NOTHING;
    put_answer(t, code == 0, text, out);
    if (line_is_done(t))
        begin_line(t);
}
