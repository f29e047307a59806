package import EventLoop
package import JSON
package import Logging
package import Models

/// A Copilot CLI in server mode: its greeting, the answers to our requests, and the events of its sessions.
@Net
package final class CopilotCLIServer {
    package typealias Answer = @Net (Result<JSON, JSONRPCError>) -> Void

    /// What concerns one session.
    package enum Delivery {
        /// - Parameter bytes: the length of its message.
        case event(JSON, bytes: Int)
        /// The CLI has ended; nothing follows.
        case ended(ModelError)
    }

    private enum State {
        case new
        case starting
        case ready
        case ended(ModelError)
    }

    /// The only supported version, that of the official SDK 1.0.
    package nonisolated static let protocolVersion = 3
    /// Answers the questions of a model that nobody can be asked.
    nonisolated static let nobodyThere =
        "Nobody can be asked here. Decide yourself, and say in the answer what you have assumed."

    package private(set) var version = ""
    /// Whether it has been asked to end.
    private(set) var isEnding = false
    /// Whether it ended without being told to.
    private(set) var hasFailed = false
    /// Called once, when it has ended and its files are removed.
    var onEnd: (@Net () -> Void)?

    private let transport: any CopilotCLITransport
    private let logger: Logger
    private let started = EventLoop.shared.now
    private var state = State.new
    private var framing = JSONRPCFraming()
    private var lastID = 0
    /// Our requests without an answer.
    private var waiting: [Int: Answer?] = [:]
    private var sessions: [String: @Net (Delivery) -> Void] = [:]
    private var served = 0
    private var isGone = false
    /// When it last sent something.
    private(set) var heard = EventLoop.shared.now
    private let changed = WaitList()

    package init(on transport: any CopilotCLITransport, logger: Logger) {
        self.transport = transport
        self.logger = logger
    }

    package var isReady: Bool { if case .ready = self.state { !self.isEnding } else { false } }
    package var isEnded: Bool { if case .ended = self.state { true } else { false } }
    private var isStarting: Bool { if case .starting = self.state { true } else { false } }

    /// Reads from the CLI until it ends, and waits for its greeting. Throws ``ModelError`` or `CancellationError`; the
    /// CLI is killed then.
    package func start(within limit: Duration) async throws {
        guard case .new = self.state else { return }
        self.state = .starting
        // Unstructured: it serves many turns, so none may own it. It ends with the CLI, which `kill` and `end` ensure.
        Task(name: "copilot-cli") { @Net in await self.serve() }
        self.call("connect") { [weak self] in self?.receive(greeting: $0, canPing: true) }
        do {
            guard try await self.changed.wait(within: limit, until: { !self.isStarting }) else {
                throw CopilotCLIFailure.startTimeout
            }
            if case .ended(let error) = self.state { throw error }
        } catch {
            self.kill()
            throw error
        }
    }

    private func receive(greeting: Result<JSON, JSONRPCError>, canPing: Bool) {
        guard self.isStarting else { return }
        switch greeting {
        case .failure(let error) where canPing && error.code == JSONRPCError.methodNotFound:
            // Versions before `connect` tell their protocol in the answer to `ping`.
            self.call("ping", ["message": "jetbridge"]) { [weak self] in self?.receive(greeting: $0, canPing: false) }
        case .failure(let error): self.fail(CopilotCLIFailure.handshake(error))
        case .success(let answer):
            let version = answer["version"]?.stringValue ?? "unknown"
            guard let spoken = answer["protocolVersion"]?.intValue, spoken == Self.protocolVersion else {
                return self.fail(
                    CopilotCLIFailure.protocolVersion(answer["protocolVersion"]?.intValue, of: version))
            }
            self.version = version
            self.state = .ready
            self.logger.info(
                "process started",
                ["version": .string(version), "start_ms": .integer(Int64(self.age.inSeconds * 1000))])
            self.changed.wakeAll()
        }
    }
}

// MARK: - Sessions and requests

extension CopilotCLIServer {
    /// Passes the session's events to `take` from now on.
    package func open(_ session: String, _ take: @escaping @Net (Delivery) -> Void) {
        self.sessions[session] = take
        self.served += 1
        if case .ended(let error) = self.state { take(.ended(error)) }
    }

    package func close(_ session: String) { self.sessions[session] = nil }

    /// The number of open sessions.
    package var openSessions: Int { self.sessions.count }

    package func call(_ method: String, _ parameters: JSON = [:], then answer: Answer? = nil) {
        guard !self.isEnded else { return }
        self.lastID += 1
        self.waiting[self.lastID] = .some(answer)
        self.send(JSONRPCMessage.request(self.lastID, method, parameters))
    }

    /// A request and its answer. Throws ``JSONRPCError``, ``ModelError`` or `CancellationError`.
    package func request(_ method: String, within limit: Duration) async throws -> JSON {
        var answer: Result<JSON, JSONRPCError>?
        self.call(method) { [weak self] in
            answer = $0
            self?.changed.wakeAll()
        }
        _ = try await self.changed.wait(within: limit) { answer != nil || self.isEnded }
        if let answer { return try answer.get() }
        if case .ended(let error) = self.state { throw error }
        throw CopilotCLIFailure.silent(after: limit, hasAnswer: false)
    }

    private func send(_ message: JSON) { self.transport.write(JSONRPCFraming.frame(message.bytes)) }
}

// MARK: - What it sends

