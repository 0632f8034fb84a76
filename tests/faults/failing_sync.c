/* fsync and fdatasync that fail with EIO for the ledger's files, as on a disk that is going.
   Put before libc's by LD_PRELOAD; they fail while the file named by FAILING_SYNC_FLAG is there.
   With FAILING_SYNC_TRUNCATE set, what was written cannot be taken back either. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int failing(int fd)
{
    const char *flag = getenv("FAILING_SYNC_FLAG");
    char link[64], path[4096];
    ssize_t length;

    if (flag == NULL || access(flag, F_OK) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = '\0';
    return strstr(path, "ledger.duckdb") != NULL;
}

static int refused(void)
{
    errno = EIO;
    return -1;
}

int fsync(int fd)
{
    return failing(fd) ? refused() : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return failing(fd) ? refused() : (int)syscall(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t length)
{
    if (getenv("FAILING_SYNC_TRUNCATE") != NULL && failing(fd))
        return refused();
    return (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate64(int fd, off64_t length)
{
    return ftruncate(fd, (off_t)length);
}
