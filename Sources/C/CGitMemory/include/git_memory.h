// Limits the memory that libgit2 allocates for fetches. See git_memory.c for how.
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct git_memory_use {
    /// Whether an allocation was refused.
    bool was_refused;
    /// The bytes that were allocated and not freed.
    size_t kept;
};

/// Makes libgit2 allocate through the limit. Call it once, before other threads use the library.
///
/// `shared` are the bytes that all limited threads may have together, beyond 128 MiB each and what the names of their
/// objects take.
void git_memory_install(size_t shared);

/// Limits the calling thread until it leaves. Some time after `is_stopped` has become true, it gets only small blocks.
void git_memory_enter(bool (*_Nonnull is_stopped)(void *_Nullable context), void *_Nullable context);

/// Allows for the names of so many objects of a pack, which stay in memory until its index is written.
void git_memory_received(size_t objects);

/// Ends the limit.
struct git_memory_use git_memory_leave(void);
