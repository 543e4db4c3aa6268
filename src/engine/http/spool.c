/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/slab.h"
#include "engine/core/thread.h"
#include "io/chunk.h"

struct spool *spool_of(struct body *b)
{
    if (b->spool)
        return b->spool;
    struct spool *s = slab_get(&b->thread->spool_slab);
    if (!s)
        return NULL;
    *s = (struct spool){ .thread = b->thread, .body = b, .file = -1, .warm_file = -1 };
    b->spool = s;
    return s;
}

static void spool_free(struct spool *s)
{
    if (s->file >= 0)
        (void)close(s->file);
    if (s->warm_owned)
        (void)close(s->warm_file);
    slab_put(&s->thread->spool_slab, s);
}

/* --- in a helper --- */
static int open_temporary(int folder)
{
    if (folder < 0)
        return memfd_create("keel-body", MFD_CLOEXEC);
    return openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static bool write_all(const struct spool *s, const struct iovec *part, uint64_t at)
{
    size_t done = 0;

    while (done < part->iov_len) {
        ssize_t n = pwrite(s->file, (char *)part->iov_base + done, part->iov_len - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static void run_write(struct work *w)
{
    struct spool *s = CONTAINER_OF(w, struct spool, work);
    uint64_t at = s->size;

    if (s->file < 0)
        s->file = open_temporary(s->thread->shared->temp_dir);
    bool well = s->file >= 0;
    for (unsigned i = 0; i < s->count && well; i++) {
        well = write_all(s, &s->parts[i], at);
        at += s->parts[i].iov_len;
    }
    s->error = well ? 0 : errno ? errno : EIO;
}

/* Touches the range, however slow the disk is. */
static void run_warm(struct work *w)
{
    struct spool *s = CONTAINER_OF(w, struct spool, work);
    char page[4096];

    s->error = 0;
    for (size_t done = 0; done < s->warm_len; done += sizeof(page))
        if (pread(s->warm_file, page, sizeof(page), s->warm_from + (off_t)done) <= 0)
            return; /* shorter than it was: sending finds out */
}

/* --- in the thread --- */
static void free_chunks(struct spool *s)
{
    for (unsigned i = 0; i < s->count; i++)
        chunk_put(loop_chunks(s->thread->loop), CHUNK_SMALL, s->parts[i].iov_base);
    s->count = 0;
}

static void on_written(struct work *w)
{
    struct spool *s = CONTAINER_OF(w, struct spool, work);

    s->job = SPOOL_IDLE;
    if (s->body) {
        body_was_written(s->body, s);
        return;
    }
    free_chunks(s);
    spool_free(s);
}

static void on_warmed(struct work *w)
{
    struct spool *s = CONTAINER_OF(w, struct spool, work);

    s->job = SPOOL_IDLE;
    if (s->body)
        body_was_warmed(s->body, s);
    else
        spool_free(s);
}

void spool_write(struct spool *s)
{
    BUG_ON(s->job != SPOOL_IDLE);
    s->job = SPOOL_WRITES;
    work_submit(s->thread, &s->work, run_write, on_written);
}

void spool_warm(struct spool *s, int file, off_t from, size_t len)
{
    BUG_ON(s->job != SPOOL_IDLE);
    s->job = SPOOL_WARMS;
    s->warm_file = file;
    s->warm_from = from;
    s->warm_len = len;
    work_submit(s->thread, &s->work, run_warm, on_warmed);
}

void spool_leave(struct spool *s, int file)
{
    s->body = NULL;
    if (s->job == SPOOL_WARMS && s->warm_file == file)
        s->warm_owned = true;
    else if (file >= 0)
        (void)close(file);
    if (s->job == SPOOL_IDLE)
        spool_free(s);
}
