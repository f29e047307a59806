package import EventLoop
internal import HTTP
package import HTTPClient
package import JSON
package import Jail
package import Logging
internal import Primitives

/// One server of the configuration. It is started at its first use and stopped when nobody has used it for a while; a
/// program that ends by itself is started again at the next call.
@Net
package final class ExtensionServer: ExtensionCalling {
    /// The most arguments of a call, in bytes.
    private static let argumentLimit = 256 << 10
    /// The most jails of a server whose threads have one each.
    private static let runLimit = 16
    /// Several changes at once are one.
    private static let changePause = Duration.milliseconds(500)

    package struct Times: Sendable {
        /// How long a server that nobody uses keeps running.
        package var idle = Duration.seconds(600)
        /// How long it may be silent at the first question before it is asked by the older handshake, too.
        package var patience = Duration.seconds(10)
        /// How long a program that has ended by itself rests before its first new start.
        package var pause = Duration.milliseconds(500)

        package init() {}
    }

    private enum Slot {
        case starting(Task<ServerRun, any Error>)
        case running(ServerRun)
    }

    package nonisolated let settings: ExtensionSettings
    package nonisolated let signIn: ExtensionSignIn?
    private let starter: ServerStarter
    private let logger: Logger
    private let times: Times
    private let mask: ServerMask
    /// By session; with the empty text for the one that serves all, and for lists.
    private var slots: [String: Slot] = [:]
    private var restarts: ServerRestarts
    private var era: ExtensionOffer.Era?
    private var startTime: Duration?
    private var lastError: String?
    private var droppedLines = 0
    private var leftOut: [String] = []
    private var offering: Task<ExtensionOffer, any Error>?
    private var change: (@Sendable () -> Void)?
    private var changing: Timer?

    /// - Parameters:
    ///   - jails: What the machine offers for jails; only asked when a program starts.
    ///   - http: For servers that are reached over HTTP; must not allow `http` to other machines.
    ///   - signIn: The host's account there.
    ///   - times: Only tests pass others.
    package nonisolated init(
        settings: ExtensionSettings, jails: @escaping @Sendable () async -> JailMeans, http: HTTPClient,
        signIn: ExtensionSignIn? = nil, logger: Logger, times: Times = Times()
    ) {
        self.settings = settings
        self.signIn = signIn
        self.logger = logger.with(["extension": .string(settings.name)])
        self.times = times
        self.restarts = ServerRestarts(first: times.pause)
        self.mask = ServerMask(settings.way)
        self.starter = ServerStarter(
            settings: settings, jail: ServerJail(settings: settings, means: jails, logger: self.logger), http: http,
            signIn: signIn, mask: self.mask, patience: times.patience)
    }

    // MARK: Calls

    @Net package func call(
        _ tool: String, _ arguments: JSON, for caller: ExtensionCaller
    ) async throws -> ExtensionResult {
        guard arguments.bytes.count <= Self.argumentLimit else {
            throw ExtensionFailure(
                .refused(code: RPCError.Code.invalidParams),
                "The arguments for \(self.settings.name) are larger than 256 KiB. Send less.")
        }
        return try await self.ask(
            "tools/call", ["name": .string(tool), "arguments": arguments], for: caller, ResultParsing.call)
    }

    @Net package func prompt(
        _ name: String, _ arguments: [String: String], for caller: ExtensionCaller
    ) async throws -> ExtensionResult {
        let values = JSONObject(dictionary: arguments.mapValues { .string($0) })
        return try await self.ask(
            "prompts/get", ["name": .string(name), "arguments": .object(values)], for: caller, ResultParsing.prompt)
    }

    @Net package func read(_ uri: String, for caller: ExtensionCaller) async throws -> ExtensionResult {
        try await self.ask("resources/read", ["uri": .string(uri)], for: caller, ResultParsing.resource)
    }

    private func ask(
        _ method: String, _ params: JSONObject, for caller: ExtensionCaller, _ parse: (JSON) -> ExtensionResult?
    ) async throws -> ExtensionResult {
        let limit = self.settings.limits.call
        let caller = self.mask.caller(caller)
        let answer = try await self.use(for: caller) { run in
            try await run.call(method, params, for: caller, within: limit)
        }
        guard let result = parse(answer) else {
            throw self.noted(
                ExtensionFailure(.malformed, "The answer of \(self.settings.name) to \(method) is not valid."))
        }
        return self.mask.result(result)
    }

    // MARK: Lists

    @Net package func offer() async throws -> ExtensionOffer {
        if let offering = self.offering { return try await offering.sharedValue() }
        self.restarts.reset()
        // Unstructured: several may wait for the list, and none may cut it short.
        let task = Task { () -> ExtensionOffer in
            defer { self.offering = nil }
            return try await self.use(for: nil) { run in
                let offer = try await run.offer()
                self.listed(by: run)
                return self.mask.offer(offer)
            }
        }
        self.offering = task
        return try await task.sharedValue()
    }

    /// The first list ends the start.
    private func listed(by run: ServerRun) {
        if !run.isListed { self.startTime = run.began.duration(to: .current()) }
        run.isListed = true
        self.leftOut = run.leftOut
    }

    @Net package func resources(for caller: ExtensionCaller) async throws -> [ExtensionResource] {
        try await self.use(for: caller) { run in try await run.resources() }.map(self.mask.resource)
    }

    @Net package func onChange(_ body: @escaping @Sendable () -> Void) { self.change = body }

    private func changed() {
        guard self.changing == nil else { return }
        self.changing = EventLoop.shared.schedule(after: Self.changePause) { [weak self] in
            self?.changing = nil
            self?.change?()
        }
    }

    // MARK: State

    @Net package func status() -> ExtensionStatus {
        var running: [ServerRun] = []
        for case .running(let run) in self.slots.values { running.append(run) }
        let state: ExtensionStatus.State =
            !running.isEmpty ? .running : !self.slots.isEmpty ? .starting : self.restarts.isFailed ? .failed : .idle
        return ExtensionStatus(
            state: state, era: self.era, startTime: self.startTime, lastError: self.lastError,
            droppedLines: self.droppedLines + running.reduce(0) { $0 + $1.connection.droppedLines },
            leftOut: self.leftOut)
    }

    @Net package func stop() async {
        let slots = self.slots
        self.slots = [:]
        self.changing?.cancel()
        self.changing = nil
        for slot in slots.values {
            switch slot {
            case .running(let run): await self.close(run)
            case .starting(let task):
                task.cancel()
                if let run = try? await task.value { await self.close(run) }
            }
        }
    }

    private func close(_ run: ServerRun) async {
        await run.close()
        self.droppedLines += run.connection.droppedLines
    }

    // MARK: Use

    /// Runs `body` with the caller's run of the server, which is started if it does not run.
    private func use<Value: Sendable>(
        for caller: ExtensionCaller?, _ body: @Net (ServerRun) async throws -> Value
    ) async throws -> Value {
        var used: ServerRun?
        do {
            let run = try await self.run(for: caller)
            used = run
            run.users += 1
            run.idle?.stop()
            defer {
                run.users -= 1
                if run.users == 0 { run.idle?.reschedule(after: self.times.idle) }
            }
            return try await body(run)
        } catch let error as RPCError {
            // It has been replaced by one of the other era: the next call agrees anew.
            if error.code == RPCError.Code.unsupportedVersion, let used {
                self.era = nil
                self.drop(used)
            }
            let words = VisibleText.line(self.mask.text(error.message))
            throw ExtensionFailure(
                .refused(code: error.code), "\(self.settings.name) answered with an error (\(error.code)): \(words)")
        } catch let failure as ExtensionFailure {
            throw self.noted(failure)
        }
    }

    private func noted(_ failure: ExtensionFailure) -> ExtensionFailure {
        let masked = ExtensionFailure(failure.kind, self.mask.text(failure.description))
        // The end of a program has been noted with what it wrote.
        if failure.kind != .lost || self.lastError == nil { self.lastError = masked.description }
        return masked
    }

    private func run(for caller: ExtensionCaller?) async throws -> ServerRun {
        let workspace = self.isJailed && self.settings.files != .none ? caller?.workspace : nil
        let key = workspace == nil ? "" : caller?.session ?? ""
        let slot = self.slots[key]
        if workspace == nil || slot != nil { caller?.workspace?.onEnd() }
        switch slot {
        case .running(let run)?: return run
        case .starting(let task)?: return try await task.sharedValue()
        case nil: break
        }
        do throws(ExtensionFailure) {
            try self.makeRoom()
        } catch {
            workspace?.onEnd()
            throw error
        }
        // Unstructured: several calls may wait for the start, and none may cut it short.
        let task = Task { try await self.start(key, workspace) }
        self.slots[key] = .starting(task)
        return try await task.sharedValue()
    }

    private func makeRoom() throws(ExtensionFailure) {
        guard !self.restarts.isFailed else {
            throw ExtensionFailure(
                .down,
                "\(self.settings.name) is not started again: it ended \(ServerRestarts.limit) times within ten minutes. "
                    + "`jetbridge extensions check \(self.settings.name)` tries again.")
        }
        guard self.slots.count >= Self.runLimit else { return }
        for case .running(let run) in self.slots.values where run.users == 0 { return self.drop(run) }
        throw ExtensionFailure(
            .down,
            "\(self.settings.name) runs for \(Self.runLimit) threads already, which is the most. Try again later.")
    }

    // MARK: Start and end

    private func start(_ key: String, _ workspace: JailPlace?) async throws -> ServerRun {
        do {
            do {
                try await EventLoop.shared.sleep(for: self.isJailed ? self.restarts.delay(at: .current()) : .zero)
            } catch {
                workspace?.onEnd()
                throw error
            }
            let run = try await self.starter.start(workspace, known: self.era)
            guard !Task.isCancelled else {
                await self.close(run)
                throw CancellationError()
            }
            self.started(run, key)
            return run
        } catch {
            // Whoever has stopped it has emptied its place.
            guard !Task.isCancelled else { throw CancellationError() }
            self.slots[key] = nil
            self.era = nil
            if self.isJailed { self.restarts.ended(at: .current()) }
            if let failure = error as? ExtensionFailure {
                self.lastError = failure.description
                self.logger.warning("extension did not start", ["reason": .string(failure.description)])
            }
            throw error
        }
    }

    private func started(_ run: ServerRun, _ key: String) {
        run.connection.onEnd = { [weak self, weak run] reason in
            if let run { self?.ended(key, run, reason) }
        }
        run.connection.onChange = { [weak self] in self?.changed() }
        run.idle = EventLoop.shared.schedule(after: self.times.idle) { [weak self, weak run] in
            if let run, run.users == 0 { self?.drop(run) }
        }
        self.era = run.agreement.era
        self.startTime = run.began.duration(to: .current())
        self.lastError = nil
        self.slots[key] = .running(run)
    }

    private var isJailed: Bool {
        if case .program = self.settings.way { true } else { false }
    }

    private func ended(_ key: String, _ run: ServerRun, _ reason: String) {
        guard case .running(let current)? = self.slots[key], current === run else { return }
        self.slots[key] = nil
        if self.isJailed { self.restarts.ended(at: .current()) }
        self.lastError = "\(self.settings.name) broke off: \(reason)." + self.starter.errorOutput(of: run.connection)
        self.logger.warning("extension ended", ["reason": .string(self.lastError ?? "")])
        // Unstructured: it frees what is left of a server that has ended.
        Task { await self.close(run) }
    }

    private func drop(_ run: ServerRun) {
        for case (let key, .running(let current)) in self.slots where current === run { self.slots[key] = nil }
        // Unstructured: nobody waits for the end of a server that nobody uses.
        Task { await self.close(run) }
    }
}
