// Detects unmasked frames from the clients of a WebSocket server (RFC 6455 §5.1), which libwebsockets 4.1 accepts and
// reports to no callback. See frame_guard.c for how it sees them.
#pragma once
#include <stddef.h>

/// The guarded sockets of one thread.
struct frame_guard;

struct frame_guard *_Nullable frame_guard_make(void);
void frame_guard_free(struct frame_guard *_Nullable guard);

/// Guards the reads of the calling thread; NULL ends that.
void frame_guard_enter(struct frame_guard *_Nullable guard);

/// Guards a socket from now on. `bytes` are frames that were read before.
///
/// Returns how many of the bytes may be used: fewer than `count` if an unmasked frame begins there.
size_t frame_guard_add(struct frame_guard *_Nonnull guard, int socket, const void *_Nullable bytes, size_t count);

/// The next socket that received an unmasked frame, once for each; -1 if there is none.
int frame_guard_next_violation(struct frame_guard *_Nonnull guard);
