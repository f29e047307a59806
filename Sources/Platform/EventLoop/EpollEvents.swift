/// Events of a descriptor: those that a registration waits for, and those that epoll reports. ``error`` and ``hangUp``
/// are always reported.
package struct EpollEvents: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    // The protocol's own versions of these are generic, and slow in other modules.

    @inlinable
    package init(arrayLiteral elements: EpollEvents...) {
        var bits: UInt32 = 0
        for element in elements { bits |= element.rawValue }
        self.rawValue = bits
    }

    @inlinable
    package func contains(_ other: EpollEvents) -> Bool { self.rawValue & other.rawValue == other.rawValue }

    @inlinable
    package func isDisjoint(with other: EpollEvents) -> Bool { self.rawValue & other.rawValue == 0 }

    @inlinable @discardableResult
    package mutating func insert(_ other: EpollEvents) -> (inserted: Bool, memberAfterInsert: EpollEvents) {
        defer { self = EpollEvents(rawValue: self.rawValue | other.rawValue) }
        return (!self.contains(other), other)
    }

    /// Bytes to read or a connection to accept (EPOLLIN).
    @inlinable package static var readable: EpollEvents { EpollEvents(rawValue: 0x001) }
    /// Room to write or an established connection (EPOLLOUT).
    @inlinable package static var writable: EpollEvents { EpollEvents(rawValue: 0x004) }
    /// An error is pending (EPOLLERR); ``Socket/pendingError(_:)`` takes it.
    @inlinable package static var error: EpollEvents { EpollEvents(rawValue: 0x008) }
    /// Both directions are closed (EPOLLHUP).
    @inlinable package static var hangUp: EpollEvents { EpollEvents(rawValue: 0x010) }
    /// The peer will send no more (EPOLLRDHUP); reported even if unread bytes remain.
    @inlinable package static var peerClosed: EpollEvents { EpollEvents(rawValue: 0x2000) }
    /// Reports each change once, not for as long as the state lasts (EPOLLET).
    @inlinable package static var edgeTriggered: EpollEvents { EpollEvents(rawValue: 0x8000_0000) }
}
