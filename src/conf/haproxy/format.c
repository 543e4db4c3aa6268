/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log formats, of logs and of rules: "%ci:%cp [%tr] %{+Q}r %[path]". Blanks are
 * separators and are merged; words that give nothing are "-" in logs.
 */
#include "base/macros.h"
#include "conf/haproxy/haproxy_internal.h"

enum variable_type {
    TYPE_TEXT,
    TYPE_PLAIN, /* never quoted: dates, codes */
    TYPE_NUMBER,
    TYPE_IP,
    TYPE_LIST,
};
static const struct variable {
    const char *name;
    enum fetch fetch;
    enum variable_type type;
    bool http;             /* only in mode http */
    bool client;           /* what a client wrote: escaped as HAProxy escapes request lines */
    bool hex;              /* +X makes a difference */
    const char *otherwise; /* instead of no value */
    const char *time;      /* the number is seconds, shown so */
    bool local;
    int32_t number;
} variables[] = {
    { "B", FETCH_BYTES_SENT, TYPE_NUMBER },
    { "CC", FETCH_CAPTURED_COOKIE_REQUEST, TYPE_TEXT, .http = true },
    { "CS", FETCH_CAPTURED_COOKIE_RESPONSE, TYPE_TEXT, .http = true },
    { "H", FETCH_HOSTNAME, TYPE_TEXT },
    { "HM", FETCH_METHOD, TYPE_TEXT, .http = true, .client = true, .otherwise = "<BADREQ>" },
    { "HP", FETCH_PATH, TYPE_TEXT, .http = true, .client = true, .otherwise = "<BADREQ>" },
    { "HPO", FETCH_PATH, TYPE_TEXT, .http = true, .client = true, .otherwise = "<BADREQ>" },
    { "HQ", FETCH_QUERY, TYPE_TEXT, .http = true, .client = true },
    { "HU", FETCH_TARGET, TYPE_TEXT, .http = true, .client = true, .otherwise = "<BADREQ>" },
    { "HV", FETCH_PROTOCOL, TYPE_TEXT, .http = true, .client = true, .otherwise = "<BADREQ>" },
    { "ID", FETCH_SLOT, TYPE_TEXT },
    { "ST", FETCH_STATUS, TYPE_NUMBER },
    { "T", FETCH_ACCEPT_S, TYPE_PLAIN, .time = "%d/%b/%Y:%H:%M:%S +0000" },
    { "Ta", FETCH_TIMER_ACTIVE, TYPE_NUMBER, .http = true },
    { "Tc", FETCH_TIMER_CONNECT, TYPE_NUMBER },
    { "Td", FETCH_TIMER_DATA, TYPE_NUMBER },
    { "Tl", FETCH_ACCEPT_S, TYPE_PLAIN, .time = "%d/%b/%Y:%H:%M:%S %z", .local = true },
    { "Th", FETCH_TIMER_HANDSHAKE, TYPE_NUMBER },
    { "Ti", FETCH_TIMER_IDLE, TYPE_NUMBER, .http = true },
    { "Tq", FETCH_TIMER_QUERY, TYPE_NUMBER, .http = true },
    { "TR", FETCH_TIMER_REQUEST, TYPE_NUMBER, .http = true },
    { "Tr", FETCH_TIMER_RESPONSE, TYPE_NUMBER, .http = true },
    { "Ts", FETCH_ACCEPT_S, TYPE_NUMBER, .hex = true },
    { "Tt", FETCH_TIMER_TOTAL, TYPE_NUMBER },
    { "Tu", FETCH_TIMER_USER, TYPE_NUMBER },
    { "Tw", FETCH_TIMER_QUEUE, TYPE_NUMBER },
    { "U", FETCH_BYTES_RECEIVED, TYPE_NUMBER },
    { "ac", FETCH_COUNT_PROCESS, TYPE_NUMBER },
    { "b", FETCH_POOL_NAME, TYPE_TEXT, .otherwise = "" },
    { "bc", FETCH_COUNT_POOL, TYPE_NUMBER },
    { "bi", FETCH_SERVER_SOURCE_IP, TYPE_IP },
    { "bp", FETCH_SERVER_SOURCE_PORT, TYPE_NUMBER, .hex = true },
    { "bq", FETCH_QUEUE_POOL, TYPE_NUMBER },
    { "ci", FETCH_CLIENT_IP, TYPE_IP },
    { "cp", FETCH_CLIENT_PORT, TYPE_NUMBER, .hex = true },
    { "f", FETCH_SERVICE_NAME, TYPE_TEXT },
    { "fc", FETCH_COUNT_SERVICE, TYPE_NUMBER },
    { "fi", FETCH_LOCAL_IP, TYPE_IP },
    { "fp", FETCH_LOCAL_PORT, TYPE_NUMBER, .hex = true },
    { "ft", FETCH_SERVICE_NAME_MARKED, TYPE_TEXT },
    { "hr", FETCH_CAPTURED_REQUEST, TYPE_LIST },
    { "hrl", FETCH_CAPTURED_REQUEST, TYPE_LIST, .number = CAPTURED_QUOTED },
    { "hs", FETCH_CAPTURED_RESPONSE, TYPE_LIST },
    { "hsl", FETCH_CAPTURED_RESPONSE, TYPE_LIST, .number = CAPTURED_QUOTED },
    { "ms", FETCH_ACCEPT_MS, TYPE_PLAIN },
    { "pid", FETCH_PID, TYPE_NUMBER, .hex = true },
    { "r", FETCH_REQUEST_LINE, TYPE_TEXT, .http = true, .client = true, .otherwise = "<BADREQ>" },
    { "rc", FETCH_COUNT_RETRIES, TYPE_NUMBER },
    { "rt", FETCH_REQUEST_SERIAL, TYPE_NUMBER, .hex = true },
    { "s", FETCH_SERVER_PICKED_NAME, TYPE_TEXT, .otherwise = "<NOSRV>" },
    { "sc", FETCH_COUNT_SERVER, TYPE_NUMBER },
    { "si", FETCH_SERVER_IP, TYPE_IP },
    { "sp", FETCH_SERVER_PORT, TYPE_NUMBER, .hex = true },
    { "sq", FETCH_QUEUE_SERVER, TYPE_NUMBER },
    { "sslc", FETCH_TLS_CIPHER, TYPE_TEXT },
    { "sslv", FETCH_TLS_VERSION, TYPE_TEXT },
    { "t", FETCH_DATE_ACCEPT, TYPE_PLAIN },
    { "tr", FETCH_DATE_REQUEST, TYPE_PLAIN, .http = true },
    { "trg", FETCH_REQUEST_S, TYPE_PLAIN, .http = true, .time = "%d/%b/%Y:%H:%M:%S +0000" },
    { "trl", FETCH_REQUEST_S, TYPE_PLAIN, .http = true, .time = "%d/%b/%Y:%H:%M:%S %z", .local = true },
    { "ts", FETCH_TERMINATION, TYPE_PLAIN },
    { "tsc", FETCH_TERMINATION_COOKIE, TYPE_PLAIN, .http = true },
};

