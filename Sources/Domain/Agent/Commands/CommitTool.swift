internal import Chat
internal import JSON
internal import Primitives
internal import Work

/// `commit`: all changes of the workspace, to the thread's branch.
struct CommitTool: Tool {
    let desk: any ToolDesk

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let message = call.text("message").trimming()
        guard !message.isEmpty else { throw ToolFailure("The message is empty: say what the commit changes.") }
        guard let draft = try await self.desk.commitDraft() else { throw Self.nothing }
        let count = draft.files.count
        return ToolIntent(
            call: call, subject: VisibleText.of(message), directory: "/workspace",
            title: "commit \(Self.subject(message)), \(count) \(count == 1 ? "file" : "files")",
            // The whole workspace: a change in between is refused.
            preconditions: [ToolIntent.Precondition(path: "", digest: draft.digest)],
            preview: (draft.files + ["", draft.diff]).joined(separator: "\n").trimming())
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        guard let digest = intent.preconditions.first?.digest else { throw Self.nothing }
        guard let commit = try await self.desk.commit(intent.subject, expecting: digest) else { throw Self.nothing }
        let sizes = "\(commit.files) \(commit.files == 1 ? "file" : "files") +\(commit.additions) −\(commit.deletions)"
        return ToolResult(
            .done,
            text: "Commit \(commit.sha.prefix(7)) on \(commit.branch): \(Self.subject(commit.subject)), \(sizes)",
            summary: "commit \(commit.sha.prefix(7)) \(Self.subject(commit.subject))")
    }

    private static let nothing = ToolFailure(
        "There is nothing to commit: no file differs from the branch's last commit.")

    private static func subject(_ message: String) -> String {
        (message.split(whereSeparator: \.isNewline).first.map(String.init) ?? "").titled()
    }
}
