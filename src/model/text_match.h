/* SPDX-License-Identifier: Apache-2.0 */
/* The ways in which one text matches another, without tables or regular expressions. */
#pragma once

#include "model/expr.h"

/* <how> is EXACT, BEGIN, END, SUB, DIR or DOM; DIR and DOM ask for whole pieces between delimiters. */
bool text_matches(enum match how, struct span subject, struct span pattern, bool nocase);
