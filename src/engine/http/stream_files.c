/* SPDX-License-Identifier: Apache-2.0 */
/* STEP_FILES: what http/files.c found decides where the stream goes. */
#include "engine/http/files.h"
#include "engine/http/internal.h"

enum stream_step step_files(struct stream *s)
{
    switch (files_step(s)) {
    case FILES_WAIT:
        return STEP_WAIT;
    case FILES_ANSWER:
        s->own = true;
        if (s->facts.response == &s->answer)
            s->facts.response = NULL;
        s->status = s->answer.status;
        return STEP_FORWARD;
    case FILES_STATUS:
        return stream_refuse(s, s->status, END_LOCAL);
    case FILES_FOUND:
        s->routed_again = true; /* on where the list was left */
        return STEP_REQUEST;
    case FILES_AGAIN:
        if (!rules_again(&s->rules, 0))
            break;
        s->routed_again = true;
        return STEP_REQUEST;
    case FILES_ENTER:
        if (!rules_again(&s->rules, 0))
            break;
        rules_enter(&s->rules, s->file_scope);
        s->rules.list = &s->file_scope->on[HOOK_REQUEST];
        s->rules.next = 0; /* all of it: what is run once is the server's */
        s->routed_again = true;
        return STEP_REQUEST;
    case FILES_MOVED:
        stream_note_end(s, END_LOCAL);
        s->status = 301;
        return STEP_REPLY;
    }
    return stream_refuse(s, 500, END_INTERNAL);
}
