/* SPDX-License-Identifier: Apache-2.0 */
/* empty_gif: a transparent pixel, for pages that count their readers. */
#include "conf/nginx/nginx_internal.h"

#include "model/reply.h"

/* One transparent pixel: a table of two colours, the first of which is not shown. */
static const char pixel[] = "GIF89a\1\0\1\0\x80\1\0"                  /* 1 by 1, two colours */
                            "\0\0\0\xff\xff\xff"                      /* black, white */
                            "\x21\xf9\4\1\0\0\1\0"                    /* the first is transparent */
                            "\x2c\0\0\0\0\1\0\1\0\0\2\2\x4c\1\0\x3b"; /* the picture and the end */
static const char changed[] = "Mon, 28 Sep 1970 06:00:00 GMT";        /* as old as nginx's */

static const struct cond *is_one_of(struct build *b, const struct expr *what, const char *const *texts,
                                    bool negate, struct where at)
{
    struct test t = { .subject = what, .how = MATCH_EXACT, .negate = negate, .at = at };

    for (; *texts; texts++)
        *ARENA_PUSH(b->arena, &t.texts) = span_from(*texts);
    return cond_of_test(b->arena, &t);
}

static struct reply *add_reply(struct build *b, const struct level *l, struct where at, uint16_t status,
                               const struct cond *when)
{
    struct action *a = action_add(b->config, l->scope, HOOK_REQUEST, ACTION_REPLY, at);
    struct reply *r = ARENA_NEW(b->arena, struct reply);

    r->status = status;
    r->at = at;
    a->when = when;
    a->reply = r;
    return r;
}

static void add_changed(struct build *b, struct reply *r)
{
    *ARENA_PUSH(b->arena, &r->fields) =
        (struct field_line){ .name = SPAN("Last-Modified"),
                             .value = expr_text(b->arena, span_from(changed)) };
}

void nginx_compile_empty_gif(struct build *b, const struct level *l, struct where at)
{
    static const char *const methods[] = { "GET", "HEAD", NULL }, *const dates[] = { changed, NULL };
    const struct expr *method = expr_fetch(b->arena, FETCH_METHOD, SPAN(""));
    const struct expr *since = expr_fetch(b->arena, FETCH_REQUEST_FIELD, SPAN("If-Modified-Since"));

    add_reply(b, l, at, 405, is_one_of(b, method, methods, true, at))->default_page = true;
    if (SETTING(l, if_modified_since, 0) != MODIFIED_OFF)
        add_changed(b, add_reply(b, l, at, 304, is_one_of(b, since, dates, false, at)));
    struct reply *r = add_reply(b, l, at, 200, NULL);
    add_changed(b, r);
    r->content_type = SPAN("image/gif");
    r->body = expr_text(b->arena, span_of(pixel, sizeof(pixel) - 1));
}
