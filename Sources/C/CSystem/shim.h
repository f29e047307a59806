// What the Glibc module lacks: epoll, eventfd, signalfd, pidfds, posix_spawn extras.
#pragma once
// Never define _GNU_SOURCE here: fd_set would then differ from the Glibc module's and neither would compile.
// Functions that need it (accept4, pipe2, pidfds) are called through syscall(2).
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <wchar.h>

/// Names the calling thread; the kernel keeps the first 15 bytes.
static inline void csystem_name_thread(const char *_Nonnull name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }

/// Lets the calling thread run as soon as it wakes, as far as the system permits.
static inline void csystem_hasten_thread(void) {
    int priority = 1;
    // sched_setscheduler(2) with SCHED_FIFO, which needs a right that root has; for one thread.
    if (syscall(SYS_sched_setscheduler, 0, 1, &priority) == 0) return;
    // sched_setattr(2): since Linux 6.12 a thread that asks for short slices (here 100 µs) gets them earlier.
    struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, rest[2]; } wish =
        {sizeof wish, 0, 0, getpriority(PRIO_PROCESS, 0), 0, 100000, {0, 0}};
    (void)syscall(SYS_sched_setattr, 0, &wish, 0);
}

/// Waits until a descriptor is readable (1), or for so many nanoseconds (0); -1 for an error.
static inline int csystem_wait_readable(int descriptor, int64_t nanoseconds) {
    struct pollfd watched = {descriptor, POLLIN, 0};
    struct { int64_t seconds, nanoseconds; } limit = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return (int)syscall(SYS_ppoll, &watched, 1, &limit, (void *)0, 0);
}

