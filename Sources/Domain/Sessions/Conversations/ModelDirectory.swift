/// The models and what is left of the account, as the commands need them.
package struct ModelDirectory: Sendable {
    package let defaultModel: String
    package let provider: String
    package let list: @Sendable () async throws -> [ModelChoice]
    /// What the account has left with the provider; nil where the provider tells nothing.
    package let quota: @Sendable () async throws -> ModelAllowances?

    package init(
        defaultModel: String, provider: String,
        quota: @escaping @Sendable () async throws -> ModelAllowances? = { nil },
        list: @escaping @Sendable () async throws -> [ModelChoice]
    ) {
        self.defaultModel = defaultModel
        self.provider = provider
        self.quota = quota
        self.list = list
    }

    /// What is left, for people, a line each; why it is not known where that is so.
    func quotaLines() async throws -> [String] {
        do {
            return try await self.quota()?.lines ?? []
        } catch let error as CancellationError {
            throw error
        } catch {
            return ["what is left is not known: \(error)"]
        }
    }
}
