internal import CSystem

/// The events that a registration waits for. Errors and hang-ups are always reported.
package struct Interest: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Bytes to read or a connection to accept (EPOLLIN).
    package static let readable = Interest(rawValue: 0x001)
    /// Room to write or an established connection (EPOLLOUT).
    package static let writable = Interest(rawValue: 0x004)
    /// The peer closed its sending side (EPOLLRDHUP); reported even if unread bytes remain.
    package static let peerClosed = Interest(rawValue: 0x2000)
    /// Reports each change once, not for as long as the state lasts (EPOLLET).
    package static let edgeTriggered = Interest(rawValue: 0x8000_0000)
}
