// libwebsockets has no hook between reading bytes and parsing frames. It reads with recv(2), and the program's own
// definition of a function takes precedence over libc's for every library (ELF symbol resolution). So this `recv`
// reads as libc's does, and on a thread that has entered a guard it also follows the frames' headers.
//
// From an unmasked frame on, nothing is handed on: the library sees a silent peer until its owner closes the socket.
#include "frame_guard.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum frame_state { UNGUARDED, FIRST_BYTE, SECOND_BYTE, LENGTH, REST, VIOLATED, REPORTED };

struct frame_socket {
    uint64_t remaining; // of the mask and payload; while in LENGTH, the length so far
    unsigned char state;
    unsigned char length_bytes; // left of the extended length
};

struct frame_guard {
    struct frame_socket *sockets; // by descriptor
    size_t count;
    size_t violations; // not yet reported
};

static _Thread_local struct frame_guard *current;

struct frame_guard *frame_guard_make(void) { return calloc(1, sizeof(struct frame_guard)); }

void frame_guard_free(struct frame_guard *guard) {
    if (!guard) return;
    if (current == guard) current = NULL;
    free(guard->sockets);
    free(guard);
}

void frame_guard_enter(struct frame_guard *guard) { current = guard; }

/// Follows the bytes and returns how many precede an unmasked frame.
static size_t follow(struct frame_guard *guard, struct frame_socket *socket, const unsigned char *bytes, size_t count) {
    size_t start = 0; // of the current frame, if it began in these bytes
    for (size_t i = 0; i < count;) {
        switch (socket->state) {
        case FIRST_BYTE:
            start = i++;
            socket->state = SECOND_BYTE;
            break;
        case SECOND_BYTE: {
            unsigned char byte = bytes[i++], length = byte & 0x7F;
            if (!(byte & 0x80)) {
                socket->state = VIOLATED;
                guard->violations++;
                return start;
            }
            socket->length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
            socket->remaining = socket->length_bytes ? 0 : length + 4u;
            socket->state = socket->length_bytes ? LENGTH : REST;
            break;
        }
        case LENGTH:
            socket->remaining = socket->remaining << 8 | bytes[i++];
            if (--socket->length_bytes == 0) {
                socket->remaining += 4;
                socket->state = REST;
            }
            break;
        case REST: {
            size_t left = count - i, part = socket->remaining < left ? (size_t)socket->remaining : left;
            socket->remaining -= part;
            i += part;
            if (socket->remaining == 0) socket->state = FIRST_BYTE;
            break;
        }
        default: return 0;
        }
    }
    return count;
}

size_t frame_guard_add(struct frame_guard *guard, int socket, const void *bytes, size_t count) {
    if (socket < 0) return count;
    size_t index = (size_t)socket;
    if (index >= guard->count) {
        size_t larger = index + 64;
        struct frame_socket *sockets = realloc(guard->sockets, larger * sizeof *sockets);
        if (!sockets) return 0;
        memset(sockets + guard->count, 0, (larger - guard->count) * sizeof *sockets);
        guard->sockets = sockets;
        guard->count = larger;
    }
    struct frame_socket *entry = &guard->sockets[index];
    // The number's last socket may have been closed with a violation that was never reported.
    if (entry->state == VIOLATED) guard->violations--;
    *entry = (struct frame_socket){.state = FIRST_BYTE};
    return bytes ? follow(guard, entry, bytes, count) : 0;
}

int frame_guard_next_violation(struct frame_guard *guard) {
    if (guard->violations == 0) return -1;
    for (size_t i = 0; i < guard->count; i++) {
        if (guard->sockets[i].state != VIOLATED) continue;
        guard->sockets[i].state = REPORTED;
        guard->violations--;
        return (int)i;
    }
    return -1;
}

ssize_t recv(int socket, void *buffer, size_t size, int flags) {
    ssize_t count = recvfrom(socket, buffer, size, flags, NULL, NULL);
    struct frame_guard *guard = current;
    if (!guard || count <= 0 || (flags & MSG_PEEK) || socket < 0 || (size_t)socket >= guard->count) return count;
    struct frame_socket *entry = &guard->sockets[socket];
    if (entry->state == UNGUARDED) return count;
    size_t usable = follow(guard, entry, buffer, (size_t)count);
    if (usable > 0) return (ssize_t)usable;
    errno = EAGAIN;
    return -1;
}
