package import EventLoop
internal import Glibc
internal import JSON
internal import Logging
internal import Models
internal import Primitives
internal import Processes

/// One running Copilot CLI in server mode, for any number of sessions.
@Net
package final class CopilotCLIProcess {
    typealias Answer = @Net (Result<JSON, JSONRPCError>) -> Void

    private enum State {
        case starting
        case ready
        /// Shutting down; accepts no new sessions.
        case ending
        case ended(any Error)
    }

    /// In bytes waiting to be written; more means that the CLI has stopped reading.
    private static let outgoingLimit = 64 * 1024 * 1024

    package nonisolated let id: Int32
    package private(set) var version = ""
    /// The answers in progress, as the pool counts them.
    var leases = 0
    var idleTimer: Timer?
    /// It gets no new sessions, and ends after the last answer in progress.
    var isOutdated = false
    /// The token that it started with.
    let token: Secret?
    /// Called once, after the process has ended and its folder is empty.
    var onEnd: (@Net (CopilotCLIProcess) -> Void)?
    /// Whether it ended on its own.
    private(set) var hasFailed = false
    private var isGone = false

    private let home: CopilotCLIHome
    private let process: Process
    private let logger: Logger
    private let started = EventLoop.shared.now
    private var state = State.starting
    private var connection = CopilotCLIConnection()
    private var framing = JSONRPCFraming()
    private var answers: [Int: Answer] = [:]
    private var inboxes: [String: CopilotCLIInbox] = [:]
    private var outgoing: [[UInt8]] = []
    private var outgoingBytes = 0
    private var served = 0
    private let errors: CopilotCLIErrorLines
    private let changed = WaitList()
    private let writable = WaitList()

    /// Starts a process and waits for its greeting. Throws ``ModelError``.
    static func start(
        _ launch: CopilotCLILaunch, home: CopilotCLIHome, within limit: Duration, logger: Logger
    ) async throws -> CopilotCLIProcess {
        let process: Process
        do {
            process = try Process.spawn(launch.headless)
        } catch {
            await home.clear()
            throw CopilotCLIFailure.notStarted(error)
        }
        let cli = CopilotCLIProcess(process, home: home, token: launch.token, logger: logger)
        cli.begin()
        do {
            try await cli.waitUntilReady(within: limit)
        } catch {
            cli.kill()
            throw error
        }
        return cli
    }

    private init(_ process: Process, home: CopilotCLIHome, token: Secret?, logger: Logger) {
        self.token = token
        self.process = process
        self.id = process.id
        self.home = home
        self.logger = logger.with(["pid": .integer(Int64(process.id))])
        self.errors = CopilotCLIErrorLines(logger: self.logger)
    }

    var isReady: Bool { if case .ready = self.state { true } else { false } }
    var isEnded: Bool { if case .ended = self.state { true } else { false } }
    /// The working directory of sessions.
    var workDirectory: String { self.home.path + "/" + CopilotCLIHome.work }

    private func begin() {
        // Unstructured: it lives as long as the child process, which serves many turns, so no turn's task may own it.
        let reading = Task(name: "copilot-cli output") { @Net in await self.read() }
        // Unstructured for the same reason.
        let listening = Task(name: "copilot-cli errors") { @Net in await self.errors.read(self.process.errorOutput) }
        // Unstructured for the same reason.
        Task(name: "copilot-cli input") { @Net in await self.write() }
        // Unstructured for the same reason.
        Task(name: "copilot-cli end") { @Net in await self.watch(reading, listening) }
        self.perform(self.connection.start(), bytes: 0)
    }

    private func waitUntilReady(within limit: Duration) async throws {
        var isLate = false
        let timer = EventLoop.shared.schedule(after: limit) { [changed] in
            isLate = true
            changed.wakeAll()
        }
        defer { timer.cancel() }
        while true {
            switch self.state {
            case .ready: return
            case .ended(let error): throw error
            case .starting, .ending: break
            }
            if isLate { throw CopilotCLIFailure.startTimeout }
            try await self.changed.wait()
        }
    }
}

// MARK: - Sessions

extension CopilotCLIProcess {
    /// Delivers the session's events to the returned inbox from now on.
    func open(_ session: String) -> CopilotCLIInbox {
        let inbox = CopilotCLIInbox()
        self.inboxes[session] = inbox
        self.served += 1
        if case .ended(let error) = self.state { inbox.put(.ended(error)) }
        return inbox
    }

    /// Deletes the session, here, in the CLI's memory and on its disk.
    func close(_ session: String) {
        guard self.inboxes.removeValue(forKey: session) != nil, self.isReady else { return }
        self.call("session.destroy", ["sessionId": .string(session)])
        self.call("session.delete", ["sessionId": .string(session)])
    }

    func call(_ method: String, _ parameters: JSON, then answer: Answer? = nil) {
        if case .ended = self.state { return }
        let (id, message) = self.connection.call(method, parameters)
        self.answers[id] = answer
        self.send(message)
    }

