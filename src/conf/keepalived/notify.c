/* SPDX-License-Identifier: Apache-2.0 */
/* notify_* of instances and groups. */
#include "conf/keepalived/keepalived_internal.h"

static struct notify_draft *current(struct build *b)
{
    return b->context == IN_GROUP ? &b->group->notify : &b->instance->notify;
}

static void set_script(struct build *b, const struct keyword *k, const struct statement *s)
{
    ka_read_command(b, s, (struct command_draft *)(void *)((char *)current(b) + k->offset));
}

static void set_deleted(struct build *b, const struct keyword *k, const struct statement *s)
{
    if (s->words.count > 1)
        set_script(b, k, s);
}

static void set_priority_changes(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)ka_bool(b, s, 1, &current(b)->priority_changes);
}

void ka_no_mail_sent(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (!b->no_mail_said)
        diag_add(b->diags, &ka_no_mail, word_at(s, 0)->at, DIAG_TEXT(text_at(s, 0)));
    b->no_mail_said = true;
}

#define SCRIPT(member) .handle = set_script, .offset = offsetof(struct notify_draft, member)

// clang-format off
const struct keyword keepalived_notify_words[] = {
    { "notify_master", IN_BOTH, 1, 3, .once = true, SCRIPT(master), .manual = "script, user, group: run when it becomes master" },
    { "notify_backup", IN_BOTH, 1, 3, .once = true, SCRIPT(backup), .manual = "the same for backup" },
    { "notify_fault", IN_BOTH, 1, 3, .once = true, SCRIPT(fault), .manual = "the same for fault" },
    { "notify_stop", IN_BOTH, 1, 3, .once = true, SCRIPT(stop), .manual = "the same when the program ends" },
    { "notify_deleted", IN_BOTH, 0, 3, .once = true, .handle = set_deleted, .offset = offsetof(struct notify_draft, deleted), .manual = "the same when a reload takes the instance away" },
    { "notify", IN_BOTH, 1, 3, .once = true, SCRIPT(any), .manual = "run at each change, with INSTANCE or GROUP, name, state and priority as arguments" },
    { "notify_master_rx_lower_pri", IN_INSTANCE, 1, 3, .once = true, SCRIPT(lower), .manual = "run when a weaker master is heard" },
    { "notify_priority_changes", IN_BOTH, 0, 1, .once = true, .handle = set_priority_changes, .manual = "changes of priority go to the FIFO too" },
    { "smtp_alert", IN_BOTH, 0, 1, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent; use notify" },
    { NULL },
};
// clang-format on
