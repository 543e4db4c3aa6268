/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/record.h"
#include "os/privilege.h"
#include "os/process.h"

#define WORDS_MOST 256
#define MORE_MOST  4
#define NAME_MOST  255
#define GRACE      DURATION_S(1)

static const instant never = { UINT64_MAX };

/* ---- what a child may add ---- */

static bool is_one_of(struct span s, const char *const *words)
{
    for (; *words; words++)
        if (span_eq(s, span_from(*words)))
            return true;
    return false;
}

static bool is_plain(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
            return false;
    return s.len > 0 && s.len <= NAME_MOST && s.ptr[0] != '-';
}

/* INSTANCE "VI_1" MASTER 100 */
static bool is_state(const struct span *words, uint32_t count)
{
    static const char *const subjects[] = { "INSTANCE", "GROUP", NULL };
    static const char *const states[] = { "MASTER", "BACKUP", "FAULT", "STOP", "DELETED", NULL };
    uint64_t priority;

    return count == 4 && is_one_of(words[0], subjects) && is_plain(words[1]) && is_one_of(words[2], states) &&
           span_to_u64(words[3], 255, &priority);
}

/* Spans into <more>. False: that is not what this script takes. */
static bool read_more(const struct runner_order *o, struct span words[MORE_MOST], uint32_t *count)
{
    struct reader r = reader_of(o->more);
    uint32_t n = o->more.len ? reader_u32(&r) : 0;

    if (n > MORE_MOST)
        return false;
    for (uint32_t i = 0; i < n; i++)
        words[i] = record_take_span(&r);
    if (r.failed || reader_left(&r) != 0)
        return false;
    *count = 0;
    switch (o->script->takes) {
    case SCRIPT_TAKES_NOTHING:
        return n == 0;
    case SCRIPT_READS_FIFO: /* its path is among the words already */
        return n <= 1;
    case SCRIPT_TAKES_STATE:
        *count = n;
        return n == 0 || is_state(words, n);
    }
    return false;
}

/* ---- in the child ---- */

static void put_word(char **argv, unsigned *count, struct span word)
{
    char *copy = strndup(word.ptr, word.len);

    if (copy == NULL || *count == WORDS_MOST)
        _exit(126);
    argv[(*count)++] = copy;
    argv[*count] = NULL;
}

static void reset_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

NORETURN static void run(const struct runner_order *o, const struct span *more, uint32_t more_count, bool own)
{
    char *argv[WORDS_MOST + 1];
    unsigned count = 0;

    (void)setsid();
    reset_signals();
    if (!process_close_standard(-1))
        _exit(126);
    for (uint32_t i = 0; i < o->script->argv.count; i++)
        put_word(argv, &count, o->script->argv.items[i]);
    for (uint32_t i = 0; i < more_count; i++)
        put_word(argv, &count, more[i]);
    process_close_from(STDERR_FILENO + 1, NULL, 0);
    if (count == 0 || !process_enter_network(o->net_namespace) ||
        !privilege_become(o->script->uid, o->script->gid))
        _exit(126);
    if (own) /* a check that nobody waits for any more is for nothing */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)execvp(argv[0], argv);
    _exit(errno == ENOENT ? 127 : 126);
}

/* ---- in the parent ---- */

static struct runner_job *free_job(struct runner *r)
{
    for (unsigned i = 0; i < RUNNER_MOST; i++)
        if (r->jobs[i].pid == 0)
            return &r->jobs[i];
    return NULL;
}

/* The reader of a FIFO outlives the process that asked for it. */
static bool reads_already(const struct runner *r, struct span fifo)
{
    for (unsigned i = 0; i < RUNNER_MOST; i++)
        if (r->jobs[i].pid != 0 && r->jobs[i].reads_fifo && span_eq(r->jobs[i].name, fifo))
            return true;
    return false;
}

static void note_fifo(struct runner_job *j, const struct manifest_script *s)
{
    struct span fifo = span_first(s->argv.items[s->argv.count - 1], sizeof(j->room));

    j->reads_fifo = true;
    memcpy(j->room, fifo.ptr, fifo.len);
    j->name = span_of(j->room, fifo.len);
}

