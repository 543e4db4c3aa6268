/* SPDX-License-Identifier: Apache-2.0 */
/* The request's head and body; fields and cookies of either direction. */
#include "eval/eval_internal.h"
#include "wire/message.h"

/* ---- fields, cookies: which of several ---- */

struct values { /* walks the occurrences of one name */
    const struct message *message;
    const struct field *field;
    struct span rest; /* of a comma list, or of a Cookie field */
    const struct expr_part *part;
    enum { OF_FIELD, OF_COOKIE, OF_SET_COOKIE } of;
    bool in_field;
};

static struct values values_of(const struct message *m, const struct expr_part *p)
{
    struct values v = { .message = m, .part = p };

    if (p->fetch == FETCH_REQUEST_COOKIE || p->fetch == FETCH_REQUEST_COOKIE_COUNT)
        v.of = OF_COOKIE;
    else if (p->fetch == FETCH_RESPONSE_COOKIE || p->fetch == FETCH_RESPONSE_COOKIE_COUNT)
        v.of = OF_SET_COOKIE;
    return v;
}

static bool next_field(struct values *v)
{
    const struct message *m = v->message;

    if (v->of == OF_FIELD)
        v->field = v->field ? message_next(m, v->field) : message_find_name(m, v->part->text);
    else
        v->field = v->field ? message_next(m, v->field)
                            : message_find(m, v->of == OF_COOKIE ? FIELD_COOKIE : FIELD_SET_COOKIE);
    if (v->field != NULL)
        v->rest = v->field->value;
    return v->field != NULL;
}

static struct span skip_blanks(struct span s)
{
    while (s.len > 0 && s.ptr[0] == ' ')
        s = span_from_index(s, 1);
    return s;
}

/* As nginx reads them: the name in either case, commas part what is not the name's, and its value goes on to
 * the semicolon, blanks at its end and all. */
static bool next_pair_nocase(struct span *rest, struct span name, struct span *out)
{
    while (rest->len > 0) {
        struct span at = skip_blanks(*rest),
                    value = span_from_index(at, name.len < at.len ? name.len : at.len);
        value = skip_blanks(value);
        if (span_starts_with_nocase(at, name) && value.len > 0 && value.ptr[0] == '=') {
            *rest = skip_blanks(span_from_index(value, 1));
            *out = span_cut(rest, ';');
            return true;
        }
        size_t end = 0;
        while (end < at.len && at.ptr[end] != ';' && at.ptr[end] != ',')
            end++;
        *rest = span_from_index(at, end < at.len ? end + 1 : end);
    }
    return false;
}

/* "a=1; b=2": the next pair of the part's name in what is left. */
static bool next_pair(struct span *rest, const struct expr_part *p, struct span *out)
{
    if (p->number2 == 1)
        return next_pair_nocase(rest, p->text, out);
    while (rest->len > 0) {
        struct span pair = span_trim(span_cut(rest, ';'));
        struct span key = span_trim(span_cut(&pair, '='));
        if (span_eq(key, p->text) && pair.ptr != NULL) {
            *out = span_trim(pair);
            return true;
        }
    }
    return false;
}

static bool take_value(struct values *v, struct span *out)
{
    if (v->of == OF_COOKIE)
        return next_pair(&v->rest, v->part, out);
    if (v->of == OF_SET_COOKIE) {
        struct span first = span_cut(&v->rest, ';');
        v->rest = SPAN("");
        return next_pair(&first, v->part, out);
    }
    if (v->part->number2 == 1)
        return v->rest.len > 0 && list_member(&v->rest, out);
    *out = v->rest;
    return true;
}

static bool next_value(struct values *v, struct span *out)
{
    for (;;) {
        if (v->in_field && take_value(v, out)) {
            v->in_field = v->of != OF_FIELD || v->part->number2 == 1;
            return true;
        }
        if (!next_field(v))
            return false;
        v->in_field = true;
    }
}

static struct span joined(struct facts *f, struct values *v)
{
    struct span all = span_of(NULL, 0), one;
    const bool is_cookie_field = v->of == OF_FIELD && span_eq_nocase(v->part->text, SPAN("cookie"));

    while (next_value(v, &one)) {
        if (all.ptr == NULL) {
            all = one;
            continue;
        }
        all = scratch_join(f->scratch,
                           scratch_join(f->scratch, all, is_cookie_field ? SPAN("; ") : SPAN(", ")), one);
        if (all.ptr == NULL)
            break;
    }
    return all;
}

