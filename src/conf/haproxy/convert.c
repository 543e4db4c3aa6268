/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's converters. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/convert.h"
#include "conf/haproxy/stick.h"

/* [number]: row->number when it is missing. */
static bool number(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                   struct conversion *v)
{
    v->number = row->number;
    return args->count == 0 ||
           haproxy_sample_number(r, &args->items[0], INT64_MIN + 1, INT64_MAX, &v->number);
}

/* A number, or a variable that holds one. */
static bool operand(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                    struct conversion *v)
{
    (void)row;
    const struct word *w = &args->items[0];
    uint32_t slot;
    if (w->text.len && (w->text.ptr[0] == '-' || (w->text.ptr[0] >= '0' && w->text.ptr[0] <= '9')))
        return haproxy_sample_number(r, w, INT64_MIN + 1, INT64_MAX, &v->number);
    if (!haproxy_variable_slot(r->b, w, w->text, &slot))
        return false;
    v->number2 = (int64_t)slot + 1;
    return true;
}

static bool text(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                 struct conversion *v)
{
    (void)r;
    (void)row;
    v->text = args->items[0].text;
    return true;
}

/* field(index,delimiters[,count]) */
static bool pieces(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                   struct conversion *v)
{
    (void)row;
    v->text = args->items[1].text;
    v->number2 = 1;
    if (!haproxy_sample_number(r, &args->items[0], -INT16_MAX, INT16_MAX, &v->number) ||
        (args->count > 2 && !haproxy_sample_number(r, &args->items[2], 0, INT16_MAX, &v->number2)))
        return false;
    if (v->number == 0)
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[0].text, SPAN(""));
    return true;
}

/* bytes(offset[,length]) */
static bool bytes(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                  struct conversion *v)
{
    (void)row;
    v->number2 = -1;
    return haproxy_sample_number(r, &args->items[0], 0, INT32_MAX, &v->number) &&
           (args->count < 2 || haproxy_sample_number(r, &args->items[1], 0, INT32_MAX, &v->number2));
}

/* regsub(regex,text[,flags]) */
static bool regsub(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                   struct conversion *v)
{
    (void)row;
    bool nocase = false;
    for (size_t i = 0; args->count > 2 && i < args->items[2].text.len; i++) {
        char flag = args->items[2].text.ptr[i];
        if (flag != 'g' && flag != 'i')
            return haproxy_sample_fail(r, &haproxy_sample_args, args->items[2].text, SPAN(""));
        v->number |= flag == 'g';
        nocase |= flag == 'i';
    }
    v->regex = haproxy_regex(r->b, &args->items[0], args->items[0].text, nocase);
    v->text = args->items[1].text;
    return v->regex != NULL;
}

static bool mask_bits(struct span s, unsigned most, int64_t *bits)
{
    uint64_t n;
    if (span_to_u64(s, most, &n)) {
        *bits = (int64_t)n;
        return true;
    }
    struct address ip;
    if (most != 32 || !address_parse_ip(s, &ip) || address_family(&ip) != AF_INET)
        return false;
    uint32_t mask = ntohl(ip.u.in.sin_addr.s_addr);
    *bits = __builtin_popcount(mask);
    return mask == 0 || (mask | (mask - 1)) == UINT32_MAX;
}

static bool ipmask(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                   struct conversion *v)
{
    (void)row;
    v->number2 = 128;
    if (!mask_bits(args->items[0].text, 32, &v->number) ||
        (args->count > 1 && !mask_bits(args->items[1].text, 128, &v->number2)))
        return haproxy_sample_fail(r, &haproxy_sample_args, r->w->text, SPAN(""));
    return true;
}

/* concat([start][,[var][,end]]) */
static bool concat(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                   struct conversion *v)
{
    (void)row;
    uint32_t slot;
    v->text = args->count > 0 ? args->items[0].text : SPAN("");
    v->text2 = args->count > 2 ? args->items[2].text : SPAN("");
    if (args->count < 2 || args->items[1].text.len == 0)
        return true;
    if (!haproxy_variable_slot(r->b, &args->items[1], args->items[1].text, &slot))
        return false;
    v->number2 = (int64_t)slot + 1;
    return true;
}

bool haproxy_convert_variable(struct sample_reader *r, const struct convert_row *row,
                              const struct sample_args *args, struct conversion *v)
{
    (void)row;
    uint32_t slot;
    if (!haproxy_variable_slot(r->b, &args->items[0], args->items[0].text, &slot))
        return false;
    v->number2 = (int64_t)slot + 1;
    return true;
}

