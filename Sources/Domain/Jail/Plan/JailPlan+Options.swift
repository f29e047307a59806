internal import Sandbox

extension JailPlan {
    /// What the launcher does before it becomes bwrap. Root's folders need not be open to the jail's user, so they are
    /// staged where bwrap can reach them.
    var preparations: [String] {
        var steps = self.procsFiles.flatMap { ["--group", $0] }
        guard let identity = self.identity else { return steps }
        for (index, source) in self.sources.enumerated() { steps += ["--stage", source, Self.stageName(index)] }
        steps += ["--memory", Self.temporaryName, "\(self.temporary)", "\(self.temporaryFiles)"]
        return steps + ["--user", "\(identity.user)", "\(identity.group)"]
    }

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
        // Not all of /etc/ssl: it has a folder for private keys.
        let files = [
            "alternatives", "ca-certificates.conf", "debian_version", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
            "localtime", "mime.types", "protocols", "services", "ssl/certs", "ssl/openssl.cnf",
        ]
        for file in files { options += Self.texts("--ro-bind-try", "/etc/\(file)", "/etc/\(file)") }
        let made = [
            "passwd": "root:x:0:0:root:/:/usr/sbin/nologin\njail:x:1000:1000:jail:/tmp:/bin/sh\n",
            "group": "root:x:0:\njail:x:1000:\n",
            "hosts": "127.0.0.1 localhost jail\n::1 localhost\n",
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
        let targets =
            [("/jb", false), (JailPlan.workspace, true)] + self.mount.binds.map { ($0.target, $0.isWritable) }
        var options: [SandboxPlan.Argument] = []
        for (index, (target, isWritable)) in targets.enumerated() {
            let source = self.identity == nil ? self.sources[index] : Self.staged(Self.stageName(index))
            options += Self.texts(isWritable ? "--bind" : "--ro-bind", source, target)
        }
        return options
    }

    /// The host's paths behind ``folders``, in the same order.
    private var sources: [String] { [self.programs.folder, self.mount.folder] + self.mount.binds.map(\.source) }

    private static let temporaryName = "tmp"
    private static func stageName(_ index: Int) -> String { "m\(index)" }
    private static func staged(_ name: String) -> String { "/mnt/\(name)" }
    private static func texts(_ texts: String...) -> [SandboxPlan.Argument] { texts.map { .text($0) } }
}
