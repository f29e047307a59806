internal import Primitives

/// A provider's models, cached for ten minutes.
package final class ModelCatalog: Sendable {
    private struct State {
        var models: [ModelInfo]?
        /// When to load the list again, after a success or a failure.
        var staleAt: Duration = .zero
        var loading: Task<[ModelInfo], any Error>?
        /// Why the last load failed, for callers that would wait as long again.
        var failure: (reason: any Error, until: Duration)?
    }

    private static let lifetime = Duration.seconds(600)
    private static let lifetimeOfFailure = Duration.seconds(60)

    private let client: any ModelClient
    /// Has a catalogue for each of several providers.
    private let router: ModelRouter?
    private let contextTokens: Int?
    private let takesImages: Bool?
    private let clock: ModelClock
    private let state = Protected(State())

    /// - Parameters:
    ///   - contextTokens: the limit of prompt and answer together, for every model; nil to use what the endpoint
    ///     reports, or what is published for the model's family.
    ///   - takesImages: whether every model takes images; nil to use what the endpoint reports.
    package init(
        _ client: any ModelClient, contextTokens: Int? = nil, takesImages: Bool? = nil, clock: ModelClock = .continuous
    ) {
        self.client = client
        self.router = client as? ModelRouter
        self.contextTokens = contextTokens
        self.takesImages = takesImages
        self.clock = clock
    }

    /// The models. When loading fails, the old list stays in use; without one, the failure counts for as long as it took,
    /// at most a minute. Throws ``ModelError``, and `CancellationError` at once when the caller is cancelled.
    package func models() async throws -> [ModelInfo] {
        if let router = self.router { return try await router.models() }
        let now = self.clock.now
        switch self.state.withLock({ self.lookUp(&$0, now: now) }) {
        case .known(let models): return models
        case .failed(let reason): throw reason
        case .loading(let loading): return try await loading.sharedValue()
        }
    }

    /// The list as far as it is loaded; loads it in the background for later turns.
    package var known: [ModelInfo] {
        if let router = self.router { return router.known }
        let now = self.clock.now
        return self.state.withLock { state in
            // Not if it failed a moment ago.
            if now >= state.staleAt { _ = self.lookUp(&state, now: now) }
            return state.models ?? []
        }
    }

    /// What is known about `name` without waiting; loads the list in the background for later turns.
    package func assumed(_ name: String) -> ModelInfo {
        if let router = self.router { return router.assumed(name) }
        if let info = self.known.first(where: { $0.id == name }) { return info }
        let limits = ModelLimits.assumed(for: name)
        return self.limited(ModelInfo(id: name, name: name, inputLimit: limits.input, outputLimit: limits.output))
    }

    /// The model with what is configured for every one.
    private func limited(_ model: ModelInfo) -> ModelInfo {
        var limited = model
        if let takesImages = self.takesImages {
            limited.images = takesImages ? model.images ?? ImageLimits() : nil
        }
        guard let window = self.contextTokens else { return limited }
        // A quarter is reserved for the answer, or less where the model's output limit is lower.
        let output = min(model.outputLimit, window / 4)
        limited.inputLimit = window - output
        limited.outputLimit = output
        return limited
    }

    private enum Finding {
        case known([ModelInfo])
        case failed(any Error)
        case loading(Task<[ModelInfo], any Error>)
    }

    private func lookUp(_ state: inout State, now: Duration) -> Finding {
        if let models = state.models, now < state.staleAt { return .known(models) }
        if let loading = state.loading { return .loading(loading) }
        if let failure = state.failure, now < failure.until { return .failed(failure.reason) }
        // Unstructured: callers share it, and one that is cancelled must not end it for the others.
        let task = Task(name: "models") { try await self.load() }
        state.loading = task
        return .loading(task)
    }

    private func load() async throws -> [ModelInfo] {
        let begun = self.clock.now
        do {
            let models = try await self.client.models().map { self.limited($0) }
            guard !models.isEmpty else {
                throw ModelError(.invalidResponse, "The endpoint lists no models; check model.base_url.")
            }
            self.state.withLock { state in
                state.models = models
                state.staleAt = self.clock.now + Self.lifetime
                state.loading = nil
            }
            return models
        } catch {
            let now = self.clock.now
            let old = self.state.withLock { state -> [ModelInfo]? in
                state.staleAt = now + Self.lifetimeOfFailure
                state.loading = nil
                // Many commands in a row would each wait for a provider that hangs; one that fails at once is asked again.
                state.failure = (error, now + min(now - begun, Self.lifetimeOfFailure))
                return state.models
            }
            if let old { return old }
            throw error
        }
    }
}