struct flags {
    bool quote, hex, slash, json;
};
struct formatter {
    struct build *b;
    const struct word *w;
    enum format_use use;
    struct span rest;
    struct expr *e;
    struct flags all;       /* as %o set them */
    struct span name, type; /* "%(name:type)..." of what comes next; empty: none */
    uint32_t named;         /* members of the JSON object so far */
    bool blank;             /* a separator stands before what comes next */
    bool separated;         /* what stands before brings its own */
    struct buf text;        /* literal text that is being collected */
};

static struct word here(const struct formatter *f, struct span part)
{
    return haproxy_part(f->w, (size_t)(part.ptr - f->w->text.ptr), part.len);
}

static bool fail(struct formatter *f, const struct diag_kind *kind, struct span part, struct span more)
{
    struct word w = here(f, part);
    diag_add(f->b->diags, kind, w.at, DIAG_TEXT(part, more));
    return false;
}

/* ---- parts ---- */

static void flush_text(struct formatter *f)
{
    struct span text = buf_span(&f->text);
    if (text.len)
        (void)expr_add_text(f->b->arena, f->e, arena_span(f->b->arena, text));
    buf_clear(&f->text);
}

static void put_blank(struct formatter *f)
{
    bool first = f->e->parts.count == 0 && buf_span(&f->text).len == 0;
    if (f->blank && !first && !f->all.json && !f->separated)
        buf_put_char(&f->text, ' ');
    f->blank = f->separated = false;
}

static void put_literal(struct formatter *f, char c)
{
    put_blank(f);
    if (!f->all.json)
        buf_put_char(&f->text, c);
}

