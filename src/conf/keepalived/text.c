/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From files to one row of statements: includes, `@name` conditions, $PARAMETERS,
 * ~SEQ and ~LST. Texts lie on a stack. An expansion is a part of its file and
 * keeps its places.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "conf/keepalived/keepalived_internal.h"

enum {
    DEPTH_MAX = 16,          /* files within files, parameters within parameters */
    EXPANSIONS_MAX = 100000, /* of parameters and sequences, in all: a file is no program */
    EXPANDED_MAX = 64 << 20, /* bytes that they make */
};

/* ~SEQ and ~LST: the rest of the line again and again. */
struct sequence {
    LIST_OF(struct span) names;
    LIST_OF(struct span) values; /* as many as names, for each round */
    uint32_t round;
};

struct text {
    struct text *below;
    struct words *words;
    struct span bytes; /* what <words> reads, */
    size_t from;       /* from here on */
    uint32_t source;
    struct span folder; /* of the file, ends in "/"; empty = the working directory */
    unsigned depth;
    struct sequence *sequence;
};

static words_expand_fn expand;

/* One more text of <bytes>; false when it is too much. */
static bool spend(struct build *b, size_t bytes)
{
    b->expansions++;
    b->expanded += bytes;
    return b->expansions <= EXPANSIONS_MAX && b->expanded <= EXPANDED_MAX;
}

static void too_deep(struct build *b, bool deep, const char *what, struct where at)
{
    diag_add(b->diags, &ka_too_deep, at,
             DIAG_TEXT(span_from(what), arena_printf(b->arena, "%d", deep ? DEPTH_MAX : EXPANSIONS_MAX)));
}

static bool deeper(struct build *b, unsigned depth, size_t bytes, const char *what, struct where at)
{
    bool deep = depth >= DEPTH_MAX;
    if (!deep && spend(b, bytes))
        return true;
    too_deep(b, deep, what, at);
    return false;
}

static struct text *push(struct build *b, struct span bytes, size_t from, uint32_t source)
{
    struct text *t = ARENA_NEW(b->arena, struct text);
    t->below = b->text;
    t->bytes = bytes;
    t->source = source;
    t->depth = b->text ? b->text->depth + 1 : 0;
    t->folder = b->text ? b->text->folder : SPAN("");
    t->from = from;
    t->words = from ? words_open_part(b->arena, b->diags, WORDS_KEEPALIVED, bytes, source, from, expand, b)
                    : words_open(b->arena, b->diags, WORDS_KEEPALIVED, bytes, source, expand, b);
    b->text = t;
    return t;
}

/* ---- files ---- */

static struct span folder_of(struct span path)
{
    size_t end = path.len;
    while (end > 0 && path.ptr[end - 1] != '/')
        end--;
    return span_first(path, end);
}

bool text_begin(struct build *b, struct span path, struct where from)
{
    if (b->text && !deeper(b, b->text->depth, 0, "included files", from))
        return true;
    struct answer a = world_ask(b->world, ASK_FILE, path);
    if (a.error) {
        diag_add(b->diags, &ka_include_failed, from, DIAG_TEXT(path, span_from(strerrordesc_np(a.error))));
        return false;
    }
    struct text *t = push(b, a.bytes, 0, diags_add_source(b->diags, path, a.bytes));
    t->folder = folder_of(path);
    return true;
}

static bool has_wildcard(struct span s)
{
    return span_find_char(s, '*') != SPAN_NONE || span_find_char(s, '?') != SPAN_NONE ||
           span_find_char(s, '[') != SPAN_NONE || span_find_char(s, '{') != SPAN_NONE;
}

/* Pushed last to first, so that they are read first to last. */
static void include_all(struct build *b, struct span names, const struct word *w)
{
    LIST_OF(struct span) paths = { 0 };
    while (names.len) {
        struct span one = span_cut(&names, '\0');
        if (one.len)
            *ARENA_PUSH(b->arena, &paths) = ka_keep(b, one);
    }
    for (uint32_t i = paths.count; i > 0; i--)
        (void)text_begin(b, paths.items[i - 1], w->at);
}

static void include(struct build *b, const struct statement *s)
{
    if (s->words.count != 2) {
        diag_add(b->diags, &conf_arity, word_at(s, 0)->at,
                 DIAG_TEXT(text_at(s, 0), SPAN("1"), arena_printf(b->arena, "%u", s->words.count - 1)));
        return;
    }
    const struct word *w = word_at(s, 1);
    struct span path = w->text;
    if (!span_starts_with(path, SPAN("/")))
        path = arena_printf(b->arena, "%.*s%.*s", SPAN_ARGS(b->text->folder), SPAN_ARGS(path));
    if (!has_wildcard(path)) {
        (void)text_begin(b, ka_keep(b, path), w->at);
        return;
    }
    struct answer a = world_ask(b->world, ASK_GLOB, path);
    if (a.error == 0 && a.bytes.len > 0)
        include_all(b, a.bytes, w);
    else if (word_is(s, 0, "includew") || word_is(s, 0, "includea") || word_is(s, 0, "includeb"))
        diag_add(b->diags, &ka_include_none, w->at, DIAG_TEXT(path));
}

