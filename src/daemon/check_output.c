/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/check_output.h"

#include "daemon/words.h"

/* ---- places ---- */

struct place {
    struct span file;
    uint32_t line, column; /* 0 = no place */
};

static struct place place_of(const struct diags *d, const struct diag *at)
{
    struct place p = { .file = SPAN("") };

    (void)diags_place(d, at->where, &p.file, &p.line, &p.column);
    return p;
}

static void put_sentence(struct buf *out, const struct diag *at)
{
    diag_sentence(out, at, words_language());
    if (at->help.len > 0) {
        buf_put(out, SPAN("; "));
        buf_put(out, at->help);
    }
}

/* ---- SARIF 2.1.0 ---- */

static const char *sarif_level(enum severity s)
{
    static const char *const levels[] = { "note", "warning", "error" };
    return levels[s];
}

static void put_sarif_text(struct buf *out, const char *key, struct span text)
{
    buf_printf(out, "\"%s\":{\"text\":", key);
    buf_put_json(out, text);
    buf_put_char(out, '}');
}

static bool is_new(const struct diags *d, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (diags_at(d, i)->kind == diags_at(d, at)->kind)
            return false;
    return true;
}

static void put_sarif_rules(struct buf *out, const struct diags *d)
{
    bool any = false;

    for (uint32_t i = 0; i < diags_total(d); i++) {
        const struct diag_kind *k = diags_at(d, i)->kind;
        if (!is_new(d, i))
            continue;
        buf_printf(out, "%s{\"id\":\"%s\",", any ? "," : "", k->code);
        put_sarif_text(out, "shortDescription", span_from(k->en));
        if (k->more != NULL) {
            buf_put_char(out, ',');
            put_sarif_text(out, "fullDescription", span_from(k->more));
        }
        buf_put_char(out, '}');
        any = true;
    }
}

/* RFC 3986: what a URI does not take is %XX. */
static void put_uri(struct buf *out, struct span path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

    if (path.len > 0 && path.ptr[0] == '/')
        buf_put(out, SPAN("file://"));
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (c != '\0' && strchr(plain, c) != NULL)
            buf_put_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static void put_sarif_result(struct buf *out, const struct diags *d, const struct diag *at)
{
    struct place p = place_of(d, at);
    struct buf text;

    buf_init(&text, (size_t)1 << 20);
    put_sentence(&text, at);
    buf_printf(out, "{\"ruleId\":\"%s\",\"level\":\"%s\",", at->kind->code, sarif_level(at->kind->severity));
    put_sarif_text(out, "message", buf_span(&text));
    buf_fini(&text);
    if (p.line > 0) {
        buf_put(out, SPAN(",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\""));
        put_uri(out, p.file);
        buf_printf(out, "\"},\"region\":{\"startLine\":%u,\"startColumn\":%u}}}]", p.line, p.column);
    }
    buf_put_char(out, '}');
}

static void put_sarif(struct buf *out, const struct diags *d)
{
    buf_put(out, SPAN("{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
                      "\"runs\":[{\"tool\":{\"driver\":{\"name\":\"keel\",\"version\":\"" KEEL_VERSION "\","
                      "\"rules\":["));
    put_sarif_rules(out, d);
    buf_put(out, SPAN("]}},\"columnKind\":\"unicodeCodePoints\",\"results\":["));
    for (uint32_t i = 0; i < diags_total(d); i++) {
        buf_put(out, i > 0 ? SPAN(",\n") : SPAN(""));
        put_sarif_result(out, d, diags_at(d, i));
    }
    buf_put(out, SPAN("]}]}\n"));
}

/* ---- GitHub's workflow commands ---- */

/* '%' and ends of lines are written %XX; in a property ':' and ',' too. */
static void put_escaped(struct buf *out, struct span s, bool property)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
            buf_printf(out, "%%%02X", (unsigned char)c);
        else
            buf_put_char(out, c);
    }
}

static void put_github(struct buf *out, const struct diags *d, const struct diag *at)
{
    static const char *const commands[] = { "notice", "warning", "error" };
    struct place p = place_of(d, at);
    struct buf text;

    buf_init(&text, (size_t)1 << 20);
    put_sentence(&text, at);
    buf_printf(out, "::%s title=%s", commands[at->kind->severity], at->kind->code);
    if (p.line > 0) {
        buf_put(out, SPAN(",file="));
        put_escaped(out, p.file, true);
        buf_printf(out, ",line=%u,col=%u", p.line, p.column);
    }
    buf_put(out, SPAN("::"));
    put_escaped(out, buf_span(&text), false);
    buf_put_char(out, '\n');
    buf_fini(&text);
}

void check_output(struct buf *out, const struct diags *d, enum plan_format format)
{
    switch (format) {
    case FORMAT_SHORT:
    case FORMAT_TEXT:
        diags_show(d, out, DIAG_SHOW_SHORT, false);
        return;
    case FORMAT_JSON:
        diags_show(d, out, DIAG_SHOW_JSON, false);
        return;
    case FORMAT_SARIF:
        put_sarif(out, d);
        return;
    case FORMAT_GITHUB:
        for (uint32_t i = 0; i < diags_total(d); i++)
            put_github(out, d, diags_at(d, i));
        return;
    }
}
