/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a folder: a page of it (autoindex) in one of nginx's four formats,
 * or one of its files by chance (random_index). A helper reads the folder;
 * files.c asks for it and sends what came of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

struct folder_listing; /* model/action.h */
struct listing;

/*
 * Of the folder that clients know as <uri>; <callback>: of JSONP, empty for plain JSON; <utf8>: characters of
 * names count, not bytes. <form> NULL: one file is wanted, the one that <chance> leads to. Copies the texts.
 * NULL: no memory.
 */
MUST_USE struct listing *listing_new(const struct folder_listing *form, struct span uri, struct span callback,
                                     bool utf8, uint64_t chance);
void listing_free(struct listing **l);
/* In a helper: reads the folder that <fd> is, which it takes. 0 or errno. */
int listing_read(struct listing *l, int fd);
/* Else it is for a file. */
bool listing_is_page(const struct listing *l);
/* The page, or the name of the file; ptr NULL: there is none. It lives as long as <l>. */
struct span listing_text(const struct listing *l);
struct span listing_type(const struct listing *l);
/* May <name> stand in front of the page? */
bool listing_callback_is_valid(struct span name);
