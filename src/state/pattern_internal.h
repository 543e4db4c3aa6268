/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the four files of a changed list share. Nobody else needs this. All of it is under the lock of all
 * lists.
 *
 *   pattern_entry.c    its lines: kept, found by their key, forgotten
 *   pattern_live.c     what threads ask, made of the lines
 *   pattern_journal.c  what was done, for the next process
 *   pattern_state.c    editing and showing, and what a snapshot knows of it
 */
#pragma once

#include "base/hash.h"
#include "base/list.h"
#include "state/pattern_state.h"
#include "state/snapshot.h"
#include "state/state_internal.h"

/* A line of the list. */
struct pattern_entry {
    struct link link;
    struct pattern_entry *next; /* of its bucket */
    uint64_t hash, number;
    uint32_t version;
    struct span key, as, value; /* the first two lie behind the entry */
};

/* A snapshot that has the list. */
struct pattern_binding {
    struct link link; /* of the state; unlinked when the list follows another file */
    struct snapshot *snapshot;
    const struct pattern_list *model;
    struct pattern_state *state;
};

struct pattern_state {
    struct named named;
    struct link in_world; /* of world->patterns */
    struct list bindings; /* the newest is the last */
    uint64_t print;       /* of what the file says */
    bool edited;          /* else the rest is empty, and the model's texts count */
    struct list entries;
    uint32_t count, current_count;
    struct pattern_entry **buckets;
    uint32_t room;
    uint64_t numbers;
    uint32_t current, next; /* versions */
};

/* Everyone who asks the list, of every snapshot that has it. */
#define EACH_USER(p, binding, i)                                                                             \
    LIST_EACH (&(p)->bindings, binding, struct pattern_binding, link)                                        \
        for (uint32_t i = 0; i < (binding)->model->users.count; i++)

/* ---- pattern_entry.c ---- */
/* Copies <s> to <at>, which moves behind it. One without a pointer stays so. */
struct span pattern_copy_to(char **at, struct span s);
/* On the heap, also of an empty one. */
struct span pattern_copy_of(struct span s);
struct pattern_entry *pattern_entry_append(struct pattern_state *p, uint32_t version,
                                           const struct pattern_text *t);
void pattern_entry_set_value(struct pattern_entry *e, struct span value);
void pattern_entry_free(struct pattern_state *p, struct pattern_entry *e);
void pattern_entry_forget_all(struct pattern_state *p);
/* Of the current version; NULL: none, or no more. */
struct pattern_entry *pattern_entry_find(struct pattern_state *p, struct span key);
struct pattern_entry *pattern_entry_find_from(struct pattern_state *p, struct pattern_entry *e,
                                              struct span key);
struct pattern_entry *pattern_entry_find_number(struct pattern_state *p, uint64_t number);
struct pattern_text pattern_entry_text(const struct pattern_entry *e);
/* What the newest file says of the list. */
const struct pattern_list *pattern_state_model(const struct pattern_state *p);
/* From here on the list is ours. */
void pattern_state_begin_editing(struct pattern_state *p);

/* ---- pattern_live.c ---- */
/* What one user asks, made anew of all its lists; and what every user of <p> does. */
void pattern_live_make_whole(struct snapshot *s, const struct pattern_user *u);
void pattern_live_make_all(struct pattern_state *p);
/* After <texts> were put at the end; all of <key> deleted; all of <key> given another value. */
void pattern_live_add(struct pattern_state *p, const struct pattern_text *texts, uint32_t count);
void pattern_live_remove(struct pattern_state *p, struct span key);
void pattern_live_change(struct pattern_state *p, struct span key, struct span value);
/* With its sets, at once: nobody asks any more. NULL is fine. */
void pattern_live_free(const struct pattern_live *shown);

/* ---- pattern_journal.c; patterns_write is one of them ---- */
enum pattern_note { NOTE_ADD = 'A', NOTE_AS = 'a', NOTE_DELETE = 'D', NOTE_SET = 'S', NOTE_CLEAR = 'C' };

/* Of what the file says: its changes are void when this is another one. */
uint64_t pattern_journal_print(const struct pattern_list *l);
/* What was just done, or all, when there is no more room for it. */
void pattern_journal_note(struct pattern_state *p, enum pattern_note what, struct span a, struct span b);
void pattern_journal_note_whole(struct pattern_state *p);
/* Does again what the process before did to this list. */
void pattern_journal_replay(struct pattern_state *p);
