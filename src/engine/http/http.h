/* SPDX-License-Identifier: Apache-2.0 */
/* What engine.c needs of HTTP: the memory that a thread keeps for it. */
#pragma once

struct thread;

void http_thread_init(struct thread *t);
/* Every stream is gone. */
void http_thread_fini(struct thread *t);
