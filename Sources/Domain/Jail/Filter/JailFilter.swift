internal import Sandbox

// Change: a system call that the jail refuses, a bwrap argument
/// The system calls that a jail denies. Everything else stays allowed, because the programs that people run are not
/// known in advance. The calls below reach beyond a jail, or expose much of the kernel.
///
/// Sources: the default profile of Docker, the list of Flatpak, and trials.
package enum JailFilter {
    /// The programs for `bwrap --add-seccomp-fd`, in this order.
    package static func programs() throws(JailFailure) -> [[UInt8]] {
        do throws(SeccompError) {
            return [try SeccompProgram.compile(self.rules), try self.boundary.compile()]
        } catch {
            throw JailFailure("the jail's system call filter could not be made: \(error.message)")
        }
    }

    /// 450 is `set_mempolicy_home_node`, the newest call that ``rules`` were written against.
    static let boundary = SeccompBoundary(
        newest: 450,
        allowedValues: [
            // Only Linux (0) and the query (0xffffffff): others switch off address randomisation, or make pages at
            // address 0 readable.
            "personality": [0, 0xFFFF_FFFF]
        ])

    static let rules: [SeccompRule] = [
        Self.processes, Self.namespaces, Self.kernel, Self.machine, Self.memory, Self.devices, Self.sockets,
        Self.disk, Self.obsolete,
    ].flatMap { $0 }

    /// A rule for each name.
    static func deny(
        _ names: String..., with action: SeccompRule.Action = .notPermitted, isOptional: Bool = false,
        because reason: String
    ) -> [SeccompRule] {
        names.map { SeccompRule($0, action, isOptional: isOptional, reason: reason) }
    }
}

extension JailFilter {
    static let memory =
        deny(
            "open_by_handle_at", "name_to_handle_at", "fanotify_init",
            because: "handles open files past the jail's mounts")
        + deny(
            "mbind", "set_mempolicy", "get_mempolicy", "set_mempolicy_home_node", "move_pages", "migrate_pages",
            because: "placement of memory concerns other processes, and has had defects")
        + deny(
            "memfd_secret", isOptional: true, because: "memory that no limit can take back; only on some processors")

    static let devices =
        // TIOCSTI types into the terminal that started the host (CVE-2017-5226), TIOCLINUX does so on a console
        // (CVE-2023-28100), TIOCCONS redirects the console. The kernel reads 32 bits of the number (CVE-2019-10063).
        [0x5412, 0x541C, 0x541D].map { request in
            SeccompRule(
                "ioctl", when: [.init(1, .bits(mask: 0xFFFF_FFFF, value: request))],
                reason: "it controls a terminal outside")
        }
        // The type of a device, character or block, in the mode.
        + [0x2000, 0x6000].flatMap { type in
            [
                SeccompRule(
                    "mknod", when: [.init(1, .bits(mask: 0xF000, value: type))], isOptional: true,
                    reason: "device nodes; the call exists only on some processors"),
                SeccompRule("mknodat", when: [.init(2, .bits(mask: 0xF000, value: type))], reason: "device nodes"),
            ]
        }

    /// UNIX (1), INET (2), INET6 (10) and NETLINK (16) remain. AF_VSOCK (40) must not: before Linux 7.0 it has no
    /// namespace, and leads to the hypervisor.
    static let sockets: [SeccompRule] = ["socket", "socketpair"].flatMap { name in
        let low: [UInt64] = [0] + Array(3...9) + Array(11...15)
        return low.map { family in
            SeccompRule(
                name, .familyNotSupported, when: [.init(0, .bits(mask: 0xFFFF_FFFF, value: family))],
                reason: "a family that programs in a jail do not need")
        } + [
            SeccompRule(
                name, .familyNotSupported, when: [.init(0, .atLeast(17))],
                reason: "families that programs in a jail do not need; some have no namespace"),
            SeccompRule(
                name, .familyNotSupported,
                when: [.init(0, .bits(mask: 0xFFFF_FFFF, value: 16)), .init(2, .notEqual(0))],
                reason: "netlink beyond routes reaches much of the kernel"),
        ]
    }

    static let disk =
        deny(
            "fallocate", with: .notSupported,
            because: "it allocates any amount at once, before the quota can be checked; KEEP_SIZE escapes RLIMIT_FSIZE")
        + [
            // CLONE_THREAD without CLONE_FILES, and CLOSE_RANGE_UNSHARE. No C library makes such threads.
            SeccompRule(
                "clone", when: [.init(0, .bits(mask: 0x0001_0400, value: 0x0001_0000))],
                reason: "a thread with its own descriptors hides deleted files from the quota"),
            SeccompRule(
                "close_range", .notImplemented, when: [.init(2, .bits(mask: 2, value: 2))],
                reason: "it gives a thread its own descriptors"),
        ]

    static let obsolete =
        deny("lookup_dcookie", "nfsservctl", isOptional: true, because: "obsolete")
        + deny(
            "modify_ldt", "uselib", "ustat", "sysfs", "_sysctl", "vm86", "create_module", "query_module",
            "get_kernel_syms", isOptional: true, because: "obsolete; some processors lack it")
}

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
