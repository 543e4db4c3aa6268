/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/record.h"
#include "os/privilege.h"
#include "os/process.h"

#define WORDS_MOST 256
#define MORE_MOST  8
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

/* What is told of a server, in this order; HAProxy's names for the environment. */
enum server_word { OF_ADDRESS, OF_PORT, OF_ID, OF_NAME, OF_CURRENT, OF_MOST, OF_TLS, OF_WORDS };
static const char *const server_words[OF_WORDS] = {
    [OF_ADDRESS] = "HAPROXY_SERVER_ADDR",    [OF_PORT] = "HAPROXY_SERVER_PORT",
    [OF_ID] = "HAPROXY_SERVER_ID",           [OF_NAME] = "HAPROXY_SERVER_NAME",
    [OF_CURRENT] = "HAPROXY_SERVER_CURCONN", [OF_MOST] = "HAPROXY_SERVER_MAXCONN",
    [OF_TLS] = "HAPROXY_SERVER_SSL",
};

/* A socket in the file system has no port. */
static bool is_server(const struct span *words, uint32_t count)
{
    uint64_t n;

    return count == OF_WORDS && is_plain(words[OF_ADDRESS]) && is_plain(words[OF_NAME]) &&
           (words[OF_PORT].len == 0 || span_to_u64(words[OF_PORT], UINT16_MAX, &n)) &&
           span_to_u64(words[OF_ID], UINT32_MAX, &n) && span_to_u64(words[OF_CURRENT], UINT32_MAX, &n) &&
           span_to_u64(words[OF_MOST], UINT32_MAX, &n) && span_to_u64(words[OF_TLS], 1, &n);
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
    case SCRIPT_TAKES_SERVER:
        *count = n;
        return is_server(words, n);
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

static void put_variable(char **all, unsigned *count, struct span name, struct span value)
{
    size_t len = name.len + 1 + value.len;
    char *text = malloc(len + 1);

    if (text == NULL || *count == WORDS_MOST)
        _exit(126);
    memcpy(text, name.ptr, name.len);
    text[name.len] = '=';
    if (value.len > 0)
        memcpy(text + name.len + 1, value.ptr, value.len);
    text[len] = '\0';
    all[(*count)++] = text;
    all[*count] = NULL;
}

/* True when one of <own>, of which there are <count>, says what <variable> is. */
static bool is_said(char *const *own, unsigned count, const char *variable)
{
    size_t name = strcspn(variable, "=") + 1;

    for (unsigned i = 0; i < count; i++)
        if (strncmp(own[i], variable, name) == 0)
            return true;
    return false;
}

/* Nothing of ours unless the file says so: a program is looked for where its own PATH says. */
static void put_environment(const struct manifest_script *s, const struct span *server)
{
    char **all = calloc(WORDS_MOST + 1, sizeof(*all));
    unsigned count = 0;

    if (all == NULL)
        _exit(126);
    for (uint32_t i = 0; i < s->environment.count; i++) {
        struct span value = s->environment.items[i], name = span_cut(&value, '=');
        put_variable(all, &count, name, value);
    }
    for (unsigned i = 0; i < OF_WORDS; i++)
        put_variable(all, &count, span_from(server_words[i]), server[i]);
    const unsigned own = count;
    for (char **one = environ; s->keeps_environment && *one != NULL && count < WORDS_MOST; one++)
        if (!is_said(all, own, *one))
            all[count++] = *one;
    environ = all;
}

/* Behind the words of the file: the server's address and port. */
static void put_server(const struct manifest_script *s, const struct span *server, char **argv,
                       unsigned *count)
{
    put_word(argv, count, server[OF_ADDRESS]);
    put_word(argv, count, server[OF_PORT].len > 0 ? server[OF_PORT] : SPAN("NOT_USED"));
    put_environment(s, server);
}

/* The worker's user sees the worker's files, no others. */
static bool enter_root(struct span root)
{
    char path[4096];

    if (root.len == 0 || geteuid() != 0)
        return true;
    if (root.len >= sizeof(path))
        return false;
    memcpy(path, root.ptr, root.len);
    path[root.len] = '\0';
    return chroot(path) == 0 && chdir("/") == 0;
}

NORETURN static void run(const struct runner_order *o, const struct span *more, uint32_t more_count, bool own)
{
    char *argv[WORDS_MOST + 1];
    unsigned count = 0;
    const bool checks = o->script->takes == SCRIPT_TAKES_SERVER;

    (void)setsid();
    reset_signals();
    if (!process_close_standard(-1))
        _exit(126);
    for (uint32_t i = 0; i < o->script->argv.count; i++)
        put_word(argv, &count, o->script->argv.items[i]);
    if (checks)
        put_server(o->script, more, argv, &count);
    for (uint32_t i = 0; !checks && i < more_count; i++)
        put_word(argv, &count, more[i]);
    process_close_from(STDERR_FILENO + 1, NULL, 0);
    if (count == 0 || !process_enter_network(o->net_namespace) || !enter_root(o->root) ||
        !privilege_become(o->script->uid, o->script->gid))
        _exit(126);
    if (own) /* a check that nobody waits for any more is for nothing */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)execvp(argv[0], argv);
    _exit(checks ? 255 : errno == ENOENT ? 127 : 126); /* HAProxy's */
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

void runner_forget_of(struct runner *r, uint32_t high)
{
    for (unsigned i = 0; i < RUNNER_MOST; i++) {
        struct runner_job *j = &r->jobs[i];
        if (j->pid == 0 || j->ticket >> 32 != high)
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
