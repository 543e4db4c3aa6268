/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions that a configuration asks of the machine: bytes of a file,
 * names behind a glob, addresses of a host, ids of a user, an environment
 * variable. The reader answers them from the real machine and writes every
 * answer into a bundle; the worker answers the same questions from the bundle
 * and so builds the same model without opening a file.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

enum question {
    ASK_FILE = 1,  /* key: path; answer: bytes */
    ASK_GLOB,      /* key: pattern; answer: paths, sorted, NUL after each */
    ASK_HOST,      /* key: host name; answer: addresses as text, NUL after each, IPv4 first */
    ASK_USER,      /* key: name; answer: "uid gid" */
    ASK_GROUP,     /* key: name; answer: "gid" */
    ASK_ENV,       /* key: name; answer: value */
    ASK_FILE_KIND, /* key: path; answer: "f" file, "d" folder, "s" socket, ... */
    ASK_HOSTNAME,  /* key: "" */
    ASK_FILE_MODE, /* key: path; answer: "0755 0 0": permission bits in octal, owner, group */
    ASK_PLAN,      /* key: ""; what the command line asked for: the daemon adds it to each bundle */
};

struct answer {
    int error; /* 0, or an errno: ENOENT, EACCES, EISDIR, ...; unset variables and unknown names are ENOENT */
    struct span bytes;
};

struct world {
    void *self;
    struct answer (*ask)(void *self, enum question q, struct span key);
};

static inline struct answer world_ask(const struct world *w, enum question q, struct span key)
{
    return w->ask(w->self, q, key);
}

/*
 * The bundle: a flat record of answers, position independent, so that it can be
 * a sealed memory file. Version and lengths are checked on opening; a bundle
 * that does not hold an asked answer answers ENOENT.
 */
struct bundle_writer; /* grows on the heap */
struct bundle_writer *bundle_writer_new(void);
void bundle_writer_free(struct bundle_writer **w);
/* Each question once; later ones with the same key are ignored. */
void bundle_add(struct bundle_writer *w, enum question q, struct span key, struct answer a);
struct span bundle_bytes(const struct bundle_writer *w);

struct bundle; /* an opened one; borrows the bytes */
/* NULL when the bytes are not a whole bundle of this version. */
struct bundle *bundle_open(struct arena *a, struct span bytes);
struct world bundle_world(struct bundle *b);
/* A world that asks <real> and writes what it hears into <w>; also remembers answers, so that each question
 * is asked once. */
struct world recording_world(struct arena *a, const struct world *real, struct bundle_writer *w);
