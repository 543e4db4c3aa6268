/* SPDX-License-Identifier: Apache-2.0 */
/* log lines: targets, facilities, levels; and what a frontend's lines say. Formats are in format.c. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/haproxy_internal.h"

static const char *const facilities[] = { "kern",   "user",   "mail",   "daemon", "auth",
                                          "syslog", "lpr",    "news",   "uucp",   "cron",
                                          "auth2",  "ftp",    "ntp",    "audit",  "alert",
                                          "cron2",  "local0", "local1", "local2", "local3",
                                          "local4", "local5", "local6", "local7", NULL };
const char *const haproxy_log_levels[] = { "emerg",  "alert", "crit",  "err", "warning",
                                           "notice", "info",  "debug", NULL };
enum { LEVEL_NOTICE = 5, LEVEL_INFO = 6, LEVEL_DEBUG = 7, LINE_MAX_DEFAULT = 1024, QUEUE_DEFAULT = 65536 };
#define RING "ring@"

static const struct {
    const char *name;
    enum log_frame frame;
} frames[] = {
    { "local", LOG_FRAME_LOCAL },       { "rfc3164", LOG_FRAME_RFC3164 }, { "rfc5424", LOG_FRAME_RFC5424 },
    { "priority", LOG_FRAME_PRIORITY }, { "short", LOG_FRAME_SHORT },     { "timed", LOG_FRAME_TIMED },
    { "iso", LOG_FRAME_ISO },           { "raw", LOG_FRAME_RAW },
};

/* One line: where, and which of the lines. */
struct log_line {
    struct log_target target;
    bool good; /* it is a target */
    uint8_t facility, level_max, level_min;
    uint32_t sample_size;
    LIST_OF(struct log_range) samples;
};

/* ---- targets ---- */

/* As against UDP, which addresses without such a word are. */
static bool is_connection(struct span text)
{
    return span_starts_with(text, SPAN("tcp@")) || span_starts_with(text, SPAN("tcp4@")) ||
           span_starts_with(text, SPAN("tcp6@"));
}

static bool take_target(struct build *b, const struct word *w, struct log_target *t)
{
    struct parsed_address p = { .lazy = false };
    static const char *const refused[] = { "backend@", "stream+", "uxst@" };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        if (!span_starts_with(w->text, span_from(refused[i])))
            continue;
        diag_add(b->diags, &haproxy_log_target, w->at, DIAG_TEXT(span_from(refused[i])));
        return false;
    }
    t->fd = -1;
    if (span_eq(w->text, SPAN("stdout")) || span_eq(w->text, SPAN("fd@1"))) {
        t->kind = LOG_STDOUT;
        return true;
    }
    if (span_eq(w->text, SPAN("stderr")) || span_eq(w->text, SPAN("fd@2"))) {
        t->kind = LOG_STDERR;
        return true;
    }
    t->kind = LOG_SYSLOG;
    if (is_connection(w->text)) {
        t->kind = LOG_STREAM;
        t->queue = QUEUE_DEFAULT;
    }
    if (!haproxy_address(b, w, w->text, ADDRESS_LOG, &p))
        return false;
    t->fd = p.fd;
    t->address = p.address;
    if (p.fd < 0 && address_family(&p.address) != AF_UNIX && !p.port_set)
        address_set_port(&t->address, 514);
    return true;
}

bool haproxy_log_frame(struct build *b, const struct word *w, enum log_frame *out)
{
    const char *names[COUNT_OF(frames) + 1] = { NULL };
    unsigned n;
    for (size_t i = 0; i < COUNT_OF(frames); i++)
        names[i] = frames[i].name;
    if (!value_choice(b->diags, w, names, &n))
        return false;
    *out = frames[n].frame;
    return true;
}

