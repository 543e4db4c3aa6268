/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of eval/ share; nobody else includes it. */
#pragma once

#include "base/scratch.h"
#include "eval/eval.h"
#include "model/config.h"

static inline struct value value_none(void)
{
    struct value v;

    v.type = VALUE_NONE;
    return v;
}
/* ptr NULL is none. */
static inline struct value value_text(struct span s)
{
    struct value v;

    v.type = s.ptr ? VALUE_TEXT : VALUE_NONE;
    v.as.text = s; /* the rest of the union is nobody's: clearing it would cost more than the value */
    return v;
}
static inline struct value value_binary(struct span s)
{
    return s.ptr ? (struct value){ .type = VALUE_BINARY, .as.text = s } : value_none();
}
static inline struct value value_int(int64_t n)
{
    return (struct value){ .type = VALUE_INT, .as.number = n };
}
static inline struct value value_bool(bool b)
{
    return (struct value){ .type = VALUE_BOOL, .as.truth = b };
}
static inline struct value value_ip(const struct address *a)
{
    return a->len ? (struct value){ .type = VALUE_IP, .as.ip = *a } : value_none();
}

/* Text put together in scratch; ptr NULL when there was no room. */
struct span scratch_text(struct facts *f, const char *format, ...) PRINTF_LIKE(2, 3);

/* eval.c: a part's value after its conversions. */
struct value part_value(struct facts *f, const struct expr_part *p);
/* fetch_end.c: how many capture slots the request has, filled or not. */
unsigned eval_capture_slots(const struct facts *f, unsigned response);

/* fetch.c: the table. A part's own value, before its conversions. */
struct value fetch_value(struct facts *f, const struct expr_part *p);
/* fetch_request.c: the <n>-th occurrence (from 1) for OCCURRENCE_EACH; false when there are not so many. */
bool fetch_nth(struct facts *f, const struct expr_part *p, uint32_t n, struct value *out);
/* Of Basic authentication (RFC 7617), as the request's field says it. */
struct value fetch_user_or_password(struct facts *f, bool password);
bool fetch_has_many(const struct expr_part *p);

/* The groups of the vocabulary; each answers its own fetches only. */
struct value fetch_process(struct facts *f, const struct expr_part *p);
struct value fetch_client(struct facts *f, const struct expr_part *p);
struct value fetch_bytes(struct facts *f, const struct expr_part *p);
struct value fetch_request(struct facts *f, const struct expr_part *p);
struct value fetch_auth(struct facts *f, const struct expr_part *p);
struct value fetch_slots(struct facts *f, const struct expr_part *p);
struct value fetch_server(struct facts *f, const struct expr_part *p);
struct value fetch_stick(struct facts *f, const struct expr_part *p);
struct value fetch_response(struct facts *f, const struct expr_part *p);
struct value fetch_end(struct facts *f, const struct expr_part *p);
struct value fetch_timer(struct facts *f, const struct expr_part *p);

/* fetch_end.c: what lines are made of, without becoming values. */
/* Of a line that is written before the end: what is not known yet, "+" stands before it. */
bool grows(enum fetch which);
int64_t timer_of(struct facts *f, enum fetch which);                    /* facts->times are there */
bool end_number(const struct facts *f, enum fetch which, int64_t *out); /* facts->end is there */
enum { DATE_ROOM = 40 };
/* "22/Nov/2026:12:00:31.204"; how long it is. */
size_t date_put(const struct facts *f, uint64_t wall_us, char room[DATE_ROOM]);
/* The moment that DATE_ACCEPT or DATE_REQUEST means; 0: not reached. */
uint64_t date_of_fetch(const struct facts *f, enum fetch which);

/* convert.c */
struct value convert_value(struct facts *f, struct value v, const struct conversion *c);
/* fetch_stick.c */
struct value convert_stick(struct facts *f, struct value v, const struct conversion *c);
/* A slot when the file named one; none when it gave a text or a number. */
struct value convert_operand(struct facts *f, const struct conversion *c);
/* convert_text.c */
struct value convert_text(struct facts *f, struct span s, const struct conversion *c);
/* convert_more.c */
struct value convert_more(struct facts *f, struct value v, const struct conversion *c);
struct value convert_token(struct facts *f, struct value v, const struct conversion *c);
struct value convert_forwarded(struct facts *f, struct value v, const struct conversion *c);
struct value convert_hash(struct facts *f, struct value v, const struct conversion *c);
bool text_is_number(struct span s, int64_t *out);
/* Makes <v> into <want>, as HAProxy casts; none when it cannot be. */
struct value value_as(struct facts *f, struct value v, enum value_type want);
