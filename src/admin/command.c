/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include <stdio.h>
#include <string.h>

#include "admin/command_internal.h"
#include "base/diag.h"
#include "state/snapshot.h"

#define NAMES_MOST 128

static command_fn help, prompt, quit, lower_to_user, lower_to_operator, exit_codes;
static command_fn reload, reopen, stop, drain, upgrade, wait_for;

/* ---- the table ---- */

struct command {
    const char *words;
    enum command_level level;
    const char *usage; /* behind the words, for help */
    command_fn *run;   /* NULL: known, not served */
    const char *help;  /* or why it is not served */
};

#define NO_TLS  "certificates are what the files say: change them and `reload`"
#define INSIDE  "it shows HAProxy's own inside, which is not here"
#define BY_FILE "that is what the file says: change it and `reload`"

// clang-format off
static const struct command commands[] = {
    { "add acl",              COMMAND_OPERATOR, " [@<ver>] <acl> <pattern>", add_acl,     "make an ACL match one more (<acl>: #<id> or <file>)" },
    { "add map",              COMMAND_OPERATOR, " [@<ver>] <map> <key> <val>", add_map,   "add a key to a map (or many lines of them behind `<<`)" },
    { "add server",           COMMAND_ADMIN,    " <bk>/<srv> <addr> [opts]", add_server,  "add a server to a backend, in maintenance" },
    { "clear acl",            COMMAND_OPERATOR, " [@<ver>] <acl>",        clear_acl,            "take everything out of an ACL" },
    { "clear map",            COMMAND_OPERATOR, " [@<ver>] <map>",        clear_map,            "take everything out of a map" },
    { "commit acl",           COMMAND_OPERATOR, " @<ver> <acl>",          commit_acl,           "a prepared version takes the place of the current one" },
    { "commit map",           COMMAND_OPERATOR, " @<ver> <map>",          commit_map,           "a prepared version takes the place of the current one" },
    { "del acl",              COMMAND_OPERATOR, " <acl> [<key>|#<ref>]",  del_acl,              "make an ACL match one less" },
    { "del server",           COMMAND_ADMIN,    " <bk>/<srv>",            del_server,           "take away a server that is in maintenance and idle" },
    { "del map",              COMMAND_OPERATOR, " <map> [<key>|#<ref>]",  del_map,              "take a key out of a map" },
    { "get acl",              COMMAND_USER,     " <acl> <value>",         get_acl,              "which patterns a value matches" },
    { "get map",              COMMAND_USER,     " <map> <value>",         get_map,              "what a map gives for a value" },
    { "prepare acl",          COMMAND_OPERATOR, " <acl>",                 prepare_acl,          "begin a new version of an ACL" },
    { "prepare map",          COMMAND_OPERATOR, " <map>",                 prepare_map,          "begin a new version of a map" },
    { "set map",              COMMAND_OPERATOR, " <map> [<key>|#<ref>] <value>", set_map, "change the value of a key" },
    { "show acl",             COMMAND_USER,     " [[@<ver>] <acl>]",      show_acl,             "the ACLs, or what one matches" },
    { "show map",             COMMAND_USER,     " [[@<ver>] <map>]",      show_map,             "the maps, or what is in one" },
    { "clear table",          COMMAND_ADMIN,    " <table> [<filter>]*",  clear_table,          "forget keys of a stick table (key <k>, data.<type> <op> <value>)" },
    { "set table",            COMMAND_ADMIN,    " <table> key <k> [data.* <v>]*", set_table,   "make a key of a stick table, or change what is kept of it" },
    { "show table",           COMMAND_USER,     " <table> [<filter>]*",  show_table,           "the stick tables, or what one keeps (key <k>, data.<type> <op> <value>)" },
    { "clear counters",       COMMAND_OPERATOR, " [all]",                 clear_counters,       "peaks of the statistics begin anew (all: sums too)" },
    { "disable frontend",     COMMAND_ADMIN,    " <frontend>",            disable_frontend,     "stop accepting for a frontend" },
    { "disable agent",        COMMAND_ADMIN,    " <bk>/<srv>",            disable_agent,        "stop asking a server's agent" },
    { "disable health",       COMMAND_ADMIN,    " <bk>/<srv>",            disable_health,       "stop checking a server" },
    { "disable server",       COMMAND_ADMIN,    " <bk>/<srv>",            disable_server,       "put a server into maintenance" },
    { "disable vrrp",         COMMAND_ADMIN,    " <instance>",            disable_vrrp,         "give the addresses of a virtual router away" },
    { "enable frontend",      COMMAND_ADMIN,    " <frontend>",            enable_frontend,      "accept again for a frontend" },
    { "enable agent",         COMMAND_ADMIN,    " <bk>/<srv>",            enable_agent,         "ask a server's agent again" },
    { "enable health",        COMMAND_ADMIN,    " <bk>/<srv>",            enable_health,        "check a server again" },
    { "enable server",        COMMAND_ADMIN,    " <bk>/<srv>",            enable_server,        "take a server out of maintenance" },
    { "enable vrrp",          COMMAND_ADMIN,    " <instance>",            enable_vrrp,          "hold them again, as priority and preemption say" },
    { "get weight",           COMMAND_USER,     " <bk>/<srv>",            get_weight,           "a server's weight, and the file's" },
    { "set maxconn global",   COMMAND_ADMIN,    " <value>",               set_maxconn_global,   "change how many connections the process takes" },
    { "set maxconn server",   COMMAND_ADMIN,    " <bk>/<srv> <value>",    set_maxconn_server,   "change how many requests a server gets at once" },
    { "set maxconn frontend", COMMAND_ADMIN,    " <frontend> <value>",    set_maxconn_frontend, "change how many connections a frontend takes" },
    { "set rate-limit",       COMMAND_ADMIN,    " <what> global <n>",     set_rate_limit,       "change how many connections, sessions or ssl-sessions begin a second" },
    { "set server",           COMMAND_ADMIN,    " <bk>/<srv> [opts]",     set_server,           "change a server's state, weight, health, address, ports or ssl" },
    { "set timeout",          COMMAND_USER,     " cli <delay>",           set_timeout,          "how long this session may be idle" },
    { "set weight",           COMMAND_ADMIN,    " <bk>/<srv> <weight>",   set_weight,           "change a server's weight (12, or 50% of the file's)" },
    { "show activity",        COMMAND_USER,     "",                       show_activity,        "what the threads did, in all and each" },
    { "show backend",         COMMAND_USER,     "",                       show_backend,         "list the backends" },
    { "show cli level",       COMMAND_USER,     "",                       show_cli_level,       "what this session may do" },
    { "show cli sockets",     COMMAND_USER,     "",                       show_cli_sockets,     "the sockets that take commands" },
    { "show env",             COMMAND_OPERATOR, " [var]",                 show_env,             "the environment of the process" },
    { "show cache",           COMMAND_USER,     "",                       show_nothing,         "what is cached: nothing, there is no cache" },
    { "show errors",          COMMAND_OPERATOR, " [<iid>|<proxy>] [request|response]", show_errors, "the last messages that were not HTTP" },
    { "show health",          COMMAND_USER,     "",                       show_health,          "listeners and pools, for a program that holds addresses" },
    { "show info",            COMMAND_USER,     " [desc|json|typed]",     show_info,            "about the process" },
    { "show peers",           COMMAND_USER,     " [dict|-] [<section>]",  show_nothing,         "the peers: there are none" },
    { "show overview",        COMMAND_USER,     "",                       show_overview,        "everything the page shows, as JSON" },
    { "show resolvers",       COMMAND_USER,     " [<section>]",           show_resolvers,       "whom names are asked of, and the servers' addresses that came of it" },
    { "show schema json",     COMMAND_USER,     "",                       show_schema_json,     "what `show info json` and `show stat json` look like" },
    { "show servers conn",    COMMAND_USER,     " [<backend>]",           show_servers_conn,    "connections of the servers" },
    { "show servers state",   COMMAND_USER,     " [<backend>]",           show_servers_state,   "state of the servers, for a state file" },
    { "show proc",            COMMAND_USER,     "",                       show_proc,            "the parent and the worker" },
    { "show sess",            COMMAND_OPERATOR, " [<id>|all|older <age>]", show_sess,           "sessions in which something runs" },
    { "shutdown session",     COMMAND_ADMIN,    " [<id>]",                shutdown_session,     "end one session" },
    { "shutdown sessions server", COMMAND_ADMIN, " <bk>/<srv>",           shutdown_sessions_server, "end all sessions at a server" },
    { "show ssl cert",        COMMAND_USER,     " [<file>]",              show_ssl_cert,        "the certificates, or what one says" },
    { "show stat",            COMMAND_USER,     " [opts]",                show_stat,            "statistics ([<iid>|<proxy> <type> <sid>] [json|typed] [up|no-maint])" },
    { "show status",          COMMAND_USER,     "",                       show_status,          "how things are, in words" },
    { "show threads",         COMMAND_USER,     "",                       show_threads,         "the traffic threads" },
    { "show version",         COMMAND_USER,     "",                       show_version,         "the program's version" },
    { "show vrrp",            COMMAND_USER,     "",                       show_vrrp,            "addresses: state, peers, transitions and timers, as JSON" },
    { "reload",               COMMAND_ADMIN,    "",                       reload,               "read the files again and serve what they say" },
    { "reopen",               COMMAND_ADMIN,    "",                       reopen,               "open the log files again" },
    { "stop",                 COMMAND_ADMIN,    "",                       stop,                 "end the program now" },
    { "drain",                COMMAND_ADMIN,    "",                       drain,                "accept no more, end when the sessions have ended" },
    { "upgrade",              COMMAND_ADMIN,    "",                       upgrade,              "start the program's new binary, which takes over" },
    { "wait",                 COMMAND_USER,     " <delay> [srv-removable <bk>/<srv>]", wait_for, "the next command of this line later, or when a server is idle: wait 500ms" },
    { "user",                 COMMAND_USER,     "",                       lower_to_user,        "this session may only look from now on" },
    { "operator",             COMMAND_OPERATOR, "",                       lower_to_operator,    "this session may no longer act on servers" },
    { "exit-codes",           COMMAND_USER,     " on|off",                exit_codes,           "begin each answer with a line 0 or 1" },
    { "help",                 COMMAND_USER,     " [<command>]",           help,                 "this list, or the part that begins so" },
    { "prompt",               COMMAND_USER,     "",                       prompt,               "stay and show a prompt, or no longer" },
    { "quit",                 COMMAND_USER,     "",                       quit,                 "end the session" },
    /* What HAProxy knows and is not served: the reason stands in the last column. */
    { "abort ssl",            COMMAND_ADMIN,    "", NULL, NO_TLS },
    { "add ssl",              COMMAND_ADMIN,    "", NULL, NO_TLS },
    { "commit",               COMMAND_ADMIN,    "", NULL, "only ACLs and maps can be prepared: change the file and `reload`" },
    { "debug",                COMMAND_ADMIN,    "", NULL, INSIDE },
    { "del ssl",              COMMAND_ADMIN,    "", NULL, NO_TLS },
    { "disable dynamic-cookie", COMMAND_ADMIN,  "", NULL, BY_FILE },
    { "dump stats-file",      COMMAND_ADMIN,    "", NULL, "counters outlive a reload by themselves" },
    { "enable dynamic-cookie", COMMAND_ADMIN,   "", NULL, BY_FILE },
    { "expert-mode",          COMMAND_ADMIN,    "", NULL, "no command here needs it" },
    { "experimental-mode",    COMMAND_ADMIN,    "", NULL, "no command here needs it" },
    { "get var",              COMMAND_USER,     "", NULL, "there are no variables of the process" },
    { "new ssl",              COMMAND_ADMIN,    "", NULL, NO_TLS },
    { "prepare",              COMMAND_ADMIN,    "", NULL, "only ACLs and maps can be prepared: change the file and `reload`" },
    { "set anon",             COMMAND_ADMIN,    "", NULL, INSIDE },
    { "set dynamic-cookie-key", COMMAND_ADMIN,  "", NULL, BY_FILE },
    { "set profiling",        COMMAND_ADMIN,    "", NULL, INSIDE },
    { "set severity-output",  COMMAND_USER,     "", NULL, "answers have no severity; `exit-codes on` tells good from bad" },
    { "set ssl",              COMMAND_ADMIN,    "", NULL, NO_TLS },
    { "set var",              COMMAND_ADMIN,    "", NULL, "there are no variables of the process" },
    { "show events",          COMMAND_USER,     "", NULL, "there are no rings of events; the log has them" },
    { "show fd",              COMMAND_USER,     "", NULL, INSIDE },
    { "show libs",            COMMAND_USER,     "", NULL, INSIDE },
    { "show pools",           COMMAND_USER,     "", NULL, "memory belongs to its threads and is not counted; the kernel knows it: /proc/PID/status" },
    { "show profiling",       COMMAND_USER,     "", NULL, INSIDE },
    { "show ssl",             COMMAND_USER,     "", NULL, NO_TLS },
    { "show startup-logs",    COMMAND_USER,     "", NULL, "`keel check` says what there is to say about the files" },
    { "show tasks",           COMMAND_USER,     "", NULL, "there are no tasks; `show sess` has what runs" },
    { "show tls-keys",        COMMAND_USER,     "", NULL, NO_TLS },
    { "show trace",           COMMAND_USER,     "", NULL, INSIDE },
    { "shutdown frontend",    COMMAND_ADMIN,    "", NULL, "`disable frontend` stops accepting; for good the file must say so" },
    { "trace",                COMMAND_ADMIN,    "", NULL, INSIDE },
};
// clang-format on

