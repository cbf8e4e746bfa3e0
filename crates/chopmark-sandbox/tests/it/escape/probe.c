/* Attempts to get out of the sandbox, one a case, each in a child of its own.
 *
 * usage: probe SECRET SKILL HOST_PID OUT
 * Writes `NAME blocked ERRNO`, `NAME killed SIGNAL` or `NAME ESCAPED` a line to OUT/results. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>

static const char *secret, *skill, *out;
static int host_pid;

/* A case gives 0 when it got what it wanted and -1 with errno when it did not. */
#define CASE(name, ...) static int name(void) { __VA_ARGS__ }
#define IS(...) return (__VA_ARGS__) < 0 ? -1 : 0;

static char *join(const char *a, const char *b) {
    char *text = NULL;
    if (asprintf(&text, "%s%s", a, b) < 0) abort();
    return text;
}

/* Paths. */
CASE(open_absolute, IS(open(secret, O_RDONLY)))
CASE(open_by_raw_call, IS(syscall(SYS_open, secret, O_RDONLY)))
CASE(openat_by_raw_call, IS(syscall(SYS_openat, AT_FDCWD, secret, O_RDONLY)))
static int openat2_with(unsigned long long resolve, const char *path, int dir) {
    unsigned long long how[3] = {O_RDONLY, 0, resolve};
    return syscall(437, dir, path, how, sizeof how) < 0 ? -1 : 0;
}
CASE(openat2_plain, return openat2_with(0, secret, AT_FDCWD);)
CASE(openat2_in_root, return openat2_with(0x10, secret, open("/", O_PATH | O_DIRECTORY));)
CASE(open_dot_dot, IS(open(join("../../../../..", secret), O_RDONLY)))
CASE(open_doubled_slashes, IS(open(join("//", secret), O_RDONLY)))
CASE(open_for_writing, IS(open(secret, O_WRONLY | O_APPEND)))
CASE(create_beside, IS(open(join(secret, ".new"), O_WRONLY | O_CREAT | O_EXCL, 0600)))
CASE(create_by_creat, IS(creat(join(secret, ".creat"), 0600)))
CASE(temporary_outside, IS(open("/etc", O_TMPFILE | O_WRONLY, 0600)))
CASE(through_symlink, if (symlink(secret, join(out, "/link"))) return -1; IS(open(join(out, "/link"), O_RDONLY)))
CASE(through_folder_symlink, if (symlink("/", join(out, "/slash"))) return -1; IS(open(join(join(out, "/slash"), secret), O_RDONLY)))
CASE(through_relative_symlink, if (symlink("../..", join(out, "/up"))) return -1; IS(open(join(out, "/up/secret.txt"), O_RDONLY)))
CASE(hard_link_in, IS(link(secret, join(out, "/hard"))))
CASE(hard_link_by_handle, int fd = open(secret, O_PATH); IS(linkat(fd, "", AT_FDCWD, join(out, "/hard2"), AT_EMPTY_PATH)))
CASE(rename_in, IS(rename(secret, join(out, "/moved"))))
CASE(rename_exchange, close(creat(join(out, "/swap"), 0600)); IS(syscall(SYS_renameat2, AT_FDCWD, secret, AT_FDCWD, join(out, "/swap"), 2)))
CASE(unlink_outside, IS(unlink(secret)))
CASE(unlinkat_outside, IS(unlinkat(AT_FDCWD, secret, 0)))
CASE(chmod_outside, IS(chmod(secret, 0777)))
CASE(fchmodat_outside, IS(fchmodat(AT_FDCWD, secret, 0777, 0)))
CASE(fchmodat2_outside, IS(syscall(452, AT_FDCWD, secret, 0777, 0)))
CASE(chown_outside, IS(chown(secret, 1, 1)))
CASE(lchown_outside, IS(lchown(secret, 1, 1)))
CASE(truncate_outside, IS(truncate(secret, 0)))
CASE(times_outside, IS(utimes(secret, NULL)))
CASE(attribute_outside, IS(setxattr(secret, "user.x", "y", 1, 0)))
CASE(mkdir_outside, IS(mkdir(join(secret, ".d"), 0700)))
CASE(rmdir_outside, IS(rmdir(join(secret, ".."))))
CASE(symlink_outside, IS(symlink("x", join(secret, ".l"))))
CASE(fifo_outside, IS(mkfifo(join(secret, ".f"), 0600)))
CASE(device_inside, IS(mknod(join(out, "/mem"), S_IFCHR | 0600, makedev(1, 1))))
CASE(block_device_inside, IS(mknod(join(out, "/disk"), S_IFBLK | 0600, makedev(254, 0))))
CASE(proc_self_root, IS(open(join("/proc/self/root", secret), O_RDONLY)))
CASE(proc_one_root, IS(open(join("/proc/1/root", secret), O_RDONLY)))
CASE(proc_parent_root, char at[64]; snprintf(at, sizeof at, "/proc/%d/root", getppid()); IS(open(join(at, secret), O_RDONLY)))
CASE(proc_thread_root, IS(open(join("/proc/thread-self/root", secret), O_RDONLY)))
CASE(proc_self_cwd, IS(open("/proc/self/cwd/../secret.txt", O_RDONLY)))
CASE(proc_fd_of_root, int fd = open("/", O_PATH); char at[64]; snprintf(at, sizeof at, "/proc/self/fd/%d", fd); IS(open(join(at, secret), O_RDONLY)))
CASE(handle_of_root, int fd = open("/", O_PATH | O_DIRECTORY); IS(openat(fd, secret + 1, O_RDONLY)))
CASE(handle_of_parent, int fd = open("..", O_PATH | O_DIRECTORY); IS(openat(fd, "secret.txt", O_RDONLY)))
CASE(change_folder_up, if (chdir("..")) return -1; IS(open("secret.txt", O_RDONLY)))
CASE(name_to_handle, struct { struct file_handle h; char more[128]; } f = {.h = {.handle_bytes = 128}}; int id; IS(name_to_handle_at(AT_FDCWD, secret, &f.h, &id, 0)))
CASE(open_by_handle, struct { struct file_handle h; char more[128]; } f = {.h = {.handle_bytes = 8, .handle_type = 1}}; IS(open_by_handle_at(open("/", O_RDONLY), &f.h, O_RDONLY)))
CASE(write_skill, IS(open(join(skill, "/SKILL.md"), O_WRONLY)))
CASE(add_to_skill, IS(creat(join(skill, "/more"), 0600)))
CASE(rename_skill, IS(rename(join(skill, "/SKILL.md"), join(skill, "/OTHER.md"))))
CASE(unlink_skill, IS(unlink(join(skill, "/SKILL.md"))))
CASE(chmod_skill, IS(chmod(join(skill, "/SKILL.md"), 0777)))
CASE(write_workspace_root, IS(creat("evil.txt", 0600)))
CASE(write_passwd, IS(open("/etc/passwd", O_WRONLY)))
CASE(read_shadow, IS(open("/etc/shadow", O_RDONLY)))
CASE(read_root_home, IS(open("/root/.bashrc", O_RDONLY)))
CASE(read_host_keys, IS(open("/etc/ssh/ssh_host_ed25519_key", O_RDONLY)))
CASE(write_library, IS(open("/usr/lib/evil.so", O_WRONLY | O_CREAT, 0600)))
CASE(device_memory, IS(open("/dev/mem", O_RDONLY)))
CASE(device_messages, IS(open("/dev/kmsg", O_RDONLY)))
CASE(device_disk, IS(open("/dev/vda", O_RDONLY)))
CASE(device_fuse, IS(open("/dev/fuse", O_RDWR)))
CASE(device_kvm, IS(open("/dev/kvm", O_RDWR)))
CASE(device_tun, IS(open("/dev/net/tun", O_RDWR)))
CASE(device_terminals, IS(open("/dev/ptmx", O_RDWR | O_NOCTTY) < 0 ? -1 : open("/dev/pts/0", O_RDWR | O_NOCTTY)))
CASE(kernel_core, IS(open("/proc/kcore", O_RDONLY)))
CASE(kernel_trigger, IS(open("/proc/sysrq-trigger", O_WRONLY)))
CASE(kernel_core_pattern, IS(open("/proc/sys/kernel/core_pattern", O_WRONLY)))
CASE(kernel_hostname, IS(open("/proc/sys/kernel/hostname", O_WRONLY)))
CASE(kernel_modprobe, IS(open("/proc/sys/kernel/modprobe", O_WRONLY)))
CASE(supervisor_memory, IS(open("/proc/1/mem", O_RDWR)))
CASE(supervisor_environment, IS(open("/proc/1/environ", O_RDONLY)))
CASE(control_groups, IS(open("/sys/fs/cgroup/cgroup.procs", O_WRONLY)))
CASE(kernel_debug, IS(open("/sys/kernel/debug/sched/debug", O_RDONLY)))
CASE(firmware, IS(open("/sys/firmware/efi/efivars", O_RDONLY)))

