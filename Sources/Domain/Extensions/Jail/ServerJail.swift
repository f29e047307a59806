internal import EventLoop
internal import Glibc
internal import JSON
internal import Jail
internal import Logging
internal import Primitives
internal import Sandbox

/// Starts the program of a server in a jail of its own: it sees the system, its own folder and perhaps a workspace, has
/// the variables that are listed, and reaches the addresses that are listed.
struct ServerJail: Sendable {
    /// Of one jail. Servers measured 37 to 118 MB; a long life takes much processor time in the sum.
    static let limits = JailLimits(
        memory: 1 << 30, processes: 64, fileSize: 256 << 20, processorSeconds: 30 * 86_400, processors: 1)

    let settings: ExtensionSettings
    let means: @Sendable () async -> JailMeans
    let logger: Logger
    let cache: ServerCache
    /// Names that jails of this server asked for and were refused, with the reasons.
    let refusals = Protected<[String]>([])

    init(settings: ExtensionSettings, means: @escaping @Sendable () async -> JailMeans, logger: Logger) {
        self.settings = settings
        self.means = means
        self.logger = logger
        self.cache = ServerCache(of: settings.name)
    }

    /// Throws ``ExtensionFailure``.
    ///
    /// - Parameter workspace: Shown in the jail; nil for none. Its `onEnd` is called at the jail's end, or if it fails to
    ///   start.
    func start(
        _ command: [String], _ variables: [String: Secret], workspace: JailPlace?
    ) async throws(ExtensionFailure) -> JailedProgram {
        do throws(ProgramPlace.Refusal) {
            let (program, setup, place) = try await self.prepare(command, workspace)
            // The program may be a link to another name.
            let kept = ServerCache.isNeeded(by: command) ? ServerCache.variables : [:]
            return try await self.launch([program] + command.dropFirst(), variables, kept, setup, place)
        } catch {
            throw ExtensionFailure(.down, "\(self.settings.name) did not start: \(error.reason).")
        }
    }

    private func prepare(
        _ command: [String], _ workspace: JailPlace?
    ) async throws(ProgramPlace.Refusal) -> (program: String, JailSetup, JailPlace) {
        var ends = workspace.map { [$0.onEnd] } ?? []
        do throws(ProgramPlace.Refusal) {
            let means = await self.means()
            guard let programs = means.programs, case .ready = means.status else {
                let reason = means.status.refusal ?? "no jail works on this machine"
                throw ProgramPlace.Refusal(reason: "its program needs a jail, and \(reason)")
            }
            let home = getenv("HOME").map { String(cString: $0) } ?? ""
            let found = try await ProgramPlace.find(command, home: home)
            let setup = JailSetup(
                programs: programs, limits: Self.limits, limiter: means.limiter, quota: means.quota,
                seccomp: means.filters, network: self.network, logger: self.logger)
            var binds = found.shown.map { WorkspaceMount.Bind(source: $0, target: $0, isWritable: false) }
            var kept: ServerCache.Place?
            if ServerCache.isNeeded(by: command) {
                let taken = try await Self.refused { try await self.cache.take(programs.folder, means.quota) }
                ends.append { [cache] in cache.free(taken.number) }
                binds.append(taken.bind)
                kept = taken
            }
            var identity = workspace?.identity
            if workspace == nil {
                let owner = kept?.owner
                identity = try await Self.refused { try means.identities?.take(preferring: owner) }
                if let identity { ends.append { means.identities?.release(identity) } }
            }
            if let kept { try await Self.refused { [identity] in try await ServerCache.give(kept, to: identity) } }
            let place = self.place(workspace, binds, kept, identity, programs) { [ends] in for end in ends { end() } }
            return (found.program, setup, place)
        } catch {
            for end in ends { end() }
            throw error
        }
    }

    private static func refused<Value: Sendable>(
        _ body: () async throws -> Value
    ) async throws(ProgramPlace.Refusal) -> Value {
        do { return try await body() } catch { throw ProgramPlace.Refusal(reason: "\(error)") }
    }

    private func launch(
        _ arguments: [String], _ variables: [String: Secret], _ kept: [String: String], _ setup: JailSetup,
        _ place: JailPlace
    ) async throws(ProgramPlace.Refusal) -> JailedProgram {
        let folder = arguments[0].split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        var environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin:" + folder, "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8",
            "USER": "jail", "LOGNAME": "jail",
        ]
        environment.merge(setup.network?.variables ?? [:]) { $1 }
        environment.merge(kept) { $1 }
        environment.merge(variables.mapValues { $0.reveal() }) { $1 }
        do throws(JailFailure) {
            return try await JailedProgram.start(
                arguments, variables: environment,
                directory: self.settings.files == .none ? "/tmp" : JailPlan.workspace,
                session: "extension-\(self.settings.name)", setup, place)
        } catch {
            throw ProgramPlace.Refusal(reason: error.message)
        }
    }

    private func place(
        _ workspace: JailPlace?, _ binds: [WorkspaceMount.Bind], _ cache: ServerCache.Place?,
        _ identity: JailIdentity?, _ programs: JailPrograms, onEnd: @escaping @Sendable () -> Void
    ) -> JailPlace {
        let isWritable = self.settings.files == .write && workspace?.mount.isWritable ?? true
        var (mount, disk, limits) = (WorkspaceMount.none(programs, binds: binds), [String](), Self.limits)
        (limits.disk, limits.files) = (0, 0)
        if let workspace {
            let own = workspace.mount.binds.map {
                WorkspaceMount.Bind(source: $0.source, target: $0.target, isWritable: $0.isWritable && isWritable)
            }
            mount = WorkspaceMount(folder: workspace.mount.folder, isWritable: isWritable, binds: own + binds)
            if isWritable {
                let given = workspace.limits ?? Self.limits
                (disk, limits.disk, limits.files) = (workspace.disk, given.disk, given.files)
            }
        } else if self.settings.files != .none {
            // Only its list is asked for, and many a server wants a workspace for that, or a repository in it.
            mount = .empty(isWritable: isWritable, binds: binds)
        }
        if let cache {
            disk.append(cache.folder)
            limits.disk += ServerCache.limit.bytes
            limits.files += ServerCache.limit.files
        }
        return JailPlace(mount: mount, identity: identity, disk: disk, limits: limits, onEnd: onEnd)
    }

    /// Nil if no address is listed.
    private var network: JailSetup.Network? {
        let rules = self.settings.network
        guard !rules.isEmpty else { return nil }
        let (name, logger, refusals) = (self.settings.name, self.logger, self.refusals)
        return JailSetup.Network(
            port: JailNetwork.port, variables: JailNetwork.environment, direct: DirectAddresses(rules)
        ) { _, listener, direct async throws(JailFailure) in
            let network = JailNetwork(
                listener: listener, direct: direct, rules: rules,
                audit: { request in
                    guard request.verdict != .allowed else { return }
                    let refused = "\(request.host) (\(request.reason))"
                    refusals.withLock { if $0.count < 8, !$0.contains(refused) { $0.append(refused) } }
                    logger.info(
                        "network request refused",
                        ["extension": .string(name), "host": .string(request.host), "reason": .string(request.reason)])
                })
            try await network.start()
            return { await network.end() }
        }
    }
}
