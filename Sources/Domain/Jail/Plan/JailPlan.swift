package import Sandbox

/// The plan of one jail as a value: what it sees, what it may use, and its user. bwrap's arguments are the security, so
/// they are made here and nowhere else, and no step of them depends on the machine.
package struct JailPlan: Sendable, Equatable {
    package var programs: JailPrograms
    package var limits: JailLimits
    package var mount: WorkspaceMount
    package var identity: JailIdentity?
    /// The port on 127.0.0.1 inside whose listening socket the host gets; nil for no network at all.
    package var networkPort: UInt16?
    /// Added to `/etc/hosts`, in whole lines.
    package var hosts = ""
    /// Added to the standard variables.
    package var variables: [String: String] = [:]
    /// Filters in the kernel's format; all of them apply.
    package var seccomp: [[UInt8]]
    /// `cgroup.procs` files to enter; empty means that the limiter has no groups, so each process is limited alone.
    package var entryFiles: [String]
    /// Files below `/proc` that exist and must not be readable; see ``maskable``.
    package var masks: [String]

    package static let bwrap = "/usr/bin/bwrap"
    package static let workspace = "/workspace"

    /// The parts of /proc that describe the machine instead of the jail. A mask on a missing file would fail the start.
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
    var temporary: Int { min(512 << 20, self.limits.memory / 2 - self.sharedMemory - self.madeWorkspace) }
    /// For the files of a workspace that is only in memory.
    var madeWorkspace: Int { self.mount.isMade ? min(16 << 20, self.limits.memory / 16) : 0 }
    /// Each file in memory costs about 1 KiB besides its contents.
    var temporaryFiles: Int { max(1_000, min(100_000, self.limits.memory / 16 / 1_024)) }

    private var command: [SandboxPlan.Argument] {
        let numbers = [
            // Init and the shell's warden count too.
            self.limits.processes + 2, self.limits.fileSize, self.limits.openFiles, self.limits.processorSeconds,
            // Without a group, memory can only be limited per process. RLIMIT_DATA and not RLIMIT_AS, because Node.js,
            // Java and Go reserve far more addresses than they use.
            self.entryFiles.isEmpty ? self.limits.memory : 0,
        ]
        return [.text("/jb/\(JailPrograms.initName)"), .text("init"), .control]
            + ([Int(self.networkPort ?? 0)] + numbers).map { .text("\($0)") }
    }
}

extension JailPlan {
    /// What the launcher does before it becomes bwrap. Root's folders need not be open to the jail's user, so they are
    /// staged where bwrap can reach them.
    var preparations: [String] {
        var steps = self.entryFiles.flatMap { ["--group", $0] }
        guard let identity = self.identity else { return steps }
        for (index, bind) in self.binds.enumerated() { steps += ["--stage", bind.source, Self.stageName(index)] }
        steps += ["--memory", Self.temporaryName, "\(self.temporary)", "\(self.temporaryFiles)"]
        return steps + ["--user", "\(identity.user)", "\(identity.group)"]
    }

    // Change: a system call that the jail refuses, a bwrap argument
    /// bwrap's options. They take effect from left to right, so their order matters: nothing can be mounted below `/`
    /// once it is read-only, and a remount does not reach the mounts below.
    var options: [SandboxPlan.Argument] {
        var options = self.isolation
        options += self.system
        options += self.proc
        options += Self.texts(
            "--dev", "/dev", "--size", "\(self.sharedMemory)", "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro",
            "/dev")
        options += self.temporaryFolder
        options += self.folders
        options += Self.texts("--chdir", JailPlan.workspace, "--remount-ro", "/", "--clearenv")
        for (name, value) in self.environment.sorted(by: { $0.key < $1.key }) {
            options += Self.texts("--setenv", name, value)
        }
        for program in self.seccomp { options += [.text("--add-seccomp-fd"), .data(program)] }
        return options + [.text("--json-status-fd"), .status]
    }

    private var isolation: [SandboxPlan.Argument] {
        Self.texts(
            "--unshare-user", "--unshare-all", "--disable-userns", "--assert-userns-disabled", "--die-with-parent",
            "--new-session", "--as-pid-1", "--uid", "1000", "--gid", "1000", "--hostname", "jail", "--cap-drop", "ALL")
    }

