/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/x509_vfy.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/chunk.h"
#include "io/conn.h"
#include "io/pki.h"

/* Made once: keys are slow under a sanitizer. */
static struct pki ca, other_ca, leaf, second, rsa, expired, client_leaf;

static int make_all(void **state)
{
    (void)state;
    tls_library_init();
    ca = pki_make(NULL, "Test Authority", NULL, 30, "EC");
    other_ca = pki_make(NULL, "Another Authority", NULL, 30, "EC");
    leaf = pki_make(&ca, "one.example", "DNS:one.example,DNS:*.wild.example,IP:127.0.0.1", 20, "EC");
    second = pki_make(&ca, "two.example", "DNS:two.example", 20, "EC");
    rsa = pki_make(&ca, "one.example", "DNS:one.example", 21, "RSA");
    expired = pki_make(&ca, "old.example", "DNS:old.example", -2, "EC");
    client_leaf = pki_make(&ca, "a client", NULL, 22, "EC");
    return 0;
}

static int free_all(void **state)
{
    struct pki *all[] = { &ca, &other_ca, &leaf, &second, &rsa, &expired, &client_leaf };

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(all); i++)
        pki_free(all[i]);
    return 0;
}

/* --- two ends in one loop --- */
struct end {
    struct conn conn;
    bool ready, failed; /* on_ready came in that stage */
    char in[1 << 20];
    size_t in_len;
    bool eof;
};
struct play {
    struct loop *loop;
    struct end client, server;
    struct tls_context *client_context, *server_context;
};
static struct play play; /* too big for a stack */

static void end_on_ready(struct conn *c)
{
    struct end *e = CONTAINER_OF(c, struct end, conn);

    e->ready |= c->stage == CONN_OPEN;
    e->failed |= c->stage == CONN_FAILED;
    while (e->ready && e->in_len < sizeof(e->in)) {
        struct conn_done d = conn_read(c, e->in + e->in_len, sizeof(e->in) - e->in_len);
        e->eof |= d.result == CONN_EOF;
        if (d.result != CONN_OK)
            break;
        e->in_len += d.len;
    }
}

static struct tls_context *make_context(const struct tls_settings *s)
{
    struct tls_failure why;
    struct tls_context *c = tls_context_new(s, &why);

    if (!c)
        fail_msg("%s: %s", tls_error_name(why.code), why.text);
    return c;
}

static struct tls_pair pair_of(const struct pki *p)
{
    return (struct tls_pair){ .certificate = p->certificate_pem, .key = p->key_pem };
}

static struct tls_context *server_for(const struct pki *p)
{
    struct tls_pair pair = pair_of(p);
    return make_context(&(struct tls_settings){ .pairs = &pair, .pair_count = 1 });
}

static struct tls_context *verifying_client(void)
{
    return make_context(&(struct tls_settings){
        .client = true, .trusted = ca.certificate_pem, .verify = TLS_VERIFY_REQUIRED });
}

/* Contexts are kept over several connections (to resume); they are the caller's. */
static void play_begin(struct tls_context *server, struct tls_context *client)
{
    play.loop = loop_new(&(struct loop_options){ 0 });
    assert_non_null(play.loop);
    play.server_context = server;
    play.client_context = client;
}