/* utime(format[,offset]) */
static bool time_text(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                      struct conversion *v)
{
    (void)row;
    v->text = args->items[0].text;
    return args->count < 2 || haproxy_sample_number(r, &args->items[1], INT32_MIN, INT32_MAX, &v->number);
}

/* http_date([offset[,unit]]) */
static bool http_date(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                      struct conversion *v)
{
    static const char *const units[] = { "s", "ms", "us" };
    (void)row;
    if (args->count > 0 && !haproxy_sample_number(r, &args->items[0], INT32_MIN, INT32_MAX, &v->number))
        return false;
    if (args->count < 2)
        return true;
    for (unsigned i = 0; i < COUNT_OF(units); i++) {
        if (span_eq(args->items[1].text, span_from(units[i]))) {
            v->number2 = i;
            return true;
        }
    }
    return haproxy_sample_fail(r, &haproxy_sample_args, args->items[1].text, SPAN(""));
}

static bool sha2(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                 struct conversion *v)
{
    if (!number(r, row, args, v))
        return false;
    if (v->number != 224 && v->number != 256 && v->number != 384 && v->number != 512)
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[0].text, SPAN(""));
    return true;
}

/* digest(name): those that have a converter of their own. */
static bool digest(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                   struct conversion *v)
{
    static const struct {
        const char *name;
        enum convert kind;
        int64_t bits;
    } known[] = {
        { "md5", CONVERT_MD5, 0 },       { "sha1", CONVERT_SHA1, 0 },     { "sha224", CONVERT_SHA2, 224 },
        { "sha256", CONVERT_SHA2, 256 }, { "sha384", CONVERT_SHA2, 384 }, { "sha512", CONVERT_SHA2, 512 },
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (!span_eq_nocase(args->items[0].text, span_from(known[i].name)))
            continue;
        v->kind = known[i].kind;
        v->number = known[i].bits;
        return true;
    }
    return haproxy_sample_fail(r, &haproxy_sample_refused, span_from(row->name),
                               SPAN("md5, sha1 and sha2 are"));
}

static bool json(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                 struct conversion *v)
{
    (void)v;
    if (args->count && !span_starts_with(args->items[0].text, SPAN("utf8")) &&
        !span_eq(args->items[0].text, SPAN("ascii")))
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[0].text, span_from(row->name));
    return true;
}

/* url_enc(query): the only way there is. */
static bool url_encode(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                       struct conversion *v)
{
    (void)v;
    if (args->count && !span_eq(args->items[0].text, SPAN("query")))
        return haproxy_sample_fail(r, &haproxy_sample_args, args->items[0].text, span_from(row->name));
    return true;
}

/* url_dec([in_form]) */
static bool url_decode(struct sample_reader *r, const struct convert_row *row, const struct sample_args *args,
                       struct conversion *v)
{
    (void)row;
    v->number = 0;
    return args->count == 0 || haproxy_sample_number(r, &args->items[0], 0, 1, &v->number);
}

#define CONVERT(name, min, max, kind, ...)                                                                   \
    {                                                                                                        \
        name, min, max, CONVERT_##kind, __VA_ARGS__                                                          \
    }

