/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the process's own news go: to who started us, and to the log targets of
 * the section that they are about. A target may be slow (a file, a pipe), so what
 * a traffic thread has to tell is told by the control thread a moment later.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "daemon/words.h"
#include "state/bulletin.h"

struct engine;
struct loop;

struct teller {
    enum language language; /* of what is said to who started us */
    struct loop *loop;      /* of the control thread */
    pthread_t control;
    struct engine *engine; /* NULL: nobody logs yet */
    pthread_mutex_t mutex; /* <closed> */
    bool closed;
};

/* In the control thread, whose loop is <l>. */
void teller_init(struct teller *t, enum language language, struct loop *l);
/* What others still have to tell is dropped from now on; what they told is in the loop. */
void teller_close(struct teller *t);
void teller_fini(struct teller *t);

/* A server is another one than it was. A bulletin_fn; any thread but traffic's. */
void teller_tell(void *teller, const struct bulletin *b);
/* The same, and any thread. */
void teller_tell_later(void *teller, const struct bulletin *b);
/* An operator paused a frontend, or lets it go on. Any thread. */
void teller_tell_frontend(void *teller, const struct snapshot *s, const struct service *service, bool paused);
/* A check had another result than the one before. Any thread but traffic's. */
void teller_tell_check(void *teller, const struct server *server, const struct server_state *state);
/* Any thread but traffic's. */
void teller_tell_strange_agent(void *teller, const struct server *server, struct span word);
