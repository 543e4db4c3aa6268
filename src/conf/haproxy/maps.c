/* SPDX-License-Identifier: Apache-2.0 */
/* Files of lines: lists of values for ACLs, and maps, which give a value for each. */
#include <errno.h>

#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/convert.h"
#include "conf/haproxy/acl.h"
#include "model/lookup.h"

/* ---- files ---- */

bool haproxy_list_file(struct build *b, const struct word *w, struct span *text, uint32_t *source)
{
    struct span name = w->text;
    bool optional = span_starts_with(name, SPAN("opt@"));
    *text = SPAN("");
    *source = w->at.source;
    if (span_starts_with(name, SPAN("virt@")))
        return true;
    if (optional || span_starts_with(name, SPAN("file@")))
        name = span_from_index(name, optional ? 4 : 5);
    struct span path = arena_span(b->arena, name);
    struct answer a = world_ask(b->world, ASK_FILE, path);
    if (a.error == ENOENT && optional)
        return true;
    if (a.error) {
        diag_add(b->diags, &haproxy_acl_file, w->at, DIAG_TEXT(path, span_from(strerrordesc_np(a.error))));
        return false;
    }
    *text = arena_span(b->arena, a.bytes.ptr ? a.bytes : SPAN(""));
    *source = diags_add_source(b->diags, path, *text);
    return true;
}

bool haproxy_list_line(struct span *rest, struct span *line)
{
    while (rest->len) {
        *line = span_cut(rest, '\n');
        if (span_ends_with(*line, SPAN("\r")))
            *line = span_first(*line, line->len - 1);
        if (span_starts_with(*line, SPAN("#")))
            continue;
        while (line->len && (line->ptr[0] == ' ' || line->ptr[0] == '\t'))
            *line = span_from_index(*line, 1);
        if (line->len)
            return true;
    }
    return false;
}

/* ---- maps ---- */

enum map_gives { GIVES_TEXT, GIVES_INT, GIVES_IP, GIVES_KEY };
struct map_reader {
    struct build *b;
    struct lookup *lookup;
    enum match how;
    enum map_gives gives;
    bool groups; /* the value has \1 ... of the key's groups */
    struct pattern_list *list;
    bool fresh;       /* its lines are not in it yet */
    struct word word; /* the key that is read */
};

static const struct {
    const char *word;
    enum match how;
} methods[] = {
    { "str", MATCH_EXACT }, { "beg", MATCH_BEGIN }, { "end", MATCH_END },   { "sub", MATCH_SUB },
    { "dir", MATCH_DIR },   { "dom", MATCH_DOM },   { "reg", MATCH_REGEX }, { "regm", MATCH_REGEX },
    { "int", MATCH_INT },   { "ip", MATCH_IP },     { "len", MATCH_LEN },
};

/* "map_METHOD_GIVES" */
static bool read_name(struct map_reader *m, struct span name)
{
    static const char *const gives[] = { "str", "int", "ip", "key", NULL };
    struct span rest = name, first = span_cut(&rest, '_');
    m->how = MATCH_EXACT;
    if (!span_eq(first, SPAN("map")))
        return false;
    if (rest.ptr == NULL)
        return true;
    struct span method = span_cut(&rest, '_');
    size_t i = 0;
    while (i < COUNT_OF(methods) && !span_eq(method, span_from(methods[i].word)))
        i++;
    if (i == COUNT_OF(methods))
        return false;
    m->how = methods[i].how;
    m->groups = span_eq(method, SPAN("regm"));
    for (unsigned k = 0; rest.ptr && gives[k]; k++) {
        if (!span_eq(rest, span_from(gives[k])))
            continue;
        m->gives = (enum map_gives)k;
        return true;
    }
    return rest.ptr == NULL;
}

static bool bad_key(struct map_reader *m, const char *expected)
{
    diag_add(m->b->diags, &haproxy_acl_value, m->word.at, DIAG_TEXT(m->word.text, span_from(expected)));
    return false;
}

static bool read_range(struct map_reader *m, struct lookup_row *row)
{
    struct span high = m->word.text, low = span_cut(&high, ':');
    uint64_t from, to;
    if (!span_to_u64(low, INT64_MAX, &from) || !span_to_u64(high.ptr ? high : low, INT64_MAX, &to) ||
        from > to)
        return bad_key(m, "a number or a range such as 1024:65535");
    row->range = (struct int_range){ (int64_t)from, (int64_t)to };
    return true;
}

static bool read_key(struct map_reader *m, struct lookup_row *row)
{
    switch ((unsigned)m->how) {
    case MATCH_INT:
    case MATCH_LEN:
        return read_range(m, row);
    case MATCH_IP:
        return value_network(m->b->diags, &m->word, &row->network);
    case MATCH_REGEX:
        row->regex = haproxy_regex(m->b, &m->word, m->word.text, false);
        return row->regex != NULL;
    default:
        return true;
    }
}

