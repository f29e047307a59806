internal import Copilot
internal import Lifecycle
internal import Models

/// The Copilot API with its signed-in account; as a service it keeps the token fresh.
final class SignedInCopilot: ModelClient, Service {
    let name = "copilot-account"

    private let client: CopilotClient
    /// Shared with the mounted proxy.
    let account: CopilotAccount

    init(_ client: CopilotClient, account: CopilotAccount) {
        self.client = client
        self.account = account
    }

    var provider: String { self.client.provider }
    var defaultModel: String { self.client.defaultModel }

    func models() async throws -> [ModelInfo] { try await self.client.models() }
    func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> { self.client.stream(request) }
    func check() async throws { try await self.client.check() }
    func quota() async throws -> ModelQuota? { try await self.client.quota() }

    func run() async throws { try await self.account.run() }

    /// Leaves no lock, watch or timer behind, even if it never ran as a service.
    func stop() async {
        await self.account.stop()
        await self.account.close()
    }
}
