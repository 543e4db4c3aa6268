/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the end of a head, and what heads of both kinds share. The search
 * checks on its way that line ends are CRLF and that there are no control
 * bytes, so that the parts which cut the lines need not.
 */
#include "wire/h1.h"

#include "wire/h1_internal.h"

/* Marked at once while the end is not known: what follows the head is seldom worth more. */
#define BATCH 2

static void clip(struct h1_block *b, unsigned drop, uint64_t keep)
{
    b->stop = b->stop >> drop & keep;
    b->cr = b->cr >> drop & keep;
    b->lf = b->lf >> drop & keep;
    b->control = b->control >> drop & keep;
}

/* The last block of a text when it is not full, without reading past the end. */
static void mark_tail(const char *text, size_t len, struct h1_block *out)
{
    unsigned have = (unsigned)(len % BLOCK);
    if (len >= BLOCK) {
        h1_mark(text + len - BLOCK, 1, out);
        clip(out, BLOCK - have, UINT64_MAX);
    } else {
        char copy[BLOCK] = { 0 };
        memcpy(copy, text, len);
        h1_mark(copy, 1, out);
        clip(out, 0, (UINT64_C(1) << have) - 1);
    }
}

/* Marks blocks from <first> on, at most <count>, of a text of <len> bytes; how many there were. */
static size_t mark(const char *text, size_t len, size_t first, size_t count, struct h1_block *out)
{
    size_t full = len / BLOCK - first;
    if (full >= count) {
        h1_mark(text + first * BLOCK, count, out);
        return count;
    }
    if (full)
        h1_mark(text + first * BLOCK, full, out);
    if (len % BLOCK == 0)
        return full;
    mark_tail(text, len, &out[full]);
    return full + 1;
}

void h1_lines_mark(struct h1_lines *l, size_t at)
{
    BUG_ON(at >= l->len);
    l->window = at / BLOCK;
    l->marked = mark(l->head, l->len, l->window, WINDOW_BLOCKS, l->blocks);
}

/* What a block must know of the bytes before it. */
struct carry {
    uint64_t cr; /* bit 0: the byte before is CR */
    uint64_t lf; /* bits 0 and 1: the second and the first byte before is LF */
};

static struct carry carry_into(const char *head, size_t at)
{
    if (at == 0) /* else a multiple of BLOCK */
        return (struct carry){ 0, 0 };
    uint64_t before = head[at - 1] == '\n', second = head[at - 2] == '\n';
    return (struct carry){ head[at - 1] == '\r', second | before << 1 };
}

/* What is to be seen in a block: bit i is about byte i. */
struct sight {
    uint64_t bad; /* a control byte; LF without CR; for a CR without LF, the byte after it */
    uint64_t end; /* the LF of an empty line */
    uint64_t lf;
};

static inline struct sight look_at(const struct h1_block *b, unsigned have, bool lf_ends_lines,
                                   struct carry *carry)
{
    uint64_t valid = have == BLOCK ? UINT64_MAX : (UINT64_C(1) << have) - 1;
    uint64_t after_cr = (b->cr << 1 | carry->cr) & valid;
    uint64_t after_lf = b->lf << 1 | carry->lf >> 1;
    uint64_t two_after_lf = b->lf << 2 | carry->lf;
    uint64_t lone_lf = lf_ends_lines ? 0 : b->lf & ~after_cr;
    carry->cr = b->cr >> (BLOCK - 1);
    carry->lf = b->lf >> (BLOCK - 2);
    return (struct sight){
        .bad = (b->control & ~(b->cr | b->lf)) | (after_cr & ~b->lf) | lone_lf,
        .end = b->lf & (after_lf | (after_cr & two_after_lf)),
        .lf = b->lf,
    };
}

/* Names what is bad at <at>. */
static enum h1_result refuse_byte(const char *head, size_t at, size_t skip, struct h1_scan *scan)
{
    bool bare_cr = at > 0 && head[at - 1] == '\r';
    bool line_end = bare_cr || head[at] == '\n';
    h1_refuse(scan, line_end ? H1_ERR_LINE_END : H1_ERR_CONTROL, skip + at - bare_cr);
    return H1_BAD;
}

/* A batch of blocks, kept for cutting the lines as long as the window has room. */
static size_t mark_batch(struct h1_lines *l, size_t at, bool keep, struct h1_block *scratch,
                         const struct h1_block **blocks)
{
    size_t first = at / BLOCK;
    keep = keep && first + BATCH <= WINDOW_BLOCKS;
    struct h1_block *out = keep ? &l->blocks[first] : scratch;
    size_t count = mark(l->head, l->len, first, BATCH, out);
    if (keep)
        l->marked = first + count;
    *blocks = out;
    return count;
}

