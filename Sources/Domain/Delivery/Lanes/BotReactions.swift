package import Chat
internal import Primitives

/// The bot's reactions to messages: the mark of one that waits, and the decisions that an ask offers.
///
/// They are set and removed one call per room at a time, and nothing waits for them. What an ask offers goes before marks,
/// which are dropped when the network is busy; it and what is to be removed are tried again until the ask ends.
package final class BotReactions: Sendable {
    private struct Change {
        let emoji: String
        let message: MessageReference
        let isOn: Bool
        /// Whether it is more than a mark being set.
        let isNeeded: Bool
        var failures = 0

        func isOpposite(of other: Change) -> Bool {
            self.isOn != other.isOn && self.message == other.message && self.emoji == other.emoji
        }
    }

    private struct State {
        /// Pending changes by room; a room has an entry while its worker runs.
        var changes: [RoomID: [Change]] = [:]
    }

    static let queueMark = "👀"
    static let acknowledgement = "👍"
    /// With more pending changes in a room, the oldest reactions are skipped.
    static let limit = 64
    /// Between tries, where the adapter names no time.
    private static let pauses: [Duration] = [.seconds(1), .seconds(3), .seconds(10), .seconds(30), .seconds(60)]
    /// The times that an adapter may name.
    private static let namedPauses: ClosedRange<Duration> = .milliseconds(50)...(.seconds(60))
    /// The number of failures after which a change is given up, about ten minutes without the network. Waiting for the
    /// adapter's own pace does not count.
    private static let tries = 14

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

    /// Sets or removes what an ask offers, where the network has reactions.
    func offer(_ emojis: [String], _ isOn: Bool, on message: MessageReference) {
        self.set(emojis, isOn, on: message, isOffer: true)
    }

    private func set(_ emojis: [String], _ isOn: Bool, on message: MessageReference, isOffer: Bool = false) {
        guard self.adapters[message.room.adapter] is any ReactingAdapter else { return }
        let isFirst = self.state.withLock { state in
            let isIdle = state.changes[message.room] == nil
            for emoji in emojis {
                Self.add(
                    Change(emoji: emoji, message: message, isOn: isOn, isNeeded: isOffer || !isOn),
                    to: &state.changes[message.room, default: []])
            }
            return isIdle
        }
        guard isFirst else { return }
        // The room's worker: it ends when no change is left, and there is never more than one.
        Task { await self.work(in: message.room) }
    }

    private static func add(_ change: Change, to changes: inout [Change]) {
        if !change.isOn, let pending = changes.lastIndex(where: { $0.isOpposite(of: change) }) {
            // Not set yet, so nothing is to be removed.
            changes.remove(at: pending)
            return
        }
        // Before the marks, behind everything else.
        let place = change.isNeeded ? changes.firstIndex { !$0.isNeeded } : nil
        changes.insert(change, at: place ?? changes.endIndex)
        guard changes.count > Self.limit else { return }
        if let index = changes.firstIndex(where: { !$0.isNeeded }) ?? changes.firstIndex(where: \.isOn) {
            changes.remove(at: index)
        }
    }

    private func work(in room: RoomID) async {
        while let change = self.next(in: room) {
            // A host that gets a network back has another adapter for it.
            guard self.mayReact(room), let adapter = self.adapters[room.adapter] as? any ReactingAdapter else {
                continue
            }
            do {
                try await adapter.react(
                    change.emoji, isOn: change.isOn, to: change.message, isNeeded: change.isNeeded)
            } catch {
                guard let pause = self.putBack(change, after: error as? AdapterError) else { continue }
                // Only the end of the process cancels this; the next run removes what is left.
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Keeps a change that failed for a while, and returns how long to wait; nil drops it.
    private func putBack(_ change: Change, after error: AdapterError?) -> Duration? {
        guard change.isNeeded, let error, change.failures + 1 < Self.tries,
            [.rateLimited, .disconnected, .timedOut].contains(error.code)
        else { return nil }
        let pause =
            error.retryAfter.map { min(max($0, Self.namedPauses.lowerBound), Self.namedPauses.upperBound) }
            ?? Self.pauses[min(change.failures, Self.pauses.count - 1)]
        return self.state.withLock { state in
            var changes = state.changes[change.message.room] ?? []
            if let opposite = changes.firstIndex(where: { $0.isOpposite(of: change) }), change.isOn {
                // The ask has ended in the meantime. A reaction that may have arrived is still removed.
                if error.isCertain { changes.remove(at: opposite) }
            } else {
                var change = change
                if !error.isOwnPace { change.failures += 1 }
                changes.insert(change, at: 0)
            }
            state.changes[change.message.room] = changes
            return pause
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
