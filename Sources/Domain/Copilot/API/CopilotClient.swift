internal import EventLoop
package import HTTP
package import Logging
package import Models
internal import Primitives

/// The Copilot API, with an account's short-lived tokens.
///
/// Every request asks for the current token and goes to the address that came with it. A token that the API refuses is
/// replaced once, and the same request is sent again.
package final class CopilotClient: ModelClient {
    package let provider = "copilot"
    package var defaultModel: String { self.settings.defaultModel }

    private let settings: CopilotSettings
    private let source: any CopilotTokenSource
    private let exchange: ModelExchange
    private let list: CopilotModels
    private let account: CopilotAccountQuota
    private let dialects = DialectMemory(OpenAIDialect(host: ""))
    private let limits = RateLimitMemory()

    /// - Parameters:
    ///   - gitHub: the sign-in for asking GitHub about the account's quota; nil to use response headers only.
    ///   - jitter: random numbers in 0..<1.
    package init(
        _ settings: CopilotSettings, source: any CopilotTokenSource, gitHub: (any SignInTokenSource)? = nil,
        transport: any ModelTransport, clock: ModelClock = .continuous,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, logger: Logger
    ) {
        self.settings = settings
        self.source = source
        self.exchange = ModelExchange(
            settings: settings.exchange, transport: transport, clock: clock, jitter: jitter, logger: logger)
        self.list = CopilotModels(settings, source: source, exchange: self.exchange)
        self.account = CopilotAccountQuota(settings, gitHub: gitHub, exchange: self.exchange)
    }

    package func models() async throws -> [ModelInfo] { try await self.list.list(maximumAge: .seconds(1)) }

    /// Needs a token, and a list of models at most ten minutes old.
    package func check() async throws {
        _ = try await self.source.token()
        _ = try await self.list.list()
    }

    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.exchange.stream(request, of: self)
    }

    package func quota() async throws -> ModelQuota? {
        var quota = try await self.account.quota()
        let limits = self.limits.limits
        if !limits.isEmpty {
            quota = quota ?? ModelQuota()
            quota?.rateLimits = limits
        }
        return quota
    }
}

extension CopilotClient: ModelEndpoint {
    @Net package func prepare(
        _ request: ModelRequest, isRepeat: Bool, timeout: Duration
    ) async throws -> PreparedRequest {
        let model = request.model ?? self.defaultModel
        let token = try await self.token()
        let route = try await self.route(of: model)
        let dialect = self.dialects.dialect(of: model)
        var request = self.dialects.withoutRefusedImages(request, for: model)
        request.callsInParallel = request.callsInParallel && dialect.asksForParallelCalls
        let body =
            switch route {
            case .chatCompletions: dialect.body(request, model: model)
            case .responses:
                ResponsesRequest.body(
                    request, model: model, hasLimit: dialect.limitName != .none,
                    asksForReasoning: dialect.asksForReasoning, sendsItems: dialect.sendsItems,
                    asksForSummary: dialect.asksForSummary)
            }
        // An automatic retry is not another request by a person.
        let headers = CopilotHeaders.chat(
            self.settings, token: token, initiator: isRepeat ? .agent : request.initiator,
            hasImages: request.hasImages)
        return PreparedRequest(
            request: TransportRequest(
                .post, token.apiURL.adding(path: route.path), headers: headers, body: body,
                idleTimeout: min(self.settings.exchange.idleTimeout, timeout), totalTimeout: timeout),
            context: EndpointContext(service: .copilot, host: "Copilot", model: model), format: route.format
        ) { [request] refusal, recoveries in
            if try await self.recover(
                from: refusal, token: token, model: model, route: route, dialect: dialect, &recoveries)
            {
                return true
            }
            return self.dialects.giveUpImages(of: request, for: model, after: refusal)
        }
    }

    package var providerName: String { "github.copilot" }

    package func received(_ headers: HTTPHeaders) {
        self.limits.receive(headers)
        self.account.receive(headers)
    }

    private func token() async throws -> CopilotToken {
        do {
            return try await self.source.token()
        } catch let error as ModelError {
            // A sign-in that fails for a passing reason is retried like the endpoint itself.
            let passes = error.code == .unavailable || error.code == .unreachable || error.code == .rateLimited
            throw AttemptFailure(error, retryReason: passes ? "GitHub gives no token at the moment" : nil)
        }
    }

    private func route(of model: String) async throws -> CopilotRoute {
        let endpoints = await self.list.info(of: model)?.supportedEndpoints ?? []
        guard let route = CopilotRoute.choose(among: endpoints) else {
            throw ModelError(
                .unknownModel,
                "\(model) is only available through an interface that Jetbridge does not support; choose another with `model`."
            )
        }
        return route
    }

    private func recover(
        from refusal: EndpointRefusal, token: CopilotToken, model: String, route: CopilotRoute, dialect: OpenAIDialect,
        _ recoveries: inout Set<PreparedRequest.Recovery>
    ) async throws -> Bool {
        let failure = EndpointFailure(body: refusal.body)
        switch refusal.status {
        case 401, 403:
            // Withdrawn permissions and an expired token look the same.
            guard !failure.isAboutRate, failure.authorizeURL == nil, recoveries.insert(.replacedToken).inserted else {
                return false
            }
            await self.source.reject(token)
            return true
        case 402:
            self.account.forget()
            return false
        case 400, 404:
            if failure.isAboutModel(refusal.status), recoveries.insert(.reloadedModels).inserted {
                _ = try? await self.list.list(maximumAge: .zero)
                return try await self.route(of: model) != route
            }
            return self.dialects.adapt(dialect, of: model, to: refusal)
        case 422: return self.dialects.adapt(dialect, of: model, to: refusal)
        default: return false
        }
    }
}

/// How Jetbridge calls the Copilot API, and how it identifies itself there.
package struct CopilotSettings: Sendable {
    /// `Copilot-Integration-Id`: the calling product, which must be one that GitHub knows.
    package var integrationID: String
    /// `Editor-Version`: `name/1.2.3`; must match the integration id.
    package var editorVersion: String
    /// `Editor-Plugin-Version`: our own name and version.
    package var pluginVersion: String
    /// `X-GitHub-Api-Version`: determines which fields and models appear.
    package var apiVersion: String
    /// GitHub's own API, which reports the account's quota.
    package var gitHubAPIURL: HTTPURL
    package var defaultModel: String
    package var exchange: ExchangeSettings

    package init(
        integrationID: String = "vscode-chat", editorVersion: String = "vscode/1.104.1",
        pluginVersion: String = "jetbridge/1", apiVersion: String = "2025-05-01", gitHubAPIURL: HTTPURL,
        defaultModel: String, exchange: ExchangeSettings = ExchangeSettings()
    ) {
        self.integrationID = integrationID
        self.editorVersion = editorVersion
        self.pluginVersion = pluginVersion
        self.apiVersion = apiVersion
        self.gitHubAPIURL = gitHubAPIURL
        self.defaultModel = defaultModel
        self.exchange = exchange
    }
}
