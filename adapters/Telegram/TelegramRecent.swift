/// The last things of a kind, a bounded number: the oldest goes when there are too many.
struct TelegramRecent<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private var values: [Key: Value] = [:]
    private var order: [Key] = []
    /// Where the oldest one stands in ``order``.
    private var first = 0

    init(limit: Int) {
        self.limit = limit
    }

    subscript(key: Key) -> Value? { self.values[key] }

    mutating func set(_ key: Key, _ value: Value) {
        if self.values.updateValue(value, forKey: key) != nil { return }
        self.order.append(key)
        guard self.order.count - self.first > self.limit else { return }
        self.values[self.order[self.first]] = nil
        self.first += 1
        if self.first > self.limit {
            self.order.removeFirst(self.first)
            self.first = 0
        }
    }
}

/// Random enough to keep many hosts from coming at once; the same for the same seed, so that tests can tell.
struct TelegramJitter: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    /// SplitMix64.
    mutating func next(in range: ClosedRange<Int64>) -> Int64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return range.lowerBound + Int64(mixed % UInt64(range.upperBound - range.lowerBound + 1))
    }
}
