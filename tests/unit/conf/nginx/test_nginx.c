/* SPDX-License-Identifier: Apache-2.0 */
/* What golden files cannot show: options, defaults by prefix, recognition, and that the tables are sound. */
#include <errno.h>

#include "base/map.h"
#include "conf/common/dialect.h"
#include "conf/common/diag_conf.h"
#include "unit.h"

struct reading {
    struct arena *arena;
    struct config *config;
    struct diags *diags;
    struct span text;
};

static struct answer ask(void *self, enum question q, struct span key)
{
    const struct reading *r = self;
    if (q == ASK_FILE && span_eq(key, SPAN("/srv/conf/nginx.conf")))
        return (struct answer){ .bytes = r->text };
    return (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

static struct reading read_text(struct span text, enum language called_as,
                                const struct dialect_options *options)
{
    static const struct span file = SPAN_INIT("/srv/conf/nginx.conf");
    struct reading r = { arena_new(0), config_new(), diags_new(), text };
    struct world world = { .self = &r, .ask = ask };
    r.config->process.language = called_as;
    dialect_nginx.read(r.config, r.diags, &world, &file, 1, options);
    return r;
}

static void end(struct reading *r)
{
    config_free(&r->config);
    diags_free(&r->diags);
    arena_free(&r->arena);
}

#define MINIMAL SPAN("events {} http { server { listen 80; } }")

static void debian_has_its_own_folders(void **state)
{
    (void)state;
    struct reading r = read_text(MINIMAL, LANGUAGE_NGINX, NULL);
    assert_int_equal(diags_total(r.diags), 0);
    assert_span(r.config->process.pid_files.items[0], "/run/nginx.pid");
    assert_span(r.config->error_logs.items[0].target->path, "/var/log/nginx/error.log");
    assert_span(r.config->log_targets.items[0]->path, "/var/log/nginx/access.log");
    assert_int_equal(r.config->process.threads, 1);
    assert_int_equal(r.config->process.connections_per_thread, 512);
    assert_true(r.config->process.daemonize);
    end(&r);
}

static void another_prefix_has_logs_beneath_it(void **state)
{
    (void)state;
    struct dialect_options o = { .prefix = SPAN("/srv") };
    struct reading r = read_text(MINIMAL, LANGUAGE_NGINX, &o);
    assert_span(r.config->process.pid_files.items[0], "/srv/logs/nginx.pid");
    assert_span(r.config->error_logs.items[0].target->path, "/srv/logs/error.log");
    assert_span(r.config->log_targets.items[0]->path, "/srv/logs/access.log");
    end(&r);
}

static void without_nginx_s_name_no_pid_file_is_made_up(void **state)
{
    (void)state;
    struct reading r = read_text(MINIMAL, LANGUAGE_NONE, NULL);
    assert_int_equal(r.config->process.pid_files.count, 0);
    end(&r);
    r = read_text(SPAN("pid run/x.pid; events {}"), LANGUAGE_NONE, NULL);
    assert_span(r.config->process.pid_files.items[0], "/usr/share/nginx/run/x.pid");
    end(&r);
}

static void the_command_line_comes_first(void **state)
{
    (void)state;
    struct dialect_options o = { .globals = SPAN("daemon off; worker_processes 4; "),
                                 .error_log = SPAN("stderr") };
    struct reading r = read_text(SPAN("events {} daemon on;"), LANGUAGE_NGINX, &o);
    assert_int_equal(diags_total(r.diags), 1); /* it is there twice, as nginx says too */
    assert_ptr_equal(diags_at(r.diags, 0)->kind, &conf_duplicate);
    assert_int_equal(r.config->process.threads, 4);
    assert_false(r.config->process.daemonize);
    assert_int_equal(r.config->error_logs.items[0].target->kind, LOG_STDERR);
    end(&r);
}

static void a_file_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct config *c = config_new();
    struct diags *d = diags_new();
    struct reading r = { .text = SPAN("") };
    struct world world = { .self = &r, .ask = ask };
    struct span file = SPAN("/nowhere/nginx.conf");
    dialect_nginx.read(c, d, &world, &file, 1, NULL);
    struct buf out;
    buf_init(&out, 10000);
    diags_show(d, &out, DIAG_SHOW_NGINX, false);
    assert_holds(buf_span(&out), "open() \"/nowhere/nginx.conf\" failed (2: No such file or directory)");
    buf_fini(&out);
    config_free(&c);
    diags_free(&d);
}

static void every_mistake_of_a_file_is_told(void **state)
{
    (void)state;
    struct reading r = read_text(SPAN("usr a;\nevents {}\nhttp { server { lisen 80; return 999999; "
                                      "location / { proxy_pass foo; } } }"),
                                 LANGUAGE_NGINX, NULL);
    assert_int_equal(diags_count(r.diags, SEVERITY_ERROR), 4);
    end(&r);
}

static void files_are_recognised(void **state)
{
    (void)state;
    static const struct {
        struct span text;
        bool is;
    } rows[] = {
        { SPAN_INIT("worker_processes 1;\nevents {\n}\n"), true },
        { SPAN_INIT("http {\r\n    server {\r\n listen 80;\r\n}\r\n}\r\n"), true },
        { SPAN_INIT("server { listen 80; proxy_pass x; }\n"), true },
        { SPAN_INIT("global\n    daemon\nfrontend a\n    bind :80\n"), false },
        { SPAN_INIT("! keepalived\nglobal_defs {\n router_id a\n}\nvrrp_instance V {\n}\n"), false },
        { SPAN_INIT(""), false },
        { SPAN_INIT("# server {\n"), false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned points = dialect_nginx.recognise(SPAN("a.conf"), rows[i].text);
        assert_true(points <= 100);
        assert_int_equal(points >= 40, rows[i].is);
        assert_true(dialect_nginx.recognise(SPAN("/etc/nginx/nginx.conf"), rows[i].text) >= points);
    }
}

/* A row is whole, and no other row of its name says something else about the same place and arguments. */
static void check_row(const struct keyword_table *t, const struct keyword *k)
{
    assert_true(k->in != 0);
    assert_true(k->max == ARGS_ANY || k->min <= k->max);
    if (k->support == KEYWORD_REFUSED)
        assert_non_null(k->today);
    if (k->support == KEYWORD_SERVED || k->support == KEYWORD_OLD) {
        assert_non_null(k->handle);
        assert_non_null(k->manual);
    }
    for (size_t i = 0; t->lists[i]; i++)
        for (const struct keyword *other = t->lists[i]; other->name; other++)
            if (other != k && strcmp(other->name, k->name) == 0 && (other->in & k->in))
                print_error("two rows of %s\n", k->name);
    for (size_t i = 0; t->lists[i]; i++)
        for (const struct keyword *other = t->lists[i]; other->name; other++)
            assert_false(other != k && strcmp(other->name, k->name) == 0 && (other->in & k->in));
}

static void the_keyword_table_is_sound(void **state)
{
    (void)state;
    const struct keyword_table *t = dialect_nginx.keywords;
    unsigned count = 0;
    for (size_t i = 0; t->lists[i]; i++) {
        for (const struct keyword *k = t->lists[i]; k->name; k++) {
            check_row(t, k);
            count++;
        }
    }
    assert_true(count > 700);
}

static void codes_are_unique_and_sentences_are_in_both_languages(void **state)
{
    (void)state;
    const struct diag_kind *const *const tables[] = { diag_conf_kinds, dialect_nginx.kinds };
    struct arena *a = arena_new(0);
    struct map codes;
    map_init(&codes, false);
    for (size_t i = 0; i < 2; i++) {
        for (const struct diag_kind *const *k = tables[i]; *k; k++) {
            struct diag_kind copy = **k;
            assert_null(map_put(a, &codes, span_from(copy.code), a));
            assert_int_equal(strlen(copy.code), 5);
            assert_non_null(copy.en);
            assert_non_null(copy.zh);
        }
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debian_has_its_own_folders),
        cmocka_unit_test(another_prefix_has_logs_beneath_it),
        cmocka_unit_test(without_nginx_s_name_no_pid_file_is_made_up),
        cmocka_unit_test(the_command_line_comes_first),
        cmocka_unit_test(a_file_that_is_not_there_is_said),
        cmocka_unit_test(every_mistake_of_a_file_is_told),
        cmocka_unit_test(files_are_recognised),
        cmocka_unit_test(the_keyword_table_is_sound),
        cmocka_unit_test(codes_are_unique_and_sentences_are_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
