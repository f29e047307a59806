/// What epoll reported about a descriptor.
package struct Readiness: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    // The protocol's own versions of these are generic, and slow in other modules.

    @inlinable
    package init(arrayLiteral elements: Readiness...) {
        var bits: UInt32 = 0
        for element in elements { bits |= element.rawValue }
        self.rawValue = bits
    }

    @inlinable
    package func contains(_ other: Readiness) -> Bool { self.rawValue & other.rawValue == other.rawValue }

    @inlinable
    package func isDisjoint(with other: Readiness) -> Bool { self.rawValue & other.rawValue == 0 }

    @inlinable @discardableResult
    package mutating func insert(_ other: Readiness) -> (inserted: Bool, memberAfterInsert: Readiness) {
        defer { self = Readiness(rawValue: self.rawValue | other.rawValue) }
        return (!self.contains(other), other)
    }

    @inlinable package static var readable: Readiness { Readiness(rawValue: 0x001) }
    @inlinable package static var writable: Readiness { Readiness(rawValue: 0x004) }
    /// An error is pending (EPOLLERR); ``Socket/pendingError(_:)`` takes it.
    @inlinable package static var error: Readiness { Readiness(rawValue: 0x008) }
    /// Both directions are closed (EPOLLHUP).
    @inlinable package static var hangUp: Readiness { Readiness(rawValue: 0x010) }
    /// The peer will send no more (EPOLLRDHUP).
    @inlinable package static var peerClosed: Readiness { Readiness(rawValue: 0x2000) }
}
