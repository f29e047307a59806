// PID 1 of a jail: see init.h for the protocol.
#include "init.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TREES = 256, LOWEST = 20, KILL_LIMIT_MS = 5000 };

struct tree {
    uint32_t id;
    pid_t warden;
    int is_used, is_failed, has_ended, is_lasting;
    /// When every process of it has to be gone, in milliseconds; 0 while it runs.
    int64_t deadline;
};

static struct tree trees[MAX_TREES];
static struct limits limits;
static int control = -1, reports[2], children, null;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// MARK: Frames

static void put32(uint8_t *at, uint32_t value) {
    for (int index = 0; index < 4; index++) at[index] = (uint8_t)(value >> (8 * index));
}

static uint32_t get32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

ssize_t send_descriptor(int socket, const void *bytes, size_t size, int descriptor) {
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    char extra[CMSG_SPACE(sizeof(int))];
    memset(extra, 0, sizeof extra);
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = extra;
        message.msg_controllen = sizeof extra;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

/// Sends a frame of at most 256 bytes; the host reads at once or is gone.
static void send_frame(uint8_t type, uint32_t id, const void *payload, size_t size, int descriptor) {
    uint8_t bytes[256 + 9];
    if (size > 256) size = 256;
    put32(bytes, (uint32_t)(5 + size));
    bytes[4] = type;
    put32(bytes + 5, id);
    if (size) memcpy(bytes + 9, payload, size);
    size += 9;
    for (size_t done = 0; done < size;) {
        ssize_t sent = send_descriptor(control, bytes + done, size - done, done ? -1 : descriptor);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) _exit(1);
        done += (size_t)sent;
    }
}

static _Noreturn void lose(const char *reason) {
    send_frame(TYPE_LOST, 0, reason, strlen(reason), -1);
    _exit(1);
}

static void send_numbers(uint8_t type, uint32_t id, uint8_t first, int32_t second) {
    uint8_t payload[5] = {first};
    put32(payload + 1, (uint32_t)second);
    send_frame(type, id, payload, sizeof payload, -1);
}

/// Reads exactly `size` bytes and keeps up to three descriptors that come with them; exits at the end.
static void receive(void *target, size_t size, int *descriptors) {
    while (size > 0) {
        char extra[CMSG_SPACE(3 * sizeof(int))];
        struct iovec part = {target, size};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = extra, .msg_controllen = sizeof extra};
        ssize_t count = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) _exit(0);
        for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
            if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
            int number = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            for (int index = 0; index < number; index++) {
                int low, high;
                memcpy(&low, CMSG_DATA(header) + (size_t)index * sizeof(int), sizeof low);
                // Above the numbers that a main process gets, so that no dup2 overwrites the source of another.
                high = fcntl(low, F_DUPFD_CLOEXEC, LOWEST);
                close(low);
                if (index < 3 && descriptors[index] < 0) descriptors[index] = high;
                else close(high);
            }
        }
        target = (uint8_t *)target + count;
        size -= (size_t)count;
    }
}

// MARK: Trees

static struct tree *find(uint32_t id) {
    for (int index = 0; index < MAX_TREES; index++)
        if (trees[index].is_used && trees[index].id == id) return &trees[index];
    return NULL;
}

static void begin_end(struct tree *tree) {
    if (tree->deadline == 0) tree->deadline = now() + KILL_LIMIT_MS;
    kill_descendants(tree->warden);
}

/// The next string of a payload, which always ends with a NUL.
static char *next(char **at, char *end) {
    char *string = *at;
    if (string >= end) _exit(1);
    *at += strlen(string) + 1;
    return string;
}

static void start(uint32_t id, char *payload, size_t size, int *descriptors) {
    if (size < 3 || payload[size - 1] != 0 || find(id)) _exit(1);
    struct start start = {.id = id, .kind = (uint8_t)payload[0]};
    char *at = payload + 1, *end = payload + size;
    start.directory = next(&at, end);
    start.text = next(&at, end);
    start.script = next(&at, end);
    size_t count = 0;
    for (char *each = at; each < end; each += strlen(each) + 1) count++;
    start.environment = calloc(count + 1, sizeof(char *));
    if (!start.environment) _exit(1);
    for (size_t index = 0; index < count; index++) start.environment[index] = next(&at, end);
    for (int index = 0; index < 3; index++) start.descriptors[index] = descriptors[index];
    struct tree *tree = NULL;
    for (int index = 0; index < MAX_TREES && !tree; index++)
        if (!trees[index].is_used) tree = &trees[index];
    int needed = start.kind == KIND_COMMAND ? 2 : 3;
    if (descriptors[needed - 1] < 0) _exit(1);
    pid_t warden = -1;
    errno = EAGAIN;
    if (tree) warden = start_tree(&start, &limits, reports[1], null, control);
    if (warden < 0) send_numbers(TYPE_FAILED, id, STAGE_FORK, errno);
    else *tree = (struct tree){.id = id, .warden = warden, .is_used = 1, .is_lasting = start.kind == KIND_LASTING};
    free(start.environment);
}

