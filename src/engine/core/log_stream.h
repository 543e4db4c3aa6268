/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log target that is a connection: lines wait in a queue of a fixed size until
 * the other side takes them, also while there is none; what does not fit is
 * dropped and counted. A line that went out in part when the connection broke
 * is sent again as a whole. Nothing here waits. Under the log's mutex.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct clock_text;
struct log_sink;
struct log_stream;

/* NULL: out of memory. */
struct log_stream *log_stream_new(size_t room);
void log_stream_free(struct log_stream **q);
/* The sink's batch goes into its queue, and as much of that as is taken goes out. */
void log_stream_take(struct log_sink *s, struct clock_text *clock);
/* As much as is taken goes out; true when something waits still. */
bool log_stream_push(struct log_sink *s);
