/* SPDX-License-Identifier: Apache-2.0 */
/* Policies in the dump: one line a member, in the order of model/scope.h. */
#include "model/dump_internal.h"

#include "model/regex.h"

void dump_source(const struct dump *d, const struct source_rule *s)
{
    dump_address(d, "source", &s->address);
    dump_expr(d, "source from", s->from);
    dump_flag(d, "source port of the client", s->client_port);
    dump_flag(d, "source transparent", s->transparent);
    dump_text(d, "source interface", s->interface);
}

void dump_client_policy(struct dump *d, const struct client_policy *p)
{
    dump_line(d, "client");
    d->depth++;
    dump_time(d, "head", p->head_timeout);
    dump_time(d, "idle", p->idle_timeout);
    dump_time(d, "body", p->body_timeout);
    dump_time(d, "send", p->send_timeout);
    dump_time(d, "tunnel", p->tunnel_timeout);
    dump_time(d, "half closed", p->half_closed_timeout);
    dump_time(d, "life", p->life_max);
    dump_number(d, "requests", p->requests_max);
    dump_number(d, "head bytes", p->head_max);
    dump_number(d, "target bytes", p->target_max);
    dump_number(d, "fields", p->fields_max);
    dump_number(d, "body bytes", p->body_max);
    dump_number(d, "keep mode", p->keep);
    dump_number(d, "linger", p->linger);
    dump_time(d, "linger time", p->linger_time);
    dump_time(d, "linger timeout", p->linger_timeout);
    dump_flag(d, "reset at the end", p->reset_at_end);
    dump_flag(d, "reset timed out", p->reset_timed_out);
    dump_flag(d, "drop invalid fields", p->drop_invalid_fields);
    dump_flag(d, "drop odd lines", p->drop_odd_lines);
    dump_flag(d, "underscores", p->underscores);
    dump_flag(d, "merge slashes", p->merge_slashes);
    dump_flag(d, "normalize path", p->normalize_path);
    dump_flag(d, "quiet probe", p->quiet_probe);
    dump_flag(d, "quiet preconnect", p->quiet_preconnect);
    dump_flag(d, "log normal off", p->log_normal_off);
    dump_flag(d, "errors apart", p->log_errors_apart);
    dump_flag(d, "server name in redirect", p->server_name_in_redirect);
    dump_flag(d, "port in redirect", p->port_in_redirect);
    dump_flag(d, "absolute redirect", p->absolute_redirect);
    dump_flag(d, "no version", p->independent_tokens);
    dump_flag(d, "server field", p->server_field);
    dump_flag(d, "date field", p->date_field);
    dump_flag(d, "connection field", p->connection_field);
    dump_number(d, "keep-alive told", p->keep_told);
    dump_flag(d, "drop trailers", p->drop_trailers);
    dump_flag(d, "no chunks", p->no_chunks);
    if (!p->limit_rate_from)
        dump_number(d, "rate", p->limit_rate);
    dump_expr(d, "rate", p->limit_rate_from);
    if (!p->limit_rate_after_from)
        dump_number(d, "rate after", p->limit_rate_after);
    dump_expr(d, "rate after", p->limit_rate_after_from);
    dump_flag(d, "error codes of nginx", p->reject_error_codes_nginx);
    dump_flag(d, "error pages recursive", p->error_pages_recursive);
    dump_flag(d, "plain methods", p->plain_methods);
    dump_flag(d, "host not empty", p->host_not_empty);
    dump_flag(d, "target's host wins", p->target_host_wins);
    d->depth--;
}

void dump_server_policy(struct dump *d, const struct server_policy *p)
{
    dump_line(d, "server");
    d->depth++;
    dump_time(d, "connect", p->connect_timeout);
    dump_time(d, "send", p->send_timeout);
    dump_time(d, "read", p->read_timeout);
    dump_time(d, "queue", p->queue_timeout);
    dump_time(d, "tunnel", p->tunnel_timeout);
    dump_time(d, "half closed", p->half_closed_timeout);
    dump_number(d, "tries", p->tries_max);
    dump_time(d, "tries time", p->tries_time);
    if (p->retry_on)
        dump_line(d, "retry on %#x", p->retry_on);
    for (uint32_t i = 0; i < p->retry_statuses.count; i++)
        dump_number(d, "retry on status", p->retry_statuses.items[i]);
    if (p->redispatch)
        dump_line(d, "redispatch %d", p->redispatch);
    dump_time(d, "retry pause", p->retry_pause);
    dump_flag(d, "buffer request", p->buffer_request);
    dump_flag(d, "buffer response", p->buffer_response);
    dump_number(d, "head buffer", p->head_buffer);
    dump_number(d, "body memory", p->body_memory);
    dump_number(d, "response memory", p->response_memory);
    dump_number(d, "response file", p->response_file_max);
    dump_flag(d, "abort with client", p->abort_with_client);
    dump_flag(d, "intercept errors", p->intercept_errors);
    dump_flag(d, "splice request", p->splice_request);
    dump_flag(d, "splice response", p->splice_response);
    dump_flag(d, "pass request trailers", p->pass_request_trailers);
    dump_flag(d, "pass trailers", p->pass_trailers);
    dump_number(d, "datagrams", p->datagrams_max);
    if (p->one_timer && p->answers_max != UINT32_MAX)
        dump_line(d, "answers %u", p->answers_max);
    dump_expr(d, "rate to server", p->rate_to_server);
    dump_expr(d, "rate to client", p->rate_to_client);
    dump_number(d, "send proxy", p->send_proxy);
    dump_flag(d, "end together", p->end_together);
    dump_flag(d, "one timer", p->one_timer);
    dump_flag(d, "keep alive", p->keepalive);
    dump_flag(d, "probe idle", p->probe_idle);
    dump_flag(d, "reset at the end", p->reset_at_end);
    dump_source(d, &p->source);
    if (p->tls)
        dump_line(d, "tls client %u", p->tls->index);
    d->depth--;
}

void dump_compression(struct dump *d, const struct compression *c)
{
    static const char *const names[] = { "identity", "gzip", "deflate", "raw deflate" };

    dump_line(d, c->codings.count ? "compression" : "no compression");
    d->depth++;
    for (uint32_t i = 0; i < c->codings.count; i++)
        dump_line(d, "%s", names[c->codings.items[i]]);
    for (uint32_t i = 0; c->codings.count && i < c->statuses.count; i++)
        dump_number(d, "of status", c->statuses.items[i]);
    for (uint32_t i = 0; c->codings.count && i < c->types.count; i++)
        dump_text(d, c->types_begin ? "of types with" : "of type", c->types.items[i]);
    dump_number(d, "from bytes", c->length_min);
    dump_number(d, "level", c->level);
    dump_number(d, "from HTTP/1", c->minor_min);
    dump_flag(d, "vary", c->vary);
    dump_flag(d, "vary for all", c->vary_all);
    dump_number(d, "proxied", c->proxied);
    for (uint32_t i = 0; i < c->disabled.count; i++)
        dump_text(d, "not for", regex_source(c->disabled.items[i]));
    dump_flag(d, "not for MSIE 6", c->disabled_msie6);
    dump_flag(d, "not for Mozilla/4", c->disabled_mozilla4);
    dump_flag(d, "own answers", c->own);
    dump_flag(d, "offload", c->offload);
    d->depth--;
}