const char *command_level_name(enum command_level l)
{
    static const char *const names[] = { "user", "operator", "admin" };
    return names[l];
}

/* ---- words ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/*
 * Blanks part words; a backslash takes its meaning from the character behind it.
 * The words lie in <room>. false: too many, or too long.
 */
static bool split(struct span text, char *room, size_t size, struct span *words, unsigned *count)
{
    size_t used = 0;
    unsigned n = 0;

    for (size_t i = 0; i < text.len;) {
        if (is_blank(text.ptr[i])) {
            i++;
            continue;
        }
        size_t begin = used;
        for (; i < text.len && !is_blank(text.ptr[i]); i++) {
            if (text.ptr[i] == '\\' && i + 1 < text.len)
                i++;
            if (used == size)
                return false;
            room[used++] = text.ptr[i];
        }
        if (n == COMMAND_WORDS)
            return false;
        words[n++] = span_of(room + begin, used - begin);
    }
    *count = n;
    return true;
}

/* How many words of <c> the given ones begin with all of; 0: not this command. */
static unsigned matches(const struct command *c, const struct span *words, unsigned count)
{
    struct span rest = span_from(c->words);
    unsigned n = 0;

    while (rest.len > 0) {
        struct span word = span_cut(&rest, ' ');
        if (n == count || !span_eq(word, words[n]))
            return 0;
        n++;
    }
    return n;
}

