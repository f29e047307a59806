package import Attention
package import Chat
package import Delivery
package import Schedules
package import Store
package import Threads

/// Posts lines of the bot into threads, outside any turn. Made before the bridge, because what reports to threads, such
/// as the commands and GitHub's side, is made before it.
package final class ThreadPosts: ThreadNotices {
    package let store: SessionStore
    package let adapters: AdapterRegistry
    package let environment: BridgeEnvironment
    package let schedules: ScheduleTimer
    package let hub: LiveHub
    package let lanes: Lanes

    package init(store: SessionStore, adapters: AdapterRegistry, environment: BridgeEnvironment) {
        self.store = store
        self.adapters = adapters
        self.environment = environment
        self.schedules = ScheduleTimer(store: store, now: environment.now)
        self.hub = LiveHub(store: store, now: environment.now)
        self.lanes = Lanes(adapters: adapters, store: store, environment: environment)
    }

    package func post(_ markdown: String, in session: String) async throws {
        try await self.post(markdown, in: session, as: .note, .note)
    }

    package func post(_ commit: CommitNotice, in session: String) async throws {
        let line = CommitLine.text(for: commit, pages: self.environment.settings.pages)
        try await self.post(line, in: session, as: .commit, .commit, of: commit)
    }

    private func post(
        _ markdown: String, in session: String, as role: MessageRecord.Role, _ kind: OutboxItem.Kind,
        of commit: CommitNotice? = nil
    ) async throws {
        let now = self.environment.now()
        let adapters = self.adapters
        let stored = try await self.store.write(ofSession: session) { ledger -> StoredNotice? in
            guard let session = try ledger.session(id: session) else { return nil }
            if let commit, try ledger.shows(commit, in: session.id) { return nil }
            // A commit's subject is not ours to complete.
            let text =
                commit == nil ? adapters.traits(of: session.route.room).sign.completing(markdown) : markdown
            return try NoticeWriting(
                session: session, text: text, role: role, kind: kind, commit: commit, adapters: adapters, at: now
            ).write(to: ledger)
        }
        if commit != nil, stored != nil { self.environment.commitWasStored() }
        if let stored { await self.show(stored) }
    }

    /// Shows a stored line.
    package func show(_ notice: StoredNotice) async {
        await self.hub.begin(notice.turn, session: notice.session, in: self.store.held.hold(of: notice.place))
        await self.hub.publish(notice.frames)
        await self.lanes.dispatch(notice.items)
    }
}
