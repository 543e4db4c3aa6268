/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of converters: one row each, and who reads its arguments. */
#pragma once

#include "conf/haproxy/fetch.h"

struct convert_row;
typedef bool convert_fn(struct sample_reader *r, const struct convert_row *row,
                        const struct sample_args *args, struct conversion *v);
struct convert_row {
    const char *name;
    uint8_t min, max;
    enum convert kind;
    convert_fn *make; /* NULL: nothing to fill in */
    int64_t number;
};
extern const struct convert_row haproxy_more_converters[],
    haproxy_token_converters[]; /* end with a NULL name */
/* strcmp(variable) and its like: the operand is what is in a variable. */
convert_fn haproxy_convert_variable;

/* map, map_beg_int ...: adds to r->part. <known> false: it is no such name. */
bool haproxy_map_converter(struct sample_reader *r, struct span name, const struct sample_args *args,
                           bool *known);
/*
 * A file of lines for an ACL or a map: "path", "file@path", "opt@path" (which may
 * be missing), "virt@name" (empty). False and a diagnostic. <source>: of its text.
 */
bool haproxy_list_file(struct build *b, const struct word *w, struct span *text, uint32_t *source);
/* The next line that says something, without blanks before it; false at the end. */
bool haproxy_list_line(struct span *rest, struct span *line);
