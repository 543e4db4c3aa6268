/* SPDX-License-Identifier: Apache-2.0 */
#include "os/limits.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static void test_files(void **state)
{
    struct rlimit before, now;

    (void)state;
    assert_return_code(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(limits_files(0), before.rlim_cur);
    assert_int_equal(limits_files_hard(), before.rlim_max);
    assert_int_equal(limits_files(100), 100);
    assert_return_code(getrlimit(RLIMIT_NOFILE, &now), 0);
    assert_int_equal(now.rlim_cur, 100);
    assert_int_equal(now.rlim_max, before.rlim_max); /* lowering is not for ever */
    /* more than anybody may have: what is in force is told */
    uint64_t got = limits_files(UINT64_C(1) << 60);
    assert_int_equal(got, limits_files(0));
    assert_true(limits_files(0) >= before.rlim_max);
    assert_return_code(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void test_core(void **state)
{
    struct rlimit before, now;

    (void)state;
    assert_return_code(getrlimit(RLIMIT_CORE, &before), 0);
    assert_true(limits_core(0));
    assert_return_code(getrlimit(RLIMIT_CORE, &now), 0);
    assert_int_equal(now.rlim_cur, 0);
    assert_return_code(setrlimit(RLIMIT_CORE, &before), 0);
}

/* --- cgroups: a made-up tree --- */
struct tree {
    char root[40], self[60];
};

static void put_file(const char *root, const char *name, const char *text)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

static void put_folder(const char *root, const char *name)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_return_code(mkdir(path, 0700), 0);
}

static int tree_make(void **state)
{
    struct tree *t = calloc(1, sizeof(*t));

    (void)snprintf(t->root, sizeof(t->root), "/tmp/keel-cgroup-XXXXXX");
    assert_non_null(mkdtemp(t->root));
    (void)snprintf(t->self, sizeof(t->self), "%s/self", t->root);
    put_folder(t->root, "a");
    put_folder(t->root, "a/b");
    put_folder(t->root, "cpu");
    put_folder(t->root, "cpu/a");
    *state = t;
    return 0;
}

static int tree_remove(void **state)
{
    static const char *const all[] = {
        "self", "a/b/cpu.max", "a/cpu.max", "cpu.max", "cpu/a/cpu.cfs_quota_us", "cpu/a/cpu.cfs_period_us"
    };
    static const char *const folders[] = { "a/b", "a", "cpu/a", "cpu", "" };
    struct tree *t = *state;
    char path[256];

    for (unsigned i = 0; i < COUNT_OF(all); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", t->root, all[i]);
        (void)unlink(path);
    }
    for (unsigned i = 0; i < COUNT_OF(folders); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", t->root, folders[i]);
        assert_return_code(rmdir(path), 0);
    }
    free(t);
    return 0;
}

static unsigned affinity(void)
{
    cpu_set_t set;
    assert_return_code(sched_getaffinity(0, sizeof(set), &set), 0);
    return (unsigned)CPU_COUNT(&set);
}

static void test_quota_of_version_2(void **state)
{
    struct tree *t = *state;

    put_file(t->root, "self", "0::/a/b\n");
    assert_int_equal(limits_cpus_at(t->root, t->self), affinity()); /* no file is no limit */
    put_file(t->root, "a/b/cpu.max", "max 100000\n");
    assert_int_equal(limits_cpus_at(t->root, t->self), affinity());
    put_file(t->root, "a/b/cpu.max", "50000 100000\n");
    assert_int_equal(limits_cpus_at(t->root, t->self), 1); /* half a processor is one thread */
    put_file(t->root, "a/b/cpu.max", "10000000 100000\n");
    assert_int_equal(limits_cpus_at(t->root, t->self), affinity()); /* never more than affinity */
    put_file(t->root, "a/cpu.max", "100000 100000\n");
    assert_int_equal(limits_cpus_at(t->root, t->self), 1); /* the parent's counts too */
    put_file(t->root, "a/cpu.max", "nonsense\n");
    assert_int_equal(limits_cpus_at(t->root, t->self), affinity());
}

static void test_quota_of_version_1(void **state)
{
    struct tree *t = *state;

    put_file(t->root, "self", "5:memory:/x\n4:cpuacct,cpu:/a\n");
    put_file(t->root, "cpu/a/cpu.cfs_quota_us", "-1\n");
    put_file(t->root, "cpu/a/cpu.cfs_period_us", "100000\n");
    assert_int_equal(limits_cpus_at(t->root, t->self), affinity());
    put_file(t->root, "cpu/a/cpu.cfs_quota_us", "90000\n");
    assert_int_equal(limits_cpus_at(t->root, t->self), 1);
}

static void test_affinity_counts(void **state)
{
    cpu_set_t before, now;

    (void)state;
    assert_return_code(sched_getaffinity(0, sizeof(before), &before), 0);
    assert_true(limits_bind_cpu(affinity() + 0u)); /* modulo: the first */
    assert_return_code(sched_getaffinity(0, sizeof(now), &now), 0);
    assert_int_equal(CPU_COUNT(&now), 1);
    assert_int_equal(limits_cpus(), 1);
    assert_return_code(sched_setaffinity(0, sizeof(before), &before), 0);
    assert_true(limits_cpus() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_core),
        cmocka_unit_test_setup_teardown(test_quota_of_version_2, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(test_quota_of_version_1, tree_make, tree_remove),
        cmocka_unit_test(test_affinity_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
