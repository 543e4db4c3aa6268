/* SPDX-License-Identifier: Apache-2.0 */
/* global_defs. */
#include "conf/keepalived/keepalived_internal.h"

#define SECONDS(n) ((int64_t)((n)*1000000LL))

static struct opt *opt_at(struct build *b, const struct keyword *k)
{
    return (struct opt *)(void *)((char *)&b->global + k->offset);
}

static void set_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_number(b, word_at(s, 1), k->low, k->high, opt_at(b, k));
}

static void set_seconds(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_seconds(b, word_at(s, 1), k->low, k->high, opt_at(b, k));
}

static void set_bool(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_bool(b, s, 1, opt_at(b, k));
}

static void set_word(struct build *b, const struct keyword *k, const struct statement *s)
{
    *(struct word *)(void *)((char *)&b->global + k->offset) = *word_at(s, 1);
}

static void set_script_user(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->global.script_user = *word_at(s, 1);
    if (s->words.count > 2)
        b->global.script_group = *word_at(s, 2);
}

static void set_script(struct build *b, const struct keyword *k, const struct statement *s)
{
    ka_read_command(b, s, (struct command_draft *)(void *)((char *)&b->global + k->offset));
}

static void set_fifo(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct fifo_draft *f = (struct fifo_draft *)(void *)((char *)&b->global + k->offset);
    f->path = *word_at(s, 1);
    if (s->words.count > 2)
        f->user = *word_at(s, 2);
    if (s->words.count > 3)
        f->group = *word_at(s, 3);
}

/* ---- straight into the model ---- */

static void set_namespace(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->v->net_namespace = ka_keep(b, text_at(s, 1));
}

static void set_instance(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->v->file_instance = ka_keep(b, text_at(s, 1));
}

static void set_nice(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct opt n = { 0 };
    if (!ka_number(b, word_at(s, 1), k->low, k->high, &n))
        return;
    if (b->v->scheduling == VRRP_SCHED_REALTIME && k->low < 0)
        return; /* both said: real time is the stronger wish */
    b->v->scheduling = k->low < 0 ? VRRP_SCHED_NICE : VRRP_SCHED_REALTIME;
    b->v->scheduling_value = (int)n.n;
}

static void set_cpus(struct build *b, const struct keyword *k, const struct statement *s)
{
    for (uint32_t i = 1; i < s->words.count; i++) {
        struct opt n = { 0 };
        if (ka_number(b, word_at(s, i), k->low, k->high, &n))
            *ARENA_PUSH(b->arena, &b->v->cpus) = (uint32_t)n.n;
    }
}

static void set_model_flag(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    *(bool *)(void *)((char *)b->v + k->offset) = true;
}

static void set_model_seconds(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct opt us = { 0 };
    if (ka_seconds(b, word_at(s, 1), k->low, k->high, &us))
        *(uint64_t *)(void *)((char *)b->v + k->offset) = (uint64_t)us.n;
}

static void set_control(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->v->control_socket = ka_keep(b, text_at(s, 1));
}

#define GLOBAL(member) .offset = offsetof(struct global_draft, member)
#define MODEL(member)  .offset = offsetof(struct vrrp_config, member)