extension CopilotCLIServer {
    private func receive(_ bytes: [UInt8]) async {
        guard !self.isEnded else { return }
        self.heard = EventLoop.shared.now
        do {
            for body in try self.framing.receive(bytes) {
                let isSmall = body.count < 64 * 1024
                let message = isSmall ? JSONRPCMessage(parsing: body) : await JSONRPCMessage.parsedApart(body)
                guard !self.isEnded else { return }
                guard let message else {
                    return self.fail(CopilotCLIFailure.broken("a message that is not valid JSON-RPC"))
                }
                self.receive(message, bytes: body.count)
            }
        } catch {
            self.fail(CopilotCLIFailure.broken(error.message))
        }
    }

    private func receive(_ message: JSONRPCMessage, bytes: Int) {
        switch message {
        case .request(let id, let method, _): self.send(Self.reply(to: id, method))
        case .notification("session.event", let params):
            guard let session = params["sessionId"]?.stringValue, let event = params["event"] else {
                return self.warn("a session.event without session or event")
            }
            self.sessions[session]?(.event(event, bytes: bytes))
        case .notification: break
        case .result(let id, let result): self.settle(id, .success(result))
        case .failure(let id?, let error): self.settle(id, .failure(error))
        case .failure(nil, let error): self.warn("an error that answers no request: \(error.message)")
        }
    }

    private func settle(_ id: Int, _ result: Result<JSON, JSONRPCError>) {
        guard let answer = self.waiting.removeValue(forKey: id) else {
            return self.warn("an answer to the unknown request \(id)")
        }
        answer?(result)
    }

    private func warn(_ what: String) {
        self.logger.warning("the Copilot CLI violated its protocol", ["what": .string(what)])
    }

    /// Answers the CLI's requests to its host. Nobody can be asked here, so all are declined.
    private static func reply(to id: JSON, _ method: String) -> JSON {
        switch method {
        case "userInput.request":
            JSONRPCMessage.answer(to: id, ["answer": .string(Self.nobodyThere), "wasFreeform": true])
        case "elicitation.request":
            JSONRPCMessage.answer(to: id, ["action": "decline"])
        case "permission.request":
            // Protocol 3 sends permissions as events; requests in the old form are denied.
            JSONRPCMessage.answer(to: id, ["result": ["kind": "reject", "feedback": "Jetbridge allows no tools."]])
        default:
            JSONRPCMessage.refusal(
                of: id, JSONRPCError(code: JSONRPCError.methodNotFound, message: "Jetbridge has no method \(method)"))
        }
    }
}

// MARK: - The end

extension CopilotCLIServer {
    private var age: Duration { self.started.duration(to: EventLoop.shared.now) }

    /// Kills it and its children immediately.
    package func kill() {
        self.isEnding = true
        self.transport.kill()
    }

    /// It is about to end because we want it to; it gets no new sessions.
    func retire() { self.isEnding = true }

    /// Ends it in steps, and returns when nothing of it is left, even if the task is cancelled.
    package func end(patience: Duration) async {
        self.isEnding = true
        await self.transport.end(patience: patience)
    }

    /// Waits until it has ended and its files are removed; stops waiting when the task is cancelled.
    package func waitForEnd() async {
        while !self.isGone {
            do { try await self.changed.wait() } catch { return }
        }
    }

    private func serve() async {
        await self.transport.run { [weak self] in await self?.receive($0) }
        let isStarting = self.isStarting
        if !self.isEnded { self.hasFailed = !self.isEnding }
        self.finish(self.transport.failure(isStarting: isStarting))
        self.logger.log(
            self.hasFailed && !isStarting ? .warning : .info, "process ended",
            [
                "version": .string(self.version), "end": .string(self.transport.ending),
                "wanted": .bool(self.isEnding), "sessions": .integer(Int64(self.served)),
                "seconds": .number(self.age.inSeconds),
            ])
        await self.transport.end(patience: .zero)
        self.isGone = true
        self.changed.wakeAll()
        self.onEnd.take()?()
    }

    /// Ends all sessions with `error` and kills the CLI.
    private func fail(_ error: ModelError) {
        self.finish(error)
        self.transport.kill()
    }

    private func finish(_ error: ModelError) {
        guard !self.isEnded else { return }
        self.state = .ended(error)
        self.waiting = [:]
        for take in self.sessions.values { take(.ended(error)) }
        self.changed.wakeAll()
    }
}

extension WaitList {
    /// Waits until `condition` holds after a wake; false if it does not within `limit`.
    func wait(within limit: Duration, until condition: @Net () -> Bool) async throws -> Bool {
        if condition() { return true }
        var isLate = false
        let timer = EventLoop.shared.schedule(after: limit) {
            isLate = true
            self.wakeAll()
        }
        defer { timer.cancel() }
        while !condition(), !isLate { try await self.wait() }
        return condition()
    }
}

/// A running Copilot CLI, as its standard streams show it.
@Net
package protocol CopilotCLITransport: AnyObject, Sendable {
    /// Passes on its output, and reads more only when `take` has returned. Returns when it has ended, or can no longer be
    /// used.
    func run(_ take: @escaping @Net ([UInt8]) async -> Void) async
    /// Does not wait: what it never reads is dropped with it.
    func write(_ bytes: [UInt8])
    /// Why it has ended.
    func failure(isStarting: Bool) -> ModelError
    /// How it has ended, for the log.
    var ending: String { get }
    /// Ends it and everything that it has started, at once.
    func kill()
    /// Closes its input, waits for its end at most for `patience`, ends what is left of it, and removes its files.
    func end(patience: Duration) async
}
