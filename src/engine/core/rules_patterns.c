/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that change what ACLs and maps match: the same door as the control socket's commands. */
#include "engine/core/rules_internal.h"
#include "model/patterns.h"
#include "state/snapshot.h"

/* A key that the list cannot have (no address, no number) is left out, as HAProxy leaves it out. */
enum outcome act_patterns(struct rules *r, const struct action *a)
{
    struct facts *f = r->facts;
    struct pattern_state *list = snapshot_patterns_of(f->snapshot, a->edit->list);
    struct span key = eval_text(f, a->expr);
    char room[256];
    struct buf why;

    buf_init_fixed(&why, room, sizeof(room));
    switch (a->edit->how) {
    case PATTERN_EDIT_ADD:
        (void)pattern_put(list, key, SPAN(""), &why);
        break;
    case PATTERN_EDIT_SET:
        (void)pattern_put(list, key, eval_text(f, a->edit->value), &why);
        break;
    case PATTERN_EDIT_DELETE:
        (void)pattern_delete(list, key);
        break;
    }
    return NEXT;
}
