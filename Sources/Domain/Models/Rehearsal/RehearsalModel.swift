/// A scripted model that needs neither account nor network, so that every flow can be tried.
///
/// Every chat answer says that it is a rehearsal. Equal requests get equal answers.
package struct RehearsalModel: ModelClient {
    /// Tokens per second of a chat answer; nil for no delay.
    private let pace: Double?
    private let clock: ModelClock

    /// - Parameter pace: tokens per second of a chat answer, 40 being a common speed; nil for no delay. Documents and
    ///   summaries, which nobody reads while they are written, come eight times as fast.
    package init(pace: Double? = 40, clock: ModelClock = .continuous) {
        self.pace = pace
        self.clock = clock
    }

    package let provider = "rehearsal"
    package let defaultModel = "rehearsal"

    private static let catalog = [
        // Small on purpose, so that long conversations get summarised.
        ModelInfo(id: "rehearsal", name: "Rehearsal: an offline script", inputLimit: 8192, outputLimit: 32_768),
        ModelInfo(id: "rehearsal-brief", name: "Rehearsal in one line", inputLimit: 8192, outputLimit: 1024),
    ]

    package func models() async throws -> [ModelInfo] { Self.catalog }

    package func check() async throws {}

    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        ModelEventChannel.stream { channel in try await self.answer(request, to: channel) }
    }

    private func answer(_ request: ModelRequest, to channel: ModelEventChannel) async throws {
        let name = request.model ?? self.defaultModel
        guard let model = Self.catalog.first(where: { $0.id == name }) else {
            throw ModelError(
                .unknownModel,
                "The rehearsal has no model “\(name)”; `models` lists the available ones, `model NAME` chooses one.")
        }
        let input = TokenEstimator.tokens(in: request.messages)
        let document = request.tools.isEmpty ? RehearsalDocument(request.messages) : nil
        // Documents are as long as they are; the small limit is for conversations.
        guard input <= model.inputLimit || document != nil else {
            throw ModelError(
                .tooLong,
                "The conversation is too long for the rehearsal, which accepts at most \(model.inputLimit) tokens; "
                    + "start over with `new` or send less.", inputLimit: model.inputLimit)
        }
        let script = document?.script ?? Self.script(for: request, model: model)
        let pace = request.purpose == .chat && document == nil ? self.pace : self.pace.map { $0 * 8 }
        var output = 0.0
        let limit = Double(request.outputLimit ?? model.outputLimit)
        for wait in script.waits {
            try await channel.send(.waiting(wait))
            if self.pace != nil { try await self.clock.sleep(for: wait.delay) }
        }
        if let failure = script.failure { throw failure }
        for piece in Self.pieces(of: script.text) {
            let weight = TokenEstimator.weight(of: piece)
            if output + weight > limit {
                try await self.end(.length, input: input, output: output, channel)
                return
            }
            output += weight
            if let pace { try await self.clock.sleep(for: .seconds(weight / pace)) }
            try await channel.send(.delta(piece))
        }
        if script.isCut {
            throw ModelError(.interrupted, "The rehearsal broke off its answer, as requested.")
        }
        for call in script.calls { try await channel.send(.toolCall(call)) }
        try await self.end(script.calls.isEmpty ? .stop : .toolCalls, input: input, output: output, channel)
    }

    private func end(
        _ reason: FinishReason, input: Int, output: Double, _ channel: ModelEventChannel
    ) async throws {
        try await channel.send(.usage(TokenUsage(input: input, output: Int(output.rounded(.up)))))
        try await channel.send(.finished(reason))
    }

    private static func script(for request: ModelRequest, model: ModelInfo) -> RehearsalScript {
        switch request.purpose {
        case .chat:
            RehearsalTask(request.messages, tools: request.tools)?.script
                ?? RehearsalRepair(request.messages, tools: request.tools)?.script
                ?? RehearsalChat(request.messages, isBrief: model.id == "rehearsal-brief").script
        case .specification: RehearsalScript(text: RehearsalSpecification(messages: request.messages).text)
        case .summary: RehearsalScript(text: RehearsalSummary.text(of: request.messages, limit: request.outputLimit))
        }
    }

    /// Pieces of about a word, like those of a real stream; together they are the text.
    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for character in text {
            piece.append(character)
            if character.isWhitespace || piece.count >= 12 {
                pieces.append(piece)
                piece = ""
            }
        }
        if !piece.isEmpty { pieces.append(piece) }
        return pieces
    }
}

/// What the rehearsal does in one answer.
struct RehearsalScript: Sendable {
    var text: String
    /// Reported before the answer, as with a busy endpoint.
    var waits: [RetryNotice] = []
    /// Thrown instead of an answer.
    var failure: ModelError?
    /// The answer breaks off after the text.
    var isCut = false
    /// Tools that are called after the text.
    var calls: [ToolCall] = []
}
