/* SPDX-License-Identifier: Apache-2.0 */
/* The words that begin a section. */
#include "conf/haproxy/haproxy_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

const char *haproxy_section_name(const struct build *b)
{
    return b->context == IN_FILE || b->context == IN_SKIPPED
               ? ""
               : keyword_context_name(&haproxy_keywords, b->context);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':';
}

bool haproxy_name(struct build *b, const struct word *w)
{
    for (size_t i = 0; i < w->text.len; i++) {
        if (is_name_char(w->text.ptr[i]))
            continue;
        diag_add(b->diags, &haproxy_bad_name, w->at, DIAG_TEXT(w->text, span_of(w->text.ptr + i, 1)));
        return false;
    }
    return w->text.len > 0;
}

/* ---- which defaults ---- */

static struct draft *find_defaults(struct build *b, const struct word *w)
{
    struct draft *found = NULL;
    for (uint32_t i = 0; i < b->defaults.count; i++) {
        if (!span_eq(b->defaults.items[i]->name, w->text))
            continue;
        if (found) {
            struct diag *d = diag_add(b->diags, &haproxy_defaults_twice, w->at, DIAG_TEXT(w->text));
            diag_also(b->diags, d, found->at, "the first one");
            diag_also(b->diags, d, b->defaults.items[i]->at, "the second one");
            return b->defaults.items[i];
        }
        found = b->defaults.items[i];
    }
    if (found == NULL) {
        struct diag *d = diag_add(b->diags, &haproxy_defaults_unknown, w->at, DIAG_TEXT(w->text));
        LIST_OF(const char *) names = { 0 };
        for (uint32_t i = 0; i < b->defaults.count; i++)
            if (b->defaults.items[i]->name.len)
                *ARENA_PUSH(b->arena, &names) = b->defaults.items[i]->name.ptr;
        *ARENA_PUSH(b->arena, &names) = NULL;
        const char *near = diag_nearest(w->text, names.items);
        if (near)
            diag_help(b->diags, d, "did you mean `%s`?", near);
    }
    return found;
}

/* "from NAME" at word <i>, when it is there. <from> gets what the section begins as. False: no section. */
static bool take_from(struct build *b, const struct statement *s, uint32_t i, struct draft **from)
{
    if (i >= s->words.count)
        return true;
    if (!text_is(s, i, "from") || i + 2 != s->words.count) {
        struct diag *d = diag_add(b->diags, &haproxy_section_word, word_at(s, i)->at,
                                  DIAG_TEXT(text_at(s, i), text_at(s, 0)));
        if (span_find_char(text_at(s, i), ':') != SPAN_NONE)
            diag_help(b->diags, d, "write the address in a line of its own: bind %.*s",
                      SPAN_ARGS(text_at(s, i)));
        return true; /* what follows is read all the same */
    }
    *from = find_defaults(b, word_at(s, i + 1));
    return true;
}

static struct draft *open_section(struct build *b, uint32_t context, const struct draft *from,
                                  const struct word *name)
{
    struct draft *d = haproxy_draft_new(b, context, from);
    d->name = name ? arena_span(b->arena, name->text) : SPAN("");
    d->at = name ? name->at : WHERE_NONE;
    b->draft = d;
    b->context = context;
    return d;
}

static void on_defaults(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct draft *from = NULL;
    bool named = s->words.count > 1 && !text_is(s, 1, "from");
    if (named && !haproxy_name(b, word_at(s, 1)))
        named = false;
    (void)take_from(b, s, s->words.count > 1 && !text_is(s, 1, "from") ? 2 : 1, &from);
    if (from && from->kept[KEPT_RULE].count) {
        diag_add(b->diags, &haproxy_defaults_chain, word_at(s, s->words.count - 1)->at,
                 DIAG_TEXT(from->name));
        from = NULL;
    }
    struct draft *d = open_section(b, IN_DEFAULTS, from, named ? word_at(s, 1) : NULL);
    d->section_at = s->at;
    if (!named)
        d->at = word_at(s, 0)->at;
    *ARENA_PUSH(b->arena, &b->defaults) = d;
}

static void on_proxy(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct draft *from = b->defaults.count ? b->defaults.items[b->defaults.count - 1] : NULL;
    (void)haproxy_name(b, word_at(s, 1));
    (void)take_from(b, s, 2, &from);
    struct draft *d = open_section(b, (uint32_t)k->low, from, word_at(s, 1));
    d->section_at = s->at;
    *ARENA_PUSH(b->arena, &b->proxies) = d;
}

static void on_global(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->context = IN_GLOBAL;
}

/* ---- http-errors ---- */

static void on_http_errors(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct http_errors *e = ARENA_PUSH(b->arena, &b->http_errors);
    *e = (struct http_errors){ .name = arena_span(b->arena, text_at(s, 1)), .at = word_at(s, 1)->at };
    b->context = IN_HTTP_ERRORS;
}

#define SECTION_REFUSED(name, why)                                                                           \
    {                                                                                                        \
        name, IN_FILE, 0, ARGS_ANY, KEYWORD_REFUSED, .today = why                                            \
    }

const struct keyword haproxy_section_words[] = {
    { "global", IN_FILE, 0, 0, .handle = on_global, .manual = "what counts for the whole process" },
    { "defaults", IN_FILE, 0, ARGS_ANY, .handle = on_defaults,
      .manual = "[NAME] [from NAME]: what the sections below begin with" },
    { "frontend", IN_FILE, 1, ARGS_ANY, .handle = on_proxy, .low = IN_FRONTEND,
      .manual = "NAME [from DEFAULTS]: who listens, and where requests go" },
    { "backend", IN_FILE, 1, ARGS_ANY, .handle = on_proxy, .low = IN_BACKEND,
      .manual = "NAME [from DEFAULTS]: servers, and how they are chosen" },
    { "listen", IN_FILE, 1, ARGS_ANY, .handle = on_proxy, .low = IN_LISTEN,
      .manual = "NAME [from DEFAULTS]: a frontend and its backend in one" },
    { "http-errors", IN_FILE, 1, 1, .handle = on_http_errors,
      .manual = "NAME: error pages for `errorfiles`" },
    { "resolvers", IN_FILE, 1, 1, .handle = haproxy_on_resolvers,
      .manual = "NAME: nameservers for servers whose names are asked for while running" },
    SECTION_REFUSED("peers", "stick tables are not shared with other machines yet"),
    SECTION_REFUSED("mailers", "mail alerts are not sent by this program; watch its log instead"),
    SECTION_REFUSED("program", "start other programs by your service manager"),
    SECTION_REFUSED("cache", "answers are not cached yet"),
    { "ring", IN_FILE, 1, 1, .handle = haproxy_on_ring,
      .manual = "NAME: log servers that are spoken to by connections, for `log ring@NAME`" },
    SECTION_REFUSED("log-forward", "forwarding foreign syslog messages is not served"),
    SECTION_REFUSED("log-profile", "log profiles are not served; `log-format` is"),
    SECTION_REFUSED("fcgi-app", "FastCGI is not served yet"),
    SECTION_REFUSED("crt-store", "certificates are named where they are used: `crt`, `crt-list`"),
    SECTION_REFUSED("acme", "certificates are not fetched by this program"),
    SECTION_REFUSED("traces", "there are no traces of HAProxy's inside here"),
    { NULL },
};
