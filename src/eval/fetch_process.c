/* SPDX-License-Identifier: Apache-2.0 */
/* What is true of the process and of this moment. */
#include <unistd.h>

#include "base/rand.h"
#include "eval/eval_internal.h"

/* RFC 9562-like in looks only: 32 hex digits, made when first asked for. */
static struct span unique_id(struct facts *f)
{
    static const char hex[] = "0123456789abcdef";

    if (!f->has_unique_id) {
        for (unsigned i = 0; i < sizeof(f->unique_id); i += 16) {
            uint64_t bits = rand_next(f->rand);
            for (unsigned j = 0; j < 16; j++, bits >>= 4)
                f->unique_id[i + j] = hex[bits & 15];
        }
        f->has_unique_id = true;
    }
    return span_of(f->unique_id, sizeof(f->unique_id));
}

static struct value random_number(struct facts *f, const struct expr_part *p)
{
    uint32_t below = p->number > 0 ? (uint32_t)p->number : 0;
    return value_int(below ? (int64_t)rand_below(f->rand, below) : (int64_t)(uint32_t)rand_next(f->rand));
}

/* RFC 9562 5.4: version 4 */
static struct value uuid(struct facts *f)
{
    uint64_t a = rand_next(f->rand), b = rand_next(f->rand);

    return value_text(scratch_text(f, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
                                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
                                   (unsigned)(b >> 48 & 0x3fff) | 0x8000u,
                                   (unsigned long long)(b & 0xffffffffffffull)));
}

struct value fetch_process(struct facts *f, const struct expr_part *p)
{
    int64_t n;

    switch ((unsigned)p->fetch) {
    case FETCH_TRUE:
        return value_bool(true);
    case FETCH_FALSE:
        return value_bool(false);
    case FETCH_NUMBER:
        return value_int(p->number);
    case FETCH_HOSTNAME:
        return value_text(f->hostname.ptr ? f->hostname : SPAN(""));
    case FETCH_PID:
        return value_int(getpid());
    case FETCH_VERSION:
        return value_text(SPAN(KEEL_VERSION));
    case FETCH_ENV: /* what the dialect read when the file was read; the worker's own environment is nobody's
                       business */
        return value_text(p->text);
    case FETCH_RANDOM:
        return random_number(f, p);
    case FETCH_UNIQUE_ID:
        return value_text(unique_id(f));
    case FETCH_DATE_S:
        return value_int((int64_t)(f->wall_us / 1000000) + p->number);
    case FETCH_DATE_MS_FRACTION:
        return value_text(scratch_text(f, "%llu.%03llu", (unsigned long long)(f->wall_us / 1000000),
                                       (unsigned long long)(f->wall_us / 1000 % 1000)));
    case FETCH_UUID:
        return uuid(f);
    case FETCH_DATE_US:
        return value_int((int64_t)(f->wall_us % 1000000));
    case FETCH_DATE_WHOLE_US:
        return value_int((int64_t)f->wall_us);
    case FETCH_DATE_COMMON:
        return value_text(span_from(facts_clock(f)->common));
    case FETCH_DATE_ISO:
        return value_text(span_from(facts_clock(f)->iso));
    case FETCH_PROCESS_CONNECTIONS:
        return f->live->number(f->self, p->fetch, &n) ? value_int(n) : value_none();
    default:
        BUG_ON(true);
        return value_none();
    }
}