static void play_open_conns(void)
{
    int fds[2], one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct address at;

    assert_true(address_parse_ip(SPAN("127.0.0.1"), &at));
    assert_return_code(bind(listener, &at.u.sa, at.len), 0);
    assert_return_code(listen(listener, 1), 0);
    assert_return_code(getsockname(listener, &at.u.sa, &at.len), 0);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_return_code(connect(fds[0], &at.u.sa, at.len), 0);
    fds[1] = accept(listener, NULL, NULL);
    assert_true(fds[1] >= 0);
    (void)close(listener);
    struct end *ends[2] = { &play.client, &play.server };
    for (unsigned i = 0; i < 2; i++) {
        assert_return_code(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
        assert_return_code(setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
        ends[i]->ready = ends[i]->failed = ends[i]->eof = false;
        ends[i]->in_len = 0;
        assert_true(conn_open(&ends[i]->conn, play.loop, fds[i], end_on_ready));
    }
}

static void play_start(const struct tls_peer *peer, tls_pick_fn pick, void *picker)
{
    play_open_conns();
    conn_start_tls(&play.client.conn, tls_session_client(play.loop, play.client_context, peer));
    conn_start_tls(&play.server.conn, tls_session_server(play.loop, play.server_context, pick, picker));
    assert_int_equal(play.client.conn.stage, CONN_HANDSHAKING);
}

static void play_turns(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        loop_turn(play.loop, 2);
}

static void play_shake(void)
{
    for (unsigned i = 0; i < 200; i++) {
        loop_turn(play.loop, 20);
        if ((play.client.ready || play.client.failed) && (play.server.ready || play.server.failed))
            break;
    }
    play_turns(3);
}

/* The client says something, the server answers, and both hear it. */
static void play_talk(void)
{
    size_t before_server = play.server.in_len, before_client = play.client.in_len;

    assert_int_equal(conn_write(&play.client.conn, "ping", 4).len, 4);
    for (unsigned i = 0; i < 50 && play.server.in_len == before_server; i++)
        loop_turn(play.loop, 20);
    assert_int_equal(play.server.in_len, before_server + 4);
    assert_int_equal(conn_write(&play.server.conn, "pong", 4).len, 4);
    for (unsigned i = 0; i < 50 && play.client.in_len == before_client; i++)
        loop_turn(play.loop, 20);
    assert_memory_equal(play.client.in + before_client, "pong", 4);
}

static void play_hang_up(void)
{
    conn_close(&play.client.conn);
    play_turns(3);
    conn_close(&play.server.conn);
    play_turns(1);
}

static void play_end(void)
{
    play_hang_up();
    assert_int_equal(loop_chunks(play.loop)->used, 0);
    loop_free(&play.loop);
    tls_context_put(&play.client_context);
    tls_context_put(&play.server_context);
}

/* --- handshakes --- */
static void test_both_versions_talk(void **state)
{
    static const enum tls_version versions[] = { TLS_1_2, TLS_1_3 };
    static const char *const names[] = { "TLSv1.2", "TLSv1.3" };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct tls_pair pair = pair_of(&leaf);
        play_begin(
            make_context(&(struct tls_settings){ .pairs = &pair, .pair_count = 1, .max = versions[i] }),
            verifying_client());
        play_start(
            &(struct tls_peer){ .server_name = SPAN("one.example"), .verify_name = SPAN("one.example") },
            NULL, NULL);
        play_shake();
        assert_true(play.client.ready && play.server.ready);
        play_talk();
        const struct tls_session *s = play.server.conn.tls;
        assert_true(span_eq(tls_protocol(s), span_from(names[i])));
        assert_true(span_eq(tls_server_name(s), SPAN("one.example")));
        assert_true(tls_cipher(s).len > 0);
        assert_true(tls_cipher_bits(s) >= 128);
        assert_true(tls_group(s).len > 0);
        assert_false(tls_is_resumed(s));
        assert_int_equal(tls_alpn(s).len, 0);
        assert_int_equal(tls_failure(s)->code, TLS_NONE);
        /* an idle session holds no chunk */
        assert_int_equal(loop_chunks(play.loop)->used, 0);
        play_end();
    }
}

static void test_a_certificate_of_each_kind(void **state)
{
    struct tls_pair pairs[] = { pair_of(&leaf), pair_of(&rsa) };

    (void)state;
    play_begin(make_context(&(struct tls_settings){ .pairs = pairs, .pair_count = 2 }),
               make_context(&(struct tls_settings){ .client = true,
                                                    .trusted = ca.certificate_pem,
                                                    .verify = TLS_VERIFY_REQUIRED,
                                                    .max = TLS_1_2,
                                                    .ciphers = "ECDHE-RSA-AES128-GCM-SHA256" }));
    play_start(&(struct tls_peer){ .server_name = SPAN("one.example") }, NULL, NULL);
    play_shake();
    assert_true(play.server.ready);
    assert_true(span_eq(tls_cipher(play.server.conn.tls), SPAN("ECDHE-RSA-AES128-GCM-SHA256")));
    struct tls_certificate_info info;
    assert_true(tls_context_certificate(play.server_context, 1, &info));
    assert_true(info.not_after > info.not_before);
    assert_false(tls_context_certificate(play.server_context, 2, &info));
    play_end();
}

static void test_alpn(void **state)
{
    struct tls_pair pair = pair_of(&leaf);
    struct span both = SPAN("\x02h2\x08http/1.1");

    (void)state;
    play_begin(make_context(&(struct tls_settings){
                   .pairs = &pair, .pair_count = 1, .alpn = both, .alpn_strict = true }),
               verifying_client());
    play_start(&(struct tls_peer){ .alpn = SPAN("\x08http/1.1\x02h2") }, NULL, NULL);
    play_shake();
    assert_true(span_eq(tls_alpn(play.server.conn.tls), SPAN("h2"))); /* our order counts */
    assert_true(span_eq(tls_alpn(play.client.conn.tls), SPAN("h2")));
    play_hang_up();

    play_start(&(struct tls_peer){ .alpn = SPAN("\x04sip3") }, NULL, NULL);
    play_shake();
    assert_true(play.client.failed);
    assert_int_equal(tls_failure(play.client.conn.tls)->code, TLS_ALERT);
    assert_int_equal(tls_failure(play.client.conn.tls)->alert, 120); /* no_application_protocol */
    play_end();
}

/* --- choosing by name --- */
static void common_name(struct span *out, char *storage, size_t room)
{
    struct buf b;

    buf_init_fixed(&b, storage, room);
    tls_put_peer_certificate(play.client.conn.tls, TLS_PART_SUBJECT_CN, &b);
    *out = buf_span(&b);
}

static void test_server_names(void **state)
{
    struct tls_context *first = server_for(&leaf), *other = server_for(&second);
    struct tls_names *names = tls_names_new(first, false);
    static const struct {
        const char *asked, *got;
    } cases[] = { { "two.example", "two.example" },
                  { "TWO.example", "two.example" },
                  { "one.example", "one.example" },
                  { "unknown.example", "one.example" },
                  { "a.wild.example", "two.example" },
                  { "a.b.wild.example", "one.example" },
                  { "", "one.example" } };
    char storage[64];
    struct span cn;

    (void)state;
    assert_true(tls_names_add(names, SPAN("two.example"), other));
    assert_true(tls_names_add(names, SPAN("*.wild.example"), other));
    assert_false(tls_names_add(names, SPAN("Two.Example"), first));
    play_begin(first, verifying_client());
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        play_start(&(struct tls_peer){ .server_name = span_from(cases[i].asked) }, tls_names_pick, names);
        play_shake();
        assert_true(play.client.ready);
        common_name(&cn, storage, sizeof(storage));
        assert_true(span_eq(cn, span_from(cases[i].got)));
        play_talk();
        play_hang_up();
    }
    tls_names_free(&names);
    tls_context_put(&other);
    play_end();
}

