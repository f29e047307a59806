/// Prepares and carries out calls in one session's jail and workspace, for one turn.
package protocol ToolExecutor: Sendable {
    /// Works out what a call would do, by reading only. A call that cannot work ends here, without a question to
    /// anybody.
    func prepare(_ call: CheckedCall) async throws -> PreparedCall
    /// Carries out what ``prepare(_:)`` worked out, if its preconditions still hold. Throws `CancellationError` when the
    /// turn is stopped; everything else is a ``ToolResult``.
    func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult
    /// The commits that a call's command made in the jail, for the gate to decide about; nil if it made none.
    func commits(madeBy call: String) async throws -> ToolIntent?
    /// Called when earlier results are folded or summarised: the model no longer knows the files that it has read.
    func forgetReads() async
}

extension ToolExecutor {
    package func commits(madeBy call: String) async throws -> ToolIntent? { nil }
    package func forgetReads() async {}
}

package enum PreparedCall: Sendable, Equatable {
    case intent(ToolIntent)
    /// Nothing will happen: the result for the model.
    case failed(ToolResult)
}
