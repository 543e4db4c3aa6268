/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/work.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "engine/core/thread.h"
#include "os/process.h"

#define HELPERS_DEFAULT 4
#define HELPERS_MAX     64

struct work_pool {
    pthread_mutex_t mutex;
    pthread_cond_t some;
    struct work *first, **last;
    unsigned wanted, running;
    bool ending;
    pthread_t helpers[HELPERS_MAX];
};

static struct work *take(struct work_pool *p)
{
    struct work *w = p->first;

    p->first = w->next;
    if (p->first == NULL)
        p->last = &p->first;
    return w;
}

static void on_way_back(struct task *t)
{
    struct work *w = CONTAINER_OF(t, struct work, task);
    struct thread *thread = w->thread;

    thread->jobs--;
    w->done(w);
    thread_check_drained(thread);
}

static void *help(void *argument)
{
    struct work_pool *p = argument;

    process_set_name("keel-files");
    (void)pthread_mutex_lock(&p->mutex);
    while (!p->ending) {
        if (p->first == NULL) {
            (void)pthread_cond_wait(&p->some, &p->mutex);
            continue;
        }
        struct work *w = take(p);
        (void)pthread_mutex_unlock(&p->mutex);
        w->run(w);
        loop_post(w->thread->loop, &w->task, on_way_back);
        (void)pthread_mutex_lock(&p->mutex);
    }
    (void)pthread_mutex_unlock(&p->mutex);
    return NULL;
}

struct work_pool *work_pool_new(unsigned threads)
{
    struct work_pool *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->wanted = threads == 0 ? HELPERS_DEFAULT : threads > HELPERS_MAX ? HELPERS_MAX : threads;
    p->last = &p->first;
    (void)pthread_mutex_init(&p->mutex, NULL);
    (void)pthread_cond_init(&p->some, NULL);
    return p;
}

void work_pool_free(struct work_pool **owner)
{
    struct work_pool *p = *owner;

    *owner = NULL;
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->mutex);
    p->ending = true;
    (void)pthread_cond_broadcast(&p->some);
    (void)pthread_mutex_unlock(&p->mutex);
    for (unsigned i = 0; i < p->running; i++)
        (void)pthread_join(p->helpers[i], NULL);
    (void)pthread_mutex_destroy(&p->mutex);
    (void)pthread_cond_destroy(&p->some);
    free(p);
}

/* The first job starts the helpers; when none can be started, jobs are done where they are given. */
static void start_helpers(struct work_pool *p)
{
    while (p->running < p->wanted && pthread_create(&p->helpers[p->running], NULL, help, p) == 0)
        p->running++;
}

void work_submit(struct thread *t, struct work *w, work_fn run, work_fn done)
{
    struct work_pool *p = t->shared->work;

    t->jobs++;
    w->thread = t;
    w->run = run;
    w->done = done;
    w->next = NULL;
    (void)pthread_mutex_lock(&p->mutex);
    if (p->running == 0)
        start_helpers(p);
    bool alone = p->running == 0;
    if (!alone) {
        *p->last = w;
        p->last = &w->next;
        (void)pthread_cond_signal(&p->some);
    }
    (void)pthread_mutex_unlock(&p->mutex);
    if (alone) {
        run(w);
        loop_post(t->loop, &w->task, on_way_back);
    }
}
