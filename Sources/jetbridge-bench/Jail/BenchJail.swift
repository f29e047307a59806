internal import Glibc
internal import Jail
internal import Logging
internal import Primitives
internal import Sandbox

/// Jails of one host, made as the product makes them, below a folder of their own.
struct BenchJail: Sendable {
    private let folder: String
    private let setup: JailSetup
    private let identities: JailIdentities

    /// - Parameter folder: Made if it is missing. If this process is root, every user must be able to enter it.
    init(
        folder: String, limits: JailLimits = JailLimits(), limiter: (any JailLimiter)? = nil
    ) async throws {
        mkdir(folder, 0o711)
        self.folder = folder
        self.identities = try JailIdentities.make()
        let programs = try await JailPrograms.install(in: "\(folder)/jail")
        let chosen: any JailLimiter =
            if let limiter { limiter } else { await JailLimiters.strongest().limiter }
        self.setup = JailSetup(
            programs: programs, limits: limits, limiter: chosen, quota: MeasuredQuota(),
            seccomp: try JailFilter.programs(),
            logger: Logger(label: "jail"))
    }

    var limiterName: String { self.setup.limiter.name }

    /// A session's shell; its workspace is a new folder.
    func shell(_ session: String) throws -> JailShell {
        let path = "\(self.folder)/\(session)"
        let identity = try self.identities.take()
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw BenchFailure("\(path) can't be made") }
        if let identity { chown(path, identity.user, identity.group) }
        let setup = self.setup
        return JailShell(session: session, setup: setup) { () async throws(JailFailure) in
            try await setup.quota?.prepare(path, bytes: setup.limits.disk, files: setup.limits.files)
            return JailPlace(mount: WorkspaceMount(folder: path), identity: identity, disk: path)
        }
    }
}
