package import Chat
package import Jail

extension Workbench {
    /// Runs a command that only reads the workspace, beside the others: without a job, a snapshot, an entry in the audit
    /// or a line in the thread. It is ended at the limits, when the task is cancelled, and when `output` throws.
    package func read(
        _ command: String, timeout: Duration, outputLimit: Int, for request: TurnRequest, in thread: any TurnThread,
        output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws -> ShellExit.Status {
        let place = SessionPlace(of: request, update: .none)
        let workspace = try await self.workspace(of: place)
        let shell = try await self.shell(of: place, for: request.sender.id, workspace: workspace)
        let exit = try await shell.run(
            ShellCommand(text: command, place: .aside, timeout: timeout, outputLimit: outputLimit),
            waiting: { reason in await thread.waitForJail(because: reason) }, output: output)
        return exit.status
    }
}

extension TurnThread {
    /// Says that a command waits for a free jail; nil: no longer. The turn's time does not pass while others keep it from
    /// working.
    func waitForJail(because reason: String?) async {
        guard let reason else { return await self.startClock() }
        await self.stopClock()
        try? await self.report(.notice(WorkbenchTexts.waiting(because: reason)))
    }
}
