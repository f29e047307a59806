internal import Chat
internal import Primitives
internal import Store
internal import Threads

/// The threads that may be muted: of all others nobody has to ask the store.
///
/// A thread stays in it once it was muted, so that no order of a mute and its end can lose one.
final class MutedThreads: Sendable {
    private let threads = Protected(Set<ThreadKey>())

    func mayContain(_ thread: ThreadKey) -> Bool { self.threads.withLock { $0.contains(thread) } }

    /// Threads are muted, or are about to be.
    func add(_ threads: [ThreadKey]) { self.threads.withLock { $0.formUnion(threads) } }

    func move(from: RoomID, to: RoomID) {
        self.threads.withLock { threads in threads.formUnion(threads.compactMap { $0.moved(from: from, to: to) }) }
    }

    /// Lets go of what other hosts may have.
    func sweep(_ held: HeldPlaces) {
        self.threads.withLock { threads in threads = threads.filter { held.contains(Place(of: $0)) } }
    }
}
