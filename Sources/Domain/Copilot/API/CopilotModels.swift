internal import HTTP
internal import JSON
internal import Models
internal import Primitives

/// The models of an account, cached with the response's ETag.
///
/// When loading fails, the old list stays in use. An empty list is a failure: the API sends one for tokens that it no
/// longer accepts.
final class CopilotModels: Sendable {
    private struct State {
        var models: [ModelInfo]?
        /// Where the list came from, and its ETag, for `If-None-Match`.
        var url: HTTPURL?
        var etag: String?
        var fetchedAt: Duration = .zero
        /// When loading last failed.
        var failedAt: Duration?
        var loading: Task<[ModelInfo], any Error>?
    }

    /// How long a list counts as current.
    static let lifetime = Duration.seconds(600)
    /// How long chats continue without a list after a failure to load one.
    private static let lifetimeOfFailure = Duration.seconds(60)

    private let settings: CopilotSettings
    private let source: any CopilotTokenSource
    private let exchange: ModelExchange
    private let state = Protected(State())

    init(_ settings: CopilotSettings, source: any CopilotTokenSource, exchange: ModelExchange) {
        self.settings = settings
        self.source = source
        self.exchange = exchange
    }

    /// A list of at most `maximumAge`; simultaneous callers share one request. Throws ``ModelError``.
    func list(maximumAge: Duration = CopilotModels.lifetime) async throws -> [ModelInfo] {
        let now = self.exchange.clock.now
        enum Finding {
            case known([ModelInfo])
            case loading(Task<[ModelInfo], any Error>)
        }
        let finding = self.state.withLock { state -> Finding in
            if let models = state.models, now - state.fetchedAt < maximumAge { return .known(models) }
            if let loading = state.loading { return .loading(loading) }
            // Unstructured: callers share it, and one that is cancelled must not end it for the others.
            let task = Task(name: "copilot models") { try await self.load() }
            state.loading = task
            return .loading(task)
        }
        switch finding {
        case .known(let models): return models
        case .loading(let task): return try await task.sharedValue()
        }
    }

    /// The listed model with this id. Waits for the first list; nil if the list lacks it or is unavailable.
    func info(of id: String) async -> ModelInfo? {
        let now = self.exchange.clock.now
        let (models, hasFailed) = self.state.withLock { state in
            (state.models, state.failedAt.map { now - $0 < Self.lifetimeOfFailure } ?? false)
        }
        if let models { return models.first { $0.id == id } }
        if hasFailed { return nil }
        return try? await self.list().first { $0.id == id }
    }

    private func load() async throws -> [ModelInfo] {
        do {
            let (models, url, etag) = try await self.fetch()
            let now = self.exchange.clock.now
            self.state.withLock { state in
                state.models = models
                state.url = url
                state.etag = etag
                state.fetchedAt = now
                state.failedAt = nil
                state.loading = nil
            }
            return models
        } catch {
            let now = self.exchange.clock.now
            let old = self.state.withLock { state -> [ModelInfo]? in
                state.failedAt = now
                state.loading = nil
                return state.models
            }
            // A person has to sign in again, and an old list would hide that.
            if let old, (error as? ModelError)?.code != .unauthorized { return old }
            throw error
        }
    }

    private func fetch() async throws -> (models: [ModelInfo], url: HTTPURL, etag: String?) {
        var hasReplacedToken = false
        while true {
            let token = try await self.source.token()
            let url = token.apiURL.adding(path: "models")
            let known = self.state.withLock { $0.url == url ? ($0.etag, $0.models) : (nil, nil) }
            let document = try await self.document(token, url, etag: known.1 == nil ? nil : known.0)
            if document.status == 304, let models = known.1 { return (models, url, known.0) }
            if document.status == 401, !hasReplacedToken {
                hasReplacedToken = true
                await self.source.reject(token)
                continue
            }
            guard document.status == 200 else { throw document.error }
            guard let models = CopilotModelList.parse(document.body) else { throw document.context.noAPI }
            guard !models.isEmpty else {
                throw ModelError(
                    .invalidResponse,
                    "Copilot lists no models for this account; enable models at https://github.com/settings/copilot, or "
                        + "ask the organisation that provides the seat.")
            }
            return (models, url, document.headers["etag"])
        }
    }

