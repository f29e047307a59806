internal import Chat
internal import Primitives

/// Several providers as one: a model is `ID/NAME`, and each request goes to the provider that has the id.
///
/// The models of a provider without an id have no prefix. A name without a prefix works where one provider lists it. A
/// provider that fails is missing in the list; the others are not affected.
package final class ModelRouter: ModelClient {
    /// A configured provider.
    package struct Source: Sendable {
        /// Nil for `model`, whose models have no prefix.
        package let id: String?
        package let client: any ModelClient
        package let catalog: ModelCatalog
        /// The classes of data that its models may get.
        package let classes: Set<String>

        package init(
            id: String?, _ client: any ModelClient, catalog: ModelCatalog, classes: Set<String> = []
        ) {
            self.id = id
            self.client = client
            self.catalog = catalog
            self.classes = classes
        }

        /// The whole name of its model `name`.
        package func fullName(of name: String) -> String { self.id.map { "\($0)/\(name)" } ?? name }

        fileprivate func lists(_ name: String) -> Bool { self.catalog.known.contains { $0.id == name } }

        fileprivate var hasList: Bool { !self.catalog.known.isEmpty }

        fileprivate func named(_ model: ModelInfo) -> ModelInfo {
            model.served(by: self.client.provider, as: self.fullName(of: model.id))
        }
    }

    /// How long the list waits for one provider: a command waits for all of them.
    package static let patience = Duration.seconds(5)

    package let sources: [Source]
    private let standard: String
    private let fallbacks: [String]
    /// Nil where no repository's data has a class.
    let rule: DataRule?
    private let patience: Duration
    private let failures = Protected<[String]>([])

    /// - Parameters:
    ///   - sources: Not empty; their ids are unique.
    ///   - standard: The default model, with or without a prefix.
    ///   - fallbacks: The models to ask in this order if another one does not answer.
    ///   - rule: Decides which models may get the data of a class.
    package init(
        _ sources: [Source], default standard: String, fallbacks: [String] = [], rule: DataRule? = nil,
        patience: Duration = ModelRouter.patience
    ) {
        self.sources = sources
        self.standard = standard
        self.fallbacks = fallbacks
        self.rule = rule
        self.patience = patience
    }

    package var defaultModel: String { self.fullName(of: self.standard) }
    package var provider: String { self.provider(of: self.standard) }
    package var parts: [any ModelClient] { self.sources.map(\.client) }

    package func fullName(of model: String) -> String {
        self.route(model).map { source, name in source.fullName(of: name) } ?? model
    }

    /// For one of the fallbacks, those behind it: a thread that has chosen the last one stays with it.
    package func fallbacks(after model: String) -> [String] {
        let models = self.fallbacks.map { self.fullName(of: $0) }
        let others = models.lastIndex(of: self.fullName(of: model)).map { Array(models[($0 + 1)...]) } ?? models
        return others.filter { other in self.route(other).map { self.isPermitted($0.source) } ?? true }
    }

    package func provider(of model: String) -> String { self.source(of: model).client.provider }

    /// The provider of a model, or of the default if its own is unknown.
    private func source(of model: String) -> Source {
        (self.route(model) ?? self.route(self.standard))?.source ?? self.sources[0]
    }

    /// The provider of a model and the name that it has there. Nil if that is unknown, or several providers list it.
    package func route(_ model: String) -> (source: Source, name: String)? {
        let prefixed = self.sources.first { source in source.id.map { model.utf8.starts(with: "\($0)/".utf8) } ?? false
        }
        // Elsewhere the prefix may be a part of the name, as in `openai/gpt-4.1`.
        let whole = self.sources.filter { $0.lists(model) }
        if let prefixed, let id = prefixed.id {
            let name = String(model.utf8.dropFirst(id.utf8.count + 1)) ?? ""
            // Text goes to another provider only if this one's list is here and lacks the name.
            if whole.isEmpty || prefixed.lists(name) || !prefixed.hasList { return (prefixed, name) }
        }
        if let plain = self.sources.first(where: { $0.id == nil }),
            whole.isEmpty || plain.lists(model) || !plain.hasList || model == self.standard
        {
            return (plain, model)
        }
        if whole.isEmpty { return self.sources.count == 1 ? (self.sources[0], model) : nil }
        return whole.count == 1 ? (whole[0], model) : nil
    }
}

// MARK: - The list

