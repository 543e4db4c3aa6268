/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this room tells the operator while it runs: kinds with arguments, not
 * sentences, so that log, status page and Chinese readers each get their own
 * words. And the host: what the process around us does for us (log, scripts).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"

/*
 * The process around us. Everything is called from the thread that calls
 * vrrp_turn and its like. Nothing may call back into vrrp before it returns.
 */
struct vrrp_host {
    void *self;
    /* Args end with a span whose ptr is NULL, as diag_add's do. */
    void (*log)(void *self, const struct diag_kind *kind, const struct span *args);
    /*
     * Asks for command number <command> of the config with <count> more arguments
     * appended. What became of it comes by vrrp_on_script with the same ticket;
     * ticket 0: nobody waits for it. False when it cannot be asked now.
     */
    bool (*run)(void *self, uint32_t ticket, uint32_t command, const struct span *args, uint32_t count);
    /* The one with this ticket has taken too long. */
    void (*kill)(void *self, uint32_t ticket);
};

#define SAY(host, kind, ...) (host)->log((host)->self, (kind), DIAG_TEXT(__VA_ARGS__))
/* A number as a span, for SAY: lives until the end of the block. */
struct say_number {
    char text[24];
};
struct span say_number(struct say_number *room, int64_t n);
#define SAY_NUMBER(n) say_number(&(struct say_number){ { 0 } }, (int64_t)(n))

/* states */
extern const struct diag_kind say_master, say_backup, say_fault, say_stopped;
extern const struct diag_kind say_yielded, say_holding, say_well_again;
extern const struct diag_kind say_priority, say_timeout, say_preempts, say_beaten, say_goodbye_heard;
extern const struct diag_kind say_group_state;
/* adverts */
extern const struct diag_kind say_advert_refused, say_unknown_vrid, say_two_masters_one_way,
    say_two_masters_refused, say_two_masters_silent, say_one_master_again, say_weaker, say_not_sent,
    say_no_channel;
/* addresses */
extern const struct diag_kind say_not_added, say_not_removed, say_added_late, say_adopted, say_put_back,
    say_keeps_vanishing, say_route_failed;
/* links */
extern const struct diag_kind say_no_interface, say_interface_there, say_interface_down, say_interface_up,
    say_no_source, say_vmac_failed, say_links_unknown;
/* tracking */
extern const struct diag_kind say_script_failed, say_script_well, say_script_killed, say_script_not_run,
    say_process_lost, say_process_there, say_file_value, say_file_unreadable;
extern const struct diag_kind say_worker_gone, say_worker_stalled, say_worker_well, say_item_ill,
    say_item_well, say_flapping;
/* notification */
extern const struct diag_kind say_fifo_failed, say_fifo_full, say_fifo_there, say_notify_not_run;

/* All of them, NULL-terminated, for the manual and `--explain`. */
extern const struct diag_kind *const say_kinds[];
