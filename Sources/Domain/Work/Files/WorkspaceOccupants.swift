/// What happens in the workspaces besides the calls to them, so that none is replaced under somebody's feet.
package struct WorkspaceOccupants: Sendable {
    /// Whether a command or a job runs in a session's workspace.
    let isWorking: @Sendable (_ session: String) async throws -> Bool
    /// Ends every process in a session's workspace.
    let leave: @Sendable (_ session: String) async -> Void
    /// Makes earlier changes of a session's files impossible to undo, because their snapshots are gone.
    let forgetSnapshots: @Sendable (_ session: String) async throws -> Void
    /// Reports to a session's thread.
    let report: @Sendable (_ text: String, _ session: String) async -> Void

    package init(
        isWorking: @escaping @Sendable (_ session: String) async throws -> Bool,
        leave: @escaping @Sendable (_ session: String) async -> Void,
        forgetSnapshots: @escaping @Sendable (_ session: String) async throws -> Void,
        report: @escaping @Sendable (_ text: String, _ session: String) async -> Void
    ) {
        self.isWorking = isWorking
        self.leave = leave
        self.forgetSnapshots = forgetSnapshots
        self.report = report
    }
}
