/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/words.h"

#include "os/system_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum diag_shape words_shape(enum language called_as)
{
    switch (called_as) {
    case LANGUAGE_NGINX:
        return DIAG_SHOW_NGINX;
    case LANGUAGE_HAPROXY:
        return DIAG_SHOW_HAPROXY;
    case LANGUAGE_KEEPALIVED:
        return DIAG_SHOW_KEEPALIVED;
    case LANGUAGE_NONE:
        break;
    }
    return DIAG_SHOW_PICTURE;
}

const char *words_language(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = getenv(names[i]); // NOLINT(concurrency-mt-unsafe): before any thread
        if (value != NULL && *value != '\0')
            return strncmp(value, "zh", 2) == 0 ? "zh" : "en";
    }
    return "en";
}

static void nginx_verdict(struct buf *out, const struct plan *p, bool ok)
{
    struct span file = p->files.count ? p->files.items[0].path : SPAN("nginx.conf");

    if (p->mode == PLAN_RUN)
        return;
    if (ok && p->quiet)
        return;
    if (ok)
        buf_printf(out, "nginx: the configuration file %.*s syntax is ok\n", SPAN_ARGS(file));
    buf_printf(out, "nginx: configuration file %.*s test %s\n", SPAN_ARGS(file),
               ok ? "is successful" : "failed");
}

static void haproxy_verdict(struct buf *out, const struct plan *p, const struct diags *d, bool ok,
                            bool listens)
{
    if (ok && p->mode == PLAN_CHECK && !p->quiet && !listens)
        buf_put(out, SPAN("Configuration file has no error but will not start (no listener) => exit(2).\n"));
    else if (ok && p->mode == PLAN_CHECK && !p->quiet)
        buf_put(out, diags_count(d, SEVERITY_WARNING)
                         ? SPAN("Warnings were found.\nConfiguration file is valid\n")
                         : SPAN("Configuration file is valid\n"));
    if (!ok)
        buf_printf(out, "[ALERT]    (%d) : config : Fatal errors found in configuration.\n", (int)getpid());
}

/* The code of the first that has more to say; NULL: none. */
static const char *code_with_more(const struct diags *d)
{
    for (uint32_t i = 0; i < diags_total(d); i++)
        if (diags_at(d, i)->kind->more != NULL && diags_at(d, i)->kind->severity > SEVERITY_NOTE)
            return diags_at(d, i)->kind->code;
    return NULL;
}

static void own_verdict(struct buf *out, const struct plan *p, const struct diags *d, bool ok)
{
    const bool chinese = strcmp(words_language(), "zh") == 0;
    const char *code = p->mode == PLAN_CHECK && !p->explain ? code_with_more(d) : NULL;

    if (ok && p->mode == PLAN_RUN)
        return;
    buf_put(out,
            ok ? (chinese ? SPAN("可用：") : SPAN("ok: ")) : (chinese ? SPAN("错误：") : SPAN("error: ")));
    diags_put_counts(d, out);
    if (!ok)
        buf_put(out, chinese ? SPAN("；没有启动任何服务") : SPAN("; nothing was started"));
    if (code != NULL)
        buf_printf(out, chinese ? "。详情：keel check --explain %s" : ".  keel check --explain %s says more",
                   code);
    buf_put_char(out, '\n');
}

void words_verdict(struct buf *out, const struct plan *p, const struct diags *d, bool ok, bool listens)
{
    switch (p->called_as) {
    case LANGUAGE_NGINX:
        nginx_verdict(out, p, ok);
        return;
    case LANGUAGE_HAPROXY:
        haproxy_verdict(out, p, d, ok, listens);
        return;
    case LANGUAGE_KEEPALIVED: /* its exit code is its verdict */
        return;
    case LANGUAGE_NONE:
        own_verdict(out, p, d, ok);
        return;
    }
}

/* As its console shows it, "Sun Nov 22 16:15:48 2026: ..."; and to syslog. */
static void keepalived_say(enum words_level level, const char *text)
{
    static const enum system_log_level levels[] = { SYSTEM_LOG_NOTICE, SYSTEM_LOG_WARNING, SYSTEM_LOG_ERROR };
    char when[64];
    struct tm now;
    time_t t = time(NULL);

    system_log_say(levels[level], text);
    if (localtime_r(&t, &now) == NULL || strftime(when, sizeof(when), "%a %b %e %T %Y", &now) == 0)
        when[0] = '\0';
    fprintf(stderr, "%s: %s\n", when, text);
}

void words_say(enum language called_as, enum words_level level, const char *format, ...)
{
    static const char *const nginx[] = { "notice", "warn", "emerg" };
    static const char *const haproxy[] = { "[NOTICE]  ", "[WARNING] ", "[ALERT]   " };
    static const char *const own[] = { "note", "warning", "error" };
    char text[2048];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    switch (called_as) {
    case LANGUAGE_NGINX:
        fprintf(stderr, "nginx: [%s] %s\n", nginx[level], text);
        return;
    case LANGUAGE_HAPROXY:
        fprintf(stderr, "%s (%d) : %s\n", haproxy[level], (int)getpid(), text);
        return;
    case LANGUAGE_KEEPALIVED:
        keepalived_say(level, text);
        return;
    case LANGUAGE_NONE:
        fprintf(stderr, "keel: %s: %s\n", own[level], text);
        return;
    }
}

/* What the operator can do about it; empty when the errno says all. */
static const char *remedy(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "; another program listens there: `ss -ltnp` names it";
    case EACCES:
    case EPERM:
        return "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
    case EADDRNOTAVAIL:
        return "; no interface of this machine has that address (`ip addr`)";
    default:
        return "";
    }
}

void words_bind_failed(enum language called_as, const struct manifest_listener *l,
                       const struct socket_failure *why)
{
    const char *step = why->option ? why->option : socket_step_name(why->step);

    if (called_as == LANGUAGE_NGINX) {
        words_say(called_as, WORDS_ERROR, "%s to %.*s failed (%d: %s)", step, SPAN_ARGS(l->written),
                  why->error,
                  strerror(why->error)); // NOLINT(concurrency-mt-unsafe): the parent has one thread
        return;
    }
    if (called_as == LANGUAGE_HAPROXY) {
        words_say(called_as, WORDS_ERROR,
                  "Binding [%.*s] for frontend %.*s: cannot bind socket (%s) for [%.*s]", SPAN_ARGS(l->place),
                  SPAN_ARGS(l->service),
                  strerror(why->error), // NOLINT(concurrency-mt-unsafe): the parent has one thread
                  SPAN_ARGS(l->written));
        return;
    }
    words_say(called_as, WORDS_ERROR, "cannot listen on %.*s (%.*s): %s: %s%s", SPAN_ARGS(l->written),
              SPAN_ARGS(l->place), step,
              strerror(why->error), // NOLINT(concurrency-mt-unsafe): the parent has one thread
              remedy(why->error));
}
