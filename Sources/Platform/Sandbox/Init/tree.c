// A tree: a warden, its main process and every descendant of it.
//
// The warden is a fork of init that makes itself the subreaper of what it starts: whatever forks twice, makes sessions
// or loses its parent stays a descendant of the warden, so the parent ids in /proc say to which tree a process belongs.
// A mark that a process carries itself (its session, group or environment) it could take off. A process can send KILL
// to its warden; init notices that and ends the jail.
#include "init.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PAUSE_LIMIT_S = 3 };

static void send_report(int reports, struct report report) {
    while (send(reports, &report, sizeof report, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}

static void limit(int resource, uint64_t value) {
    if (value == 0) return;
    struct rlimit limit = {(rlim_t)value, (rlim_t)value}, now;
    // Only downwards: a lower limit of the host stays.
    if (getrlimit(resource, &now) == 0 && now.rlim_max != RLIM_INFINITY && now.rlim_max < limit.rlim_max) return;
    (void)setrlimit(resource, &limit);
}

static void set_limits(const struct limits *limits) {
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    // Set here, inside of the user namespace, it counts this jail's processes alone.
    limit(RLIMIT_NPROC, limits->processes);
    limit(RLIMIT_FSIZE, limits->file_size);
    limit(RLIMIT_NOFILE, limits->open_files);
    limit(RLIMIT_CPU, limits->cpu_seconds);
    limit(RLIMIT_DATA, limits->data);
    limit(RLIMIT_MEMLOCK, 64 << 10);
}

/// A file in memory with the text, to be read from its start; -1 on failure.
static int text_file(const char *text) {
    int file = memfd_create("script", MFD_CLOEXEC);
    for (size_t rest = strlen(text); file >= 0 && rest > 0;) {
        ssize_t count = write(file, text, rest);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return -1;
        text += count;
        rest -= (size_t)count;
    }
    return file >= 0 && lseek(file, 0, SEEK_SET) == 0 ? file : -1;
}

static void run_main(const struct start *start, const struct limits *limits, int reports, int null) {
    sigset_t none;
    setsid();
    if (start->kind == KIND_SHELL) {
        dup2(start->descriptors[0], 0);
        dup2(start->descriptors[0], 9);
        dup2(start->descriptors[1], 7);
        dup2(start->descriptors[2], 8);
        dup2(null, 1);
        dup2(null, 2);
        dup2(null, 6);
    } else {
        dup2(null, 0);
        dup2(start->descriptors[0], 1);
        dup2(start->descriptors[1], 2);
    }
    if (start->kind == KIND_LASTING) {
        int script = text_file(start->script);
        if (script < 0) {
            send_report(reports, (struct report){start->id, TYPE_FAILED, STAGE_EXEC, 1, errno});
            _exit(127);
        }
        // Not by dup2 if it has the number already: it would keep FD_CLOEXEC.
        if (script == 3) fcntl(script, F_SETFD, 0);
        else dup2(script, 3);
        dup2(start->descriptors[2], 4);
    }
    if (chdir(start->directory) != 0) {
        send_report(reports, (struct report){start->id, TYPE_FAILED, STAGE_DIRECTORY, 1, errno});
        _exit(127);
    }
    set_limits(limits);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    char *shell[] = {"sh", NULL};
    char *bash[] = {"bash", "-c", "--", (char *)start->text, NULL};
    char *command[] = {"sh", "-c", "--", (char *)start->text, NULL};
    if (start->kind == KIND_SHELL) {
        execve("/jb/sh", shell, start->environment);
    } else {
        execve("/jb/bash", bash, start->environment);
        if (errno == ENOENT) execve("/jb/sh", command, start->environment);
    }
    send_report(reports, (struct report){start->id, TYPE_FAILED, STAGE_EXEC, 1, errno});
    _exit(127);
}

/// Whether a process that was stopped is so seconds later. The host pauses what runs while it measures the workspace;
/// what stays stopped was stopped by a command, and would stay so for ever.
static int stays_stopped(pid_t process) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    struct timespec end, now, left;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += PAUSE_LIMIT_S;
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_PID, (id_t)process, &info, WCONTINUED | WNOHANG) == 0 && info.si_pid != 0) return 0;
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) return 0;
        clock_gettime(CLOCK_MONOTONIC, &now);
        left.tv_sec = end.tv_sec - now.tv_sec;
        left.tv_nsec = end.tv_nsec - now.tv_nsec;
        if (left.tv_nsec < 0) {
            left.tv_sec--;
            left.tv_nsec += 1000000000;
        }
        if (left.tv_sec < 0) return 1;
        sigtimedwait(&child, NULL, &left);
    }
}