static uint32_t count_values(struct values *v)
{
    struct span one;
    uint32_t n = 0;

    while (next_value(v, &one))
        n++;
    return n;
}

static const struct message *message_of(const struct facts *f, const struct expr_part *p)
{
    switch ((unsigned)p->fetch) {
    case FETCH_RESPONSE_FIELD:
    case FETCH_RESPONSE_FIELD_COUNT:
    case FETCH_RESPONSE_COOKIE:
        return f->response;
    case FETCH_SENT_FIELD:
        return f->sent;
    default:
        return f->request;
    }
}

static struct value chosen(struct facts *f, const struct expr_part *p)
{
    const struct message *m = message_of(f, p);
    struct span one, last = span_of(NULL, 0);
    int32_t wanted = p->number;

    if (m == NULL)
        return value_none();
    struct values v = values_of(m, p);
    if (wanted == OCCURRENCE_ALL)
        return value_text(joined(f, &v));
    if (wanted < 0) { /* from the end */
        uint32_t count = count_values(&v), back = (uint32_t)-wanted;
        if (back > count)
            return value_none();
        v = values_of(m, p);
        wanted = (int32_t)(count - back + 1);
    }
    for (int32_t n = 1; next_value(&v, &one); n++) {
        last = one;
        if (n == wanted)
            return value_text(one);
    }
    return wanted == OCCURRENCE_LAST || wanted == OCCURRENCE_EACH ? value_text(last) : value_none();
}

bool fetch_has_many(const struct expr_part *p)
{
    if (p->kind != PART_FETCH || p->number != OCCURRENCE_EACH)
        return false;
    switch ((unsigned)p->fetch) {
    case FETCH_REQUEST_FIELD:
    case FETCH_RESPONSE_FIELD:
    case FETCH_SENT_FIELD:
    case FETCH_REQUEST_COOKIE:
    case FETCH_RESPONSE_COOKIE:
        return true;
    default:
        return false;
    }
}

bool fetch_nth(struct facts *f, const struct expr_part *p, uint32_t n, struct value *out)
{
    const struct message *m = message_of(f, p);
    struct span one;

    if (m == NULL)
        return false;
    struct values v = values_of(m, p);
    while (next_value(&v, &one))
        if (--n == 0) {
            *out = value_text(one);
            return true;
        }
    return false;
}

/* ---- target, path, query ---- */

static struct span current_query(const struct facts *f)
{
    return f->request->query;
}

static struct span path_and_query(struct facts *f);

/* Behind the first <delimiter> of the target. */
static struct span behind(struct facts *f, char delimiter)
{
    struct span all = path_and_query(f);
    size_t at = span_find_char(all, delimiter);

    return at == SPAN_NONE ? span_of(NULL, 0) : span_from_index(all, at + 1);
}

/* Up to "&", ";" or the delimiter. */
static struct span cut_parameter(struct span *rest, char delimiter)
{
    size_t i = 0;

    while (i < rest->len && rest->ptr[i] != '&' && rest->ptr[i] != ';' && rest->ptr[i] != delimiter)
        i++;
    struct span pair = span_first(*rest, i);
    *rest = i < rest->len ? span_from_index(*rest, i + 1) : span_of(NULL, 0);
    return pair;
}

static struct value query_param(struct facts *f, const struct expr_part *p)
{
    char delimiter = p->number2 ? (char)p->number2 : '?';
    struct span rest = p->number2 ? behind(f, delimiter) : current_query(f), name = p->text;
    bool nocase = p->number == 1;

    while (rest.ptr != NULL && rest.len > 0) {
        struct span pair = p->number == 2 ? cut_parameter(&rest, delimiter) : span_cut(&rest, '&');
        struct span key = span_cut(&pair, '=');
        /* both languages: without "=" it is no parameter */
        if (pair.ptr && (nocase ? span_eq_nocase(key, name) : span_eq(key, name)))
            return value_text(pair);
    }
    return value_none();
}

static struct span path_and_query(struct facts *f)
{
    const struct message *m = f->request;

    if (m->query.ptr == NULL)
        return m->path;
    if (m->query.ptr == span_end(m->path) + 1) /* as it was received: one piece */
        return span_of(m->path.ptr, m->path.len + 1 + m->query.len);
    return scratch_join(f->scratch, scratch_join(f->scratch, m->path, SPAN("?")), m->query);
}

static struct span version_text(const struct message *m)
{
    return m->major == 2 ? SPAN("2.0") : m->minor == 0 ? SPAN("1.0") : SPAN("1.1");
}

