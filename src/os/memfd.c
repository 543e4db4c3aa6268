/* SPDX-License-Identifier: Apache-2.0 */
#include "os/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define SEALS_OF_SIZE (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define SEALS_OF_ALL  (SEALS_OF_SIZE | F_SEAL_WRITE)

int memfd_open(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

int memfd_open_shared(const char *name, size_t size)
{
    AUTO_FD int fd = memfd_open(name);

    if (fd < 0 || size > INT64_MAX || ftruncate(fd, (off_t)size) < 0 ||
        fcntl(fd, F_ADD_SEALS, SEALS_OF_SIZE) < 0)
        return -1;
    return fd_take(&fd);
}

bool memfd_append(int fd, struct span bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            bytes = span_from_index(bytes, (size_t)n);
    }
    return true;
}

bool memfd_seal(int fd)
{
    return fcntl(fd, F_ADD_SEALS, SEALS_OF_ALL) == 0;
}

static bool has_seals(int fd, int wanted)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & wanted) == wanted;
}

bool memfd_is_sealed(int fd)
{
    return has_seals(fd, SEALS_OF_ALL);
}

static bool memfd_size(int fd, size_t *size)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return false;
    *size = (size_t)st.st_size;
    return true;
}

static bool memfd_map_as(int fd, size_t size, int protection, int flags, struct memfd_map *out)
{
    *out = (struct memfd_map){ 0 };
    if (size == 0)
        return true; /* the kernel maps nothing of no length */
    void *base = mmap(NULL, size, protection, flags, fd, 0);
    if (base == MAP_FAILED)
        return false;
    *out = (struct memfd_map){ .base = base, .size = size };
    return true;
}

bool memfd_map(int fd, size_t limit, struct memfd_map *out)
{
    size_t size;

    *out = (struct memfd_map){ 0 };
    if (!memfd_size(fd, &size))
        return false;
    if (size > limit) {
        errno = EFBIG;
        return false;
    }
    return memfd_map_as(fd, size, PROT_READ, MAP_PRIVATE, out);
}

bool memfd_map_shared(int fd, size_t size, struct memfd_map *out)
{
    size_t real;

    *out = (struct memfd_map){ 0 };
    if (!memfd_size(fd, &real))
        return false;
    /* A file that can shrink would make the next access a SIGBUS. */
    if (real != size || !has_seals(fd, F_SEAL_SHRINK)) {
        errno = EINVAL;
        return false;
    }
    return memfd_map_as(fd, size, PROT_READ | PROT_WRITE, MAP_SHARED, out);
}

void memfd_unmap(struct memfd_map *m)
{
    if (m->base)
        (void)munmap(m->base, m->size);
    *m = (struct memfd_map){ 0 };
}
