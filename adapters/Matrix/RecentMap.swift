/// A dictionary that keeps at least its last `capacity` entries, and at most twice as many.
struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let capacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    init(capacity: Int) { self.capacity = capacity }

    /// Reading does not make an entry younger.
    subscript(key: Key) -> Value? {
        get { self.young[key] ?? self.old[key] }
        set {
            self.young[key] = newValue
            if newValue == nil { self.old[key] = nil }
            if self.young.count >= self.capacity {
                self.old = self.young
                self.young = [:]
            }
        }
    }

    var count: Int { self.young.count + self.old.count }
}
