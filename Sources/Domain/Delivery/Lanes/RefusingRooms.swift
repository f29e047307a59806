package import Chat
internal import Primitives

/// The rooms that currently accept nothing from the bot, and the handler for messages that have waited too long for
/// them.
package final class RefusingRooms: Sendable {
    private struct State {
        var rooms: Set<RoomID> = []
        var handler: (@Sendable (RoomID) async -> Void)?
    }

    private let state = Protected(State())

    package init() {}

    /// Calls `handler` with a room some of whose messages have waited for ``LaneRefusals/patience`` and were refused again.
    package func observe(_ handler: @escaping @Sendable (RoomID) async -> Void) {
        self.state.withLock { $0.handler = handler }
    }

    func contains(_ room: RoomID) -> Bool { self.state.withLock { $0.rooms.contains(room) } }

    func add(_ room: RoomID) { self.state.withLock { _ = $0.rooms.insert(room) } }

    func remove(_ room: RoomID) { self.state.withLock { _ = $0.rooms.remove(room) } }

    func isOverdue(_ room: RoomID) {
        guard let handler = self.state.withLock({ $0.handler }) else { return }
        // Unstructured: the lane does not wait for it, and what fails is tried again with the room.
        Task { await handler(room) }
    }
}
