internal import Git
internal import Primitives
internal import Repositories

/// When a document that could not be committed is tried again without anybody asking for it: each try costs the server work,
/// and counts against the account's limits.
struct SaveRetry {
    /// The text after so many changes, and the commit below it, which the server refused.
    private var refused: (changes: Int, base: String)?
    /// In milliseconds, as `end`.
    private var pause: Int64 = 0
    private var end: Int64 = .min

    private static let pauses: (first: Int64, last: Int64) = (30_000, 3_600_000)

    mutating func note(_ error: any Error, of changes: Int, on base: String, at now: Int64) {
        self.refused = Self.isFinal(error) ? (changes: changes, base: base) : nil
        self.pause = min(max(2 * self.pause, Self.pauses.first), Self.pauses.last)
        self.end = now + self.pause
    }

    func isDue(_ changes: Int, on base: String, at now: Int64) -> Bool {
        if let refused, refused.changes == changes, refused.base == base { return false }
        return now >= self.end
    }

    /// Whether the same commit would be refused again.
    private static func isFinal(_ error: any Error) -> Bool {
        switch error {
        case let error as RepositoryError:
            switch error.code {
            case .unknown, .invalidDocument, .git(.rejected), .git(.forbidden), .git(.invalidName), .git(.tooLarge):
                true
            case .git: false
            }
        case DocumentProblem.invalid, DocumentProblem.tooLarge, DocumentProblem.unreadable: true
        default: false
        }
    }

    /// Why nothing was committed, for people.
    static func reason(of error: any Error) -> String {
        switch error {
        case let error as RepositoryError: "\(error.message)."
        case DocumentProblem.invalid(let line), DocumentProblem.tooLarge(let line),
            DocumentProblem.unreadable(let line), DocumentProblem.busy(let line):
            line
        default: "\(error)"
        }
    }
}

extension OpenDocument {
    /// Runs what may have to ask a Git server. Throws ``DocumentProblem`` if that takes too long.
    func answered<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard let value = try await withDeadline(self.context.patience, body) else {
            try Task.checkCancellation()
            throw DocumentProblem.busy("The Git server does not answer. Save again later.")
        }
        return value
    }
}
