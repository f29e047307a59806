internal import Store
internal import Threads

/// What one answer may read of live frames, which tell where in an answer asks and commits arose: those of an operation
/// may be far longer than its messages, and one answer may show thousands of operations.
final class FrameBudget {
    /// In characters.
    static let limit = 32 << 20

    private var left: Int

    init(limit: Int = FrameBudget.limit) { self.left = limit }

    /// The messages whose place may still be looked for; the others have none. Counts each operation once.
    func admitted(_ messages: [MessageRecord], in ledger: Ledger) throws -> [MessageRecord] {
        var known: [String: Bool] = [:]
        return try messages.filter { message in
            guard message.role == .note || message.role == .commit, let operation = message.turn else { return false }
            if let isAdmitted = known[operation] { return isAdmitted }
            let isAdmitted = try self.admits(operation, in: ledger)
            known[operation] = isAdmitted
            return isAdmitted
        }
    }

    private func admits(_ operation: String, in ledger: Ledger) throws -> Bool {
        // Measuring costs time too, so nothing is measured after the first that was too much.
        guard self.left > 0 else { return false }
        self.left -= try ledger.frameSize(of: operation)
        return self.left >= 0
    }
}