/* Programs. */
static int started(const char *path) {
    char *words[] = {(char *)path, "-c", "exit 0", NULL};
    execve(path, words, environ);
    return -1;
}
CASE(start_ungranted, return started("/usr/bin/id");)
CASE(start_by_handle, int fd = open("/usr/bin/id", O_RDONLY); char *words[] = {"id", NULL}; fexecve(fd, words, environ); return -1;)
CASE(start_from_memory, int fd = memfd_create("x", 0); int from = open("/proc/self/exe", O_RDONLY); char block[65536]; ssize_t n; while ((n = read(from, block, sizeof block)) > 0) if (write(fd, block, n) < 0) return -1; char *words[] = {"x", "exit", NULL}; fexecve(fd, words, environ); return -1;)
CASE(start_what_was_written, int fd = open(join(out, "/run.sh"), O_WRONLY | O_CREAT, 0700); if (fd < 0 || write(fd, "#!/bin/sh\nexit 0\n", 17) < 0) return -1; close(fd); return started(join(out, "/run.sh"));)
CASE(start_by_loader, char *words[] = {"ld.so", "/usr/bin/id", NULL}; execve("/lib64/ld-linux-x86-64.so.2", words, environ); return -1;)

/* Other processes. */
CASE(trace_parent, IS(ptrace(PTRACE_SEIZE, getppid(), 0, 0)))
CASE(trace_supervisor, IS(ptrace(PTRACE_ATTACH, 1, 0, 0)))
static int vm(int call, int pid) { char c; struct iovec a = {&c, 1}, b = {(void *)0x400000, 1}; return syscall(call, pid, &a, 1, &b, 1, 0) < 0 ? -1 : 0; }
CASE(read_other_memory, return vm(SYS_process_vm_readv, 1);)
CASE(write_other_memory, return vm(SYS_process_vm_writev, 1);)
CASE(compare_processes, IS(syscall(SYS_kcmp, 1, getpid(), 0, 0, 0)))
CASE(take_descriptor, int fd = syscall(434, 1, 0); IS(syscall(438, fd < 0 ? 0 : fd, 0, 0)))
CASE(signal_host, IS(kill(host_pid, 0)))
CASE(signal_host_thread, IS(syscall(SYS_tgkill, host_pid, host_pid, 0)))
CASE(queue_signal_to_host, IS(syscall(SYS_rt_sigqueueinfo, host_pid, SIGUSR1, (char[128]){0})))
CASE(advise_other_memory, IS(syscall(440, 1, NULL, 0, 0, 0)))
CASE(move_other_pages, IS(syscall(SYS_move_pages, 1, 0, NULL, NULL, NULL, 0)))
CASE(migrate_other_pages, IS(syscall(SYS_migrate_pages, 1, 0, NULL, NULL)))

