internal import JSON
internal import Logging
internal import Store
internal import Threads

/// The comments that are shown beside the text.
extension OpenDocument {
    /// The open comments, each where its passage is: in a new history of edits it is found by its words.
    func readComments() async -> JSON? {
        let place = self.place
        do {
            var comments = try await self.context.store.read { try $0.comments(at: place) }
            let (text, epoch) = (self.text, self.record.epoch)
            let moved = comments.filter { $0.parent == nil && $0.anchor["epoch"]?.stringValue != epoch }.map {
                ($0.number, CommentAnchor.find($0.quote, in: text, of: epoch))
            }
            if !moved.isEmpty {
                comments = try await self.context.write(self.session) { ledger in
                    for (number, anchor) in moved { try ledger.anchor(number, at: anchor) }
                    return try ledger.comments(at: place)
                }
            }
            return ["type": "comments", "items": .array(comments.map(\.json))]
        } catch {
            self.context.logger.warning(
                "the comments of a document were not read",
                ["path": .string(place.path), "error": .string("\(error)")])
            return nil
        }
    }

    /// Shows everybody the comments if they have changed.
    func showComments() async {
        guard !self.ports.isEmpty, let now = await self.readComments(), now != self.comments else { return }
        self.comments = now
        self.tell(.text(now.text))
    }
}
