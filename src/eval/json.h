/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds one value in a JSON text (RFC 8259) by a path such as $.user.roles[0].
 * Reads, and builds nothing; what is malformed behind the value is not looked at.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

struct scratch;

enum json_kind { JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL, JSON_ARRAY, JSON_OBJECT };

/* <raw>: as it is written; of a string, without its quotes. False: there is none, or the path is none. */
bool json_find(struct span json, struct span path, enum json_kind *kind, struct span *raw);
/* A string without its escapes, in UTF-8. ptr NULL: a bad escape, or no room. */
struct span json_unescape(struct scratch *s, struct span raw);
