/* SPDX-License-Identifier: Apache-2.0 */
/* What diag.c and diag_show.c share. Nobody else includes this. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"

struct diag_chain { /* alike diagnostics */
    struct diag *first, *last;
};

struct diags {
    struct arena *arena; /* holds this struct too */
    struct {
        struct source *items;
        uint32_t count, room;
    } sources;
    struct {
        struct diag **items;
        uint32_t count, room;
    } items;            /* the first of each chain, as they were added */
    struct map by_text; /* to struct diag_chain */
    unsigned counts[SEVERITY_ERROR + 1];
    enum severity least; /* what diags_show leaves out is below it */
    bool chinese;
};

/* One character as it is shown. */
struct glyph {
    size_t bytes;   /* it takes in the text, at least 1 */
    uint32_t c;     /* the character, or the byte when it is none */
    unsigned cells; /* it takes on the screen */
    enum { GLYPH_AS_IS, GLYPH_BYTE /* \x1b */, GLYPH_NAMED /* <U+200B> */ } look;
};
/* The first of <s>, which is not empty. A tab is a GLYPH_BYTE: who expands tabs looks for them first. */
struct glyph diag_glyph(struct span s);
void diag_put_glyph(struct buf *out, struct span s, struct glyph g);
void diag_put_visible(struct buf *out, struct span s);

/* A line of a source: where it starts, its number from 1, its text without the line end. */
struct diag_line {
    size_t start;
    uint32_t number;
    struct span text;
};
enum { DIAG_TAB = 8 };
struct diag_line diag_line_at(const struct source *source, size_t offset);
/* NULL when <w> is no place. */
const struct source *diag_source(const struct diags *d, struct where w);

/* error[K0101]: sentence */
void diag_put_headline(struct buf *out, const struct diags *d, const struct diag *at);
void diag_put_picture(struct buf *out, const struct diags *d, const struct diag *at);
/* <sentence> with {0} to {5} replaced by the arguments of <d>. */
void diag_fill(struct buf *out, const char *sentence, const struct diag *d);
