internal import Seccomp

extension JailFilter {
    static let processes =
        deny("add_key", "keyctl", "request_key", because: "keyrings have no namespace")
        + deny(
            "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
            because: "they read or change another process, such as the shell that reports to the host")

    static let namespaces =
        deny(
            "mount", "umount2", "pivot_root", "chroot", "setns", "unshare",
            because: "mounts and namespaces are the walls of the jail")
        // clone(2) takes one flag at a time here, because a comparison of bits needs all of them to be equal. 0x80, a
        // new time namespace, is part of the exit signal in this call.
        + [0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000].map { flag in
            SeccompRule(
                "clone", when: [.init(0, .bits(mask: flag, value: flag))],
                reason: "a new user namespace gives back capabilities")
        }
        + deny(
            "clone3", with: .notImplemented,
            because: "its flags are behind a pointer; the C library falls back to clone (CVE-2021-41133)")
        + deny(
            "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
            with: .notImplemented, because: "the newer way to mount")

    static let kernel =
        deny(
            "bpf", "perf_event_open", "userfaultfd", because: "a large part of the kernel, and a source of its defects")
        + deny(
            "io_uring_setup", "io_uring_enter", "io_uring_register", with: .notImplemented,
            because: "they perform other calls without this filter")

    static let machine =
        deny(
            "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon",
            "swapoff", "acct", "quotactl", "quotactl_fd", "syslog", "sethostname", "setdomainname", "vhangup",
            because: "they concern the whole machine")
        + deny(
            "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
            because: "the clock belongs to the whole machine")
        + deny("iopl", "ioperm", isOptional: true, because: "direct access to devices; only on some processors")
}
