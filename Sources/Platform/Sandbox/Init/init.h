// The program inside and around a jail. One static file, three roles:
//
//   jetbridge-init launch OPTIONS -- PROGRAM ARGUMENTS   outside: enters groups, drops rights, executes bwrap (launch.c)
//   jetbridge-init init CONTROL PORT NPROC FSIZE NOFILE CPU DATA   inside, as PID 1: starts and ends processes (init.c)
//   jetbridge-init listen NETWORK SOCKET ADDRESS PORT …   outside: listens inside the jail's network (listen.c)
//
// Control protocol, version 2. A stream socket; both sides send frames:
//
//   u32 length of what follows the length, u8 type, u32 id, payload        (little endian)
//
// Descriptors travel by SCM_RIGHTS with the first byte of a frame. The host may only send what is well formed; a
// malformed frame ends the jail. The jail's processes never hold this socket.
//
// To init:
//   START  id, payload: u8 kind, then NUL-terminated strings: directory, text, script, variables NAME=VALUE …
//          kind 0, a shell that reads its script from a socket: descriptors socket, output pipe, error pipe; text and
//                  script are empty
//          kind 1, a command in a fresh shell: descriptors output pipe, error pipe; script is empty
//          kind 2, a command of the session's shell: descriptors output pipe, error pipe, state pipe. The script is the
//                  main process's descriptor 3, the state pipe its 4. What it leaves running stays.
//   KILL   id: ends every process of the tree, answered by GONE
// From init:
//   HELLO  id = version; with the listening socket when PORT is not 0
//   FAILED id, payload: u8 stage, i32 errno: nothing was started; no GONE follows
//   ENDED  id, payload: u8 how (0 exited, 1 killed by a signal, 2 stopped by a signal), i32 value: the main process
//   GONE   id: no process of the tree is left. Comes after ENDED; what remains of a tree when its main process has
//          ended is killed, except with kind 2.
//   LOST   payload: text. The jail ends itself, because it can no longer tell which processes belong to whom.
//
// Init exits at the end of the control socket, and the kernel then kills every process of the namespace: nothing
// outlives the host.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <sys/types.h>

enum { PROTOCOL_VERSION = 2, MAX_FRAME = 16 << 20 };
enum { TYPE_START = 1, TYPE_KILL = 2, TYPE_HELLO = 65, TYPE_FAILED = 66, TYPE_ENDED = 67, TYPE_GONE = 68, TYPE_LOST = 69 };
enum { KIND_SHELL = 0, KIND_COMMAND = 1, KIND_LASTING = 2 };
enum { HOW_EXITED = 0, HOW_KILLED = 1, HOW_STOPPED = 2 };
enum { STAGE_FORK = 0, STAGE_DIRECTORY = 1, STAGE_EXEC = 2 };

/// What a warden reports about its main process, over a socket that only init and the wardens hold.
struct report {
    uint32_t id;
    uint8_t type, how_or_stage;
    /// No other process of the tree is left: the warden ends by itself.
    uint8_t is_empty;
    int32_t value;
};

struct limits {
    uint64_t processes, file_size, open_files, cpu_seconds, data;
};

struct start {
    uint32_t id;
    uint8_t kind;
    const char *directory, *text, *script;
    char **environment;
    int descriptors[3];
};

int launch(int count, char **arguments);
int init_main(int count, char **arguments);
int listen_main(int count, char **arguments);

/// sendmsg(2) with a descriptor, unless it is -1.
ssize_t send_descriptor(int socket, const void *bytes, size_t size, int descriptor);

/// Starts a tree: a warden and its main process. Returns the warden's pid, or -1.
pid_t start_tree(const struct start *start, const struct limits *limits, int reports, int null, int control);
/// Sends SIGKILL to every descendant of `warden` that /proc shows now.
void kill_descendants(pid_t warden);
