internal import Chat

/// What is sent in another way than by posting a text, and what stands in when a network refuses it.
extension Lane {
    /// Takes back a message that the final text does not need.
    func remove(_ item: OutboxItem) async throws -> MessageReference {
        let reference = MessageReference(room: item.route.room, id: item.reference ?? "")
        guard let deleting = self.adapter as? any DeletingAdapter else {
            throw AdapterError(.invalid, "messages cannot be taken back here")
        }
        do { try await deleting.delete(reference, in: item.route) } catch let error as AdapterError {
            guard error.code == .notFound else { throw error }
        }
        return reference
    }

    /// Empties a message that may not be taken back.
    func blank(_ item: OutboxItem) async {
        self.queue[0].kind = .final
        self.queue[0].text = OutboxItem.blank
        await self.persistently { ledger in try ledger.blank(item.id) }
    }

    /// Somebody has removed the message that grew: its final text must not be lost with it.
    func postAnew(_ item: OutboxItem) async {
        self.queue[0].reference = nil
        await self.persistently { ledger in try ledger.forgetReference(of: item.id) }
    }

    /// Posts an answer as a file, made of the transcript, so that no second copy of it waits in the outbox.
    func upload(_ item: OutboxItem, isRepeat: Bool) async throws -> MessageReference {
        let id = item.message ?? 0
        let answer = try await self.store.read { ledger in try ledger.message(id: id)?.text }
        guard let files = self.adapter as? any FileAdapter, let answer else {
            throw AdapterError(.invalid, "the answer cannot be posted as a file")
        }
        return try await files.upload(
            OutgoingFile(
                name: "answer.md", mediaType: "text/markdown", bytes: Array(answer.utf8),
                caption: (isRepeat ? Composer.repeatMark : "") + "The whole answer", route: item.route,
                token: item.token))
    }

    /// Posts the link to an answer that the network does not take as a file.
    func replaceFile(_ item: OutboxItem) async {
        self.queue[0].kind = .final
        self.queue[0].state = .pending
        await self.persistently { ledger in try ledger.replaceFile(item.id) }
    }
}
