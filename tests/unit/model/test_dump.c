/* SPDX-License-Identifier: Apache-2.0 */
/* The dump shows what was built, and equal configurations give equal dumps. */
#include "unit.h"

#include "model/config.h"
#include "model/regex.h"
#include "model/route.h"

static struct config *build(struct diags *d, uint32_t weight, uint32_t offset)
{
    struct config *c = config_new();
    struct arena *a = c->arena;
    struct where at = { 0, offset, 0 };
    struct pool *p = config_add_pool(c, LANGUAGE_NGINX, SPAN("web"));
    struct server *s = config_add_server(c, p);
    s->name = SPAN("10.0.0.1:80");
    s->weight = weight;
    s->fails_max = 1;
    s->at = at;
    struct scope *server = config_add_scope(c, LANGUAGE_NGINX, SPAN("localhost"));
    struct scope *location = config_add_scope(c, LANGUAGE_NGINX, SPAN("/"));
    struct client_policy *client = ARENA_NEW(a, struct client_policy);
    client->head_timeout = DURATION_S(60);
    client->idle_timeout = DURATION_NONE;
    server->client = client;
    struct host_table *hosts = ARENA_NEW(a, struct host_table);
    host_table_init(hosts, server);
    (void)host_table_add(a, hosts, SPAN("b.example"), server);
    (void)host_table_add(a, hosts, SPAN("a.example"), location);
    (void)host_table_add(a, hosts, SPAN("c.example"), server);
    action_add(c, server, HOOK_REQUEST, ACTION_ROUTE_HOST, at)->hosts = hosts;
    struct location_tree *tree = ARENA_NEW(a, struct location_tree);
    *ARENA_PUSH(a, &tree->prefixes) = (struct location_prefix){ .prefix = SPAN("/"), .scope = location };
    action_add(c, server, HOOK_REQUEST, ACTION_ROUTE_LOCATION, at)->locations = tree;
    struct test t = { .subject = expr_fetch(a, FETCH_METHOD, SPAN("")), .how = MATCH_EXACT };
    *ARENA_PUSH(a, &t.texts) = SPAN("PUT");
    struct action *deny = action_add(c, location, HOOK_REQUEST, ACTION_REPLY, at);
    deny->when = cond_of_test(a, &t);
    deny->reply = ARENA_NEW(a, struct reply);
    deny->reply->status = 403;
    struct action *proxy = action_add(c, location, HOOK_REQUEST, ACTION_PROXY, at);
    proxy->proxy = ARENA_NEW(a, struct proxy);
    proxy->proxy->pool = p;
    proxy->proxy->minor = 1;
    *ARENA_PUSH(a, &proxy->proxy->fields) =
        (struct field_line){ SPAN("Host"), expr_fetch(a, FETCH_HOST_NAME, SPAN("")) };
    struct service *service = config_add_service(c, LANGUAGE_NGINX, SPAN("*:80"));
    service->protocol = PROTOCOL_HTTP;
    service->entry = server;
    struct listener *l = config_add_listener(c);
    l->service = service;
    l->written = SPAN("*:80");
    assert_true(address_parse_ip(SPAN("0.0.0.0"), &l->address));
    address_set_port(&l->address, 80);
    assert_true(config_seal(c, d));
    return c;
}

static void dump(struct config *c, struct buf *out)
{
    buf_init(out, 1 << 20);
    config_dump(c, out);
    assert_false(out->truncated);
}

static void it_shows_what_was_understood(void **state)
{
    (void)state;
    struct diags *d = diags_new();
    struct config *c = build(d, 3, 0);
    struct buf b;
    dump(c, &b);
    static const char *const parts[] = {
        "listener *:80\n    address 0.0.0.0:80\n    service nginx:*:80\n",
        "service nginx:*:80\n    protocol http\n    entry scope 0\n",
        "pool nginx:web\n    round robin\n",
        "    server 10.0.0.1:80\n        identity \"10.0.0.1:80\"\n        id 1\n        weight 3\n"
        "        fails 1\n        fail window 10000 ms\n",
        "    client\n        head 60000 ms\n        idle none\n",
        "        ROUTE_HOST\n            exact \"a.example\" scope 1\n            exact \"b.example\" scope "
        "0\n"
        "            exact \"c.example\" scope 0\n            else scope 0\n",
        "        ROUTE_LOCATION\n            prefix \"/\" scope 1\n",
        "        REPLY\n            when { METHOD exact \"PUT\" }\n            reply 403\n",
        "        PROXY\n            pool nginx:web\n            field \"Host\"\n                = HOST_NAME\n"
        "            HTTP/1.1\n",
    };
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        assert_holds(buf_span(&b), parts[i]);
    buf_fini(&b);
    config_free(&c);
    diags_free(&d);
}

static void equal_ones_give_equal_dumps_wherever_they_stand(void **state)
{
    (void)state;
    struct diags *d = diags_new();
    struct config *a = build(d, 3, 0), *b = build(d, 3, 99), *other = build(d, 4, 0);
    struct buf x, y, z;
    dump(a, &x);
    dump(b, &y);
    dump(other, &z);
    assert_spans_equal(buf_span(&x), buf_span(&y));
    assert_false(span_eq(buf_span(&x), buf_span(&z)));
    buf_fini(&x);
    buf_fini(&y);
    buf_fini(&z);
    config_free(&a);
    config_free(&b);
    config_free(&other);
    diags_free(&d);
}

static void every_action_and_hook_has_a_name(void **state)
{
    (void)state;
    for (int k = 0; k < ACTION_COUNT; k++)
        assert_non_null(action_name((enum action_kind)k));
    for (int h = 0; h < HOOK_COUNT; h++)
        assert_non_null(hook_name((enum hook)h));
    for (int m = 0; m <= MATCH_FILE; m++)
        assert_non_null(match_name((enum match)m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_shows_what_was_understood),
        cmocka_unit_test(equal_ones_give_equal_dumps_wherever_they_stand),
        cmocka_unit_test(every_action_and_hook_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