/* "\1/x": parts of text and groups. */
static const struct expr *with_groups(struct build *b, struct span value)
{
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    size_t from = 0;
    for (size_t i = 0; i + 1 < value.len; i++) {
        unsigned digit = (unsigned)(value.ptr[i + 1] - '0');
        if (value.ptr[i] != '\\' || digit > 9)
            continue;
        if (i > from)
            (void)expr_add_text(b->arena, e, span_of(value.ptr + from, i - from));
        expr_add_fetch(b->arena, e, FETCH_CAPTURE, SPAN(""))->number = (int32_t)digit;
        from = i + 2;
        i++;
    }
    if (from < value.len || e->parts.count == 0)
        (void)expr_add_text(b->arena, e, span_from_index(value, from));
    expr_finish(b->arena, e);
    return e;
}

static bool read_value(struct map_reader *m, struct span key, struct span value, struct lookup_row *row)
{
    struct word w = m->word;
    struct address ip;
    int64_t n;
    w.text = value;
    if (m->gives == GIVES_INT && !value_number(m->b->diags, &w, INT64_MIN + 1, INT64_MAX, &n))
        return false;
    if (m->gives == GIVES_IP && !address_parse_ip(value, &ip))
        return bad_key(m, "an address as its value");
    value = m->gives == GIVES_KEY ? key : value;
    row->value = m->groups ? with_groups(m->b, value) : expr_text(m->b->arena, value);
    return true;
}

static bool read_line(struct map_reader *m, struct span text, uint32_t source, struct span line)
{
    size_t blank = 0;
    while (blank < line.len && line.ptr[blank] != ' ' && line.ptr[blank] != '\t')
        blank++;
    struct span key = span_first(line, blank), value = span_trim(span_from_index(line, blank));
    struct lookup_row row = { .how = m->how, .text = key };
    m->word = (struct word){ .text = key, .raw = key };
    row.at = m->word.at =
        (struct where){ source, (uint32_t)(line.ptr - text.ptr), (uint32_t)(key.len ? key.len : 1) };
    if (!read_key(m, &row) || !read_value(m, key, value, &row))
        return false;
    *ARENA_PUSH(m->b->arena, &m->lookup->rows) = row;
    if (m->fresh)
        *ARENA_PUSH(m->b->arena, &m->list->texts) = (struct pattern_text){ .key = key, .value = value };
    return true;
}

static void add_user(struct map_reader *m, const struct word *file)
{
    struct pattern_user *u = config_add_pattern_user(m->b->config);

    u->how = m->how;
    u->of_map = true;
    u->groups = m->groups;
    u->gives_key = m->gives == GIVES_KEY;
    u->gives = m->gives == GIVES_INT ? VALUE_INT : m->gives == GIVES_IP ? VALUE_IP : VALUE_TEXT;
    m->list = haproxy_pattern_file(m->b, file, u, &m->fresh);
    m->lookup->patterns = u->index + 1;
}

static bool read_map(struct map_reader *m, const struct word *file)
{
    struct span text, line;
    uint32_t source;
    if (!haproxy_list_file(m->b, file, &text, &source))
        return false;
    bool good = true;
    add_user(m, file);
    for (struct span rest = text; haproxy_list_line(&rest, &line);)
        good = read_line(m, text, source, line) && good;
    lookup_finish(m->b->arena, m->lookup);
    return good;
}

/* map_METHOD_GIVES(file[,default]) */
bool haproxy_map_converter(struct sample_reader *r, struct span name, const struct sample_args *args,
                           bool *known)
{
    struct map_reader m = { .b = r->b };
    *known = read_name(&m, name);
    if (!*known)
        return false;
    if (args->count == 0 || args->count > 2 || args->items[0].text.len == 0)
        return haproxy_sample_fail(r, &haproxy_sample_arity, name, SPAN("1 to 2"));
    struct span key = arena_printf(
        r->b->arena, "%.*s %.*s %.*s", SPAN_ARGS(name), SPAN_ARGS(args->items[0].text),
        args->count > 1 ? (int)args->items[1].text.len : 0, args->count > 1 ? args->items[1].text.ptr : "");
    m.lookup = map_get(&r->b->maps, key);
    if (m.lookup == NULL) {
        m.lookup = ARENA_NEW(r->b->arena, struct lookup);
        m.lookup->name = arena_span(r->b->arena, args->items[0].text);
        m.lookup->at = r->w->at;
        m.lookup->fallback = args->count > 1 ? expr_text(r->b->arena, args->items[1].text) : NULL;
        if (!read_map(&m, &args->items[0]))
            return false;
        (void)map_put(r->b->arena, &r->b->maps, key, m.lookup);
    }
    if (m.how == MATCH_INT || m.how == MATCH_IP)
        (void)expr_add_conversion(r->b->arena, r->part, m.how == MATCH_INT ? CONVERT_TO_INT : CONVERT_TO_IP);
    expr_add_conversion(r->b->arena, r->part, CONVERT_MAP)->lookup = m.lookup;
    if (m.gives == GIVES_INT || m.gives == GIVES_IP)
        (void)expr_add_conversion(r->b->arena, r->part,
                                  m.gives == GIVES_INT ? CONVERT_TO_INT : CONVERT_TO_IP);
    return true;
}