/// syncfs(2).
static inline int csystem_flush_disk(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

/// Gives the calling thread a umask (and working directory) apart from the process's. Does nothing where the system
/// forbids it: then the process's applies.
static inline void csystem_own_umask(unsigned mask) {
    if (syscall(SYS_unshare, 0x200 /* CLONE_FS */) == 0) umask((mode_t)mask);
}

/// A locale for UTF-8, whatever the environment says; never freed.
static inline locale_t _Nullable csystem_utf8(void) {
    static locale_t locale;
    if (!locale) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

// glibc declares it only under _XOPEN_SOURCE.
extern int wcwidth(wchar_t character);

/// The columns that a character occupies; -1 for control characters.
static inline int csystem_width(uint32_t character) {
    locale_t utf8 = csystem_utf8(), old = utf8 ? uselocale(utf8) : (locale_t)0;
    int width = wcwidth((wchar_t)character);
    if (old) uselocale(old);
    return width;
}

// glibc declares these only under _GNU_SOURCE.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *_Nonnull actions, const char *_Nonnull path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *_Nonnull actions, int from);

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC.
static inline int csystem_accept(int listener, struct sockaddr *_Nullable address, socklen_t *_Nullable length) {
    return (int)syscall(SYS_accept4, listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/// pipe2(2) with O_CLOEXEC: `ends[0]` reads, `ends[1]` writes. Both ends block; make the local end nonblocking afterwards.
static inline int csystem_pipe(int *_Nonnull ends) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

static inline int csystem_make_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

/// A connected pair of stream sockets with SOCK_CLOEXEC. Both block; make the local end nonblocking afterwards.
static inline int csystem_socketpair(int *_Nonnull ends) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

/// memfd_create(2) with MFD_CLOEXEC.
static inline int csystem_memory_file(const char *_Nonnull name) { return (int)syscall(SYS_memfd_create, name, 1u); }

/// fcntl(2) with F_SETPIPE_SZ, which glibc declares only under _GNU_SOURCE.
static inline int csystem_set_pipe_size(int pipe, int bytes) { return fcntl(pipe, 1031, bytes); }

/// The number of bytes that can be read from a pipe or socket now (FIONREAD).
static inline int csystem_available(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : 0;
}

enum { csystem_most_descriptors = 4 };

/// sendmsg(2) without SIGPIPE, with up to csystem_most_descriptors descriptors (SCM_RIGHTS).
static inline ssize_t csystem_send_descriptors(
    int socket, const void *_Nonnull bytes, size_t size, const int *_Nonnull descriptors, int count
) {
    char extra[CMSG_SPACE(csystem_most_descriptors * sizeof(int))] = {0};
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (count > csystem_most_descriptors) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        message.msg_control = extra;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        __builtin_memcpy(CMSG_DATA(header), descriptors, (size_t)count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

/// recvmsg(2); `descriptor` becomes the first descriptor that came along (close-on-exec), or stays as it is. Others are
/// closed.
static inline ssize_t csystem_receive_descriptor(
    int socket, void *_Nonnull bytes, size_t size, int *_Nonnull descriptor
) {
    char extra[CMSG_SPACE(csystem_most_descriptors * sizeof(int))];
    struct iovec part = {bytes, size};
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = extra;
    message.msg_controllen = sizeof extra;
    ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (count < 0) return count;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t number = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < number; index++) {
            int received;
            __builtin_memcpy(&received, CMSG_DATA(header) + index * sizeof(int), sizeof received);
            if (*descriptor < 0) *descriptor = received;
            else close(received);
        }
    }
    return count;
}

/// A descriptor that becomes readable when the process ends; close-on-exec by definition.
static inline int csystem_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

/// Sends a signal to the process behind `pidfd`, never to another one with its number.
static inline int csystem_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0);
}

/// Reaps the child behind `pidfd` without blocking. 1: reaped, `code` and `status` are siginfo's si_code and si_status;
/// 0: still running; -1: errno.
static inline int csystem_pidfd_reap(int pidfd, int *_Nonnull code, int *_Nonnull status) {
    siginfo_t info;
    info.si_pid = 0;
    // P_PIDFD is 3. A raw call, because the wrapper's declaration depends on feature macros.
    if (syscall(SYS_waitid, 3, pidfd, &info, WEXITED | WNOHANG, (void *)0) < 0) return -1;
    if (info.si_pid == 0) return 0;
    *code = info.si_code;
    *status = info.si_status;
    return 1;
}

/// Blocks all signals on the calling thread except those that report its own faults.
static inline void csystem_block_signals(void) {
    sigset_t set;
    sigfillset(&set);
    const int faults[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) sigdelset(&set, faults[i]);
    pthread_sigmask(SIG_BLOCK, &set, (sigset_t *)0);
}

/// What the file system says of a file; times are nanoseconds since 1970.
struct csystem_facts {
    uint64_t inode;
    int64_t size, modified, changed;
    uint32_t mode, user, group, links;
};

/// Nanoseconds since 1970, of the years 1827 to 2112: a file may have any time, and the difference of two has to fit.
static inline int64_t csystem_nanoseconds(struct timespec time) {
    const int64_t most = 4500000000LL;
    int64_t seconds = time.tv_sec > most ? most : time.tv_sec < -most ? -most : time.tv_sec;
    return seconds * 1000000000LL + time.tv_nsec;
}

static inline void csystem_fill_facts(struct csystem_facts *_Nonnull facts, const struct stat *_Nonnull status) {
    facts->inode = status->st_ino;
    facts->size = status->st_size;
    facts->modified = csystem_nanoseconds(status->st_mtim);
    facts->changed = csystem_nanoseconds(status->st_ctim);
    facts->mode = status->st_mode;
    facts->user = status->st_uid;
    facts->group = status->st_gid;
    facts->links = (uint32_t)status->st_nlink;
}

/// The facts of an open file; -1: errno.
static inline int csystem_facts_of(int file, struct csystem_facts *_Nonnull facts) {
    struct stat status;
    if (fstat(file, &status) < 0) return -1;
    csystem_fill_facts(facts, &status);
    return 0;
}

/// The facts of a name in an open folder; a symbolic link is not followed. -1: errno.
static inline int csystem_facts_at(int folder, const char *_Nonnull name, struct csystem_facts *_Nonnull facts) {
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    csystem_fill_facts(facts, &status);
    return 0;
}

/// openat2(2) that stays below `folder` and follows no link: leaving it gives EXDEV, a symbolic link ELOOP. Adds
/// O_CLOEXEC, O_NONBLOCK (a FIFO would block) and O_NOCTTY. Tries again when a concurrent rename makes the kernel unsure.
static inline int csystem_open_beneath(int folder, const char *_Nonnull path, int flags, unsigned mode) {
    // struct open_how of <linux/openat2.h>; RESOLVE_NO_XDEV 1, NO_MAGICLINKS 2, NO_SYMLINKS 4, BENEATH 8.
    struct { uint64_t flags, mode, resolve; } how = {
        (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), mode, 1 | 2 | 4 | 8,
    };
    long number = -1;
    for (int tries = 0; tries < 64; tries++) {
        number = syscall(437, folder, path, &how, sizeof how);
        if (number >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return (int)number;
}

/// Whether only this machine writes to the file system of a folder. It is one of those that are known to be so, because there
/// are many that are shared, some of them through FUSE.
static inline int csystem_is_local(const char *_Nonnull path) {
    struct statfs info;
    if (statfs(path, &info) != 0) return 0;
    // <linux/magic.h>
    switch ((uint32_t)info.f_type) {
    case 0xEF53: case 0x58465342: case 0x9123683E: return 1; // ext2 to ext4, XFS, Btrfs
    case 0x01021994: case 0x794C7630: return 1; // tmpfs, overlayfs
    case 0xF2F52010: case 0x2FC12FC1: case 0xCA451A4E: return 1; // F2FS, ZFS, bcachefs
    default: return 0;
    }
}

/// The beginning of glibc's struct dl_phdr_info: a program or library in memory.
struct csystem_image {
    uintptr_t address;
    const char *_Nullable name;
    const Elf64_Phdr *_Nonnull segments;
    uint16_t count;
};

// glibc declares it only under _GNU_SOURCE.
extern int dl_iterate_phdr(
    int (*_Nonnull body)(struct csystem_image *_Nonnull image, size_t size, void *_Nullable context),
    void *_Nullable context);

static inline int csystem_release_image(struct csystem_image *_Nonnull image, size_t size, void *_Nullable context) {
    (void)size, (void)context;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (unsigned i = 0; i < image->count; i++) {
        const Elf64_Phdr *segment = &image->segments[i];
        // What the linker has relocated lies in segments that can be written to.
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        uintptr_t start = image->address + segment->p_vaddr, end = start + segment->p_memsz;
        start &= ~(page - 1);
        end = (end + page - 1) & ~(page - 1);
        // Where the kernel refuses, the pages stay.
        (void)madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

/// Lets go of the pages of code and constants, of the program and its libraries; the kernel brings them back when they are
/// used.
static inline void csystem_release_images(void) { (void)dl_iterate_phdr(csystem_release_image, (void *)0); }

/// Returns the free pages of the heap, which malloc would keep.
static inline void csystem_release_heap(void) { (void)malloc_trim(0); }
