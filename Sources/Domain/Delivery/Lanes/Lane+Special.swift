internal import Chat
internal import Files
internal import Store
internal import Threads

/// Removals, withdrawn buttons and files, and their fallbacks when a network refuses them.
extension Lane {
    /// Deletes a message that the final text does not need.
    func remove(_ item: OutboxItem) async throws -> MessageReference {
        let reference = MessageReference(room: item.route.room, id: item.reference ?? "")
        guard let deleting = self.adapter as? any DeletingAdapter else {
            throw AdapterError(.invalid, "messages cannot be deleted here")
        }
        try self.checkMayPost()
        do { try await deleting.delete(reference, in: item.route) } catch let error as AdapterError {
            guard error.code == .notFound, !error.isOfRoom else { throw error }
        }
        return reference
    }

    /// Takes the buttons off a message, which was sent before: a room's entries go in order.
    func withdrawButtons(_ item: OutboxItem) async throws -> MessageReference {
        let entry = item.message ?? 0
        let posted = try await self.store.read { ledger in try ledger.outboxItem(id: entry) }
        // The withdrawal adds no message, so it has no reference of its own.
        let none = MessageReference(room: item.route.room, id: "")
        guard let posted, posted.state == .sent, posted.route.room == self.room, let id = posted.reference, !id.isEmpty,
            !posted.text.isEmpty,
            let editing = self.adapter as? any EditingAdapter
        else { return none }
        try self.checkMayPost()
        try await editing.replace(
            MessageReference(room: item.route.room, id: id),
            with: OutgoingMessage(text: posted.text, route: item.route, token: posted.token))
        return none
    }

    /// Replaces an ask by its outcome. Nil if the outcome must be a message of its own: the ask is not in the room, or can
    /// no longer be changed.
    func showOutcome(_ item: OutboxItem) async throws -> MessageReference? {
        let entry = item.message ?? 0
        let posted = try await self.store.read { ledger in try ledger.outboxItem(id: entry) }
        // If a turn's note with the number of waiting messages cannot be edited, it is not posted again.
        let isOfNote = posted?.kind == .waiting
        let unchanged = isOfNote ? MessageReference(room: item.route.room, id: "") : nil
        guard let posted, posted.state == .sent, posted.route.room == self.room, let id = posted.reference, !id.isEmpty,
            let editing = self.adapter as? any EditingAdapter
        else { return unchanged }
        let reference = MessageReference(room: item.route.room, id: id)
        try self.checkMayPost()
        do {
            try await editing.replace(
                reference, with: OutgoingMessage(text: item.text, route: item.route, token: posted.token))
        } catch let error as AdapterError
            where !error.isOfRoom && [.notFound, .invalid, .forbidden, .uneditable].contains(error.code)
        {
            return unchanged
        }
        self.takeReactions(of: posted, from: reference)
        // The edit adds no message, so it has no reference of its own.
        return MessageReference(room: item.route.room, id: "")
    }

    /// Where an ask has no buttons, the bot adds the reactions that answer it.
    func offerReactions(_ item: OutboxItem, on reference: MessageReference) {
        FaultPoint.askPosted.hit()
        self.setReactions(isOn: true, of: item, on: reference)
    }

    private func takeReactions(of item: OutboxItem, from reference: MessageReference) {
        self.setReactions(isOn: false, of: item, on: reference)
    }

    private func setReactions(isOn: Bool, of item: OutboxItem, on reference: MessageReference) {
        let capabilities = self.traits.capabilities
        guard capabilities.contains(.reactions), !capabilities.contains(.buttons), !reference.id.isEmpty else { return }
        let emojis = Choice.Kind.reactions(for: item.buttons)
        if !emojis.isEmpty { self.reactions.offer(emojis, isOn, on: reference) }
    }

    /// Empties a message that cannot be deleted.
    func blank(_ item: OutboxItem) async throws {
        self.state.changeFirst { item in
            item.kind = .final
            item.text = OutboxItem.blank
        }
        try await self.persistently { ledger in try ledger.blank(item.id) }
    }

    /// The growing message can no longer be changed, so `text` becomes a new message.
    func postAnew(_ item: OutboxItem, _ text: String) async throws {
        self.state.changeFirst { item in
            item.reference = nil
            item.text = text
        }
        try await self.persistently { ledger in try ledger.forgetReference(of: item.id, posting: text) }
    }

    /// Somebody deleted the growing message. Only the part that nobody has seen is posted, or nothing if that part is
    /// no longer known.
    func postUnseen(_ item: OutboxItem) async throws {
        let shown = self.shown.removeValue(forKey: item.id)?.text ?? item.shown
        if let shown, let rest = UnseenText.rest(of: item.text, after: shown) {
            return try await self.postAnew(item, rest)
        }
        self.state.removeFirst()
        let now = self.environment.now()
        try await self.persistently { ledger in
            try ledger.setOutbox(item.id, .dropped, error: "its message was deleted", at: now)
        }
    }

    /// Notes what a growing message shows.
    func noteShown(_ text: String, in item: OutboxItem, of turn: String) {
        if self.shown.count >= Self.shownLimit {
            self.shown = self.shown.filter { self.previews[$0.value.turn] != nil }
        }
        self.shown[item.id] = (turn, text)
    }

    private static let shownLimit = 256

    /// Posts an answer as a file, made from the transcript, so that the outbox needs no second copy.
    func upload(_ item: OutboxItem, isRepeat: Bool) async throws -> MessageReference {
        guard let files = self.adapter as? any FileAdapter else {
            throw AdapterError(.invalid, "files cannot be posted here")
        }
        let file = try await self.file(of: item)
        try self.checkMayPost()
        return try await files.upload(
            OutgoingFile(
                name: file.name, mediaType: file.mediaType, bytes: file.bytes,
                caption: (isRepeat ? TurnTexts.repeatMark : "") + file.caption, route: item.route, token: item.token,
                isVoice: file.isVoice))
    }

    private func file(of item: OutboxItem) async throws -> AnswerFile {
        if let path = try await self.store.read({ ledger in try ledger.file(of: item.id) }) {
            // Another host may have stored it below its own data directory.
            let parts = path.split(separator: "/").suffix(2).map(String.init)
            do {
                guard parts.count == 2, let files = self.environment.settings.files else {
                    throw FileFailure(reason: FileTexts.noDirectory)
                }
                return AnswerFile(stored: try await files.bytes(of: parts[1], in: parts[0]), path: path)
            } catch {
                throw AdapterError(.invalid, "the file is no longer on the host")
            }
        }
        let id = item.message ?? 0
        let (answer, isOutput) = try await self.store.read { ledger in
            let message = try ledger.message(id: id)
            let turn = try message?.turn.flatMap { try ledger.turn(id: $0) }
            return (message?.text, turn?.kind == .run)
        }
        guard let answer else { throw AdapterError(.invalid, "the answer no longer exists") }
        return isOutput ? AnswerFile(output: answer) : AnswerFile(answer)
    }

    /// Posts a link instead of a file that the network refuses.
    func replaceFile(_ item: OutboxItem) async throws {
        self.state.changeFirst { item in
            item.kind = .final
            item.state = .pending
        }
        try await self.persistently { ledger in try ledger.replaceFile(item.id) }
    }
}
