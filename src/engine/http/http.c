/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/http.h"

#include "engine/core/thread.h"
#include "engine/http/compress.h"
#include "engine/http/internal.h"
#include "engine/http/spool.h"

void http_thread_init(struct thread *t)
{
    slab_init(&t->stream_slab, "streams", sizeof(struct stream), 16, 0);
    slab_init(&t->segment_slab, "body segments", sizeof(struct body_segment), 64, 0);
    slab_init(&t->spool_slab, "spools", sizeof(struct spool), 8, 0);
}

void http_thread_fini(struct thread *t)
{
    compressors_free(t);
    slab_fini(&t->stream_slab);
    slab_fini(&t->segment_slab);
    slab_fini(&t->spool_slab);
}
