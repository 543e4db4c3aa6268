/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "vrrp/track.h"

/* ---- processes ---- */

enum { SHORT_NAME = 15, CMDLINE_MOST = 4096 };

/* The next NUL-terminated word; false at the end. */
static bool next_word(struct span *cmdline, struct span *word)
{
    if (cmdline->len == 0)
        return false;
    size_t end = span_find_char(*cmdline, '\0');
    *word = span_first(*cmdline, end == SPAN_NONE ? cmdline->len : end);
    *cmdline = span_from_index(*cmdline, word->len + 1);
    return true;
}

static bool parameters_match(const struct vrrp_process *m, struct span cmdline)
{
    struct span word;
    for (uint32_t i = 1; i < m->words.count; i++) {
        if (!next_word(&cmdline, &word))
            return false;
        bool last = i + 1 == m->words.count;
        if (last && m->match == VRRP_MATCH_INITIAL ? !span_starts_with(word, m->words.items[i])
                                                   : !span_eq(word, m->words.items[i]))
            return false;
    }
    return m->match == VRRP_MATCH_PARTIAL || !next_word(&cmdline, &word);
}

bool look_matches(const struct vrrp_process *m, struct span name, struct span cmdline)
{
    struct span wanted = m->words.items[0], first = { 0 };
    bool has_first = next_word(&cmdline, &first);
    bool full = m->full_command || m->match != VRRP_MATCH_NAME;
    /* The kernel keeps 15 bytes of a name. A path is compared with what was called. */
    if (full ? !has_first || !span_eq(first, wanted) : !span_eq(name, span_first(wanted, SHORT_NAME)))
        return false;
    return m->match == VRRP_MATCH_NAME || parameters_match(m, cmdline);
}

static struct span read_small(int folder, const char *pid, const char *file, char *room, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/%s", pid, file);
    AUTO_FD int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, room, size);
    return span_of(room, len > 0 ? (size_t)len : 0);
}

/* "Z" in /proc/PID/stat: it has ended, and its parent has not noticed. */
static bool is_zombie(int folder, const char *pid)
{
    char text[512];
    struct span stat = read_small(folder, pid, "stat", text, sizeof(text));
    for (size_t i = stat.len; i > 2; i--)
        if (stat.ptr[i - 1] == ')') /* the last one ends the name, whatever is in it */
            return i + 1 < stat.len && (stat.ptr[i + 1] == 'Z' || stat.ptr[i + 1] == 'X');
    return true;
}

static bool wants_cmdline(const struct vrrp_process *m)
{
    return m->full_command || m->match != VRRP_MATCH_NAME;
}

static void count_process(const struct vrrp_config *c, struct track_process *tracked, int folder,
                          const char *pid, bool cmdlines)
{
    char name_room[64], cmdline_room[CMDLINE_MOST];
    struct span name = read_small(folder, pid, "comm", name_room, sizeof(name_room)), cmdline = { 0 };
    if (name.len && name.ptr[name.len - 1] == '\n')
        name.len--;
    if (name.len == 0)
        return;
    if (cmdlines)
        cmdline = read_small(folder, pid, "cmdline", cmdline_room, sizeof(cmdline_room));
    for (uint32_t i = 0; i < c->processes.count; i++)
        if (tracked[i].used && look_matches(tracked[i].model, name, cmdline) && !is_zombie(folder, pid))
            tracked[i].running++;
}

void look_at_processes(const struct vrrp_config *c, struct track_process *tracked)
{
    bool cmdlines = false;
    for (uint32_t i = 0; i < c->processes.count; i++) {
        tracked[i].running = 0;
        cmdlines |= tracked[i].used && wants_cmdline(tracked[i].model);
    }
    DIR *proc = opendir("/proc");
    if (proc == NULL)
        return;
    for (struct dirent *e; (e = readdir(proc));) // NOLINT(concurrency-mt-unsafe): nobody else has this folder
        if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
            count_process(c, tracked, dirfd(proc), e->d_name, cmdlines);
    closedir(proc);
}

/* ---- files ---- */

bool look_number(struct span text, int64_t *value)
{
    size_t i = 0;
    while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t' || text.ptr[i] == '\n'))
        i++;
    bool minus = i < text.len && text.ptr[i] == '-';
    if (i < text.len && (text.ptr[i] == '-' || text.ptr[i] == '+'))
        i++;
    size_t begin = i;
    int64_t n = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, text.ptr[i] - '0', &n))
            return false;
    if (i == begin || (i < text.len && text.ptr[i] != '\n' && text.ptr[i] != ' ' && text.ptr[i] != '\t' &&
                       text.ptr[i] != '\r'))
        return false;
    *value = minus ? n : -n; /* counted downwards, where there is room for one more */
    return minus || n != INT64_MIN;
}

const char *look_at_file(const struct vrrp_file *f, int64_t *value)
{
    char text[64];
    *value = 0;
    /* Non-blocking: a FIFO in its place must not stop us. */
    AUTO_FD int fd = open(f->path.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return strerrordesc_np(errno);
    ssize_t len = read(fd, text, sizeof(text));
    if (len < 0)
        return strerrordesc_np(errno);
    if (len == 0)
        return "it is empty";
    if (!look_number(span_of(text, (size_t)len), value)) {
        *value = 0;
        return "it does not begin with a number";
    }
    return NULL;
}

void look_prepare_file(const struct vrrp_file *f)
{
    if (!f->init)
        return;
    int how = O_WRONLY | O_CLOEXEC | O_CREAT | O_NOFOLLOW | (f->overwrite ? O_TRUNC : O_EXCL);
    AUTO_FD int fd = open(f->path.ptr, how, 0644);
    if (fd < 0)
        return; /* it is there, or reading it will say why it is not */
    char text[32];
    int len = snprintf(text, sizeof(text), "%lld\n", (long long)f->init_value);
    ssize_t put = write(fd, text, (size_t)len);
    (void)put;
}
