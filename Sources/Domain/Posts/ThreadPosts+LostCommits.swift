package import Chat
internal import Delivery
internal import Store
internal import Threads

/// A host that ends between a commit and its report leaves a commit of which no thread knows.
extension ThreadPosts {
    /// Those of `commits` that the session's thread does not show.
    package func unknown(_ commits: [CommitNotice], in session: String) async throws -> [CommitNotice] {
        guard !commits.isEmpty else { return [] }
        return try await self.store.read { ledger in
            try commits.filter { try !ledger.shows($0, in: session) }
        }
    }

    /// Stores the line of a commit that the last run could not report any more, as one of its turn. Call it before
    /// ``Bridge/recover()``, which posts it.
    package func keep(_ commit: CommitNotice, ofTurn id: String) async throws {
        let now = self.environment.now()
        let line = CommitLine.text(for: commit, pages: self.environment.settings.pages)
        let adapters = self.adapters
        let keep: @Sendable (Ledger) throws -> Void = { ledger in
            guard let turn = try ledger.turn(id: id) else { return }
            let poster = AnswerPoster(
                traits: adapters.traits(of: turn.route.room),
                renderer: adapters[turn.route.room.adapter]?.renderer ?? PlainRenderer())
            _ = try ledger.insert(commit, as: line, posting: poster.messages(for: line), of: turn, at: now)
            // An ended one has its last frame already.
            guard turn.endedAt == nil else { return }
            let last = try ledger.lastSequence(of: turn.id)
            try ledger.insert([
                LiveFrame(operation: turn.id, sequence: last + 1, kind: .thinking, content: line, timestamp: now)
            ])
        }
        try await self.store.write(ofTurn: id, keep)
        self.environment.commitWasStored()
    }
}
