internal import CSystem

/// The events that a registration waits for. Errors and hang-ups are always reported.
package struct Interest: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    // The protocol's own versions of these are generic, and slow in other modules.

    @inlinable
    package init(arrayLiteral elements: Interest...) {
        var bits: UInt32 = 0
        for element in elements { bits |= element.rawValue }
        self.rawValue = bits
    }

    @inlinable
    package func contains(_ other: Interest) -> Bool { self.rawValue & other.rawValue == other.rawValue }

    @inlinable
    package func isDisjoint(with other: Interest) -> Bool { self.rawValue & other.rawValue == 0 }

    @inlinable @discardableResult
    package mutating func insert(_ other: Interest) -> (inserted: Bool, memberAfterInsert: Interest) {
        defer { self = Interest(rawValue: self.rawValue | other.rawValue) }
        return (!self.contains(other), other)
    }

    /// Bytes to read or a connection to accept (EPOLLIN).
    @inlinable package static var readable: Interest { Interest(rawValue: 0x001) }
    /// Room to write or an established connection (EPOLLOUT).
    @inlinable package static var writable: Interest { Interest(rawValue: 0x004) }
    /// The peer closed its sending side (EPOLLRDHUP); reported even if unread bytes remain.
    @inlinable package static var peerClosed: Interest { Interest(rawValue: 0x2000) }
    /// Reports each change once, not for as long as the state lasts (EPOLLET).
    @inlinable package static var edgeTriggered: Interest { Interest(rawValue: 0x8000_0000) }
}
