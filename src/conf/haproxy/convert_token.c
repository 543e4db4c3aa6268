/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of JSON, signed tokens, AES-GCM and the field Forwarded. */
#include "conf/haproxy/convert.h"

/* "$.user.roles[0]" */
static bool is_path(struct span text)
{
    return span_starts_with(text, SPAN("$.")) || span_starts_with(text, SPAN("$[")) ||
           span_eq(text, SPAN("$"));
}

/* (path[,int]) at argument <i>, when it is there. */
static bool path_at(struct sample_reader *r, const struct sample_args *args, uint32_t i, struct conversion *v)
{
    if (args->count <= i)
        return true;
    if (!is_path(args->items[i].text))
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[i].text, SPAN(""));
    v->text = args->items[i].text;
    if (args->count > i + 1 && !span_eq(args->items[i + 1].text, SPAN("int")))
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[i + 1].text, SPAN(""));
    v->number = args->count > i + 1;
    return true;
}

static bool query(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                  struct conversion *v)
{
    v->number2 = row->number;
    return path_at(r, args, 0, v);
}

static bool is_variable(struct span text)
{
    static const char *const scopes[] = { "txn.", "req.", "res.", "sess.", "proc." };
    for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++)
        if (span_starts_with(text, span_from(scopes[i])))
            return true;
    return false;
}

/* A variable's slot + 1, or 0 for a text. */
static bool text_or_variable(struct sample_reader *r, const struct word *w, uint32_t *slot)
{
    *slot = 0;
    if (!is_variable(w->text))
        return true;
    if (!haproxy_variable_slot(r->b, w, w->text, slot))
        return false;
    ++*slot;
    return true;
}

/* Whose key is read from a file? A secret needs none. */
static bool take_key(struct sample_reader *r, const struct word *w, bool secret, bool certain,
                     struct token_ask *ask)
{
    struct span path = arena_span(r->b->arena, w->text);
    ask->secret = path;
    if (secret)
        return true;
    struct answer a = world_ask(r->b->world, ASK_FILE, path);
    ask->key = a.error ? NULL : config_public_key(r->b->config, a.bytes);
    if (ask->key || !certain)
        return true; /* what the request says decides: it may be a secret after all */
    return haproxy_sample_fail(r, &haproxy_sample_refused, w->text,
                               SPAN("it is no file with a public key or a certificate in PEM"));
}

/* jwt_verify(algorithm,key) */
static bool token(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                  struct conversion *v)
{
    struct token_ask *ask = ARENA_NEW(r->b->arena, struct token_ask);
    uint32_t algorithm;
    (void)row;
    if (!text_or_variable(r, &args->items[0], &algorithm) ||
        !text_or_variable(r, &args->items[1], &ask->slot))
        return false;
    v->text = args->items[0].text;
    v->number2 = algorithm;
    v->token = ask;
    bool secret = span_starts_with(v->text, SPAN("HS")) || span_eq(v->text, SPAN("none"));
    return ask->slot || take_key(r, &args->items[1], secret && !algorithm, !algorithm, ask);
}

/* aes_gcm_dec(bits,nonce,key,tag) */
static bool cipher(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                   struct conversion *v)
{
    struct cipher_ask *ask = ARENA_NEW(r->b->arena, struct cipher_ask);
    struct cipher_part *parts[] = { &ask->nonce, &ask->key, &ask->tag };
    int64_t bits;
    (void)row;
    if (!haproxy_sample_number(r, &args->items[0], 128, 256, &bits))
        return false;
    if (bits != 128 && bits != 192 && bits != 256)
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[0].text, SPAN(""));
    for (uint32_t i = 0; i < 3; i++) {
        if (!text_or_variable(r, &args->items[i + 1], &parts[i]->slot))
            return false;
        parts[i]->text = args->items[i + 1].text;
    }
    ask->bits = (unsigned)bits;
    v->cipher = ask;
    return true;
}

/* rfc7239_field(proto|host|for|by) */
static bool forwarded_field(struct sample_reader *r, const struct convert_row *row,
                            const struct sample_args *args, struct conversion *v)
{
    static const char *const fields[] = { "proto", "host", "for", "by" };
    (void)row;
    v->text = args->items[0].text;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (span_eq(v->text, span_from(fields[i])))
            return true;
    return haproxy_sample_fail(r, &haproxy_sample_args, v->text, SPAN(""));
}

#define CONVERT(name, min, max, kind, ...)                                                                   \
    {                                                                                                        \
        name, min, max, CONVERT_##kind, __VA_ARGS__                                                          \
    }

const struct convert_row haproxy_token_converters[] = {
    CONVERT("json_query", 1, 2, JSON_QUERY, query),
    CONVERT("jwt_header_query", 0, 2, TOKEN_PART, query, 0),
    CONVERT("jwt_payload_query", 0, 2, TOKEN_PART, query, 1),
    CONVERT("jwt_verify", 2, 2, TOKEN_VERIFY, token),
    CONVERT("aes_gcm_dec", 4, 4, AES_GCM_DECODE, cipher),
    CONVERT("rfc7239_field", 1, 1, FORWARDED_FIELD, forwarded_field),
    CONVERT("rfc7239_is_valid", 0, 0, FORWARDED_VALID, NULL),
    CONVERT("rfc7239_n2nn", 0, 0, NODE_NAME, NULL),
    CONVERT("rfc7239_n2np", 0, 0, NODE_PORT, NULL),
    CONVERT("srv_queue", 0, 0, SERVER_QUEUE, NULL),
    { NULL },
};
