#pragma once
#include <git2.h>
#include <git2/sys/transport.h>
#include <string.h>

// `git_libgit2_opts` is variadic.

/// Writes every object and reference to disk before a call returns.
static inline int cgit2_enable_fsync(void) { return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1); }

/// Releases the certificates that the library reads when it starts, which our own transports do not use. The library can
/// only replace them: here with those of a folder that has no files.
static inline void cgit2_release_certificates(void) {
    (void)git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, (const char *)0, "/proc/self/task");
}

/// Whether a message contains a line's text; 1 or 0. Copies nothing, because a log has thousands of messages.
static inline int cgit2_contains(const char *_Nonnull message, const char *_Nonnull text) {
    return strstr(message, text) != NULL;
}

/// A subtransport of the smart protocol, followed by its owner's context: libgit2 keeps only the first member's address.
typedef struct {
    git_smart_subtransport parent;
    void *_Nullable context;
} cgit2_subtransport;

/// A stream of ``cgit2_subtransport``.
typedef struct {
    git_smart_subtransport_stream parent;
    void *_Nullable context;
} cgit2_stream;
