/* SPDX-License-Identifier: Apache-2.0 */
/* Actions on the stream itself, and on its target as a whole. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

static bool bad_word(struct build *b, const struct statement *s, uint32_t i)
{
    diag_add(b->diags, &haproxy_action_word, word_at(s, i)->at, DIAG_TEXT(text_at(s, i), text_at(s, 0)));
    return false;
}

/* A time, or an expression that gives milliseconds. */
static bool take_time(struct build *b, const struct word *w, int64_t *ms, const struct expr **e)
{
    bool digit = w->text.len && w->text.ptr[0] >= '0' && w->text.ptr[0] <= '9';
    struct sample sample;
    duration t;
    if (digit) {
        if (!value_time(b->diags, WORDS_HAPROXY, w, 1, &t))
            return false;
        *ms = t.ms;
        return true;
    }
    if (!haproxy_sample(b, w, false, &sample))
        return false;
    *e = sample.expr;
    return true;
}

static void on_time(struct build *b, const struct statement *s, uint32_t at, enum action_kind kind,
                    int64_t what)
{
    const struct expr *e = NULL;
    int64_t ms = 0;
    if (!take_time(b, word_at(s, at), &ms, &e))
        return;
    struct action *a = haproxy_action(b, kind);
    a->number = ms;
    a->number2 = what;
    a->expr = e;
}

/* set-timeout server|tunnel|client TIME */
void haproxy_on_timeout(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const names[] = { "server", "tunnel", "client", NULL };
    unsigned which;
    (void)k;
    if (!value_choice(b->diags, word_at(s, 1), names, &which))
        return;
    if (which == SET_TIMEOUT_CLIENT ? !draft_is_front(b->at) : !draft_is_back(b->at)) {
        diag_add(b->diags, &conf_refused, word_at(s, 1)->at,
                 DIAG_TEXT(text_at(s, 1), which == SET_TIMEOUT_CLIENT
                                              ? SPAN("the client's timeout is the frontend's")
                                              : SPAN("timeouts of servers are the backend's")));
        return;
    }
    on_time(b, s, 2, ACTION_SET_TIMEOUT, which);
}

void haproxy_on_pause(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    on_time(b, s, 1, ACTION_PAUSE, 0);
}

/* normalize-uri HOW [full|strict] */
void haproxy_on_normalize(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const struct {
        const char *name, *more;
        enum normalize how;
    } known[] = {
        { "path-merge-slashes", NULL, NORMALIZE_SLASHES },
        { "path-strip-dot", NULL, NORMALIZE_DOT },
        { "path-strip-dotdot", "full", NORMALIZE_DOTDOT },
        { "percent-to-uppercase", "strict", NORMALIZE_UPPERCASE },
        { "percent-decode-unreserved", "strict", NORMALIZE_UNRESERVED },
        { "query-sort-by-name", NULL, NORMALIZE_QUERY },
        { "fragment-strip", NULL, NORMALIZE_FRAGMENT_STRIP },
        { "fragment-encode", NULL, NORMALIZE_FRAGMENT_ENCODE },
    };
    (void)k;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (!text_is(s, 1, known[i].name))
            continue;
        if (s->words.count > 2 && (known[i].more == NULL || !text_is(s, 2, known[i].more))) {
            (void)bad_word(b, s, 2);
            return;
        }
        struct action *a = haproxy_action(b, ACTION_NORMALIZE);
        a->number = known[i].how;
        a->number2 = s->words.count > 2;
        return;
    }
    (void)bad_word(b, s, 1);
}

/* set-tos 46, set-tos 0xb8 */
void haproxy_on_tos(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct span text = text_at(s, 1), bytes;
    int64_t n;
    (void)k;
    if (span_starts_with(text, SPAN("0x"))) {
        if (!haproxy_unhex(b->arena, span_from_index(text, 2), &bytes) || bytes.len != 1) {
            (void)bad_word(b, s, 1);
            return;
        }
        n = (unsigned char)bytes.ptr[0];
    } else if (!value_number(b->diags, word_at(s, 1), 0, 255, &n)) {
        return;
    }
    haproxy_action(b, ACTION_SET_TOS)->number = n;
}
