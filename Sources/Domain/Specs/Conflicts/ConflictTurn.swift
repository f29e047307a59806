package import Chat
internal import Git
internal import JSON
package import Logging
internal import Primitives
package import Repositories

/// Carries out what people chose about two versions of the same lines.
package final class ConflictTurn: TurnWorker {

    private let catalog: RepositoryCatalog
    private let now: @Sendable () -> Int64
    private let logger: Logger

    /// `now`: seconds since 1970.
    package init(catalog: RepositoryCatalog, now: @escaping @Sendable () -> Int64, logger: Logger) {
        self.catalog = catalog
        self.now = now
        self.logger = logger
    }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        guard let answered = request.answered, let payload = ConflictPayload(answered.payload) else {
            throw TurnFailure("The conflict can't be read any more: run the stage again.")
        }
        guard let choice = Self.choice(answered.answer) else {
            try await thread.report(
                .text("The branch stays as it is. Our version is kept; run the stage again to be asked again."))
            return .complete
        }
        do {
            let repository = try self.catalog.repository(payload.repository)
            let outcome = try await repository.resolve(
                conflictOf: payload.turn, choice,
                author: try await repository.author(request.sender, seconds: self.now()))
            return try await self.tell(outcome, choice, payload, thread)
        } catch let error as RepositoryError {
            self.logger.info("a conflict could not be resolved", ["reason": .string(error.message)])
            throw TurnFailure("The choice can't be carried out: \(error.message).")
        }
    }

    private func tell(
        _ outcome: WriteOutcome, _ choice: ConflictChoice, _ payload: ConflictPayload, _ thread: any TurnThread
    ) async throws -> TurnEnding {
        switch outcome {
        case .committed(let made):
            try await thread.report(.commit(made.notice))
            if case .ownBranch = choice {
                try await thread.report(
                    .text(
                        "Our version is on `\(made.branch)`. Merge it with Git when it is clear which one it shall be.")
                )
            }
        case .merged(let made, let others):
            try await thread.report(.notice(ConflictTexts.merged(others, on: made.branch)))
            try await thread.report(.commit(made.notice))
        case .unchanged where choice == .theirs:
            try await thread.report(.text("The branch stays as it is; our version is dropped."))
        case .unchanged: try await thread.report(.text("The branch has our version already."))
        case .conflict(let conflict):
            try await thread.report(.text("The branch was changed once more, so the question is open again."))
            return .asked(ConflictQuestion(conflict, turn: payload.turn).parked)
        }
        return .complete
    }

    /// Nil if it matches none of the options.
    private static func choice(_ answer: QuestionAnswer) -> ConflictChoice? {
        guard case .option(let key, _, _) = answer.content,
            let index = key.utf8.first.map({ Int($0) - Int(UInt8(ascii: "A")) })
        else { return nil }
        switch ConflictQuestion.Choice(rawValue: index) {
        case .theirs: return .theirs
        case .ours: return .ours
        case .ownBranch: return .ownBranch(nil)
        case nil: return nil
        }
    }
}

/// The texts for people when someone else has changed a branch.
enum ConflictTexts {
    private static let commitLimit = 3

    /// Both changes fit together.
    static func merged(_ commits: [GitCommit], on branch: String) -> String {
        "`\(branch)` had moved on (\(Self.list(commits))); both changes are in it now."
    }

    static func unchanged(_ branch: String) -> String {
        "Nothing to commit: `\(branch)` has exactly these documents."
    }

    /// The commits in one clause, newest first.
    static func list(_ commits: [GitCommit]) -> String {
        guard !commits.isEmpty else { return "by another program" }
        var parts = commits.prefix(Self.commitLimit).map { commit in
            "\(Self.plain(commit.author.name)): “\(Self.plain(commit.subject))”"
        }
        if commits.count > Self.commitLimit { parts.append("and \(commits.count - Self.commitLimit) more") }
        return parts.joined(separator: ", ")
    }

    /// One short line without Markdown.
    private static func plain(_ text: String) -> String {
        text.onOneLine.filter { !"`*_[]<>#|~\\".contains($0) }.abridged(to: 60)
    }
}
