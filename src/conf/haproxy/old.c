/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that HAProxy dropped and that have no successor in one word: req* and
 * rsp* edit whole lines of a head, and do so here. What has no like is refused
 * with what to write today.
 */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

#define OLD_REFUSED(name, in, today_)                                                                        \
    {                                                                                                        \
        name, in, 0, ARGS_ANY, KEYWORD_REFUSED, .today = "dropped in HAProxy 2.1; today: " today_            \
    }

#define OLD_LINES(name, args, today_)                                                                        \
    {                                                                                                        \
        name, IN_PROXY, args, ARGS_ANY, KEYWORD_OLD, KEEP(KEPT_RULE),                                        \
            .today = today_, .manual = args == 2 ? "REGEX LINE [if CONDITION]" : "REGEX [if CONDITION]"      \
    }

/* reqrep REGEX LINE, rspidel REGEX ...: "req" or "rsp", "i" when case does not matter, and what is done. */
void haproxy_old_lines(struct build *b, const struct statement *s)
{
    static const struct {
        const char *word;
        enum lines_edit edit;
    } edits[] = {
        { "rep", LINES_REPLACE }, { "del", LINES_DELETE }, { "deny", LINES_DENY }, { "allow", LINES_ALLOW }
    };
    struct span rest = span_from_index(text_at(s, 0), 3);
    bool nocase = span_starts_with(rest, SPAN("i"));
    rest = span_from_index(rest, nocase);
    const struct regex *r = haproxy_regex(b, word_at(s, 1), text_at(s, 1), nocase);
    for (size_t i = 0; r && i < COUNT_OF(edits); i++) {
        if (!span_eq(rest, span_from(edits[i].word)))
            continue;
        struct action *a = haproxy_action(b, ACTION_LINES);
        a->regex = r;
        a->number = edits[i].edit;
        if (edits[i].edit == LINES_REPLACE)
            a->expr = expr_text(b->arena, arena_span(b->arena, text_at(s, 2)));
    }
}

/* reqadd "X-A: b" [if CONDITION] */
void haproxy_old_add(struct build *b, const struct statement *s)
{
    struct span value = text_at(s, 1), name = span_cut(&value, ':');
    if (value.ptr == NULL || name.len == 0) {
        diag_add(b->diags, &haproxy_old_field, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1)));
        return;
    }
    struct action *a = haproxy_action(b, ACTION_FIELD_ADD);
    a->name = arena_span(b->arena, span_trim(name));
    a->expr = expr_text(b->arena, arena_span(b->arena, span_trim(value)));
}

const struct keyword haproxy_old_words[] = {
    { "reqadd", IN_PROXY, 1, ARGS_ANY, KEYWORD_OLD, KEEP(KEPT_RULE),
      .today = "http-request add-header NAME VALUE", .manual = "\"NAME: VALUE\" [if CONDITION]" },
    { "rspadd", IN_PROXY, 1, ARGS_ANY, KEYWORD_OLD, KEEP(KEPT_RULE),
      .today = "http-response add-header NAME VALUE", .manual = "\"NAME: VALUE\" [if CONDITION]" },
    OLD_LINES("reqallow", 1, "http-request allow if ..."),
    OLD_LINES("reqiallow", 1, "http-request allow if ..."),
    OLD_LINES("reqdel", 1, "http-request del-header NAME"),
    OLD_LINES("reqidel", 1, "http-request del-header NAME"),
    OLD_LINES("reqdeny", 1, "http-request deny if ..."),
    OLD_LINES("reqideny", 1, "http-request deny if ..."),
    OLD_REFUSED("reqpass", IN_D_PROXY, "conditions on http-request rules"),
    OLD_REFUSED("reqipass", IN_D_PROXY, "conditions on http-request rules"),
    OLD_LINES("reqrep", 2, "http-request replace-header, replace-path or replace-uri"),
    OLD_LINES("reqirep", 2, "http-request replace-header, replace-path or replace-uri"),
    OLD_REFUSED("reqtarpit", IN_D_PROXY, "http-request tarpit if ..."),
    OLD_REFUSED("reqitarpit", IN_D_PROXY, "http-request tarpit if ..."),
    OLD_REFUSED("reqsetbe", IN_D_PROXY, "use_backend NAME if ..."),
    OLD_REFUSED("reqisetbe", IN_D_PROXY, "use_backend NAME if ..."),
    OLD_LINES("rspdel", 1, "http-response del-header NAME"),
    OLD_LINES("rspidel", 1, "http-response del-header NAME"),
    OLD_LINES("rspdeny", 1, "http-response deny if ..."),
    OLD_LINES("rspideny", 1, "http-response deny if ..."),
    OLD_LINES("rsprep", 2, "http-response replace-header NAME REGEX FORMAT"),
    OLD_LINES("rspirep", 2, "http-response replace-header NAME REGEX FORMAT"),
    { "appsession", IN_D_PROXY, 0, ARGS_ANY, KEYWORD_REFUSED,
      .today = "dropped in HAProxy 1.6; today: stick-table type string len 52 size 1m expire 30m, stick on "
               "req.cook(NAME), stick store-response res.cook(NAME)" },
    { "dispatch", IN_BACK, 1, 1, KEYWORD_OLD, .handle = haproxy_keep_one, .offset = KEPT_DISPATCH,
      .today = "server NAME ADDRESS:PORT",
      .manual = "ADDRESS:PORT: the one server of a backend without others" },
    { "transparent", IN_D_BACK, 0, 0, KEYWORD_OLD, .handle = haproxy_set_option, TO(transparent),
      .today = "option transparent", .manual = "the same" },
    { NULL },
};

