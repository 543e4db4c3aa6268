/* SPDX-License-Identifier: Apache-2.0 */
/* log_format, access_log, error_log: of http and of stream. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

enum { FACILITY_LOCAL7 = 23, LEVEL_ERR = 3, LEVEL_INFO_NUMBER = 6, SYSLOG_PORT = 514 };

static const char *const facilities[] = {
    "kern",   "user",     "mail",   "daemon", "auth",   "intern", "lpr",  "news",   "uucp",
    "clock",  "authpriv", "ftp",    "ntp",    "audit",  "alert",  "cron", "local0", "local1",
    "local2", "local3",   "local4", "local5", "local6", "local7", NULL,
};
/* By syslog's number, as nginx calls them. */
static const char *const levels[] = { "emerg",  "alert", "crit",  "error", "warn",
                                      "notice", "info",  "debug", NULL };

/* ---- formats ---- */

struct log_format {
    struct span name;
    struct statement statement; /* its words; none for one that is predefined */
    const char *predefined;
    enum expr_escape escape;
    const struct expr *expr; /* once it is used */
    struct where at;
};

static void on_log_format(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct side *side = b->context & IN_STREAM ? &b->stream : &b->http;
    struct log_format *f = ARENA_NEW(b->arena, struct log_format);
    *f = (struct log_format){
        .name = text_at(s, 1), .statement = *s, .escape = ESCAPE_NGINX_LOG, .at = s->at
    };
    struct word how;
    if (word_option(word_at(s, 2), "escape", &how)) {
        static const char *const ways[] = { "default", "json", "none", NULL };
        static const enum expr_escape escapes[] = { ESCAPE_NGINX_LOG, ESCAPE_NGINX_JSON, ESCAPE_NONE };
        unsigned i = 0;
        if (value_choice(b->diags, &how, ways, &i))
            f->escape = escapes[i];
        if (s->words.count == 3)
            diag_add(b->diags, &nginx_empty_format, s->at, DIAG_TEXT(f->name));
    }
    struct log_format *before = map_get(&side->formats, f->name);
    if (before) {
        struct diag *d = diag_add(b->diags, &nginx_duplicate_format, word_at(s, 1)->at, DIAG_TEXT(f->name));
        diag_also(b->diags, d, before->at, "the first one");
        return;
    }
    (void)map_put(b->arena, &side->formats, f->name, f);
}

void nginx_predefine_formats(struct build *b, struct side *side)
{
    if (side->stream)
        return;
    struct log_format *f = ARENA_NEW(b->arena, struct log_format);
    *f = (struct log_format){ .name = SPAN("combined"), .escape = ESCAPE_NGINX_LOG };
    f->predefined = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
                    "\"$http_referer\" \"$http_user_agent\"";
    (void)map_put(b->arena, &side->formats, f->name, f);
}

static void append(struct build *b, struct side *side, struct expr *e, const struct word *w,
                   enum expr_escape escape)
{
    const struct expr *part = nginx_expr(b, side, w, NULL);
    for (uint32_t i = 0; i < part->parts.count; i++) {
        struct expr_part *p = ARENA_PUSH(b->arena, &e->parts);
        *p = part->parts.items[i];
        if (p->kind == PART_FETCH) {
            p->escape = escape;
            p->dash = escape == ESCAPE_NGINX_LOG ? DASH_NONE : DASH_NEVER;
        }
    }
}

static const struct expr *format_expr(struct build *b, struct side *side, struct log_format *f)
{
    if (f->expr)
        return f->expr;
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    e->at = f->at;
    struct word predefined = { .text = span_from(f->predefined) };
    if (f->predefined)
        append(b, side, e, &predefined, f->escape);
    for (uint32_t i = 2; i < f->statement.words.count; i++) {
        struct word unused;
        if (i > 2 || !word_option(word_at(&f->statement, 2), "escape", &unused))
            append(b, side, e, word_at(&f->statement, i), f->escape);
    }
    e->source = f->name;
    expr_finish(b->arena, e);
    f->expr = e;
    return e;
}

/* Formats that nobody uses are looked at all the same. */
void nginx_compile_formats(struct build *b, struct side *side)
{
    for (uint32_t i = 0; i < side->formats.room; i++) {
        struct log_format *f = map_at(&side->formats, i)->value;
        if (f)
            (void)format_expr(b, side, f);
    }
}

/* ---- where to ---- */

struct destination {
    struct log_target target;
    uint8_t facility, level;
};

