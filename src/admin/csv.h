/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's two text forms of its statistics: CSV, whose header line is
 * HAProxy 2.6's byte for byte with our own columns only behind it, and "typed",
 * a line a value.
 */
#pragma once

#include "admin/columns.h"

/* Header and rows, without the empty line that ends an answer on a socket. */
void csv_put(struct buf *out, const struct view *v, const struct row_filter *f);
/* "F.2.0.0.pxname.1:KNS:str:web" */
void csv_put_typed(struct buf *out, const struct view *v, const struct row_filter *f);
