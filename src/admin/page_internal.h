/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the page share. */
#pragma once

#include "admin/page.h"

/* Text between tags, or in a quoted attribute. */
void page_put_text(struct buf *out, struct span s);
/* A word as a CSS class: "not-yet-checked". */
void page_put_class(struct buf *out, enum view_word w);
/* Shares, rates and sizes as people read them; what is not known is a dash. */
void page_put_share(struct buf *out, const struct view_recent *r);
void page_put_rate(struct buf *out, const struct view_recent *r);
void page_put_bytes(struct buf *out, uint64_t n);

/* page_addresses.c: nothing where there are none */
void page_put_addresses(struct buf *out, const struct view *v, const struct page_options *o);
/* page_tables.c */
void page_put_listeners(struct buf *out, const struct view *v, const struct page_options *o);
void page_put_pools(struct buf *out, const struct view *v, const struct page_options *o);
