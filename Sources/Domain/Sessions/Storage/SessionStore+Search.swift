extension SessionStore {
    /// The messages that one transaction adds to the index, so that no turn waits long behind it.
    private static let indexBatch = 64

    /// Adds all messages to the index of words, so that a search finds them.
    package func indexMessages() async throws {
        // Mostly nothing is missing, and a search need not wait for the writer then.
        guard try await self.read({ ledger in try ledger.hasUnindexedMessages() }) else { return }
        while try await self.write({ ledger in try ledger.indexMessages(limit: Self.indexBatch) }) {}
    }
}
