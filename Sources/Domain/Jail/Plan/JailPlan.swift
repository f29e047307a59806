package import Sandbox

/// Everything about one jail as a value: what it sees, what it may use, and who it is. bwrap's arguments are the
/// security, so they are made here and nowhere else, and no step of them depends on the machine.
package struct JailPlan: Sendable, Equatable {
    package var programs: JailPrograms
    package var limits: JailLimits
    package var mount: WorkspaceMount
    package var identity: JailIdentity?
    /// The port on 127.0.0.1 inside whose listening socket the host gets; nil for no network at all.
    package var networkPort: UInt16?
    /// Besides the usual ones.
    package var variables: [String: String] = [:]
    /// Filters in the kernel's format; all of them apply.
    package var seccomp: [[UInt8]]
    /// `cgroup.procs` files to enter; empty means that the limiter has no groups, so each process is limited alone.
    package var procsFiles: [String]
    /// Files below `/proc` that exist and must not be readable; see ``maskable``.
    package var masks: [String]

    package init(
        programs: JailPrograms, limits: JailLimits, mount: WorkspaceMount, identity: JailIdentity?,
        networkPort: UInt16? = nil, variables: [String: String] = [:], seccomp: [[UInt8]], procsFiles: [String],
        masks: [String]
    ) {
        self.programs = programs
        self.limits = limits
        self.mount = mount
        self.identity = identity
        self.networkPort = networkPort
        self.variables = variables
        self.seccomp = seccomp
        self.procsFiles = procsFiles
        self.masks = masks
    }

    package static let bwrap = "/usr/bin/bwrap"
    package static let workspace = "/workspace"

    /// What /proc tells about the machine and not about the jail. A mask on a missing file would fail the start.
    package static let maskable = [
        "cmdline", "config.gz", "consoles", "crypto", "devices", "diskstats", "execdomains", "interrupts", "iomem",
        "ioports", "kallsyms", "kcore", "key-users", "keys", "kmsg", "kpagecgroup", "kpagecount", "kpageflags",
        "latency_stats", "locks", "modules", "mtrr", "pagetypeinfo", "partitions", "sched_debug", "schedstat",
        "slabinfo", "softirqs", "swaps", "sysrq-trigger", "timer_list", "vmallocinfo", "zoneinfo",
    ].map { "/proc/\($0)" }

    /// The variables of every process in the jail; a command's fresh shell has the persistent shell's instead.
    package var environment: [String: String] { Self.environment(self.variables) }

    static func environment(_ variables: [String: String]) -> [String: String] {
        let usual = [
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "HOME": "/tmp", "LANG": "C.UTF-8",
            "TERM": "dumb", "USER": "jail", "LOGNAME": "jail", "SHELL": "/bin/sh", "TMPDIR": "/tmp",
        ]
        return usual.merging(variables) { $1 }
    }

    package var sandbox: SandboxPlan {
        SandboxPlan(
            launcher: self.programs.launcher, preparations: self.preparations, program: Self.bwrap,
            options: self.options, command: self.command)
    }

    // MARK: Limits

    /// Memory for the files in /dev/shm and /tmp. They count as the jail's memory, and killing processes does not
    /// free them, so together they get at most half of it.
    var sharedMemory: Int { min(16 << 20, self.limits.memory / 16) }
    var temporary: Int { min(512 << 20, self.limits.memory / 2 - self.sharedMemory) }
    /// Each file in memory costs about 1 KiB besides its contents.
    var temporaryFiles: Int { max(1_000, min(100_000, self.limits.memory / 16 / 1_024)) }

    private var command: [SandboxPlan.Argument] {
        let numbers = [
            // Init and the shell's warden count too.
            self.limits.processes + 2, self.limits.fileSize, self.limits.openFiles, self.limits.processorSeconds,
            // Without a group, memory can only be limited per process. RLIMIT_DATA and not RLIMIT_AS, because Node.js,
            // Java and Go reserve far more addresses than they use.
            self.procsFiles.isEmpty ? self.limits.memory : 0,
        ]
        return [.text("/jb/\(JailPrograms.initName)"), .text("init"), .control]
            + ([Int(self.networkPort ?? 0)] + numbers).map { .text("\($0)") }
    }
}