bool runner_start(struct runner *r, const struct runner_order *o)
{
    const struct manifest_script *s = o->script;
    struct runner_job *j = free_job(r);
    struct span more[MORE_MOST];
    uint32_t count;

    if (j == NULL || s->argv.count == 0 || !read_more(o, more, &count))
        return false;
    bool fifo = s->takes == SCRIPT_READS_FIFO;
    if (fifo && reads_already(r, span_first(s->argv.items[s->argv.count - 1], sizeof(j->room))))
        return true;
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run(o, more, count, o->ticket != 0);
    if (pid < 0)
        return false;
    *j = (struct runner_job){ .pid = pid, .ticket = o->ticket, .deadline = never };
    if (!duration_is_none(s->timeout)) /* who waits for it looks after it first */
        j->deadline = instant_after(instant_after(clock_now(), s->timeout), GRACE);
    if (fifo)
        note_fifo(j, s);
    return true;
}

/* TERM first: a script may have something to clean up. */
static void end_job(struct runner_job *j, instant now)
{
    (void)kill(-j->pid, j->asked ? SIGKILL : SIGTERM);
    (void)kill(j->pid, j->asked ? SIGKILL : SIGTERM); /* before its setsid there is no group */
    j->deadline = j->asked ? never : instant_after(now, GRACE);
    j->asked = true;
}

void runner_kill(struct runner *r, uint64_t ticket)
{
    for (unsigned i = 0; ticket != 0 && i < RUNNER_MOST; i++)
        if (r->jobs[i].pid != 0 && r->jobs[i].ticket == ticket && !r->jobs[i].asked)
            end_job(&r->jobs[i], clock_now());
}

void runner_forget(struct runner *r)
{
    for (unsigned i = 0; i < RUNNER_MOST; i++) {
        struct runner_job *j = &r->jobs[i];
        if (j->pid == 0 || j->ticket == 0)
            continue;
        j->ticket = 0;
        j->asked = true;
        end_job(j, clock_now());
    }
}

void runner_stop(struct runner *r, instant until)
{
    for (unsigned i = 0; i < RUNNER_MOST; i++) {
        struct runner_job *j = &r->jobs[i];
        if (j->pid == 0 || j->asked)
            continue;
        if (j->reads_fifo)
            end_job(j, clock_now());
        else if (until.us < j->deadline.us)
            j->deadline = until;
    }
}

bool runner_reaped(struct runner *r, pid_t pid, int status)
{
    for (unsigned i = 0; i < RUNNER_MOST; i++) {
        struct runner_job *j = &r->jobs[i];
        if (j->pid != pid)
            continue;
        uint64_t ticket = j->ticket;
        if (j->asked)
            (void)kill(-pid, SIGKILL); /* what it left behind has had its time too */
        *j = (struct runner_job){ 0 };
        if (ticket == 0)
            return true;
        if (WIFSIGNALED(status))
            r->ended(r->self, ticket, RUNNER_SIGNALED, WTERMSIG(status));
        else
            r->ended(r->self, ticket, RUNNER_EXITED, WEXITSTATUS(status));
        return true;
    }
    return false;
}

bool runner_is_busy(const struct runner *r)
{
    for (unsigned i = 0; i < RUNNER_MOST; i++)
        if (r->jobs[i].pid != 0)
            return true;
    return false;
}

void runner_turn(struct runner *r, instant now)
{
    for (unsigned i = 0; i < RUNNER_MOST; i++)
        if (r->jobs[i].pid != 0 && r->jobs[i].deadline.us <= now.us)
            end_job(&r->jobs[i], now);
}

instant runner_next(const struct runner *r)
{
    instant next = never;

    for (unsigned i = 0; i < RUNNER_MOST; i++)
        if (r->jobs[i].pid != 0 && r->jobs[i].deadline.us < next.us)
            next = r->jobs[i].deadline;
    return next;
}
