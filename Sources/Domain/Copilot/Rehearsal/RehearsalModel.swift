/// A model that needs no account and no network: a script that answers, so that every flow can be tried.
///
/// It says in each chat answer that it is a rehearsal. Equal requests get equal answers.
package struct RehearsalModel: ModelClient {
    /// Tokens a second; nil for as fast as they are taken.
    private let pace: Double?
    private let clock: TurnClock

    /// - Parameter pace: tokens a second. 40 is about what people are used to; nil does not wait at all.
    package init(pace: Double? = 40, clock: TurnClock = .continuous) {
        self.pace = pace
        self.clock = clock
    }

    package let provider = "rehearsal"
    package let defaultModel = "rehearsal"

    private static let catalog = [
        // Small on purpose: a long conversation gets to the point where it is summarised.
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
                "The rehearsal has no model “\(name)”; `models` lists what it has, `model NAME` chooses one.")
        }
        let input = TokenEstimator.tokens(in: request.messages)
        guard input <= model.inputLimit else {
            throw ModelError(
                .tooLong,
                "The conversation is too long for the rehearsal: it takes at most \(model.inputLimit) tokens; "
                    + "start afresh with `new` or send less.", inputLimit: model.inputLimit)
        }
        let script = Self.script(for: request, model: model)
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
            if let pace = self.pace { try await self.clock.sleep(for: .seconds(weight / pace)) }
            try await channel.send(.delta(piece))
        }
        if script.isCut {
            throw ModelError(.interrupted, "The rehearsal broke off its answer, as it was asked to.")
        }
        try await self.end(.stop, input: input, output: output, channel)
    }

    private func end(
        _ reason: FinishReason, input: Int, output: Double, _ channel: ModelEventChannel
    ) async throws {
        try await channel.send(.usage(TokenUsage(input: input, output: Int(output.rounded(.up)))))
        try await channel.send(.finished(reason))
    }

    private static func script(for request: ModelRequest, model: ModelInfo) -> RehearsalScript {
        switch request.purpose {
        case .chat: RehearsalChat(request.messages, isBrief: model.id == "rehearsal-brief").script
        case .specification: RehearsalScript(text: RehearsalSpecification(messages: request.messages).text)
        case .summary: RehearsalScript(text: RehearsalSummary.text(of: request.messages, limit: request.outputLimit))
        }
    }

    /// About a word each, so that a stream has the grain of a real one. Joined they are the text again.
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

/// What the rehearsal is going to do.
struct RehearsalScript: Sendable {
    var text: String
    /// Told before the answer, as a busy endpoint would make us.
    var waits: [RetryNotice] = []
    /// Instead of an answer.
    var failure: ModelError?
    /// The answer breaks off after the text.
    var isCut = false
}