static struct span protocol_text(const struct message *m)
{
    return m->major == 2 ? SPAN("HTTP/2.0") : m->minor == 0 ? SPAN("HTTP/1.0") : SPAN("HTTP/1.1");
}

/* As it was received; it lies in one piece in the head's bytes, so it is put together only here. */
static struct span request_line(struct facts *f)
{
    const struct message *m = f->request;
    struct span method = m->method_text, target = f->target.ptr ? f->target : m->target;
    struct span protocol = protocol_text(m);
    size_t len = method.len + target.len + protocol.len + 2;
    char *at = scratch_bytes(f->scratch, len);

    if (at == NULL)
        return span_of(NULL, 0);
    memcpy(at, method.ptr, method.len);
    at[method.len] = ' ';
    memcpy(at + method.len + 1, target.ptr, target.len);
    at[method.len + 1 + target.len] = ' ';
    memcpy(at + method.len + target.len + 2, protocol.ptr, protocol.len);
    return span_of(at, len);
}

/* ---- host ---- */

static struct span server_name(const struct facts *f)
{
    const struct scope *s = f->front ? f->front : f->scope;

    while (s != NULL && s->server_name.len == 0)
        s = s->parent;
    return s ? s->server_name : SPAN("");
}

static struct value forwarded_for(struct facts *f)
{
    struct expr_part all = { .kind = PART_FETCH,
                             .fetch = FETCH_REQUEST_FIELD,
                             .text = SPAN("x-forwarded-for"),
                             .number = OCCURRENCE_ALL };
    struct expr_part client = { .kind = PART_FETCH, .fetch = FETCH_CLIENT_IP };
    struct value before = chosen(f, &all), ip = fetch_client(f, &client);
    struct span text = eval_as_text(f, &ip);

    if (before.type == VALUE_NONE)
        return value_text(text);
    return value_text(scratch_join(f->scratch, scratch_join(f->scratch, before.as.text, SPAN(", ")), text));
}

static struct value body(struct facts *f)
{
    struct span s;
    return f->live->body != NULL && f->live->body(f->self, &s) && s.len ? value_text(s) : value_none();
}

/* ---- Basic authentication (RFC 7617) ---- */

struct value fetch_user_or_password(struct facts *f, bool password)
{
    const struct field *field = message_find(f->request, FIELD_AUTHORIZATION);
    struct conversion decode = { .kind = CONVERT_BASE64_DECODE };

    if (field == NULL || !span_starts_with_nocase(field->value, SPAN("basic ")))
        return value_none();
    struct value v = convert_value(f, value_text(span_trim(span_from_index(field->value, 6))), &decode);
    if (v.type != VALUE_BINARY)
        return value_none();
    struct span rest = v.as.text, user = span_cut(&rest, ':');
    if (rest.ptr == NULL)
        return value_none();
    return value_text(password ? rest : user);
}

static struct value base(struct facts *f, struct span behind)
{
    const struct message *m = f->request;

    return value_text(
        scratch_join(f->scratch, m->host.ptr ? m->host : SPAN(""), behind.ptr ? behind : SPAN("")));
}

static bool host_is_sni(struct facts *f)
{
    struct value sni = f->live->tls ? f->live->tls(f->self, FETCH_TLS_SNI, 0, f->scratch) : value_none();

    return sni.type == VALUE_TEXT && span_eq(f->host, sni.as.text);
}

/* Of the connection. */
static struct span scheme(struct facts *f)
{
    int64_t n;

    return f->live->number(f->self, FETCH_TLS_USED, &n) && n ? SPAN("https") : SPAN("http");
}

/* ---- whole heads ---- */

/* Connection is between two neighbours: HAProxy takes it out before anybody looks. */
static bool is_passed_over(const struct field *field)
{
    return field->gone || field->id == FIELD_CONNECTION;
}

static struct value field_names(struct facts *f, const struct message *m, struct span between)
{
    size_t room = 1;
    struct buf b;

    for (unsigned i = 0; i < m->field_count; i++)
        room += m->fields[i].name.len + between.len;
    char *at = scratch_bytes(f->scratch, room);
    if (at == NULL)
        return value_none();
    buf_init_fixed(&b, at, room);
    for (unsigned i = 0; i < m->field_count; i++) {
        if (is_passed_over(&m->fields[i]))
            continue;
        if (b.len)
            buf_put(&b, between);
        for (size_t k = 0; k < m->fields[i].name.len; k++) {
            char c = m->fields[i].name.ptr[k];
            buf_put_char(&b, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
        }
    }
    return value_text(buf_span(&b));
}

static struct value all_fields(struct facts *f, const struct message *m)
{
    size_t room = 3;
    struct buf b;

