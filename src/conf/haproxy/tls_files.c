/* SPDX-License-Identifier: Apache-2.0 */
/* Files of TLS: certificates with what lies beside them, folders, lists, keys of tickets. */
#include "conf/haproxy/tls.h"

#include <errno.h>

#include "base/macros.h"
#include "conf/common/diag_conf.h"

enum { TICKET_KEYS = 3 };
#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

/* ---- one file ---- */

static struct span based(struct build *b, struct span base, struct span path)
{
    if (base.len == 0 || span_starts_with(path, SPAN("/")) || span_starts_with(path, SPAN("@")))
        return arena_span(b->arena, path);
    return arena_printf(b->arena, "%.*s/%.*s", SPAN_ARGS(base), SPAN_ARGS(path));
}

static char kind_of(struct build *b, struct span path)
{
    struct answer a = world_ask(b->world, ASK_FILE_KIND, path);
    return a.error || a.bytes.len == 0 ? '\0' : a.bytes.ptr[0];
}

bool haproxy_tls_file(struct build *b, const struct word *w, struct span path, struct tls_file *out)
{
    struct answer a = world_ask(b->world, ASK_FILE, path);
    *out = (struct tls_file){ .path = path, .bytes = a.bytes.ptr ? a.bytes : SPAN(""), .at = w->at };
    if (a.error)
        diag_add(b->diags, &haproxy_tls_unreadable, w->at,
                 DIAG_TEXT(path, span_from(strerrordesc_np(a.error))));
    return a.error == 0;
}

/* ---- certificates ---- */

static struct span without_extension(struct span path)
{
    for (size_t i = path.len; i > 0 && path.ptr[i - 1] != '/'; i--)
        if (path.ptr[i - 1] == '.')
            return span_first(path, i - 1);
    return path;
}

static bool take_key(struct build *b, const struct word *w, struct span path, struct tls_identity *id)
{
    struct span stem = b->global.tls.drop_extension ? without_extension(path) : path;
    struct span key = arena_printf(b->arena, "%.*s.key", SPAN_ARGS(stem));
    if (kind_of(b, key) != 'f')
        return true; /* whoever makes a context of it says that there is no key */
    return haproxy_tls_file(b, w, key, &id->key);
}

static bool take_identity(struct build *b, const struct word *w, struct span path, struct tls_identity *id)
{
    *id = (struct tls_identity){ 0 };
    if (!haproxy_tls_file(b, w, path, &id->certificate))
        return false;
    if (span_find(id->certificate.bytes, SPAN("PRIVATE KEY-----")) == SPAN_NONE && !take_key(b, w, path, id))
        return false;
    struct span ocsp = arena_printf(b->arena, "%.*s.ocsp", SPAN_ARGS(path));
    return kind_of(b, ocsp) != 'f' || haproxy_tls_file(b, w, ocsp, &id->ocsp);
}

static void add_single(struct build *b, const struct word *w, struct span path, struct identities *out)
{
    struct tls_identity id;
    if (!take_identity(b, w, path, &id))
        return;
    struct identity_group *g = ARENA_PUSH(b->arena, out);
    *g = (struct identity_group){ 0 };
    *ARENA_PUSH(b->arena, &g->items) = id;
}

/* NAME.rsa, NAME.ecdsa, NAME.dsa: one server with several kinds. False: there are none of them. */
static bool add_set(struct build *b, const struct word *w, struct span path, struct identities *out)
{
    static const char *const kinds[] = { "ecdsa", "rsa", "dsa" };
    struct identity_group g = { 0 };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct span one = arena_printf(b->arena, "%.*s.%s", SPAN_ARGS(path), kinds[i]);
        struct tls_identity id;
        if (kind_of(b, one) == 'f' && take_identity(b, w, one, &id))
            *ARENA_PUSH(b->arena, &g.items) = id;
    }
    if (g.items.count)
        *ARENA_PUSH(b->arena, out) = g;
    return g.items.count > 0;
}

static bool is_beside(struct span path)
{
    static const char *const ends[] = { ".key", ".ocsp", ".issuer", ".sctl", ".rsa", ".ecdsa", ".dsa" };
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (span_ends_with(path, span_from(ends[i])))
            return true;
    return false;
}

