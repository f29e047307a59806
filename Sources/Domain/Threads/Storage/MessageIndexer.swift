internal import Database
internal import EventLoop
internal import JSON
package import Logging
internal import Primitives
package import Store

/// Keeps the index of words close behind the messages: those of all turns of a second share a transaction. A search brings
/// it up to date itself.
package final class MessageIndexer: Sendable {
    private static let delay: Duration = .seconds(1)

    private let store: SessionStore
    private let logger: Logger
    /// Indexes soon; nil when nothing is to be indexed.
    private let alarm = Protected<Alarm?>(nil)

    package init(store: SessionStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Indexes new messages a little later. Returns at once.
    package func messagesWereStored() {
        self.alarm.withLock { alarm in
            if alarm == nil { alarm = Alarm(after: Self.delay) { [weak self] in await self?.run() } }
        }
    }

    private func run() async {
        self.alarm.withLock { $0 = nil }
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

extension SessionStore {
    /// The messages that one transaction adds to the index, so that no turn waits long behind it.
    private static let indexBatch = (messages: 64, letters: 256 << 10)

    /// Adds all messages to the index of words, so that a search finds them.
    package func indexMessages() async throws {
        // Mostly nothing is missing, and a search need not wait for the writer then.
        guard try await self.read({ ledger in try ledger.hasUnindexedMessages() }) else { return }
        while try await self.write({ ledger in
            try ledger.indexMessages(limit: Self.indexBatch.messages, letters: Self.indexBatch.letters)
                && ledger.hasUnindexedMessages()
        }) {}
    }
}
