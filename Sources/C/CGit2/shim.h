#pragma once
#include <git2.h>

// `git_libgit2_opts` is variadic.

/// Writes every object and reference to disk before a call returns.
static inline int cgit2_enable_fsync(void) { return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1); }
