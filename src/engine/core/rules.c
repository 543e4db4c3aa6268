/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/rules.h"

#include "engine/core/rules_internal.h"
#include "eval/recorder.h"

/* --- scopes ------------------------------------------------------------------------------------------------
 */
void rules_enter(struct rules *r, const struct scope *scope)
{
    struct facts *f = r->facts;

    r->scope = f->scope = scope;
    if (scope->client)
        r->client = scope->client;
    if (scope->server)
        r->server = scope->server;
    if (scope->compression)
        r->compression = scope->compression->codings.count ? scope->compression : NULL;
    if (scope->replies)
        r->replies = scope->replies;
    if (scope->error_pages_set || scope->error_pages.count)
        r->pages = scope;
    if (scope->logs_set || scope->logs.count)
        r->logs = scope;
    if (scope->error_logs)
        r->error_logs = scope->error_logs;
    if (UNLIKELY(f->recorder))
        f->recorder->on_scope(f->recorder, scope);
}

void rules_begin_zeroed(struct rules *r, const struct scope *entry)
{
    r->entry = r->front = r->pages = r->logs = entry;
    r->log_level = UINT8_MAX;
    r->facts->front = entry;
    rules_enter(r, entry);
}

void rules_begin(struct rules *r, const struct scope *entry)
{
    *r = (struct rules){
        .facts = r->facts, .session = r->session, .request = r->request, .on_limit = r->on_limit
    };
    rules_begin_zeroed(r, entry);
}

bool rules_again(struct rules *r, uint32_t skip)
{
    if (++r->agains > RULES_AGAIN_MAX)
        return false;
    rules_enter(r, r->front);
    r->list = &r->front->on[HOOK_REQUEST];
    r->next = skip > r->front->first_only ? skip : r->front->first_only;
    r->hook = HOOK_REQUEST;
    r->entered = 0;
    r->uri_changed = true;
    r->path_is_whole = false;
    return true;
}

/* --- small actions -----------------------------------------------------------------------------------------
 */
static enum outcome act_accept(struct rules *r, const struct action *a)
{
    (void)r, (void)a;
    return LEAVE;
}

static enum outcome act_skip(struct rules *r, const struct action *a)
{
    r->next += (uint32_t)a->number;
    return NEXT;
}

static enum outcome act_reply(struct rules *r, const struct action *a)
{
    r->reply = a->reply;
    return rules_end(r, RULES_REPLY);
}

static enum outcome act_tarpit(struct rules *r, const struct action *a)
{
    r->reply = a->reply;
    r->pause = DURATION_MS((uint32_t)a->number);
    return rules_end(r, RULES_TARPIT);
}

static enum outcome act_close(struct rules *r, const struct action *a)
{
    (void)a;
    return rules_end(r, RULES_CLOSE);
}

static enum outcome act_proxy(struct rules *r, const struct action *a)
{
    (void)a;
    return rules_end(r, RULES_PROXY);
}

static enum outcome act_files(struct rules *r, const struct action *a)
{
    (void)a;
    return rules_end(r, RULES_FILES);
}

static enum outcome act_status(struct rules *r, const struct action *a)
{
    (void)a;
    return rules_end(r, RULES_STATUS);
}

static enum outcome act_wait_body(struct rules *r, const struct action *a)
{
    (void)a;
    return rules_end(r, RULES_WAIT_BODY);
}

static enum outcome act_set_log_level(struct rules *r, const struct action *a)
{
    r->log_level = (uint8_t)a->number;
    return NEXT;
}

static enum outcome act_retry_off(struct rules *r, const struct action *a)
{
    (void)a;
    r->retry_off = true;
    return NEXT;
}

/* The first that holds counts. */
static enum outcome act_use_server(struct rules *r, const struct action *a)
{
    r->wanted = a->server;
    r->next += (uint32_t)a->number;
    return NEXT;
}

bool rules_parse_size(struct span text, uint64_t *out)
{
    unsigned shift = 0;

    if (text.len && (text.ptr[text.len - 1] | 0x20) == 'k')
        shift = 10;
    else if (text.len && (text.ptr[text.len - 1] | 0x20) == 'm')
        shift = 20;
    text.len -= shift != 0;
    if (!span_to_u64(text, UINT32_MAX, out))
        return false;
    *out <<= shift;
    return true;
}

static enum outcome act_limit_rate(struct rules *r, const struct action *a)
{
    uint64_t rate = 0;

    if (rules_parse_size(eval_text(r->facts, a->expr), &rate)) {
        r->rate = rate;
        r->rate_after = (uint64_t)a->number;
    }
    return NEXT;
}

