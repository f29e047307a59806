internal import Chat
internal import Store
internal import Surroundings
internal import Threads

extension Bridge {
    /// Changes a message where it was said beside questions. Returns whether it was.
    func changeLines(by change: MessageChange) async throws -> Bool {
        let isLine = try await self.store.read { ledger in try !ledger.threads(withLine: change.reference).isEmpty }
        guard isLine else { return false }
        let threads = try await self.store.write(of: Place(of: change.reference.room)) { ledger in
            try ledger.changeLines(by: change)
        }
        for thread in threads { await self.conversations.forgetHistory(of: thread.session, in: thread.key) }
        return true
    }
}
