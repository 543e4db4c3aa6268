/* SPDX-License-Identifier: Apache-2.0 */
#include "os/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static void test_a_sealed_one_cannot_change(void **state)
{
    struct memfd_map m;
    int fd = memfd_open("test");

    (void)state;
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(memfd_append(fd, SPAN("hello ")));
    assert_true(memfd_append(fd, SPAN("there")));
    assert_false(memfd_is_sealed(fd));
    assert_true(memfd_seal(fd));
    assert_true(memfd_is_sealed(fd));
    assert_false(memfd_append(fd, SPAN("!")));
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_ptr_equal(mmap(NULL, 11, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_true(memfd_map(fd, 100, &m));
    assert_span(memfd_span(&m), "hello there");
    memfd_unmap(&m);
    memfd_unmap(&m);
    assert_null(m.base);
    assert_false(memfd_map(fd, 10, &m)); /* longer than we want to take */
    assert_int_equal(errno, EFBIG);
    (void)close(fd);
}

static void test_sealing_waits_for_writable_maps(void **state)
{
    int fd = memfd_open("test");

    (void)state;
    assert_return_code(ftruncate(fd, 4096), 0);
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_false(memfd_seal(fd));
    assert_int_equal(errno, EBUSY);
    (void)munmap(map, 4096);
    assert_true(memfd_seal(fd));
    (void)close(fd);
}

static void test_an_empty_one(void **state)
{
    struct memfd_map m;
    int fd = memfd_open("test");

    (void)state;
    assert_true(memfd_seal(fd));
    assert_true(memfd_map(fd, 0, &m));
    assert_int_equal(memfd_span(&m).len, 0);
    memfd_unmap(&m);
    (void)close(fd);
}

static void test_shared_memory_between_processes(void **state)
{
    struct memfd_map m;
    int fd = memfd_open_shared("test", 4096);

    (void)state;
    assert_true(memfd_map_shared(fd, 4096, &m));
    _Atomic int *number = m.base;
    assert_int_equal(atomic_load(number), 0);
    assert_int_equal(ftruncate(fd, 1), -1);
    pid_t child = fork();
    if (child == 0) {
        atomic_store(number, 42);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(atomic_load(number), 42);
    memfd_unmap(&m);
    assert_false(memfd_map_shared(fd, 100, &m));
    assert_int_equal(errno, EINVAL);
    (void)close(fd);
}

/* A file that could shrink under us would kill us by SIGBUS. */
static void test_what_can_shrink_is_not_shared(void **state)
{
    struct memfd_map m;
    int fd = memfd_open("test");

    (void)state;
    assert_return_code(ftruncate(fd, 100), 0);
    assert_false(memfd_map_shared(fd, 100, &m));
    assert_int_equal(errno, EINVAL);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sealed_one_cannot_change),
        cmocka_unit_test(test_sealing_waits_for_writable_maps),
        cmocka_unit_test(test_an_empty_one),
        cmocka_unit_test(test_shared_memory_between_processes),
        cmocka_unit_test(test_what_can_shrink_is_not_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
