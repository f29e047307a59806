internal import EventLoop
internal import HTTP
package import Logging
internal import Primitives

/// The Copilot API with an account's short-lived tokens.
///
/// Every request goes where the token's answer says, with a token that is asked for anew each time. A token that the API
/// refuses is replaced once; the request is then made again as it was.
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
    ///   - gitHub: who may ask GitHub about the account; nil to know only what answers tell.
    ///   - jitter: random numbers in 0..<1.
    package init(
        _ settings: CopilotSettings, source: any CopilotTokenSource, gitHub: (any GitHubTokenSource)? = nil,
        transport: any ModelTransport, clock: TurnClock = .continuous,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, logger: Logger
    ) {
        self.settings = settings
        self.source = source
        self.exchange = ModelExchange(
            settings: ExchangeSettings(
                turnTimeout: settings.turnTimeout, idleTimeout: settings.idleTimeout, retry: settings.retry),
            transport: transport, clock: clock, jitter: jitter, logger: logger)
        self.list = CopilotModels(settings, source: source, exchange: self.exchange)
        self.account = CopilotAccountQuota(settings, gitHub: gitHub, exchange: self.exchange)
    }

    package func models() async throws -> [ModelInfo] { try await self.list.list(maximumAge: .seconds(1)) }

    /// A token and a list of models of the last ten minutes.
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
    @Net func prepare(
        _ request: ModelRequest, isRepeat: Bool, timeout: Duration
    ) async throws -> PreparedRequest {
        let model = request.model ?? self.defaultModel
        let token = try await self.source.token()
        let route = try await self.route(of: model)
        let dialect = self.dialects.dialect(of: model)
        let body =
            switch route {
            case .chatCompletions: dialect.body(request, model: model)
            case .responses: ResponsesRequest(hasLimit: dialect.limitName != .none).body(request, model: model)
            }
        // What is repeated by ourselves is not asked by a person once more.
        let headers = CopilotHeaders.chat(
            self.settings, token: token, initiator: isRepeat ? .agent : request.initiator)
        return PreparedRequest(
            request: TransportRequest(
                .post, token.apiURL.adding(path: route.path), headers: headers, body: body,
                idleTimeout: min(self.settings.idleTimeout, timeout), totalTimeout: timeout),
            context: EndpointContext(service: .copilot, host: "Copilot", model: model), format: route.format
        ) { refusal, mended in
            try await self.mend(refusal, token: token, model: model, route: route, dialect: dialect, &mended)
        }
    }

    func received(_ headers: HTTPHeaders) {
        self.limits.receive(headers)
        self.account.receive(headers)
    }

    private func route(of model: String) async throws -> CopilotRoute {
        let endpoints = await self.list.info(of: model)?.supportedEndpoints ?? []
        guard let route = CopilotRoute.choose(among: endpoints) else {
            throw ModelError(
                .unknownModel,
                "\(model) is offered only through an interface that is not spoken here; choose another with `model`.")
        }
        return route
    }

    private func mend(
        _ refusal: EndpointRefusal, token: CopilotToken, model: String, route: CopilotRoute, dialect: OpenAIDialect,
        _ mended: inout Set<Mend>
    ) async throws -> Bool {
        let failure = EndpointFailure(body: refusal.body)
        switch refusal.status {
        case 401, 403:
            // Rights that were withdrawn look like a token that has ended, and the other way round.
            guard !failure.isAboutRate, failure.authorizeURL == nil, mended.insert(.token).inserted else {
                return false
            }
            await self.source.reject(token)
            return true
        case 402:
            self.account.forget()
            return false
        case 400, 404:
            if failure.isAboutModel(refusal.status), mended.insert(.models).inserted {
                _ = try? await self.list.list(maximumAge: .zero)
                return try await self.route(of: model) != route
            }
            return self.dialects.adapt(dialect, of: model, to: refusal)
        case 422: return self.dialects.adapt(dialect, of: model, to: refusal)
        default: return false
        }
    }
}
