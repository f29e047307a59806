internal import Crypto
internal import EventLoop
internal import Logging
internal import Primitives
internal import Sandbox

/// A running jail of a session, from its start to its end.
@Net
final class LiveJail {
    /// Why its processes have ended, or are about to.
    enum End: Equatable {
        /// The host ended it to stop a command.
        case stopped
        /// It exceeded this limit.
        case limit(String)
        /// It wrote more than it may.
        case disk(DiskExcess)
        case lost(String)
    }

    /// A command's view of its tree.
    enum TreeEvent: Equatable {
        case tree(SandboxTreeEvent)
        case jailEnded
    }

    private(set) var end: End?
    /// The trees of jobs.
    var jobs: Set<UInt32> = []

    private let place: JailPlace
    private let sandbox: SandboxProcess
    private let group: any JailGroup
    private let endNetwork: (@Sendable () async -> Void)?
    private var isOver = false
    private var handlers: [UInt32: @Net (TreeEvent) -> Void] = [:]
    private var excess: Task<Void, Never>?
    private var watcher: DiskWatcher?
    /// Why commands can only make room; nil if they may write.
    private(set) var restriction: DiskExcess?
    private var closing: Task<Void, Never>?

    /// The user of its processes.
    var identity: JailIdentity? { self.place.identity }

    // MARK: Start

    static func start(session: String, _ setup: JailSetup, _ place: JailPlace) async throws(JailFailure) -> LiveJail {
        let id = "jail-" + Crypto.hex(Crypto.randomBytes(8))
        var limits = place.limits ?? setup.limits
        do throws(JailFailure) {
            var watch: DiskWatch?
            if let quota = setup.quota, !place.disk.isEmpty {
                watch = await quota.watch(place.disk, limits)
                // Nothing but names and empty files can be added, so commands can only make room.
                if watch?.isOver == true { limits.fileSize = 4_096 }
            }
            let group = try await setup.limiter.prepare(id, limits)
            do throws(JailFailure) {
                return try await self.start(session, setup, place, limits, group, watch)
            } catch {
                await group.end()
                throw error
            }
        } catch {
            place.onEnd()
            throw error
        }
    }

    private static func start(
        _ session: String, _ setup: JailSetup, _ place: JailPlace, _ limits: JailLimits, _ group: any JailGroup,
        _ watch: DiskWatch?
    ) async throws(JailFailure) -> LiveJail {
        let plan = JailPlan(
            programs: setup.programs, limits: limits, mount: place.mount, identity: place.identity,
            networkPort: setup.network?.port, hosts: setup.network?.direct.hosts ?? "",
            variables: setup.network?.variables ?? [:], seccomp: setup.seccomp,
            entryFiles: group.entryFiles, masks: HostFiles.existing(JailPlan.maskable))
        let sandbox: SandboxProcess
        do throws(SandboxError) {
            sandbox = try await SandboxProcess.start(plan.sandbox, within: setup.startLimit)
        } catch {
            throw JailFailure(BubblewrapMessage.explanation(of: error.message))
        }
        var endNetwork: (@Sendable () async -> Void)?
        if let network = setup.network {
            do throws(JailFailure) {
                guard let listener = sandbox.takeListener() else {
                    throw JailFailure("the jail's network cannot be started: its init does not listen")
                }
                let direct = await self.directListeners(network.direct, in: sandbox, setup.logger)
                endNetwork = try await network.serve(session, listener, direct)
            } catch {
                await sandbox.end()
                throw error
            }
        }
        let jail = LiveJail(sandbox, place, group, endNetwork)
        do throws(JailFailure) {
            if let watch { try jail.start(watch) }
        } catch {
            await jail.close()
            throw error
        }
        return jail
    }

    /// Empty where they can't be made: programs that use the proxy have a network all the same.
    private static func directListeners(
        _ addresses: DirectAddresses, in sandbox: SandboxProcess, _ logger: Logger
    ) async -> [DirectListener] {
        do throws(SandboxError) {
            return try await DirectListener.open(addresses, in: sandbox)
        } catch {
            logger.warning(
                "programs of a jail that ignore the proxy's variables have no network: \(error.message)")
            return []
        }
    }

