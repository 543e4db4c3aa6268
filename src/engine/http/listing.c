/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "model/action.h"

#define TEXT_MOST  (64u << 20)
#define NAME_SHOWN 50 /* columns; of longer names so many less three, and two dots with an arrow */

struct entry {
    char *name;
    uint64_t size;
    time_t modified;
    enum { ENTRY_FOLDER, ENTRY_FILE, ENTRY_OTHER } kind;
};
struct listing {
    const struct folder_listing *form;
    struct span callback;
    bool utf8;
    uint64_t chance;
    struct entry *entries;
    size_t count, room;
    struct buf text;
    size_t uri_len;
    char uri[]; /* and the callback behind it */
};

struct listing *listing_new(const struct folder_listing *form, struct span uri, struct span callback,
                            bool utf8, uint64_t chance)
{
    struct listing *l = calloc(1, sizeof(*l) + uri.len + callback.len);

    if (l == NULL)
        return NULL;
    l->form = form;
    l->utf8 = utf8;
    l->chance = chance;
    l->uri_len = uri.len;
    if (uri.len)
        memcpy(l->uri, uri.ptr, uri.len);
    if (callback.len)
        memcpy(l->uri + uri.len, callback.ptr, callback.len);
    l->callback = span_of(l->uri + uri.len, callback.len);
    buf_init(&l->text, TEXT_MOST);
    return l;
}

static void entries_free(struct listing *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->entries[i].name);
    free(l->entries);
    l->entries = NULL;
    l->count = l->room = 0;
}

void listing_free(struct listing **l)
{
    if (*l == NULL)
        return;
    entries_free(*l);
    buf_fini(&(*l)->text);
    free(*l);
    *l = NULL;
}

bool listing_is_page(const struct listing *l)
{
    return l->form != NULL;
}

struct span listing_text(const struct listing *l)
{
    return l->text.len ? buf_span(&l->text) : span_of(NULL, 0);
}

struct span listing_type(const struct listing *l)
{
    switch (l->form->format) {
    case LISTING_XML:
        return SPAN("text/xml; charset=utf-8");
    case LISTING_JSON:
        return SPAN("application/json");
    case LISTING_JSONP:
        return l->callback.len ? SPAN("application/javascript") : SPAN("application/json");
    case LISTING_HTML:
        break;
    }
    return SPAN("text/html");
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool listing_callback_is_valid(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_letter_or_digit(name.ptr[i]) && name.ptr[i] != '_' && name.ptr[i] != '.')
            return false;
    return name.len <= 128;
}

/* ---- reading ---- */

/* A link is what it leads to; one that leads nowhere is itself. */
static bool look_at(int folder, const char *name, struct entry *e)
{
    struct stat st;

    if (fstatat(folder, name, &st, 0) < 0 && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    e->kind = S_ISDIR(st.st_mode) ? ENTRY_FOLDER : S_ISREG(st.st_mode) ? ENTRY_FILE : ENTRY_OTHER;
    e->size = (uint64_t)st.st_size;
    e->modified = st.st_mtime;
    return true;
}

static bool add(struct listing *l, const struct entry *e, const char *name)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 64;
        struct entry *more = reallocarray(l->entries, room, sizeof(*more));
        if (more == NULL)
            return false;
        l->entries = more;
        l->room = room;
    }
    l->entries[l->count] = *e;
    l->entries[l->count].name = strdup(name);
    return l->entries[l->count++].name != NULL;
}

/* Names that begin with a dot are hidden. */
static int read_entries(struct listing *l, DIR *folder)
{
    const struct dirent *d;

    for (errno = 0; (d = readdir(folder)) != NULL;
         errno = 0) { /* NOLINT(concurrency-mt-unsafe): one stream */
        struct entry e = { .name = NULL };
        if (d->d_name[0] == '.' || !look_at(dirfd(folder), d->d_name, &e))
            continue;
        if (l->form == NULL && e.kind != ENTRY_FILE)
            continue;
        if (!add(l, &e, d->d_name))
            return ENOMEM;
    }
    return errno;
}

