/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rand.h"
#include "engine/core/thread.h"
#include "engine/core/work.h"
#include "engine/http/compress_choice.h"
#include "engine/http/internal.h"
#include "engine/http/listing.h"
#include "engine/http/served_file.h"
#include "engine/http/uri.h"
#include "eval/eval.h"

/* ---- the helper's part: one look at one path ---- */

static void look(struct work *w)
{
    struct served_file *f = CONTAINER_OF(w, struct served_file, work);

    f->error = 0;
    f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (f->fd < 0 || fstat(f->fd, &f->stat) < 0)
        f->error = errno;
}

static void close_file(struct served_file *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}

static void looked(struct work *w)
{
    struct served_file *f = CONTAINER_OF(w, struct served_file, work);

    f->looking = false;
    if (f->stream != NULL) {
        stream_run(f->stream);
        return;
    }
    close_file(f); /* the request is over */
    listing_free(&f->listing);
    free(f);
}

static enum files_result look_at(struct stream *s)
{
    struct served_file *f = s->file;

    f->looking = true;
    f->looked = true;
    work_submit(s->thread, &f->work, look, looked);
    return FILES_WAIT;
}

/* ---- paths ---- */

static bool leads_out(struct span path)
{
    struct span rest = path;

    while (rest.ptr != NULL)
        if (span_eq(span_cut(&rest, '/'), SPAN("..")))
            return true;
    return span_find_char(path, '\0') != SPAN_NONE;
}

static struct span uri_of(const struct stream *s)
{
    return s->facts.uri.ptr ? s->facts.uri : s->request.path;
}

/* Of a location given by a regular expression: the alias says all of the path. */
static bool alias_is_whole(const struct stream *s, const struct files *files)
{
    return files->alias && s->rules.scope->prefix.len == 0;
}

/* root + uri; with alias, the location's prefix is replaced. */
static struct span file_name(struct stream *s, const struct files *files, struct span uri)
{
    struct span root = files->root ? eval_text(&s->facts, files->root) : SPAN("");
    struct span rest = uri;

    if (alias_is_whole(s, files))
        return scratch_span(&s->scratch, root);
    if (files->alias && span_starts_with(uri, s->rules.scope->prefix))
        rest = span_from_index(uri, s->rules.scope->prefix.len);
    else if (root.len > 0 && root.ptr[root.len - 1] == '/')
        root = span_first(root, root.len - 1);
    return scratch_join(&s->scratch, root, rest);
}

static bool set_path(struct served_file *f, struct span name)
{
    if (name.ptr == NULL || name.len >= sizeof(f->path) || leads_out(name))
        return false;
    memcpy(f->path, name.ptr, name.len);
    f->path[name.len] = '\0';
    f->path_len = name.len;
    return true;
}

/* ---- failures ---- */

static enum files_result refuse(struct stream *s, unsigned status)
{
    close_file(s->file);
    s->status = (uint16_t)status;
    return FILES_STATUS;
}

static void log_failure(struct stream *s, enum error_event event)
{
    const struct served_file *f = s->file;

    struct error_about about = stream_about(s);

    about.text = span_of(f->path, f->path_len);
    about.error = f->error;
    stream_error(s, event, &about);
}

static enum files_result failed(struct stream *s)
{
    log_failure(s, ERROR_FILE_FAILED);
    switch (s->file->error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
        return refuse(s, 404);
    case EACCES:
    case EPERM:
    case ELOOP:
        return refuse(s, 403);
    default:
        return refuse(s, 500);
    }
}

static bool is_missing(const struct served_file *f)
{
    return f->error == ENOENT || f->error == ENOTDIR || f->error == ENAMETOOLONG;
}

/* ---- a folder: its index ---- */

static enum files_result try_index(struct stream *s);

static enum files_result go_to(struct stream *s, struct span uri)
{
    close_file(s->file);
    if (uri.ptr == NULL)
        return refuse(s, 500);
    rules_set_uri(&s->rules, uri);
    files_fini(s);
    return FILES_AGAIN;
}

