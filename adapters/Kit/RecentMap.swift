/// A dictionary that keeps the entries set most recently: at least `capacity`, at most twice as many.
package struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let capacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    package init(capacity: Int) { self.capacity = capacity }

    /// Reading an entry does not make it recent.
    package subscript(key: Key) -> Value? {
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
}
