package import Chat
package import Jail
package import Logging
internal import Primitives

/// The shells of commands. Jails are tried beside the rest of the host's start; until it is known whether they work, there
/// are no shells, and whatever needs one waits.
package final class CommandShells: ShellDirectory {
    package struct Found: Sendable {
        package let status: JailStatus
        /// Nil where no jail works.
        package let jails: SessionJails?
        /// What the machine offers.
        fileprivate let means: JailMeans
        /// Nil where no command runs.
        fileprivate let shells: (any ShellDirectory)?
    }

    /// What jails need besides what the machine offers.
    package struct Settings: Sendable {
        let limits: PerRepository<JailLimits>
        /// Of jails whose repository has none.
        let standard: JailLimits
        let shells: JailShells.Limits
        /// Nil: no network.
        let network: JailSetup.Network?
        let logger: Logger

        package init(
            limits: PerRepository<JailLimits>, standard: JailLimits, shells: JailShells.Limits,
            network: JailSetup.Network?, logger: Logger
        ) {
            self.limits = limits
            self.standard = standard
            self.shells = shells
            self.network = network
            self.logger = logger
        }
    }

    private struct State {
        var found: Found?
        /// The host stops, and nothing starts any more.
        var isEnding = false
        var waiters: [Signal] = []
        /// By session; of those that were opened before it was known where commands run.
        var open: [String: Workspace] = [:]
    }

    private let settings: Settings
    private let state: Protected<State>
    private let finding: Task<Found, Never>

    /// - Parameter trial: Finds out what the machine offers; cancelled with ``end()``.
    package init(_ settings: Settings, trial: Task<JailMeans, Never>) {
        let state = Protected(State())
        self.settings = settings
        self.state = state
        // Unstructured, because it lasts longer than the start of which this is a part; ``end()`` waits for it.
        self.finding = Task {
            let means = await withTaskCancellationHandler {
                await trial.value
            } onCancel: {
                trial.cancel()
            }
            let found = Self.found(means, settings)
            let waiters = state.withLock { state in
                if !state.isEnding {
                    state.found = found
                    for workspace in state.open.values { found.shells?.enter(workspace) }
                    state.open = [:]
                }
                return state.waiters
            }
            for waiter in waiters { waiter.signal() }
            return found
        }
    }

    private static func found(_ means: JailMeans, _ settings: Settings) -> Found {
        if case .off = means.status {
            return Found(status: means.status, jails: nil, means: means, shells: UnjailedShells(user: .current()))
        }
        guard let programs = means.programs else {
            return Found(status: means.status, jails: nil, means: means, shells: nil)
        }
        let setup = JailSetup(
            programs: programs, limits: settings.standard, limiter: means.limiter, quota: means.quota,
            seccomp: means.filters, network: settings.network, logger: settings.logger)
        let jails = SessionJails(setup, means: means, limits: settings.limits, shells: settings.shells)
        return Found(status: means.status, jails: jails, means: means, shells: jails)
    }

    /// As ``Workbench`` reports it.
    package var report: JailReport {
        let network = self.settings.network == nil ? "no network" : "network by allow list"
        guard let known = self.known else { return JailReport(summary: "being tried", profile: network, limits: "") }
        if case .off = known.status {
            return JailReport(summary: known.status.line, profile: "none", limits: "none")
        }
        return JailReport(
            summary: "\(known.status.line); \(network)", refusal: known.status.refusal, profile: network,
            limits: known.means.limiter.name)
    }

    /// Ends with the trial. Cancelling it cancels that.
    package func tried() async {
        await withTaskCancellationHandler {
            _ = await self.finding.value
        } onCancel: {
            self.finding.cancel()
        }
    }

    /// Nil until it is known.
    package var known: Found? { self.state.withLock { $0.found } }

    /// Waits until it is known. Throws `CancellationError` if the task is cancelled, or the host stops first.
    package func found() async throws -> Found {
        let waiter = Signal()
        let known = try self.state.withLock { state in
            if state.found == nil {
                if state.isEnding { throw CancellationError() }
                state.waiters.append(waiter)
            }
            return state.found
        }
        if let known { return known }
        await waiter.wait()
        guard let found = self.known, !Task.isCancelled else { throw CancellationError() }
        return found
    }

    /// Takes commits out of the jails.
    package var packer: CommitPacker {
        { session, base, new, piece in
            guard let jails = try await self.found().jails else {
                throw WorkspaceFailure("commits can't be taken over without a jail: see `status` for what it lacks")
            }
            try await jails.packer(session, base, new, piece)
        }
    }

    /// A worker whose turns begin when it is known whether commands run.
    package func delaying(_ worker: any TurnWorker) -> any TurnWorker { WaitingWorker(shells: self, worker: worker) }

    private struct WaitingWorker: TurnWorker {
        let shells: CommandShells
        let worker: any TurnWorker

        func refusal(of text: String) -> String? { self.worker.refusal(of: text) }

        func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
            _ = try await self.shells.found()
            return try await self.worker.run(request, in: thread)
        }
    }

    // MARK: ShellDirectory

    private var shells: (any ShellDirectory)? { self.known?.shells }

    package func shell(of place: SessionPlace, for user: String, workspace: any WorkspaceFiles) async throws
        -> any Shell
    {
        let found = try await self.found()
        guard let shells = found.shells else { throw JailFailure(found.status.refusal ?? found.status.line) }
        return try await shells.shell(of: place, for: user, workspace: workspace)
    }

    package func endLeftovers(of session: String) async -> Bool {
        await self.shells?.endLeftovers(of: session) ?? false
    }

    package func leftovers(of session: String) async -> [ShellProcess] {
        await self.shells?.leftovers(of: session) ?? []
    }

    package func endLeftover(_ id: Int, of session: String) async -> Bool {
        await self.shells?.endLeftover(id, of: session) ?? false
    }

    package var sessions: Set<String> { get async { await self.shells?.sessions ?? [] } }

    package func enter(_ workspace: Workspace) {
        self.state.withLock { state in
            guard let found = state.found else { return state.open[workspace.session] = workspace }
            found.shells?.enter(workspace)
        }
    }

    package func leave(_ session: String) async {
        self.state.withLock { $0.open[session] = nil }
        await self.shells?.leave(session)
    }

    package func isLent(_ session: String) -> Bool { self.shells?.isLent(session) ?? false }

    package func limits(of repository: String?) -> JailLimits? {
        guard let known = self.known else { return self.settings.limits[repository] }
        return known.shells?.limits(of: repository)
    }

    package func end(_ session: String) async { await self.shells?.end(session) }

    package func forget(_ session: String) {
        self.state.withLock { $0.open[session] = nil }
        self.shells?.forget(session)
    }

    /// Also ends the trial.
    package func end() async {
        self.state.withLock { $0.isEnding = true }
        self.finding.cancel()
        await self.finding.value.shells?.end()
    }
}
