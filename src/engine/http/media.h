/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The type of an answer (RFC 9110 8.3): by the extension of the path that was
 * asked for, and the charset that a scope puts behind types of text.
 */
#pragma once

#include "base/span.h"

struct scope;
struct stream;

/* As <scope>'s mime_types and default_type say; empty: none. */
struct span media_type(const struct scope *scope, struct span path);
/* Puts the scope's charset behind the answer's Content-Type, where it is a text's that names none. false: no
 * memory. */
bool media_charset(struct stream *s);
