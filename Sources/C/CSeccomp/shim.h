#pragma once
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

/// An empty file in memory, close-on-exec. glibc declares memfd_create only under _GNU_SOURCE.
static inline int cseccomp_memory_file(void) { return (int)syscall(SYS_memfd_create, "seccomp", 1); }
