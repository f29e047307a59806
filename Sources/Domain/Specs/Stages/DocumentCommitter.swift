package import Chat
package import Repositories

/// Commits what a stage wrote and notifies the thread, including of what others have committed in the meantime.
package enum DocumentCommitter {
    /// Ends a turn whose work is this commit. Throws ``TurnFailure`` when it cannot be saved.
    package static func commit(
        _ change: DocumentChange, in repository: LocalRepository, to thread: any TurnThread
    ) async throws -> TurnEnding {
        try await Self.tell(
            try await Self.write(change, in: repository), on: change.branch, of: change.turn, to: thread)
    }

    /// Ends a turn that begins again and whose change waits in the repository: for an answer to a conflict, or for a
    /// work tree or a lock that was in the way. Nil if there is no such change. Throws ``TurnFailure``.
    package static func resume(
        _ turn: String, in repository: LocalRepository, to thread: any TurnThread
    ) async throws -> TurnEnding? {
        if let conflict = try await repository.conflict(of: turn) {
            return .asked(ConflictQuestion(conflict, turn: turn).parked)
        }
        guard let outcome = try await repository.finish(turn: turn) else { return nil }
        return try await Self.tell(outcome, on: repository.name, of: turn, to: thread)
    }

    private static func tell(
        _ outcome: WriteOutcome, on place: String, of turn: String, to thread: any TurnThread
    ) async throws -> TurnEnding {
        switch outcome {
        case .committed(let made): try await thread.report(.commit(made.notice))
        case .merged(let made, let others):
            try await thread.report(.notice(ConflictTexts.merged(others, on: made.branch)))
            try await thread.report(.commit(made.notice))
        case .unchanged: try await thread.report(.notice(ConflictTexts.unchanged(place)))
        case .conflict(let conflict):
            return .asked(ConflictQuestion(conflict, turn: turn).parked)
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