static bool take_range(struct span range, uint64_t size, struct log_range *out)
{
    struct span high = range, low = span_cut(&high, '-');
    uint64_t from, to;
    if (!span_to_u64(low, UINT32_MAX, &from) || !span_to_u64(high.ptr ? high : low, UINT32_MAX, &to) ||
        from == 0 || to < from || to > size)
        return false;
    *out = (struct log_range){ (uint32_t)from, (uint32_t)to };
    return true;
}

/* "1,3-5:8": of eight lines the first, and the third to the fifth. */
static bool take_sample(struct build *b, const struct word *w, struct log_line *l)
{
    struct span size = w->text, ranges = span_cut(&size, ':');
    uint64_t of = 0;
    bool good = size.ptr && span_to_u64(size, UINT32_MAX, &of) && of > 0;
    while (good && ranges.ptr)
        good = take_range(span_cut(&ranges, ','), of, ARENA_PUSH(b->arena, &l->samples));
    l->sample_size = (uint32_t)of;
    if (!good)
        diag_add(b->diags, &haproxy_log_sample, w->at, DIAG_TEXT(w->text));
    return good;
}

/* len, format, sample, in any order: the index behind them, 0 and a diagnostic. */
static uint32_t take_options(struct build *b, const struct statement *s, uint32_t i, struct log_line *l)
{
    while (i + 1 < s->words.count) {
        int64_t n;
        bool good = true;
        if (text_is(s, i, "len")) {
            good = value_number(b->diags, word_at(s, i + 1), 80, 65535, &n);
            l->target.line_max = good ? (uint32_t)n : 0;
        } else if (text_is(s, i, "format")) {
            good = haproxy_log_frame(b, word_at(s, i + 1), &l->target.frame);
        } else if (text_is(s, i, "sample")) {
            good = take_sample(b, word_at(s, i + 1), l);
        } else if (text_is(s, i, "profile")) {
            diag_add(b->diags, &conf_refused, word_at(s, i)->at,
                     DIAG_TEXT(text_at(s, i), SPAN("log profiles are not served")));
            good = false;
        } else {
            break;
        }
        if (!good)
            return 0;
        i += 2;
    }
    return i;
}

static bool take_levels(struct build *b, const struct statement *s, uint32_t i, struct log_line *l)
{
    unsigned n;
    if (i >= s->words.count) {
        diag_add(b->diags, &haproxy_log_facility, s->at, DIAG_NO_TEXT);
        return false;
    }
    if (!value_choice(b->diags, word_at(s, i), facilities, &n))
        return false;
    l->facility = (uint8_t)n;
    l->level_max = LEVEL_DEBUG;
    l->level_min = 0;
    if (i + 1 < s->words.count) {
        if (!value_choice(b->diags, word_at(s, i + 1), haproxy_log_levels, &n))
            return false;
        l->level_max = (uint8_t)n;
    }
    if (i + 2 < s->words.count) {
        if (!value_choice(b->diags, word_at(s, i + 2), haproxy_log_levels, &n))
            return false;
        l->level_min = (uint8_t)n;
    }
    return true;
}

static bool take_line(struct build *b, const struct statement *s, struct log_line *l)
{
    *l =
        (struct log_line){ .target = { .frame = b->global.send_hostname ? LOG_FRAME_RFC3164 : LOG_FRAME_LOCAL,
                                       .line_max = LINE_MAX_DEFAULT,
                                       .host = b->global.log_host,
                                       .at = s->at } };
    bool ring = span_starts_with(text_at(s, 1), SPAN(RING));
    if (!ring && !take_target(b, word_at(s, 1), &l->target))
        return false;
    uint32_t i = take_options(b, s, 2, l);
    l->good = i != 0 && take_levels(b, s, i, l);
    return l->good;
}

/* ---- all lines of a section ---- */

struct log_lines {
    struct log_line *items;
    uint32_t count, room;
};

static void take_lines(struct build *b, const struct lines *from, struct log_lines *out);

