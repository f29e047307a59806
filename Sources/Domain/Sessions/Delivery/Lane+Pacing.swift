internal import Chat

/// When the lane may send: the room's pace, what the platform says, and the time between two edits of one message.
extension Lane {
    // MARK: The room's pace

    /// When the room's pace allows the next message; nil for now.
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

    // MARK: The platform's word

    /// Counts that the network said *later*; what an adapter holds back by itself cost the network nothing.
    func countRefusal(_ error: AdapterError) {
        guard !error.isOwnPace else { return }
        self.environment.metrics.count("rate_limited", ["adapter": self.adapter.id.rawValue])
    }

    /// Sends nothing for as long as the platform says.
    func block(for duration: Duration) {
        self.blockedUntil = max(self.blockedUntil ?? .now, .now + duration)
    }

    func waitWhileBlocked() async {
        while let until = self.blockedUntil, until > .now { await self.pause(until - .now) }
        self.blockedUntil = nil
    }

    // MARK: Edits of one message

    /// Remembers when a message that still grows was sent to the platform.
    func touch(_ reference: String) {
        if self.touched.count >= 64 {
            let interval = self.adapter.traits(of: self.room).editInterval
            let now = ContinuousClock.now
            self.touched = self.touched.filter { $0.value + interval > now }
        }
        self.touched[reference] = .now
    }

    /// Whether a message that grows was edited just now, so that its final text has to wait.
    var isGrowing: Bool {
        let interval = self.adapter.traits(of: self.room).finalInterval
        let now = ContinuousClock.now
        return self.touched.values.contains { $0 + interval > now }
    }

    /// How long `item` has to wait because the message that it completes was edited just now.
    func holdTime(of item: OutboxItem) -> Duration? {
        guard item.kind != .removal, let reference = item.reference, let last = self.touched[reference] else {
            return nil
        }
        let due = last + self.adapter.traits(of: self.room).finalInterval
        let now = ContinuousClock.now
        return due > now ? due - now : nil
    }

    /// Whether `item` could be sent at this moment.
    func isDue(_ item: OutboxItem) -> Bool {
        self.holdTime(of: item) == nil && (item.reference != nil || self.nextFreePace == nil)
    }

    /// Lets what need not wait go before what has to, within a turn in order.
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

    /// Waits until the first message may be sent, or until another one comes. False when nothing has to wait.
    func holdFirst() async -> Bool {
        guard let first = self.queue.first, let time = self.holdTime(of: first) else { return false }
        self.isHolding = true
        await self.pause(time)
        self.isHolding = false
        return true
    }
}
