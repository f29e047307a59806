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
    private static let longestPause = Duration.seconds(30)

    private let settings: CopilotCLISettings
    private let logger: Logger
    private var processes: [CopilotCLIProcess] = []
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
    package var processIDs: [Int32] { self.processes.map(\.id) }
    /// The number of callers that wait for a process.
    package var waiting: Int { self.queue.count }

    /// A process with room, started if necessary; return it with ``release(_:hasSucceeded:)``. Throws ``ModelError`` or
    /// `CancellationError`.
    func acquire() async throws -> CopilotCLIProcess {
        try await self.inTurn { () -> CopilotCLIProcess? in
            if let process = self.roomiest {
                process.leases += 1
                process.idleTimer?.cancel()
                process.idleTimer = nil
                return process
            }
            guard self.processes.count + self.starting < self.settings.processes else { return nil }
            let process = try await self.startOne()
            process.leases += 1
            return process
        }
    }

    func release(_ process: CopilotCLIProcess, hasSucceeded: Bool) {
        process.leases -= 1
        if hasSucceeded { self.failures = 0 }
        if process.leases == 0, process.isOutdated {
            process.retire()
        } else if process.leases == 0, process.isReady {
            process.idleTimer = EventLoop.shared.schedule(after: self.settings.idleLimit) { [weak process] in
                process?.retire()
            }
        }
        self.changed.wakeAll()
    }

    /// Ends all processes and refuses further requests.
    package func close() async {
        self.isClosed = true
        self.changed.wakeAll()
        for process in self.processes { process.retire() }
        for process in self.processes { await process.waitForEnd() }
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
    private var roomiest: CopilotCLIProcess? {
        self.processes.filter { $0.isReady && !$0.isOutdated && $0.leases < self.settings.sessionsPerProcess }
            .min { $0.leases < $1.leases }
    }

    private func startOne() async throws -> CopilotCLIProcess {
        if let notBefore = self.notBefore, notBefore > EventLoop.shared.now {
            try await EventLoop.shared.sleep(for: EventLoop.shared.now.duration(to: notBefore))
        }
        self.starting += 1
        defer { self.starting -= 1 }
        let (launch, home) = try await self.makeLaunch()
        do {
            let process = try await CopilotCLIProcess.start(
                launch, home: home, within: self.settings.startTimeout, logger: self.logger)
            process.onEnd = { [weak self] in self?.remove($0) }
            if process.isEnded { throw CopilotCLIFailure.ended(nil, errors: [], isStarting: true) }
            self.processes.append(process)
            return process
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

    private func remove(_ process: CopilotCLIProcess) {
        self.processes.removeAll { $0 === process }
        process.idleTimer?.cancel()
        process.idleTimer = nil
        if process.hasFailed { self.pause() }
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
