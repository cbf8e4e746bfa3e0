/* Raw calls that the C library seldom makes; each outcome is checked. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static long must(long result, int line) {
    if (result < 0) {
        fprintf(stderr, "line %d: %s\n", line, strerror(errno));
        exit(1);
    }
    return result;
}

static void fails(long result, int error, int line) {
    if (result != -1 || errno != error) {
        fprintf(stderr, "line %d: %ld, %s\n", line, result, strerror(errno));
        exit(1);
    }
}

#define OK(call) must(call, __LINE__)
#define FAILS(call, error) fails(call, error, __LINE__)

static long openat2_(int folder, const char *path, unsigned long flags, unsigned mode, unsigned long resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return syscall(SYS_openat2, folder, path, &how, sizeof how);
}

int main(void) {
    char path[256];
    OK(syscall(SYS_chdir, "out"));
    int out = OK(syscall(SYS_open, ".", O_RDONLY | O_DIRECTORY));
    int made = OK(syscall(SYS_creat, "created", 0644));
    OK(syscall(SYS_write, made, "text\n", 5));
    OK(syscall(SYS_mkdirat, out, "folder", 0755));
    OK(openat2_(out, "folder/file", O_WRONLY | O_CREAT, 0600, RESOLVE_BENEATH));
    FAILS(openat2_(out, "../../input.txt", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
    OK(openat2_(out, "../input.txt", O_RDONLY, 0, 0));
    OK(openat2_(out, "/created", O_RDONLY, 0, RESOLVE_IN_ROOT));
    OK(symlink("created", "link"));
    FAILS(openat2_(out, "link", O_RDONLY, 0, RESOLVE_NO_SYMLINKS), ELOOP);
    FAILS(syscall(SYS_openat, out, "link", O_RDONLY | O_NOFOLLOW), ELOOP);
    int unnamed = OK(syscall(SYS_openat, out, ".", O_TMPFILE | O_RDWR, 0600));
    OK(syscall(SYS_write, unnamed, "unnamed\n", 8));
    snprintf(path, sizeof path, "/proc/self/fd/%d", unnamed);
    OK(syscall(SYS_linkat, AT_FDCWD, path, out, "named", AT_SYMLINK_FOLLOW));
    OK(syscall(SYS_renameat2, out, "named", out, "renamed", RENAME_NOREPLACE));
    FAILS(syscall(SYS_renameat2, out, "renamed", out, "created", RENAME_NOREPLACE), EEXIST);
    OK(syscall(SYS_renameat2, out, "renamed", out, "created", RENAME_EXCHANGE));
    int only = OK(syscall(SYS_open, "folder", O_PATH | O_DIRECTORY));
    OK(syscall(SYS_openat, only, "file", O_RDONLY));
    OK(syscall(SYS_openat, only, "../link", O_RDONLY));
    int held = OK(syscall(SYS_open, "created", O_PATH));
    snprintf(path, sizeof path, "/proc/self/fd/%d", held);
    OK(syscall(SYS_open, path, O_RDONLY));
    OK(syscall(SYS_open, "/dev/fd/0", O_PATH));
    OK(syscall(SYS_fchdir, only));
    OK(syscall(SYS_open, "file", O_RDWR | O_APPEND));
    OK(syscall(SYS_open, "../created", O_RDWR));
    OK(syscall(SYS_open, "/proc/self/cwd/file", O_RDONLY));
    OK(syscall(SYS_open, "/proc/thread-self/status", O_RDONLY));
    OK(syscall(SYS_open, "/proc/self/root/usr/bin", O_RDONLY | O_DIRECTORY));
    OK(syscall(SYS_chdir, ".."));
    FAILS(syscall(SYS_open, "absent", O_RDONLY), ENOENT);
    FAILS(syscall(SYS_open, "created/below", O_RDONLY), ENOTDIR);
    FAILS(syscall(SYS_open, "folder", O_WRONLY), EISDIR);
    FAILS(syscall(SYS_open, "created", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
    FAILS(syscall(SYS_open, ".envrc", O_WRONLY | O_CREAT, 0600), EACCES);
    FAILS(syscall(SYS_openat, 99, "created", O_RDONLY), EBADF);
    FAILS(syscall(SYS_openat, made, "created", O_RDONLY), ENOTDIR);
    FAILS(syscall(SYS_open, "", O_RDONLY), ENOENT);
    FAILS(syscall(SYS_open, (char *)8, O_RDONLY), EFAULT);
    OK(syscall(SYS_chmod, "created", 0640));
    OK(syscall(SYS_fchmodat, out, "created", 0600));
    OK(syscall(SYS_fchmod, made, 0644));
    OK(syscall(SYS_chown, "created", -1, -1));
    OK(syscall(SYS_fchownat, out, "link", -1, -1, AT_SYMLINK_NOFOLLOW));
    OK(syscall(SYS_truncate, "created", 3));
    FAILS(syscall(SYS_truncate, "../input.txt", 3), EROFS);
    OK(syscall(SYS_utimensat, out, "created", NULL, 0));
    OK(syscall(SYS_utimensat, made, NULL, NULL, 0));
    OK(setxattr("created", "user.note", "x", 1, 0));
    OK(fremovexattr(OK(syscall(SYS_open, "created", O_RDONLY)), "user.note"));
    OK(syscall(SYS_mknodat, out, "pipe", S_IFIFO | 0600, 0));
    OK(syscall(SYS_link, "created", "linked"));
    OK(syscall(SYS_rename, "linked", "folder/moved"));
    OK(syscall(SYS_memfd_create, "memory", 0));
    pid_t child = fork();
    if (child == 0) {
        OK(syscall(SYS_open, "folder/moved", O_RDONLY));
        FAILS(syscall(SYS_execve, "/usr/bin/id", NULL, NULL), EACCES);
        _exit(0);
    }
    int status;
    OK(waitpid(child, &status, 0));
    if (status != 0) {
        return 1;
    }
    OK(syscall(SYS_unlinkat, only, "moved", 0));
    OK(syscall(SYS_unlink, "folder/file"));
    OK(syscall(SYS_unlinkat, out, "folder", AT_REMOVEDIR));
    FAILS(syscall(SYS_rmdir, "folder"), ENOENT);
    return 0;
}
