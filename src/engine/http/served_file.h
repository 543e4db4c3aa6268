/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file on its way to a client: files.c finds it, served_file.c makes the
 * answer of it. Nobody else includes this.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "engine/core/work.h"
#include "engine/http/stream.h"

enum file_stage {
    FILE_TRY,    /* a candidate of try_files */
    FILE_INDEX,  /* an index file of a folder */
    FILE_FOLDER, /* no index was there: is the folder? */
    FILE_ONE,    /* the file itself */
    FILE_PACKED, /* FILE.gz in its place */
    FILE_RANDOM, /* a folder, of which one file is wanted */
    FILE_LISTED, /* what is in the folder has been read */
};

/* On the heap: a helper may still look at it when the request is over. */
struct served_file {
    struct work work;
    struct stream *stream; /* NULL: the request is over */
    const struct files *files;
    bool looking; /* a helper has it */
    bool looked;  /* it was given to one, and the result was not yet used */
    uint8_t stage;
    uint32_t next;   /* candidate or index file */
    struct span uri; /* that is sought */
    struct span index_name;
    int fd;    /* -1 = not open */
    int error; /* errno of the look */
    struct stat stat;
    bool packed;             /* it is FILE.gz */
    bool varies;             /* another client would get the other one */
    struct listing *listing; /* NULL: no folder is read */
    size_t path_len;
    char path[4096];
};

/* Fills s->answer and the body from the open file: 200, 206 or 304. Else the status to answer with: 412, 416,
 * 500. */
unsigned served_file_answer(struct stream *s);
/* The same of the page of a folder. */
unsigned served_file_listing(struct stream *s);
