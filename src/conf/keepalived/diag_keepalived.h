/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of diagnostics that keepalived's dialect raises: K06xx. */
#pragma once

#include "base/diag.h"

/* Text. */
extern const struct diag_kind ka_include_failed; /* {0} path {1} why */
extern const struct diag_kind ka_include_none;   /* {0} pattern */
extern const struct diag_kind ka_too_deep;       /* {0} what {1} limit */
extern const struct diag_kind ka_bad_sequence;   /* {0} as written */
/* Values. */
extern const struct diag_kind ka_bad_seconds; /* {0} word {1} low {2} high */
extern const struct diag_kind ka_bad_bool;    /* {0} */
extern const struct diag_kind ka_bad_ip;      /* {0} */
extern const struct diag_kind ka_bad_bits;    /* {0} {1} most */
extern const struct diag_kind ka_bad_name;    /* {0} of an interface */
extern const struct diag_kind ka_bad_option;  /* {0} word {1} of what */
extern const struct diag_kind ka_no_value;    /* {0} option */
extern const struct diag_kind ka_bad_mac;     /* {0} */
extern const struct diag_kind ka_bad_rt_name; /* {0} word {1} file */
extern const struct diag_kind ka_bad_quotes;  /* {0} */
/* What belongs together. */
extern const struct diag_kind ka_unknown_name;  /* {0} kind {1} name */
extern const struct diag_kind ka_twice;         /* {0} kind {1} name */
extern const struct diag_kind ka_missing;       /* {0} keyword {1} block's name */
extern const struct diag_kind ka_two_families;  /* {0} instance {1} address */
extern const struct diag_kind ka_same_vrid;     /* {0} instance {1} other {2} vrid */
extern const struct diag_kind ka_no_addresses;  /* {0} instance */
extern const struct diag_kind ka_two_groups;    /* {0} instance {1} group */
extern const struct diag_kind ka_no_user;       /* {0} name */
extern const struct diag_kind ka_ah;            /* {0} instance */
extern const struct diag_kind ka_no_peers;      /* {0} instance */
extern const struct diag_kind ka_interval_long; /* {0} seconds */
/* What will not do what was meant: warnings. */
extern const struct diag_kind ka_password_long;    /* {0} length */
extern const struct diag_kind ka_auth_version3;    /* {0} instance */
extern const struct diag_kind ka_auth_strict;      /* {0} instance */
extern const struct diag_kind ka_interval_rounded; /* {0} seconds {1} used */
extern const struct diag_kind ka_nopreempt_master; /* {0} instance */
extern const struct diag_kind ka_nopreempt_weight; /* {0} instance */
extern const struct diag_kind ka_owner_weight;     /* {0} instance */
extern const struct diag_kind ka_owner_state;      /* {0} instance */
extern const struct diag_kind ka_strict;           /* {0} instance {1} what */
extern const struct diag_kind ka_no_accept;        /* {0} instance */
extern const struct diag_kind ka_group_weight;     /* {0} instance {1} group */
extern const struct diag_kind ka_no_mail;          /* {0} word */
extern const struct diag_kind ka_ip6_vmac;         /* {0} instance */
/* Scripts. */
extern const struct diag_kind ka_script_missing;  /* {0} path {1} why */
extern const struct diag_kind ka_script_open;     /* {0} path {1} which part */
extern const struct diag_kind ka_script_insecure; /* {0} path {1} which part */
extern const struct diag_kind ka_script_not_exec; /* {0} path */
extern const struct diag_kind ka_script_stops_us; /* {0} path */
extern const struct diag_kind ka_script_root;     /* {0} path */
extern const struct diag_kind ka_script_relative; /* {0} path */
/* Two files. */
extern const struct diag_kind ka_second_file;       /* {0} name {1} first */
extern const struct diag_kind ka_pair_missing;      /* {0} instance {1} file */
extern const struct diag_kind ka_pair_differs;      /* {0} instance {1} what {2} ours {3} theirs */
extern const struct diag_kind ka_pair_password;     /* {0} instance */
extern const struct diag_kind ka_pair_addresses;    /* {0} instance */
extern const struct diag_kind ka_pair_priority;     /* {0} instance {1} priority */
extern const struct diag_kind ka_pair_small_weight; /* {0} track {1} weight {2} gap */

extern const struct diag_kind *const diag_keepalived_kinds[];
