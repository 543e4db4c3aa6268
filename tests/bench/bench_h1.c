/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long one request head takes to parse: the best of some rounds. Counts of
 * instructions come from `perf stat -e instructions:u bench_h1 200000 0`, or
 * where the machine counts none from `valgrind --tool=callgrind`.
 *
 *   bench_h1 [LOOPS [CASE]]
 */
#include "wire/h1.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char small[] = "GET /api/v1/users?page=1 HTTP/1.1\r\n"
                            "Host: example.com\r\n"
                            "Accept: application/json\r\n\r\n";

static const char browser[] =
    "GET /wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg HTTP/1.1\r\n"
    "Host: www.kittyhell.example\r\n"
    "User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) Gecko/20100401 "
    "Firefox/3.6.3 Pathtraq/0.9\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: ja,en-us;q=0.7,en;q=0.3\r\n"
    "Accept-Encoding: gzip,deflate\r\n"
    "Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\n"
    "Keep-Alive: 115\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: wp_ozh_wsa_visits=2; wp_ozh_wsa_visit_lasttime=xxxxxxxxxx; "
    "__utma=xxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.x; "
    "__utmz=xxxxxxxxx.xxxxxxxxxx.x.x.utmccn=(referral)|utmcsr=reader.livedoor.com|utmcct=/reader/"
    "|utmcmd=referral\r\n\r\n";

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void parse(struct span text)
{
    static const struct h1_limits limits = { .head_max = 16384, .target_max = 8192, .fields_max = 100 };
    struct field storage[100];
    struct message m;
    struct h1_scan scan = { 0 };
    size_t head_len;
    message_init(&m, storage, COUNT_OF(storage));
    enum h1_result r = h1_parse_request(text, &limits, &scan, &m, &head_len);
    BUG_ON(r != H1_DONE || head_len != text.len);
    __asm__ volatile("" : : "r"(&m) : "memory");
}

static void bench(const char *name, struct span text, long loops)
{
    double best = 1e18;
    for (int round = 0; round < 7; round++) {
        double start = now_ns();
        for (long i = 0; i < loops; i++)
            parse(text);
        double took = (now_ns() - start) / (double)loops;
        best = took < best ? took : best;
    }
    printf("%-10s %4zu bytes  %6.1f ns\n", name, text.len, best);
}

int main(int argc, char **argv)
{
    long loops = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
    long only = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    const struct {
        const char *name;
        struct span text;
    } cases[] = {
        { "small", span_of(small, sizeof(small) - 1) },
        { "browser", span_of(browser, sizeof(browser) - 1) },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (only < 0 || (size_t)only == i)
            bench(cases[i].name, cases[i].text, loops);
    return 0;
}
