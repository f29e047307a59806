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
    /// Throws ``ModelError`` if `model` may not get what the current turn's prompt has. ``stream(_:)`` asks itself.
    func permit(_ model: String) async throws
    /// The whole name of a model: with the provider's id where the configuration has several. Never waits, so a name
    /// that it does not know yet stays as it is.
    func fullName(of model: String) -> String
    /// The ``provider`` of a model.
    func provider(of model: String) -> String
    /// The clients that it is made of: itself, or those of several providers.
    var parts: [any ModelClient] { get }
    /// The models to ask in this order if `model` does not answer, without those that may not get what the current turn's
    /// prompt has.
    func fallbacks(after model: String) -> [String]
    /// One line for each provider whose models are missing in the list of the last ``models()``, with the reason.
    var missing: [String] { get }
}

extension ModelClient {
    package func quota() async throws -> ModelQuota? { nil }
    package func permit(_ model: String) async throws {}
    package func fullName(of model: String) -> String { model }
    package func provider(of model: String) -> String { self.provider }
    package var parts: [any ModelClient] { [self] }
    package func fallbacks(after model: String) -> [String] { [] }
    package var missing: [String] { [] }

    /// The whole name of the first of these models that is chosen, else of the default.
    package func model(_ choices: String?...) -> String {
        choices.lazy.compactMap(\.self).first.map { self.fullName(of: $0) } ?? self.defaultModel
    }
}
