package import Chat
internal import Primitives
package import Store
package import Threads

/// Maps rooms to lanes: makes a room's lane at its first message, and redirects rooms that got another id.
package final class Lanes: Sendable {
    private struct State {
        var lanes: [RoomID: Lane] = [:]
        /// Current ids by former ones.
        var renamed: [RoomID: RoomID] = [:]
    }

    package let reactions: BotReactions
    private let adapters: AdapterRegistry
    private let store: SessionStore
    private let environment: BridgeEnvironment
    package let refusing = RefusingRooms()
    private let state = Protected(State())

    package init(adapters: AdapterRegistry, store: SessionStore, environment: BridgeEnvironment) {
        self.adapters = adapters
        self.reactions = BotReactions(adapters: adapters) { store.held.mayPost(store.held.hold(of: Place(of: $0))) }
        self.store = store
        self.environment = environment
    }

    /// Nil for a room of another host and for a network that is no longer configured: its messages wait in the outbox.
    func lane(for room: RoomID) -> Lane? {
        guard self.store.held.contains(Place(of: room)), let adapter = self.adapters[room.adapter] else { return nil }
        return self.state.withLock { state in
            let room = state.renamed[room] ?? room
            if let lane = state.lanes[room], self.store.held.isCurrent(lane.hold) { return lane }
            let lane = Lane(
                room: room, adapter: adapter, store: self.store, environment: self.environment,
                reactions: self.reactions, refusing: self.refusing)
            state.lanes[room] = lane
            return lane
        }
    }

    // MARK: Sending

    /// Hands committed messages to their lanes, those of another host to that.
    package func dispatch(_ items: [OutboxItem]) async {
        var others: Set<Place> = []
        for (room, items) in Dictionary(grouping: items, by: \.route.room) {
            await self.lane(for: room)?.enqueue(items)
            let place = Place(of: room)
            if !self.store.held.contains(place) { others.insert(place) }
        }
        if !others.isEmpty { await self.store.held.tenancy.wake(others) }
    }

    /// Reserves a room's lane, see ``Lane/reserve()``.
    package func reserve(_ room: RoomID) async -> Bool {
        await self.lane(for: room)?.reserve() ?? false
    }

    /// Hands committed messages to the lane that was reserved for them; the first is marked as being sent.
    package func dispatchReserved(_ items: [OutboxItem], to room: RoomID) async {
        await self.lane(for: room)?.enqueueReserved(items)
    }

    /// Shows a growing answer, given as UTF-8, where messages can be edited.
    ///
    /// - Parameter divisions: where other messages of the turn divide it.
    package func preview(
        _ answer: [UInt8], dividedAt divisions: AnswerDivisions = AnswerDivisions(), of turn: TurnRecord,
        rendering poster: AnswerPoster
    ) async {
        await self.lane(for: turn.route.room)?.show(answer, dividedAt: divisions, of: turn, rendering: poster)
    }

    /// Stops showing a turn's answer. Returns once no preview of it is being sent: whether one may be in the room. After
    /// it ``endClosing(of:)`` must follow, when the turn's last messages are dispatched.
    package func endPreview(of turn: TurnRecord) async -> Bool {
        await self.lane(for: turn.route.room)?.endPreview(of: turn.id) ?? false
    }

    /// Sends what was held back while the end of a turn was stored, see ``Lane/closing``.
    package func endClosing(of turn: TurnRecord) async {
        await self.lane(for: turn.route.room)?.endClosing(of: turn.id)
    }

    /// Waits for the message that is being sent to a room, see ``Lane/waitForSend()``.
    package func waitForSend(in room: RoomID) async {
        let lane = self.state.withLock { $0.lanes[$0.renamed[room] ?? room] }
        await lane?.waitForSend()
    }

    // MARK: Renamed rooms

    /// The room's current id.
    func current(_ room: RoomID) -> RoomID { self.state.withLock { $0.renamed[room] ?? room } }

    /// The message, moved to its room's current id if it came from a former one.
    package func current(_ message: InboundMessage) -> InboundMessage {
        let room = self.current(message.route.room)
        guard room != message.route.room else { return message }
        return message.moved(from: message.route.room, to: room, keepsMessages: self.adapters.keepMessages(room))
    }

    /// Restores the stored renames of places whose service begins.
    package func restore(renamed: [RoomID: RoomID], of places: Places) {
        self.state.withLock { state in
            state.renamed = state.renamed.filter { !places.contains(Place(of: $0.key)) }
            for (old, new) in renamed where places.contains(Place(of: old)) { state.renamed[old] = new }
        }
    }

    /// Sends everything for `from` to `to` from now on. Returns the former lane, to be passed to ``handOver(_:to:)``; nil
    /// if it stays the room's, which lets an answer grow on in messages that are the same there.
    package func redirect(_ from: RoomID, to: RoomID) async -> Lane? {
        let keepsMessages = self.adapters.keepMessages(to)
        let (former, stays) = self.state.withLock { state -> (Lane?, Bool) in
            for (old, new) in state.renamed where new == from { state.renamed[old] = to }
            state.renamed[to] = nil
            state.renamed[from] = to
            let former = state.lanes.removeValue(forKey: from)
            guard keepsMessages, state.lanes[to] == nil else { return (former, false) }
            state.lanes[to] = former
            return (former, true)
        }
        guard stays else { return former }
        await former?.rename(to: to)
        return nil
    }

    /// Makes the lane of `room` take over the unsent messages of the former one.
    package func handOver(_ former: Lane?, to room: RoomID) async {
        guard let lane = self.lane(for: room) else { return }
        await former?.hand(over: lane)
        await lane.tryAgain()
    }

    // MARK: Life

    /// Makes a room's lane read the outbox, after a restart.
    package func wake(_ room: RoomID) async { await self.lane(for: room)?.wake() }

    /// Makes every lane of a reconnected network read the outbox, with what waits for its room.
    package func tryAgain(all adapter: AdapterID) async {
        for (room, lane) in self.state.withLock({ $0.lanes }) where room.adapter == adapter { await lane.tryAgain() }
    }

    /// Makes a room's lane read the outbox, with what waits for the room: it may accept messages again.
    package func tryAgain(_ room: RoomID) async { await self.lane(for: room)?.tryAgain() }

    /// Somebody has written in a room. If it refused messages, it may accept them again.
    package func heard(in room: RoomID) async {
        let room = self.current(room)
        if self.refusing.contains(room) { await self.lane(for: room)?.heard() }
    }

    /// Waits until everything of these places is sent, or until `deadline`.
    package func drain(_ places: Places = .all, until deadline: ContinuousClock.Instant) async {
        for (room, lane) in self.state.withLock({ $0.lanes }) where places.contains(Place(of: room)) {
            await lane.drain(until: deadline)
        }
    }

    /// Lets go of the rooms that other hosts may have.
    package func sweep() async {
        let dropped = self.state.withLock { state in
            let dropped = state.lanes.filter { !self.store.held.isCurrent($0.value.hold) }
            for room in dropped.keys { state.lanes[room] = nil }
            return dropped.values
        }
        for lane in dropped { await lane.drop() }
    }
}
