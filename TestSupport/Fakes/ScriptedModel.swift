package import Models
internal import Primitives

/// A model that plays one script per request and records the requests.
package final class ScriptedModel: ModelClient {
    package enum Step: Sendable {
        case event(ModelEvent)
        case fail(ModelError)
        /// Waits until the consumer cancels.
        case hang
        /// Waits for an action of the test.
        case wait(@Sendable () async throws -> Void)
    }

    private struct State {
        var scripts: [[Step]]
        var requests: [ModelRequest] = []
    }

    package let provider = "scripted"
    package let defaultModel: String
    private let listing: @Sendable () async throws -> [ModelInfo]
    private let otherwise: @Sendable (ModelRequest) -> [Step]
    private let state: Protected<State>

    /// - Parameters:
    ///   - scripts: played in this order, one per request.
    ///   - names: the models that it lists; nil for the default alone.
    ///   - otherwise: played once `scripts` are used up.
    ///   - listing: makes the list; nil for that of `names`.
    package init(
        _ scripts: [[Step]] = [], defaultModel: String = "scripted", inputLimit: Int = 64_000, names: [String]? = nil,
        otherwise: @escaping @Sendable (ModelRequest) -> [Step] = { _ in ScriptedModel.answer("ok") },
        listing: (@Sendable () async throws -> [ModelInfo])? = nil
    ) {
        self.defaultModel = defaultModel
        let models = (names ?? [defaultModel]).map {
            ModelInfo(id: $0, name: $0, inputLimit: inputLimit, outputLimit: 4096)
        }
        self.listing = listing ?? { models }
        self.otherwise = otherwise
        self.state = Protected(State(scripts: scripts))
    }

    /// A complete answer in the given pieces.
    package static func answer(_ pieces: String...) -> [Step] {
        pieces.map { .event(.delta($0)) } + [.event(.finished(.stop))]
    }

    /// The requests so far, oldest first.
    package var requests: [ModelRequest] { self.state.withLock { $0.requests } }

    /// Queues a script behind the waiting ones.
    package func append(_ script: [Step]) {
        self.state.withLock { $0.scripts.append(script) }
    }

    package func models() async throws -> [ModelInfo] { try await self.listing() }

    package func check() async throws {}

    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        ModelEventChannel.stream { channel in
            let script = self.state.withLock { state -> [Step]? in
                state.requests.append(request)
                return state.scripts.isEmpty ? nil : state.scripts.removeFirst()
            }
            for step in script ?? self.otherwise(request) {
                switch step {
                case .event(let event): try await channel.send(event)
                case .fail(let error): throw error
                case .wait(let body): try await body()
                case .hang: try await Task.sleep(for: .seconds(86_400))
                }
            }
        }
    }
}