/* The index file that was looked at is there, or the next one's turn comes. */
static enum files_result index_looked(struct stream *s)
{
    struct served_file *f = s->file;

    if (f->error == 0 && S_ISREG(f->stat.st_mode))
        return go_to(s, scratch_join(&s->scratch, f->uri, f->index_name));
    if (f->error != 0 && !is_missing(f))
        return failed(s);
    close_file(f);
    f->next++;
    return try_index(s);
}

static void read_folder(struct work *w)
{
    struct served_file *f = CONTAINER_OF(w, struct served_file, work);

    f->error = listing_read(f->listing, f->fd);
    f->fd = -1;
}

/* <form> NULL: for one of its files. */
static enum files_result list_folder(struct stream *s, const struct folder_listing *form)
{
    struct served_file *f = s->file;
    struct span callback = form && form->callback ? eval_text(&s->facts, form->callback) : SPAN("");
    bool utf8 = span_eq_nocase(s->rules.scope->charset, SPAN("utf-8"));

    if (!listing_callback_is_valid(callback))
        return refuse(s, 400);
    listing_free(&f->listing);
    f->listing = listing_new(form, f->uri, callback, utf8, rand_next(&s->thread->rand) >> 1);
    if (f->listing == NULL)
        return refuse(s, 500);
    f->stage = FILE_LISTED;
    f->looking = f->looked = true;
    work_submit(s->thread, &f->work, read_folder, looked);
    return FILES_WAIT;
}

static enum files_result folder_listed(struct stream *s)
{
    struct served_file *f = s->file;

    if (f->error != 0)
        return failed(s);
    if (listing_is_page(f->listing)) {
        unsigned status = served_file_listing(s);
        return status ? refuse(s, status) : FILES_ANSWER;
    }
    struct span name = listing_text(f->listing);
    if (name.ptr)
        return go_to(s, scratch_join(&s->scratch, f->uri, name));
    return try_index(s);
}

static enum files_result folder_looked(struct stream *s)
{
    if (s->file->error != 0)
        return failed(s);
    if (s->file->files->listing && S_ISDIR(s->file->stat.st_mode) && s->request.method != METHOD_POST)
        return list_folder(s, s->file->files->listing);
    log_failure(s, ERROR_FILE_DIRECTORY);
    return refuse(s, 403);
}

static enum files_result try_index(struct stream *s)
{
    struct served_file *f = s->file;
    const struct files *files = f->files;

    while (f->next < files->index.count) {
        f->index_name = scratch_span(&s->scratch, eval_text(&s->facts, files->index.items[f->next]));
        if (f->index_name.ptr == NULL)
            return refuse(s, 500);
        if (f->index_name.len > 0 && f->index_name.ptr[0] == '/')
            return go_to(s, f->index_name); /* the last one may be a path of its own */
        struct span uri = scratch_join(&s->scratch, f->uri, f->index_name), path = file_name(s, files, uri);
        if (alias_is_whole(s, files))
            path = scratch_join(&s->scratch, path, f->index_name);
        if (uri.ptr != NULL && set_path(f, path)) {
            f->stage = FILE_INDEX;
            return look_at(s);
        }
        f->next++;
    }
    f->stage = FILE_FOLDER; /* is the folder there at all? */
    return set_path(f, file_name(s, files, f->uri)) ? look_at(s) : refuse(s, 404);
}

/* What cannot be read is for the index to tell. */
static enum files_result random_looked(struct stream *s)
{
    struct served_file *f = s->file;

    if (f->error == 0 && S_ISDIR(f->stat.st_mode))
        return list_folder(s, NULL);
    close_file(f);
    return try_index(s);
}

/* ---- one file ---- */

/* What is not there is not found by a POST either; others are told at once. */
static bool is_servable(const struct stream *s)
{
    return s->request.method == METHOD_GET || s->request.method == METHOD_HEAD ||
           s->request.method == METHOD_POST;
}

