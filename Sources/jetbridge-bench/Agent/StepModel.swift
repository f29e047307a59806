internal import Models
internal import Primitives

/// A model that takes a fixed time for an answer: `steps` times with a call of `shell`, then in words or with a failure.
final class StepModel: ModelClient {
    let provider = "bench"
    let defaultModel = "bench"
    private let steps: Int
    private let isEnding: Bool
    private let pause: Duration
    private let asked = Protected<(count: Int, first: ContinuousClock.Instant?, spent: Duration)>((0, nil, .zero))

    /// - Parameters:
    ///   - pause: what an answer takes; zero for nothing.
    ///   - isEnding: False fails after the last step.
    init(steps: Int, pause: Duration = .zero, isEnding: Bool) {
        self.steps = steps
        self.pause = pause
        self.isEnding = isEnding
    }

    var firstRequest: ContinuousClock.Instant? { self.asked.withLock { $0.first } }
    /// The time in which a turn waited for the model.
    var spent: Duration { self.asked.withLock { $0.spent } }

    // Room for every step, so that nothing is folded or summarised.
    func models() async throws -> [ModelInfo] {
        [ModelInfo(id: self.defaultModel, name: "bench", inputLimit: 100_000_000, outputLimit: 4_096)]
    }

    func check() async throws {}

    func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        let number = self.asked.withLock { asked in
            asked.count += 1
            if asked.first == nil { asked.first = .now }
            return asked.count
        }
        return ModelEventChannel.stream { channel in
            if self.pause > .zero {
                let started = ContinuousClock.now
                try await Task.sleep(for: self.pause)
                self.asked.withLock { $0.spent += ContinuousClock.now - started }
            }
            guard number <= self.steps else {
                guard self.isEnding else { throw ModelError(.unavailable, "The model is away.") }
                try await channel.send(.delta("Done."))
                return try await channel.send(.finished(.stop))
            }
            let arguments = #"{"command":"swift test --filter Case\#(number)"}"#
            try await channel.send(.toolCall(ToolCall(id: "c\(number)", name: "shell", arguments: arguments)))
            try await channel.send(.usage(TokenUsage(input: 1_000, output: 20)))
            try await channel.send(.finished(.toolCalls))
        }
    }
}
