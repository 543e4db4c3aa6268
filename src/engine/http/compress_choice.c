/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/compress_choice.h"

#include "base/clock.h"
#include "model/regex.h"

static struct span value_of(const struct message *m, enum field_id id)
{
    const struct field *f = message_find(m, id);

    return f ? f->value : span_of(NULL, 0);
}

/* ---- what the client accepts ---- */

static struct span coding_name(enum content_coding c)
{
    return c == CODING_GZIP ? SPAN("gzip") : c == CODING_IDENTITY ? SPAN("identity") : SPAN("deflate");
}

/* What follows the 1 of "1.000". */
static bool is_one(struct span rest)
{
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] != (i == 0 ? '.' : '0'))
            return false;
    return true;
}

/* The weight of a member, in thousandths (RFC 9110 12.4.2); what cannot be read counts as 0. */
static unsigned weight_of(struct span parameters)
{
    unsigned weight = 0, scale = 1000;

    while (parameters.ptr != NULL) {
        struct span one = span_trim(span_cut(&parameters, ';'));
        if (one.len < 3 || (one.ptr[0] | 0x20) != 'q' || one.ptr[1] != '=')
            continue;
        if (one.ptr[2] == '1')
            return is_one(span_from_index(one, 3)) ? 1000 : 0;
        for (size_t i = 4; i < one.len && scale > 1 && one.ptr[i] >= '0' && one.ptr[i] <= '9'; i++) {
            scale /= 10;
            weight += (unsigned)(one.ptr[i] - '0') * scale;
        }
        return weight;
    }
    return 1000;
}

/* The coding of that name; of several, and for the star, the one that was written last (HAProxy). */
static bool find_coding(const struct compression *c, struct span name, enum content_coding *coding)
{
    bool star = c->heeds_star && span_eq(name, SPAN("*"));

    for (uint32_t i = c->codings.count; i-- > 0;) {
        if (!star && !span_eq_nocase(name, coding_name(c->codings.items[i])))
            continue;
        *coding = c->codings.items[i];
        return true;
    }
    return false;
}

/* What is wanted most; of equals, what the client names first. */
static bool choose_coding(const struct compression *c, const struct message *request,
                          enum content_coding *coding)
{
    unsigned best = 0;

    if (c->codings.count && c->codings.items[0] == CODING_IDENTITY) {
        *coding = CODING_IDENTITY; /* nobody needs to accept that */
        return true;
    }
    for (const struct field *f = message_find(request, FIELD_ACCEPT_ENCODING); f != NULL;
         f = message_next(request, f)) {
        struct span line = f->value, member;
        while (list_member(&line, &member)) {
            struct span parameters = member, name = span_trim(span_cut(&parameters, ';'));
            enum content_coding found;
            unsigned q = weight_of(parameters);
            if (q <= best || !find_coding(c, name, &found))
                continue;
            best = q;
            *coding = found;
        }
    }
    return best > 0;
}

/* ---- clients that say so and cannot ---- */

/* "MSIE 6" without the second service pack, and older ones. */
static bool is_old_msie(struct span agent)
{
    size_t at = span_find(agent, SPAN("MSIE "));

    if (at == SPAN_NONE || at + 6 >= agent.len)
        return false;
    char version = agent.ptr[at + 5];
    bool one_digit = agent.ptr[at + 6] == '.';
    return one_digit && (version < '6' || (version == '6' && span_find(agent, SPAN("SV1")) == SPAN_NONE));
}

static bool is_disabled(const struct compression *c, const struct message *request)
{
    struct span agent = value_of(request, FIELD_USER_AGENT);

    if (agent.len == 0)
        return false;
    if (c->disabled_msie6 && is_old_msie(agent))
        return true;
    if (c->disabled_mozilla4 && span_starts_with(agent, SPAN("Mozilla/4")) &&
        (is_old_msie(agent) || span_find(agent, SPAN("MSIE ")) == SPAN_NONE))
        return true;
    for (uint32_t i = 0; i < c->disabled.count; i++)
        if (regex_matches(c->disabled.items[i], agent, NULL))
            return true;
    return false;
}

/* ---- requests through another proxy ---- */

static bool says(const struct message *answer, struct span token)
{
    for (const struct field *f = message_find(answer, FIELD_CACHE_CONTROL); f != NULL;
         f = message_next(answer, f)) {
        struct span list = f->value, member;
        while (list_member(&list, &member))
            if (span_eq_nocase(span_trim(span_cut(&member, '=')), token))
                return true;
    }
    return false;
}

/* Expires at or before Date: no cache will keep it. */
static bool is_expired(const struct message *answer)
{
    uint64_t expires, date;

    if (!clock_parse_http(value_of(answer, FIELD_EXPIRES), &expires))
        return false; /* nginx takes it for no answer, RFC 9111 5.3 for the past */
    if (!clock_parse_http(value_of(answer, FIELD_DATE), &date))
        date = clock_wall_us() / 1000000;
    return expires < date;
}