static action_fn *const actions[ACTION_COUNT] = {
    [ACTION_ENTER] = act_enter,
    [ACTION_ADOPT] = act_adopt,
    [ACTION_ROUTE_HOST] = act_route_host,
    [ACTION_ROUTE_LOCATION] = act_route_location,
    [ACTION_ACCEPT] = act_accept,
    [ACTION_SKIP] = act_skip,
    [ACTION_REPLY] = act_reply,
    [ACTION_CLOSE] = act_close,
    [ACTION_TARPIT] = act_tarpit,
    [ACTION_PROXY] = act_proxy,
    [ACTION_FILES] = act_files,
    [ACTION_STATUS] = act_status,
    [ACTION_FIELD_SET] = act_field_set,
    [ACTION_FIELD_ADD] = act_field_add,
    [ACTION_FIELD_DELETE] = act_field_delete,
    [ACTION_FIELD_REPLACE] = act_field_replace,
    [ACTION_FIELD_SET_DEFAULT] = act_field_set_default,
    [ACTION_SET_METHOD] = act_set_method,
    [ACTION_SET_PATH] = act_set_path,
    [ACTION_SET_QUERY] = act_set_query,
    [ACTION_SET_TARGET] = act_set_target,
    [ACTION_SET_STATUS] = act_set_status,
    [ACTION_SET_SLOT] = act_set_slot,
    [ACTION_SET_ADDRESS] = act_set_address,
    [ACTION_REWRITE] = act_rewrite,
    [ACTION_ALLOW] = act_allow,
    [ACTION_DENY] = act_deny,
    [ACTION_AUTH_BASIC] = act_auth_basic,
    [ACTION_FORWARDED_FOR] = act_forwarded_for,
    [ACTION_REAL_IP] = act_real_ip,
    [ACTION_CAPTURE] = act_capture,
    [ACTION_SET_LOG_LEVEL] = act_set_log_level,
    [ACTION_LIMIT_RATE] = act_limit_rate,
    [ACTION_LIMIT_CONN] = act_limit_conn,
    [ACTION_LIMIT_REQ] = act_limit_req,
    [ACTION_RETRY_OFF] = act_retry_off,
    [ACTION_USE_SERVER] = act_use_server,
    [ACTION_COOKIE] = act_cookie,
    [ACTION_WAIT_BODY] = act_wait_body,
    [ACTION_LINES] = act_lines,
    [ACTION_TRACK] = act_track,
    [ACTION_STICK_ADD] = act_stick_add,
    [ACTION_STICK_SET] = act_stick_set,
    [ACTION_STICK_MATCH] = act_stick_match,
    [ACTION_STICK_STORE] = act_stick_store,
    [ACTION_PERSIST] = act_persist,
    [ACTION_SET_TIMEOUT] = act_set_timeout,
    [ACTION_PAUSE] = act_pause,
    [ACTION_NORMALIZE] = act_normalize,
    [ACTION_SET_TOS] = act_set_tos,
    [ACTION_PATTERNS] = act_patterns,
    [ACTION_EXPIRES] = act_expires,
    [ACTION_REFERER] = act_referer,
    [ACTION_SECURE_LINK] = act_secure_link,
};

/* --- running --- */
/* Answers are also the business of where the request came in: an entry scope has its own say after the rest.
 */
static bool goes_to_entry(const struct rules *r)
{
    return r->hook >= HOOK_RESPONSE && r->list != &r->entry->on[r->hook];
}

/* What is captured of the first bytes is captured when they are there. */
static bool capture_is_known(struct rules *r, const struct action *a)
{
    if (a->kind != ACTION_CAPTURE || r->hook != HOOK_CONTENT || !(a->expr->needs & NEEDS_BYTES))
        return true;
    r->facts->pending = false;
    (void)eval_value(r->facts, a->expr);
    return !r->facts->pending;
}

/* Conditions on the first bytes of a TCP session: the client's, or the server's. */
static bool waits_for_bytes(const struct rules *r)
{
    return r->hook == HOOK_CONTENT || (r->hook == HOOK_RESPONSE && r->facts->answered.ptr);
}

/* A condition that may ask for a password: helpers compute slow hashes. <known> false: one is asked to. */
static bool cond_of_password(struct rules *r, const struct action *a, bool *known)
{
    struct facts *f = r->facts;

    f->auth_wanted = NULL;
    f->auth_may_wait = r->hook == HOOK_REQUEST;
    bool due = eval_cond(f, a->when);
    f->auth_may_wait = false;
    *known = f->auth_wanted == NULL;
    return due;
}

/* <known> false: its condition, or its value, waits for the session's first bytes, or for a password. */
static bool action_is_due(struct rules *r, const struct action *a, bool *known)
{
    bool due = true;

    *known = true;
    if (a->when && waits_for_bytes(r) && (a->when->needs & NEEDS_BYTES))
        due = eval_cond_known(r->facts, a->when, known);
    else if (a->when && UNLIKELY((a->when->needs & NEEDS_PASSWORD) == NEEDS_PASSWORD))
        due = cond_of_password(r, a, known);
    else if (a->when)
        due = eval_cond(r->facts, a->when);
    *known = *known && (!due || capture_is_known(r, a));
    if (!*known)
        return false;

    if (UNLIKELY(r->facts->recorder))
        r->facts->recorder->on_action(r->facts->recorder, a, due);
    return due;
}

enum rules_result rules_resume(struct rules *r)
{
    for (;;) {
        if (r->next >= r->list->count) {
            if (!goes_to_entry(r))
                return RULES_DONE;
            r->list = &r->entry->on[r->hook];
            r->next = 0;
            continue;
        }
        const struct action *a = &r->list->items[r->next++];
        bool known;
        if (!action_is_due(r, a, &known)) {
            if (known)
                continue;
            r->next--;
            return r->facts->auth_wanted ? RULES_AUTH : RULES_WAIT_BYTES;
        }
        r->action = a;
        switch (actions[a->kind](r, a)) {
        case NEXT:
        case JUMPED:
            break;
        case LEAVE:
            r->next = r->list->count;
            break;
        case ENDED:
            return (enum rules_result)r->result;
        }
    }
}

enum rules_result rules_run(struct rules *r, enum hook h)
{
    r->hook = (uint8_t)h;
    r->list = &r->scope->on[h];
    r->next = 0;
    r->entered = 0;
    return rules_resume(r);
}
