internal import Glibc
internal import Processes

/// A jail for ``JailProbe`` where no session's jail exists yet, as in `doctor`: the same walls, without a workspace and
/// without limits.
package struct ProbeJail: Sendable {
    private let bubblewrap: Bubblewrap
    private let identity: JailIdentity?
    private let filters: [[UInt8]]

    /// - Parameters:
    ///   - identity: Who runs it; needed if this process is root.
    ///   - filters: See ``JailFilter/programs()``.
    package init(_ bubblewrap: Bubblewrap, identity: JailIdentity?, filters: [[UInt8]]) {
        self.bubblewrap = bubblewrap
        self.identity = identity
        self.filters = filters
    }

    /// Runs a script in a new jail.
    package func run(_ script: String) async throws(JailFailure) -> ProbeResult {
        let folder = try FilterFiles.make(self.filters)
        // Bubblewrap reads a filter from a descriptor that it inherits.
        let redirections = folder.paths.indices.map { "\($0 + 3)<\"$\($0 + 1)\"" }.joined(separator: " ")
        let enter = "exec \(redirections); shift \(folder.paths.count); exec \"$@\""
        let command =
            ["-c", enter, "sh"] + folder.paths + self.launcher + [self.bubblewrap.path] + self.arguments(script)
        do {
            let plan = ProcessPlan("/bin/sh", command, directory: "/")
            let result = try await Process.run(plan, keeping: 4_096)
            let status =
                switch result.status {
                case .exited(let code): Int(code)
                case .killed(let signal): 128 + Int(signal)
                }
            return ProbeResult(status: status, errorText: result.errorText)
        } catch {
            throw JailFailure("the jail could not be tried: \(error)")
        }
    }

    /// A real user 0 inside is no jail: it may write the kernel's settings without any capability.
    private var launcher: [String] {
        guard let identity = self.identity else { return [] }
        return [
            "/usr/bin/setpriv", "--reuid", "\(identity.user)", "--regid", "\(identity.group)", "--clear-groups",
            "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
        ]
    }

    func arguments(_ script: String) -> [String] {
        let links = ["bin", "sbin", "lib", "lib64"].flatMap { ["--symlink", "usr/\($0)", "/\($0)"] }
        return [
            "--unshare-user", "--unshare-all", "--disable-userns", "--assert-userns-disabled", "--die-with-parent",
            "--new-session", "--ro-bind", "/usr", "/usr",
        ] + links + [
            "--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--size", "1048576",
            "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp", "--clearenv",
        ] + self.filters.indices.flatMap { ["--add-seccomp-fd", "\($0 + 3)"] } + ["--", "/bin/sh", "-c", script]
    }

    /// The filters as files, for as long as the value exists.
    private struct FilterFiles: ~Copyable {
        private let folder: String
        let paths: [String]

        static func make(_ filters: [[UInt8]]) throws(JailFailure) -> FilterFiles {
            var template = Array("/tmp/jetbridge-probe-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                throw JailFailure("the jail could not be tried: no folder in /tmp; make it writable")
            }
            let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let files = FilterFiles(folder: folder, paths: filters.indices.map { "\(folder)/\($0)" })
            for (path, filter) in zip(files.paths, filters) { try Self.write(filter, to: path) }
            return files
        }

        private init(folder: String, paths: [String]) {
            self.folder = folder
            self.paths = paths
        }

        private static func write(_ filter: [UInt8], to path: String) throws(JailFailure) {
            let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw JailFailure("the jail could not be tried: \(path) cannot be written") }
            defer { close(file) }
            guard Glibc.write(file, filter, filter.count) == filter.count else {
                throw JailFailure("the jail could not be tried: no room for \(path); make some in /tmp")
            }
        }

        deinit {
            for path in self.paths { unlink(path) }
            rmdir(self.folder)
        }
    }
}
