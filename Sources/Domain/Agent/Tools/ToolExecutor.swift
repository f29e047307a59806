/// Prepares and carries out calls in one session's jail and workspace, for one turn. Throws `CancellationError` when the
/// turn is stopped; everything else that fails is a ``ToolResult``.
package protocol ToolExecutor: Sendable {
    /// Works out what a call would do, by reading only. A call that cannot work ends here, without a question to
    /// anybody.
    func prepare(_ call: CheckedCall) async throws -> PreparedCall
    /// Carries out what ``prepare(_:)`` worked out, if its preconditions still hold.
    func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult
    /// The same, reporting in a few words how far it is.
    func perform(
        _ intent: ToolIntent, approval: GateDecision, progress: @escaping @Sendable (String) -> Void
    ) async throws -> ToolResult
    /// The commits that a call's command made in the jail, for the gate to decide about; nil if it made none.
    func commits(madeBy call: String) async throws -> ToolIntent?
    /// Called when earlier results are folded or summarised: the model no longer knows the files that it has read.
    func forgetReads() async
}

extension ToolExecutor {
    package func perform(
        _ intent: ToolIntent, approval: GateDecision, progress: @escaping @Sendable (String) -> Void
    ) async throws -> ToolResult {
        try await self.perform(intent, approval: approval)
    }

    package func commits(madeBy call: String) async throws -> ToolIntent? { nil }
    package func forgetReads() async {}

    /// What `body` returns, or `failure` for what it throws, unless the turn is stopped.
    package func settling<Value>(
        _ body: () async throws -> Value, failure: (any Error) -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as CancellationError {
            throw error
        } catch {
            return failure(error)
        }
    }
}

package enum PreparedCall: Sendable, Equatable {
    case intent(ToolIntent)
    /// Nothing will happen: the result for the model.
    case failed(ToolResult)
}