static void test_strict_names_refuse(void **state)
{
    struct tls_context *c = server_for(&leaf);
    struct tls_names *names = tls_names_new(c, true);

    (void)state;
    play_begin(c, verifying_client());
    play_start(&(struct tls_peer){ .server_name = SPAN("nobody.example") }, tls_names_pick, names);
    play_shake();
    assert_true(play.server.failed && play.client.failed);
    assert_int_equal(tls_failure(play.server.conn.tls)->code, TLS_UNKNOWN_NAME);
    assert_int_equal(tls_failure(play.client.conn.tls)->alert, 112); /* unrecognized_name */
    assert_true(span_eq(tls_server_name(play.server.conn.tls), SPAN("nobody.example")));
    tls_names_free(&names);
    play_end();
}

/* What a picked context asks for must count, not what the listener's own does. */
static void test_a_picked_context_brings_its_settings(void **state)
{
    struct tls_pair pair = pair_of(&second);
    struct tls_context *strict = make_context(&(struct tls_settings){ .pairs = &pair,
                                                                      .pair_count = 1,
                                                                      .max = TLS_1_2,
                                                                      .trusted = ca.certificate_pem,
                                                                      .verify = TLS_VERIFY_REQUIRED });
    struct tls_context *plain = server_for(&leaf);
    struct tls_names *names = tls_names_new(plain, false);

    (void)state;
    assert_true(tls_names_add(names, SPAN("two.example"), strict));
    play_begin(plain, verifying_client());
    play_start(&(struct tls_peer){ .server_name = SPAN("two.example") }, tls_names_pick, names);
    play_shake();
    assert_true(play.server.failed);
    assert_int_equal(tls_failure(play.server.conn.tls)->code, TLS_NO_CLIENT_CERTIFICATE);
    play_hang_up();
    tls_context_put(&play.client_context);

    struct tls_pair mine = pair_of(&client_leaf);
    play.client_context = make_context(&(struct tls_settings){ .client = true,
                                                               .pairs = &mine,
                                                               .pair_count = 1,
                                                               .trusted = ca.certificate_pem,
                                                               .verify = TLS_VERIFY_REQUIRED });
    play_start(&(struct tls_peer){ .server_name = SPAN("two.example") }, tls_names_pick, names);
    play_shake();
    assert_true(play.server.ready);
    assert_true(span_eq(tls_protocol(play.server.conn.tls), SPAN("TLSv1.2")));
    assert_ptr_equal(tls_session_context(play.server.conn.tls), strict);
    tls_names_free(&names);
    tls_context_put(&strict);
    play_end();
}

/* --- verification --- */
struct wrong {
    const struct pki *server;
    const char *verify_name;
    const struct pki *trusted;
    enum tls_error code;
};

static void test_the_server_must_be_who_it_should(void **state)
{
    const struct wrong cases[] = {
        { &leaf, "one.example", &ca, TLS_NONE },
        { &leaf, "x.wild.example", &ca, TLS_NONE },
        { &leaf, "127.0.0.1", &ca, TLS_NONE },
        { &leaf, "two.example", &ca, TLS_WRONG_HOST },
        { &leaf, "127.0.0.2", &ca, TLS_WRONG_HOST },
        { &expired, "old.example", &ca, TLS_EXPIRED },
        { &leaf, "one.example", &other_ca, TLS_UNTRUSTED },
    };

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        play_begin(server_for(cases[i].server),
                   make_context(&(struct tls_settings){ .client = true,
                                                        .trusted = cases[i].trusted->certificate_pem,
                                                        .verify = TLS_VERIFY_REQUIRED }));
        play_start(&(struct tls_peer){ .verify_name = span_from(cases[i].verify_name) }, NULL, NULL);
        play_shake();
        const struct tls_failure *f = tls_failure(play.client.conn.tls);
        assert_int_equal(f->code, cases[i].code);
        assert_int_equal(play.client.ready, cases[i].code == TLS_NONE);
        if (cases[i].code != TLS_NONE) {
            assert_int_not_equal(f->verify, X509_V_OK);
            assert_int_equal(play.client.conn.error, EPROTO);
            assert_int_equal(conn_write(&play.client.conn, "x", 1).result, CONN_ERROR);
        }
        play_end();
    }
}