static const struct command *find(const struct span *words, unsigned count, unsigned *used)
{
    const struct command *best = NULL;

    *used = 0;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        unsigned n = matches(&commands[i], words, count);
        if (n > *used) {
            best = &commands[i];
            *used = n;
        }
    }
    return best;
}

/* ---- help ---- */

static bool begins_with(const struct command *c, const struct span *words, unsigned count)
{
    struct span rest = span_from(c->words);

    for (unsigned i = 0; i < count; i++)
        if (!span_starts_with(span_cut(&rest, ' '), words[i]))
            return false;
    return true;
}

/* How many there were. */
static unsigned list(struct call *c, const struct span *words, unsigned count)
{
    unsigned n = 0;

    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        const struct command *row = &commands[i];
        if (row->run == NULL || row->level > c->session->level || !begins_with(row, words, count))
            continue;
        char left[80];
        (void)snprintf(left, sizeof(left), "%s%s", row->words, row->usage);
        buf_printf(c->out, "  %-39s : %s\n", left, row->help);
        n++;
    }
    return n;
}

static enum command_result help(struct call *c)
{
    buf_put(c->out, SPAN("The following commands are valid at this level:\n"));
    if (list(c, c->args, c->count) == 0 && c->count > 0)
        (void)list(c, NULL, 0);
    return COMMAND_DONE;
}

