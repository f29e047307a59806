internal import CSystem

/// What a registration waits for. Errors and hang-ups are always reported.
package struct Interest: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Bytes to read, or a connection to accept (EPOLLIN).
    package static let readable = Interest(rawValue: 0x001)
    /// Room to write, or a connection established (EPOLLOUT).
    package static let writable = Interest(rawValue: 0x004)
    /// The peer closed its sending side (EPOLLRDHUP), also while unread bytes lie before the end.
    package static let peerClosed = Interest(rawValue: 0x2000)
    /// Report each change once instead of as long as the state lasts (EPOLLET).
    package static let edgeTriggered = Interest(rawValue: 0x8000_0000)
}
