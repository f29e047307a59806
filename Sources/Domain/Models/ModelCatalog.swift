internal import Primitives

/// A provider's models, cached for ten minutes; resolves the names that people type.
package final class ModelCatalog: Sendable {
    /// What a typed name resolves to.
    package enum Resolution: Sendable, Equatable {
        case found(ModelInfo)
        /// No model has that name; `nearest` are up to three similar names.
        case unknown(nearest: [String])
    }

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
        self.contextTokens = contextTokens
        self.takesImages = takesImages
        self.clock = clock
    }

    /// The models. When loading fails, the old list stays in use; without one, the failure counts for as long as it took,
    /// at most a minute. Throws ``ModelError``, and `CancellationError` at once when the caller is cancelled.
    package func models() async throws -> [ModelInfo] {
        let now = self.clock.now
        switch self.state.withLock({ self.lookUp(&$0, now: now) }) {
        case .known(let models): return models
        case .failed(let reason): throw reason
        case .loading(let loading): return try await loading.sharedValue()
        }
    }

    /// The list as far as it is loaded; loads it in the background for later turns.
    package var known: [ModelInfo] {
        let now = self.clock.now
        return self.state.withLock { state in
            // Not if it failed a moment ago.
            if now >= state.staleAt { _ = self.lookUp(&state, now: now) }
            return state.models ?? []
        }
    }

    /// What is known about `name` without waiting; loads the list in the background for later turns.
    package func assumed(_ name: String) -> ModelInfo {
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

    /// Resolves what a person typed. Ignores case, and a vendor before a slash when the rest is unique. Throws
    /// ``ModelError`` if the list is unavailable.
    package func resolve(_ name: String) async throws -> Resolution {
        let models = try await self.models()
        if let model = models.first(where: { $0.id == name }) { return .found(model) }
        let wanted = name.lowercased()
        if let model = models.first(where: { $0.id.lowercased() == wanted }) { return .found(model) }
        let withoutVendor = models.filter { $0.id.lowercased().hasSuffix("/" + wanted) }
        if withoutVendor.count == 1 { return .found(withoutVendor[0]) }
        return .unknown(nearest: Self.nearest(to: wanted, in: models.map(\.id)))
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

extension ModelCatalog {
    /// Up to three names, the closest first: few edits apart, or one contains the other.
    static func nearest(to wanted: String, in names: [String]) -> [String] {
        let scored = names.compactMap { name -> (name: String, score: Int)? in
            let lower = name.lowercased()
            if lower.contains(wanted) || wanted.contains(lower) { return (name, abs(lower.count - wanted.count)) }
            let short = lower.split(separator: "/").last.map(String.init) ?? lower
            let distance = min(self.distance(wanted, lower), self.distance(wanted, short))
            return distance <= max(2, wanted.count / 3) ? (name, distance * 2) : nil
        }
        return scored.sorted { ($0.score, $0.name) < ($1.score, $1.name) }.prefix(3).map(\.name)
    }

    /// Levenshtein distance of the first 100 bytes.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8.prefix(100)), right = Array(right.utf8.prefix(100))
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substitution = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
