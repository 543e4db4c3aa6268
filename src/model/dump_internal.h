/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the dump share: a buffer with an indentation. Nobody outside model needs this. */
#pragma once

#include "model/config.h"
#include "model/tls.h"

struct dump {
    struct buf *out;
    unsigned depth;
};

/* A line at the current depth; it gets its newline. */
void dump_line(const struct dump *d, const char *format, ...) PRINTF_LIKE(2, 3);
/* "  name value"; nothing for zero, empty, false, NULL. */
void dump_number(const struct dump *d, const char *name, uint64_t n);
void dump_text(const struct dump *d, const char *name, struct span s);
void dump_flag(const struct dump *d, const char *name, bool on);
void dump_time(const struct dump *d, const char *name, duration t); /* none is shown as "none" */
void dump_address(const struct dump *d, const char *name, const struct address *a);
void dump_expr(const struct dump *d, const char *name, const struct expr *e);

const char *language_name(enum language l);
void dump_scope(struct dump *d, const struct scope *s);
void dump_pool(struct dump *d, const struct pool *p);
void dump_news(struct dump *d, const struct log_target_list *news);
struct name_group;
void dump_name_group(struct dump *d, const struct name_group *g);
void dump_stick_table(struct dump *d, const struct stick_table *t);
void dump_tls_server(struct dump *d, const struct tls_server *s);
/* Without its number: what tells two checks apart may not depend on that. */
void dump_tls_client(struct dump *d, const struct tls_client *t);
void dump_tls_listener(struct dump *d, const struct tls_listener *l);
void dump_source(const struct dump *d, const struct source_rule *s);
void dump_client_policy(struct dump *d, const struct client_policy *p);
void dump_compression(struct dump *d, const struct compression *c);
void dump_server_policy(struct dump *d, const struct server_policy *p);
