/* SPDX-License-Identifier: Apache-2.0 */
/* The words of deny, tarpit, return and http-error: a status, a body, fields. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

struct words_of_reply {
    struct build *b;
    const struct statement *s;
    struct reply *reply;
    struct span content_type;
    const struct word *section; /* of errorfiles; NULL: none */
    bool has_status, has_body, has_default;
};

static bool bad_word(const struct words_of_reply *r, uint32_t i)
{
    diag_add(r->b->diags, &haproxy_action_word, word_at(r->s, i)->at,
             DIAG_TEXT(text_at(r->s, i), text_at(r->s, 0)));
    return false;
}

static bool take_status(struct words_of_reply *r, uint32_t i)
{
    int64_t n;
    if (!value_number(r->b->diags, word_at(r->s, i + 1), 200, 599, &n))
        return false;
    r->reply->status = (uint16_t)n;
    r->has_status = true;
    return true;
}

static bool take_type(struct words_of_reply *r, uint32_t i)
{
    r->content_type = arena_span(r->b->arena, text_at(r->s, i + 1));
    return true;
}

static bool take_text(struct words_of_reply *r, uint32_t i)
{
    r->has_body = true;
    if (text_is(r->s, i, "lf-string"))
        r->reply->body = haproxy_format(r->b, word_at(r->s, i + 1), FORMAT_RULE);
    else
        r->reply->body = expr_text(r->b->arena, arena_span(r->b->arena, text_at(r->s, i + 1)));
    return r->reply->body != NULL;
}

static bool take_file(struct words_of_reply *r, uint32_t i)
{
    struct build *b = r->b;
    const struct word *w = word_at(r->s, i + 1);
    struct answer a = world_ask(b->world, ASK_FILE, arena_span(b->arena, w->text));
    r->has_body = true;
    if (a.error) {
        diag_add(b->diags, &haproxy_errorfile_missing, w->at,
                 DIAG_TEXT(w->text, span_from(strerrordesc_np(a.error))));
        return false;
    }
    struct span text = arena_span(b->arena, a.bytes.ptr ? a.bytes : SPAN(""));
    if (text_is(r->s, i, "file")) {
        r->reply->body = expr_text(b->arena, text);
        return true;
    }
    struct word inside = *w;
    inside.text = text;
    r->reply->body = haproxy_format(b, &inside, FORMAT_RULE);
    return r->reply->body != NULL;
}

static bool take_whole_file(struct words_of_reply *r, uint32_t i)
{
    struct reply *file = haproxy_errorfile(r->b, word_at(r->s, i + 1), r->reply->status);
    if (file == NULL)
        return false;
    *r->reply = *file; /* its own status counts, whatever else is said */
    r->has_body = true;
    return true;
}

/* errorfiles NAME: the file that the section has for the status. */
static bool take_section(struct words_of_reply *r, uint32_t i)
{
    r->section = word_at(r->s, i + 1);
    return true;
}

static bool take_field(struct words_of_reply *r, uint32_t i)
{
    const struct expr *value = haproxy_format(r->b, word_at(r->s, i + 2), FORMAT_RULE);
    if (value == NULL)
        return false;
    *ARENA_PUSH(r->b->arena, &r->reply->fields) =
        (struct field_line){ arena_span(r->b->arena, text_at(r->s, i + 1)), value };
    return true;
}

static bool take_default(struct words_of_reply *r, uint32_t i)
{
    (void)i;
    r->has_default = true;
    return true;
}

static const struct {
    const char *word;
    uint32_t args;
    bool (*take)(struct words_of_reply *r, uint32_t i);
} known[] = {
    { "status", 1, take_status },      { "deny_status", 1, take_status },
    { "content-type", 1, take_type },  { "string", 1, take_text },
    { "lf-string", 1, take_text },     { "file", 1, take_file },
    { "lf-file", 1, take_file },       { "errorfile", 1, take_whole_file },
    { "hdr", 2, take_field },          { "default-errorfiles", 0, take_default },
    { "errorfiles", 1, take_section },
};

static bool take_word(struct words_of_reply *r, uint32_t *i)
{
    for (size_t k = 0; k < COUNT_OF(known); k++) {
        if (!text_is(r->s, *i, known[k].word))
            continue;
        uint32_t at = *i;
        *i += known[k].args + 1;
        if (*i > r->s->words.count) {
            diag_add(r->b->diags, &conf_arity, word_at(r->s, at)->at,
                     DIAG_TEXT(text_at(r->s, at), arena_printf(r->b->arena, "%u", known[k].args),
                               arena_printf(r->b->arena, "%u", r->s->words.count - at - 1)));
            return false;
        }
        return known[k].take(r, at);
    }
    return bad_word(r, *i);
}

/* Is <status> one of those that have a page of their own, and does the rule ask for it? */
static bool wants_page(const struct words_of_reply *r, bool returns)
{
    return r->has_default || (!returns && !r->has_body && r->reply->fields.count == 0);
}

struct reply *haproxy_reply_words(struct build *b, const struct statement *s, uint32_t from, uint16_t status)
{
    struct words_of_reply r = { .b = b, .s = s, .reply = ARENA_NEW(b->arena, struct reply) };
    r.reply->status = status;
    r.reply->at = s->at;
    for (uint32_t i = from; i < s->words.count;)
        if (!take_word(&r, &i))
            return NULL;
    if (r.reply->status == 0) {
        diag_add(b->diags, &conf_arity, word_at(s, 0)->at,
                 DIAG_TEXT(text_at(s, 0), SPAN("status N"), SPAN("none")));
        return NULL;
    }
    if (r.section)
        return haproxy_section_reply(b, r.section, r.reply->status, s->at);
    bool returns = text_is(s, 0, "return") || text_is(s, 0, "http-error");
    if (wants_page(&r, returns)) {
        r.reply->default_page = true;
        return r.reply;
    }
    if (r.content_type.len && r.has_body)
        r.reply->content_type = r.content_type;
    else if (r.has_body && r.reply->body && r.reply->content_type.len == 0) {
        diag_add(b->diags, &haproxy_no_content_type, s->at, DIAG_TEXT(text_at(s, 0)));
        return NULL;
    }
    return r.reply;
}