static void add_folder(struct build *b, const struct word *w, struct span path, struct identities *out)
{
    uint32_t before = out->count;
    struct answer a = world_ask(b->world, ASK_GLOB, arena_printf(b->arena, "%.*s/*", SPAN_ARGS(path)));
    for (struct span all = a.error ? SPAN("") : a.bytes; all.len;) {
        struct span one = arena_span(b->arena, span_cut(&all, '\0'));
        if (!is_beside(one) && kind_of(b, one) == 'f')
            add_single(b, w, one, out);
    }
    if (out->count == before)
        diag_add(b->diags, &haproxy_tls_empty, w->at, DIAG_TEXT(path));
}

void haproxy_tls_certificates(struct build *b, const struct word *w, bool folders, struct identities *out)
{
    struct span path = based(b, b->global.tls.crt_base, w->text);
    char kind = kind_of(b, path);
    if (kind == 'd' && folders)
        add_folder(b, w, path, out);
    else if (kind != '\0' || !add_set(b, w, path, out))
        add_single(b, w, path, out);
}

/* ---- whom we believe ---- */

void haproxy_tls_authorities(struct build *b, const struct word *w, struct tls_file *out)
{
    struct span path = based(b, b->global.tls.ca_base, w->text);
    if (span_eq(path, SPAN("@system-ca")))
        path = SPAN(SYSTEM_CA);
    if (kind_of(b, path) != 'd') {
        (void)haproxy_tls_file(b, w, path, out);
        return;
    }
    struct buf all;
    buf_init(&all, (size_t)64 << 20);
    struct answer a = world_ask(b->world, ASK_GLOB, arena_printf(b->arena, "%.*s/*", SPAN_ARGS(path)));
    for (struct span rest = a.error ? SPAN("") : a.bytes; rest.len;) {
        struct span one = arena_span(b->arena, span_cut(&rest, '\0'));
        struct tls_file file;
        if (kind_of(b, one) != 'f' || !haproxy_tls_file(b, w, one, &file))
            continue;
        buf_put(&all, file.bytes);
        buf_put_char(&all, '\n');
    }
    *out = (struct tls_file){ .path = path, .bytes = arena_span(b->arena, buf_span(&all)), .at = w->at };
    buf_fini(&all);
}

/* ---- keys of tickets ---- */

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static struct span base64_decoded(struct arena *a, struct span text)
{
    char *bytes = arena_alloc(a, text.len + 1);
    size_t len = 0;
    uint32_t bits = 0, have = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
        int v = base64_value(text.ptr[i]);
        if (v < 0)
            return SPAN("");
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        bytes[len++] = (char)(bits >> have & 0xff);
    }
    return span_of(bytes, len);
}

void haproxy_tls_ticket_keys(struct build *b, const struct word *w, struct tls_server *s)
{
    struct tls_file file;
    LIST_OF(struct span) lines = { 0 };
    if (!haproxy_tls_file(b, w, arena_span(b->arena, w->text), &file))
        return;
    for (struct span rest = file.bytes; rest.len;) {
        struct span line = span_trim(span_cut(&rest, '\n'));
        if (span_ends_with(line, SPAN("\r")))
            line.len--;
        if (line.len)
            *ARENA_PUSH(b->arena, &lines) = line;
    }
    if (lines.count < TICKET_KEYS) {
        diag_add(b->diags, &haproxy_tls_few_keys, w->at,
                 DIAG_TEXT(file.path, arena_printf(b->arena, "%u", lines.count)));
        return;
    }
    static const uint32_t order[TICKET_KEYS] = { 2, 1, 3 }; /* from the end: the last but one encrypts */
    for (size_t i = 0; i < TICKET_KEYS; i++) {
        struct span line = lines.items[lines.count - order[i]];
        *ARENA_PUSH(b->arena, &s->ticket_keys) =
            (struct tls_file){ .path = file.path, .bytes = base64_decoded(b->arena, line), .at = w->at };
    }
}

/* ---- crt-list ---- */

