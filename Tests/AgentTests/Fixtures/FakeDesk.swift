import Agent
import Chat
import Git
import Primitives

@testable import Jail
@testable import Work

/// A desk that plays one output for every command.
final class FakeDesk: ToolDesk {
    struct Played: Sendable {
        var output: [CommandOutput] = []
        var status = ShellExit.Status.exited(0)
        var changes: [WorkspaceChange]? = []
        var commits: JailCommits?
        var failure: TurnFailure?
    }

    let hasNetwork: Bool
    let directory = "/workspace/src"
    private let played: Played
    private let state = Protected(
        (commands: [String](), timeouts: [Duration?](), addresses: [String?](), messages: [String]()))

    init(_ played: Played = Played(), hasNetwork: Bool = true) {
        self.played = played
        self.hasNetwork = hasNetwork
    }

    /// Writes `text` to the standard output.
    convenience init(_ text: String, errors: String = "", status: ShellExit.Status = .exited(0)) {
        self.init(
            Played(
                output: [
                    CommandOutput(stream: .standardOutput, text: text),
                    CommandOutput(stream: .standardError, text: errors),
                ], status: status))
    }

    var commands: [String] { self.state.withLock { $0.commands } }
    var timeouts: [Duration?] { self.state.withLock { $0.timeouts } }
    var addresses: [String?] { self.state.withLock { $0.addresses } }
    var messages: [String] { self.state.withLock { $0.messages } }

    func run(
        _ command: String, of call: String, timeout: Duration?, approval: GateDecision, reaching address: String?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws -> CommandReport {
        self.state.withLock { state in
            state.commands.append(command)
            state.timeouts.append(timeout)
            state.addresses.append(address)
        }
        if let failure = self.played.failure { throw failure }
        for piece in self.played.output { try await report(piece) }
        let exit = ShellExit(
            status: self.played.status, duration: .milliseconds(1_200), isShellLost: false, directory: "/workspace")
        return CommandReport(
            ending: CommandEnding(exit, limits: WorkbenchSettings()), commits: [],
            changes: self.played.changes, notices: [])
    }

    func jailCommits() async throws -> JailCommits? {
        self.commands.isEmpty || !self.taken.withLock(\.isEmpty) ? nil : self.played.commits
    }

    func takeOver(_ digest: String) async throws -> Int {
        guard let commits = self.played.commits, commits.changes.digest == digest else { return 0 }
        self.taken.withLock { $0.append(digest) }
        return commits.subjects.count
    }

    /// The digests of the commits that were taken over.
    let taken = Protected<[String]>([])

    /// What a commit would take; another value stands for changed files, nil for none.
    let draft = Protected<CommitDraft?>(CommitDraft(digest: "1..2", files: ["a.txt +3 −1"], diff: "+three\n"))

    func commitDraft() async throws -> CommitDraft? { self.draft.withLock { $0 } }

    func commit(_ message: String, expecting digest: String) async throws -> CommitNotice? {
        guard let draft = self.draft.withLock({ $0 }) else { return nil }
        guard draft.digest == digest else { throw WorkspaceFailure("nothing was committed: the files have changed") }
        self.state.withLock { $0.messages.append(message) }
        return CommitNotice(
            repository: "notes", sha: String(repeating: "ab", count: 20), branch: "work", subject: message, files: 2,
            additions: 3, deletions: 1)
    }
}
