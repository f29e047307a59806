package import Chat

extension MatrixSession {
    /// Facts about a room at this moment. An edit carries its text up to three times within 60,000 bytes.
    package func traits(of room: RoomID, at now: MatrixTime) -> RoomTraits {
        RoomTraits(
            capabilities: [.edits, .reactions, .typing, .threads, .files, .history, .deletes],
            textLimit: self.textLimit, textUnit: .bytes,
            editInterval: .milliseconds(self.budget.editInterval(at: now.monotonic)),
            finalInterval: .zero, previewDelay: .milliseconds(300), uploadLimit: self.uploadLimit, commandSign: "!")
    }
}
