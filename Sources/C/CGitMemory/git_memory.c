// libgit2 1.5 resolves deltas in memory, whatever their size. It also leaks what it read of a delta that turns out to be
// damaged, and tries two deltas with the same result again and again, leaking each time. So its allocations are counted on
// a thread that fetches and refused beyond a limit, or when the fetch is cancelled, which makes it give the pack up.
// Objects that are sent whole need almost no memory, because it hashes them in pieces.
#include "git_memory.h"

#include <git2.h>
#include <git2/sys/alloc.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// For the server's references and the walk over the mirror's history.
static const ptrdiff_t own = 128 << 20;
// libgit2 1.5 keeps some 180 bytes of each object until the pack's index is written.
static const ptrdiff_t object_bytes = 256;
static const ptrdiff_t step = 16 << 20;
// A cancelled fetch ends at the library's next callback, after some hundred deltas at most, unless it repeats the same
// ones. Then it gets only small blocks, for messages; with deltas of less than that, it soon reaches the limit.
static const size_t small = 4096;
static const int patience = 1000;

static size_t shared;
/// Of `shared`.
static _Atomic size_t taken_by_all;

static _Thread_local struct {
    bool (*is_stopped)(void *context); // NULL if it is not limited
    void *context;
    bool was_refused;
    int since_stop; // larger blocks
    ptrdiff_t used; // below zero if more was freed than allocated
    ptrdiff_t received; // objects
    ptrdiff_t taken; // of `taken_by_all`
} thread;

static bool refuse(void) {
    thread.was_refused = true;
    git_error_set_oom();
    return false;
}

static bool may_allocate(size_t size) {
    if (!thread.is_stopped) return true;
    if (size > (size_t)1 << 40) return refuse();
    if (size > small && thread.is_stopped(thread.context) && thread.since_stop++ >= patience) return refuse();
    ptrdiff_t lacking = thread.used + (ptrdiff_t)size - own - thread.received * object_bytes - thread.taken;
    if (lacking <= 0) return true;
    size_t more = (size_t)((lacking + step - 1) / step * step);
    if (atomic_fetch_add(&taken_by_all, more) + more > shared) {
        atomic_fetch_sub(&taken_by_all, more);
        return refuse();
    }
    thread.taken += (ptrdiff_t)more;
    return true;
}

static void *counted(void *block) {
    if (!block) git_error_set_oom();
    else if (thread.is_stopped) thread.used += (ptrdiff_t)malloc_usable_size(block);
    return block;
}

static void *limited_malloc(size_t size, const char *file, int line) {
    (void)file, (void)line;
    return may_allocate(size) ? counted(malloc(size)) : NULL;
}

static void *limited_calloc(size_t count, size_t size, const char *file, int line) {
    (void)file, (void)line;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
    return may_allocate(bytes) ? counted(calloc(count, size)) : NULL;
}

static void *limited_realloc(void *old, size_t size, const char *file, int line) {
    (void)file, (void)line;
    size_t before = malloc_usable_size(old);
    if (!may_allocate(size > before ? size - before : 0)) return NULL;
    void *block = realloc(old, size);
    if (block && thread.is_stopped) thread.used -= (ptrdiff_t)before;
    return counted(block);
}

static void *limited_reallocarray(void *old, size_t count, size_t size, const char *file, int line) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
    return limited_realloc(old, bytes, file, line);
}

static void *limited_mallocarray(size_t count, size_t size, const char *file, int line) {
    return limited_reallocarray(NULL, count, size, file, line);
}

static char *limited_substrdup(const char *text, size_t count, const char *file, int line) {
    char *copy = count < SIZE_MAX ? limited_malloc(count + 1, file, line) : NULL;
    if (!copy) return NULL;
    memcpy(copy, text, count);
    copy[count] = 0;
    return copy;
}

static char *limited_strndup(const char *text, size_t most, const char *file, int line) {
    return limited_substrdup(text, strnlen(text, most), file, line);
}

static char *limited_strdup(const char *text, const char *file, int line) {
    return limited_substrdup(text, strlen(text), file, line);
}

static void limited_free(void *block) {
    if (thread.is_stopped) thread.used -= (ptrdiff_t)malloc_usable_size(block);
    free(block);
}

void git_memory_install(size_t bytes) {
    shared = bytes;
    git_allocator allocator = {
        .gmalloc = limited_malloc,
        .gcalloc = limited_calloc,
        .gstrdup = limited_strdup,
        .gstrndup = limited_strndup,
        .gsubstrdup = limited_substrdup,
        .grealloc = limited_realloc,
        .greallocarray = limited_reallocarray,
        .gmallocarray = limited_mallocarray,
        .gfree = limited_free,
    };
    (void)git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator);
}

void git_memory_enter(bool (*is_stopped)(void *context), void *context) {
    memset(&thread, 0, sizeof thread);
    thread.is_stopped = is_stopped;
    thread.context = context;
}

void git_memory_received(size_t objects) { thread.received = (ptrdiff_t)objects; }

struct git_memory_use git_memory_leave(void) {
    struct git_memory_use use = {thread.was_refused, thread.used > 0 ? (size_t)thread.used : 0};
    atomic_fetch_sub(&taken_by_all, (size_t)thread.taken);
    memset(&thread, 0, sizeof thread);
    return use;
}