static bool is_include(struct span word)
{
    return span_starts_with(word, SPAN("include")) &&
           (word.len == 7 || (word.len == 8 && strchr("rmwba", word.ptr[7])));
}

/* ---- parameters ---- */

static struct parameter *find_parameter(struct build *b, struct span name)
{
    for (uint32_t i = b->parameters.count; i > 0; i--)
        if (span_eq(b->parameters.items[i - 1].name, name))
            return &b->parameters.items[i - 1];
    return NULL;
}

static struct parameter *define(struct build *b, struct span name, struct span value)
{
    struct parameter *p = find_parameter(b, name);
    if (p == NULL) {
        p = ARENA_PUSH(b->arena, &b->parameters);
        p->name = name;
    }
    p->value = value;
    p->lines = (struct span){ 0 };
    p->at = WHERE_NONE;
    return p;
}

static uint32_t draw(struct build *b, struct span limits)
{
    uint64_t low = 0, high = 32767;
    limits = span_trim(limits);
    if (limits.len) {
        struct span first = span_cut(&limits, ' ');
        limits = span_trim(limits);
        if (!span_to_u64(first, UINT32_MAX, &low) || (limits.len && !span_to_u64(limits, UINT32_MAX, &high)))
            return 0;
    }
    b->random = b->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(high <= low ? low : low + (b->random >> 33) % (high - low + 1));
}

static bool predefined(struct build *b, struct span name, struct span *value)
{
    if (span_eq(name, SPAN("_PWD"))) {
        struct span folder = b->text->folder;
        *value = folder.len > 1 ? span_first(folder, folder.len - 1) : folder.len ? folder : SPAN(".");
    } else if (span_eq(name, SPAN("_INSTANCE"))) {
        *value = b->config_id;
    } else if (span_eq(name, SPAN("_HASH"))) {
        *value = SPAN("#");
    } else if (span_eq(name, SPAN("_BANG"))) {
        *value = SPAN("!");
    } else if (span_starts_with(name, SPAN("_RANDOM"))) {
        *value = arena_printf(b->arena, "%u", draw(b, span_from_index(name, 7)));
    } else {
        return false;
    }
    return true;
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The parameter at <text>[i], which is "$": how long it is written, 0 when it is none. */
static size_t parameter_at(struct span text, size_t i, struct span *name)
{
    if (i + 1 < text.len && text.ptr[i + 1] == '{') {
        size_t close = span_find_char(span_from_index(text, i), '}');
        if (close == SPAN_NONE)
            return 0;
        *name = span_of(text.ptr + i + 2, close - 2);
        return close + 1;
    }
    size_t end = i + 1;
    while (end < text.len && is_name_char(text.ptr[end]))
        end++;
    bool alone = end == text.len || text.ptr[end] == ' ' || text.ptr[end] == '\t';
    *name = span_of(text.ptr + i + 1, end - i - 1);
    return end > i + 1 && alone ? end - i : 0;
}

static bool value_of(struct build *b, struct span name, unsigned depth, struct span *value);

/* Parameters within a value are replaced when it is used. */
static struct span replace(struct build *b, struct span text, unsigned depth)
{
    if (span_find_char(text, '$') == SPAN_NONE)
        return text;
    struct span out = SPAN("");
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct span name, value;
        size_t len = text.ptr[i] == '$' ? parameter_at(text, i, &name) : 0;
        if (len == 0 || !value_of(b, name, depth + 1, &value))
            continue;
        out = arena_printf(b->arena, "%.*s%.*s%.*s", SPAN_ARGS(out), (int)(i - from), text.ptr + from,
                           SPAN_ARGS(value));
        from = i + len;
        i = from - 1;
    }
    return arena_printf(b->arena, "%.*s%.*s", SPAN_ARGS(out), (int)(text.len - from), text.ptr + from);
}

static bool is_lines(struct span value)
{
    return span_find_char(value, '\n') != SPAN_NONE;
}

static bool value_of(struct build *b, struct span name, unsigned depth, struct span *value)
{
    if (predefined(b, name, value))
        return true;
    const struct parameter *p = find_parameter(b, name);
    if (p == NULL || is_lines(p->value))
        return false; /* several lines are no word: text_next does those */
    b->expanded += p->value.len;
    if (depth >= DEPTH_MAX || b->expanded > EXPANDED_MAX) {
        too_deep(b, depth >= DEPTH_MAX, "parameters", WHERE_NONE);
        return false;
    }
    *value = replace(b, p->value, depth);
    return true;
}

