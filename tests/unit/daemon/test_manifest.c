/* SPDX-License-Identifier: Apache-2.0 */
/* Records between processes: what is written is read back; what is cut, longer or of another version is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/manifest.h"
#include "daemon/plan.h"

static void fill(struct arena *a, struct manifest *m)
{
    *m = (struct manifest){
        .generation = 7,
        .language = LANGUAGE_HAPROXY,
        .daemonize = true,
        .has_traffic = true,
        .threads = 2,
        .uid = 33,
        .gid = UINT32_MAX,
        .user_name = SPAN("www-data"),
        .chroot = SPAN("/var/lib/haproxy"),
        .keep = MANIFEST_KEEP_BIND,
        .files_max = 20000,
        .drain_max = DURATION_NONE,
        .server_count = 3,
    };
    struct manifest_listener l = {
        .written = SPAN("*:80"),
        .place = SPAN("haproxy.cfg:12"),
        .service = SPAN("web"),
        .inherited_fd = -1,
        .backlog = 4096,
        .sockets = 2,
        .mode = 0660,
        .uid = UINT32_MAX,
        .gid = UINT32_MAX,
        .reuseport = true,
        .v6only = true,
        .floating = true,
    };
    assert_true(address_parse_ip(SPAN("10.0.0.5"), &l.address));
    address_set_port(&l.address, 80);
    *ARENA_PUSH(a, &m->listeners) = l;
    *ARENA_PUSH(a, &m->logs) = (struct manifest_log){ SPAN("/var/log/a.log"), SPAN("nginx.conf:3") };
    *ARENA_PUSH(a, &m->pid_files) = SPAN("/run/keel.pid");
    *ARENA_PUSH(a, &m->groups) = 33;
    struct manifest_script s = {
        .name = SPAN("chk"), .takes = SCRIPT_TAKES_STATE, .uid = 1, .gid = 2, .timeout = DURATION_S(5)
    };
    *ARENA_PUSH(a, &s.argv) = SPAN("/bin/true");
    *ARENA_PUSH(a, &s.environment) = SPAN("PATH=/bin");
    s.keeps_environment = true;
    *ARENA_PUSH(a, &m->scripts) = s;
    m->startup = 0;
    m->shutdown = MANIFEST_NO_SCRIPT;
    m->net_namespace = SPAN("blue");
}

static void test_manifest_round_trip(void **state)
{
    struct arena *a = arena_new(0);
    struct manifest in, out;
    struct buf bytes;
    (void)state;

    fill(a, &in);
    buf_init(&bytes, 1 << 20);
    manifest_write(&in, &bytes);
    assert_true(manifest_read(a, buf_span(&bytes), &out));
    assert_int_equal(out.generation, 7);
    assert_int_equal(out.language, LANGUAGE_HAPROXY);
    assert_true(out.daemonize && out.has_traffic && !out.has_vrrp && !out.core_dumps);
    assert_int_equal(out.uid, 33);
    assert_int_equal(out.gid, UINT32_MAX);
    assert_true(span_eq(out.chroot, in.chroot));
    assert_true(duration_is_none(out.drain_max));
    assert_int_equal(out.listeners.count, 1);
    const struct manifest_listener *l = &out.listeners.items[0];
    assert_true(address_eq(&l->address, &in.listeners.items[0].address));
    assert_true(span_eq(l->service, SPAN("web")));
    assert_int_equal(l->inherited_fd, -1);
    assert_int_equal(l->sockets, 2);
    assert_true(l->reuseport && l->v6only && !l->retry_bind && !l->datagram && !l->transparent);
    assert_true(l->floating && !l->free_bind);
    assert_true(span_eq(out.logs.items[0].place, SPAN("nginx.conf:3")));
    assert_true(span_eq(out.scripts.items[0].argv.items[0], SPAN("/bin/true")));
    assert_true(span_eq(out.scripts.items[0].environment.items[0], SPAN("PATH=/bin")));
    assert_true(out.scripts.items[0].keeps_environment);
    assert_int_equal(out.scripts.items[0].timeout.ms, 5000);
    assert_int_equal(out.scripts.items[0].takes, SCRIPT_TAKES_STATE);
    assert_true(span_eq(out.scripts.items[0].name, SPAN("chk")));
    assert_int_equal(out.startup, 0);
    assert_int_equal(out.shutdown, MANIFEST_NO_SCRIPT);
    assert_true(span_eq(out.net_namespace, SPAN("blue")));
    buf_fini(&bytes);
    arena_free(&a);
}

static void test_manifest_refuses_what_is_not_whole(void **state)
{
    struct arena *a = arena_new(0);
    struct manifest in, out;
    struct buf bytes;
    (void)state;

    fill(a, &in);
    buf_init(&bytes, 1 << 20);
    manifest_write(&in, &bytes);
    struct span whole = buf_span(&bytes);
    for (size_t len = 0; len < whole.len; len++)
        assert_false(manifest_read(a, span_first(whole, len), &out));
    buf_put_char(&bytes, 'x');
    assert_false(manifest_read(a, buf_span(&bytes), &out)); /* longer */
    bytes.len--;
    bytes.data[3] ^= 1;
    assert_false(manifest_read(a, buf_span(&bytes), &out)); /* another version */
    buf_fini(&bytes);
    arena_free(&a);
}