/* Namespaces, mounts, roots. */
CASE(unshare_user, IS(unshare(CLONE_NEWUSER)))
CASE(unshare_mounts, IS(unshare(CLONE_NEWNS)))
CASE(unshare_network, IS(unshare(CLONE_NEWNET)))
CASE(unshare_processes, IS(unshare(CLONE_NEWPID)))
CASE(unshare_ipc, IS(unshare(CLONE_NEWIPC)))
CASE(unshare_names, IS(unshare(CLONE_NEWUTS)))
CASE(unshare_groups, IS(unshare(0x02000000)))
CASE(unshare_time, IS(unshare(0x80)))
CASE(clone_user, long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); if (pid == 0) _exit(0); IS(pid))
CASE(clone_mounts, long pid = syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0); if (pid == 0) _exit(0); IS(pid))
CASE(clone3_user, unsigned long long a[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD}; long pid = syscall(435, a, sizeof a); if (pid == 0) _exit(0); IS(pid))
CASE(enter_namespace, IS(setns(open("/proc/1/ns/mnt", O_RDONLY), 0)))
CASE(mount_tmpfs, IS(mount("t", "/tmp", "tmpfs", 0, NULL)))
CASE(mount_bind, IS(mount("/", "/tmp", NULL, MS_BIND, NULL)))
CASE(mount_remount, IS(mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL)))
CASE(mount_proc, IS(mount("p", "/tmp", "proc", 0, NULL)))
CASE(unmount, IS(umount2("/proc", MNT_DETACH)))
CASE(pivot, IS(syscall(SYS_pivot_root, ".", ".")))
CASE(change_root, IS(chroot("/tmp")))
CASE(new_mount_open, IS(syscall(430, "tmpfs", 0)))
CASE(new_mount_make, IS(syscall(432, 0, 0, 0)))
CASE(new_mount_config, IS(syscall(431, 0, 6, NULL, NULL, 0)))
CASE(new_mount_pick, IS(syscall(433, AT_FDCWD, "/", 0)))
CASE(tree_clone, IS(syscall(428, AT_FDCWD, "/", 1)))
CASE(tree_move, IS(syscall(429, AT_FDCWD, "/usr", AT_FDCWD, "/tmp", 0)))
CASE(mount_attributes, unsigned long long a[4] = {0}; IS(syscall(442, AT_FDCWD, "/usr", 0, a, sizeof a)))