static void test_client_certificates(void **state)
{
    struct tls_pair mine = pair_of(&client_leaf), pair = pair_of(&leaf);
    struct tls_settings server = {
        .pairs = &pair, .pair_count = 1, .trusted = ca.certificate_pem, .verify = TLS_VERIFY_REQUIRED
    };
    char storage[2048];
    struct buf b;

    (void)state;
    play_begin(make_context(&server),
               make_context(&(struct tls_settings){ .client = true, .pairs = &mine, .pair_count = 1 }));
    play_start(&(struct tls_peer){ 0 }, NULL, NULL);
    play_shake();
    assert_true(play.server.ready);
    const struct tls_session *s = play.server.conn.tls;
    assert_true(tls_has_peer_certificate(s));
    assert_int_equal(tls_verify_result(s), X509_V_OK);
    static const struct {
        enum tls_certificate_part part;
        const char *text;
    } parts[] = { { TLS_PART_SUBJECT, "CN=a client" },      { TLS_PART_SUBJECT_LEGACY, "/CN=a client" },
                  { TLS_PART_ISSUER, "CN=Test Authority" }, { TLS_PART_ISSUER_LEGACY, "/CN=Test Authority" },
                  { TLS_PART_SUBJECT_CN, "a client" },      { TLS_PART_DAYS_LEFT, "22" } };
    for (unsigned i = 0; i < COUNT_OF(parts); i++) {
        buf_init_fixed(&b, storage, sizeof(storage));
        tls_put_peer_certificate(s, parts[i].part, &b);
        assert_true(span_eq(buf_span(&b), span_from(parts[i].text)));
    }
    buf_init_fixed(&b, storage, sizeof(storage));
    tls_put_peer_certificate(s, TLS_PART_PEM, &b);
    assert_true(span_eq(buf_span(&b), client_leaf.certificate_pem));
    buf_init_fixed(&b, storage, sizeof(storage));
    tls_put_peer_certificate(s, TLS_PART_FINGERPRINT, &b);
    assert_int_equal(b.len, 40);
    play_end();
}

/* nginx's way: the handshake goes through, and the answer tells. */
static void test_lenient_verification_tells(void **state)
{
    struct tls_pair pair = pair_of(&leaf), mine = pair_of(&client_leaf);
    struct tls_settings server = { .pairs = &pair,
                                   .pair_count = 1,
                                   .trusted = other_ca.certificate_pem,
                                   .verify = TLS_VERIFY_REQUIRED,
                                   .verify_lenient = true };

    (void)state;
    play_begin(make_context(&server),
               make_context(&(struct tls_settings){ .client = true, .pairs = &mine, .pair_count = 1 }));
    play_start(&(struct tls_peer){ 0 }, NULL, NULL);
    play_shake();
    assert_true(play.server.ready);
    assert_int_not_equal(tls_verify_result(play.server.conn.tls), X509_V_OK);
    play_talk();
    play_end();
}

static void test_a_revoked_client(void **state)
{
    struct tls_pair pair = pair_of(&leaf), mine = pair_of(&client_leaf);
    struct span crl = pki_revocation_list(&ca, &client_leaf);
    struct tls_settings server = { .pairs = &pair,
                                   .pair_count = 1,
                                   .trusted = ca.certificate_pem,
                                   .revoked = crl,
                                   .verify = TLS_VERIFY_REQUIRED };

    (void)state;
    play_begin(make_context(&server),
               make_context(&(struct tls_settings){ .client = true, .pairs = &mine, .pair_count = 1 }));
    play_start(&(struct tls_peer){ 0 }, NULL, NULL);
    play_shake();
    assert_true(play.server.failed);
    assert_int_equal(tls_failure(play.server.conn.tls)->code, TLS_REVOKED);
    play_end();
    free((void *)(uintptr_t)crl.ptr);
}

/* --- resuming --- */
static bool connect_and_ask_resumed(struct tls_resume *r)
{
    play_start(&(struct tls_peer){ .server_name = SPAN("one.example"), .resume = r }, NULL, NULL);
    play_shake();
    assert_true(play.client.ready && play.server.ready);
    play_talk();
    bool resumed = tls_is_resumed(play.server.conn.tls);
    assert_int_equal(tls_is_resumed(play.client.conn.tls), resumed);
    play_hang_up();
    return resumed;
}

static struct tls_settings with_pair(struct tls_pair *pair)
{
    *pair = pair_of(&leaf);
    return (struct tls_settings){ .pairs = pair, .pair_count = 1 };
}

static void reload(const struct tls_settings *s)
{
    tls_context_put(&play.server_context);
    play.server_context = make_context(s);
}

