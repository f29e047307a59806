internal import EventLoop
internal import Glibc
internal import JSON
internal import Jail
internal import Logging
internal import Primitives

/// Starts the program of a server in a jail of its own: it sees the system, its own folder and perhaps a workspace, has
/// the variables that are listed, and reaches the addresses that are listed.
struct ServerJail: Sendable {
    /// Of one jail. Servers measured 37 to 118 MB; a long life takes much processor time in the sum.
    static let limits = JailLimits(
        memory: 1 << 30, processes: 64, fileSize: 256 << 20, processorSeconds: 30 * 86_400, processors: 1)

    let settings: ExtensionSettings
    let means: @Sendable () async -> JailMeans
    let logger: Logger
    /// Addresses that jails of this server asked for and were refused.
    let refusals = Protected<[String]>([])

    /// Throws ``ExtensionFailure``.
    ///
    /// - Parameter workspace: Shown in the jail; nil for none. Its `onEnd` is called at the jail's end, or if it fails to
    ///   start.
    func start(
        _ command: [String], _ variables: [String: Secret], workspace: JailPlace?
    ) async throws(ExtensionFailure) -> JailedProgram {
        do throws(ProgramPlace.Refusal) {
            let (program, setup, place) = try await self.prepare(command, workspace)
            return try await self.launch(
                [program] + command.dropFirst(), variables, setup, place, isAtWork: workspace != nil)
        } catch {
            throw ExtensionFailure(.down, "\(self.settings.name) did not start: \(error.reason).")
        }
    }

    private func prepare(
        _ command: [String], _ workspace: JailPlace?
    ) async throws(ProgramPlace.Refusal) -> (program: String, JailSetup, JailPlace) {
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
            return (found.program, setup, try self.place(found.shown, workspace, means, setup))
        } catch {
            workspace?.onEnd()
            throw error
        }
    }

    private func launch(
        _ arguments: [String], _ variables: [String: Secret], _ setup: JailSetup, _ place: JailPlace,
        isAtWork: Bool
    ) async throws(ProgramPlace.Refusal) -> JailedProgram {
        let folder = arguments[0].split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        var environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin:" + folder, "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8",
            "USER": "jail", "LOGNAME": "jail",
        ]
        environment.merge(setup.network?.variables ?? [:]) { $1 }
        environment.merge(variables.mapValues { $0.reveal() }) { $1 }
        do throws(JailFailure) {
            return try await JailedProgram.start(
                arguments, variables: environment, directory: isAtWork ? JailPlan.workspace : "/tmp",
                session: "extension-\(self.settings.name)", setup, place)
        } catch {
            throw ProgramPlace.Refusal(reason: error.message)
        }
    }

    private func place(
        _ shown: [String], _ workspace: JailPlace?, _ means: JailMeans, _ setup: JailSetup
    ) throws(ProgramPlace.Refusal) -> JailPlace {
        let binds = shown.map { WorkspaceMount.Bind(source: $0, target: $0, isWritable: false) }
        guard let workspace else {
            let identity: JailIdentity?
            do throws(JailFailure) {
                identity = try means.identities?.take()
            } catch {
                throw ProgramPlace.Refusal(reason: error.message)
            }
            return JailPlace(mount: .none(setup.programs, binds: binds), identity: identity) {
                if let identity { means.identities?.release(identity) }
            }
        }
        let isWritable = self.settings.files == .write && workspace.mount.isWritable
        let own = workspace.mount.binds.map {
            WorkspaceMount.Bind(source: $0.source, target: $0.target, isWritable: $0.isWritable && isWritable)
        }
        var limits = Self.limits
        if let given = workspace.limits { (limits.disk, limits.files) = (given.disk, given.files) }
        return JailPlace(
            mount: WorkspaceMount(folder: workspace.mount.folder, isWritable: isWritable, binds: own + binds),
            identity: workspace.identity, disk: isWritable ? workspace.disk : [], limits: limits,
            onEnd: workspace.onEnd)
    }

    /// Nil if no address is listed.
    private var network: JailSetup.Network? {
        let rules = self.settings.network
        guard !rules.isEmpty else { return nil }
        let (name, logger, refusals) = (self.settings.name, self.logger, self.refusals)
        return JailSetup.Network(port: JailNetwork.port, variables: JailNetwork.environment) {
            _, listener async throws(JailFailure) in
            let network = JailNetwork(
                listener: listener, rules: rules,
                audit: { request in
                    guard request.verdict != .allowed else { return }
                    refusals.withLock { if $0.count < 8, !$0.contains(request.host) { $0.append(request.host) } }
                    logger.info(
                        "network request refused",
                        ["extension": .string(name), "host": .string(request.host), "reason": .string(request.reason)])
                })
            try await network.start()
            return { await network.end() }
        }
    }
}
