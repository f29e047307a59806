internal import Chat
internal import Primitives

/// Marks waiting messages with a reaction.
///
/// Purely cosmetic: marks are set and removed in order, one call per room at a time, and nothing waits for them.
final class QueueMarks: Sendable {
    private struct Change {
        let message: MessageReference
        let isOn: Bool
    }

    private struct State {
        /// Pending changes by room; a room has an entry while its worker runs.
        var changes: [RoomID: [Change]] = [:]
    }

    static let emoji = "👀"
    /// With more pending changes in a room, the oldest marks are skipped.
    static let limit = 64

    private let adapters: AdapterRegistry
    private let state = Protected(State())

    init(adapters: AdapterRegistry) {
        self.adapters = adapters
    }

    /// Whether messages of `route` can be marked.
    func canMark(_ route: Route) -> Bool {
        route.replyTo != nil && self.adapters[route.room.adapter] is any ReactingAdapter
            && self.adapters.traits(of: route.room).capabilities.contains(.reactions)
    }

    /// Sets or removes the mark of the message that `route` answers.
    func set(_ isOn: Bool, on route: Route) {
        guard let id = route.replyTo, self.canMark(route),
            let adapter = self.adapters[route.room.adapter] as? any ReactingAdapter
        else { return }
        let message = MessageReference(room: route.room, id: id)
        let isFirst = self.state.withLock { state in
            let isIdle = state.changes[route.room] == nil
            Self.add(Change(message: message, isOn: isOn), to: &state.changes[route.room, default: []])
            return isIdle
        }
        guard isFirst else { return }
        // The room's worker: it ends when no change is left, and there is never more than one.
        Task { await self.work(in: route.room, adapter) }
    }

    private static func add(_ change: Change, to changes: inout [Change]) {
        if !change.isOn, let index = changes.lastIndex(where: { $0.message == change.message && $0.isOn }) {
            // Not set yet, so there is nothing to remove.
            changes.remove(at: index)
            return
        }
        changes.append(change)
        if changes.count > Self.limit, let index = changes.firstIndex(where: \.isOn) { changes.remove(at: index) }
    }

    private func work(in room: RoomID, _ adapter: any ReactingAdapter) async {
        while let change = self.next(in: room) {
            await adapter.react(Self.emoji, isOn: change.isOn, to: change.message)
        }
    }

    private func next(in room: RoomID) -> Change? {
        self.state.withLock { state in
            guard let change = state.changes[room]?.first else {
                state.changes[room] = nil
                return nil
            }
            state.changes[room]?.removeFirst()
            return change
        }
    }
}