extension ModelRouter {
    /// The models of all providers that answer. Throws ``ModelError`` if none does.
    package func models() async throws -> [ModelInfo] {
        let found = await self.lists()
        try Task.checkCancellation()
        let models = self.merged(found.map { (try? $0.get()) ?? [] })
        self.failures.withLock { lines in
            lines = zip(self.sources, found).compactMap { source, result in
                guard case .failure(let error) = result else { return nil }
                return "\(source.id ?? source.client.provider): \(error)"
            }
        }
        guard models.isEmpty else { return models }
        throw ModelError(.unavailable, self.missing.joined(separator: "; "))
    }

    /// What is known of the models without waiting; loads the lists in the background for later turns.
    var known: [ModelInfo] { self.merged(self.sources.map(\.catalog.known)) }

    /// One line for each provider whose models are missing in the list of the last ``models()``, with the reason.
    package var missing: [String] { self.failures.withLock { $0 } }

    func assumed(_ model: String) -> ModelInfo {
        let (source, name) = self.route(model) ?? (self.source(of: model), model)
        return source.named(source.catalog.assumed(name))
    }

    private func merged(_ lists: [[ModelInfo]]) -> [ModelInfo] {
        let named = zip(self.sources, lists).map { source, models in models.map { source.named($0) } }
        // Of two with the same whole name, requests go to the one with the prefix.
        let prefixed = Set(zip(self.sources, named).filter { $0.0.id != nil }.flatMap { $0.1.map(\.id) })
        return zip(self.sources, named).flatMap { source, models in
            source.id == nil ? models.filter { !prefixed.contains($0.id) } : models
        }
    }

    private func lists() async -> [Result<[ModelInfo], any Error>] {
        let patience = self.patience
        return await withTaskGroup(of: (Int, Result<[ModelInfo], any Error>).self) { group in
            for (index, source) in self.sources.enumerated() {
                group.addTask(name: "models") {
                    do {
                        // The catalogue continues to load after the deadline.
                        let models = try await withDeadline(patience) { () async throws(any Error) in
                            try await source.catalog.models()
                        }
                        // What was read before stays in use.
                        let known = source.catalog.known
                        return (
                            index, (models ?? (known.isEmpty ? nil : known)).map { .success($0) } ?? .failure(Self.slow)
                        )
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var found: [Result<[ModelInfo], any Error>] = self.sources.map { _ in .failure(Self.slow) }
            for await (index, result) in group { found[index] = result }
            return found
        }
    }

    private static let slow = ModelError(.timedOut, "The provider takes too long to answer; try again in a moment.")
}

// MARK: - Requests

extension ModelRouter {
    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        let model = request.model ?? self.standard
        let turn = TurnRequest.current
        if let (source, name) = self.route(model), self.isPermitted(source) {
            return source.client.stream(request.asking(name))
        }
        return ModelEventChannel.stream { channel in
            let (source, name) = try await self.found(model)
            try await self.permit(source, as: model, for: turn)
            for try await event in source.client.stream(request.asking(name)) { try await channel.send(event) }
        }
    }

    /// ``route(_:)`` after the lists have been asked, if only they say whose the model is.
    func found(_ model: String) async throws -> (source: Source, name: String) {
        if let found = self.route(model) { return found }
        _ = try? await self.models()
        try Task.checkCancellation()
        guard let found = self.route(model) else { throw self.unknown(model) }
        return found
    }

    private func unknown(_ model: String) -> ModelError {
        let owners = self.sources.filter { $0.lists(model) }.map { "`\($0.fullName(of: model))`" }
        let reason =
            owners.isEmpty
            ? "No provider has a model “\(model)”: `models` lists the available ones"
            : "Several providers have a model “\(model)”: \(owners.joined(separator: ", "))"
        return ModelError(.unknownModel, "\(reason); `model NAME` chooses one.")
    }

    /// Whether the default's provider answers, or else that of a fallback.
    package func check() async throws {
        let standard = try await self.standardClient()
        guard self.route(self.standard) != nil else { throw self.unknown(self.standard) }
        do { try await standard.check() } catch let error as ModelError {
            for model in self.fallbacks(after: self.defaultModel) {
                guard let source = self.route(model)?.source else { continue }
                if (try? await source.client.check()) != nil { return }
                try Task.checkCancellation()
            }
            throw error
        }
    }

    /// That of the default's provider.
    package func quota() async throws -> ModelQuota? { try await self.standardClient().quota() }

    private func standardClient() async throws -> any ModelClient {
        if self.route(self.standard) == nil { _ = try await self.models() }
        return self.source(of: self.standard).client
    }
}

extension ModelRequest {
    fileprivate func asking(_ model: String) -> ModelRequest {
        var request = self
        request.model = model
        return request
    }
}
