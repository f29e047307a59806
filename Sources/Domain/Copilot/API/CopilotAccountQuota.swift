internal import Glibc
internal import HTTP
internal import JSON
internal import Models
internal import Primitives

/// The account's remaining quota: GitHub's report, cached for a minute, and updates from the headers of later
/// responses.
final class CopilotAccountQuota: Sendable {
    private struct State {
        var quota: ModelQuota?
        var fetchedAt: Duration?
    }

    private static let lifetime = Duration.seconds(60)

    private let settings: CopilotSettings
    private let gitHub: (any SignInTokenSource)?
    private let exchange: ModelExchange
    private let state = Protected(State())

    init(_ settings: CopilotSettings, gitHub: (any SignInTokenSource)?, exchange: ModelExchange) {
        self.settings = settings
        self.gitHub = gitHub
        self.exchange = exchange
    }

    /// Nil where nothing is known. Throws ``ModelError`` when GitHub cannot be asked and nothing is cached.
    func quota() async throws -> ModelQuota? {
        let now = self.exchange.clock.now
        let known = self.state.withLock { state in
            state.fetchedAt.map { now - $0 < Self.lifetime } ?? false ? state.quota : nil
        }
        if let known { return known }
        guard let gitHub = self.gitHub else { return self.state.withLock { $0.quota } }
        do {
            let quota = try await self.fetch(try await gitHub.gitHubToken())
            self.state.withLock { state in
                state.quota = quota
                state.fetchedAt = now
            }
            return quota
        } catch let error as ModelError {
            if let old = self.state.withLock({ $0.quota }) { return old }
            throw error
        }
    }

    /// Takes single allowances from the headers of a response.
    func receive(_ headers: HTTPHeaders) {
        let (allowances, reset) = CopilotUser.allowances(in: headers)
        guard !allowances.isEmpty else { return }
        self.state.withLock { state in
            state.quota = (state.quota ?? ModelQuota()).updated(with: allowances, resetDate: reset)
        }
    }

    /// Makes the next ``quota()`` ask GitHub again.
    func forget() { self.state.withLock { $0.fetchedAt = nil } }

    private func fetch(_ token: Secret) async throws -> ModelQuota {
        let headers: HTTPHeaders = [
            "Authorization": "token \(token.reveal())", "Accept": "application/json",
            "Editor-Version": self.settings.editorVersion, "Editor-Plugin-Version": self.settings.pluginVersion,
            "X-GitHub-Api-Version": "2025-04-01",
        ]
        let url = self.settings.gitHubAPIURL.adding(path: "copilot_internal/user")
        let document = try await self.exchange.document(
            TransportRequest(.get, url, headers: headers, idleTimeout: .seconds(10), totalTimeout: .seconds(10)),
            context: EndpointContext(service: .copilot, host: "GitHub", model: self.settings.defaultModel))
        guard document.status == 200 else { throw document.error }
        guard let json = try? JSON.parse(document.body), case .object = json else { throw document.context.noAPI }
        return CopilotUser.quota(json)
    }
}
