package import Chat

/// Lines of the bot outside any turn.
extension Bridge: ThreadNotices {
    package func post(_ markdown: String, in session: String) async throws {
        try await self.post(markdown, in: session, as: .note, .note)
    }

    package func post(_ commit: CommitNotice, in session: String) async throws {
        let line = CommitLine.text(for: commit, publicURL: self.environment.settings.publicURL)
        try await self.post(line, in: session, as: .commit, .commit, of: commit)
    }

    private func post(
        _ markdown: String, in session: String, as role: MessageRecord.Role, _ kind: OutboxItem.Kind,
        of commit: CommitNotice? = nil
    ) async throws {
        let now = self.environment.now()
        let adapters = self.adapters
        let stored = try await self.store.write {
            ledger -> (session: SessionRecord, items: [OutboxItem], turn: String, frames: [LiveFrame])? in
            guard let session = try ledger.session(id: session) else { return nil }
            let route = session.route
            let traits = adapters.traits(of: route.room)
            // A commit's subject is not ours to complete.
            let text = commit == nil ? traits.sign.completing(markdown) : markdown
            let poster = AnswerPoster(
                traits: traits, renderer: adapters[route.room.adapter]?.renderer ?? PlainRenderer())
            // An operation of its own, so that those who watch the thread see it.
            let id = Identifier.make("op")
            try ledger.insertMessage(session: session.id, turn: id, role: role, text: text, at: now)
            try ledger.insert(
                TurnRecord(
                    id: id, session: session.id, kind: TurnRecord.commandKind, work: id, text: "", sender: .itself,
                    route: route,
                    message: nil, state: .complete, attempts: 1, queuedAt: now, startedAt: now, endedAt: now))
            if let commit { try ledger.insert(commit, turn: id, at: now) }
            let frames = [LiveFrame(operation: id, sequence: 1, kind: .complete, content: text, timestamp: now)]
            try ledger.insert(frames)
            let items = try poster.messages(for: text).map {
                try ledger.insertOutbox(
                    session: session.id, turn: id, kind: kind, route: route, text: $0, at: now)
            }
            return (session, items, id, frames)
        }
        guard let stored else { return }
        await self.hub.begin(stored.turn, session: stored.session.id)
        await self.hub.publish(stored.frames)
        await self.lanes.dispatch(stored.items)
    }
}

extension Sender {
    /// Who writes the bot's own lines.
    fileprivate static var itself: Sender {
        Sender(id: "", identities: [], displayName: "", isBot: true, isSelf: true)
    }
}
