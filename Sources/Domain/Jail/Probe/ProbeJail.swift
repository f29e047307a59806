internal import EventLoop
internal import Glibc
internal import Logging
internal import Sandbox

/// A jail for ``JailProbe``: started as those of sessions are, by the same plan, launcher, filter and limits. Its
/// workspace is empty, and it has no network.
struct ProbeJail: Sendable {
    private let shell: JailShell

    /// Starts a jail, tests it, and ends it.
    ///
    /// - Parameters:
    ///   - folder: Where sessions' programs and workspaces are, because a mount option there (`noexec`) may forbid
    ///     jails. Nothing else stays in it.
    ///   - programs: Where the jail's programs are written and stay; nil: they are removed.
    ///   - identity: Who runs it; needed if this process is root.
    ///   - filters: See ``JailFilter/programs()``.
    static func examine(
        in folder: String, programs: String? = nil, _ identity: JailIdentity?, _ filters: [[UInt8]],
        _ limiter: any JailLimiter, _ limits: JailLimits
    ) async throws(JailFailure) {
        try await Self.with(in: folder, programs: programs, identity, filters, limiter, limits) {
            jail async throws(JailFailure) in
            try await JailProbe { (script) async throws(JailFailure) in try await jail.run(script) }.examine()
        }
    }

    /// Calls `body` with a jail that starts with its first script, and ends it.
    static func with(
        in folder: String, programs: String? = nil, _ identity: JailIdentity?, _ filters: [[UInt8]],
        _ limiter: any JailLimiter, _ limits: JailLimits, _ body: (ProbeJail) async throws(JailFailure) -> Void
    ) async throws(JailFailure) {
        let folder = try Folder.make(in: folder)
        let result: Result<Void, JailFailure>
        do throws(JailFailure) {
            try await Self.with(folder, programs ?? folder.programs, identity, filters, limiter, limits, body)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        folder.remove()
        try result.get()
    }

    private static func with(
        _ folder: Folder, _ programs: String, _ identity: JailIdentity?, _ filters: [[UInt8]],
        _ limiter: any JailLimiter, _ limits: JailLimits, _ body: (ProbeJail) async throws(JailFailure) -> Void
    ) async throws(JailFailure) {
        try folder.makeWorkspace(for: identity)
        let setup = JailSetup(
            programs: try await Self.install(in: programs), limits: limits, limiter: limiter, seccomp: filters,
            logger: Logger(label: "jail"))
        let place = JailPlace(mount: WorkspaceMount(folder: folder.workspace), identity: identity)
        let shell = JailShell(session: "probe", setup: setup) { () throws(JailFailure) in place }
        do throws(JailFailure) {
            try await body(ProbeJail(shell: shell))
        } catch {
            await shell.end()
            throw error
        }
        await shell.end()
    }

    private static func install(in folder: String) async throws(JailFailure) -> JailPrograms {
        do throws(SandboxError) {
            return try await JailPrograms.install(in: folder)
        } catch {
            throw JailFailure(error.message)
        }
    }

    /// Runs a script in a fresh shell, and returns its status.
    func run(_ script: String) async throws(JailFailure) -> Int {
        let command = ShellCommand(text: script, place: .fresh, timeout: .seconds(10), outputLimit: 4_096)
        let exit = try await self.shell.run(command) { _ in }
        return switch exit.status {
        case .exited(let status): status
        case .signalled(let signal): 128 + signal
        case .limit(let limit): throw JailFailure("no jail can be started: it is over its limit of \(limit) at once")
        case .disk(let excess): throw JailFailure("no jail can be started: \(excess.reason)")
        case .lost(let reason): throw JailFailure("no jail can be started: it ended at once (\(reason))")
        case .stopped, .timedOut, .outputLimit, .shellEnded:
            throw JailFailure("no jail can be started: it does not answer; the machine may be overloaded")
        }
    }

    /// Holds the programs and the workspace.
    private struct Folder {
        let path: String
        var programs: String { "\(self.path)/jail" }
        var workspace: String { "\(self.path)/workspace" }

        static func make(in folder: String) throws(JailFailure) -> Folder {
            var template = Array("\(folder)/probe-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                throw JailFailure("the jail cannot be tried: no folder can be made in \(folder); make it writable")
            }
            return Folder(path: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }

        func makeWorkspace(for identity: JailIdentity?) throws(JailFailure) {
            guard mkdir(self.workspace, 0o700) == 0,
                identity.map({ chown(self.workspace, $0.user, $0.group) == 0 }) ?? true
            else { throw JailFailure("the jail cannot be tried: no workspace can be made in \(self.path)") }
        }

        func remove() {
            for name in JailPrograms.names { unlink("\(self.programs)/\(name)") }
            for folder in [self.programs, self.workspace, self.path] { rmdir(folder) }
        }
    }
}