/* Where a part begins; false: it is not shown. JSON has no place for what has no name. */
static bool begin_part(struct formatter *f)
{
    put_blank(f);
    if (f->all.json && f->name.len == 0)
        return false;
    if (f->all.json) {
        buf_put(&f->text, f->named++ ? SPAN(", ") : SPAN("{"));
        buf_put_json(&f->text, f->name);
        buf_put(&f->text, SPAN(": "));
    }
    flush_text(f);
    return true;
}

static void convert_to_type(struct formatter *f, struct expr_part *p)
{
    if (span_eq(f->type, SPAN("str")))
        (void)expr_add_conversion(f->b->arena, p, CONVERT_TO_TEXT);
    else if (span_eq(f->type, SPAN("sint")))
        (void)expr_add_conversion(f->b->arena, p, CONVERT_TO_INT);
    else if (span_eq(f->type, SPAN("bool")))
        (void)expr_add_conversion(f->b->arena, p, CONVERT_BOOL);
}

/* How a part shows in the line; numbers and addresses need no care. */
static void finish_part(struct formatter *f, struct expr_part *p, struct flags flags, enum expr_escape escape)
{
    p->at = f->w->at;
    convert_to_type(f, p);
    if (flags.json) {
        p->escape = ESCAPE_JSON;
        p->quote = QUOTE_TYPED;
        return;
    }
    if (flags.quote || f->use == FORMAT_LOG)
        p->escape = escape;
    p->quote = flags.quote ? QUOTE_ALWAYS : QUOTE_NONE;
    p->slash = flags.slash && escape != ESCAPE_NONE;
    p->dash = f->use == FORMAT_LOG && !flags.quote ? DASH_EMPTY : DASH_NEVER;
}

static bool is_captured(const struct formatter *f, const struct variable *v)
{
    const struct scope *s = f->b->at->scope;
    return s && (v->fetch == FETCH_CAPTURED_RESPONSE ? s->response_slots : s->slots) > 0;
}

static void add_variable(struct formatter *f, const struct variable *v, struct flags flags)
{
    struct arena *a = f->b->arena;
    if (v->type == TYPE_LIST && !is_captured(f, v))
        return; /* the blanks around it become one */
    if (!begin_part(f))
        return;
    if (v->fetch == FETCH_QUERY) { /* with its mark, as HAProxy shows it */
        struct expr_part *mark = expr_add_fetch(a, f->e, FETCH_QUERY_MARK, SPAN(""));
        mark->at = f->w->at;
    }
    struct expr_part *p = expr_add_fetch(a, f->e, v->fetch, SPAN(""));
    p->number = v->number;
    if (v->type == TYPE_LIST && v->number == CAPTURED_BRACES && span_starts_with(f->rest, SPAN(" "))) {
        p->number = CAPTURED_BRACES_BLANK; /* none at all leaves no blank behind either */
        f->separated = true;
    }
    if (v->fetch == FETCH_SLOT)
        p->number = (int32_t)config_slot(f->b->config, SPAN("unique-id"));
    if (v->time)
        expr_add_conversion(a, p, v->local ? CONVERT_LTIME : CONVERT_UTIME)->text = span_from(v->time);
    if (flags.hex && v->hex)
        (void)expr_add_conversion(a, p, CONVERT_HEX_NUMBER);
    if (flags.hex && v->type == TYPE_IP)
        (void)expr_add_conversion(a, p, CONVERT_HEX);
    if (v->otherwise)
        expr_add_conversion(a, p, CONVERT_DEFAULT)->text =
            v->otherwise[0] ? span_from(v->otherwise) : f->b->at->name; /* without a backend: the frontend */
    if (v->type == TYPE_NUMBER || v->type == TYPE_PLAIN || v->type == TYPE_LIST)
        flags.quote = false;
    finish_part(f, p, flags,
                v->type != TYPE_TEXT ? ESCAPE_NONE
                : v->client          ? ESCAPE_HAPROXY_LOG
                                     : ESCAPE_HAPROXY_TEXT);
    if (v->fetch == FETCH_QUERY || v->type == TYPE_LIST)
        p->dash = DASH_NEVER;
}

