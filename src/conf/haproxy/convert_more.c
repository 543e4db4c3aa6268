/* SPDX-License-Identifier: Apache-2.0 */
/* The rarer converters. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/convert.h"

/* iif(true,false) */
static bool two_texts(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                      struct conversion *v)
{
    (void)r;
    (void)row;
    v->text = args->items[0].text;
    v->text2 = args->count > 1 ? args->items[1].text : SPAN("");
    return true;
}

static bool avalanche(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                      struct conversion *v)
{
    (void)row;
    return args->count == 0 || haproxy_sample_number(r, &args->items[0], 0, 1, &v->number);
}

static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* RFC 4648 4, padded or not. */
static bool from_base64(struct arena *a, struct span text, struct span *out)
{
    char *to = arena_alloc(a, text.len + 1);
    uint32_t bits = 0, count = 0;
    size_t len = 0;
    while (text.len && text.ptr[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        int six = sextet(text.ptr[i]);
        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        to[len++] = (char)(bits >> count & 0xff);
    }
    *out = span_of(to, len);
    return true;
}

/* hmac(algorithm,key): the key in base64 */
static bool hmac(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                 struct conversion *v)
{
    static const char *const known[] = { "md5", "sha1", "sha224", "sha256", "sha384", "sha512" };
    bool found = false;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        found |= span_eq_nocase(args->items[0].text, span_from(known[i]));
    if (!found)
        return haproxy_sample_fail(r, &haproxy_sample_refused, span_from(row->name),
                                   SPAN("md5, sha1, sha224, sha256, sha384 and sha512 are"));
    if (!from_base64(r->b->arena, args->items[1].text, &v->text2))
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[1].text, SPAN(""));
    v->text = args->items[0].text;
    return true;
}

/* set-var(variable[,condition ...]), unset-var(variable) */
static bool variable(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                     struct conversion *v)
{
    struct span all = args->items[0].text;
    uint32_t slot;
    unsigned when = 0;
    for (uint32_t i = 1; i < args->count; i++)
        all = arena_printf(r->b->arena, "%.*s,%.*s", SPAN_ARGS(all), SPAN_ARGS(args->items[i].text));
    if (!haproxy_variable_when(r->b, &args->items[0], all, &slot, &when))
        return false;
    v->number = slot;
    v->number2 = row->kind == CONVERT_SET_SLOT ? when : 0;
    return true;
}

/* capture-req(slot) */
static bool slot(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                 struct conversion *v)
{
    v->number2 = row->number;
    return haproxy_sample_number(r, &args->items[0], 0, UINT16_MAX, &v->number);
}

/* add_item(delimiter[,variable][,suffix]) */
static bool add_item(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                     struct conversion *v)
{
    (void)row;
    uint32_t number;
    v->text = args->items[0].text;
    v->text2 = args->count > 2 ? args->items[2].text : SPAN("");
    if (args->count < 2 || args->items[1].text.len == 0)
        return true;
    if (!haproxy_variable_slot(r->b, &args->items[1], args->items[1].text, &number))
        return false;
    v->number2 = (int64_t)number + 1;
    return true;
}

/* be2dec(separator,bytes[,truncate]), be2hex([separator][,bytes][,truncate]) */
static bool chunks(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                   struct conversion *v)
{
    v->number = 1;
    v->text = args->count > 0 ? args->items[0].text : SPAN("");
    if (args->count > 1 && args->items[1].text.len &&
        !haproxy_sample_number(r, &args->items[1], 1, row->number, &v->number))
        return false;
    v->number2 = args->count > 2;
    return true;
}

/* param(name[,separator]) */
static bool param(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                  struct conversion *v)
{
    if (args->count > 1 && args->items[1].text.len != 1)
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[1].text, SPAN(""));
    return two_texts(r, row, args, v);
}

/* ms_utime(format[,offset]): milliseconds and microseconds of the same; the fraction is not shown. */
static bool fine_time(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                      struct conversion *v)
{
    bool local = span_ends_with(span_from(row->name), SPAN("ltime"));
    int64_t offset = 0;
    v->number = row->number;
    if (args->count > 1 && !haproxy_sample_number(r, &args->items[1], INT32_MIN, INT32_MAX, &offset))
        return false;
    v = expr_add_conversion(r->b->arena, r->part, local ? CONVERT_LTIME : CONVERT_UTIME);
    v->text = args->items[0].text;
    v->number = offset / row->number;
    return true;
}

#define CONVERT(name, min, max, kind, ...)                                                                   \
    {                                                                                                        \
        name, min, max, CONVERT_##kind, __VA_ARGS__                                                          \
    }

const struct convert_row haproxy_more_converters[] = {
    CONVERT("iif", 2, 2, IIF, two_texts),
    CONVERT("ub64enc", 0, 0, BASE64_URL, NULL),
    CONVERT("ub64dec", 0, 0, BASE64_URL_DECODE, NULL),
    CONVERT("htonl", 0, 0, HTONL, NULL),
    CONVERT("hex2i", 0, 0, HEX_TO_INT, NULL),
    CONVERT("cut_crlf", 0, 0, CUT_CRLF, NULL),
    CONVERT("crc32c", 0, 1, CRC32C, avalanche),
    CONVERT("hmac", 2, 2, HMAC, hmac),
    CONVERT("secure_memcmp", 1, 1, SECURE_EQUAL, haproxy_convert_variable),
    CONVERT("set-var", 1, 8, SET_SLOT, variable),
    CONVERT("unset-var", 1, 1, UNSET_SLOT, variable),
    CONVERT("capture-req", 1, 1, CAPTURE, slot, 0),
    CONVERT("capture-res", 1, 1, CAPTURE, slot, 1),
    CONVERT("nbsrv", 0, 0, POOL_USABLE, NULL),
    CONVERT("add_item", 1, 3, ADD_ITEM, add_item),
    CONVERT("be2dec", 2, 3, BE_TO_DEC, chunks, 8),
    CONVERT("le2dec", 2, 3, LE_TO_DEC, chunks, 8),
    CONVERT("be2hex", 0, 3, BE_TO_HEX, chunks, INT16_MAX),
    CONVERT("language", 1, 2, LANGUAGE, two_texts),
    CONVERT("param", 1, 2, QUERY_PARAM, param),
    CONVERT("ms_utime", 1, 2, DIV, fine_time, 1000),
    CONVERT("ms_ltime", 1, 2, DIV, fine_time, 1000),
    CONVERT("us_utime", 1, 2, DIV, fine_time, 1000000),
    CONVERT("us_ltime", 1, 2, DIV, fine_time, 1000000),
    { NULL },
};