// clang-format off
const struct keyword keepalived_global_words[] = {
    { "router_id", IN_GLOBAL, 1, 1, .once = true, .handle = set_word, GLOBAL(router_id), .manual = "the name of this machine in status and logs" },
    { "vmac_prefix", IN_GLOBAL, 1, 1, .once = true, .handle = set_word, GLOBAL(vmac_prefix), .manual = "what names of macvlans begin with; vrrp" },
    { "vrrp_version", IN_GLOBAL, 1, 1, .once = true, .handle = set_number, GLOBAL(version), .low = 2, .high = 3, .manual = "of instances that do not say; 2" },
    { "vrrp_mcast_group4", IN_GLOBAL, 1, 1, .once = true, .handle = set_word, GLOBAL(group4), .manual = "224.0.0.18" },
    { "vrrp_mcast_group6", IN_GLOBAL, 1, 1, .once = true, .handle = set_word, GLOBAL(group6), .manual = "ff02::12" },
    { "default_interface", IN_GLOBAL, 1, 1, .once = true, .handle = set_word, GLOBAL(default_interface), .manual = "of static addresses, and of instances without one; eth0" },
    { "vrrp_garp_master_delay", IN_GLOBAL, 1, 1, .once = true, .handle = set_seconds, GLOBAL(garp.delay), .high = SECONDS(86400), .manual = "seconds to the second burst of announcements; 5, 0: none" },
    { "vrrp_garp_master_repeat", IN_GLOBAL, 1, 1, .once = true, .handle = set_number, GLOBAL(garp.repeat), .low = 1, .high = 100, .manual = "announcements a burst; 5" },
    { "vrrp_garp_lower_prio_delay", IN_GLOBAL, 1, 1, .once = true, .handle = set_seconds, GLOBAL(garp.lower_delay), .high = SECONDS(86400), .manual = "after a weaker master was heard: seconds to the second burst" },
    { "vrrp_garp_lower_prio_repeat", IN_GLOBAL, 1, 1, .once = true, .handle = set_number, GLOBAL(garp.lower_repeat), .low = 0, .high = 100, .manual = "after a weaker master was heard: announcements a burst" },
    { "vrrp_garp_master_refresh", IN_GLOBAL, 1, 1, .once = true, .handle = set_seconds, GLOBAL(garp.refresh), .high = SECONDS(86400), .manual = "seconds between announcements while master; 0: none" },
    { "vrrp_garp_master_refresh_repeat", IN_GLOBAL, 1, 1, .once = true, .handle = set_number, GLOBAL(garp.refresh_repeat), .low = 1, .high = 100, .manual = "announcements each time; 1" },
    { "vrrp_garp_interval", IN_GLOBAL, 1, 1, .once = true, .handle = set_seconds, GLOBAL(garp.gap), .high = SECONDS(1000), .manual = "seconds between two gratuitous ARPs" },
    { "vrrp_gna_interval", IN_GLOBAL, 1, 1, .once = true, .handle = set_seconds, GLOBAL(garp.gap6), .high = SECONDS(1000), .manual = "seconds between two neighbour advertisements" },
    { "vrrp_min_garp", IN_GLOBAL, 0, 1, .once = true, .handle = set_bool, GLOBAL(garp_min), .manual = "one announcement, and no second burst" },
    { "vrrp_lower_prio_no_advert", IN_GLOBAL, 0, 1, .once = true, .handle = set_bool, GLOBAL(lower_no_advert), .manual = "a weaker master is not answered at once" },
    { "vrrp_higher_prio_send_advert", IN_GLOBAL, 0, 1, .once = true, .handle = set_bool, GLOBAL(higher_advert), .manual = "one more advert before giving way" },
    { "vrrp_down_timer_adverts", IN_GLOBAL, 1, 1, .once = true, .handle = set_number, GLOBAL(down_adverts), .low = 1, .high = 100, .manual = "adverts that may be missed; 3" },
    { "vrrp_check_unicast_src", IN_GLOBAL, 0, 1, .once = true, .handle = set_bool, GLOBAL(check_source), .manual = "only peers are believed" },
    { "vrrp_skip_check_adv_addr", IN_GLOBAL, 0, 1, .once = true, .handle = set_bool, GLOBAL(skip_addresses), .manual = "the address list of one master is compared once" },
    { "vrrp_strict", IN_GLOBAL, 0, 1, .once = true, .handle = set_bool, GLOBAL(strict), .manual = "nothing that the RFCs do not know" },
    { "vrrp_notify_priority_changes", IN_GLOBAL, 0, 1, .once = true, .handle = set_bool, GLOBAL(priority_changes), .manual = "changes of priority go to the FIFO too" },
    { "vrrp_startup_delay", IN_GLOBAL, 1, 1, .once = true, .handle = set_model_seconds, MODEL(startup_delay_us), .high = SECONDS(1200), .manual = "seconds after the start until instances begin" },
    { "log_unknown_vrids", IN_GLOBAL, 0, 0, .handle = set_model_flag, MODEL(log_unknown_vrids), .manual = "adverts of other virtual routers are logged" },
    { "fifo_write_vrrp_states_on_reload", IN_GLOBAL, 0, 0, .handle = set_model_flag, MODEL(fifo_states_on_reload), .manual = "a reload writes all states to the FIFO" },
    { "script_user", IN_GLOBAL, 1, 2, .once = true, .handle = set_script_user, .manual = "who runs scripts: user, group" },
    { "enable_script_security", IN_GLOBAL, 0, 0, .handle = set_bool, GLOBAL(script_security), .manual = "scripts of root that others may write are not run" },
    { "startup_script", IN_GLOBAL, 1, 3, .once = true, .handle = set_script, GLOBAL(startup), .manual = "run once, before everything" },
    { "startup_script_timeout", IN_GLOBAL, 1, 1, .once = true, .handle = set_seconds, GLOBAL(startup_timeout), .low = SECONDS(1), .high = SECONDS(1000), .manual = "10" },
    { "shutdown_script", IN_GLOBAL, 1, 3, .once = true, .handle = set_script, GLOBAL(shutdown), .manual = "run once, after everything" },
    { "shutdown_script_timeout", IN_GLOBAL, 1, 1, .once = true, .handle = set_seconds, GLOBAL(shutdown_timeout), .low = SECONDS(1), .high = SECONDS(1000), .manual = "10" },
    { "notify_fifo", IN_GLOBAL, 1, 3, .once = true, .handle = set_fifo, GLOBAL(fifo), .manual = "a FIFO that hears of every change: path, user, group" },
    { "notify_fifo_script", IN_GLOBAL, 1, 3, .once = true, .handle = set_script, GLOBAL(fifo.script), .manual = "a script that reads it; its last argument is the FIFO" },
    { "vrrp_notify_fifo", IN_GLOBAL, 1, 3, .once = true, .handle = set_fifo, GLOBAL(vrrp_fifo), .manual = "the same, of VRRP's changes only" },
    { "vrrp_notify_fifo_script", IN_GLOBAL, 1, 3, .once = true, .handle = set_script, GLOBAL(vrrp_fifo.script), .manual = "a script that reads it" },
    { "vrrp_priority", IN_GLOBAL, 1, 1, .once = true, .handle = set_nice, .low = -20, .high = 19, .manual = "the nice value of the process that holds the addresses" },
    { "vrrp_rt_priority", IN_GLOBAL, 1, 1, .once = true, .handle = set_nice, .low = 1, .high = 99, .manual = "its real-time priority" },
    { "vrrp_no_swap", IN_GLOBAL, 0, 0, .handle = set_model_flag, MODEL(no_swap), .manual = "it stays in memory" },
    { "vrrp_cpu_affinity", IN_GLOBAL, 1, ARGS_ANY, .once = true, .handle = set_cpus, .low = 0, .high = 4095, .manual = "CPUs that it may run on" },
    { "net_namespace", IN_MAIN | IN_GLOBAL, 1, 1, .once = true, .handle = set_namespace, .manual = "the network namespace to live in" },
    { "instance", IN_MAIN | IN_GLOBAL, 1, 1, .once = true, .handle = set_instance, .manual = "a name that goes into pid files" },
    { "worker_stall_time", IN_GLOBAL, 1, 1, .once = true, .handle = set_model_seconds, MODEL(stall_us), .low = SECONDS(0.5), .high = SECONDS(300), .manual = "ours: a thread of the balancer that stands still for so many seconds is a fault; 3" },
    { "balancer_socket", IN_GLOBAL, 1, 1, .once = true, .handle = set_control, .manual = "ours: the control socket of a balancer in another program, whose health is tracked" },
    { "notification_email", IN_GLOBAL, 0, 0, .block = true, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { "notification_email_from", IN_GLOBAL, 1, 1, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { "smtp_server", IN_GLOBAL, 1, 2, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { "smtp_helo_name", IN_GLOBAL, 1, 1, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { "smtp_connect_timeout", IN_GLOBAL, 1, 1, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { "smtp_alert", IN_GLOBAL, 0, 1, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { "smtp_alert_vrrp", IN_GLOBAL, 0, 1, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { "smtp_alert_checker", IN_GLOBAL, 0, 1, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { "no_email_faults", IN_GLOBAL, 0, 0, .handle = ka_no_mail_sent, .manual = "accepted, and said once: no mail is sent" },
    { NULL },
};
// clang-format on