static enum files_result moved(struct stream *s)
{
    struct span slashed, to;

    close_file(s->file);
    slashed = scratch_join(&s->scratch, s->file->uri, SPAN("/"));
    if (slashed.ptr == NULL || !uri_escape(&s->scratch, slashed, &to))
        return refuse(s, 500);
    if (s->request.query.len > 0)
        to = scratch_join(&s->scratch, scratch_join(&s->scratch, to, SPAN("?")), s->request.query);
    s->rules.location = to;
    return to.ptr ? FILES_MOVED : refuse(s, 500);
}

static enum files_result file_looked(struct stream *s)
{
    struct served_file *f = s->file;

    if (f->error != 0)
        return failed(s);
    if (S_ISDIR(f->stat.st_mode))
        return moved(s);
    if (!S_ISREG(f->stat.st_mode))
        return refuse(s, 404);
    if (s->request.method == METHOD_POST)
        return refuse(s, 405);
    unsigned status = served_file_answer(s);
    if (status == 0)
        return FILES_ANSWER;
    return refuse(s, status);
}

static enum files_result look_at_plain(struct stream *s)
{
    struct served_file *f = s->file;

    f->stage = FILE_ONE;
    return set_path(f, file_name(s, f->files, f->uri)) ? look_at(s) : refuse(s, 404);
}

static enum files_result serve_file(struct stream *s)
{
    struct served_file *f = s->file;
    const struct files *files = f->files;

    if (files->packed == NULL || s->request.method == METHOD_POST)
        return look_at_plain(s);
    f->packed = files->packed_always || compress_accepts(files->packed, &s->request);
    if (!f->packed && !files->packed->vary)
        return look_at_plain(s);
    struct span name = file_name(s, files, f->uri);
    f->stage = FILE_PACKED;
    if (!set_path(f, name.ptr ? scratch_join(&s->scratch, name, SPAN(".gz")) : name))
        return refuse(s, 404);
    return look_at(s);
}

static enum files_result packed_looked(struct stream *s)
{
    struct served_file *f = s->file;
    bool there = f->error == 0 && S_ISREG(f->stat.st_mode);

    f->varies = there && !f->files->packed_always && f->files->packed->vary;
    f->packed = f->packed && there;
    if (f->packed)
        return file_looked(s);
    close_file(f);
    return look_at_plain(s);
}

static enum files_result serve_uri(struct stream *s)
{
    struct served_file *f = s->file;

    f->next = 0;
    if (!is_servable(s))
        return refuse(s, 405);
    if (f->uri.len > 0 && f->uri.ptr[f->uri.len - 1] == '/') {
        f->stage = FILE_RANDOM;
        return f->files->any_file && set_path(f, file_name(s, f->files, f->uri)) ? look_at(s) : try_index(s);
    }
    return serve_file(s);
}

/* ---- try_files ---- */

static enum files_result fall_back(struct stream *s)
{
    const struct files *files = s->file->files;

    if (files->fallback_scope != NULL) {
        s->file_scope = files->fallback_scope;
        files_fini(s);
        return FILES_ENTER;
    }
    if (files->fallback_reply != NULL)
        return refuse(s, files->fallback_reply->status);
    struct span uri = files->fallback_uri ? eval_text(&s->facts, files->fallback_uri) : SPAN("");
    return uri.len ? go_to(s, scratch_span(&s->scratch, uri)) : refuse(s, 404);
}

static enum files_result try_next(struct stream *s)
{
    struct served_file *f = s->file;

    for (; f->next < f->files->tries.count; f->next++) {
        f->uri = scratch_span(&s->scratch, eval_text(&s->facts, f->files->tries.items[f->next]));
        if (f->uri.ptr == NULL)
            return refuse(s, 500);
        if (!set_path(f, file_name(s, f->files, f->uri)))
            continue;
        f->stage = FILE_TRY;
        return look_at(s);
    }
    return fall_back(s);
}