/* May it hold bytes that no field may? What came in a head does not, until something is decoded. */
static bool may_be_unclean(const struct expr_part *p)
{
    if (p->kind != PART_FETCH)
        return false;
    switch ((unsigned)p->fetch) {
    case FETCH_SLOT:
    case FETCH_CAPTURED:
    case FETCH_REQUEST_BODY:
    case FETCH_BYTES_PAYLOAD:
    case FETCH_AUTH_USER:
    case FETCH_AUTH_PASSWORD:
    case FETCH_REQUEST_FIELDS:
    case FETCH_RESPONSE_FIELDS:
        return true;
    default:
        break;
    }
    for (uint32_t i = 0; i < p->conversions.count; i++) {
        enum convert c = p->conversions.items[i].kind;
        if (convert_gives(c) == VALUE_BINARY || c == CONVERT_URL_DECODE || c == CONVERT_JSON_QUERY ||
            c == CONVERT_TOKEN_PART || c == CONVERT_CONCAT || c == CONVERT_ADD_ITEM || c == CONVERT_REGSUB)
            return true;
    }
    return fetch_type(p->fetch) == VALUE_BINARY;
}

static bool add_sample(struct formatter *f, struct span text, struct flags flags)
{
    struct word w = here(f, text);
    struct sample sample;
    if (!haproxy_sample(f->b, &w, false, &sample))
        return false;
    if (!begin_part(f))
        return true;
    struct expr_part *p = ARENA_PUSH(f->b->arena, &f->e->parts);
    *p = sample.expr->parts.items[0];
    if (f->use == FORMAT_RULE && may_be_unclean(p))
        (void)expr_add_conversion(f->b->arena, p, CONVERT_FIELD_SAFE);
    if (f->use == FORMAT_RULE)
        flags.quote = false; /* HAProxy's rules have no quotes round samples */
    finish_part(f, p, flags, ESCAPE_HAPROXY_TEXT);
    return true;
}

/* ---- reading ---- */

/* "{+Q,-X}" behind the percent sign */
static bool take_flags(struct formatter *f, struct flags *flags)
{
    size_t close = span_find_char(f->rest, '}');
    if (close == SPAN_NONE)
        return fail(f, &haproxy_format_open, span_first(f->rest, 1), SPAN("}"));
    struct span list = span_of(f->rest.ptr + 1, close - 1);
    f->rest = span_from_index(f->rest, close + 1);
    while (list.ptr) {
        struct span one = span_cut(&list, ',');
        bool on = span_starts_with(one, SPAN("+"));
        if (one.len == 2 && (on || one.ptr[0] == '-') && one.ptr[1] == 'Q')
            flags->quote = on;
        else if (one.len == 2 && (on || one.ptr[0] == '-') && one.ptr[1] == 'X')
            flags->hex = on;
        else if (one.len == 2 && (on || one.ptr[0] == '-') && one.ptr[1] == 'E')
            flags->slash = on;
        else if (span_eq(one, SPAN("+json")) && f->use == FORMAT_LOG)
            flags->json = true;
        else
            return fail(f, &haproxy_format_flag, one, SPAN(""));
    }
    return true;
}

/* "[path,lower]": brackets within quotes or arguments do not count. */
static bool take_brackets(struct formatter *f, struct span *inside)
{
    char quote = '\0';
    bool arguments = false;
    for (size_t i = 1; i < f->rest.len; i++) {
        char c = f->rest.ptr[i];
        if (c == '\\' && quote != '\'' && i + 1 < f->rest.len) {
            i++;
        } else if (quote) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '(' || c == ')') {
            arguments = c == '(';
        } else if (c == ']' && !arguments) {
            *inside = span_of(f->rest.ptr + 1, i - 1);
            f->rest = span_from_index(f->rest, i + 1);
            return true;
        }
    }
    return fail(f, &haproxy_format_open, span_first(f->rest, 1), SPAN("]"));
}

static struct span take_name(struct formatter *f)
{
    size_t n = 0;
    while (n < f->rest.len && ((f->rest.ptr[n] >= 'a' && f->rest.ptr[n] <= 'z') ||
                               (f->rest.ptr[n] >= 'A' && f->rest.ptr[n] <= 'Z')))
        n++;
    struct span name = span_first(f->rest, n);
    f->rest = span_from_index(f->rest, n);
    return name;
}

