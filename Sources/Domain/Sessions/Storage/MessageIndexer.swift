internal import Database
internal import JSON
internal import Logging
internal import Primitives

/// Keeps the index of words close behind the messages: those of all turns of a second share a transaction. A search brings
/// it up to date itself.
final class MessageIndexer: Sendable {
    private static let delay: Duration = .seconds(1)

    private let store: SessionStore
    private let logger: Logger
    private let isScheduled = Protected(false)

    init(store: SessionStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Indexes new messages a little later. Returns at once.
    func messagesWereStored() {
        let isFirst = self.isScheduled.withLock { isScheduled in
            defer { isScheduled = true }
            return !isScheduled
        }
        // There is never more than one, and it ends by itself.
        if isFirst { Task { await self.run() } }
    }

    private func run() async {
        try? await Task.sleep(for: Self.delay)
        self.isScheduled.withLock { $0 = false }
        do {
            try await self.store.indexMessages()
        } catch let error as DatabaseError where error.code == .closed {
            // The next start does it.
        } catch {
            // The next turn or the next search makes up for it.
            self.logger.warning("new messages cannot be indexed for searches yet", ["error": .string("\(error)")])
        }
    }
}