static bool proxied_allows(const struct compression *c, const struct message *request,
                           const struct message *answer)
{
    uint32_t p = c->proxied;

    if (!c->heeds_via || message_find_name(request, SPAN("via")) == NULL || (p & PROXIED_ANY))
        return true;
    if (p == 0)
        return false;
    if ((p & PROXIED_AUTH) && message_find(request, FIELD_AUTHORIZATION))
        return true;
    if (message_find(answer, FIELD_EXPIRES))
        return (p & PROXIED_EXPIRED) && is_expired(answer);
    if (message_find(answer, FIELD_CACHE_CONTROL))
        return ((p & PROXIED_NO_CACHE) && says(answer, SPAN("no-cache"))) ||
               ((p & PROXIED_NO_STORE) && says(answer, SPAN("no-store"))) ||
               ((p & PROXIED_PRIVATE) && says(answer, SPAN("private")));
    /* The manual says that these two allow; what nginx does is that they forbid what has the field. */
    return !((p & PROXIED_NO_LAST_MODIFIED) && message_find(answer, FIELD_LAST_MODIFIED)) &&
           !((p & PROXIED_NO_ETAG) && message_find(answer, FIELD_ETAG));
}

/* ---- the answer ---- */

static bool has_status(const struct compression *c, unsigned status)
{
    for (uint32_t i = 0; i < c->statuses.count; i++)
        if (c->statuses.items[i] == status)
            return true;
    return false;
}

static bool has_type(const struct compression *c, const struct message *answer)
{
    const struct field *f = message_find(answer, FIELD_CONTENT_TYPE);
    struct span type = f ? f->value : span_of(NULL, 0);

    if (c->types.count == 0)
        return true;
    if (!c->types_begin)
        type = span_trim(span_cut(&type, ';'));
    for (uint32_t i = 0; i < c->types.count; i++) {
        struct span one = c->types.items[i];
        if (c->types_begin ? span_starts_with_nocase(type, one) : span_eq_nocase(type, one))
            return true;
    }
    return false;
}

/* "x" or W/"x". */
static bool is_etag(struct span tag)
{
    if (span_starts_with(tag, SPAN("W/")))
        tag = span_from_index(tag, 2);
    return tag.len >= 2 && tag.ptr[0] == '"' && tag.ptr[tag.len - 1] == '"';
}

static bool care_allows(const struct message *answer)
{
    const struct field *tag = message_find(answer, FIELD_ETAG);

    if (answer->framing == FRAMING_CLOSE || answer->minor == 0)
        return false;
    if (says(answer, SPAN("no-transform")) ||
        span_starts_with_nocase(value_of(answer, FIELD_CONTENT_TYPE), SPAN("multipart")))
        return false;
    return tag == NULL || (is_etag(tag->value) && message_next(answer, tag) == NULL);
}

/* The body's length, or that of the body that a HEAD does not get; false: it is not known. */
static bool length_of(const struct message *request, const struct message *answer, uint64_t *length)
{
    const struct field *f = message_find(answer, FIELD_CONTENT_LENGTH);

    *length = answer->body_length;
    if (request->method == METHOD_HEAD)
        return f != NULL && span_to_u64(f->value, UINT64_MAX, length);
    return answer->framing == FRAMING_LENGTH;
}

static bool answer_allows(const struct compression *c, const struct message *request,
                          const struct message *answer, bool own)
{
    uint64_t length;
    bool has_body = answer->framing == FRAMING_LENGTH || answer->framing == FRAMING_CHUNKED ||
                    answer->framing == FRAMING_CLOSE;

    if (request->method == METHOD_HEAD ? c->careful : !has_body)
        return false;
    if ((own && !c->own) || !has_status(c, answer->status) || value_of(answer, FIELD_CONTENT_ENCODING).len)
        return false;
    if (length_of(request, answer, &length) && (length == 0 || length < c->length_min))
        return false;
    return has_type(c, answer) && (!c->careful || care_allows(answer));
}

bool compress_accepts(const struct compression *c, const struct message *request)
{
    const struct message nothing = { .status = 0 };
    enum content_coding coding;

    return request->minor >= c->minor_min && !is_disabled(c, request) && choose_coding(c, request, &coding) &&
           proxied_allows(c, request, &nothing);
}

enum compress_choice compress_choose(const struct compression *c, const struct message *request,
                                     const struct message *answer, bool own, enum content_coding *coding)
{
    if (!answer_allows(c, request, answer, own))
        return COMPRESS_NO;
    if (request->minor < c->minor_min || is_disabled(c, request) || !choose_coding(c, request, coding) ||
        !proxied_allows(c, request, answer))
        return COMPRESS_VARIES;
    return COMPRESS_YES;
}
