/// The one gate through which every call passes before it has an effect. Each decision is in the audit when it returns.
package protocol ToolGate: Sendable {
    /// Decides about the calls of one answer, which are asked as one question. Returns one decision for each, in their
    /// order. Throws `CancellationError` when the turn is stopped.
    func decide(_ intents: [ToolIntent]) async throws -> [GateDecision]
}
