/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static files: root, alias, index, try_files; conditional and range requests;
 * Last-Modified, ETag, types. A file is opened by a helper thread (a path may
 * lie on a slow disk), beneath its root: a name that leads out of it through ".."
 * is refused. The body is the file itself (body_put_file): sendfile on plain
 * connections.
 */
#pragma once

#include "engine/http/stream.h"

enum files_result {
    FILES_WAIT,   /* a helper looks; stream_run is called when it is done */
    FILES_ANSWER, /* s->answer and s->to_client.body are filled: 200, 206, 304, 412, 416 */
    FILES_STATUS, /* s->status: 403, 404, 405, 500 ... */
    FILES_AGAIN,  /* the uri was changed (index, try_files): route again */
    FILES_ENTER,  /* s->file->scope: try_files' @name */
    FILES_FOUND,  /* by a try_files that only looks: the next action goes on */
    FILES_MOVED,  /* a folder without its slash: 301 to s->rules.location */
};
/* For s->rules.action->files, begun and continued by the same call. */
enum files_result files_step(struct stream *s);
/* What a stream holds of it; harmless when nothing. */
void files_fini(struct stream *s);
/* DOCUMENT_ROOT, REQUEST_FILENAME; ptr NULL: none. In the stream's scratch. */
struct span files_fetch(struct stream *s, enum fetch f);
/* nginx -f, -d, -e, -x on a path, which may lie in the stream's root or anywhere. */
bool files_test(struct stream *s, struct span path, char kind);
