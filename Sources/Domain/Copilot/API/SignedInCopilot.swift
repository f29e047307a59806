internal import Lifecycle
package import Models

/// The Copilot API with its signed-in account; as a service it keeps the token fresh.
package final class SignedInCopilot: ModelClient, Service {
    package let name = "copilot-account"

    private let client: CopilotClient
    /// Shared with the mounted proxy.
    package let account: CopilotAccount

    package init(_ client: CopilotClient, account: CopilotAccount) {
        self.client = client
        self.account = account
    }

    package var provider: String { self.client.provider }
    package var defaultModel: String { self.client.defaultModel }

    package func models() async throws -> [ModelInfo] { try await self.client.models() }
    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.client.stream(request)
    }
    package func check() async throws { try await self.client.check() }
    package func quota() async throws -> ModelQuota? { try await self.client.quota() }

    package func run() async throws { try await self.account.run() }

    /// Leaves no lock, watch or timer behind, even if it never ran as a service.
    package func stop() async {
        await self.account.stop()
        await self.account.close()
    }
}
