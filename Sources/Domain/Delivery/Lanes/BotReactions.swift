package import Chat
internal import Primitives

/// The bot's reactions to messages: the mark of one that waits, and the decisions that an ask offers.
///
/// Purely cosmetic: they are set and removed in order, one call per room at a time, and nothing waits for them.
package final class BotReactions: Sendable {
    private struct Change {
        let emoji: String
        let message: MessageReference
        let isOn: Bool
    }

    private struct State {
        /// Pending changes by room; a room has an entry while its worker runs.
        var changes: [RoomID: [Change]] = [:]
    }

    static let queueMark = "👀"
    static let acknowledgement = "👍"
    /// With more pending changes in a room, the oldest reactions are skipped.
    static let limit = 64

    private let adapters: AdapterRegistry
    private let mayReact: @Sendable (RoomID) -> Bool
    private let state = Protected(State())

    init(adapters: AdapterRegistry, mayReact: @escaping @Sendable (RoomID) -> Bool = { _ in true }) {
        self.adapters = adapters
        self.mayReact = mayReact
    }

    /// Whether messages of `route` can be marked.
    package func canMark(_ route: Route) -> Bool {
        route.replyTo != nil && self.adapters[route.room.adapter] is any ReactingAdapter
            && self.adapters.traits(of: route.room).capabilities.contains(.reactions)
    }

    /// Sets or removes the mark of the message that `route` answers: it waits until others are answered.
    package func mark(_ isOn: Bool, _ route: Route) {
        guard let id = route.replyTo, self.canMark(route) else { return }
        self.set([Self.queueMark], isOn, on: MessageReference(room: route.room, id: id))
    }

    /// Answers the message that `route` answers with a reaction.
    package func acknowledge(_ route: Route) {
        guard let id = route.replyTo, self.canMark(route) else { return }
        self.set([Self.acknowledgement], true, on: MessageReference(room: route.room, id: id))
    }

    /// Sets or removes reactions to a message, where the network has reactions.
    func set(_ emojis: [String], _ isOn: Bool, on message: MessageReference) {
        guard let adapter = self.adapters[message.room.adapter] as? any ReactingAdapter else { return }
        let isFirst = self.state.withLock { state in
            let isIdle = state.changes[message.room] == nil
            for emoji in emojis {
                Self.add(
                    Change(emoji: emoji, message: message, isOn: isOn), to: &state.changes[message.room, default: []])
            }
            return isIdle
        }
        guard isFirst else { return }
        // The room's worker: it ends when no change is left, and there is never more than one.
        Task { await self.work(in: message.room, adapter) }
    }

    private static func add(_ change: Change, to changes: inout [Change]) {
        let pending = changes.lastIndex { $0.isOn && $0.message == change.message && $0.emoji == change.emoji }
        if !change.isOn, let pending {
            // Not set yet, so there is nothing to remove.
            changes.remove(at: pending)
            return
        }
        changes.append(change)
        if changes.count > Self.limit, let index = changes.firstIndex(where: \.isOn) { changes.remove(at: index) }
    }

    private func work(in room: RoomID, _ adapter: any ReactingAdapter) async {
        while let change = self.next(in: room) {
            guard self.mayReact(room) else { continue }
            await adapter.react(change.emoji, isOn: change.isOn, to: change.message)
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
