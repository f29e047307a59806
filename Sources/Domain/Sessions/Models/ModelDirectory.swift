/// The models and the account's quota, as commands need them.
package struct ModelDirectory: Sendable {
    package let defaultModel: String
    package let provider: String
    package let list: @Sendable () async throws -> [ModelChoice]
    /// The account's remaining quota; nil where the provider reports none.
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

    /// The remaining quota as lines, or one line with the reason why it is unknown.
    func quotaLines() async throws -> [String] {
        do {
            return try await self.quota()?.lines ?? []
        } catch let error as CancellationError {
            throw error
        } catch {
            return [CommandTexts.quotaIsUnknown(error)]
        }
    }
}
