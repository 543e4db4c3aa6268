/* SPDX-License-Identifier: Apache-2.0 */
/* What an input method or a web page put where an ASCII character was meant, and other odd bytes. */
#include "base/macros.h"
#include "base/utf8.h"
#include "conf/common/words_internal.h"

static const struct lookalike lookalikes[] = {
    { "\xC2\xA0", ' ', false },     /* U+00A0 no-break space */
    { "\xE3\x80\x80", ' ', false }, /* U+3000 ideographic space */
    { "\xE2\x80\x8B", ' ', false }, /* U+200B zero width space */
    { "\xEF\xBB\xBF", ' ', false }, /* U+FEFF a byte order mark within the text */
    { "；", ';', false },
    { "：", ':', false },
    { "，", ',', false },
    { "｛", '{', false },
    { "｝", '}', false },
    { "＃", '#', false },
    { "“", '"', false },
    { "”", '"', true },
    { "＂", '"', true },
    { "‘", '\'', false },
    { "’", '\'', true },
};

static const struct lookalike *lookalike_in(struct span rest)
{
    if (rest.len == 0 || (unsigned char)rest.ptr[0] < 0x80)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(lookalikes); i++)
        if (span_starts_with(rest, span_from(lookalikes[i].bytes)))
            return &lookalikes[i];
    return NULL;
}

const struct lookalike *words_lookalike(const struct words *w)
{
    return lookalike_in(span_from_index(w->text, w->at));
}

void words_take_lookalike(struct words *w, const struct lookalike *look)
{
    struct span bytes = span_from(look->bytes);
    struct where at = words_where(w, w->at, w->at + bytes.len);
    if (span_eq(bytes, SPAN("\xC2\xA0")))
        diag_add(w->diags, &conf_no_break_space, at, DIAG_NO_TEXT);
    else if (look->ascii == ' ')
        diag_add(w->diags, &conf_wide_character, at, DIAG_TEXT(bytes, SPAN("blank")));
    else
        diag_add(w->diags, &conf_wide_character, at, DIAG_TEXT(bytes, span_of(&look->ascii, 1)));
    w->at += bytes.len;
}

bool words_skip_lookalike(struct words *w)
{
    const struct lookalike *look = words_lookalike(w);
    if (look == NULL || (look->ascii != ' ' && look->ascii != '#'))
        return false;
    words_take_lookalike(w, look);
    if (look->ascii == '#')
        words_skip_line(w);
    return true;
}

void words_keep_lookalike(struct words *w, const struct lookalike *look)
{
    if (look->ascii != ':' && look->ascii != ';')
        return;
    struct span bytes = span_from(look->bytes);
    diag_add(w->diags, &conf_wide_in_word, words_where(w, w->at, w->at + bytes.len),
             DIAG_TEXT(bytes, span_of(&look->ascii, 1)));
}

/* Offset of the quote that ends a word which a typographic quote began, on this line; else SPAN_NONE. */
static size_t closing_quote(const struct words *w, char ascii, size_t *length)
{
    size_t end = words_line_end(w, w->at);
    for (size_t i = w->at; i < end; i++) {
        const struct lookalike *look = lookalike_in(span_of(w->text.ptr + i, end - i));
        if (look && look->ascii == ascii) {
            *length = span_from(look->bytes).len;
            return i;
        }
        if (w->text.ptr[i] == ascii) {
            *length = 1;
            return i;
        }
    }
    return SPAN_NONE;
}

bool words_take_typographic(struct words *w, struct statement *s, const struct lookalike *look)
{
    size_t from = w->at, length = 0;
    w->at += strlen(look->bytes);
    size_t end = closing_quote(w, look->ascii, &length);
    w->at = from;
    if (end == SPAN_NONE)
        return false;
    words_draft(w, look->ascii);
    words_take_lookalike(w, look);
    words_put_span(w, span_of(w->text.ptr + w->at, end - w->at));
    w->at = end + length;
    words_finish(w, s, w->at);
    return true;
}

void words_check_bytes(struct words *w)
{
    if (span_starts_with(w->text, SPAN("\xEF\xBB\xBF"))) {
        diag_add(w->diags, &conf_byte_order_mark, words_where(w, 0, 3), DIAG_NO_TEXT);
        w->at = 3;
    }
    size_t found = span_find_char(w->text, '\0');
    if (found != SPAN_NONE)
        diag_add(w->diags, &conf_nul_byte, words_where(w, found, found + 1), DIAG_NO_TEXT);
    found = span_find(w->text, SPAN("\r\n"));
    if (found != SPAN_NONE)
        diag_add(w->diags, &conf_crlf, words_where(w, found, found + 1), DIAG_NO_TEXT);
    for (size_t i = 0; i < w->text.len;) {
        uint32_t c;
        size_t n = (unsigned char)w->text.ptr[i] < 0x80 ? 1 : utf8_decode(span_from_index(w->text, i), &c);
        if (n == 0) {
            diag_add(w->diags, &conf_not_utf8, words_where(w, i, i + 1), DIAG_NO_TEXT);
            return;
        }
        i += n;
    }
}
