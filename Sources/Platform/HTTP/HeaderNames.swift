/// A set of known names of fields.
package struct HeaderNames: Sendable, Hashable, ExpressibleByArrayLiteral {
    @usableFromInline var bits: UInt64 = 0

    @inlinable
    package init(arrayLiteral names: HeaderName...) {
        for name in names { self.insert(name) }
    }

    @inlinable
    package mutating func insert(_ name: HeaderName) { self.bits |= 1 << UInt64(name.rawValue) }

    @inlinable
    package func contains(_ name: HeaderName) -> Bool { self.bits >> UInt64(name.rawValue) & 1 == 1 }

    @inlinable
    package func isDisjoint(with others: HeaderNames) -> Bool { self.bits & others.bits == 0 }
}
