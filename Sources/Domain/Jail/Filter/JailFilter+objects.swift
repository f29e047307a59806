internal import Seccomp

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

    static let obsolete =
        deny("lookup_dcookie", "nfsservctl", isOptional: true, because: "obsolete")
        + deny(
            "modify_ldt", "uselib", "ustat", "sysfs", "_sysctl", "vm86", "create_module", "query_module",
            "get_kernel_syms", isOptional: true, because: "obsolete; some processors lack it")
}
