package import Chat
internal import Primitives

/// The rooms in which it was noted that not all of their past can be read: once each while the program runs.
package final class PastNotes: Sendable {
    private let rooms = Protected<Set<RoomID>>([])
    private static let limit = 10_000

    package init() {}

    /// Whether this is the first note in `room`.
    package func isFirst(in room: RoomID) -> Bool {
        self.rooms.withLock { rooms in
            if rooms.count >= Self.limit { rooms = [] }
            return rooms.insert(room).inserted
        }
    }
}
