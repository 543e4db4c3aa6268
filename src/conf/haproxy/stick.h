/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about stick tables share with the rest of the dialect. */
#pragma once

#include "conf/haproxy/fetch.h"
#include "model/stick.h"

/* The section's own table, before any rule is compiled. */
void haproxy_compile_stick_table(struct build *b, struct draft *d);
/* When all rules are: they say what must be kept, too. */
void haproxy_finish_stick_tables(struct build *b);
/* By the name of its section; NULL and a diagnostic. */
struct stick_table *haproxy_stick_table(struct build *b, const struct word *w, struct span name);
/* stick on, match, store-request, store-response. */
void haproxy_stick(struct build *b, const struct statement *s);
keyword_fn haproxy_track, haproxy_count_action;

/*
 * "sc0_http_req_rate", "src_get_gpc0", "table_cnt": makes r->part. <known> false:
 * it is no such name, and nothing was done.
 */
bool haproxy_stick_fetch(struct sample_reader *r, struct span name, const struct sample_args *args,
                         bool *known);
/* "table_conn_rate", "in_table" */
bool haproxy_stick_converter(struct sample_reader *r, struct span name, const struct sample_args *args,
                             bool *known);
