internal import JSON

/// The updates waiting for the bot, with the rules of `getUpdates`.
struct TelegramUpdateQueue: Sendable {
    struct Update: Sendable {
        var id: Int
        var kind: String
        var body: JSON
        var end: Double

        var json: JSON { .object(["update_id": JSON(self.id), self.kind: self.body]) }
    }

    /// Sent only on request.
    static let optional: Set<String> = ["message_reaction", "message_reaction_count", "chat_member"]
    private static let life = 86_400.0

    private(set) var waiting: [Update] = []
    private var first = 0
    private(set) var lastID: Int
    /// The kinds that the bot requested; nil is the default.
    var allowed: Set<String>?
    /// The last confirmed updates, so that a fault can repeat them.
    private var confirmed: [Update] = []
    /// Sent next, whatever the offset.
    private var again: [Update] = []
    /// The maximum length; beyond it the oldest are dropped.
    let limit: Int

    init(lastID: Int, limit: Int) {
        self.lastID = lastID
        self.limit = limit
    }

    var count: Int { self.waiting.count - self.first + self.again.count }
    var isEmpty: Bool { self.count == 0 }

    func isAllowed(_ kind: String) -> Bool {
        guard let allowed = self.allowed, !allowed.isEmpty else { return !Self.optional.contains(kind) }
        return allowed.contains(kind)
    }

    mutating func add(_ kind: String, _ body: JSON, now: Double) {
        guard self.isAllowed(kind) else { return }
        self.lastID += 1
        self.waiting.append(Update(id: self.lastID, kind: kind, body: body, end: now + Self.life))
        if self.count > self.limit { self.first += 1 }
        self.compact()
    }

    /// The updates from `offset` on; confirms everything before it.
    mutating func take(offset: Int, limit: Int, now: Double) -> [JSON] {
        if offset < 0 {
            self.first = max(self.first, self.waiting.count + offset)
        } else if offset > 0 {
            while self.first < self.waiting.count, self.waiting[self.first].id < offset { self.confirmFirst() }
        }
        while self.first < self.waiting.count, self.waiting[self.first].end <= now { self.first += 1 }
        self.compact()
        var result = self.again.prefix(limit).map(\.json)
        self.again.removeFirst(result.count)
        result += self.waiting[self.first...].prefix(limit - result.count).map(\.json)
        return result
    }

    /// The oldest update, for a webhook.
    func next(now: Double) -> Update? {
        self.again.first ?? self.waiting[self.first...].first { $0.end > now }
    }

    mutating func confirm(_ id: Int) {
        if let index = self.again.firstIndex(where: { $0.id == id }) {
            self.again.remove(at: index)
            return
        }
        while self.first < self.waiting.count, self.waiting[self.first].id <= id { self.confirmFirst() }
        self.compact()
    }

    mutating func dropAll() {
        self.waiting = []
        self.first = 0
        self.again = []
    }

    /// Sends the last `count` confirmed updates again.
    mutating func repeatConfirmed(_ count: Int) {
        self.again += self.confirmed.suffix(count)
    }

    private mutating func confirmFirst() {
        if self.confirmed.count >= 100 { self.confirmed.removeFirst() }
        self.confirmed.append(self.waiting[self.first])
        self.first += 1
    }

    private mutating func compact() {
        guard self.first > 256, self.first * 2 > self.waiting.count else { return }
        self.waiting.removeFirst(self.first)
        self.first = 0
    }
}
