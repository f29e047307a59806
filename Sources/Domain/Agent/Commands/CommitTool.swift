internal import Chat
internal import JSON
internal import Primitives
internal import Work

/// `commit`: all changes of the workspace, to the thread's branch. Commits that a command made itself pass the gate as the
/// same tool.
struct CommitTool: Tool {
    let desk: any ToolDesk

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let message = call.text("message").trimming()
        guard !message.isEmpty else { throw ToolFailure("The message is empty: say what the commit changes.") }
        guard let draft = try await self.desk.commitDraft() else { throw Self.nothing }
        let count = draft.files.count
        return ToolIntent(
            call: call, subject: VisibleText.of(message), directory: "/workspace",
            title: "commit \(Self.subject(message)), \(count.counted("file"))",
            // The whole workspace: a change in between is refused.
            preconditions: [ToolIntent.Precondition(path: "", digest: draft.digest)],
            preview: (draft.files + ["", draft.diff]).joined(separator: "\n").trimming())
    }

    /// What it would mean to put the commits on the branch that a call's command made in the jail; nil if it made none.
    func intent(ofCommitsMadeBy call: String) async throws -> ToolIntent? {
        guard let tool = ToolCatalog.definition(of: "commit"), let commits = try await self.desk.jailCommits() else {
            return nil
        }
        let message = commits.subjects.joined(separator: "\n")
        let count = commits.subjects.count.counted("commit")
        return ToolIntent(
            call: CheckedCall(id: "\(call)-commits", tool: tool, arguments: ["message": .string(message)]),
            subject: VisibleText.of(message), directory: "/workspace",
            title: "\(count) made by a command: \(Self.subject(message))",
            preconditions: [
                ToolIntent.Precondition(path: ToolIntent.Precondition.jailCommits, digest: commits.changes.digest)
            ],
            preview: (commits.changes.files + ["", commits.changes.diff]).joined(separator: "\n").trimming())
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        guard let found = intent.preconditions.first, let digest = found.digest else { throw Self.nothing }
        if found.path == ToolIntent.Precondition.jailCommits {
            let count = try await self.desk.takeOver(digest)
            return ToolResult(
                .done, text: "On the branch now: \(count.counted("commit")) made in the jail.",
                summary: intent.title)
        }
        guard let commit = try await self.desk.commit(intent.subject, expecting: digest) else { throw Self.nothing }
        let sizes = "\(commit.files.counted("file")) +\(commit.additions) −\(commit.deletions)"
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