/* Those that begin alike, or all; and the nearest one by spelling. */
static enum command_result unknown(struct call *c, struct span text, const struct span *words, unsigned count)
{
    const char *names[NAMES_MOST] = { 0 };
    unsigned n = 0;

    for (size_t i = 0; i < COUNT_OF(commands) && n + 1 < NAMES_MOST; i++)
        if (commands[i].run != NULL)
            names[n++] = commands[i].words;
    if (count == 0) {
        buf_put(c->out, SPAN("Unknown command: an empty line."));
    } else {
        const char *near = diag_nearest(span_trim(text), names);
        buf_put(c->out, SPAN("Unknown command: "));
        buf_put_json(c->out, span_first(span_trim(text), 80));
        buf_put_char(c->out, '.');
        if (near != NULL)
            buf_printf(c->out, " Did you mean `%s`?", near);
    }
    buf_put(c->out, SPAN(" There are:\n"));
    if (count == 0 || list(c, words, 1) == 0)
        (void)list(c, NULL, 0);
    return COMMAND_FAILED;
}

/* ---- what stands for itself ---- */

static enum command_result prompt(struct call *c)
{
    c->session->interactive = !c->session->interactive;
    return COMMAND_DONE;
}

static enum command_result quit(struct call *c)
{
    (void)c;
    return COMMAND_QUIT;
}

