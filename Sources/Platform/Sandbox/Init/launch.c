// Outside of the jail: what must be done by the process that becomes bwrap, in this order:
//   --group PATH          write 0 to a cgroup.procs file, so that not even bwrap's first fork is outside of the group
//   --stage SOURCE NAME   (root) bind SOURCE to /mnt/NAME in a mount namespace of this process: the jail's uid cannot
//                         walk the path to it, and the mount ends with the last process
//   --memory NAME BYTES FILES   (root) a file system in memory at /mnt/NAME; bwrap cannot limit the number of files
//   --user UID GID        become this user without groups, capabilities or a way back; required for root
//   --keep COUNT          close all descriptors from COUNT on
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STAGE "/mnt"

static _Noreturn void fail(const char *what, const char *object) {
    dprintf(2, "jail: %s %s: %s\n", what, object, strerror(errno));
    _exit(1);
}

static void enter_group(const char *path) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "0", 1) != 1) fail("cannot enter the group", path);
    close(file);
}

enum { MOST_STAGED = 64 };
static int staged[MOST_STAGED], staged_count, next_staged;

/// A private mount namespace with an empty file system at STAGE. All sources are opened before STAGE is covered, which
/// may hide them, and after the namespace is made, for a mount of another one cannot be bound.
static void make_stage(int count, char **arguments) {
    if (unshare(CLONE_NEWNS) != 0) fail("cannot make a mount namespace:", "unshare");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail("cannot make mounts private below", "/");
    for (int at = 0; at + 2 < count && strcmp(arguments[at], "--") != 0; at++) {
        if (strcmp(arguments[at], "--stage") != 0) continue;
        int source = staged_count < MOST_STAGED ? open(arguments[at + 1], O_PATH | O_CLOEXEC) : -1;
        if (source < 0) fail("cannot open", arguments[at + 1]);
        staged[staged_count++] = source;
        at += 2;
    }
    if (mount("tmpfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=755") != 0) fail("cannot mount", STAGE);
}

static void stage(const char *source, const char *name) {
    char target[256], link[64];
    struct stat status;
    int descriptor = staged[next_staged++];
    if (fstat(descriptor, &status) != 0) fail("cannot open", source);
    snprintf(target, sizeof target, STAGE "/%s", name);
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    if (S_ISDIR(status.st_mode)) {
        if (mkdir(target, 0755) != 0) fail("cannot make", target);
    } else {
        int file = open(target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        if (file < 0) fail("cannot make", target);
        close(file);
    }
    if (mount(link, target, NULL, MS_BIND, NULL) != 0) fail("cannot bind", source);
    close(descriptor);
}

static void stage_memory(const char *name, const char *bytes, const char *files) {
    char target[256], options[128];
    snprintf(target, sizeof target, STAGE "/%s", name);
    snprintf(options, sizeof options, "size=%s,nr_inodes=%s,mode=1777", bytes, files);
    if (mkdir(target, 0755) != 0) fail("cannot make", target);
    if (mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) fail("cannot mount", target);
}

static void drop_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (syscall(SYS_capset, &header, none) != 0) fail("cannot drop", "capabilities");
}

static void become(uid_t user, gid_t group) {
    if (user == 0 || group == 0) {
        errno = EINVAL;
        fail("cannot become", "root");
    }
    // While the capabilities are still there; unknown numbers fail with EINVAL.
    for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++) {}
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0)
        fail("cannot become", "the jail's user");
}

int launch(int count, char **arguments) {
    int at = 0, is_staged = 0;
    while (at < count && strcmp(arguments[at], "--") != 0) {
        const char *option = arguments[at];
        if (!is_staged && (strcmp(option, "--stage") == 0 || strcmp(option, "--memory") == 0)) {
            make_stage(count - at, arguments + at);
            is_staged = 1;
        }
        if (strcmp(option, "--group") == 0 && at + 1 < count) {
            enter_group(arguments[at + 1]);
            at += 2;
        } else if (strcmp(option, "--stage") == 0 && at + 2 < count) {
            stage(arguments[at + 1], arguments[at + 2]);
            at += 3;
        } else if (strcmp(option, "--memory") == 0 && at + 3 < count) {
            stage_memory(arguments[at + 1], arguments[at + 2], arguments[at + 3]);
            at += 4;
        } else if (strcmp(option, "--user") == 0 && at + 2 < count) {
            become((uid_t)strtoul(arguments[at + 1], NULL, 10), (gid_t)strtoul(arguments[at + 2], NULL, 10));
            at += 3;
        } else if (strcmp(option, "--keep") == 0 && at + 1 < count) {
            // Without close_range (Linux 5.9) the host's own closing has to be enough.
            (void)syscall(SYS_close_range, (unsigned)atoi(arguments[at + 1]), ~0U, 0);
            at += 2;
        } else {
            errno = EINVAL;
            fail("bad option", option);
        }
    }
    if (at + 1 >= count) {
        errno = EINVAL;
        fail("no program", "given");
    }
    if (geteuid() == 0 || getuid() == 0) {
        errno = EPERM;
        fail("refusing to run", "as root");
    }
    drop_capabilities();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("cannot set", "no_new_privs");
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) fail("cannot limit", "core dumps");
    umask(022);
    char *environment[] = {NULL};
    execve(arguments[at + 1], arguments + at + 1, environment);
    fail("cannot execute", arguments[at + 1]);
}
