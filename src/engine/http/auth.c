/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/auth.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/error_log.h"
#include "engine/core/thread.h"
#include "engine/core/work.h"
#include "engine/http/internal.h"
#include "eval/password.h"
#include "eval/eval.h"

/* On the heap: a helper may still compute when the request is over. */
struct auth_check {
    struct work work;
    struct stream *stream; /* NULL: the request is over */
    bool done, good;
    size_t password_len, hash_len;
    char bytes[]; /* the password, then the hash */
};

static void check_free(struct auth_check *c)
{
    OPENSSL_cleanse(c->bytes, c->password_len);
    free(c);
}

/* In a helper. */
static void compute(struct work *w)
{
    struct auth_check *c = CONTAINER_OF(w, struct auth_check, work);

    c->good = password_matches(span_of(c->bytes, c->password_len),
                               span_of(c->bytes + c->password_len, c->hash_len));
}

static void computed(struct work *w)
{
    struct auth_check *c = CONTAINER_OF(w, struct auth_check, work);

    c->done = true;
    if (c->stream)
        stream_run(c->stream);
    else
        check_free(c);
}

void auth_fini(struct stream *s)
{
    struct auth_check *c = s->auth;

    s->auth = NULL;
    if (!c)
        return;
    c->stream = NULL;
    if (c->done)
        check_free(c);
}

/* --- */
static struct span ask(struct stream *s, enum fetch what)
{
    struct expr_part part = { .kind = PART_FETCH, .fetch = what };
    struct expr e = { .parts = { .items = &part, .count = 1 }, .type = VALUE_TEXT };
    struct span out;

    return eval_text_found(&s->facts, &e, &out) ? out : span_of(NULL, 0);
}

static enum stream_step passed(struct stream *s, struct span user)
{
    s->facts.auth_user = user;
    s->challenge = span_of(NULL, 0);
    s->routed_again = true;
    return STEP_REQUEST;
}

static enum stream_step challenge(struct stream *s, enum error_event why, struct span user)
{
    struct error_about about = stream_about(s);
    struct span realm = eval_text(&s->facts, s->rules.action->auth->realm);

    about.text = user;
    stream_error(s, why, &about);
    s->challenge =
        scratch_join(&s->scratch, scratch_join(&s->scratch, SPAN("Basic realm=\""), realm), SPAN("\""));
    return stream_refuse(s, s->challenge.ptr && field_value_is_valid(s->challenge) ? 401 : 500, END_DENIED);
}

static enum stream_step judged(struct stream *s, bool good)
{
    struct span user = ask(s, FETCH_AUTH_USER);

    return good ? passed(s, scratch_span(&s->scratch, user)) : challenge(s, ERROR_AUTH_MISMATCH, user);
}

static enum stream_step submit(struct stream *s, struct span password, struct span hash)
{
    struct auth_check *c = calloc(1, sizeof(*c) + password.len + hash.len);

    if (!c)
        return stream_refuse(s, 500, END_INTERNAL);
    c->stream = s;
    c->password_len = password.len;
    c->hash_len = hash.len;
    memcpy(c->bytes, password.ptr, password.len);
    memcpy(c->bytes + password.len, hash.ptr, hash.len);
    s->auth = c;
    work_submit(s->thread, &c->work, compute, computed);
    return STEP_WAIT;
}

/* A condition waits: it is looked at again. */
static enum stream_step told(struct stream *s, bool good)
{
    const struct auth *list = s->facts.auth_wanted;

    s->facts.auth_wanted = NULL;
    if (!eval_auth_tell(&s->facts, list, good))
        return stream_refuse(s, 500, END_INTERNAL);
    s->routed_again = true;
    return STEP_REQUEST;
}

/* Of a list that a condition asks for. */
static enum stream_step ask_list(struct stream *s)
{
    struct span password, hash;

    return eval_auth_ask(&s->facts, s->facts.auth_wanted, &password, &hash) ? submit(s, password, hash)
                                                                            : told(s, false);
}

enum stream_step step_auth(struct stream *s)
{
    if (s->auth && !s->auth->done)
        return STEP_WAIT;
    if (s->auth) {
        bool good = s->auth->good;
        auth_fini(s);
        return s->facts.auth_wanted ? told(s, good) : judged(s, good);
    }
    if (s->facts.auth_wanted)
        return ask_list(s);
    s->facts.auth_user = span_of(NULL, 0);
    struct span user = ask(s, FETCH_AUTH_USER), password = ask(s, FETCH_AUTH_PASSWORD);
    if (!user.ptr || !password.ptr)
        return challenge(s, ERROR_AUTH_NOBODY, SPAN(""));
    const struct span *hash = map_get(s->rules.action->auth->users, user);
    if (!hash)
        return challenge(s, ERROR_AUTH_UNKNOWN, user);
    return password_is_quick(*hash) ? judged(s, password_matches(password, *hash))
                                    : submit(s, password, *hash);
}
