/// The events that wait for keys, by who wrote them. One that nobody can read costs its writer nothing, so each person has
/// a share, and a flood takes the places of its own events.
struct MatrixLateEvents: Sendable {
    /// Bytes of all. An event counts as ``leastCost`` at least, so that there are 5,000 at most.
    static let limit = 32 << 20
    static let leastCost = Self.limit / 5_000
    /// Events of one person; the oldest go first.
    static let senderLimit = 200
    /// How long they wait, in milliseconds.
    static let time: Int64 = 30 * 86_400_000

    private struct Event: Sendable {
        let id: String
        let at: Int64
        let cost: Int
    }

    private struct Share: Sendable {
        /// In the order in which they came.
        var events: [Event] = []
        var cost = 0
    }

    private var shares: [String: Share] = [:]
    private var total = 0

    /// Adds an event. Returns those that have to go for it: the oldest of whoever has most.
    mutating func add(_ id: String, from sender: String, bytes: Int, at time: Int64) -> [String] {
        guard self.shares[sender]?.events.contains(where: { $0.id == id }) != true else { return [] }
        let cost = max(bytes, Self.leastCost)
        self.shares[sender, default: Share()].events.append(Event(id: id, at: time, cost: cost))
        self.shares[sender]?.cost += cost
        self.total += cost
        var dropped: [String] = []
        if let events = self.shares[sender]?.events, events.count > Self.senderLimit {
            dropped += self.drop([events[0].id], of: sender)
        }
        while self.total > Self.limit, let sender = self.largest, let oldest = self.shares[sender]?.events.first {
            dropped += self.drop([oldest.id], of: sender)
        }
        return dropped
    }

    /// Who has most; of several, who has waited longest.
    private var largest: String? {
        self.shares.max { first, second in
            (first.value.cost, -(first.value.events.first?.at ?? 0))
                < (second.value.cost, -(second.value.events.first?.at ?? 0))
        }?.key
    }

    mutating func remove(_ id: String, from sender: String) { _ = self.drop([id], of: sender) }

    /// Forgets those that have waited too long, as the store does.
    mutating func forgetOld(at now: Int64) {
        for (sender, share) in self.shares where (share.events.first?.at ?? now) < now - Self.time {
            _ = self.drop(Set(share.events.filter { $0.at < now - Self.time }.map(\.id)), of: sender)
        }
    }

    private mutating func drop(_ ids: Set<String>, of sender: String) -> [String] {
        guard var share = self.shares[sender] else { return [] }
        let gone = share.events.filter { ids.contains($0.id) }
        let cost = gone.reduce(0) { $0 + $1.cost }
        share.events.removeAll { ids.contains($0.id) }
        share.cost -= cost
        self.total -= cost
        self.shares[sender] = share.events.isEmpty ? nil : share
        return gone.map(\.id)
    }
}