static void take_global(struct build *b, const struct line *l, struct log_lines *out)
{
    if (b->global.logs.count == 0) {
        diag_add(b->diags, &haproxy_log_global, word_at(&l->s, 1)->at, DIAG_NO_TEXT);
        return;
    }
    take_lines(b, &b->global.logs, out);
}

/* One for each of its servers, with what the ring says of lines. */
static void take_ring(struct build *b, const struct word *w, const struct log_line *l, struct log_lines *out)
{
    const struct ring *r = haproxy_ring(b, span_from_index(w->text, sizeof(RING) - 1));
    if (r == NULL) {
        diag_add(b->diags, &haproxy_no_ring, w->at, DIAG_TEXT(w->text));
        return;
    }
    if (r->servers.count == 0)
        diag_add(b->diags, &haproxy_ring_alone, w->at, DIAG_TEXT(r->name));
    for (uint32_t i = 0; i < r->servers.count; i++) {
        struct log_line *one = ARENA_PUSH(b->arena, out);
        *one = *l;
        one->target.kind = LOG_STREAM;
        one->target.fd = -1;
        one->target.address = r->servers.items[i].address;
        one->target.counted = r->servers.items[i].counted;
        one->target.queue = r->like.queue;
        if (r->frame_set)
            one->target.frame = r->like.frame;
        if (r->line_max_set)
            one->target.line_max = r->like.line_max;
    }
}

static void take_lines(struct build *b, const struct lines *from, struct log_lines *out)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct line *l = &from->items[i];
        struct opened before = haproxy_line_begin(b, l);
        struct log_line one;
        if (l->no)
            out->count = 0;
        else if (text_is(&l->s, 1, "global") && l->s.words.count == 2)
            take_global(b, l, out);
        else if (take_line(b, &l->s, &one) && span_starts_with(text_at(&l->s, 1), SPAN(RING)))
            take_ring(b, word_at(&l->s, 1), &one, out);
        else if (one.good)
            *ARENA_PUSH(b->arena, out) = one;
        haproxy_line_end(b, before);
    }
}

static struct span tag_of(struct build *b, const struct draft *d)
{
    const struct line *l = d ? haproxy_line_last(d, KEPT_LOG_TAG) : NULL;
    if (l)
        return arena_span(b->arena, text_at(&l->s, 1));
    return b->global.log_tag.len ? b->global.log_tag : SPAN("haproxy");
}

static struct log_target *target_of(struct build *b, const struct draft *d, const struct log_line *l)
{
    struct log_target t = l->target;
    t.tag = tag_of(b, d);
    return config_log_target(b->config, &t);
}

static void put_levels(struct build *b, const struct draft *d, const struct log_lines *lines,
                       struct log_target_list *out)
{
    for (uint32_t i = 0; i < lines->count; i++) {
        const struct log_line *l = &lines->items[i];
        struct log_level_target *t = ARENA_PUSH(b->arena, out);
        *t = (struct log_level_target){ target_of(b, d, l), l->facility, l->level_max, l->level_min,
                                        .bare = true };
    }
}

void haproxy_global_logs(struct build *b)
{
    struct log_lines lines = { 0 };
    take_lines(b, &b->global.logs, &lines);
    put_levels(b, NULL, &lines, &b->config->error_logs);
}

/* ---- what the lines say ---- */

#define TCP_FORMAT "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq"
#define HTTP_FORMAT                                                                                          \
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs "   \
    "%{+Q}r"
/* Of a request that is here no handshake failed; and one error of a certificate is all that is known. */
#define HTTPS_FORMAT                                                                                         \
    HTTP_FORMAT " 0/%[ssl_c_err,and(0),hex]/%[ssl_c_err]/%[ssl_c_err,and(0)]/%[ssl_fc_is_resumed] "          \
                "%[ssl_fc_sni]/%sslv/%sslc"
#define CLF_FORMAT                                                                                           \
    "%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc "  \
    "%sc %rc %sq "                                                                                           \
    "%bq %CC %CS %hrl %hsl"

