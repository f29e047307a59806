/// The one gate through which every call passes before it has an effect. Each decision is in the audit when it returns.
package protocol ToolGate: Sendable {
    /// Decides about the calls of one answer, which are asked as one question. Returns one decision for each, in their
    /// order. Throws `CancellationError` when the turn is stopped.
    func decide(_ intents: [ToolIntent]) async throws -> [GateDecision]

    /// Whether people may have to be asked about these calls. Then the turn is stored before, because a question may
    /// outlive the host.
    func mayAsk(about intents: [ToolIntent]) async -> Bool

    /// Records a call that came to nothing: before there was anything to decide (an unknown tool, arguments that do not
    /// fit, a path out of the workspace), or because what was decided about has changed since.
    func refused(_ call: String, tool: String, _ result: ToolResult) async
}

extension ToolGate {
    package func mayAsk(about intents: [ToolIntent]) async -> Bool { true }

    package func refused(_ call: String, tool: String, _ result: ToolResult) async {}
}