static void read_control(void) {
    static char *payload;
    uint8_t header[9];
    int descriptors[3] = {-1, -1, -1};
    receive(header, sizeof header, descriptors);
    uint32_t length = get32(header), id = get32(header + 5);
    if (length < 5 || length > MAX_FRAME) _exit(1);
    size_t size = length - 5;
    payload = malloc(size + 1);
    if (!payload) _exit(1);
    receive(payload, size, descriptors);
    if (header[4] == TYPE_START) {
        start(id, payload, size, descriptors);
    } else if (header[4] == TYPE_KILL) {
        struct tree *tree = find(id);
        // It may have ended before the request arrived; then GONE has been sent.
        if (tree) begin_end(tree);
    } else {
        _exit(1);
    }
    free(payload);
    for (int index = 0; index < 3; index++)
        if (descriptors[index] >= 0) close(descriptors[index]);
}

static void read_reports(void) {
    struct report report;
    while (recv(reports[0], &report, sizeof report, MSG_DONTWAIT) == (ssize_t)sizeof report) {
        struct tree *tree = find(report.id);
        if (!tree) continue;
        if (report.type == TYPE_FAILED) {
            tree->is_failed = 1;
            send_numbers(TYPE_FAILED, tree->id, report.how_or_stage, report.value);
        } else if (!tree->is_failed && !tree->has_ended) {
            tree->has_ended = 1;
            send_numbers(TYPE_ENDED, tree->id, report.how_or_stage, report.value);
        }
        // What the main process has left behind is killed; without looking for it where there is nothing.
        int is_kept = tree->is_lasting && report.type == TYPE_ENDED && report.how_or_stage != HOW_STOPPED;
        if (tree->deadline == 0 && !report.is_empty && !is_kept) tree->deadline = now() + KILL_LIMIT_MS;
    }
}

static void reap(void) {
    struct signalfd_siginfo info;
    while (read(children, &info, sizeof info) > 0) {}
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG | WUNTRACED);
        if (ended <= 0) return;
        struct tree *tree = NULL;
        for (int index = 0; index < MAX_TREES && !tree; index++)
            if (trees[index].is_used && trees[index].warden == ended) tree = &trees[index];
        if (!tree) continue;
        read_reports();
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !(tree->has_ended || tree->is_failed))
            lose("one of its processes killed or stopped another's warden");
        if (!tree->is_failed) send_frame(TYPE_GONE, tree->id, NULL, 0, -1);
        tree->is_used = 0;
    }
}

/// Ends what has to be gone. Returns the time until the next look, in milliseconds; -1 for none.
static int end_trees(void) {
    int wait = -1;
    for (int index = 0; index < MAX_TREES; index++) {
        if (!trees[index].is_used || trees[index].deadline == 0) continue;
        if (now() > trees[index].deadline) lose("processes could not be ended one by one");
        kill_descendants(trees[index].warden);
        wait = 2;
    }
    return wait;
}

// MARK: The start

/// Keeps `descriptor` out of the way of a main process's numbers.
static int raised(int descriptor) {
    int high = fcntl(descriptor, F_DUPFD_CLOEXEC, LOWEST);
    if (high < 0) _exit(1);
    close(descriptor);
    return high;
}

static int listen_on(uint16_t port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0) _exit(1);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) _exit(1);
    return listener;
}

static uint64_t number(const char *text) { return strtoull(text, NULL, 10); }

int init_main(int count, char **arguments) {
    if (count != 7 || getpid() != 1) return 2;
    int given = (int)number(arguments[0]);
    uint16_t port = (uint16_t)number(arguments[1]);
    limits = (struct limits){
        .processes = number(arguments[2]), .file_size = number(arguments[3]), .open_files = number(arguments[4]),
        .cpu_seconds = number(arguments[5]), .data = number(arguments[6])};
    // bwrap's descriptors: its data, its status pipe. 0, 1 and 2 are the host's.
    control = raised(given);
    for (int descriptor = 0; descriptor < LOWEST; descriptor++) close(descriptor);
    if (control > LOWEST) syscall(SYS_close_range, LOWEST, (unsigned)control - 1, 0);
    syscall(SYS_close_range, (unsigned)control + 1, ~0U, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return 1;
    null = raised(null);
    for (int descriptor = 0; descriptor < 3; descriptor++) dup2(null, descriptor);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reports) != 0) return 1;
    reports[0] = raised(reports[0]);
    reports[1] = raised(reports[1]);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (children < 0) return 1;
    children = raised(children);
    int listener = port ? listen_on(port) : -1;
    send_frame(TYPE_HELLO, PROTOCOL_VERSION, NULL, 0, listener);
    if (listener >= 0) close(listener);

    struct pollfd watched[3] = {{control, POLLIN, 0}, {reports[0], POLLIN, 0}, {children, POLLIN, 0}};
    for (;;) {
        int wait = end_trees();
        if (poll(watched, 3, wait) < 0 && errno != EINTR) return 1;
        if (watched[1].revents) read_reports();
        if (watched[2].revents) reap();
        if (watched[0].revents) read_control();
    }
}
