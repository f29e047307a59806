internal import Chat
internal import EventLoop
internal import JSON
internal import Logging
internal import Store
internal import Threads

/// A room that accepts nothing from the bot: its messages wait in storage, without calls to the network, until the room
/// may accept them again.
extension Lane {
    /// Tries again what the room refused: it may accept messages again, or the network is back.
    func tryAgain() {
        self.returns += 1
        self.refusalTimer = nil
        self.state.tryRefused()
        self.wakeUpNow()
        self.start()
    }

    /// Somebody has written in the room.
    func heard() {
        if self.refusals.mayTry(hearingAt: .now) { self.tryAgain() }
    }

    /// Notes that the room, or the route's thread in it, accepts nothing.
    func note(_ error: AdapterError, in route: Route) {
        self.refusals.refused(route, because: error.message)
        self.refusing.add(self.room)
        self.environment.logger.warning(
            "a room refuses the bot's messages; they wait until it accepts them",
            ["room": "\(self.room)", "error": .string(error.message)])
        self.scheduleTry(at: self.environment.now())
    }

    private func scheduleTry(at now: Int64) {
        let wait = self.refusals.wait(at: now)
        self.refusalTimer = Alarm(after: .milliseconds(wait)) { [weak self] in await self?.tryAgain() }
    }

    /// The room refuses the message that was being sent.
    func park(_ item: OutboxItem, after error: AdapterError) async throws {
        self.note(error, in: item.route)
        var item = item
        if !error.isCertain { item.state = .unknown }
        try await self.park(item, because: error.message, isNews: true)
    }

    /// Lets a message wait that the room would refuse, too.
    func park(_ item: OutboxItem, because reason: String) async throws {
        try await self.park(item, because: reason, isNews: item.refusedAt == nil || !self.state.needsMark(item))
    }

    private func park(_ item: OutboxItem, because reason: String, isNews: Bool) async throws {
        self.state.removeFirst()
        guard isNews else { return }
        let now = self.environment.now()
        let shown = self.shown.removeValue(forKey: item.id)?.text
        let since = try await self.persistently { ledger in
            try ledger.park(item, because: reason, shown: shown, at: now)
        }
        guard let since else { return }
        self.refusals.waits(since: since)
        // By the time that is compared below: by a later one, a message could have waited long enough without being found so,
        // and would be tried again only hours later.
        self.scheduleTry(at: now)
        if now - since >= LaneRefusals.patience { self.refusing.isOverdue(self.room) }
    }

    /// The room has accepted a message.
    func noteAccepted(_ item: OutboxItem) {
        self.shown[item.id] = nil
        if self.refusals.accepted() { self.refusing.remove(self.room) }
    }
}
