// What the Glibc module lacks: epoll, eventfd, timerfd, signalfd, pidfds, posix_spawn extras.
#pragma once
// Never define _GNU_SOURCE here: fd_set would then differ from the Glibc module's and neither would compile.
// What needs it (accept4, pipe2, pidfds) goes by syscall(2).
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sys/prctl.h>

/// Names the calling thread; the kernel keeps the first 15 bytes.
static inline void csystem_name_thread(const char *_Nonnull name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }
