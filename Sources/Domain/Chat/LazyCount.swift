internal import Synchronization

/// A count that is worked out when it is first needed, and kept with the object that it belongs to.
package struct LazyCount: ~Copyable, Sendable {
    private static let unknown = -1
    private let stored: Atomic<Int>

    /// - Parameter known: nil when it is not known yet.
    package init(_ known: Int? = nil) {
        self.stored = Atomic(known ?? Self.unknown)
    }

    /// The count. When several threads ask first at once, each computes it.
    ///
    /// - Parameter compute: not negative, and always the same.
    package func value(or compute: () -> Int) -> Int {
        let known = self.stored.load(ordering: .relaxed)
        guard known == Self.unknown else { return known }
        let value = compute()
        self.stored.store(value, ordering: .relaxed)
        return value
    }
}