static bool expand(void *self, struct span name, struct span *value)
{
    return value_of(self, name, 0, value);
}

/* ---- expansions of whole lines ---- */

static struct span source_text(const struct build *b, uint32_t source)
{
    return diags_source_at(b->diags, source - 1)->text;
}

/* The file up to the end of <at>, in which backslashes that carry a value on to the next line are blank. */
static struct span joined(struct build *b, struct where at)
{
    size_t from = at.offset, to = at.offset + at.length;
    struct span all = source_text(b, at.source);
    char *copy = arena_alloc(b->arena, to + 1);
    memcpy(copy, all.ptr, to);
    for (size_t i = from; i < to; i++) {
        size_t next = i + 1;
        while (copy[i] == '\\' && next < to &&
               (copy[next] == ' ' || copy[next] == '\t' || copy[next] == '\r'))
            next++;
        if (copy[i] == '\\' && next < to && copy[next] == '\n')
            copy[i] = ' ';
    }
    return span_of(copy, to);
}

/* A parameter of several lines, alone at the beginning of a statement. */
static bool expand_lines(struct build *b, const struct statement *s)
{
    struct span word = text_at(s, 0), name;
    if (!span_starts_with(word, SPAN("$")) || parameter_at(word, 0, &name) != word.len)
        return false;
    struct parameter *p = find_parameter(b, name);
    if (p == NULL || !is_lines(p->value) || p->at.source == 0)
        return false;
    if (p->lines.len == 0)
        p->lines = joined(b, p->at);
    if (deeper(b, b->text->depth, p->at.length, "parameters", word_at(s, 0)->at))
        push(b, p->lines, p->at.offset, p->at.source);
    return true;
}

static void define_statement(struct build *b, const struct statement *s, uint32_t at)
{
    struct span name = text_at(s, at);
    name = span_of(name.ptr + 1, name.len - 2);
    const struct word *value = word_at(s, at + 1);
    struct parameter *p = define(b, ka_keep(b, name), value->text);
    p->at = value->at;
}

static bool is_definition(const struct statement *s, uint32_t at)
{
    return s->words.count == at + 2 && span_starts_with(text_at(s, at), SPAN("$")) &&
           span_ends_with(text_at(s, at), SPAN("=")) && text_at(s, at).len > 2;
}

/* ---- sequences ---- */

