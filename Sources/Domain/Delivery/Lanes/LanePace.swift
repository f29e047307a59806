internal import Chat

/// When a room may be sent to: its own pace, the platform's throttling, and the time between edits of one message. Pure.
struct LanePace {
    typealias Instant = ContinuousClock.Instant

    /// Recent posts: after the burst, one post per `postInterval`.
    private var posts: [Instant] = []
    /// The platform throttles the room until then.
    private var blockedUntil: Instant?
    /// When growing messages were last sent, by platform id.
    private var touched: [String: Instant] = [:]

    // MARK: Posts

    /// When the room's pace allows the next message; nil if it does now.
    func nextPost(in traits: RoomTraits, at now: Instant) -> Instant? {
        guard traits.postInterval > .zero else { return nil }
        let window = traits.postInterval * traits.postBurst
        let counted = self.posts.filter { $0 + window >= now }
        guard counted.count >= traits.postBurst, let oldest = counted.first else { return nil }
        return oldest + window
    }

    /// Counts a message that is being sent.
    mutating func post(in traits: RoomTraits, at now: Instant) {
        guard traits.postInterval > .zero else { return }
        self.posts.removeAll { $0 + traits.postInterval * traits.postBurst < now }
        self.posts.append(now)
    }

    // MARK: Throttling

    var isBlocked: Bool { self.blockedUntil != nil }

    /// Sends nothing for the given time.
    mutating func block(for duration: Duration, at now: Instant) {
        self.blockedUntil = max(self.blockedUntil ?? now, now + duration)
    }

    /// How long nothing may be sent; nil if it may, from then on until the next block.
    mutating func blockedTime(at now: Instant) -> Duration? {
        if let until = self.blockedUntil, until > now { return until - now }
        self.blockedUntil = nil
        return nil
    }

    // MARK: Edits of one message

    /// Remembers when a growing message was last sent.
    mutating func touch(_ reference: String, in traits: RoomTraits, at now: Instant) {
        if self.touched.count >= 64 { self.touched = self.touched.filter { $0.value + traits.editInterval > now } }
        self.touched[reference] = now
    }

    /// The message has its final text.
    mutating func forget(_ reference: String) { self.touched[reference] = nil }

    /// Whether a growing message was edited so recently that its final text has to wait.
    func isGrowing(in traits: RoomTraits, at now: Instant) -> Bool {
        self.touched.values.contains { $0 + traits.finalInterval > now }
    }

    /// How long the final text of a growing message has to wait; nil if it need not.
    func finalTime(of reference: String, in traits: RoomTraits, at now: Instant) -> Duration? {
        guard let last = self.touched[reference] else { return nil }
        let due = last + traits.finalInterval
        return due > now ? due - now : nil
    }
}