static void test_tickets_survive_reload_and_rotation(void **state)
{
    static const enum tls_version versions[] = { TLS_1_2, TLS_1_3 };
    struct tls_pair pair;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct tls_tickets *tickets = tls_tickets_new();
        struct tls_settings s = with_pair(&pair);
        struct tls_resume r = { 0 };
        s.tickets = tickets;
        s.max = versions[i];
        play_begin(make_context(&s), verifying_client());
        assert_false(connect_and_ask_resumed(&r));
        assert_true(connect_and_ask_resumed(&r));
        reload(&s);
        assert_true(connect_and_ask_resumed(&r));
        tls_tickets_rotate(tickets);
        assert_true(connect_and_ask_resumed(&r)); /* the old key still opens ... */
        tls_tickets_rotate(tickets);
        tls_tickets_rotate(tickets);
        assert_true(connect_and_ask_resumed(&r)); /* ... and a ticket of the new one was given */
        for (unsigned k = 0; k < TLS_TICKET_KEYS; k++)
            tls_tickets_rotate(tickets);
        assert_false(connect_and_ask_resumed(&r));

        struct tls_ticket_key key;
        static const char bytes[48] = "name name name..hmac hmac hmac..aes aes aes aes.";
        assert_true(tls_ticket_key_parse(span_of(bytes, sizeof(bytes)), &key));
        assert_false(tls_ticket_key_parse(span_of(bytes, 47), &key));
        tls_tickets_set(tickets, &key, 1);
        assert_false(connect_and_ask_resumed(&r));
        assert_true(connect_and_ask_resumed(&r));
        s.session_scope = SPAN("another");
        reload(&s);
        assert_false(connect_and_ask_resumed(&r)); /* another scope: not for this one */
        tls_resume_fini(&r);
        tls_tickets_put(&tickets);
        play_end();
    }
}

static void test_the_cache_serves_who_takes_no_tickets(void **state)
{
    struct tls_pair pair;
    struct tls_cache *cache = tls_cache_new(2);
    struct tls_settings s = with_pair(&pair);
    struct tls_resume r = { 0 }, crowd[3] = { { 0 }, { 0 }, { 0 } };

    (void)state;
    s.cache = cache;
    s.no_tickets = true;
    s.max = TLS_1_2;
    play_begin(make_context(&s), verifying_client());
    assert_false(connect_and_ask_resumed(&r));
    assert_true(connect_and_ask_resumed(&r));
    reload(&s);
    assert_true(connect_and_ask_resumed(&r));
    for (unsigned i = 0; i < 3; i++)
        assert_false(connect_and_ask_resumed(&crowd[i]));
    assert_false(connect_and_ask_resumed(&r)); /* pushed out by the crowd */
    assert_true(connect_and_ask_resumed(&crowd[2]));
    for (unsigned i = 0; i < 3; i++)
        tls_resume_fini(&crowd[i]);
    tls_resume_fini(&r);
    tls_cache_put(&cache);
    play_end();
}

static void test_without_tickets_nothing_resumes(void **state)
{
    static const enum tls_version versions[] = { TLS_1_2, TLS_1_3 };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct tls_pair pair;
        struct tls_settings s = with_pair(&pair);
        struct tls_resume r = { 0 };
        s.no_tickets = true;
        s.max = versions[i];
        play_begin(make_context(&s), verifying_client());
        assert_false(connect_and_ask_resumed(&r));
        assert_false(connect_and_ask_resumed(&r));
        tls_resume_fini(&r);
        play_end();
    }
}

/* --- bytes --- */
static void start_plainly(void)
{
    play_begin(server_for(&leaf), verifying_client());
    play_start(&(struct tls_peer){ 0 }, NULL, NULL);
    play_shake();
    assert_true(play.client.ready && play.server.ready);
}