    private init(
        _ sandbox: SandboxProcess, _ place: JailPlace, _ group: any JailGroup,
        _ endNetwork: (@Sendable () async -> Void)?
    ) {
        self.place = place
        self.sandbox = sandbox
        self.group = group
        self.endNetwork = endNetwork
        sandbox.onTree = { [weak self] id, event in self?.handle(id, event) }
        sandbox.onEnd = { [weak self] reason in self?.ended(reason) }
        if sandbox.isEnded { self.ended(nil) }
        // Unstructured: it watches as long as the jail runs, and `close()` cancels it.
        self.excess = Task { [weak self, group] in
            guard let limit = try? await group.waitForExcess() else { return }
            self?.kill(.limit(limit))
        }
    }

    private func start(_ watch: DiskWatch) throws(JailFailure) {
        self.restriction = watch.restriction
        let watcher = DiskWatcher(self.place, self.sandbox.processes) { [weak self] in
            EventLoop.shared.runIfNeeded { self?.kill(.lost("it wrote too much")) }
        }
        self.watcher = watcher
        try watcher.start(watch)
    }

    // MARK: Trees

    /// Starts a tree; `descriptors` are closed here. `handler` gets its events, the last of which is `failed`, `gone`
    /// or the jail's end.
    func start(
        _ tree: SandboxTree, descriptors: [Int32], _ handler: @escaping @Net (TreeEvent) -> Void
    ) -> UInt32 {
        let id = self.sandbox.start(tree, descriptors: descriptors)
        // The jail has just ended, so nothing else would report it.
        guard !self.isOver else {
            EventLoop.shared.schedule(after: .zero) { handler(.jailEnded) }
            return id
        }
        self.handlers[id] = handler
        return id
    }

    func kill(_ tree: UInt32) { self.sandbox.kill(tree) }

    func isRunning(_ tree: UInt32) -> Bool { self.handlers[tree] != nil }

    /// The running processes of trees whose main ones have ended, oldest first.
    func leftovers(_ trees: Set<UInt32>) async -> [JailedProcess] {
        await self.sandbox.leftovers(of: trees)
    }

    /// Kills one of them and its descendants. Returns false if it has ended.
    func end(_ process: JailedProcess) async -> Bool {
        await self.sandbox.end(process)
    }

    private func handle(_ id: UInt32, _ event: SandboxTreeEvent) {
        let handler = self.handlers[id]
        switch event {
        case .failed, .gone: self.handlers[id] = nil
        case .ended: break
        }
        handler?(.tree(event))
    }

    // MARK: End

    /// Ends every process at once; what runs is notified when they have ended.
    func kill(_ reason: End) {
        self.note(reason)
        self.sandbox.kill()
    }

    private func note(_ reason: End) {
        guard self.end == nil else { return }
        // The watcher has killed it before it could say so here.
        self.end = self.watcher?.excess.map { .disk($0) } ?? reason
    }

    private func ended(_ reason: String?) {
        self.note(.lost(reason ?? "its first process ended"))
        self.isOver = true
        let handlers = self.handlers.sorted { $0.key < $1.key }
        self.handlers = [:]
        for (_, handler) in handlers { handler(.jailEnded) }
        self.beginClosing()
    }

    /// Ends every process and frees what belongs to the jail; returns when all is gone, even if the task is cancelled.
    func close() async {
        self.note(.lost("the host ended the session's jail"))
        await self.beginClosing().value
    }

    @discardableResult
    private func beginClosing() -> Task<Void, Never> {
        if let closing = self.closing { return closing }
        // Unstructured: several wait for the same end, and none may cut it short.
        let closing = Task { [sandbox, group, endNetwork, excess, place, watcher] in
            excess?.cancel()
            watcher?.cancel()
            await sandbox.end()
            await endNetwork?()
            await group.end()
            place.onEnd()
        }
        self.closing = closing
        return closing
    }
}

/// What is known about a tree, from its events.
struct TreeState: Equatable {
    private(set) var exit: SandboxExit?
    /// Nothing was started: the stage and errno.
    private(set) var failure: Failure?
    /// None of its processes is left.
    private(set) var isGone = false
    private(set) var isJailEnded = false

    struct Failure: Equatable {
        let stage: SandboxTreeEvent.Stage
        let code: Int32
    }

    var isOver: Bool { self.isGone || self.failure != nil || self.isJailEnded }

    mutating func handle(_ event: LiveJail.TreeEvent) {
        switch event {
        case .tree(.failed(let stage, let code)): self.failure = Failure(stage: stage, code: code)
        case .tree(.ended(let exit)): self.exit = exit
        case .tree(.gone): self.isGone = true
        case .jailEnded: self.isJailEnded = true
        }
    }
}