static const struct convert_row converters[] = {
    CONVERT("add", 1, 1, ADD, operand),
    CONVERT("sub", 1, 1, SUB, operand),
    CONVERT("mul", 1, 1, MUL, operand),
    CONVERT("div", 1, 1, DIV, operand),
    CONVERT("mod", 1, 1, MOD, operand),
    CONVERT("and", 1, 1, AND, operand),
    CONVERT("or", 1, 1, OR, operand),
    CONVERT("xor", 1, 1, XOR, operand),
    CONVERT("neg", 0, 0, NEG, NULL),
    CONVERT("not", 0, 0, NOT, NULL),
    CONVERT("bool", 0, 0, BOOL, NULL),
    CONVERT("even", 0, 0, EVEN, NULL),
    CONVERT("odd", 0, 0, ODD, NULL),
    CONVERT("lower", 0, 0, LOWER, NULL),
    CONVERT("upper", 0, 0, UPPER, NULL),
    CONVERT("length", 0, 0, LENGTH, NULL),
    CONVERT("field", 2, 3, FIELD, pieces),
    CONVERT("word", 2, 3, WORD, pieces),
    CONVERT("regsub", 2, 3, REGSUB, regsub),
    CONVERT("concat", 0, 3, CONCAT, concat),
    CONVERT("strcmp", 1, 1, STRCMP, haproxy_convert_variable),
    CONVERT("ltrim", 1, 1, LTRIM, text),
    CONVERT("rtrim", 1, 1, RTRIM, text),
    CONVERT("bytes", 1, 2, BYTES, bytes),
    CONVERT("host_only", 0, 0, HOST_ONLY, NULL),
    CONVERT("port_only", 0, 0, PORT_ONLY, NULL),
    CONVERT("ipmask", 1, 2, IP_MASK, ipmask),
    CONVERT("hex", 0, 0, HEX, NULL),
    CONVERT("base64", 0, 0, BASE64, NULL),
    CONVERT("b64dec", 0, 0, BASE64_DECODE, NULL),
    CONVERT("url_dec", 0, 1, URL_DECODE, url_decode),
    CONVERT("url_enc", 0, 1, URL_ENCODE, url_encode),
    CONVERT("json", 0, 1, JSON, json),
    CONVERT("crc32", 0, 1, CRC32, number),
    CONVERT("djb2", 0, 1, DJB2, number),
    CONVERT("sdbm", 0, 1, SDBM, number),
    CONVERT("wt6", 0, 1, WT6, number),
    CONVERT("xxh32", 0, 1, XXH32, number),
    CONVERT("xxh64", 0, 1, XXH64, number),
    CONVERT("sha1", 0, 0, SHA1, NULL),
    CONVERT("sha2", 0, 1, SHA2, sha2, 256),
    CONVERT("digest", 1, 1, SHA2, digest),
    CONVERT("utime", 1, 2, UTIME, time_text),
    CONVERT("ltime", 1, 2, LTIME, time_text),
    CONVERT("http_date", 0, 2, HTTP_DATE, http_date),
};

const struct refused_names haproxy_refused_converters[] = {
    { "table_glitch_cnt table_glitch_rate", "glitches are of HTTP/2 and HTTP/3" },
    { "aes_cbc_dec aes_cbc_enc aes_gcm_enc bytes_range cpl debug fix_is_valid fix_tag_value "
      "jwt_decrypt_jwk jwt_decrypt_cert jwt_decrypt_secret "
      "jwt_verify_cert mqtt_field_value mqtt_is_valid protobuf reverse_dom "
      "rfc7239_nn rfc7239_np ungrpc when x509_v_err_str xxh3",
      "it is not served yet" },
    { "51d.single da-csv-conv", "device detection is not built in" },
    { NULL, NULL },
};

static bool say_unknown(struct sample_reader *r, struct span name)
{
    const char *why = haproxy_refused_name(haproxy_refused_converters, name);
    if (why)
        return haproxy_sample_fail(r, &haproxy_converter_refused, name, span_from(why));
    struct diag *d = diag_add(r->b->diags, &haproxy_no_converter, r->w->at, DIAG_TEXT(name));
    const char *names[COUNT_OF(converters) + 1] = { NULL };
    for (size_t i = 0; i < COUNT_OF(converters); i++)
        names[i] = converters[i].name;
    const char *near = diag_nearest(name, names);
    if (near)
        diag_help(r->b->diags, d, "did you mean `%s`?", near);
    return false;
}

static const struct convert_row *find(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(converters); i++)
        if (span_eq(name, span_from(converters[i].name)))
            return &converters[i];
    static const struct convert_row *const more[] = { haproxy_more_converters, haproxy_token_converters };
    for (size_t i = 0; i < COUNT_OF(more); i++)
        for (const struct convert_row *row = more[i]; row->name; row++)
            if (span_eq(name, span_from(row->name)))
                return row;
    return NULL;
}

bool haproxy_take_converter(struct sample_reader *r, struct span name, const struct sample_args *args)
{
    const struct convert_row *row = find(name);
    if (row) {
        if (args->count < row->min || args->count > row->max)
            return haproxy_sample_fail(r, &haproxy_sample_arity, name,
                                       row->min == row->max
                                           ? arena_printf(r->b->arena, "%u", row->min)
                                           : arena_printf(r->b->arena, "%u to %u", row->min, row->max));
        struct conversion *v = expr_add_conversion(r->b->arena, r->part, row->kind);
        return row->make == NULL || row->make(r, row, args, v);
    }
    bool known, good = haproxy_stick_converter(r, name, args, &known);
    if (!known)
        good = haproxy_map_converter(r, name, args, &known);
    return known ? good : say_unknown(r, name);
}