static bool syslog_option(struct build *b, const struct word *part, struct destination *to, bool *has_server)
{
    struct word value;
    unsigned i;
    if (word_option(part, "server", &value)) {
        struct addresses found = { 0 };
        *has_server = true;
        if (!nginx_addresses(b, &value, value.text, SYSLOG_PORT, ADDRESS_OF_OTHER, &found))
            return false;
        to->target.address = found.items[0];
    } else if (word_option(part, "facility", &value)) {
        if (!value_choice(b->diags, &value, facilities, &i))
            return false;
        to->facility = (uint8_t)i;
    } else if (word_option(part, "severity", &value)) {
        if (!value_choice(b->diags, &value, levels, &i))
            return false;
        to->level = (uint8_t)i;
    } else if (word_option(part, "tag", &value)) {
        to->target.tag = value.text;
    } else if (span_eq(part->text, SPAN("nohostname"))) {
        to->target.frame = LOG_FRAME_RFC3164;
    } else {
        diag_add(b->diags, &nginx_bad_parameter, part->at, DIAG_TEXT(part->text, SPAN("syslog")));
        return false;
    }
    return true;
}

/* "syslog:server=10.0.0.1:514,facility=local7,tag=nginx" */
static bool parse_syslog(struct build *b, const struct word *w, struct destination *to)
{
    size_t from = SPAN("syslog:").len;
    bool good = true, has_server = false;
    to->target.kind = LOG_SYSLOG;
    to->target.frame = LOG_FRAME_RFC3164_HOST;
    to->target.tag = SPAN("nginx");
    while (from < w->text.len) {
        size_t len = span_find_char(span_from_index(w->text, from), ',');
        len = len == SPAN_NONE ? w->text.len - from : len;
        struct word part = word_part(w, from, len);
        good &= syslog_option(b, &part, to, &has_server);
        from += len + 1;
    }
    if (!has_server)
        diag_add(b->diags, &nginx_syslog_server, w->at, DIAG_NO_TEXT);
    return good && has_server;
}

static bool parse_destination(struct build *b, const struct word *w, struct destination *to)
{
    *to = (struct destination){ .target = { .kind = LOG_FILE, .fd = -1, .flush = DURATION_NONE, .at = w->at },
                                .facility = FACILITY_LOCAL7 };
    if (span_starts_with(w->text, SPAN("syslog:")))
        return parse_syslog(b, w, to);
    if (span_starts_with(w->text, SPAN("memory:"))) {
        diag_add(b->diags, &nginx_log_memory, w->at, DIAG_NO_TEXT);
        return false;
    }
    if (nginx_has_variables(w->text)) {
        diag_add(b->diags, &nginx_log_variables, w->at, DIAG_NO_TEXT);
        return false;
    }
    to->target.path = nginx_path(b, w->text);
    return true;
}

/* ---- error_log ---- */

void nginx_compile_error_log(struct build *b, const struct kept *k, struct log_target_list *out)
{
    for (uint32_t i = 0; i < k->count; i++) {
        const struct statement *s = &k->items[i];
        const struct word *w = word_at(s, 1);
        unsigned level = LEVEL_ERR;
        struct destination to;
        bool good = s->words.count < 3 || value_choice(b->diags, word_at(s, 2), levels, &level);
        if (span_eq(w->text, SPAN("stderr")))
            to = (struct destination){ .target = { .kind = LOG_STDERR, .fd = -1, .flush = DURATION_NONE } };
        else
            good &= parse_destination(b, w, &to);
        if (good)
            *ARENA_PUSH(b->arena, out) =
                (struct log_level_target){ .target = config_log_target(b->config, &to.target),
                                           .facility = to.facility,
                                           .level_max = (uint8_t)level };
    }
}

/* ---- access_log ---- */

static bool access_option(struct build *b, struct side *side, const struct word *w, struct destination *to,
                          struct log_rule *rule)
{
    struct word value;
    uint64_t size;
    if (word_option(w, "buffer", &value)) {
        if (!value_size(b->diags, &value, 1, 1 << 30, &size))
            return false;
        to->target.buffer = (uint32_t)size;
        return true;
    }
    if (word_option(w, "flush", &value))
        return value_time(b->diags, WORDS_NGINX, &value, 1000, &to->target.flush);
    if (word_option(w, "if", &value)) {
        rule->when = nginx_expr(b, side, &value, NULL);
        return true;
    }
    bool gzip = span_eq(w->text, SPAN("gzip")) || word_option(w, "gzip", &value);
    diag_add(b->diags, gzip ? &nginx_log_gzip : &nginx_bad_parameter, w->at,
             DIAG_TEXT(w->text, SPAN("access_log")));
    return false;
}