    for (unsigned i = 0; i < m->field_count; i++)
        room += m->fields[i].name.len + m->fields[i].value.len + 4;
    char *at = scratch_bytes(f->scratch, room);
    if (at == NULL)
        return value_none();
    buf_init_fixed(&b, at, room);
    for (unsigned i = 0; i < m->field_count; i++)
        if (!is_passed_over(&m->fields[i]))
            buf_printf(&b, "%.*s: %.*s\r\n", SPAN_ARGS(m->fields[i].name), SPAN_ARGS(m->fields[i].value));
    buf_put(&b, SPAN("\r\n"));
    return value_text(buf_span(&b));
}

/* RFC 6750 2.1; a field of another name holds the token with or without its scheme. */
static struct value bearer(const struct message *m, struct span name)
{
    const struct field *field = name.len ? message_find_name(m, name) : message_find(m, FIELD_AUTHORIZATION);

    if (field == NULL || !span_starts_with_nocase(field->value, SPAN("bearer ")))
        return value_none();
    return value_text(span_trim(span_from_index(field->value, 7)));
}

static struct value auth_type(const struct message *m)
{
    const struct field *field = message_find(m, FIELD_AUTHORIZATION);

    return field ? value_text(span_first(field->value, span_find_char(field->value, ' '))) : value_none();
}

/* Without scheme and host, as nginx has it: "http://a/b?c" is "/b?c", "http://a" is "/". */
static struct span origin_form(struct span target)
{
    if (LIKELY(target.len == 0 || target.ptr[0] == '/'))
        return target;
    size_t colon = span_find_char(target, ':');
    if (colon == SPAN_NONE || target.len - colon < 3 || target.ptr[colon + 1] != '/')
        return target;
    struct span rest = span_from_index(target, colon + 3);
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?')
        len++;
    return len < rest.len ? span_from_index(rest, len) : SPAN("/");
}

static struct value from_request(struct facts *f, const struct expr_part *p)
{
    const struct message *m = f->request;

    switch ((unsigned)p->fetch) {
    case FETCH_METHOD:
        return value_text(m->method_text);
    case FETCH_TARGET:
        return value_text(p->number       ? origin_form(f->target.ptr ? f->target : m->target)
                          : f->target.ptr ? f->target
                                          : m->target);
    case FETCH_PATH:
        return value_text(m->path);
    case FETCH_PATH_AND_QUERY:
        return value_text(path_and_query(f));
    case FETCH_BASE:
        return base(f, m->path);
    case FETCH_BASE_QUERY:
        return base(f, path_and_query(f));
    case FETCH_URI_NORMAL:
        return value_text(f->uri.ptr ? f->uri : m->path);
    case FETCH_QUERY:
        return value_text(m->query);
    case FETCH_QUERY_MARK:
        return value_text(m->query.len ? SPAN("?") : SPAN(""));
    case FETCH_QUERY_PARAM:
        return query_param(f, p);
    case FETCH_SCHEME:
        return value_text(m->scheme.len ? m->scheme : scheme(f));
    case FETCH_HTTP_VERSION:
        return value_text(version_text(m));
    case FETCH_PROTOCOL:
        return value_text(protocol_text(m));
    case FETCH_REQUEST_LINE:
        return value_text(request_line(f));
    case FETCH_HOST_FIELD:
        return m->host.len ? value_text(m->host) : value_none();
    case FETCH_HOST_NAME:
        return value_text(f->host.len ? f->host : server_name(f));
    case FETCH_HOST_IS_SNI:
        return value_bool(f->host.len == 0 || host_is_sni(f));
    case FETCH_REQUEST_FIELD:
    case FETCH_REQUEST_COOKIE:
        return chosen(f, p);
    case FETCH_REQUEST_FIELD_NAMES:
        return field_names(f, m, p->text.len ? p->text : SPAN(","));
    case FETCH_REQUEST_FIELDS:
        return all_fields(f, m);
    case FETCH_AUTH_TYPE:
        return auth_type(m);
    case FETCH_AUTH_BEARER:
        return bearer(m, p->text);
    case FETCH_REQUEST_COOKIE_COUNT:
    case FETCH_REQUEST_FIELD_COUNT: {
        struct values v = values_of(m, p);
        return value_int(count_values(&v));
    }
    case FETCH_REQUEST_BODY_LENGTH: {
        const struct field *field = message_find(m, FIELD_CONTENT_LENGTH);
        return field ? value_text(field->value) : value_none();
    }
    case FETCH_AUTH_USER:
        return f->auth_user.ptr ? value_text(f->auth_user) : fetch_user_or_password(f, false);
    case FETCH_AUTH_PASSWORD:
        return fetch_user_or_password(f, true);
    case FETCH_FORWARDED_FOR_APPENDED:
        return forwarded_for(f);
    default:
        BUG_ON(true);
        return value_none();
    }
}

/* What came was no request: nginx's logs show it as it came, with what is known all the same. */
static struct value without_request(struct facts *f, const struct expr_part *p)
{
    switch ((unsigned)p->fetch) {
    case FETCH_REQUEST_LINE:
        return p->number && f->first_line.ptr ? value_text(f->first_line) : value_none();
    case FETCH_HOST_NAME:
        return value_text(server_name(f));
    case FETCH_SCHEME:
        return value_text(scheme(f));
    case FETCH_QUERY_MARK:
        return value_text(SPAN(""));
    default:
        return value_none();
    }
}

struct value fetch_request(struct facts *f, const struct expr_part *p)
{
    int64_t n;

