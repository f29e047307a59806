internal import EventLoop
internal import JSON
internal import Logging
internal import Models

/// Passes on an answer of a CLI that only talks.
@Net
final class CopilotCLITalk: CopilotCLIHost {
    private let channel: ModelEventChannel
    private let logger: Logger
    private var tokens: TokenUsage?
    /// Whether a piece of the answer was passed on.
    private(set) var hasAnswer = false

    init(_ channel: ModelEventChannel, logger: Logger) {
        self.channel = channel
        self.logger = logger
    }

    @Net func handle(_ event: CopilotCLIEvent) async throws {
        switch event {
        case .text(let text):
            self.hasAnswer = true
            try await self.channel.send(.delta(text))
        case .thinking(let text): try await self.channel.send(.reasoning(text))
        // Notices are only for people who see no text yet.
        case .waiting(let notice): if !self.hasAnswer { try await self.channel.send(.waiting(notice)) }
        case .usage(let usage):
            self.tokens = TokenUsage(
                input: (self.tokens?.input ?? 0) + usage.input, output: (self.tokens?.output ?? 0) + usage.output,
                cached: (self.tokens?.cached ?? 0) + usage.cached, written: (self.tokens?.written ?? 0) + usage.written,
                model: usage.model)
        case .complete(let reason):
            try await self.end()
            try await self.channel.send(.finished(reason))
        case .began, .answered, .finished, .tick: break
        }
    }

    /// Reports the tokens used.
    func end() async throws {
        if let tokens = self.tokens { try await self.channel.send(.usage(tokens)) }
    }

    @Net func decide(_ asks: [CopilotCLIAsk]) async throws -> [CopilotCLIAsk.Decision] {
        asks.map { ask in
            let (kind, subject) = ask.subject.words
            self.logger.info(
                "permission",
                ["kind": .string(kind), "subject": .string(String(subject.prefix(200))), "approved": false])
            return .reject("Jetbridge allows no tools in this conversation.")
        }
    }

    @Net func call(_ call: CopilotCLIToolCall) async throws -> CopilotCLIToolAnswer {
        CopilotCLIToolAnswer(.denied, "Jetbridge allows no tools in this conversation.")
    }

    @Net func words(isLast: Bool) async -> [String] { [] }
}
