/* SPDX-License-Identifier: Apache-2.0 */
/* Is the request from a user of a list (Basic authentication, RFC 7617)? */
#include "eval/eval_internal.h"
#include "eval/password.h"
#include "model/action.h"

/* One that was computed for this request, in its scratch. */
struct auth_verdict {
    const struct auth_verdict *before;
    const struct auth *list;
    struct span user, password;
    bool good;
};

static bool who_asks(struct facts *f, struct span *user, struct span *password)
{
    if (f->request == NULL)
        return false;
    struct value name = fetch_user_or_password(f, false), secret = fetch_user_or_password(f, true);
    if (name.type == VALUE_NONE || secret.type == VALUE_NONE)
        return false;
    *user = name.as.text;
    *password = secret.as.text;
    return true;
}

bool eval_auth_ask(struct facts *f, const struct auth *list, struct span *password, struct span *hash)
{
    struct span user;
    const struct span *kept = who_asks(f, &user, password) ? map_get(list->users, user) : NULL;

    if (kept == NULL)
        return false;
    *hash = *kept;
    return true;
}

bool eval_auth_tell(struct facts *f, const struct auth *list, bool good)
{
    struct auth_verdict *v = scratch_zalloc(f->scratch, sizeof(*v));

    if (v == NULL || !who_asks(f, &v->user, &v->password))
        return false;
    v->before = f->verdicts;
    v->list = list;
    v->good = good;
    f->verdicts = v;
    return true;
}

static const struct auth_verdict *find_verdict(const struct facts *f, const struct auth *list,
                                               struct span user, struct span password)
{
    const struct auth_verdict *v = f->verdicts;

    while (v && (v->list != list || !span_eq(v->user, user) || !span_eq(v->password, password)))
        v = v->before;
    return v;
}

/* Is he who he says he is? */
static bool is_listed(struct facts *f, const struct auth *list, struct span user, struct span password)
{
    const struct span *hash = map_get(list->users, user);

    if (hash == NULL)
        return false;
    const struct auth_verdict *known = find_verdict(f, list, user, password);
    if (known)
        return known->good;
    if (f->auth_may_wait && !password_is_quick(*hash)) {
        f->auth_wanted = list;
        return false;
    }
    bool good = password_matches(password, *hash);
    if (!password_is_quick(*hash))
        good = eval_auth_tell(f, list, good) && good;
    return good;
}

struct value fetch_auth(struct facts *f, const struct expr_part *p)
{
    struct span user, password;

    if (!who_asks(f, &user, &password))
        return value_none();
    bool good = is_listed(f, p->auth, user, password);
    if (p->fetch == FETCH_AUTH_LISTED)
        return value_bool(good);
    return good ? value_text(user) : value_none();
}