    private func document(
        _ token: CopilotToken, _ url: HTTPURL, etag: String?
    ) async throws -> ModelExchange.Document {
        var headers = CopilotHeaders.common(self.settings, token: token)
        headers.append("Openai-Intent", "model-access")
        if let etag { headers.append("If-None-Match", etag) }
        let request = TransportRequest(
            .get, url, headers: headers, idleTimeout: .seconds(30), totalTimeout: .seconds(30))
        return try await self.exchange.document(
            request, context: EndpointContext(service: .copilot, host: "Copilot", model: self.settings.defaultModel))
    }
}

/// Reads the models of the Copilot API. Pure; skips invalid entries.
///
/// Keeps the chat models in the account's picker whose policy is accepted or absent. Ids that end in `paygo` are a
/// billing variant of another entry; of several releases with one name it keeps the newest.
enum CopilotModelList {
    /// Nil when it is not a list of models.
    static func parse(_ bytes: [UInt8]) -> [ModelInfo]? {
        guard let json = try? JSON.parse(bytes), let entries = json["data"]?.arrayValue ?? json.arrayValue else {
            return nil
        }
        var models: [ModelInfo] = []
        for model in entries.prefix(ModelInfo.mostListed).compactMap({ self.isOffered($0) ? self.model($0) : nil }) {
            let known = models.firstIndex { $0.name.hasBytes(of: model.name) || $0.id.hasBytes(of: model.id) }
            if let index = known {
                if self.isNewer(model, than: models[index]) { models[index] = model }
            } else {
                models.append(model)
            }
        }
        return models.sorted { ($0.isProviderDefault ? 0 : 1, $0.id) < ($1.isProviderDefault ? 0 : 1, $1.id) }
    }

    private static func isOffered(_ entry: JSON) -> Bool {
        guard let id = entry["id"]?.stringValue, !id.isEmpty, id.utf8.count <= 200, !id.hasSuffix("paygo") else {
            return false
        }
        if entry["capabilities"]?["type"]?.stringValue != "chat" { return false }
        if entry["model_picker_enabled"]?.boolValue == false { return false }
        if let policy = entry["policy"], case .object = policy, policy["state"]?.stringValue != "enabled" {
            return false
        }
        let endpoints = self.endpoints(entry)
        return endpoints.isEmpty || CopilotRoute.choose(among: endpoints) != nil
    }

    private static func model(_ entry: JSON) -> ModelInfo? {
        guard let id = entry["id"]?.stringValue else { return nil }
        let capabilities = entry["capabilities"]
        let limits = capabilities?["limits"]
        let output = self.positive(limits?["max_output_tokens"]) ?? ModelLimits.unknown.output
        let window = self.positive(limits?["max_context_window_tokens"])
        // The prompt has its own limit, often lower than what the window leaves.
        let input =
            self.positive(limits?["max_prompt_tokens"]) ?? window.map { $0 - min(output, $0 / 4) }
            ?? ModelLimits.unknown.input
        return ModelInfo(
            id: id, name: (entry["name"]?.stringValue ?? id).beginning(bytes: 200), inputLimit: max(256, input),
            outputLimit: max(16, output), tokenizer: self.text(capabilities?["tokenizer"]),
            version: self.text(entry["version"]), vendor: self.text(entry["vendor"]),
            multiplier: entry["billing"]?["multiplier"]?.doubleValue.flatMap { (0...10_000).contains($0) ? $0 : nil },
            isPreview: entry["preview"]?.boolValue ?? false,
            isProviderDefault: entry["is_chat_default"]?.boolValue ?? false,
            supportedEndpoints: self.endpoints(entry),
            supportsTools: capabilities?["supports"].map { $0["tool_calls"]?.boolValue ?? false },
            supportsParallelCalls: capabilities?["supports"]?["parallel_tool_calls"]?.boolValue ?? false,
            images: ImageLimits(capabilities: capabilities))
    }

    private static func endpoints(_ entry: JSON) -> [String] {
        (entry["supported_endpoints"]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    private static func isNewer(_ model: ModelInfo, than other: ModelInfo) -> Bool {
        let (version, old) = (model.version ?? "", other.version ?? "")
        // The same release with a dated and an undated id: the undated one follows later releases.
        return version == old ? model.id.count < other.id.count : version > old
    }

    private static func positive(_ value: JSON?) -> Int? { value?.intValue.flatMap { $0 > 0 ? $0 : nil } }

    private static func text(_ value: JSON?) -> String? { value?.stringValue?.beginning(bytes: 200) }
}