static enum command_result lower_to_user(struct call *c)
{
    c->session->level = COMMAND_USER;
    return COMMAND_DONE;
}

static enum command_result lower_to_operator(struct call *c)
{
    c->session->level = COMMAND_OPERATOR;
    return COMMAND_DONE;
}

static enum command_result exit_codes(struct call *c)
{
    struct span word = call_arg(c, 0);

    if (!span_eq(word, SPAN("on")) && !span_eq(word, SPAN("off")))
        return call_fail(c, "`exit-codes` expects on or off.");
    c->session->exit_codes = span_eq(word, SPAN("on"));
    return COMMAND_DONE;
}

static enum command_result ask(struct call *c, enum command_ask what, struct span name)
{
    act_note(c->now, &c->session->by, name);
    c->session->asks = what;
    return COMMAND_ASKS;
}

static enum command_result reload(struct call *c)
{
    return ask(c, ASK_RELOAD, SPAN("reload"));
}
static enum command_result reopen(struct call *c)
{
    return ask(c, ASK_REOPEN, SPAN("reopen"));
}
static enum command_result stop(struct call *c)
{
    return ask(c, ASK_STOP, SPAN("stop"));
}
static enum command_result drain(struct call *c)
{
    return ask(c, ASK_DRAIN, SPAN("drain"));
}
static enum command_result upgrade(struct call *c)
{
    return ask(c, ASK_UPGRADE, SPAN("upgrade"));
}

#define WAIT_MOST DURATION_S(3600)

/* "srv-removable BACKEND/SERVER" */
static bool wait_for_server(struct call *c)
{
    struct span name = call_arg(c, 2);
    const struct server *s;

    if (!span_eq(call_arg(c, 1), SPAN("srv-removable"))) {
        (void)call_fail(c, "`wait` knows one condition: srv-removable <backend>/<server>.");
        return false;
    }
    if ((s = call_server(c, name)) == NULL)
        return false;
    if (name.len >= sizeof(c->session->wait_server)) {
        (void)call_fail(c, "No such server.");
        return false;
    }
    memcpy(c->session->wait_server, name.ptr, name.len);
    c->session->wait_server[name.len] = '\0';
    return true;
}

bool command_waits(struct command_session *s, const struct admin_now *now, bool late, struct buf *out,
                   bool *ok)
{
    struct call c = { .session = s, .now = now, .out = out };
    const struct server *server;

    *ok = true;
    if (s->wait_server[0] == '\0')
        return !late;
    *ok = false;
    if ((server = call_server(&c, span_from(s->wait_server))) == NULL)
        return false; /* gone meanwhile */
    const char *why = call_why_not_removable(now, server);
    *ok = why == NULL;
    if (why && !late && call_is_maintained(now, server)) /* else it never will be */
        return true;
    buf_printf(out, "%s\n", why ? why : "Done.");
    return false;
}

/* Without a unit it is milliseconds, as HAProxy has it here. */
static enum command_result wait_for(struct call *c)
{
    struct span text = call_arg(c, 0);
    uint64_t ms;
    duration d;

    if (span_to_u64(text, UINT32_MAX / 2, &ms))
        d = DURATION_MS((uint32_t)ms);
    else if (!call_time(text, &d))
        return call_fail(c, "`wait` expects a time: 500ms, 10s.");
    if (d.ms > WAIT_MOST.ms)
        return call_fail(c, "`wait` takes an hour at most.");
    c->session->wait_server[0] = '\0';
    if (c->count > 1 && !wait_for_server(c))
        return COMMAND_FAILED;
    c->session->wait = d;
    c->session->asks = ASK_WAIT;
    return COMMAND_ASKS;
}

/* ---- a call ---- */

struct span call_arg(const struct call *c, unsigned i)
{
    return i < c->count ? c->args[i] : SPAN("");
}

enum command_result call_fail(struct call *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(c->out, format, args);
    va_end(args);
    buf_put_char(c->out, '\n');
    return COMMAND_FAILED;
}

static struct span without_language(struct span name, enum language *l)
{
    static const struct {
        struct span prefix;
        enum language language;
    } rows[] = { { SPAN_INIT("nginx:"), LANGUAGE_NGINX },
                 { SPAN_INIT("haproxy:"), LANGUAGE_HAPROXY },
                 { SPAN_INIT("keepalived:"), LANGUAGE_KEEPALIVED } };

