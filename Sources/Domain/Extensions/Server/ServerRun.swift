internal import EventLoop
internal import JSON
internal import Jail
internal import Primitives

/// A running server, from the agreement about the protocol to its end.
@Net
final class ServerRun {
    /// Rounds of questions in one call.
    private static let roundLimit = 10
    private static let listenPause = (first: Duration.seconds(1), longest: Duration.seconds(60))

    let connection: any ServerConnection
    let agreement: Agreement
    let began: LoopInstant
    /// Requests that run now.
    var users = 0
    var idle: Timer?
    /// Whether its list was read.
    var isListed = false
    /// Of the list that was read last.
    private(set) var leftOut: [String] = []
    private let settings: ExtensionSettings
    private let turn = Slots(1)
    /// By tool; only where headers repeat arguments.
    private var headers: [String: HeaderArguments] = [:]
    private var listener: Task<Void, Never>?

    private init(
        _ connection: any ServerConnection, _ agreement: Agreement, _ settings: ExtensionSettings, began: LoopInstant
    ) {
        self.connection = connection
        self.agreement = agreement
        self.settings = settings
        self.began = began
    }

    // MARK: The agreement

    /// Agrees on a revision. Throws ``ExtensionFailure`` or `CancellationError`.
    ///
    /// - Parameters:
    ///   - known: The era that the server spoke before.
    ///   - patience: How long it may be silent at the first question.
    static func start(
        on connection: any ServerConnection, known: ExtensionOffer.Era?, _ settings: ExtensionSettings,
        patience: Duration, began: LoopInstant
    ) async throws -> ServerRun {
        let agreement = try await Self.agree(connection, known, settings, patience)
        connection.agreement = agreement
        if agreement.era == .legacy { await connection.notify("notifications/initialized") }
        let run = ServerRun(connection, agreement, settings, began: began)
        // Old servers report changes without having announced it.
        if agreement.era == .legacy || agreement.notifies(of: "tools") || agreement.notifies(of: "prompts") {
            run.listen()
        }
        return run
    }

    private enum Answer: Sendable {
        case discovered(Result<JSON, any Error>)
        case initialized(Result<JSON, any Error>)
        case silence
    }

