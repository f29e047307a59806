package import Chat
package import Repositories

/// Commits what a stage wrote and tells the thread, also about what somebody else has committed in the meantime.
package struct DocumentCommitter: Sendable {
    package init() {}

    /// Ends a turn whose work is this commit. Throws ``TurnFailure`` when it cannot be saved.
    package func commit(
        _ change: DocumentChange, in repository: LocalRepository, to thread: any TurnThread
    ) async throws -> TurnEnding {
        switch try await Self.write(change, in: repository) {
        case .committed(let made): try await thread.report(.commit(made.notice))
        case .merged(let made, let others):
            try await thread.report(.notice(ConflictTexts.merged(others, on: made.branch)))
            try await thread.report(.commit(made.notice))
        case .unchanged: try await thread.report(.notice(ConflictTexts.unchanged(change.branch)))
        case .conflict(let conflict):
            return .asked(ConflictQuestion(conflict, turn: change.turn).parked)
        }
        return .complete
    }

    private static func write(
        _ change: DocumentChange, in repository: LocalRepository
    ) async throws -> WriteOutcome {
        do {
            return try await repository.write(change)
        } catch let error as RepositoryError {
            throw TurnFailure("The documents can't be saved: \(error.message).")
        }
    }
}