/* Known, and not built yet; or not to be built. */
#define REFUSED(name, in, why)                                                                               \
    {                                                                                                        \
        name, in, 0, ARGS_ANY, KEYWORD_REFUSED, CAN_NO, .today = why                                         \
    }
#define MAIL(name)                                                                                           \
    REFUSED(name, IN_D_PROXY, "mail alerts are not sent by this program; watch its log instead")
#define PACKETS(name) REFUSED(name, IN_D_PROXY, "keep-alive packets of TCP are left to the kernel")

const struct keyword haproxy_refused_words[] = {
    MAIL("email-alert from"),
    MAIL("email-alert level"),
    MAIL("email-alert mailers"),
    MAIL("email-alert myhostname"),
    MAIL("email-alert to"),
    PACKETS("clitcpka-cnt"),
    PACKETS("clitcpka-idle"),
    PACKETS("clitcpka-intvl"),
    PACKETS("srvtcpka-cnt"),
    PACKETS("srvtcpka-idle"),
    PACKETS("srvtcpka-intvl"),
    REFUSED("filter cache", IN_PROXY, "answers are not cached yet"),
    REFUSED("filter bwlim-in", IN_PROXY, "limits of bandwidth are not served yet"),
    REFUSED("filter bwlim-out", IN_PROXY, "limits of bandwidth are not served yet"),
    REFUSED("filter fcgi-app", IN_PROXY, "FastCGI is not served yet"),
    REFUSED("filter spoe", IN_PROXY, "SPOE is not served"),
    REFUSED("filter opentracing", IN_PROXY, "tracing is not served"),
    REFUSED("filter otel", IN_PROXY, "tracing is not served"),
    REFUSED("filter trace", IN_PROXY, "it shows the inside of HAProxy"),
    REFUSED("quic-initial", IN_D_FRONT, "QUIC is not served"),
    REFUSED("use-fcgi-app", IN_BACK, "FastCGI is not served yet"),
    REFUSED("force-be-switch", IN_FRONT, "it is not served yet"),
    REFUSED("persist rdp-cookie", IN_D_BACK, "RDP cookies are not read yet"),
    REFUSED("http-send-name-header", IN_D_BACK, "it is not served yet"),
    REFUSED("max-session-srv-conns", IN_D_FRONT, "it is not served yet"),
    REFUSED("guid", IN_PROXY, "names for HAProxy's own tools"),
    { "max-keep-alive-queue", IN_D_BACK, 1, 1, KEYWORD_TUNING,
      .manual = "how long a connection's last server is waited for" },
    { "publish", IN_BACK, 0, 1, KEYWORD_REFUSED, .today = "it is not served yet" },
    { "grace", IN_D_PROXY, 1, 1, KEYWORD_TUNING, .manual = "listeners are closed at once when we stop" },
    { "source", IN_D_BACK, 1, ARGS_ANY, .handle = haproxy_keep_one, .offset = KEPT_SOURCE,
      .manual = "ADDRESS[:PORT] that connections to servers come from; usesrc, interface" },
    { NULL },
};
