/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/auth.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    bool from_file, unknown; /* the hash is sought in a file; there is none for the user */
    int error;               /* of that file */
    size_t password_len, hash_len, user_len;
    char bytes[]; /* the password, then the hash; or the user and the file's path with a NUL */
};

#define FILE_MOST (1u << 20) /* bytes of a file of users that are read */

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

/* "user:hash[:comment]", one a line: the hash; ptr NULL: there is no such user. */
static struct span hash_in(struct span text, struct span user)
{
    while (text.len) {
        struct span rest = span_cut(&text, '\n'), name;
        if (span_ends_with(rest, SPAN("\r")))
            rest.len--;
        if (rest.len == 0 || rest.ptr[0] == '#')
            continue;
        name = span_cut(&rest, ':');
        if (rest.ptr && span_eq(name, user))
            return span_cut(&rest, ':');
    }
    return span_of(NULL, 0);
}

static struct span read_all(const char *path, char *to, int *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t len = 0;
    ssize_t n = fd < 0 ? -1 : 0;

    while (fd >= 0 && len < FILE_MOST && (n = read(fd, to + len, FILE_MOST - len)) > 0)
        len += (size_t)n;
    *error = n < 0 ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    return span_of(to, len);
}

/* In a helper: the file is as it is now. */
static void compute_from_file(struct work *w)
{
    struct auth_check *c = CONTAINER_OF(w, struct auth_check, work);
    const char *user = c->bytes + c->password_len;
    char *text = malloc(FILE_MOST);

    c->error = text ? 0 : ENOMEM;
    if (text == NULL)
        return;
    struct span all = read_all(user + c->user_len, text, &c->error);
    struct span hash = hash_in(all, span_of(user, c->user_len));
    c->unknown = hash.ptr == NULL;
    c->good = !c->unknown && password_matches(span_of(c->bytes, c->password_len), hash);
    free(text);
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

static struct auth_check *check_new(struct stream *s, struct span password, size_t more)
{
    struct auth_check *c = calloc(1, sizeof(*c) + password.len + more);

    if (!c)
        return NULL;
    c->stream = s;
    c->password_len = password.len;
    memcpy(c->bytes, password.ptr, password.len);
    s->auth = c;
    return c;
}

static enum stream_step submit(struct stream *s, struct span password, struct span hash)
{
    struct auth_check *c = check_new(s, password, hash.len);

    if (!c)
        return stream_refuse(s, 500, END_INTERNAL);
    c->hash_len = hash.len;
    memcpy(c->bytes + password.len, hash.ptr, hash.len);
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

static enum stream_step submit_file(struct stream *s, struct span user, struct span password)
{
    struct span path = eval_text(&s->facts, s->rules.action->auth->file);
    struct auth_check *c = check_new(s, password, user.len + path.len + 1);

    if (!c)
        return stream_refuse(s, 500, END_INTERNAL);
    c->from_file = true;
    c->user_len = user.len;
    memcpy(c->bytes + password.len, user.ptr, user.len);
    memcpy(c->bytes + password.len + user.len, path.ptr, path.len);
    work_submit(s->thread, &c->work, compute_from_file, computed);
    return STEP_WAIT;
}

static enum stream_step file_failed(struct stream *s, int error)
{
    struct error_about about = stream_about(s);

    about.text = eval_text(&s->facts, s->rules.action->auth->file);
    about.error = error;
    stream_error(s, ERROR_FILE_FAILED, &about);
    return stream_refuse(s, error == ENOENT ? 403 : 500, END_DENIED);
}

static enum stream_step answered(struct stream *s)
{
    const struct auth_check c = *s->auth;

    auth_fini(s);
    if (s->facts.auth_wanted)
        return told(s, c.good);
    if (c.error)
        return file_failed(s, c.error);
    return c.unknown ? challenge(s, ERROR_AUTH_UNKNOWN, ask(s, FETCH_AUTH_USER)) : judged(s, c.good);
}

enum stream_step step_auth(struct stream *s)
{
    if (s->auth && !s->auth->done)
        return STEP_WAIT;
    if (s->auth)
        return answered(s);
    if (s->facts.auth_wanted)
        return ask_list(s);
    s->facts.auth_user = span_of(NULL, 0);
    struct span user = ask(s, FETCH_AUTH_USER), password = ask(s, FETCH_AUTH_PASSWORD);
    if (!user.ptr || !password.ptr)
        return challenge(s, ERROR_AUTH_NOBODY, SPAN(""));
    if (s->rules.action->auth->file)
        return submit_file(s, user, password);
    const struct span *hash = map_get(s->rules.action->auth->users, user);
    if (!hash)
        return challenge(s, ERROR_AUTH_UNKNOWN, user);
    return password_is_quick(*hash) ? judged(s, password_matches(password, *hash))
                                    : submit(s, password, *hash);
}
