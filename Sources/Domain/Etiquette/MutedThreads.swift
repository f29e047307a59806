package import Chat
internal import Primitives
package import Store
internal import Threads

/// The threads that may be muted: of all others nobody has to ask the store.
///
/// A thread stays in it once it was muted, so that no order of a mute and its end can lose one.
package final class MutedThreads: Sendable {
    private let threads = Protected(Set<ThreadKey>())

    package init() {}

    package func mayContain(_ thread: ThreadKey) -> Bool { self.threads.withLock { $0.contains(thread) } }

    /// Threads are muted, or are about to be.
    package func add(_ threads: [ThreadKey]) { self.threads.withLock { $0.formUnion(threads) } }

    package func move(from: RoomID, to: RoomID) {
        self.threads.withLock { threads in threads.formUnion(threads.compactMap { $0.moved(from: from, to: to) }) }
    }

    /// Lets go of what other hosts may have.
    package func sweep(_ held: HeldPlaces) {
        self.threads.withLock { threads in threads = threads.filter { held.contains(Place(of: $0)) } }
    }
}
