internal import Chat
internal import JSON

/// `commit`: all changes of the workspace, to the thread's branch.
struct CommitTool: Tool {
    let desk: any ToolDesk

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let message = call.text("message").trimming()
        guard !message.isEmpty else { throw ToolFailure("The message is empty: say what the commit changes.") }
        return ToolIntent(
            call: call, subject: VisibleText.of(message), directory: "/workspace",
            title: "commit \(Self.subject(message))")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        guard let commit = try await self.desk.commit(intent.subject) else {
            throw ToolFailure("There is nothing to commit: no file differs from the branch's last commit.")
        }
        let sizes = "\(commit.files) \(commit.files == 1 ? "file" : "files") +\(commit.additions) −\(commit.deletions)"
        return ToolResult(
            .done,
            text: "Commit \(commit.sha.prefix(7)) on \(commit.branch): \(Self.subject(commit.subject)), \(sizes)",
            summary: "commit \(commit.sha.prefix(7)) \(Self.subject(commit.subject))")
    }

    private static func subject(_ message: String) -> String {
        (message.split(whereSeparator: \.isNewline).first.map(String.init) ?? "").titled()
    }
}
