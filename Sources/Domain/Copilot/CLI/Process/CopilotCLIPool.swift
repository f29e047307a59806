package import EventLoop
internal import Glibc
internal import JSON
package import Logging
internal import Models
internal import Primitives
internal import Processes

/// A bounded pool of Copilot CLI processes, each serving several answers at once, handed out first come, first served.
/// A process that dies is replaced when needed, after a pause that doubles with each failure.
@Net
package final class CopilotCLIPool {
    /// A process and the answers that it works on.
    @Net
    final class Member {
        let process: CopilotCLIProcess
        let server: CopilotCLIServer
        /// It gets no new answers, and ends after the last one in progress.
        var isOutdated = false
        /// The number of answers in progress.
        private(set) var leases = 0
        private var idleTimer: Timer?

        init(_ process: CopilotCLIProcess) {
            self.process = process
            self.server = CopilotCLIServer(on: process, logger: process.logger)
        }

        func lend() {
            self.leases += 1
            self.idleTimer?.cancel()
            self.idleTimer = nil
        }

        func giveBack(idleLimit: Duration) {
            self.leases -= 1
            guard self.leases == 0 else { return }
            if self.isOutdated { return self.retire() }
            guard self.server.isReady else { return }
            self.idleTimer = EventLoop.shared.schedule(after: idleLimit) { [weak self] in self?.retire() }
        }

        /// Ends it in steps: end of input, TERM, KILL of the group. Interrupts the answers in progress.
        func retire() {
            self.server.retire()
            self.process.beginEnd()
        }

        /// The same within half a second, unless it has other answers than the one that asks.
        func retireUnlessShared() async {
            guard self.leases <= 1 else { return }
            self.server.retire()
            self.process.beginEnd(patience: .milliseconds(150), grace: .milliseconds(200))
            await self.server.waitForEnd()
        }
    }

    private static let longestPause = Duration.seconds(30)

    private let settings: CopilotCLISettings
    private let logger: Logger
    private var members: [Member] = []
    /// The number of processes that are starting.
    private var starting = 0
    private var queue: [UInt64] = []
    private var lastTicket: UInt64 = 0
    private var failures = 0
    private var notBefore: LoopInstant?
    private var isClosed = false
    private var isEmpty = false
    private let changed = WaitList()

    package nonisolated init(_ settings: CopilotCLISettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// The running processes; for tests.
    package var processIDs: [Int32] { self.members.map(\.process.id) }
    /// The number of callers that wait for a process.
    package var waiting: Int { self.queue.count }

    /// A process with room, started if necessary; return it with ``release(_:hasSucceeded:)``. Throws ``ModelError`` or
    /// `CancellationError`.
    func acquire() async throws -> Member {
        try await self.inTurn { () -> Member? in
            if let member = self.roomiest {
                member.lend()
                return member
            }
            guard self.members.count + self.starting < self.settings.processes else { return nil }
            let member = try await self.startOne()
            member.lend()
            return member
        }
    }

    func release(_ member: Member, hasSucceeded: Bool) {
        if hasSucceeded { self.failures = 0 }
        member.giveBack(idleLimit: self.settings.idleLimit)
        self.changed.wakeAll()
    }

    /// Ends all processes and refuses further requests.
    package func close() async {
        self.isClosed = true
        self.changed.wakeAll()
        for member in self.members { member.retire() }
        for member in self.members { await member.server.waitForEnd() }
        self.isEmpty = true
        self.changed.wakeAll()
    }

    /// Returns when ``close()`` has finished; throws when the task is cancelled.
    func waitUntilClosed() async throws {
        while !self.isEmpty { try await self.changed.wait() }
    }
}

// MARK: - Turns

extension CopilotCLIPool {
    /// Waits for earlier callers to be served, then calls `take` until it returns a value.
    @discardableResult
    private func inTurn<Value>(_ take: () async throws -> Value?) async throws -> Value {
        self.lastTicket += 1
        let ticket = self.lastTicket
        self.queue.append(ticket)
        defer {
            self.queue.removeAll { $0 == ticket }
            self.changed.wakeAll()
        }
        while true {
            guard !self.isClosed else {
                throw ModelError(.unavailable, "Jetbridge is shutting down; ask again after it has restarted.")
            }
            if self.queue.first == ticket, let value = try await take() { return value }
            try await self.changed.wait()
        }
    }

    /// The one with the fewest answers in progress, so that killing it affects few others.
    private var roomiest: Member? {
        self.members.filter { $0.server.isReady && !$0.isOutdated && $0.leases < self.settings.sessionsPerProcess }
            .min { $0.leases < $1.leases }
    }

    private func startOne() async throws -> Member {
        if let notBefore = self.notBefore, notBefore > EventLoop.shared.now {
            try await EventLoop.shared.sleep(for: EventLoop.shared.now.duration(to: notBefore))
        }
        self.starting += 1
        defer { self.starting -= 1 }
        let (launch, home) = try await self.makeLaunch()
        do {
            let process = try await CopilotCLIProcess.spawn(launch, home: home, logger: self.logger)
            let member = Member(process)
            try await member.server.start(within: self.settings.startTimeout)
            if member.server.isEnded { throw CopilotCLIFailure.ended(nil, errors: [], isStarting: true) }
            member.server.onEnd = { [weak self, weak member] in self?.remove(member) }
            self.members.append(member)
            return member
        } catch let error as ModelError where error.code == .timedOut || error.code == .unavailable {
            self.pause()
            throw error
        }
    }

    private func makeLaunch() async throws -> (launch: CopilotCLILaunch, home: CopilotCLIHome) {
        let executable = try self.executable()
        let token = try await self.token()
        let home = try await CopilotCLIHome.claim(below: self.settings.directory)
        let launch = CopilotCLILaunch(
            executable: executable, home: home.path, settings: self.settings, token: token)
        return (launch, home)
    }

    private func remove(_ member: Member?) {
        guard let member else { return }
        self.members.removeAll { $0 === member }
        if member.server.hasFailed { self.pause() }
        self.changed.wakeAll()
    }

    private func pause() {
        self.failures += 1
        let pause = min(Duration.milliseconds(250) * (1 << min(self.failures - 1, 10)), Self.longestPause)
        self.notBefore = EventLoop.shared.now.advanced(by: pause)
    }

    private func executable() throws -> String {
        let path = self.settings.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/bin"]
        guard let found = Process.find(self.settings.executable, in: folders) else {
            throw CopilotCLIFailure.notFound(self.settings.executable)
        }
        // The process starts in another folder, where a relative path would mean something else.
        guard !found.hasPrefix("/"), let here = getcwd(nil, 0) else { return found }
        defer { free(here) }
        return String(cString: here) + "/" + found
    }

    /// The account's token; nil with your own endpoint.
    private func token() async throws -> Secret? {
        guard self.settings.endpoint == nil else { return nil }
        guard let token = try await self.settings.token(), !token.isEmpty else {
            throw CopilotCLIFailure.notSignedIn
        }
        guard !token.reveal().hasPrefix("ghp_") else { throw CopilotCLIFailure.classicToken }
        Redaction.register(token)
        return token
    }
}
