/* SPDX-License-Identifier: Apache-2.0 */
/* Root's cases are skipped without root. Each runs in a child, which cannot get its privileges back. */
#include "os/privilege.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/child.h"

#define NOBODY 65534

#define CHECK(n, cond)                                                                                       \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            _exit(n);                                                                                        \
    } while (0)

static void drop_all(void)
{
    const char *step = NULL;
    gid_t groups[4] = { 0 };
    const struct privilege_drop d = { .uid = NOBODY, .gid = NOBODY };

    CHECK(1, privilege_has(PRIVILEGE_ADMIN));
    CHECK(2, privilege_drop(&d, &step));
    CHECK(3, getuid() == NOBODY && geteuid() == NOBODY && getgid() == NOBODY && getegid() == NOBODY);
    CHECK(4, getgroups(4, groups) == 0);
    CHECK(5, !privilege_has(PRIVILEGE_ADMIN) && !privilege_has(PRIVILEGE_BIND));
    CHECK(6, setuid(0) < 0);
    CHECK(7,
          prctl(PR_CAPBSET_READ, 12) == 0); /* CAP_NET_ADMIN is out of reach, also for what it would start */
    _exit(0);
}

static void keep_some(void)
{
    const char *step = NULL;
    const gid_t groups[] = { 7, 9 };
    gid_t got[4];
    const struct privilege_drop d = { .uid = NOBODY,
                                      .gid = NOBODY,
                                      .groups = groups,
                                      .group_count = 2,
                                      .keep = PRIVILEGE_BIND | PRIVILEGE_RAW };

    CHECK(1, privilege_drop(&d, &step));
    CHECK(2, privilege_has(PRIVILEGE_BIND) && privilege_has(PRIVILEGE_RAW));
    CHECK(3, !privilege_has(PRIVILEGE_ADMIN) && !privilege_has(PRIVILEGE_SYS_ADMIN));
    CHECK(4, getgroups(4, got) == 2 && got[0] == 7 && got[1] == 9);
    CHECK(5, setuid(0) < 0);
    CHECK(6, prctl(PR_GET_KEEPCAPS) == 0);
    _exit(0);
}

static void root_stays_but_powerless(void)
{
    const char *step = NULL;
    const struct privilege_drop d = { .uid = (uid_t)-1, .gid = (gid_t)-1, .keep = PRIVILEGE_RAW };

    CHECK(1, privilege_drop(&d, &step));
    CHECK(2, getuid() == 0 && privilege_has(PRIVILEGE_RAW) && !privilege_has(PRIVILEGE_ADMIN));
    _exit(0);
}

static void into_a_folder(void)
{
    const char *step = NULL;
    struct privilege_drop d = { .uid = NOBODY, .gid = NOBODY, .chroot = "/nonexistent" };
    char where[64];

    CHECK(1, !privilege_drop(&d, &step) && errno == ENOENT && strcmp(step, "chroot()") == 0);
    d.chroot = "/tmp";
    CHECK(2, privilege_drop(&d, &step));
    CHECK(3, getcwd(where, sizeof(where)) && strcmp(where, "/") == 0);
    struct stat st;
    CHECK(4, stat("/proc/self", &st) < 0);
    _exit(0);
}

static void without_root(void)
{
    const char *step = NULL;
    struct privilege_drop d = { .uid = NOBODY, .gid = NOBODY };

    CHECK(1, privilege_drop(&d, &step)); /* once from root */
    CHECK(2, privilege_drop(&d, &step)); /* what we are already is fine */
    d.keep = PRIVILEGE_BIND;             /* we have none to keep: that is no error */
    CHECK(3, privilege_drop(&d, &step) && !privilege_has(PRIVILEGE_BIND));
    d.uid = 0;
    CHECK(4, !privilege_drop(&d, &step) && errno == EPERM && strcmp(step, "setuid()") == 0);
    _exit(0);
}

static void test_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(status_of(drop_all), 0);
    assert_int_equal(status_of(keep_some), 0);
    assert_int_equal(status_of(root_stays_but_powerless), 0);
    assert_int_equal(status_of(into_a_folder), 0);
    assert_int_equal(status_of(without_root), 0);
}

static void nothing_new(void)
{
    CHECK(1, privilege_no_new());
    CHECK(2, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    _exit(0);
}

static void test_no_new_privileges(void **state)
{
    (void)state;
    assert_int_equal(status_of(nothing_new), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_no_new_privileges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
