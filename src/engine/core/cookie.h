/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cookie that keeps a client with its server (struct cookie_policy): what a
 * request's Cookie fields say, and what an answer's Set-Cookie fields shall say.
 * It edits messages and names a server; whether that one can be had is the
 * balancer's business. One thread, inside struct rules.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"
#include "base/span.h"

struct captured_cookie;
struct message;
struct rules;
struct scratch;
struct server;

/*
 * After the rules of an answer that <server> gave: the server's own cookie is
 * taken out or rewritten, ours is added. False: no room.
 */
MUST_USE bool cookie_answer(struct rules *r, const struct server *server);
/*
 * "NAME=value" of the first cookie that <c> means, for the log: of Cookie fields,
 * or with <answer> of Set-Cookie fields. Empty: there is none.
 */
struct span cookie_captured(struct scratch *s, const struct captured_cookie *c, const struct message *m,
                            bool answer);