enum h1_result h1_head_find(struct span bytes, size_t skip, const struct h1_limits *limits,
                            struct h1_scan *scan, struct h1_lines *l)
{
    struct h1_block scratch[BATCH];
    size_t len = bytes.len < limits->head_max ? bytes.len : limits->head_max;
    size_t start = scan->looked > skip ? (scan->looked - skip) / BLOCK * BLOCK : 0;
    l->head = bytes.ptr + skip;
    l->len = len > skip ? len - skip : 0;
    l->window = l->marked = 0;
    struct carry carry = carry_into(l->head, start);

    for (size_t at = start; at < l->len;) {
        const struct h1_block *blocks;
        size_t count = mark_batch(l, at, start == 0, scratch, &blocks);
        for (size_t i = 0; i < count; i++, at += BLOCK) {
            unsigned have = l->len - at < BLOCK ? (unsigned)(l->len - at) : BLOCK;
            struct sight seen = look_at(&blocks[i], have, limits->lf_ends_lines, &carry);
            if (scan->line == 0 && seen.lf)
                scan->line = (uint32_t)(skip + at + (size_t)__builtin_ctzll(seen.lf) + 1);
            if (LIKELY((seen.bad | seen.end) == 0))
                continue;
            unsigned first = (unsigned)__builtin_ctzll(seen.bad | seen.end);
            if (seen.bad >> first & 1)
                return refuse_byte(l->head, at + first, skip, scan);
            l->len = at + first + 1;
            return H1_DONE;
        }
    }
    scan->looked = (uint32_t)(skip + l->len);
    if (bytes.len < limits->head_max)
        return H1_MORE;
    h1_refuse(scan, H1_ERR_HEAD_LONG, limits->head_max);
    return H1_BAD;
}

enum h1_error h1_version_parse(const char *p, struct message *m)
{
    if (memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' || p[5] > '9' || p[6] != '.' || p[7] < '0' || p[7] > '9')
        return H1_ERR_VERSION;
    if (p[5] != '1')
        return p[5] == '0' ? H1_ERR_VERSION : H1_ERR_VERSION_MAJOR;
    m->major = 1;
    m->minor = p[7] != '0';
    return H1_OK;
}

static const struct {
    uint16_t status;
    const char *text;
} errors[] = {
    [H1_OK] = { 200, "no error" },
    [H1_ERR_METHOD] = { 400, "the method is not a token" },
    [H1_ERR_TARGET] = { 400, "the request target has no valid form" },
    [H1_ERR_VERSION] = { 400, "the version is not HTTP/1.0 or HTTP/1.1" },
    [H1_ERR_VERSION_MAJOR] = { 505, "another major version in an HTTP/1 message" },
    [H1_ERR_LINE_END] = { 400, "a bare CR or LF in the head" },
    [H1_ERR_CONTROL] = { 400, "a control byte in the head" },
    [H1_ERR_FIELD_NAME] = { 400, "a field name is not a token with a colon" },
    [H1_ERR_FIELD_VALUE] = { 400, "a field value is not valid" },
    [H1_ERR_FOLDED] = { 400, "a folded line in the head" },
    [H1_ERR_TOO_MANY] = { 431, "too many fields" },
    [H1_ERR_TARGET_LONG] = { 414, "the request line is too long" },
    [H1_ERR_HEAD_LONG] = { 431, "the head is too long" },
    [H1_ERR_HOST] = { 400, "Host is missing, repeated or not a host" },
    [H1_ERR_HOST_MISMATCH] = { 400, "Host differs from the request target" },
    [H1_ERR_LENGTH] = { 400, "Content-Length is repeated or not a length" },
    [H1_ERR_CODING] = { 501, "an unknown transfer coding" },
    [H1_ERR_CODING_ORDER] = { 400, "chunked is not the last transfer coding, once" },
    [H1_ERR_BOTH] = { 400, "both Content-Length and Transfer-Encoding" },
    [H1_ERR_CODING_1_0] = { 400, "Transfer-Encoding in HTTP/1.0" },
    [H1_ERR_STATUS] = { 400, "the status line is not valid" },
    [H1_ERR_CHUNK_SIZE] = { 400, "a chunk size is not valid" },
    [H1_ERR_CHUNK_END] = { 400, "a chunk's data does not end with its size" },
    [H1_ERR_TRAILER] = { 400, "a trailer field is not valid" },
};

unsigned h1_error_status(enum h1_error e)
{
    return (size_t)e < COUNT_OF(errors) ? errors[e].status : 400;
}

const char *h1_error_text(enum h1_error e)
{
    return (size_t)e < COUNT_OF(errors) ? errors[e].text : "";
}
