internal import Crypto
internal import Git
internal import Threads

/// How a history begins, and what an edit of it costs.
extension OpenDocument {
    /// The record of a document that nobody has edited. It is stored with the first edit; until then, each opening
    /// at the same commit makes the same history, so that what somebody typed offline still fits.
    static func record(of place: DocumentPlace, _ stored: StoredText, at now: Int64) throws -> DocumentRecord {
        guard let plain = DocumentLineEnds.plain(stored.text ?? "") else {
            throw DocumentProblem.unreadable(
                "`\(place.path)` has carriage returns within its lines. Edit it in a clone.")
        }
        var text = SharedText()
        _ = text.replace(with: plain, as: Self.initialClient)
        let name = [place.repository, place.branch, place.path, stored.commit.hex].joined(separator: "\n")
        return DocumentRecord(
            place: place, epoch: "e_" + Crypto.hex(Array(Crypto.sha256(name).prefix(10))), snapshot: text.encode(),
            base: stored.commit.hex, editedAt: now)
    }

    /// Charges the steps beyond the update's own blocks, or if they are too many, a second's.
    nonisolated func take(_ update: TextUpdate, into text: inout SharedText, from port: DocumentPort) throws {
        var charge = EditBudget.rate
        defer { port.budget.spend(charge, at: self.context.now()) }
        let before = text.steps
        try text.take(update)
        charge = max(0, text.steps - before - update.blocks.count)
    }

    func showOthers(to port: DocumentPort) {
        for other in self.ports.values where other !== port {
            if let presence = other.withProgress({ $0.presence }) {
                port.send(.binary(DocumentFrame.awareness(presence)))
            }
        }
    }
}