/* "$uri/" asks for a folder, "$uri" for a file, whatever its value ends in. */
static bool asks_for_folder(const struct expr *e)
{
    const struct expr_part *last = e->parts.count ? &e->parts.items[e->parts.count - 1] : NULL;

    return last && last->kind == PART_TEXT && span_ends_with(last->text, SPAN("/"));
}

static enum files_result try_looked(struct stream *s)
{
    struct served_file *f = s->file;
    const bool wants_folder = asks_for_folder(f->files->tries.items[f->next]);
    const bool fits = f->error == 0 && (wants_folder ? S_ISDIR(f->stat.st_mode) : S_ISREG(f->stat.st_mode));

    if (!fits) {
        close_file(f);
        f->next++;
        return try_next(s);
    }
    if (wants_folder && f->uri.len > 1) /* as it was tried, without the slash: "/a" is moved to "/a/" */
        f->uri.len--;
    s->facts.uri = f->uri;
    if (f->files->only_look) {
        files_fini(s);
        return FILES_FOUND;
    }
    if (!is_servable(s))
        return refuse(s, 405);
    if (!wants_folder && f->files->packed == NULL)
        return file_looked(s);
    if (!wants_folder) {
        close_file(f);
        return serve_file(s);
    }
    if (f->uri.ptr[f->uri.len - 1] != '/')
        return moved(s);
    close_file(f);
    return serve_uri(s);
}

/* ---- the steps ---- */

static enum files_result begin(struct stream *s)
{
    struct served_file *f;

    f = calloc(1, sizeof(*f));
    if (f == NULL) {
        s->status = 500;
        return FILES_STATUS;
    }
    f->stream = s;
    f->fd = -1;
    f->files = s->rules.action->files;
    f->uri = uri_of(s);
    s->file = f;
    return f->files->tries.count > 0 ? try_next(s) : serve_uri(s);
}

enum files_result files_step(struct stream *s)
{
    if (s->file == NULL || !s->file->looked) {
        files_fini(s);
        return begin(s);
    }
    if (s->file->looking)
        return FILES_WAIT;
    s->file->looked = false;
    switch (s->file->stage) {
    case FILE_TRY:
        return try_looked(s);
    case FILE_INDEX:
        return index_looked(s);
    case FILE_FOLDER:
        return folder_looked(s);
    case FILE_PACKED:
        return packed_looked(s);
    case FILE_RANDOM:
        return random_looked(s);
    case FILE_LISTED:
        return folder_listed(s);
    case FILE_ONE:
        break;
    }
    return file_looked(s);
}

void files_fini(struct stream *s)
{
    struct served_file *f = s->file;

    s->file = NULL;
    if (f == NULL)
        return;
    f->stream = NULL;
    if (f->looking)
        return; /* looked() frees it */
    close_file(f);
    listing_free(&f->listing);
    free(f);
}

/* ---- what expressions ask ---- */

static const struct files *files_of(const struct stream *s)
{
    return s->file ? s->file->files : s->rules.scope->folder;
}

struct span files_fetch(struct stream *s, enum fetch f)
{
    const struct files *files = files_of(s);

    if (files == NULL)
        return span_of(NULL, 0);
    if (f == FETCH_DOCUMENT_ROOT)
        return files->root ? eval_text(&s->facts, files->root) : SPAN("");
    return file_name(s, files, uri_of(s));
}

/* In the traffic thread: an `if (-f ...)` looks at the file system before anything else can go on, as in
 * nginx. */
bool files_test(struct stream *s, struct span path, char kind)
{
    struct stat st;
    struct span name = scratch_join(&s->scratch, path, span_of("\0", 1));

    if (name.ptr == NULL || path.len == 0 || stat(name.ptr, &st) < 0)
        return false;
    switch (kind) {
    case 'f':
        return S_ISREG(st.st_mode);
    case 'd':
        return S_ISDIR(st.st_mode);
    case 'x':
        return access(name.ptr, X_OK) == 0;
    default:
        return true;
    }
}