/* The longest that begins <name>: "%cis" is "%ci", then "s". */
static const struct variable *find_variable(struct span *name)
{
    for (size_t len = name->len; len > 0; len--) {
        for (size_t i = 0; i < COUNT_OF(variables); i++) {
            if (!span_eq(span_first(*name, len), span_from(variables[i].name)))
                continue;
            *name = span_first(*name, len);
            return &variables[i];
        }
    }
    return NULL;
}

static bool say_unknown(struct formatter *f, struct span name)
{
    if (span_eq(name, SPAN("lc")))
        return fail(f, &haproxy_format_refused, name, SPAN("lines are not counted"));
    struct word w = here(f, name);
    struct diag *d = diag_add(f->b->diags, &haproxy_format_unknown, w.at, DIAG_TEXT(name));
    const char *names[COUNT_OF(variables) + 1] = { NULL };
    for (size_t i = 0; i < COUNT_OF(variables); i++)
        names[i] = variables[i].name;
    const char *near = diag_nearest(name, names);
    if (near)
        diag_help(f->b->diags, d, "did you mean `%%%s`?", near);
    return false;
}

static bool take_variable(struct formatter *f, struct flags flags)
{
    struct span name = take_name(f);
    if (span_eq(name, SPAN("o"))) {
        f->all = flags;
        return true;
    }
    struct span found = name;
    const struct variable *v = find_variable(&found);
    if (v == NULL)
        return say_unknown(f, name.len ? name : span_first(f->rest, 1));
    f->rest = span_of(span_end(found), (size_t)(span_end(f->rest) - span_end(found)));
    if (v->http && !draft_is_http(f->b->at))
        return fail(f, &haproxy_format_http, found, f->b->at->name);
    add_variable(f, v, flags);
    return true;
}

/* "(name:type)" behind the percent sign: what it is called where the line is an object. */
static bool take_item_name(struct formatter *f)
{
    static const char *const types[] = { "str", "sint", "bool" };
    size_t close = span_find_char(f->rest, ')');
    if (close == SPAN_NONE)
        return fail(f, &haproxy_format_open, span_first(f->rest, 1), SPAN(")"));
    struct span type = span_of(f->rest.ptr + 1, close - 1);
    f->name = span_cut(&type, ':');
    f->rest = span_from_index(f->rest, close + 1);
    bool known = type.ptr == NULL;
    for (size_t i = 0; i < COUNT_OF(types) && !known; i++)
        known = span_eq(type, span_from(types[i]));
    f->type = type;
    return known || fail(f, &haproxy_format_flag, type, SPAN(""));
}

/* Behind a percent sign. */
static bool take_percent(struct formatter *f)
{
    struct flags flags = f->all;
    struct span inside;
    f->rest = span_from_index(f->rest, 1);
    f->name = f->type = span_of(NULL, 0);
    if (span_starts_with(f->rest, SPAN("%"))) {
        put_literal(f, '%');
        f->rest = span_from_index(f->rest, 1);
        return true;
    }
    if (span_starts_with(f->rest, SPAN("(")) && !take_item_name(f))
        return false;
    if (span_starts_with(f->rest, SPAN("{")) && !take_flags(f, &flags))
        return false;
    if (!span_starts_with(f->rest, SPAN("[")))
        return take_variable(f, flags);
    return take_brackets(f, &inside) && add_sample(f, inside, flags);
}

static bool take_all(struct formatter *f)
{
    bool good = true;
    while (f->rest.len) {
        char c = f->rest.ptr[0];
        if (c == '%') {
            good = take_percent(f) && good;
        } else {
            if (c == ' ' && f->use == FORMAT_LOG) {
                f->blank = true;
            } else {
                put_literal(f, c);
            }
            f->rest = span_from_index(f->rest, 1);
        }
    }
    return good;
}

const struct expr *haproxy_format(struct build *b, const struct word *w, enum format_use use)
{
    struct formatter f = { .b = b, .w = w, .use = use, .rest = w->text };
    f.e = ARENA_NEW(b->arena, struct expr);
    buf_init(&f.text, w->text.len + 2);
    bool good = take_all(&f);
    if (f.all.json)
        buf_put(&f.text, f.named ? SPAN("}") : SPAN("{}"));
    flush_text(&f);
    buf_fini(&f.text);
    if (f.e->parts.count == 0)
        (void)expr_add_text(b->arena, f.e, SPAN(""));
    f.e->source = arena_span(b->arena, w->text);
    f.e->at = w->at;
    expr_finish(b->arena, f.e);
    return good ? f.e : NULL;
}
