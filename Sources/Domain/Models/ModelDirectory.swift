internal import Primitives

/// The models and the account's quota, as commands need them.
package struct ModelDirectory: Sendable {
    /// The provider has not answered in time.
    private struct SlowProvider: Error, CustomStringConvertible {
        let description = "the provider takes too long to answer; try again in a moment"
    }

    private let standard: @Sendable () -> String
    private let provider: @Sendable (String?) -> String
    /// The whole name of a model, as ``ModelClient/fullName(of:)``.
    package let fullName: @Sendable (String) -> String
    /// As ``ModelClient/missing``.
    package let missing: @Sendable () -> [String]
    package let list: @Sendable () async throws -> [ModelInfo]
    /// The account's remaining quota; nil where the provider reports none.
    package let quota: @Sendable () async throws -> ModelQuota?
    /// How long a command waits for the provider: the thread's other messages, such as `stop`, wait behind it.
    private let patience: Duration

    package init(
        defaultModel: String, provider: String,
        patience: Duration = .seconds(10), quota: @escaping @Sendable () async throws -> ModelQuota? = { nil },
        list: @escaping @Sendable () async throws -> [ModelInfo]
    ) {
        self.standard = { defaultModel }
        self.provider = { _ in provider }
        self.fullName = { $0 }
        self.missing = { [] }
        self.patience = patience
        self.quota = quota
        self.list = list
    }

    package init(_ client: any ModelClient, _ catalog: ModelCatalog) {
        self.standard = { client.defaultModel }
        self.provider = { model in model.map { client.provider(of: $0) } ?? client.provider }
        self.fullName = { client.fullName(of: $0) }
        self.missing = { client.missing }
        self.patience = .seconds(10)
        self.quota = { try await client.quota() }
        self.list = { try await catalog.models() }
    }

    package var defaultModel: String { self.standard() }

    /// The provider of a model; nil for that of the default.
    package func provider(of model: String?) -> String { self.provider(model) }

    /// ``list`` for a command. Throws an error that says so if it takes too long.
    package func listInTime() async throws -> [ModelInfo] { try await self.inTime(self.list) }

    private func inTime<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard let value = try await withDeadline(self.patience, body) else {
            try Task.checkCancellation()
            throw SlowProvider()
        }
        return value
    }

    /// The remaining quota as lines, or one line with the reason why it is unknown.
    package func quotaLines() async throws -> [String] {
        do {
            return try await self.inTime(self.quota)?.lines ?? []
        } catch let error as CancellationError {
            throw error
        } catch {
            return ["the remaining quota is unknown: \(error)"]
        }
    }
}
