internal import Copilot
internal import Git
internal import Glibc
internal import Jail
internal import Lifecycle
internal import Models
internal import Processes

/// What the CLI's jail sees besides the workspace, and where it is on the host.
struct CopilotCLIFolders: Sendable {
    static let homeInside = "/copilot/home"
    private static let cacheInside = "/copilot/cache"
    private static let programInside = "/copilot/program"

    /// `files` of the session's workspace has its sibling here: removed with the workspace, and counted with it.
    private let folder: String
    /// The program and the cache, real paths.
    private let program: String
    private let cache: String

    /// Throws ``JailFailure``.
    init(workspace: String, settings: CopilotCLISettings) throws {
        self.folder =
            workspace.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/copilot-cli"
        self.program = try Self.program(settings)
        guard let cache = Self.real(settings.cacheDirectory) else {
            throw JailFailure("the Copilot CLI's cache \(settings.cacheDirectory) is missing: run `jetbridge doctor`")
        }
        self.cache = cache
    }

    var home: String { "\(self.folder)/home" }
    var record: String { "\(self.folder)/session.json" }

    /// The program as the jail sees it. What is below /usr is visible anyway; of anything else only the file itself,
    /// or its folder if it is a script.
    var programPath: String {
        if self.program.hasPrefix("/usr/") { return self.program }
        let name = self.program.split(separator: "/").last.map(String.init) ?? "copilot"
        return "\(Self.programInside)/\(name)"
    }

    private static func program(_ settings: CopilotCLISettings) throws -> String {
        let path = settings.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/bin"]
        guard let found = Process.find(settings.executable, in: folders), let program = Self.real(found) else {
            throw JailFailure(CopilotCLIFailure.notFound(settings.executable).message)
        }
        return program
    }

    /// When the program was installed, in seconds since 1970. Throws ``JailFailure``.
    @concurrent static func installed(_ settings: CopilotCLISettings) async throws -> Int {
        Self.facts(try Self.program(settings))?.st_ctim.tv_sec ?? 0
    }

    /// Whether the program has been unpacked in full since it was installed. It unpacks itself into
    /// `pkg/PLATFORM/VERSION` and marks the end.
    @concurrent static func isUnpacked(_ cache: String, since installed: Int) async -> Bool {
        Self.marks(in: cache).contains { (Self.facts($0)?.st_mtim.tv_sec).map { $0 >= installed } ?? false }
    }

    /// Makes the marks new, after a start outside of a jail has shown that the program is unpacked. The program leaves
    /// them as they are where only its file has changed: after a copy, a restored backup or another owner.
    @concurrent static func markUnpacked(_ cache: String) async {
        for mark in Self.marks(in: cache) { utimensat(AT_FDCWD, mark, nil, 0) }
    }

    private static func marks(in cache: String) -> [String] {
        let packages = cache + "/pkg"
        return FolderTree.names(in: packages).flatMap { platform in
            FolderTree.names(in: "\(packages)/\(platform)").map { version in
                "\(packages)/\(platform)/\(version)/.extraction-complete"
            }
        }
    }

    private static func facts(_ path: String) -> stat? {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts : nil
    }

    /// What the home may keep from one turn to the next; at most a quarter of the workspace's quota.
    private static let kept = WorkspaceUsage(bytes: 64 << 20, files: 10_000)

    /// Makes the folders; a new session begins with an empty home. So does one whose home commands have filled: nobody
    /// could make room there, and the CLI is given the whole conversation. What a command may have written there as
    /// permissions that people gave for good is removed.
    ///
    /// - Parameter quota: The workspace's, in bytes.
    @concurrent func prepare(isNew: Bool, quota: Int) async throws {
        let most = WorkspaceUsage(bytes: min(Self.kept.bytes, quota / 4), files: Self.kept.files)
        let isKept = isNew ? false : await MeasuredQuota().fits(self.home, in: most)
        if !isKept { try FolderTree.remove(self.home) }
        FolderTree.removeFiles(beginningWith: "permissions-config", in: "copilot", below: self.home)
        for folder in [self.folder, self.home] { try PrivateFile.makeFolder(folder) }
    }

    /// What the jail mounts; gives the home to its user.
    @concurrent func binds(for owner: JailIdentity?) async throws -> [WorkspaceMount.Bind] {
        if let owner {
            try FolderTree.give(self.home, to: FileOwner(user: owner.user, group: owner.group))
            // Unpacked by this process's user, whose files others can't read.
            FolderTree.share(self.cache)
        }
        var binds = [
            WorkspaceMount.Bind(source: self.home, target: Self.homeInside, isWritable: true),
            WorkspaceMount.Bind(source: self.cache, target: Self.cacheInside, isWritable: false),
        ]
        if !self.program.hasPrefix("/usr/") {
            binds.append(
                Self.isScript(self.program)
                    ? WorkspaceMount.Bind(
                        source: Self.parent(self.program), target: Self.programInside, isWritable: false)
                    : WorkspaceMount.Bind(source: self.program, target: self.programPath, isWritable: false))
        }
        return binds
    }

    var arguments: [String] {
        [
            self.programPath, "--headless", "--stdio", "--no-auto-update", "--no-auto-login", "--log-level", "warning",
        ]
    }

    /// The whole environment: no secret, and nothing of the host's.
    static func variables(_ more: [String: String]) -> [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "HOME": Self.homeInside,
            "COPILOT_HOME": "\(Self.homeInside)/copilot", "COPILOT_CACHE_HOME": Self.cacheInside, "TMPDIR": "/tmp",
            "COPILOT_AUTO_UPDATE": "false", "COPILOT_DISABLE_KEYTAR": "1", "NO_COLOR": "1", "LANG": "C.UTF-8",
            "TERM": "dumb", "USER": "jail", "LOGNAME": "jail", "SHELL": "/bin/sh",
        ].merging(more) { $1 }
    }

    private static func parent(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    private static func isScript(_ path: String) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var start: [UInt8] = [0, 0]
        return read(file, &start, 2) == 2 && start == Array("#!".utf8)
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }
}
