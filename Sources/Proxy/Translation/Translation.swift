internal import JSON

// Change: how the proxy translates between APIs
/// Translates one request from the client's form to the upstream's, and its answer back. Pure.
///
/// Requests between messages and responses pass through the form of chat completions, to which the other two translate
/// with the least loss.
struct Translation: Sendable {
    let client: ModelAPI
    let upstream: ModelAPI
    /// The body for the upstream, until ``takeRequest()``.
    private(set) var request: JSON
    let isStream: Bool
    private let context: AnswerContext

    /// - Parameters:
    ///   - body: The client's request.
    ///   - time: Unix time in seconds, which answers of OpenAI's forms state. Anthropic's answers contain none.
    /// - Throws: A refusal (400) for what cannot be translated.
    init(
        _ body: JSON, from client: ModelAPI, to upstream: ModelAPI, at time: Int = 0
    ) throws(ProxyRefusal) {
        guard case .object = body else { throw .malformed("The body", "an object", found: body) }
        self.client = client
        self.upstream = upstream
        self.isStream = body["stream"]?.boolValue == true
        var context = AnswerContext()
        context.model = body["model"]?.stringValue ?? ""
        context.time = time
        switch client {
        case .chat: context.includesUsage = body["stream_options"]?["include_usage"]?.boolValue == true
        case .responses: context.echo = ResponseDocument.echo(of: body)
        case .messages where self.isStream: context.inputTokens = TokenEstimate.of(messages: body)
        case .messages: break
        }
        self.request = try Self.request(body, from: client, to: upstream, &context)
        self.context = context
    }

    private static func request(
        _ body: JSON, from client: ModelAPI, to upstream: ModelAPI, _ context: inout AnswerContext
    ) throws(ProxyRefusal) -> JSON {
        guard client != upstream else { return body }
        var chat: JSON
        switch client {
        case .chat: chat = body
        case .messages: chat = try MessagesToChat.request(body, names: &context.tools)
        case .responses: chat = try ResponsesToChat.request(body, for: upstream, names: &context.tools)
        }
        context.stops = try Self.takeStops(from: &chat, for: upstream)
        switch upstream {
        case .chat: return chat
        case .messages: return try ChatToMessages.request(chat)
        case .responses: return try ChatToResponses.request(chat)
        }
    }

    /// Most stop sequences that are applied here, and their bytes in total: each costs a step for each byte of the
    /// answer, on the event loop. OpenAI's APIs allow four, and Anthropic's documentation names no limit.
    private static let (mostStops, mostStopBytes) = (16, 4_096)

    /// Removes the stop sequences that the upstream refuses, which then end the answer here: OpenAI's reasoning models
    /// know none, and chat completions at most four.
    private static func takeStops(
        from chat: inout JSON, for upstream: ModelAPI
    ) throws(ProxyRefusal) -> [String] {
        let stops = ChatRequest.stops(chat).compactMap(\.stringValue)
        guard upstream != .messages, case .object(var members) = chat,
            ModelFamily(chat.text("model") ?? "").isOpenAIReasoning || (upstream == .chat && stops.count > 4)
        else { return [] }
        guard stops.count <= Self.mostStops, stops.reduce(0, { $0 + $1.utf8.count }) <= Self.mostStopBytes else {
            throw .unsupported(
                "more than \(Self.mostStops) stop sequences, or more than \(Self.mostStopBytes) bytes of them",
                "this model's upstream refuses that, and the proxy cannot apply so many instead", "Send fewer.")
        }
        members["stop"] = nil
        chat = .object(members)
        return stops
    }

    /// The body for the upstream, which is not kept: as a tree it takes many times its bytes, and the answer may take long.
    mutating func takeRequest() -> JSON {
        defer { self.request = .null }
        return self.request
    }

    /// A whole successful answer in the client's form; an error in that form if the body is not an answer.
    func response(_ body: JSON) -> JSON { self.outcome(of: body).document }

    /// ``response(_:)``, and whether it is an error.
    func outcome(of body: JSON) -> (document: JSON, isError: Bool) {
        guard self.client != self.upstream else { return (body, false) }
        do throws(AnswerFault) {
            // Copilot reports some failures with status 200.
            if let error = body.value("error") { throw AnswerFault(["error": error], status: nil) }
            var answer = try ModelAnswer(body, from: self.upstream, self.context)
            answer.stop(at: self.context.stops)
            return (answer.document(for: self.client, self.context), false)
        } catch {
            return (error.document(for: self.client), true)
        }
    }

    /// The upstream's error in the client's form, with its message and, where they exist, its type and code.
    ///
    /// - Parameter body: nil if it is not JSON.
    func error(_ body: JSON?, status: Int) -> JSON {
        if self.client == self.upstream, let body { return body }
        return AnswerFault(body, status: status).document(for: self.client)
    }

    func makeStream() -> any StreamTranslation {
        self.client == self.upstream
            ? UnchangedStream() : AnswerStream(from: self.upstream, to: self.client, self.context)
    }
}