/// Reaps until nothing is left. Its only signals are KILL and STOP, because init's mask blocks all others.
static _Noreturn void guard(uint32_t id, pid_t main_process, int reports) {
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WUNTRACED);
        if (ended < 0) {
            if (errno == EINTR) continue;
            _exit(0);
        }
        if (ended != main_process) continue;
        struct report report = {id, TYPE_ENDED, HOW_STOPPED, 0, 0};
        if (WIFSTOPPED(status)) {
            if (!stays_stopped(main_process)) continue;
            report.value = WSTOPSIG(status);
        } else {
            report.how_or_stage = WIFEXITED(status) ? HOW_EXITED : HOW_KILLED;
            report.value = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
            main_process = 0;
            while (waitpid(-1, NULL, WNOHANG) > 0) {}
            report.is_empty = waitpid(-1, NULL, WNOHANG) < 0;
        }
        send_report(reports, report);
    }
}

pid_t start_tree(const struct start *start, const struct limits *limits, int reports, int null, int control) {
    pid_t warden = fork();
    if (warden != 0) return warden;
    close(control);
    // The host finds a tree's warden by its name, which is as long as names may be, and no other process can change it.
    char name[16];
    snprintf(name, sizeof name, "warden-%08x", start->id);
    prctl(PR_SET_NAME, name, 0, 0, 0);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        send_report(reports, (struct report){start->id, TYPE_FAILED, STAGE_FORK, 1, errno});
        _exit(0);
    }
    pid_t main_process = fork();
    if (main_process == 0) run_main(start, limits, reports, null);
    if (main_process < 0) {
        send_report(reports, (struct report){start->id, TYPE_FAILED, STAGE_FORK, 1, errno});
        _exit(0);
    }
    for (int index = 0; index < 3; index++)
        if (start->descriptors[index] >= 0) close(start->descriptors[index]);
    guard(start->id, main_process, reports);
}

// MARK: The end of a tree

struct process {
    pid_t id, parent;
    int is_marked;
};

/// The parent from /proc/ID/stat: the second field after the last parenthesis; names may contain parentheses.
static pid_t parent_of(int proc, const char *id) {
    char path[64], text[512];
    snprintf(path, sizeof path, "%.32s/stat", id);
    int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return -1;
    text[count] = 0;
    char *end = strrchr(text, ')');
    char state;
    int parent;
    if (!end || sscanf(end + 1, " %c %d", &state, &parent) != 2) return -1;
    return parent;
}

void kill_descendants(pid_t warden) {
    static struct process processes[65536];
    int count = 0;
    DIR *folder = opendir("/proc");
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder)) && count < 65536;) {
        char *end;
        long id = strtol(entry->d_name, &end, 10);
        if (*end || id <= 1) continue;
        pid_t parent = parent_of(dirfd(folder), entry->d_name);
        if (parent <= 0) continue;
        processes[count++] = (struct process){(pid_t)id, parent, id == warden};
    }
    closedir(folder);
    for (int changed = 1; changed;) {
        changed = 0;
        for (int index = 0; index < count; index++) {
            if (processes[index].is_marked) continue;
            for (int other = 0; other < count; other++) {
                if (!processes[other].is_marked || processes[other].id != processes[index].parent) continue;
                processes[index].is_marked = changed = 1;
                break;
            }
        }
    }
    for (int index = 0; index < count; index++)
        if (processes[index].is_marked && processes[index].id != warden) kill(processes[index].id, SIGKILL);
}
