/// The thread of a running turn, as its worker sees it.
package protocol TurnThread: Sendable {
    /// Reports progress. Waits while the thread cannot accept more.
    func report(_ event: TurnEvent) async throws

    /// Asks people for an approval and waits until one of them decides, or nobody does in time. The wait does not count
    /// towards the turn's time limit. Asking again for the same in one turn (also after a restart) joins the first
    /// question instead of posting another. Throws `CancellationError` when the turn is stopped.
    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome
}
