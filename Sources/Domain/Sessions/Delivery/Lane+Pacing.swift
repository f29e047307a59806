internal import Chat

/// When the lane may send: the room's pace, the platform's throttling, and the time between edits of one message.
extension Lane {
    // MARK: The room's pace

    /// When the room's pace allows the next message; nil if it does now.
    var nextFreePace: ContinuousClock.Instant? {
        let traits = self.adapter.traits(of: self.room)
        guard traits.postInterval > .zero else { return nil }
        let window = traits.postInterval * traits.postBurst
        let now = ContinuousClock.now
        let counted = self.sentTimes.filter { $0 + window >= now }
        guard counted.count >= traits.postBurst, let oldest = counted.first else { return nil }
        return oldest + window
    }

    /// Counts a message that is being sent.
    func usePace() {
        let traits = self.adapter.traits(of: self.room)
        guard traits.postInterval > .zero else { return }
        let now = ContinuousClock.now
        self.sentTimes.removeAll { $0 + traits.postInterval * traits.postBurst < now }
        self.sentTimes.append(now)
    }

    func pace() async {
        if let free = self.nextFreePace { await self.pause(free - .now) }
        self.usePace()
    }

    // MARK: Throttling

    /// Counts throttling by the network; messages that the adapter itself held back do not count.
    func countRefusal(_ error: AdapterError) {
        guard !error.isOwnPace else { return }
        self.environment.metrics.count(.rateLimited, ["adapter": self.adapter.id.rawValue])
    }

    /// Sends nothing for the given time.
    func block(for duration: Duration) {
        self.blockedUntil = max(self.blockedUntil ?? .now, .now + duration)
    }

    func waitWhileBlocked() async {
        while let until = self.blockedUntil, until > .now { await self.pause(until - .now) }
        self.blockedUntil = nil
    }

    // MARK: Edits of one message

    /// Remembers when a growing message was last sent.
    func touch(_ reference: String) {
        if self.touched.count >= 64 {
            let interval = self.adapter.traits(of: self.room).editInterval
            let now = ContinuousClock.now
            self.touched = self.touched.filter { $0.value + interval > now }
        }
        self.touched[reference] = .now
    }

    /// Whether a growing message was edited so recently that its final text has to wait.
    var isGrowing: Bool {
        let interval = self.adapter.traits(of: self.room).finalInterval
        let now = ContinuousClock.now
        return self.touched.values.contains { $0 + interval > now }
    }

    /// How long `item` has to wait because the message that it completes was edited recently, or because the end of its
    /// turn is being stored, which may put it below other messages.
    func holdTime(of item: OutboxItem) -> Duration? {
        if item.dividesAnswer, let turn = item.turn, self.closing.contains(turn) { return Self.closingTime }
        guard item.kind != .removal, let reference = item.reference, let last = self.touched[reference] else {
            return nil
        }
        let due = last + self.adapter.traits(of: self.room).finalInterval
        let now = ContinuousClock.now
        return due > now ? due - now : nil
    }

    /// Whether `item` could be sent now.
    func isDue(_ item: OutboxItem) -> Bool {
        let isBelowPreview = item.dividesAnswer && item.turn.map { self.previews[$0] != nil } ?? false
        return self.holdTime(of: item) == nil && !isBelowPreview && (!item.isPost || self.nextFreePace == nil)
    }

    /// Moves a message that is due ahead of one that has to wait, keeping the order within a turn.
    func bringForward() {
        guard let first = self.queue.first, self.holdTime(of: first) != nil else { return }
        var held: Set<String?> = []
        for (index, item) in self.queue.enumerated() {
            if held.contains(item.turn) { continue }
            if self.holdTime(of: item) == nil {
                self.queue.insert(self.queue.remove(at: index), at: 0)
                return
            }
            held.insert(item.turn)
        }
    }

    /// Waits until the first message may be sent or another one arrives. False when it need not wait.
    func holdFirst() async -> Bool {
        guard let first = self.queue.first, let time = self.holdTime(of: first) else { return false }
        self.isHolding = true
        await self.pause(time)
        self.isHolding = false
        return true
    }
}