    *l = LANGUAGE_NONE;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (span_starts_with(name, rows[i].prefix)) {
            *l = rows[i].language;
            return span_from_index(name, rows[i].prefix.len);
        }
    return name;
}

/* The first of that name, in whichever language it is. */
static const struct pool *find_pool(const struct config *c, struct span name)
{
    enum language l;
    struct span bare = without_language(name, &l);

    for (uint32_t i = 0; i < c->pools.count; i++) {
        const struct pool *p = c->pools.items[i];
        if (span_eq(p->name, name) || (l == p->language && span_eq(p->name, bare)))
            return p;
    }
    return NULL;
}

const struct pool *call_find_pool(const struct call *c, struct span name)
{
    return find_pool(c->now->snapshot->config, name);
}

const struct pool *call_pool(struct call *c, struct span name)
{
    const struct pool *p = find_pool(c->now->snapshot->config, name);

    if (p == NULL)
        (void)call_fail(c, "Can't find backend.");
    return p;
}

const struct service *call_service(struct call *c, struct span name)
{
    const struct config *config = c->now->snapshot->config;
    enum language l;
    struct span bare = without_language(name, &l);

    for (uint32_t i = 0; name.len > 0 && i < config->services.count; i++) {
        const struct service *s = config->services.items[i];
        if (span_eq(s->name, name) || (l == s->language && span_eq(s->name, bare)))
            return s;
    }
    if (name.len > 0)
        (void)call_fail(c, "No such frontend.");
    else
        (void)call_fail(c, "A frontend name is expected.");
    return NULL;
}

const struct server *call_server(struct call *c, struct span name)
{
    size_t slash = span_find_char(name, '/');

    if (slash == SPAN_NONE) {
        (void)call_fail(c, "Require 'backend/server'.");
        return NULL;
    }
    const struct pool *p = find_pool(c->now->snapshot->config, span_first(name, slash));
    struct span server = span_from_index(name, slash + 1);
    if (p == NULL) {
        (void)call_fail(c, "No such backend.");
        return NULL;
    }
    for (uint32_t i = 0; i < p->servers.count; i++)
        if (span_eq(p->servers.items[i]->name, server))
            return p->servers.items[i];
    (void)call_fail(c, "No such server.");
    return NULL;
}

static enum command_result run(struct call *c, const struct command *command)
{
    if (command->level > c->session->level) {
        act_refused(c->now, &c->session->by, span_from(command->words), SPAN("the socket's level"));
        return call_fail(c, "Permission denied");
    }
    if (command->run == NULL)
        return call_fail(c, "`%s` is not served: %s.", command->words, command->help);
    return command->run(c);
}

/*
 * "@1", "@!4711", "@master": HAProxy's master passes a command on to one of its
 * processes. Here one answers for all that there are.
 */
static bool is_us(const struct admin_now *now, struct span target)
{
    struct span rest = span_from_index(target, 1);
    uint64_t n;

    if (span_eq(rest, SPAN("master")) || span_eq(rest, SPAN("1")))
        return true;
    return span_starts_with(rest, SPAN("!")) && span_to_u64(span_from_index(rest, 1), UINT32_MAX, &n) &&
           (n == now->process->pid || n == now->process->parent_pid);
}

enum command_result command_run(struct command_session *s, const struct admin_now *now, struct span text,
                                struct buf *out)
{
    struct call c = { .session = s, .now = now, .out = out };
    struct span words[COMMAND_WORDS];
    char room[4096];
    unsigned count, used;

    if (!split(text, room, sizeof(room), words, &count))
        return call_fail(&c, "A command has at most %u words and %zu bytes.", COMMAND_WORDS, sizeof(room));
    unsigned skipped = count > 0 && span_starts_with(words[0], SPAN("@"));
    if (skipped > 0 && !is_us(now, words[0]))
        return call_fail(&c, "Can't find the target PID matching the prefix '%.*s'", SPAN_ARGS(words[0]));
    if (skipped > 0 && count == 1)
        return COMMAND_DONE;
    const struct command *command = find(words + skipped, count - skipped, &used);
    if (command == NULL)
        return unknown(&c, text, words + skipped, count - skipped);
    c.count = count - skipped - used;
    for (unsigned i = 0; i < c.count; i++)
        c.args[i] = words[skipped + used + i];
    return run(&c, command);
}