/* Folders first, then by the bytes of the names. */
static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if ((x->kind == ENTRY_FOLDER) != (y->kind == ENTRY_FOLDER))
        return x->kind == ENTRY_FOLDER ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* ---- pages ---- */

static void put_html(struct buf *b, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '<':
            buf_put(b, SPAN("&lt;"));
            break;
        case '>':
            buf_put(b, SPAN("&gt;"));
            break;
        case '&':
            buf_put(b, SPAN("&amp;"));
            break;
        case '"':
            buf_put(b, SPAN("&quot;"));
            break;
        default:
            buf_put_char(b, text.ptr[i]);
        }
    }
}

/* RFC 3986 2.3: all but the unreserved. */
static void put_link(struct buf *b, struct span name)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (is_letter_or_digit((char)c) || strchr("-._~", c) != NULL) {
            buf_put_char(b, (char)c);
            continue;
        }
        buf_put_char(b, '%');
        buf_put_char(b, digits[c >> 4]);
        buf_put_char(b, digits[c & 15]);
    }
}

/* Bytes of the first <most> characters of <text>; <shown>: how many characters there are in all. */
static size_t cut(const struct listing *l, struct span text, size_t most, size_t *shown)
{
    size_t bytes = text.len < most ? text.len : most, at = 0, n = 0;

    *shown = text.len;
    if (!l->utf8)
        return bytes;
    for (; at < text.len; n++) {
        uint32_t c;
        size_t len = utf8_decode(span_from_index(text, at), &c);
        if (len == 0)
            return bytes; /* it is not UTF-8 */
        if (n == most)
            bytes = at;
        at += len;
    }
    *shown = n;
    return n <= most ? text.len : bytes;
}

static void put_name(struct listing *l, const struct entry *e)
{
    struct buf *b = &l->text;
    struct span name = span_from(e->name);
    size_t shown, len = cut(l, name, NAME_SHOWN - 3, &shown);

    if (shown > NAME_SHOWN) {
        put_html(b, span_first(name, len));
        buf_put(b, SPAN("..&gt;</a>"));
        return;
    }
    put_html(b, name);
    if (e->kind == ENTRY_FOLDER && shown < NAME_SHOWN) {
        buf_put_char(b, '/');
        shown++;
    }
    buf_put(b, SPAN("</a>"));
    for (; shown < NAME_SHOWN; shown++)
        buf_put_char(b, ' ');
}

static void put_rough_size(struct buf *b, uint64_t size)
{
    static const struct {
        uint64_t from, unit;
        char letter;
    } scales[] = { { (1u << 30) - 1, 1u << 30, 'G' },
                   { (1u << 20) - 1, 1u << 20, 'M' },
                   { 9999, 1024, 'K' } };

    for (size_t i = 0; i < COUNT_OF(scales); i++) {
        uint64_t unit = scales[i].unit;
        if (size > scales[i].from) {
            uint64_t rounded = size / unit + (size % unit > unit / 2 - 1);
            buf_printf(b, "%6llu%c", (unsigned long long)rounded, scales[i].letter);
            return;
        }
    }
    buf_printf(b, "%7llu", (unsigned long long)size);
}

static void put_html_row(struct listing *l, const struct entry *e)
{
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct buf *b = &l->text;
    struct tm t;

    if ((l->form->local_time ? localtime_r(&e->modified, &t) : gmtime_r(&e->modified, &t)) == NULL)
        memset(&t, 0, sizeof(t));
    buf_put(b, SPAN("<a href=\""));
    put_link(b, span_from(e->name));
    buf_put(b, e->kind == ENTRY_FOLDER ? SPAN("/\">") : SPAN("\">"));
    put_name(l, e);
    buf_printf(b, " %02d-%s-%d %02d:%02d ", t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour,
               t.tm_min);
    if (e->kind == ENTRY_FOLDER)
        buf_printf(b, l->form->rough_sizes ? "%7s" : "%19s", "-");
    else if (l->form->rough_sizes)
        put_rough_size(b, e->size);
    else
        buf_printf(b, "%19llu", (unsigned long long)e->size);
    buf_put(b, SPAN("\r\n"));
}