static void test_handover_says_why(void **state)
{
    struct arena *a = arena_new(0);
    struct manifest old, next;
    const char *why;
    (void)state;

    fill(a, &old);
    next = old;
    assert_false(manifest_needs_handover(&old, &next, &why));
    next.threads = 4; /* more threads need nobody's place */
    next.keep = 0;    /* giving up is always possible */
    assert_false(manifest_needs_handover(&old, &next, &why));
    next = old;
    next.threads = 1;
    assert_true(manifest_needs_handover(&old, &next, &why));
    assert_string_equal(why, "fewer threads");
    next = old;
    next.chroot = SPAN("");
    assert_true(manifest_needs_handover(&old, &next, &why));
    assert_string_equal(why, "another chroot");
    next = old;
    next.keep |= MANIFEST_KEEP_ADMIN;
    assert_true(manifest_needs_handover(&old, &next, &why));
    arena_free(&a);
}

static void test_plan_round_trip(void **state)
{
    struct arena *a = arena_new(0);
    struct plan in = { .mode = PLAN_RUN,
                       .called_as = LANGUAGE_NGINX,
                       .program = SPAN("nginx"),
                       .daemonize = -1 },
                out;
    struct buf bytes;
    (void)state;

    *ARENA_PUSH(a, &in.files) = (struct plan_file){ LANGUAGE_NGINX, SPAN("/etc/nginx/nginx.conf") };
    *ARENA_PUSH(a, &in.files) = (struct plan_file){ LANGUAGE_NONE, SPAN("haproxy.cfg") };
    in.options.globals = SPAN("daemon off;");
    in.options.connections_per_proxy = 12;
    in.pid_file = SPAN("/run/x.pid");
    buf_init(&bytes, 1 << 20);
    plan_write(&in, &bytes);
    assert_true(plan_read(a, buf_span(&bytes), &out));
    assert_int_equal(out.called_as, LANGUAGE_NGINX);
    assert_int_equal(out.files.count, 2);
    assert_true(span_eq(out.files.items[1].path, SPAN("haproxy.cfg")));
    assert_true(span_eq(out.options.globals, in.options.globals));
    assert_int_equal(out.options.connections_per_proxy, 12);
    assert_true(span_eq(out.pid_file, in.pid_file));
    assert_int_equal(out.daemonize, -1);
    for (size_t len = 0; len < bytes.len; len++)
        assert_false(plan_read(a, span_first(buf_span(&bytes), len), &out));
    buf_fini(&bytes);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifest_round_trip),
        cmocka_unit_test(test_manifest_refuses_what_is_not_whole),
        cmocka_unit_test(test_handover_says_why),
        cmocka_unit_test(test_plan_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
