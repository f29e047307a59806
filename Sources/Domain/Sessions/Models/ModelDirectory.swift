package import Models
internal import Primitives

/// The models and the account's quota, as commands need them.
package struct ModelDirectory: Sendable {
    /// The provider has not answered in time.
    struct SlowProvider: Error, CustomStringConvertible {
        let description = "the provider takes too long to answer; try again in a moment"
    }

    package let defaultModel: String
    package let provider: String
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
        self.defaultModel = defaultModel
        self.provider = provider
        self.patience = patience
        self.quota = quota
        self.list = list
    }

    /// ``list`` for a command. Throws ``SlowProvider`` if it takes too long.
    func listInTime() async throws -> [ModelInfo] { try await self.inTime(self.list) }

    private func inTime<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard let value = try await withDeadline(self.patience, body) else {
            try Task.checkCancellation()
            throw SlowProvider()
        }
        return value
    }

    /// The remaining quota as lines, or one line with the reason why it is unknown.
    func quotaLines() async throws -> [String] {
        do {
            return try await self.inTime(self.quota)?.lines ?? []
        } catch let error as CancellationError {
            throw error
        } catch {
            return [CommandTexts.quotaIsUnknown(error)]
        }
    }
}
