/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics as JSON: in HAProxy's shape (an object a cell, for programs that
 * read it already), and in one of our own, small and with what HAProxy has not:
 * words, shares and percentiles of the last minute, causes, the verdict.
 */
#pragma once

#include "admin/columns.h"

void json_put_haproxy(struct buf *out, const struct view *v, const struct row_filter *f);
/*
 * {"v":1,"generation":..,"t":ms,"node":..,"verdict":..,"sentence":..,"totals":{..},
 *  "attention":[..],"listeners":[..],"pools":[{..,"servers":[..]}]}
 * Fields are added, never renamed. Times are ms since 1970, durations us; what
 * is not known is null.
 */
void json_put(struct buf *out, const struct view *v, const struct row_filter *f);
/* HAProxy's members "processNum" and "tags" of a field whose tag is "MGP". */
void json_put_tags(struct buf *out, const char *tag);
/* The schema of both forms. */
struct span json_schema(void);
