/// Files, environment and processes of the host.
extension HostileCommand {
    static let host: [HostileCommand] = [
        .init("a host file by its path", "cat {SECRET}", .fails),
        .init("a host file by /proc/1/root", "cat /proc/1/root{SECRET}", .fails),
        .init("a host file by /proc/self/root", "cat /proc/self/root{SECRET}", .fails),
        .init("a host file by every process's root", "cat /proc/[0-9]*/root{SECRET} 2>/dev/null; true"),
        .init(
            "a host file by every process's directory",
            "cat /proc/[0-9]*/cwd/../../../../../../..{SECRET} 2>/dev/null; true"),
        .init("a host file by dots", "cat /workspace/../../../../../../..{SECRET}", .fails),
        .init(
            "the host's descriptors",
            "for f in /proc/[0-9]*/fd/*; do timeout 1 head -c 4096 $f; done 2>/dev/null </dev/null; true"),
        .init("the descriptors of init", "ls /proc/1/fd/ 2>/dev/null && echo ESC\"\"APED", .fails),
        .init("the environment of init", "tr '\\0' '\\n' </proc/1/environ; true"),
        .init("every environment", "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; true"),
        .init("the own environment", "env; set"),
        .init("command lines of the host", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; true"),
        .init(
            "the process list", "ls -d /proc/[0-9]* | wc -l | { read n; [ \"$n\" -lt 15 ] || echo ESC\"\"APED; }",
            .prints("")),
        .init("password hashes", "cat /etc/shadow", .fails),
        .init(
            "people of the host",
            "grep -v -e '^root:' -e '^nobody:' -e '^jail:' -e '^user:' /etc/passwd | grep -q . && echo ESC\"\"APED; true"
        ),
        .init("home folders", "ls /root /home 2>/dev/null | grep -q . && echo ESC\"\"APED; true"),
        .init(
            "the host's /etc",
            "ls /etc/ssh /etc/machine-id /etc/hostname 2>/dev/null | grep -q . && echo ESC\"\"APED; true"),
        .init("the host's /var", "ls /var/lib /var/log 2>/dev/null | grep -q . && echo ESC\"\"APED; true"),
        .init("the host's /run", "ls /run 2>/dev/null | grep -q . && echo ESC\"\"APED; true"),
        .init("the host's /sys", "ls /sys 2>/dev/null | grep -q . && echo ESC\"\"APED; true"),
        .init("the host's /tmp", "ls -A /tmp | grep -v '^\\.jetbridge' | grep -q . && echo ESC\"\"APED; true"),
        .init("a signal to a host process", "kill -0 {PID} && echo ESC\"\"APED", .fails),
        .init("signals to everything", "kill -9 -1; sleep 5", .isEnded),
        .init("a signal to init", "kill -9 1; kill -STOP 1; kill -TERM 1; sleep 0.1; echo alive", .prints("alive")),
        .init("a write to the system", "echo x >/usr/bin/jetbridge-was-here && echo ESC\"\"APED", .fails),
        .init("a write to the root", "mkdir /jetbridge-was-here && echo ESC\"\"APED", .fails),
        .init("a write to /etc", "echo x >>/etc/passwd && echo ESC\"\"APED", .fails),
        .init("a write to /dev", "echo x >/dev/jetbridge-was-here && echo ESC\"\"APED", .fails),
        .init("a write beside the workspace", "echo x >/workspace/../jetbridge-was-here && echo ESC\"\"APED", .fails),
        .init(
            "the real user", "awk '/^Uid/ { print ($2 == 0 || $3 == 0) ? \"zero\" : \"other\" }' /proc/self/status",
            .prints("other")),
        .init(
            "capabilities",
            "awk '/^Cap(Inh|Prm|Eff|Amb)/ { if ($2 !~ /^0+$/) print \"ESC\" \"APED\" }' /proc/self/status", .prints("")),
        .init(
            "new privileges",
            "awk '/^NoNewPrivs/ { print $2 } /^Seccomp:/ { print $2 }' /proc/self/status | tr '\\n' ' '", .prints("1 2")
        ),
        .init(
            "a terminal", "[ -t 0 ] || [ -t 1 ] || [ -t 2 ] || (: >/dev/tty) 2>/dev/null && echo ESC\"\"APED; true",
            .prints("")),
        .init("standard input", "read line && echo ESC\"\"APED; true", .prints("")),
    ]

    static let kernel: [HostileCommand] = [
        .init(
            "core pattern",
            "cat /proc/sys/kernel/core_pattern >/tmp/p && cat /tmp/p >/proc/sys/kernel/core_pattern && echo ESC\"\"APED",
            .fails),
        .init(
            "host name by /proc/sys",
            "cat /proc/sys/kernel/hostname >/tmp/p; cat /tmp/p >/proc/sys/kernel/hostname && echo ESC\"\"APED", .fails),
        .init("drop caches", "echo 0 >/proc/sys/vm/drop_caches && echo ESC\"\"APED", .fails),
        .init("sysrq", "echo h >/proc/sysrq-trigger && echo ESC\"\"APED", .fails),
        .init(
            "kernel memory", "head -c 1 /proc/kcore /dev/mem /dev/kmem >/dev/null 2>&1 && echo ESC\"\"APED; true",
            .prints("")),
        .init(
            "kernel symbols", "head -c 64 /proc/kallsyms 2>/dev/null | grep -q . && echo ESC\"\"APED; true", .prints("")
        ),
        .init(
            "kernel command line", "cat /proc/cmdline 2>/dev/null | grep -q . && echo ESC\"\"APED; true", .prints("")),
        .init(
            "kernel log",
            "dmesg 2>/dev/null | grep -q . && echo ESC\"\"APED; cat /proc/kmsg 2>/dev/null | head -c 1 | grep -q . && echo ESC\"\"APED; true",
            .prints("")),
        .init(
            "keys of others", "cat /proc/keys /proc/key-users 2>/dev/null | grep -q . && echo ESC\"\"APED; true",
            .prints("")),
        .init("out-of-memory score", "echo -1000 >/proc/self/oom_score_adj && echo ESC\"\"APED", .fails),
        .init(
            "block devices",
            "mknod /workspace/disk b 8 0 && echo ESC\"\"APED; mknod /tmp/disk b 254 0 && echo ESC\"\"APED", .fails),
        .init("character devices", "mknod /tmp/mem c 1 1 && echo ESC\"\"APED", .fails),
        .init(
            "devices in /dev",
            "ls /dev | grep -v -x -e console -e core -e fd -e full -e null -e ptmx -e pts -e random -e shm -e stderr -e stdin -e stdout -e tty -e urandom -e zero && echo ESC\"\"APED; true",
            .prints("")),
        .init("a mount", "mount -t tmpfs none /tmp && echo ESC\"\"APED", .fails),
        .init("a bind of the root", "mount --bind / /tmp && echo ESC\"\"APED", .fails),
        .init("a remount", "mount -o remount,rw / && echo ESC\"\"APED", .fails),
        .init("an unmount of the mask", "umount /proc/sys /proc/kcore /proc && echo ESC\"\"APED", .fails),
        .init("a namespace by unshare", "unshare -Ur true && echo ESC\"\"APED", .fails),
        .init("a nested jail", "bwrap --ro-bind / / true && echo ESC\"\"APED", .fails),
        .init("a change of root", "chroot /workspace /bin/true && echo ESC\"\"APED", .fails),
        .init(
            "set-user-id programs",
            "for p in /usr/bin/su /usr/bin/mount /usr/bin/passwd /usr/bin/newgrp; do [ -x $p ] && $p --version >/dev/null 2>&1; done; awk '/^Uid/ { print ($3 == 0) ? \"zero\" : \"other\" }' /proc/self/status",
            .prints("other")),
        .init(
            "an own set-user-id program",
            "cp /usr/bin/id /workspace/id && chmod 6755 /workspace/id; /workspace/id -u | grep -qx 0 && echo ESC\"\"APED; rm -f /workspace/id; true"
        ),
    ]

    // Change: a system call that the jail refuses, a bwrap argument
    static let calls: [HostileCommand] = [
        .python("ptrace", "print(syscall(101, 0, 0, 0, 0) == errno.EPERM)", .prints("True")),
        .python(
            "the memory of another process", "print(syscall(310, 1, 0, 0, 0, 0, 0) == errno.EPERM)", .prints("True")),
        .python("add_key", "print(syscall(248, b'user', b'k', b'v', 1, -3) == errno.EPERM)", .prints("True")),
        .python("keyctl", "print(syscall(250, 0, -3, 1) == errno.EPERM)", .prints("True")),
        .python("request_key", "print(syscall(249, b'user', b'k', 0, -3) == errno.EPERM)", .prints("True")),
        .python("bpf", "print(syscall(321, 0, 0, 0) == errno.EPERM)", .prints("True")),
        .python("perf", "print(syscall(298, 0, 0, -1, -1, 0) == errno.EPERM)", .prints("True")),
        .python("userfaultfd", "print(syscall(323, 0) == errno.EPERM)", .prints("True")),
        .python("io_uring", "print(syscall(425, 1, 0) == errno.ENOSYS)", .prints("True")),
        .python("kexec", "print(syscall(246, 0, 0, 0, 0) == errno.EPERM)", .prints("True")),
        .python("a kernel module", "print(syscall(175, 0, 0, b'') == errno.EPERM)", .prints("True")),
        .python("the clock", "print(syscall(227, 0, 0) == errno.EPERM)", .prints("True")),
        .python("setns", "print(syscall(308, 0, 0) == errno.EPERM)", .prints("True")),
        .python("unshare of users", "print(syscall(272, 0x10000000) == errno.EPERM)", .prints("True")),
        .python(
            "clone into a new namespace", "print(syscall(56, 0x10000000 | 17, 0, 0, 0, 0) == errno.EPERM)",
            .prints("True")),
        .python("clone3", "print(syscall(435, 0, 0) == errno.ENOSYS)", .prints("True")),
        .python(
            "mounts by descriptor",
            "print(syscall(428, -100, b'/', 1) == errno.ENOSYS and syscall(430, b'tmpfs', 0) == errno.ENOSYS)",
            .prints("True")),
        .python("a file by its handle", "print(syscall(304, -100, 0, 0) == errno.EPERM)", .prints("True")),
        .python("a call newer than the filter", "print(syscall(467, 0, 0, 0, 0, 0) == errno.ENOSYS)", .prints("True")),
        .python("personality", "print(syscall(135, 0x0040000) == errno.EPERM)", .prints("True")),
        .python("reboot", "print(syscall(169, 0xfee1dead, 672274793, 0, 0) == errno.EPERM)", .prints("True")),
        .python(
            "typing into a terminal",
            """
            import fcntl, pty
            a, b = pty.openpty() if os.path.exists('/dev/ptmx') else (-1, -1)
            for request in (0x5412, 0x5412 | 1 << 32, 0x541C, 0x541D):
                if b >= 0 and syscall(16, b, request, ctypes.c_char_p(b'x')) == 0: escaped()
            """, .prints("")),
        .python(
            "the other ABI",
            """
            pid = os.fork()
            if pid == 0:
                libc.syscall(ctypes.c_long(0x40000000 + 39)); escaped(); os._exit(0)
            print(os.WIFSIGNALED(os.waitpid(pid, 0)[1]))
            """, .prints("True")),
    ]
}