/* The same file twice is one file: who says how it is buffered says it for all, and nobody else otherwise. */
static bool check_same_buffer(struct build *b, struct log_target *is, const struct destination *to,
                              const struct word *w)
{
    if (to->target.buffer == 0 || (is->buffer == to->target.buffer && is->flush.ms == to->target.flush.ms))
        return true;
    if (is->buffer == 0) {
        is->buffer = to->target.buffer;
        is->flush = to->target.flush;
        return true;
    }
    struct diag *d = diag_add(b->diags, &nginx_log_conflict, w->at, DIAG_TEXT(w->text));
    diag_also(b->diags, d, is->at, "the first one");
    return false;
}

static void compile_access_log(struct build *b, struct side *side, const struct statement *s,
                               struct scope *scope)
{
    struct destination to;
    struct log_rule rule = { .format_name = SPAN("combined"), .level_max = 7, .at = s->at };
    bool good = parse_destination(b, word_at(s, 1), &to);
    to.level = to.level ? to.level : LEVEL_INFO_NUMBER;
    const struct word *name = s->words.count > 2 ? word_at(s, 2) : word_at(s, 1);
    if (s->words.count > 2)
        rule.format_name = name->text;
    struct log_format *f = map_get(&side->formats, rule.format_name);
    if (f == NULL) {
        const struct diag_kind *kind = s->words.count > 2 ? &nginx_unknown_format : &nginx_no_format;
        diag_add(b->diags, kind, name->at, DIAG_TEXT(rule.format_name));
        good = false;
    } else {
        rule.line = format_expr(b, side, f);
    }
    for (uint32_t i = 3; i < s->words.count; i++)
        good &= access_option(b, side, word_at(s, i), &to, &rule);
    if (!good)
        return;
    struct log_target *target = config_log_target(b->config, &to.target);
    rule.target = target;
    rule.facility = to.facility;
    rule.level = to.level;
    if (check_same_buffer(b, target, &to, word_at(s, 1)))
        *ARENA_PUSH(b->arena, &scope->logs) = rule;
}

/* http {} without a word about it logs in the combined format. */
static void default_access_log(struct build *b, struct side *side, struct scope *scope)
{
    struct log_target like = { .kind = LOG_FILE, .fd = -1, .flush = DURATION_NONE };
    like.path = b->debian ? SPAN("/var/log/nginx/access.log") : nginx_path(b, SPAN("logs/access.log"));
    struct log_rule rule = { .format_name = SPAN("combined"), .level_max = 7, .level = LEVEL_INFO_NUMBER };
    rule.facility = FACILITY_LOCAL7;
    rule.line = format_expr(b, side, map_get(&side->formats, rule.format_name));
    rule.target = config_log_target(b->config, &like);
    *ARENA_PUSH(b->arena, &scope->logs) = rule;
}

static bool is_off(const struct kept *k)
{
    for (uint32_t i = 0; i < k->count; i++)
        if (k->items[i].words.count == 2 && span_eq(text_at(&k->items[i], 1), SPAN("off")))
            return true;
    return false;
}

void nginx_compile_access_logs(struct build *b, struct side *side, const struct level *l, struct scope *scope)
{
    const struct kept *k = KEPT(l, access_log);
    scope->logs_set = true;
    if (k == NULL && !side->stream)
        default_access_log(b, side, scope);
    for (uint32_t i = 0; k && !is_off(k) && i < k->count; i++)
        compile_access_log(b, side, &k->items[i], scope);
}

void nginx_compile_error_logs(struct build *b, const struct level *l, struct scope *scope)
{
    const struct kept *errors = KEPT(l, error_log);
    if (errors == NULL)
        return;
    struct log_target_list *list = ARENA_NEW(b->arena, struct log_target_list);
    nginx_compile_error_log(b, errors, list);
    scope->error_logs = list;
}

#define AT(member) .offset = offsetof(struct level, member)
/* clang-format off */
const struct keyword nginx_log_words[] = {
    { "log_format", IN_HTTP | IN_STREAM, 2, ARGS_ANY, .handle = on_log_format, .manual = "names a format of log lines" },
    { "access_log", IN_HSLI | IN_LIMIT_EXCEPT | IN_TCP, 1, ARGS_ANY, .handle = nginx_keep, AT(access_log), .manual = "where requests are logged; buffer=, flush=, if=, syslog, off" },
    { "error_log", IN_HSL | IN_TCP, 1, 2, .handle = nginx_keep, AT(error_log), .manual = "where errors are written" },
    { NULL },
};
/* clang-format on */