/* Credentials. */
CASE(become_other_user, IS(setuid(12345)))
CASE(become_other_group, IS(setgid(12345)))
CASE(become_by_setresuid, IS(setresuid(12345, 12345, 12345)))
CASE(join_groups, gid_t g = 12345; IS(syscall(SYS_setgroups, 1, &g)))
CASE(take_capabilities, unsigned h[2] = {0x20080522, 0}; unsigned d[6] = {~0u, ~0u, ~0u, ~0u, ~0u, ~0u}; IS(syscall(SYS_capset, h, d)))
CASE(keep_capabilities, IS(prctl(PR_SET_SECUREBITS, 0x2f, 0, 0, 0)))
CASE(become_dumpable_supervisor, IS(prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, 0, 0, 0)))

/* The kernel. */
#define CALL(name, ...) CASE(name, IS(syscall(__VA_ARGS__)))
CALL(bpf_program, 321, 5, NULL, 0)
CALL(performance_events, 298, NULL, 0, -1, -1, 0)
CALL(load_kernel, 246, 0, 0, NULL, 0)
CALL(load_kernel_file, 320, -1, -1, 0, "", 0)
CALL(load_module, 175, NULL, 0, "")
CALL(load_module_file, 313, -1, "", 0)
CALL(unload_module, 176, "x", 0)
CALL(user_faults, 323, 0)
CALL(key_control, 250, 0, -3, 0, 0, 0)
CALL(key_add, 248, "user", "x", "y", 1, -3)
CALL(key_request, 249, "user", "x", NULL, -3)
CALL(ring_setup, 425, 8, (char[256]){0})
CALL(ring_enter, 426, -1, 0, 0, 0, NULL, 0)
CALL(ring_register, 427, -1, 0, NULL, 0)
CALL(quota, 179, 0, "x", 0, NULL)
CALL(swap_on, 167, "/x", 0)
CALL(swap_off, 168, "/x")
CALL(reboot_machine, 169, 0xfee1dead, 672274793, 0, NULL)
CALL(set_host_name, 170, "x", 1)
CALL(set_domain_name, 171, "x", 1)
CALL(set_time, 164, (struct timeval[1]){{0, 0}}, NULL)
CALL(set_clock, 227, 0, (struct timespec[1]){{0, 0}})
CALL(adjust_time, 159, (unsigned[64]){1})
CALL(accounting, 163, "/x")
CALL(port_level, 172, 3)
CALL(port_permission, 173, 0, 1, 1)
CALL(kernel_messages, 103, 3, (char[64]){0}, 64)
CALL(hang_up, 153)
CALL(cookie, 212, 0, NULL, 0)
CALL(descriptor_table, 154, 1, (char[16]){0}, 16)
CALL(old_sysctl, 156, NULL)
CALL(old_library, 134, "/x")
CALL(file_watch_all, 300, 0, 0)
CALL(mount_status, 457, NULL, NULL, 0, 0)
CALL(mount_list, 458, NULL, NULL, 0, 0)
CASE(executable_data, IS(syscall(SYS_personality, 0x0400000)))
CASE(unrandomised, IS(syscall(SYS_personality, 0x0040000)))

