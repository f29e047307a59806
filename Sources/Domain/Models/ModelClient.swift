// Change: another model provider
/// A source of model answers: the one interface of every provider.
package protocol ModelClient: Sendable {
    /// The provider's name in the configuration: `openai`, `rehearsal`, …
    var provider: String { get }
    /// The model for threads that have not chosen one.
    var defaultModel: String { get }
    /// The models to choose from. Throws ``ModelError``.
    func models() async throws -> [ModelInfo]
    /// Streams one answer. The stream ends after ``ModelEvent/finished(_:)`` or throws ``ModelError``; one that breaks
    /// off throws ``ModelError/Code/interrupted``. Retries before the first delta happen inside and are reported by
    /// ``ModelEvent/waiting(_:)``. Cancelling the consumer ends the request at once.
    func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error>
    /// One cheap round trip that proves address and credentials, for `doctor` and `readyz`. Throws ``ModelError``.
    func check() async throws
    /// The account's remaining quota; nil where the provider does not report it. Throws ``ModelError``.
    func quota() async throws -> ModelQuota?
}

extension ModelClient {
    package func quota() async throws -> ModelQuota? { nil }
}