/* A megabyte in odd pieces, with a small socket buffer so that it stops and goes on. */
static void test_many_bytes_arrive_in_order(void **state)
{
    enum { TOTAL = 1 << 20 };
    char *block = malloc(TOTAL);
    size_t sent = 0;
    int small = 8192;

    (void)state;
    for (size_t i = 0; i < TOTAL; i++)
        block[i] = (char)(i * 31 + i / 251);
    start_plainly();
    assert_return_code(setsockopt(play.server.conn.watch.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
                       0);
    bool was_full = false;
    for (unsigned i = 0; i < 20000 && play.client.in_len < TOTAL; i++) {
        if (sent < TOTAL) {
            size_t left = TOTAL - sent, head = left < 777 ? left : 777;
            struct iovec parts[2] = { { block + sent, head }, { block + sent + head, left - head } };
            struct conn_done d = conn_writev(&play.server.conn, parts, left > head ? 2 : 1, false);
            assert_true(d.result == CONN_OK || d.result == CONN_AGAIN);
            sent += d.len;
            was_full |= d.result == CONN_AGAIN;
        }
        loop_turn(play.loop, 2);
    }
    assert_true(was_full);
    assert_int_equal(play.client.in_len, TOTAL);
    assert_memory_equal(play.client.in, block, TOTAL);
    assert_true(conn_is_flushed(&play.server.conn));
    assert_int_equal(loop_chunks(play.loop)->used, 0);
    free(block);
    play_end();
}

static void read_everything(struct conn *c)
{
    end_on_ready(c);
}
static void look_only(struct conn *c)
{
    (void)c;
}

/* Reads of the caller's size, smaller than a record: what OpenSSL holds must not wait for an event. */
static void test_reads_smaller_than_a_record(void **state)
{
    static char block[40000];
    size_t got = 0;

    (void)state;
    start_plainly();
    memset(block, 'x', sizeof(block));
    play.client.conn.on_ready = look_only;
    assert_int_equal(conn_write(&play.server.conn, block, sizeof(block)).len, sizeof(block));
    for (unsigned i = 0; i < 1000 && got < sizeof(block); i++) {
        char into[1000];
        struct conn_done d = conn_read(&play.client.conn, into, sizeof(into));
        if (d.result == CONN_AGAIN) {
            loop_turn(play.loop, 20);
            continue;
        }
        assert_int_equal(d.result, CONN_OK);
        got += d.len;
    }
    assert_int_equal(got, sizeof(block));
    play.client.conn.on_ready = read_everything;
    play_end();
}

/* Head and body of one writev are one record, and a large one is several records in one send. */
static void test_parts_are_gathered(void **state)
{
    unsigned char raw[70000];
    static char body[50000];

    (void)state;
    start_plainly();
    play.client.conn.on_ready = look_only;
    play_turns(3);
    struct iovec parts[3] = { { (char[]){ "head" }, 4 }, { body, 0 }, { body, 1000 } };
    assert_int_equal(conn_writev(&play.server.conn, parts, 3, false).len, 1004);
    play_turns(3);
    ssize_t n = recv(play.client.conn.watch.fd, raw, sizeof(raw), MSG_PEEK);
    assert_true(n > 1004);
    assert_int_equal(raw[0], 23);
    assert_int_equal((raw[3] << 8 | raw[4]) + 5, n); /* one record */
    char into[2000];
    assert_int_equal(conn_read(&play.client.conn, into, sizeof(into)).len, 1004);
    parts[2].iov_len = sizeof(body);
    (void)conn_writev(&play.server.conn, parts, 3, false);
    (void)conn_writev(&play.server.conn, parts, 3, false);
    play_turns(3);
    n = recv(play.client.conn.watch.fd, raw, sizeof(raw), MSG_PEEK);
    assert_int_equal(raw[3] << 8 | raw[4], 16384 + 17); /* full records */
    play.client.conn.on_ready = read_everything;
    play_end();
}

static void test_sendfile_encrypts(void **state)
{
    int file = memfd_create("test", 0);
    off_t at = 1;

    (void)state;
    start_plainly();
    assert_int_equal(write(file, "0123456789", 10), 10);
    assert_int_equal(conn_sendfile(&play.server.conn, file, &at, 100).len, 9);
    assert_int_equal(at, 10);
    assert_int_equal(conn_sendfile(&play.server.conn, file, &at, 100).result, CONN_EOF);
    play_turns(5);
    assert_int_equal(play.client.in_len, 9);
    assert_memory_equal(play.client.in, "123456789", 9);
    (void)close(file);
    play_end();
}

/* --- endings --- */
static void test_half_close_and_clean_ends(void **state)
{
    (void)state;
    start_plainly();
    conn_shutdown_write(&play.client.conn);
    play_turns(5);
    assert_true(play.server.eof);
    assert_false(play.server.conn.unclean_eof);
    assert_int_equal(conn_write(&play.client.conn, "x", 1).error, EPIPE);
    assert_int_equal(conn_write(&play.server.conn, "still here", 10).len, 10);
    play_turns(5);
    assert_memory_equal(play.client.in, "still here", 10);
    conn_close(&play.server.conn);
    play_turns(5);
    assert_true(play.client.eof);
    assert_false(play.client.conn.unclean_eof); /* close says goodbye */
    play_end();
}

static void test_an_end_without_goodbye_is_told(void **state)
{
    (void)state;
    start_plainly();
    assert_return_code(shutdown(play.server.conn.watch.fd, SHUT_WR), 0);
    play_turns(5);
    assert_true(play.client.eof);
    assert_true(play.client.conn.unclean_eof);
    play_end();
}

/* An answer that was given early, and then a reset: who cannot write any more still reads it. */
static void test_an_early_answer_outlives_a_failed_write(void **state)
{
    char into[64];

    (void)state;
    start_plainly();
    play.client.conn.on_ready = play.server.conn.on_ready = look_only;
    assert_int_equal(conn_write(&play.client.conn, "a body", 6).len, 6);
    play_turns(3);
    assert_int_equal(conn_write(&play.server.conn, "denied", 6).len, 6);
    conn_close(&play.server.conn); /* with unread bytes, so TCP resets */
    play_turns(3);
    struct conn_done d = { 0 };
    for (unsigned i = 0; i < 10 && d.result != CONN_ERROR; i++) {
        d = conn_write(&play.client.conn, "more of it", 10);
        play_turns(1);
    }
    assert_int_equal(d.result, CONN_ERROR);
    assert_int_equal(conn_read(&play.client.conn, into, sizeof(into)).len, 6);
    assert_memory_equal(into, "denied", 6);
    assert_int_equal(conn_write(&play.client.conn, "x", 1).result, CONN_ERROR);
    assert_int_equal(loop_chunks(play.loop)->used, 0);
    play_end();
}

static void test_shutdown_waits_for_what_is_inside(void **state)
{
    static char block[1 << 18];
    size_t sent = 0;

    (void)state;
    start_plainly();
    play.client.conn.on_ready = look_only; /* does not read yet */
    int small = 4096;
    assert_return_code(setsockopt(play.server.conn.watch.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
                       0);
    for (;;) {
        struct conn_done d = conn_write(&play.server.conn, block, sizeof(block));
        if (d.result == CONN_AGAIN)
            break;
        sent += d.len;
        assert_true(sent < 64u << 20);
        if (sent > sizeof(play.client.in) - sizeof(block))
            break;
    }
    conn_shutdown_write(&play.server.conn);
    play.client.conn.on_ready = read_everything;
    for (unsigned i = 0; i < 2000 && !play.client.eof; i++) {
        conn_again(&play.client.conn);
        loop_turn(play.loop, 2);
    }
    assert_true(play.client.eof);
    assert_false(play.client.conn.unclean_eof);
    assert_int_equal(play.client.in_len, sent);
    play_end();
}

static void test_plain_http_on_a_tls_port(void **state)
{
    (void)state;
    play_begin(server_for(&leaf), verifying_client());
    play_open_conns();
    conn_start_tls(&play.server.conn, tls_session_server(play.loop, play.server_context, NULL, NULL));
    assert_true(conn_write(&play.client.conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27).len == 27);
    for (unsigned i = 0; i < 50 && !play.server.failed; i++)
        loop_turn(play.loop, 20);
    assert_true(play.server.failed);
    assert_int_equal(tls_failure(play.server.conn.tls)->code, TLS_HTTP_REQUEST);
    conn_strip_tls(&play.server.conn);
    assert_int_equal(conn_write(&play.server.conn, "HTTP/1.1 400", 12).len, 12);
    play_turns(5);
    assert_memory_equal(play.client.in, "HTTP/1.1 400", 12);
    play_end();
}

static void test_a_peer_that_leaves_in_the_handshake(void **state)
{
    (void)state;
    play_begin(server_for(&leaf), verifying_client());
    play_open_conns();
    conn_start_tls(&play.server.conn, tls_session_server(play.loop, play.server_context, NULL, NULL));
    conn_close(&play.client.conn);
    for (unsigned i = 0; i < 50 && !play.server.failed; i++)
        loop_turn(play.loop, 20);
    assert_int_equal(tls_failure(play.server.conn.tls)->code, TLS_CLOSED);
    play_end();
}

static void test_nonsense_is_a_protocol_error(void **state)
{
    static char zeros[300];

    (void)state;
    play_begin(server_for(&leaf), verifying_client());
    play_open_conns();
    conn_start_tls(&play.server.conn, tls_session_server(play.loop, play.server_context, NULL, NULL));
    assert_int_equal(conn_write(&play.client.conn, zeros, sizeof(zeros)).result, CONN_OK);
    for (unsigned i = 0; i < 50 && !play.server.failed; i++)
        loop_turn(play.loop, 20);
    assert_true(play.server.failed);
    assert_true(tls_failure(play.server.conn.tls)->code == TLS_PROTOCOL ||
                tls_failure(play.server.conn.tls)->code == TLS_NO_SHARED);
    play_end();
}

/* Bytes that are broken on the way end both directions, with EPROTO. */
static void test_a_broken_record(void **state)
{
    char into[16];

    (void)state;
    start_plainly();
    play.server.conn.on_ready = look_only;
    static const char junk[] = "\x17\x03\x03\x00\x20this is no record of this session";
    assert_int_equal(send(play.client.conn.watch.fd, junk, sizeof(junk), 0), sizeof(junk));
    play_turns(5);
    struct conn_done d = conn_read(&play.server.conn, into, sizeof(into));
    assert_int_equal(d.result, CONN_ERROR);
    assert_int_equal(d.error, EPROTO);
    assert_int_equal(tls_failure(play.server.conn.tls)->code, TLS_PROTOCOL);
    assert_int_equal(conn_read(&play.server.conn, into, sizeof(into)).error, EPROTO);
    assert_int_equal(conn_write(&play.server.conn, "x", 1).error, EPROTO);
    play.server.conn.on_ready = read_everything;
    play_end();
}

static void test_no_chunk_refuses_one_connection(void **state)
{
    (void)state;
    start_plainly();
    struct chunks *c = loop_chunks(play.loop);
    c->ceiling = 1;
    assert_int_equal(conn_write(&play.server.conn, "x", 1).error, ENOMEM);
    c->ceiling = 0;
    play_end();
}

/* --- building --- */
static void expect_bad(const struct tls_settings *s, enum tls_error code, uint32_t item)
{
    struct tls_failure why;

    assert_null(tls_context_new(s, &why));
    assert_int_equal(why.code, code);
    assert_int_equal(why.item, item);
    assert_true(why.text[0] != '\0');
}

static void test_bad_settings_are_named(void **state)
{
    struct tls_pair good = pair_of(&leaf);
    struct tls_pair two[2] = { good, { .certificate = leaf.certificate_pem, .key = second.key_pem } };

    (void)state;
    expect_bad(&(struct tls_settings){ .pairs = two, .pair_count = 2 }, TLS_KEY_MISMATCH, 1);
    two[1].key = rsa.key_pem;
    expect_bad(&(struct tls_settings){ .pairs = two, .pair_count = 2 }, TLS_KEY_MISMATCH, 1);
    two[1].key = SPAN("no key");
    expect_bad(&(struct tls_settings){ .pairs = two, .pair_count = 2 }, TLS_BAD_KEY, 1);
    two[1].certificate = SPAN("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    expect_bad(&(struct tls_settings){ .pairs = two, .pair_count = 2 }, TLS_BAD_CERTIFICATE, 1);
    two[1].certificate = SPAN("");
    expect_bad(&(struct tls_settings){ .pairs = two, .pair_count = 2 }, TLS_BAD_CERTIFICATE, 1);
    expect_bad(&(struct tls_settings){ .client = true, .trusted = SPAN("nothing") }, TLS_BAD_CA, 0);
    expect_bad(&(struct tls_settings){ .client = true, .revoked = SPAN("nothing") }, TLS_BAD_CRL, 0);
    expect_bad(&(struct tls_settings){ .ciphers = "NO-SUCH" }, TLS_BAD_CIPHERS, 0);
    expect_bad(&(struct tls_settings){ .ciphersuites = "NO-SUCH" }, TLS_BAD_CIPHERS, 0);
    expect_bad(&(struct tls_settings){ .groups = "NO-SUCH" }, TLS_BAD_GROUPS, 0);
    expect_bad(&(struct tls_settings){ .dh = SPAN("nothing") }, TLS_BAD_DH, 0);
    expect_bad(&(struct tls_settings){ .alpn = SPAN("h2") }, TLS_BAD_ALPN, 0);
    expect_bad(&(struct tls_settings){ .min = TLS_1_3, .max = TLS_1_2 }, TLS_BAD_VERSION, 0);
}

static void test_keys_with_passphrases(void **state)
{
    struct span locked = pki_locked_key(&leaf, "right");
    struct tls_pair pair = { .certificate = leaf.certificate_pem, .key = locked };

    (void)state;
    expect_bad(&(struct tls_settings){ .pairs = &pair, .pair_count = 1 }, TLS_BAD_KEY, 0);
    pair.passphrase = SPAN("wrong\n");
    expect_bad(&(struct tls_settings){ .pairs = &pair, .pair_count = 1 }, TLS_BAD_KEY, 0);
    pair.passphrase = SPAN("wrong\nright\r\nother");
    struct tls_context *c = make_context(&(struct tls_settings){ .pairs = &pair, .pair_count = 1 });
    tls_context_put(&c);
    free((void *)(uintptr_t)locked.ptr);
}

static void collect(void *to, struct span name)
{
    struct buf *b = to;

    buf_put(b, name);
    buf_put_char(b, ' ');
}

static void test_names_of_a_certificate(void **state)
{
    struct tls_context *c = server_for(&leaf), *d = server_for(&client_leaf);
    char storage[128];
    struct buf b;

    (void)state;
    buf_init_fixed(&b, storage, sizeof(storage));
    tls_context_names(c, 0, collect, &b);
    tls_context_names(d, 0, collect, &b);
    assert_true(span_eq(buf_span(&b), SPAN("one.example *.wild.example a client ")));
    tls_context_put(&c);
    tls_context_put(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_versions_talk),
        cmocka_unit_test(test_a_certificate_of_each_kind),
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_server_names),
        cmocka_unit_test(test_strict_names_refuse),
        cmocka_unit_test(test_a_picked_context_brings_its_settings),
        cmocka_unit_test(test_the_server_must_be_who_it_should),
        cmocka_unit_test(test_client_certificates),
        cmocka_unit_test(test_lenient_verification_tells),
        cmocka_unit_test(test_a_revoked_client),
        cmocka_unit_test(test_tickets_survive_reload_and_rotation),
        cmocka_unit_test(test_the_cache_serves_who_takes_no_tickets),
        cmocka_unit_test(test_without_tickets_nothing_resumes),
        cmocka_unit_test(test_many_bytes_arrive_in_order),
        cmocka_unit_test(test_reads_smaller_than_a_record),
        cmocka_unit_test(test_parts_are_gathered),
        cmocka_unit_test(test_sendfile_encrypts),
        cmocka_unit_test(test_half_close_and_clean_ends),
        cmocka_unit_test(test_an_end_without_goodbye_is_told),
        cmocka_unit_test(test_an_early_answer_outlives_a_failed_write),
        cmocka_unit_test(test_shutdown_waits_for_what_is_inside),
        cmocka_unit_test(test_plain_http_on_a_tls_port),
        cmocka_unit_test(test_a_peer_that_leaves_in_the_handshake),
        cmocka_unit_test(test_nonsense_is_a_protocol_error),
        cmocka_unit_test(test_a_broken_record),
        cmocka_unit_test(test_no_chunk_refuses_one_connection),
        cmocka_unit_test(test_bad_settings_are_named),
        cmocka_unit_test(test_keys_with_passphrases),
        cmocka_unit_test(test_names_of_a_certificate),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