/* The network. */
static int to4(int type, const char *host, int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &a.sin_addr);
    int fd = socket(AF_INET, type, 0);
    if (fd < 0) return -1;
    return connect(fd, (struct sockaddr *)&a, sizeof a);
}
CASE(connect_private, return to4(SOCK_STREAM, "10.0.0.1", 80);)
CASE(connect_loopback, return to4(SOCK_STREAM, "127.0.0.1", 22);)
CASE(connect_metadata, return to4(SOCK_STREAM, "169.254.169.254", 80);)
CASE(connect_public, return to4(SOCK_STREAM, "93.184.216.34", 443);)
CASE(connect_datagram, return to4(SOCK_DGRAM, "8.8.8.8", 53);)
CASE(send_datagram, struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(53)}; inet_pton(AF_INET, "8.8.8.8", &a.sin_addr); IS(sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, (struct sockaddr *)&a, sizeof a)))
CASE(send_message, struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(53)}; inet_pton(AF_INET, "8.8.8.8", &a.sin_addr); struct iovec v = {"x", 1}; struct msghdr m = {.msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &v, .msg_iovlen = 1}; IS(sendmsg(socket(AF_INET, SOCK_DGRAM, 0), &m, 0)))
CASE(connect_six, struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(80)}; inet_pton(AF_INET6, "2001:db8::1", &a.sin6_addr); IS(connect(socket(AF_INET6, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof a)))
CASE(fast_open, struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(80)}; inet_pton(AF_INET, "10.0.0.1", &a.sin_addr); IS(sendto(socket(AF_INET, SOCK_STREAM, 0), "x", 1, MSG_FASTOPEN, (struct sockaddr *)&a, sizeof a)))
static int to_unix(const char *path, int length) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, length);
    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(sa_family_t) + length);
}
CASE(unix_abstract, return to_unix("\0/tmp/.X11-unix/X0", 18);)
CASE(unix_bus, return to_unix("/run/dbus/system_bus_socket", 28);)
CASE(unix_containers, return to_unix("/var/run/docker.sock", 21);)
CASE(unix_agent, return to_unix("/tmp/ssh-agent.sock", 20);)
CASE(listen_outside, struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(8080)}; IS(bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof a)))
#define FAMILY(name, family, type, protocol) CASE(name, IS(socket(family, type, protocol)))
FAMILY(netlink, AF_NETLINK, SOCK_RAW, 0)
FAMILY(packets, AF_PACKET, SOCK_RAW, 0)
FAMILY(raw_echo, AF_INET, SOCK_RAW, 1)
FAMILY(raw_six, AF_INET6, SOCK_RAW, 58)
FAMILY(virtual_machines, 40, SOCK_STREAM, 0)
FAMILY(kernel_crypto, 38, SOCK_SEQPACKET, 0)
FAMILY(bluetooth, 31, SOCK_RAW, 0)
FAMILY(key_sockets, 15, SOCK_RAW, 2)
FAMILY(express_data, 44, SOCK_RAW, 0)
FAMILY(can_bus, 29, SOCK_RAW, 1)
FAMILY(cluster, 30, SOCK_RDM, 0)
FAMILY(reliable_datagrams, 21, SOCK_SEQPACKET, 0)

