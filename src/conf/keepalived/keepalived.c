/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of keepalived's dialect. Reading a file gives drafts, finishing them
 * the model; keepalived_internal.h tells the rest.
 */
#include "conf/keepalived/keepalived_internal.h"

static const struct keyword *const lists[] = {
    keepalived_main_words,   keepalived_global_words, keepalived_instance_words, keepalived_track_words,
    keepalived_notify_words, keepalived_tuning_words, keepalived_refused_words,  NULL,
};
static const char *const contexts[] = {
    "the top",       "global_defs",
    "vrrp_instance", "vrrp_sync_group",
    "vrrp_script",   "vrrp_track_process",
    "track_file",    "authentication",
    "garp_group",    NULL,
};
static const char *const synonyms[] = {
    "haproxy:monitor-uri",
    "track_frontend { NAME } in the vrrp_instance",
    "haproxy:global",
    "global_defs { ... }",
    "nginx:upstream",
    "track_upstream { NAME } in the vrrp_instance tracks one",
    NULL,
};
const struct keyword_table keepalived_keywords = {
    .lists = lists,
    .context_names = contexts,
    .synonyms = synonyms,
    .language = LANGUAGE_KEEPALIVED,
};

/* ---- blocks ---- */

void keepalived_skip_block(struct build *b)
{
    struct statement s;
    unsigned depth = 1;
    b->block_open = false;
    while (depth > 0 && text_next(b, &s)) {
        if (s.end == END_BLOCK_BEGINS)
            depth++;
        else if (s.end == END_BLOCK_ENDS && s.words.count == 0)
            depth--;
    }
}

static void run_statement(struct build *b, const struct statement *s)
{
    b->block_open = s->end == END_BLOCK_BEGINS;
    if (s->words.count)
        keyword_walk(&keepalived_keywords, b, b->arena, b->diags, b->context, b->seen, s);
    if (b->block_open)
        keepalived_skip_block(b);
}

void keepalived_read_block(struct build *b, uint32_t context, struct keyword_seen *seen)
{
    uint32_t outer = b->context;
    struct keyword_seen *outer_seen = b->seen;
    struct statement s;
    b->block_open = false;
    b->context = context;
    b->seen = seen;
    while (text_next(b, &s)) {
        if (s.words.count == 0 && s.end == END_BLOCK_ENDS)
            break;
        run_statement(b, &s);
    }
    b->context = outer;
    b->seen = outer_seen;
}

bool keepalived_next_row(struct build *b, struct statement *s)
{
    b->block_open = false;
    while (text_next(b, s)) {
        if (s->end == END_BLOCK_BEGINS) { /* no row opens a block */
            if (s->words.count)
                diag_add(b->diags, &conf_not_a_block, word_at(s, 0)->at, DIAG_TEXT(text_at(s, 0)));
            keepalived_skip_block(b);
        } else if (s->words.count) {
            return true;
        } else if (s->end == END_BLOCK_ENDS) {
            return false;
        }
    }
    return false;
}

/* ---- a file ---- */

static struct span config_id(struct arena *a, const struct world *w, const struct dialect_options *o)
{
    if (o && o->defines.count)
        return o->defines.items[0];
    struct answer name = world_ask(w, ASK_HOSTNAME, SPAN(""));
    struct span rest = name.error ? SPAN("") : name.bytes;
    return arena_span(a, span_cut(&rest, '.'));
}

static struct build *read_file(struct config *c, struct diags *d, const struct world *w, struct span path,
                               const struct dialect_options *o)
{
    struct build *b = ARENA_NEW(c->arena, struct build);
    b->config = c;
    b->arena = c->arena;
    b->diags = d;
    b->world = w;
    b->v = vrrp_config_new(c->arena);
    b->config_id = config_id(c->arena, w, o);
    b->random = 1;
    if (!text_begin(b, path, WHERE_NONE))
        return NULL;
    b->context = IN_MAIN;
    b->seen = &b->main_seen;
    struct statement s;
    while (text_next(b, &s))
        run_statement(b, &s);
    ka_finish(b);
    ka_check(b);
    return b;
}

/* One machine runs one file. What is given besides is the other director's: to be compared. */
static void read_files(struct config *c, struct diags *d, const struct world *w, const struct span *files,
                       uint32_t count, const struct dialect_options *o)
{
    struct build *first = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct build *b = read_file(c, d, w, files[i], o);
        if (b == NULL)
            continue;
        if (first == NULL) {
            first = b;
            c->vrrp = b->v;
            continue;
        }
        diag_add(d, &ka_second_file, WHERE_NONE, DIAG_TEXT(files[i], files[0]));
        ka_compare(first, b);
    }
}

/* ---- whose file is it? ---- */

static bool has_line(struct span text, struct span word)
{
    while (text.len) {
        struct span line = span_trim(span_cut(&text, '\n'));
        if (span_starts_with(line, word))
            return true;
    }
    return false;
}

static unsigned recognise(struct span name, struct span text)
{
    if (has_line(text, SPAN("vrrp_instance ")) || has_line(text, SPAN("vrrp_sync_group ")) ||
        has_line(text, SPAN("vrrp_script ")))
        return 95;
    if (has_line(text, SPAN("global_defs")) || has_line(text, SPAN("virtual_server ")))
        return 85;
    return span_find(name, SPAN("keepalived")) != SPAN_NONE ? 50 : 0;
}

const struct dialect dialect_keepalived = {
    .language = LANGUAGE_KEEPALIVED,
    .name = "keepalived",
    .recognise = recognise,
    .read = read_files,
    .keywords = &keepalived_keywords,
    .kinds = diag_keepalived_kinds,
};