static void make_html(struct listing *l)
{
    struct buf *b = &l->text;
    struct span uri = span_of(l->uri, l->uri_len);

    buf_put(b, SPAN("<html>\r\n<head><title>Index of "));
    put_html(b, uri);
    buf_put(b, SPAN("</title></head>\r\n<body>\r\n<h1>Index of "));
    put_html(b, uri);
    buf_put(b, SPAN("</h1><hr><pre><a href=\"../\">../</a>\r\n"));
    for (size_t i = 0; i < l->count; i++)
        put_html_row(l, &l->entries[i]);
    buf_put(b, SPAN("</pre><hr></body>\r\n</html>\r\n"));
}

static const char *const kinds[] = { "directory", "file", "other" };

static void make_json(struct listing *l)
{
    struct buf *b = &l->text;

    if (l->callback.len)
        buf_printf(b, "/* callback */\r\n%.*s(", SPAN_ARGS(l->callback));
    buf_put(b, SPAN("["));
    for (size_t i = 0; i < l->count; i++) {
        const struct entry *e = &l->entries[i];
        buf_put(b, i ? SPAN(",\r\n{ \"name\":") : SPAN("\r\n{ \"name\":"));
        buf_put_json(b, span_from(e->name));
        buf_printf(b, ", \"type\":\"%s\", \"mtime\":\"", kinds[e->kind]);
        clock_put_http(b, (uint64_t)e->modified);
        buf_put_char(b, '"');
        if (e->kind == ENTRY_FILE)
            buf_printf(b, ", \"size\":%llu", (unsigned long long)e->size);
        buf_put(b, SPAN(" }"));
    }
    buf_put(b, SPAN("\r\n]"));
    if (l->callback.len)
        buf_put(b, SPAN(");"));
}

static void make_xml(struct listing *l)
{
    struct buf *b = &l->text;
    struct tm t;

    buf_put(b, SPAN("<?xml version=\"1.0\"?>\r\n<list>\r\n"));
    for (size_t i = 0; i < l->count; i++) {
        const struct entry *e = &l->entries[i];
        if (gmtime_r(&e->modified, &t) == NULL)
            memset(&t, 0, sizeof(t));
        buf_printf(b, "<%s mtime=\"%d-%02d-%02dT%02d:%02d:%02dZ\"", kinds[e->kind], t.tm_year + 1900,
                   t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
        if (e->kind == ENTRY_FILE)
            buf_printf(b, " size=\"%llu\"", (unsigned long long)e->size);
        buf_put_char(b, '>');
        put_html(b, span_from(e->name));
        buf_printf(b, "</%s>\r\n", kinds[e->kind]);
    }
    buf_put(b, SPAN("</list>\r\n"));
}

static void make_page(struct listing *l)
{
    switch (l->form->format) {
    case LISTING_HTML:
        make_html(l);
        break;
    case LISTING_XML:
        make_xml(l);
        break;
    case LISTING_JSON:
    case LISTING_JSONP:
        make_json(l);
        break;
    }
}

int listing_read(struct listing *l, int fd)
{
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        int error = errno;
        (void)close(fd);
        return error;
    }
    int error = read_entries(l, folder);
    (void)closedir(folder);
    if (error == 0 && l->count)
        qsort(l->entries, l->count, sizeof(*l->entries), compare);
    if (error == 0 && l->form)
        make_page(l);
    else if (error == 0 && l->count)
        buf_put(&l->text, span_from(l->entries[l->chance % l->count].name));
    entries_free(l);
    return error ? error : l->text.truncated ? ENOMEM : 0;
}