/* "[alpn h2 ssl-min-ver TLSv1.2]": the words from <i> to the one that ends in "]". Past them. */
static uint32_t take_options(struct build *b, const struct statement *s, uint32_t i, struct crt_line *l)
{
    static const char *const allowed[] = { "alpn",        "no-alpn",       "ca-file",    "ca-verify-file",
                                           "ciphers",     "ciphersuites",  "crl-file",   "curves",
                                           "ecdhe",       "no-ca-names",   "sigalgs",    "ssl-min-ver",
                                           "ssl-max-ver", "verify",        "allow-0rtt", "npn",
                                           "ocsp-update", "client-sigalgs" };
    struct statement part = { .at = s->at };
    bool open = true;
    for (; open && i < s->words.count; i++) {
        struct word w = *word_at(s, i);
        if (span_starts_with(w.text, SPAN("[")))
            w = haproxy_part(&w, 1, w.text.len - 1);
        if (span_ends_with(w.text, SPAN("]"))) {
            w = haproxy_part(&w, 0, w.text.len - 1);
            open = false;
        }
        if (w.text.len)
            *ARENA_PUSH(b->arena, &part.words) = w;
    }
    if (open)
        diag_add(b->diags, &haproxy_tls_open_list, s->at, DIAG_NO_TEXT);
    b->tls = &l->options;
    for (uint32_t k = 0; k < part.words.count;) {
        struct span word = text_at(&part, k);
        bool known = false;
        for (size_t n = 0; n < COUNT_OF(allowed); n++)
            known |= span_eq(word, span_from(allowed[n]));
        const struct keyword *row = known ? haproxy_row(IN_BIND, word) : NULL;
        if (row == NULL) {
            diag_add(b->diags, &haproxy_tls_default, word_at(&part, k)->at,
                     DIAG_TEXT(word, SPAN("crt-list")));
            k++;
            continue;
        }
        uint32_t left = part.words.count - k - 1, args = row->max < left ? row->max : left;
        (void)haproxy_walk_part(b, IN_BIND, &part, k, args + 1);
        k += args + 1;
    }
    b->tls = NULL;
    return i;
}

/* A name as clients ask for it; what else may stand in a filter is not matched. */
static void take_name(struct build *b, const struct word *w, struct crt_line *l)
{
    struct span name = span_from_index(w->text, span_starts_with(w->text, SPAN("!")));
    struct span rest = span_from_index(name, span_starts_with(name, SPAN("*.")) ? 2 : 0);
    if (span_find_char(rest, '*') != SPAN_NONE || rest.len == 0)
        diag_add(b->diags, &haproxy_tls_name, w->at, DIAG_TEXT(w->text));
    else
        *ARENA_PUSH(b->arena, &l->names) = arena_span(b->arena, w->text);
}

static void take_line(struct build *b, const struct statement *s, const struct tls_options *base,
                      struct crt_lines *out)
{
    struct identities found = { 0 };
    struct crt_line line = { .options = *base, .at = word_at(s, 0)->at };
    haproxy_tls_certificates(b, word_at(s, 0), false, &found);
    uint32_t i = 1;
    if (s->words.count > 1 && span_starts_with(text_at(s, 1), SPAN("[")))
        i = take_options(b, s, 1, &line);
    for (; i < s->words.count; i++)
        take_name(b, word_at(s, i), &line);
    if (found.count == 0)
        return;
    line.identities = found.items[0];
    *ARENA_PUSH(b->arena, out) = line;
}

void haproxy_tls_list(struct build *b, const struct word *w, const struct tls_options *base,
                      struct crt_lines *out)
{
    struct span path = based(b, b->global.tls.crt_base, w->text);
    struct tls_file file;
    struct statement s;
    if (!haproxy_tls_file(b, w, path, &file))
        return;
    uint32_t source = diags_add_source(b->diags, path, file.bytes);
    struct words *words =
        words_open(b->arena, b->diags, WORDS_HAPROXY, arena_span(b->arena, file.bytes), source, NULL, NULL);
    while (words_next(words, &s))
        if (s.words.count)
            take_line(b, &s, base, out);
    if (out->count == 0)
        diag_add(b->diags, &haproxy_tls_empty, w->at, DIAG_TEXT(path));
}