static const struct {
    const char *name, *format;
    bool http;
} styles[] = {
    [LOG_STYLE_NONE] = { "connect", NULL, false },
    [LOG_STYLE_TCP] = { "tcplog", TCP_FORMAT, false },
    [LOG_STYLE_HTTP] = { "httplog", HTTP_FORMAT, true },
    [LOG_STYLE_CLF] = { "httplog clf", CLF_FORMAT, true },
    [LOG_STYLE_HTTPS] = { "httpslog", HTTPS_FORMAT, true },
};

static const struct expr *style_line(struct build *b, const struct draft *d, enum log_style style,
                                     struct span *name)
{
    struct word w = { .at = d->log_style.at };
    if (styles[style].http && !draft_is_http(d)) /* as HAProxy does, with a warning in review.c */
        style = LOG_STYLE_TCP;
    *name = span_from(styles[style].name);
    w.text = styles[style].format ? span_from(styles[style].format)
                                  : arena_printf(b->arena, "Connect from %%ci:%%cp to %%fi:%%fp (%%f/%s)",
                                                 draft_is_http(d) ? "HTTP" : "TCP");
    return haproxy_format(b, &w, FORMAT_LOG);
}

static const struct expr *format_of_line(struct build *b, const struct line *l)
{
    struct opened before = haproxy_line_begin(b, l);
    const struct expr *e = haproxy_format(b, word_at(&l->s, 1), FORMAT_LOG);
    haproxy_line_end(b, before);
    return e;
}

/* What stands between the brackets of RFC 5424; only that frame shows it. */
static const struct expr *structure_of(struct build *b, const struct draft *d)
{
    const struct line *l = haproxy_line_last(d, KEPT_LOG_FORMAT_SD);
    return l ? format_of_line(b, l) : NULL;
}

static const struct expr *line_of(struct build *b, const struct draft *d, struct span *name)
{
    const struct line *l = haproxy_line_last(d, KEPT_LOG_FORMAT);
    if (l == NULL)
        return style_line(b, d, (enum log_style)value_or(&d->log_style, LOG_STYLE_NONE), name);
    *name = SPAN("log-format");
    return format_of_line(b, l);
}

/* The connection is gone when the line is written: the engine must keep its address. */
static bool shows_source(const struct expr *e)
{
    for (uint32_t i = 0; e && i < e->parts.count; i++) {
        const struct expr_part *p = &e->parts.items[i];
        if (p->kind == PART_FETCH &&
            (p->fetch == FETCH_SERVER_SOURCE_IP || p->fetch == FETCH_SERVER_SOURCE_PORT))
            return true;
    }
    return false;
}

void haproxy_compile_logs(struct build *b, struct draft *d)
{
    struct log_lines lines = { 0 };
    b->at = d;
    /* What goes wrong with a request is in its own line; there is no error log of requests. */
    d->scope->error_logs = ARENA_NEW(b->arena, struct log_target_list);
    take_lines(b, &d->kept[KEPT_LOG], &lines);
    struct log_target_list *news = ARENA_NEW(b->arena, struct log_target_list);
    put_levels(b, d, &lines, news);
    if (d->pool)
        d->pool->news = news;
    if (d->service)
        d->service->news = news;
    if (lines.count == 0 || !draft_is_front(d))
        return;
    struct span name;
    const struct expr *say = line_of(b, d, &name);
    if (say == NULL)
        return;
    const struct expr *structure = structure_of(b, d);
    d->scope->logs_set = true;
    d->scope->logs_source = shows_source(say) || shows_source(structure);
    for (uint32_t i = 0; i < lines.count; i++) {
        const struct log_line *l = &lines.items[i];
        struct log_rule *r = ARENA_PUSH(b->arena, &d->scope->logs);
        *r = (struct log_rule){ .line = say, .format_name = name, .target = target_of(b, d, l) };
        r->facility = l->facility;
        r->level = LEVEL_INFO;
        r->level_max = l->level_max;
        r->level_min = l->level_min;
        r->structure = structure;
        r->early = is_on(&d->logasap);
        d->scope->logs_early |= r->early;
        if (l->sample_size)
            r->sample_counter = b->config->log_counters++;
        r->sample_size = l->sample_size;
        for (uint32_t k = 0; k < l->samples.count; k++)
            *ARENA_PUSH(b->arena, &r->samples) = l->samples.items[k];
        r->at = l->target.at;
    }
}