/* Terminals, limits, other machines' calls. */
CASE(push_terminal_input, IS(ioctl(0, 0x5412, "x")))
CASE(terminal_selection, IS(ioctl(0, 0x541c, "x")))
CASE(raise_limit, struct rlimit l = {1 << 30, 1 << 30}; IS(setrlimit(RLIMIT_NOFILE, &l)))
CASE(raise_other_limit, struct rlimit l = {1, 1}; IS(syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, &l, NULL)))
CASE(calls_of_32_bits, long r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory"); errno = -r; return r < 0 ? -1 : 0;)
CASE(calls_of_x32, IS(syscall(0x40000000 | 39)))
CASE(unknown_call, IS(syscall(4095)))
CASE(inherited_descriptors, for (int fd = 3; fd < 1024; fd++) if (fcntl(fd, F_GETFD) >= 0) return 0; errno = EBADF; return -1;)

/* Races: while a thread swaps what a name means, the name is opened a thousand times. */
static volatile int racing;
static char *racer;
static void *swapper(void *unused) {
    (void)unused;
    char *real = join(racer, ".real"), *lie = join(racer, ".lie");
    while (racing) {
        unlink(racer);
        symlink(lie, racer);
        unlink(racer);
        link(real, racer);
    }
    return NULL;
}
static int race(int flags) {
    racer = join(out, "/race");
    int fd = open(join(racer, ".real"), O_WRONLY | O_CREAT, 0600);
    if (fd < 0 || write(fd, "real", 4) != 4) return -1;
    close(fd);
    symlink(secret, join(racer, ".lie"));
    racing = 1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, swapper, NULL)) return -1;
    int stolen = 0;
    for (int i = 0; i < 3000; i++) {
        int got = open(racer, flags);
        char text[16] = {0};
        if (got >= 0 && flags == O_RDONLY && read(got, text, sizeof text - 1) > 0 && !strncmp(text, "bait", 4)) stolen = 1;
        if (got >= 0) close(got);
    }
    racing = 0;
    pthread_join(thread, NULL);
    unlink(racer); unlink(join(racer, ".real")); unlink(join(racer, ".lie"));
    errno = EACCES;
    return stolen ? 0 : -1;
}
CASE(race_read, return race(O_RDONLY);)
/* The Rust side looks whether the bait was cut. */
CASE(race_truncate, race(O_WRONLY | O_TRUNC); errno = EACCES; return -1;)

#include "cases.h"

int main(int count, char **words) {
    if (count != 5) return count == 2 ? 0 : 2;
    secret = words[1], skill = words[2], host_pid = atoi(words[3]), out = words[4];
    FILE *results = fopen(join(out, "/results"), "w");
    if (!results) return 3;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        fflush(results);
        pid_t child = fork();
        if (child == 0) {
            fclose(results);
            alarm(20);
            errno = 0;
            _exit(cases[i].run() == 0 ? 0 : (errno & 0xff) | (errno == 0 ? 0xff : 0));
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status)) fprintf(results, "%s killed %d\n", cases[i].name, WTERMSIG(status));
        else if (WEXITSTATUS(status) == 0) fprintf(results, "%s ESCAPED\n", cases[i].name);
        else fprintf(results, "%s blocked %d\n", cases[i].name, WEXITSTATUS(status));
    }
    fprintf(results, "end\n");
    return 0;
}
