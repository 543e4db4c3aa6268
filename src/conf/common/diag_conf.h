/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of diagnostics that all dialects raise: K01xx of the text itself
 * and of keywords, K04xx of values. Each dialect has its own table beside this
 * one; every table ends in a NULL-terminated list for `keel check --explain`.
 */
#pragma once

#include "base/diag.h"

/* The text: words.c and its languages. */
extern const struct diag_kind conf_open_quote;        /* {0} the quote */
extern const struct diag_kind conf_after_quote;       /* {0} what stands there */
extern const struct diag_kind conf_lone_brace;        /* {0} "}" */
extern const struct diag_kind conf_open_block;        /* at the end of the text */
extern const struct diag_kind conf_open_statement;    /* {0} its keyword; at the end of the text */
extern const struct diag_kind conf_unfinished;        /* {0} keyword; "}" came before ";" */
extern const struct diag_kind conf_missing_semicolon; /* {0} keyword {1} keyword of the next line */
extern const struct diag_kind conf_swallowed;         /* the same, where both readings make sense */
extern const struct diag_kind conf_empty_statement;   /* {0} ";" or "{" */
extern const struct diag_kind conf_nul_byte;
extern const struct diag_kind conf_wide_character; /* {0} as written {1} what it looks like; read as that */
extern const struct diag_kind conf_wide_in_word;   /* {0} {1}; kept as a part of the word */
extern const struct diag_kind conf_no_break_space;
extern const struct diag_kind conf_crlf;
extern const struct diag_kind conf_byte_order_mark;
extern const struct diag_kind conf_not_utf8;
extern const struct diag_kind conf_too_deep;     /* {0} the limit */
extern const struct diag_kind conf_expand_bad;   /* {0} as written */
extern const struct diag_kind conf_expand_unset; /* {0} name */
extern const struct diag_kind conf_bad_escape;   /* {0} as written */

/* Keywords: keyword.c. */
extern const struct diag_kind conf_unknown_word; /* {0} word {1} context */
extern const struct diag_kind conf_refused;      /* {0} word {1} why */
extern const struct diag_kind conf_tuning;       /* {0} word {1} language */
extern const struct diag_kind conf_old_word;     /* {0} word {1} today's */
extern const struct diag_kind conf_wrong_place;  /* {0} word {1} here {2} where it is allowed */
extern const struct diag_kind conf_arity;        /* {0} word {1} wanted {2} found */
extern const struct diag_kind conf_duplicate;    /* {0} word */
extern const struct diag_kind conf_no_block;     /* {0} word */
extern const struct diag_kind conf_not_a_block;  /* {0} word */

/* Values: values.c. {0} is the word as written, {3} its statement's keyword. */
extern const struct diag_kind conf_bad_number; /* {1} low {2} high */
extern const struct diag_kind conf_bad_size;
extern const struct diag_kind conf_bad_size_range; /* {1} low {2} high */
extern const struct diag_kind conf_bad_time;       /* {1} example */
extern const struct diag_kind conf_bad_switch;
extern const struct diag_kind conf_bad_choice; /* {1} all of them */
extern const struct diag_kind conf_bad_network;
extern const struct diag_kind conf_network_bits; /* {1} the network */
extern const struct diag_kind conf_host_unknown; /* {0} host */
extern const struct diag_kind conf_host_failed;  /* {0} host {1} errno's text */

extern const struct diag_kind *const diag_conf_kinds[];