static bool parse_integer(struct span text, int64_t *out)
{
    text = span_trim(text);
    char copy[24];
    if (text.len == 0 || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    char *end;
    errno = 0;
    *out = strtoll(copy, &end, 0);
    return errno == 0 && *end == '\0' && *out >= INT32_MIN && *out <= INT32_MAX;
}

/* NAME, [first, [step,]] last */
static bool read_seq(struct build *b, struct sequence *q, struct span inside, bool hex)
{
    int64_t n[3];
    unsigned count = 0;
    *ARENA_PUSH(b->arena, &q->names) = span_trim(span_cut(&inside, ','));
    while (inside.ptr && count < 3)
        if (!parse_integer(span_cut(&inside, ','), &n[count++]))
            return false;
    if (count == 0 || inside.ptr || q->names.items[0].len == 0)
        return false;
    int64_t last = n[count - 1], first = count > 1 ? n[0] : last > 0 ? 1 : -1;
    int64_t step = count == 3 ? n[1] : last >= first ? 1 : -1;
    if (step == 0 || (step > 0) != (last >= first))
        return false;
    for (int64_t i = first; step > 0 ? i <= last : i >= last; i += step) {
        if (q->values.count >= EXPANSIONS_MAX)
            return false;
        *ARENA_PUSH(b->arena, &q->values) = arena_printf(b->arena, hex ? "%llx" : "%lld", (long long)i);
    }
    return true;
}

/* "a, b" or "{a, b}": the next one; false at the end. */
static bool next_item(struct span *list, struct span *item)
{
    *list = span_trim(*list);
    if (list->len == 0)
        return false;
    size_t end = list->ptr[0] == '{' ? span_find_char(*list, '}') : SPAN_NONE;
    if (end == SPAN_NONE) {
        *item = span_trim(span_cut(list, ','));
        return true;
    }
    *item = span_first(*list, end + 1);
    *list = span_trim(span_from_index(*list, end + 1));
    if (list->len && list->ptr[0] == ',')
        *list = span_from_index(*list, 1);
    return true;
}

static unsigned split_item(struct build *b, struct span item, struct span_list *into)
{
    unsigned count = 0;
    if (item.len > 1 && item.ptr[0] == '{')
        item = span_of(item.ptr + 1, item.len - 2);
    while (item.ptr) {
        struct span one = span_trim(span_cut(&item, ','));
        *ARENA_PUSH(b->arena, into) = one;
        count++;
    }
    return count;
}

/* NAME, one, two ... or {A, B}, {1, 2}, {3, 4} ... */
static bool read_lst(struct build *b, struct sequence *q, struct span inside)
{
    struct span item;
    struct span_list names = { 0 }, values = { 0 };
    if (!next_item(&inside, &item))
        return false;
    unsigned wide = split_item(b, item, &names);
    while (next_item(&inside, &item))
        if (split_item(b, item, &values) != wide)
            return false;
    for (uint32_t i = 0; i < names.count; i++)
        *ARENA_PUSH(b->arena, &q->names) = names.items[i];
    for (uint32_t i = 0; i < values.count; i++)
        *ARENA_PUSH(b->arena, &q->values) = values.items[i];
    return values.count > 0 && names.count > 0 && names.items[0].len > 0;
}

static bool begin_round(struct build *b, struct text *t)
{
    struct sequence *q = t->sequence;
    uint32_t wide = q->names.count;
    if (q->round * wide >= q->values.count || !spend(b, t->bytes.len - t->from))
        return false;
    for (uint32_t i = 0; i < wide; i++)
        define(b, q->names.items[i], q->values.items[q->round * wide + i]);
    q->round++;
    t->words = words_open_part(b->arena, b->diags, WORDS_KEEPALIVED, t->bytes, t->source, t->from, expand, b);
    return true;
}

static bool is_sequence(struct span word)
{
    return span_starts_with(word, SPAN("~SEQ")) || span_starts_with(word, SPAN("~LST"));
}

static void expand_sequence(struct build *b, const struct word *first)
{
    /* Of what is being read, which may be an expansion itself: its copy has the parameters' lines. */
    struct span all = b->text->bytes;
    size_t from = first->at.offset, end = from;
    while (end < all.len && all.ptr[end] != '\n')
        end++;
    struct span line = span_of(all.ptr + from, end - from);
    size_t open = span_find_char(line, '('), close = span_find_char(line, ')');
    struct sequence *q = ARENA_NEW(b->arena, struct sequence);
    bool ok = open != SPAN_NONE && close != SPAN_NONE && open < close;
    if (ok) {
        struct span inside = replace(b, span_of(line.ptr + open + 1, close - open - 1), 0);
        struct span word = span_first(line, open);
        ok = span_eq(word, SPAN("~LST")) ? read_lst(b, q, inside)
                                         : (span_eq(word, SPAN("~SEQ")) || span_eq(word, SPAN("~SEQx"))) &&
                                               read_seq(b, q, inside, span_ends_with(word, SPAN("x")));
    }
    if (!ok) {
        diag_add(b->diags, &ka_bad_sequence, first->at, DIAG_TEXT(first->text));
        return;
    }
    if (!deeper(b, b->text->depth, 0, "sequences", first->at))
        return;
    struct text *t = push(b, span_first(all, end), from + close + 1, b->text->source);
    t->sequence = q;
    if (!begin_round(b, t))
        b->text = t->below;
}

/* ---- the row ---- */

static void drop_first(struct statement *s)
{
    s->words.items++;
    s->words.count--;
}

/* "@main" and "@^main": does the line count? */
static bool holds(const struct build *b, struct span condition)
{
    struct span name = span_from_index(condition, 1);
    bool inverse = span_starts_with(name, SPAN("^"));
    if (inverse)
        name = span_from_index(name, 1);
    return span_eq(name, b->config_id) != inverse;
}

static void pop(struct build *b)
{
    struct text *t = b->text;
    if (t->sequence == NULL || !begin_round(b, t))
        b->text = t->below;
}

/* True when the statement was the text's own business. */
static bool take(struct build *b, struct statement *s)
{
    while (s->words.count && span_starts_with(text_at(s, 0), SPAN("@")) && text_at(s, 0).len > 1) {
        if (!holds(b, text_at(s, 0))) {
            if (s->end == END_BLOCK_BEGINS)
                keepalived_skip_block(b);
            return true;
        }
        drop_first(s);
        if (s->words.count == 0)
            return s->end != END_BLOCK_BEGINS;
    }
    if (is_definition(s, 0)) {
        define_statement(b, s, 0);
    } else if (is_sequence(text_at(s, 0))) {
        expand_sequence(b, word_at(s, 0));
    } else if (is_include(text_at(s, 0))) {
        include(b, s);
    } else {
        return expand_lines(b, s);
    }
    return true;
}

bool text_next(struct build *b, struct statement *s)
{
    while (b->text) {
        if (!words_next(b->text->words, s))
            pop(b);
        else if (s->words.count == 0 || !take(b, s))
            return true;
    }
    return false;
}