    private static func agree(
        _ connection: any ServerConnection, _ known: ExtensionOffer.Era?, _ settings: ExtensionSettings,
        _ patience: Duration
    ) async throws -> Agreement {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            defer { group.cancelAll() }
            var negotiation = EraNegotiation(patience: patience)
            var actions = negotiation.begin(known: known)
            while true {
                for action in actions {
                    switch action {
                    case .discover:
                        group.addTask {
                            .discovered(await Self.ask(connection, ServerRequest(method: "server/discover")))
                        }
                    case .initialize:
                        let request = ServerRequest(
                            method: "initialize", params: Revision.initialize.objectValue ?? [:])
                        group.addTask { .initialized(await Self.ask(connection, request)) }
                    case .wait(let time):
                        group.addTask {
                            try await EventLoop.shared.sleep(for: time)
                            return .silence
                        }
                    case .agree(let agreement): return agreement
                    case .fail(let reason):
                        throw ExtensionFailure(.down, "\(settings.name) and Jetbridge share no protocol: \(reason).")
                    }
                }
                guard let answer = try await group.next() else { throw CancellationError() }
                actions = try Self.take(answer, &negotiation)
            }
        }
    }

    private static func ask(
        _ connection: any ServerConnection, _ request: ServerRequest
    ) async -> Result<JSON, any Error> {
        do { return .success(try await connection.request(request)) } catch { return .failure(error) }
    }

    private static func take(_ answer: Answer, _ negotiation: inout EraNegotiation) throws -> [EraNegotiation.Action] {
        switch answer {
        case .silence: negotiation.silence()
        case .discovered(.success(let json)): negotiation.discovered(json)
        case .discovered(.failure(let error)): negotiation.refusedDiscovery(try Self.refusal(error))
        case .initialized(.success(let json)): negotiation.initialized(json)
        case .initialized(.failure(let error)): negotiation.refusedInitialization(try Self.refusal(error))
        }
    }

    /// What the server said against a request; throws what says nothing about its era.
    private static func refusal(_ error: any Error) throws -> RPCError? {
        if let error = error as? RPCError { return error }
        if let failure = error as? ExtensionFailure, case .refused(let code) = failure.kind {
            return RPCError(code: code, message: failure.description)
        }
        throw error
    }

    // MARK: Calls

    /// Makes a request for somebody, answers the server's questions, and returns the result.
    func call(
        _ method: String, _ params: JSONObject, for caller: ExtensionCaller, within limit: Duration
    ) async throws -> JSON {
        guard self.connection.needsTurns else { return try await self.rounds(method, params, caller, limit) }
        try await self.turn.take()
        do {
            let answer = try await self.rounds(method, params, caller, limit)
            self.turn.give()
            return answer
        } catch {
            self.turn.give()
            throw error
        }
    }

    private func rounds(
        _ method: String, _ params: JSONObject, _ caller: ExtensionCaller, _ limit: Duration
    ) async throws -> JSON {
        var request = ServerRequest(method: method, params: params, limit: limit, caller: caller)
        let started = LoopInstant.current()
        var asked = Duration.zero
        for round in 0..<Self.roundLimit {
            let answer = try await self.send(&request)
            switch InputRequired.read(answer) {
            case .complete: return answer
            case .refused(let reason):
                throw ExtensionFailure(.malformed, "\(self.settings.name) could not finish \(method): \(reason).")
            case .required(let required):
                request.params["requestState"] = required.state
                request.params["inputResponses"] = nil
                if required.requests.isEmpty {
                    try await EventLoop.shared.sleep(for: .milliseconds(min(250, 50 * (round + 1))))
                } else {
                    let before = LoopInstant.current()
                    request.params["inputResponses"] = .object(try await self.answers(required, request))
                    asked += before.duration(to: .current())
                }
                let spent = started.duration(to: .current()) - asked
                request.limit = max(.seconds(1), limit - spent)
            }
        }
        throw ExtensionFailure(
            .malformed, "\(self.settings.name) asked more than \(Self.roundLimit) times in one call, which was ended.")
    }

    private func answers(_ required: InputRequired, _ request: ServerRequest) async throws -> JSONObject {
        var answers: JSONObject = [:]
        let open = OpenRequest(request, server: self.settings.name)
        for (key, params) in required.requests {
            answers[key] = await open.answer(params)
            try Task.checkCancellation()
        }
        return answers
    }

    /// Sends it with the headers for its arguments. When the server finds that they do not fit, its tools have changed.
    private func send(_ request: inout ServerRequest) async throws -> JSON {
        self.addHeaders(to: &request)
        do {
            return try await self.connection.request(request)
        } catch let error as RPCError
            where error.code == RPCError.Code.headerMismatch && request.method == "tools/call"
        {
            _ = try await self.tools()
            self.addHeaders(to: &request)
            return try await self.connection.request(request)
        }
    }

    private func addHeaders(to request: inout ServerRequest) {
        guard let name = request.params["name"]?.stringValue else { return }
        request.headers = self.headers[name]?.headers(for: request.params["arguments"] ?? [:]) ?? []
    }

    // MARK: Lists

    func offer() async throws -> ExtensionOffer {
        let tools = try await self.tools()
        let capabilities = self.agreement.capabilities
        let prompts = capabilities["prompts"] == nil ? [] : try await self.list("prompts/list", "prompts")
        return ExtensionOffer(
            era: self.agreement.era, revision: self.agreement.revision, server: self.agreement.server,
            instructions: self.agreement.instructions, tools: tools, prompts: ListedEntries.prompts(prompts),
            hasResources: capabilities["resources"] != nil)
    }

    /// Those that can be called; ``leftOut`` names the others.
    private func tools() async throws -> [ExtensionTool] {
        let entries = try await self.list("tools/list", "tools")
        let tools = ListedEntries.tools(entries)
        let nameless = entries.count - tools.count
        self.leftOut = nameless == 0 ? [] : ["\(nameless.counted("tool")) without a name, or with that of another one"]
        guard self.agreement.era == .modern, case .remote = self.settings.way else { return tools }
        self.headers = [:]
        return tools.filter { tool in
            guard let arguments = HeaderArguments(schema: tool.schema) else {
                self.leftOut.append("\(VisibleText.strictLine(tool.name)): its schema names invalid headers")
                return false
            }
            if !arguments.paths.isEmpty { self.headers[tool.name] = arguments }
            return true
        }
    }

    func resources() async throws -> [ExtensionResource] {
        let resources = try await self.list("resources/list", "resources")
        let templates = try await self.list("resources/templates/list", "resourceTemplates")
        return ListedEntries.resources(resources, isTemplate: false)
            + ListedEntries.resources(templates, isTemplate: true)
    }

    /// All pages of a list; empty if the server does not have it.
    private func list(_ method: String, _ key: String) async throws -> [JSON] {
        var reading = ListReading(key)
        let began = LoopInstant.current()
        var request = ServerRequest(method: method, limit: self.settings.limits.list)
        while true {
            let page: JSON
            do {
                page = try await self.connection.request(request)
            } catch let error as RPCError
                where error.code == RPCError.Code.methodNotFound && reading.entries.isEmpty
            {
                return []
            }
            switch reading.take(page) {
            case .done: return reading.entries
            case .fail(let reason):
                throw ExtensionFailure(.malformed, "\(self.settings.name) cannot be used: \(reason).")
            case .next(let cursor):
                request.params["cursor"] = .string(cursor)
                request.limit = self.settings.limits.list - began.duration(to: .current())
                guard let limit = request.limit, limit > .zero else {
                    throw OpenRequest(
                        ServerRequest(method: method, limit: self.settings.limits.list), server: self.settings.name
                    ).late
                }
            }
        }
    }

    // MARK: Changes and the end

    private func listen() {
        // Unstructured: it listens as long as the server runs, and `close()` ends it.
        self.listener = Task { [connection] in
            var pause = Self.listenPause.first
            while !Task.isCancelled {
                let began = LoopInstant.current()
                do { try await connection.listen() } catch { return }
                pause = began.duration(to: .current()) > .seconds(60) ? Self.listenPause.first : pause
                try? await EventLoop.shared.sleep(for: pause)
                pause = min(Self.listenPause.longest, pause * 2)
            }
        }
    }

    func close() async {
        self.idle?.cancel()
        self.listener?.cancel()
        await self.connection.close()
        await self.listener?.value
    }
}
