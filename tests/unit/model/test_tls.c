/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of protocols on their way to the wire, and what the dump tells of TLS. */
#include "unit.h"

#include "model/config.h"
#include "model/tls.h"

static void protocols_on_the_wire(void **state)
{
    struct arena *a = arena_new(0);
    char room[300];
    (void)state;
    assert_span(tls_alpn_wire(a, SPAN("h2,http/1.1"), ','), "\x02h2\x08http/1.1");
    assert_span(tls_alpn_wire(a, SPAN(" h2 , http/1.1 "), ','), "\x02h2\x08http/1.1");
    assert_span(tls_alpn_wire(a, SPAN("h2"), ','), "\x02h2");
    assert_null(tls_alpn_wire(a, SPAN("h2,,http/1.1"), ',').ptr);
    assert_null(tls_alpn_wire(a, SPAN(""), ',').ptr);
    memset(room, 'x', sizeof(room));
    assert_int_equal(tls_alpn_wire(a, span_of(room, 255), ',').len, 256);
    assert_null(tls_alpn_wire(a, span_of(room, 256), ',').ptr);
    arena_free(&a);
}

static void versions_have_names(void **state)
{
    (void)state;
    assert_string_equal(tls_version_name(0x0303), "TLS 1.2");
    assert_string_equal(tls_version_name(0), "default");
    assert_string_equal(tls_version_name(0x0305), "default");
}

/* A key is a secret: neither its bytes nor anything made of them is shown. */
static void the_dump_keeps_secrets(void **state)
{
    struct config *c = config_new();
    struct tls_server *s = config_add_tls_server(c);
    struct buf out;
    (void)state;
    *ARENA_PUSH(c->arena, &s->identities) =
        (struct tls_identity){ .certificate = { .path = SPAN("c.pem"), .bytes = SPAN("CERT") },
                               .key = { .path = SPAN("k.pem"), .bytes = SPAN("SECRET") } };
    buf_init(&out, 1 << 16);
    config_dump(c, &out);
    assert_holds(buf_span(&out), "tls server 0\n    certificate c.pem, 4 bytes\n    key k.pem, 6 bytes\n");
    assert_int_equal(span_find(buf_span(&out), SPAN("SECRET")), SPAN_NONE);
    buf_fini(&out);
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols_on_the_wire),
        cmocka_unit_test(versions_have_names),
        cmocka_unit_test(the_dump_keeps_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
