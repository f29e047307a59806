internal import Copilot
internal import Lifecycle

/// The Copilot API together with the account that signs in to it: as a service it keeps the token fresh.
final class SignedInCopilot: ModelClient, Service {
    let name = "copilot-account"

    private let client: CopilotClient
    /// Also for others that need its tokens.
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

    /// Leaves no lock, watch or timer behind, whether it was run or only asked.
    func stop() async {
        await self.account.stop()
        await self.account.close()
    }
}
