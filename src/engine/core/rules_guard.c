/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request comes from, and whether its link was given out: model/guard.h. */
#include <string.h>

#include "base/md5.h"
#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "model/guard.h"
#include "wire/message.h"

static enum outcome put(struct rules *r, uint32_t slot, struct span text)
{
    struct value v = { .type = VALUE_TEXT, .as.text = text };

    return eval_set_slot(r->facts, slot, &v) ? NEXT : rules_end(r, RULES_FAILED);
}

/* ---- the page that it comes from ---- */

static bool scheme_of_http(struct span *url)
{
    size_t len = span_starts_with_nocase(*url, SPAN("http://"))    ? 7
                 : span_starts_with_nocase(*url, SPAN("https://")) ? 8
                                                                   : 0;

    *url = span_from_index(*url, len);
    return len != 0;
}

static bool host_is_known(struct rules *r, const struct referers *k, struct span rest)
{
    size_t end = 0;

    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != ':')
        end++;
    struct span host = span_first(rest, end), path = span_from_index(rest, end);
    size_t slash = span_find_char(path, '/');
    const struct lookup_row *row = k->hosts ? lookup_find(k->hosts, host, NULL, NULL) : NULL;
    if (row == NULL)
        return false;
    path = slash == SPAN_NONE ? SPAN("/") : span_from_index(path, slash);
    return span_starts_with(path, eval_text(r->facts, row->value));
}

static bool is_welcome(struct rules *r, const struct referers *k)
{
    const struct field *f = message_find(r->request, FIELD_REFERER);

    if (f == NULL || f->value.len == 0)
        return k->none;
    struct span rest = f->value;
    if (rest.len < strlen("http://i.ru") || !scheme_of_http(&rest)) /* as short as a name can be */
        return k->blocked;
    if (host_is_known(r, k, rest))
        return true;
    for (uint32_t i = 0; i < k->regexes.count; i++)
        if (regex_matches(k->regexes.items[i], rest, NULL))
            return true;
    return false;
}

enum outcome act_referer(struct rules *r, const struct action *a)
{
    return put(r, a->referers->slot, is_welcome(r, a->referers) ? SPAN("") : SPAN("1"));
}

/* ---- a sum in the link ---- */

static int sextet(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '-' || c == '+' ? 62
           : c == '_' || c == '/' ? 63
                                  : -1;
}

/* 22 digits of RFC 4648 5, maybe with its padding: 16 bytes. */
static bool decode(struct span s, uint8_t out[MD5_SIZE])
{
    uint32_t bits = 0;
    size_t at = 0;

    while (s.len && s.ptr[s.len - 1] == '=')
        s.len--;
    if (s.len != 22)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        int six = sextet(s.ptr[i]);
        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
        if (i % 4 != 0 && at < MD5_SIZE)
            out[at++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return at == MD5_SIZE;
}

/* "/PREFIX/SUM/LINK" as it was received. */
static enum outcome of_secret(struct rules *r, const struct secure_link *k)
{
    struct span link = span_from_index(r->facts->target, 1);
    char hex[2 * MD5_SIZE];

    (void)span_cut(&link, '/');
    struct span given = span_cut(&link, '/');
    if (link.len == 0)
        return put(r, k->slot, SPAN(""));
    struct span text = scratch_join(r->facts->scratch, link, k->secret);
    if (!text.ptr)
        return rules_end(r, RULES_FAILED);
    md5_hex(text, hex);
    bool good = span_eq_nocase(given, span_of(hex, sizeof(hex)));
    return put(r, k->slot, good ? link : SPAN(""));
}

enum outcome act_secure_link(struct rules *r, const struct action *a)
{
    const struct secure_link *k = a->secure_link;
    uint8_t given[MD5_SIZE], sum[MD5_SIZE];
    uint64_t until = 0;

    if (k->of == NULL)
        return of_secret(r, k);
    struct span rest = scratch_span(r->facts->scratch, eval_text(r->facts, k->given)),
                first = span_cut(&rest, ',');
    bool timed = rest.ptr != NULL;
    if (put(r, k->slot, SPAN("")) != NEXT || put(r, k->expires_slot, timed ? rest : SPAN("")) != NEXT)
        return rules_end(r, RULES_FAILED);
    if (timed && (!span_to_u64(rest, INT64_MAX, &until) || until == 0))
        return NEXT;
    if (!decode(first, given))
        return NEXT;
    md5(eval_text(r->facts, k->of), sum);
    if (memcmp(sum, given, MD5_SIZE) != 0)
        return NEXT;
    bool late = timed && r->facts->wall_us / 1000000 > until;
    return put(r, k->slot, late ? SPAN("0") : SPAN("1"));
}