    switch ((unsigned)p->fetch) {
    case FETCH_REQUEST_LENGTH:
        return f->live->number(f->self, p->fetch, &n) ? value_int(n) : value_none();
    case FETCH_REQUEST_BODY:
        return body(f);
    case FETCH_SERVER_NAME:
        return value_text(server_name(f));
    case FETCH_DOCUMENT_ROOT:
    case FETCH_REQUEST_FILENAME:
    case FETCH_COMPRESSION_RATIO:
    case FETCH_LIMIT_REQ_STATUS:
    case FETCH_LIMIT_CONN_STATUS:
        return value_text(f->live->text(f->self, p->fetch));
    case FETCH_REQUEST_COMPLETE:
        return value_text(f->end && f->end->complete ? SPAN("OK") : SPAN(""));
    case FETCH_PROXY_HOST:
        return value_text(f->proxy_host);
    case FETCH_PROXY_PORT:
        return value_text(f->proxy_port);
    default:
        return f->request ? from_request(f, p) : f->end ? without_request(f, p) : value_none();
    }
}

/* ---- the answer's head ---- */

static struct span upstream_statuses(struct facts *f)
{
    struct buf b;
    char room[256];

    buf_init_fixed(&b, room, sizeof(room));
    for (uint32_t i = 0; i < f->try_count; i++) {
        if (i > 0)
            buf_put(&b, f->tries[i].again ? SPAN(" : ") : SPAN(", "));
        if (f->tries[i].status)
            buf_put_u64(&b, f->tries[i].status);
        else
            buf_put_char(&b, '-');
    }
    return f->try_count ? scratch_span(f->scratch, buf_span(&b)) : span_of(NULL, 0);
}

/* The length of an answer of our own is no field before it is written. */
static struct value sent_field(struct facts *f, const struct expr_part *p)
{
    struct value v = chosen(f, p);

    if (v.type == VALUE_NONE && f->sent && f->sent->framing == FRAMING_LENGTH &&
        span_eq_nocase(p->text, SPAN("content-length")))
        return value_int((int64_t)f->sent->body_length);
    return v;
}

struct value fetch_response(struct facts *f, const struct expr_part *p)
{
    switch ((unsigned)p->fetch) {
    case FETCH_STATUS:
        return f->status ? value_int(f->status) : value_none();
    case FETCH_UPSTREAM_STATUS:
        return value_text(upstream_statuses(f));
    case FETCH_RESPONSE_FIELD:
    case FETCH_RESPONSE_COOKIE:
        return chosen(f, p);
    case FETCH_SENT_FIELD:
        return sent_field(f, p);
    case FETCH_RESPONSE_COOKIE_COUNT:
    case FETCH_RESPONSE_FIELD_COUNT: {
        struct values v = values_of(f->response, p);
        return f->response ? value_int(count_values(&v)) : value_none();
    }
    case FETCH_RESPONSE_FIELD_NAMES:
        return f->response ? field_names(f, f->response, p->text.len ? p->text : SPAN(",")) : value_none();
    case FETCH_RESPONSE_FIELDS:
        return f->response ? all_fields(f, f->response) : value_none();
    case FETCH_SERVER_STATUS:
        return f->try_count && f->tries[f->try_count - 1].status
                   ? value_int(f->tries[f->try_count - 1].status)
                   : value_none();
    case FETCH_RESPONSE_VERSION:
        return f->response ? value_text(version_text(f->response)) : value_none();
    default:
        BUG_ON(true);
        return value_none();
    }
}