    /// A request outside of sessions. Throws ``JSONRPCError``, ``ModelError`` or `CancellationError`.
    func request(_ method: String, _ parameters: JSON = [:], within limit: Duration) async throws -> JSON {
        let inbox = CopilotCLIInbox()
        let session = "request-\(self.served)-\(method)"
        self.inboxes[session] = inbox
        defer { self.inboxes[session] = nil }
        if case .ended(let error) = self.state { throw error }
        self.call(method, parameters) { [weak inbox] in inbox?.put(.input(.answered(.other, $0))) }
        switch try await inbox.next(within: limit) {
        case .input(.answered(_, let result)): return try result.get()
        case .ended(let error): throw error
        case .input, .overflown: throw CopilotCLIFailure.broken("an unexpected answer")
        case nil: throw CopilotCLIFailure.silent(after: limit, hasAnswer: false)
        }
    }
}

// MARK: - Traffic

extension CopilotCLIProcess {
    private func read() async {
        do {
            while let bytes = try await self.process.output.read() {
                for body in try self.framing.receive(bytes) {
                    guard let message = (try? JSON.parse(body)).flatMap(JSONRPCMessage.init) else {
                        throw JSONRPCFraming.Failure(message: "a message that is not valid JSON-RPC")
                    }
                    self.perform(self.connection.receive(message), bytes: body.count)
                }
            }
        } catch let failure as JSONRPCFraming.Failure {
            self.fail(CopilotCLIFailure.broken(failure.message))
        } catch {
            // A failed read is the end of the pipe; the exit status gives the reason.
        }
    }

    private func perform(_ actions: [CopilotCLIConnection.Action], bytes: Int) {
        for action in actions {
            switch action {
            case .send(let message): self.send(message)
            case .ready(let version): self.becomeReady(version)
            case .refused(let error): self.fail(error)
            case .answered(let id, let result): self.answers.removeValue(forKey: id)?(result)
            case .event(let session, let event):
                self.inboxes[session]?.put(.input(.event(event)), bytes: bytes)
            case .violation(let what):
                self.logger.warning("the Copilot CLI violated its protocol", ["what": .string(what)])
            }
        }
    }

    private func becomeReady(_ version: String) {
        guard case .starting = self.state else { return }
        self.version = version
        self.state = .ready
        self.logger.info(
            "process started",
            [
                "version": .string(version), "mode": "headless", "home": .string(self.home.path),
                "start_ms": .integer(Int64(self.age.inSeconds * 1000)),
            ])
        self.changed.wakeAll()
    }

    private func send(_ message: JSON) {
        let bytes = JSONRPCFraming.frame(message.bytes)
        self.outgoingBytes += bytes.count
        guard self.outgoingBytes <= Self.outgoingLimit else {
            self.fail(CopilotCLIFailure.broken("it does not read its input"))
            return
        }
        self.outgoing.append(bytes)
        self.writable.wakeAll()
    }

    private func write() async {
        while !self.isEnded {
            guard !self.outgoing.isEmpty else {
                do { try await self.writable.wait() } catch { return }
                continue
            }
            let bytes = self.outgoing.removeFirst()
            // A process that has stopped reading is about to end, which `watch` notices.
            do { try await self.process.input.write(bytes) } catch { return }
            self.outgoingBytes -= bytes.count
        }
    }
}

// MARK: - The end

extension CopilotCLIProcess {
    private var age: Duration { self.started.duration(to: EventLoop.shared.now) }

    /// Ends it in steps: end of input, TERM, KILL of the group. Interrupts the answers in progress.
    func retire(patience: Duration = .milliseconds(200), grace: Duration = .milliseconds(400)) {
        switch self.state {
        case .starting, .ready: self.state = .ending
        case .ending, .ended: break
        }
        self.process.beginStop(patience: patience, grace: grace)
    }

    /// Kills it and its children immediately.
    package func kill() {
        switch self.state {
        case .starting, .ready: self.state = .ending
        case .ending, .ended: break
        }
        self.process.signal(SIGKILL)
    }

    /// Waits until it has ended and its folder is empty.
    func waitForEnd() async {
        while !self.isGone {
            // Stops waiting when the task is cancelled.
            do { try await self.changed.wait() } catch { return }
        }
    }

    /// Ends all sessions with `error` and kills the process.
    private func fail(_ error: ModelError) {
        self.end(with: error)
        self.process.signal(SIGKILL)
    }

    private func watch(_ reading: Task<Void, Never>, _ listening: Task<Void, Never>) async {
        await reading.value
        // Without output it is useless, even if it is still running.
        let status = await self.process.stop(patience: .milliseconds(200), grace: .milliseconds(400))
        await listening.value
        let isWanted = if case .ending = self.state { true } else { false }
        let isStarting = if case .starting = self.state { true } else { false }
        if !isWanted, !self.isEnded { self.hasFailed = true }
        self.end(with: CopilotCLIFailure.ended(status, errors: self.errors.last, isStarting: isStarting))
        self.logger.log(
            self.hasFailed && !isStarting ? .warning : .info, "process ended",
            [
                "version": .string(self.version), "end": .string("\(status)"), "wanted": .bool(isWanted),
                "sessions": .integer(Int64(self.served)), "seconds": .number(self.age.inSeconds),
            ])
        await self.home.clear()
        self.isGone = true
        self.changed.wakeAll()
        self.onEnd.take()?(self)
    }

    private func end(with error: any Error) {
        guard !self.isEnded else { return }
        self.state = .ended(error)
        self.answers = [:]
        for inbox in self.inboxes.values { inbox.put(.ended(error)) }
        self.outgoing = []
        self.changed.wakeAll()
        self.writable.wakeAll()
    }
}