/* ---- words ---- */

static void on_global_log(struct build *b, const struct keyword *k, const struct statement *s)
{
    if (b->no) {
        b->global.logs.count = 0;
        return;
    }
    struct line *l = ARENA_PUSH(b->arena, &b->global.logs);
    *l = (struct line){ .s = *s, .row = k, .said = ARENA_NEW(b->arena, bool) };
    if (s->words.count < 3)
        diag_add(b->diags, &haproxy_log_facility, s->at, DIAG_NO_TEXT);
}

static void on_global_tag(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->global.log_tag = arena_span(b->arena, text_at(s, 1));
}

static void on_send_hostname(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->global.send_hostname = true;
    if (s->words.count > 1) {
        b->global.log_host = arena_span(b->arena, text_at(s, 1));
        return;
    }
    struct answer a = world_ask(b->world, ASK_HOSTNAME, SPAN(""));
    b->global.log_host = a.bytes.len ? arena_span(b->arena, a.bytes) : SPAN("");
}

static void on_log(struct build *b, const struct keyword *k, const struct statement *s)
{
    if (!b->no && s->words.count < 2) {
        diag_add(b->diags, &conf_arity, word_at(s, 0)->at,
                 DIAG_TEXT(text_at(s, 0), SPAN("1 or more"), SPAN("0")));
        return;
    }
    haproxy_keep(b, k, s);
}

/* The later of `option httplog` and `log-format` counts. */
static void on_log_format(struct build *b, const struct keyword *k, const struct statement *s)
{
    b->draft->log_style = (struct setting){ 0 };
    haproxy_keep_one(b, k, s);
}

const struct keyword haproxy_log_words[] = {
    { "log", IN_GLOBAL, 0, ARGS_ANY, .handle = on_global_log, CAN_NO,
      .manual = "ADDRESS [len N] [format F] [sample R:N] FACILITY [MAX [MIN]]: for `log global`" },
    { "log", IN_D_PROXY, 0, ARGS_ANY, .handle = on_log, .offset = KEPT_LOG, CAN_NO,
      .manual = "global, or ADDRESS [len N] [format F] [sample R:N] FACILITY [MAX [MIN]]" },
    { "log-tag", IN_GLOBAL, 1, 1, .handle = on_global_tag, .manual = "the program's name in log lines" },
    { "log-tag", IN_D_PROXY, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_LOG_TAG,
      .manual = "the program's name in log lines" },
    { "log-send-hostname", IN_GLOBAL, 0, 1, .handle = on_send_hostname,
      .manual = "[NAME]: puts a host into log lines" },
    { "log-format", IN_D_FRONT, 1, 1, .handle = on_log_format, .offset = KEPT_LOG_FORMAT,
      .manual = "FORMAT of a frontend's lines" },
    { "log-format-sd", IN_D_FRONT, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_LOG_FORMAT_SD,
      .manual = "FORMAT of the structured data of lines in `format rfc5424`, with its brackets" },
    { "error-log-format", IN_D_FRONT, 1, 1, .handle = haproxy_keep_one, .offset = KEPT_ERROR_LOG_FORMAT,
      .manual = "FORMAT of lines for connections that fail before a request" },
    { "log-steps", IN_D_FRONT, 1, ARGS_ANY, KEYWORD_REFUSED,
      .today = "lines are written at the end of a request only" },
    { NULL },
};