    private var system: [SandboxPlan.Argument] {
        var options = Self.texts("--ro-bind", "/usr", "/usr")
        for name in ["bin", "lib", "lib64", "sbin"] { options += Self.texts("--symlink", "usr/\(name)", "/\(name)") }
        // Not all of /etc/ssl, which has a folder for private keys.
        let files = [
            "alternatives", "ca-certificates.conf", "debian_version", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
            "localtime", "mime.types", "protocols", "services", "ssl/certs", "ssl/openssl.cnf",
        ]
        for file in files { options += Self.texts("--ro-bind-try", "/etc/\(file)", "/etc/\(file)") }
        let made = [
            "passwd": "root:x:0:0:root:/:/usr/sbin/nologin\njail:x:1000:1000:jail:/tmp:/bin/sh\n",
            "group": "root:x:0:\njail:x:1000:\n",
            "hosts": "127.0.0.1 localhost jail\n::1 localhost\n" + self.hosts,
        ]
        for (name, text) in made.sorted(by: { $0.key < $1.key }) {
            options += [.text("--ro-bind-data"), .data(Array(text.utf8)), .text("/etc/\(name)")]
        }
        return options
    }

    private var proc: [SandboxPlan.Argument] {
        var options = Self.texts("--proc", "/proc")
        for file in self.masks { options += Self.texts("--ro-bind", "/dev/null", file) }
        return options + Self.texts("--remount-ro", "/proc")
    }

    private var temporaryFolder: [SandboxPlan.Argument] {
        self.identity == nil
            ? Self.texts("--size", "\(self.temporary)", "--perms", "1777", "--tmpfs", "/tmp")
            : Self.texts("--bind", Self.staged(Self.temporaryName), "/tmp")
    }

    /// Our programs, the workspace, and what the workspace adds.
    private var folders: [SandboxPlan.Argument] {
        var options: [SandboxPlan.Argument] = []
        for (index, bind) in self.binds.enumerated() {
            let source = self.identity == nil ? bind.source : Self.staged(Self.stageName(index))
            options += Self.texts(bind.isWritable ? "--bind" : "--ro-bind", source, bind.target)
        }
        return self.mount.isMade ? self.madeFolder + options : options
    }

    /// An empty repository, for programs that take nothing less for a workspace.
    private var madeFolder: [SandboxPlan.Argument] {
        let (folder, git) = (JailPlan.workspace, JailPlan.workspace + "/.git")
        // By bwrap also for root, because it has to belong to the jail's user: Git trusts no other.
        var options = Self.texts("--size", "\(self.madeWorkspace)", "--perms", "0755", "--tmpfs", folder)
        for name in ["objects", "refs/heads"] { options += Self.texts("--dir", "\(git)/\(name)") }
        for (name, text) in [("HEAD", "ref: refs/heads/main\n"), ("config", "[core]\n\trepositoryformatversion = 0\n")]
        {
            options += [.text("--file"), .data(Array(text.utf8)), .text("\(git)/\(name)")]
        }
        return self.mount.isWritable ? options : options + Self.texts("--remount-ro", folder)
    }

    /// Of the host's folders, in this order.
    private var binds: [WorkspaceMount.Bind] {
        let workspace = WorkspaceMount.Bind(
            source: self.mount.folder, target: JailPlan.workspace, isWritable: self.mount.isWritable)
        return [WorkspaceMount.Bind(source: self.programs.folder, target: "/jb", isWritable: false)]
            + (self.mount.isMade ? [] : [workspace]) + self.mount.binds
    }

    private static let temporaryName = "tmp"
    private static func stageName(_ index: Int) -> String { "m\(index)" }
    private static func staged(_ name: String) -> String { "/mnt/\(name)" }
    private static func texts(_ texts: String...) -> [SandboxPlan.Argument] { texts.map { .text($0) } }
}

/// What a jail shows at `/workspace` and `/git`.
package struct WorkspaceMount: Sendable, Equatable {
    /// The host's folder behind `/workspace`; empty for one in the jail's memory.
    package let folder: String
    package let isWritable: Bool
    /// Binds for Git, in this order after the workspace itself; empty where the session has no repository.
    package let binds: [Bind]

    package struct Bind: Sendable, Equatable {
        package let source: String
        package let target: String
        package let isWritable: Bool

        package init(source: String, target: String, isWritable: Bool) {
            self.source = source
            self.target = target
            self.isWritable = isWritable
        }
    }

    package init(folder: String, isWritable: Bool = true, binds: [Bind] = []) {
        self.folder = folder
        self.isWritable = isWritable
        self.binds = binds
    }

    /// For a program that needs a workspace at its start, and works in none: an empty repository in the jail's memory.
    package static func empty(isWritable: Bool, binds: [Bind]) -> WorkspaceMount {
        WorkspaceMount(folder: "", isWritable: isWritable, binds: binds)
    }

    var isMade: Bool { self.folder.isEmpty }

    /// For a jail without a workspace: in its place are the jail's own programs, which every jail sees.
    package static func none(_ programs: JailPrograms, binds: [Bind]) -> WorkspaceMount {
        WorkspaceMount(folder: programs.folder, isWritable: false, binds: binds)
    }
}
