/// What epoll reported about a descriptor.
package struct Readiness: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let readable = Readiness(rawValue: 0x001)
    package static let writable = Readiness(rawValue: 0x004)
    /// An error is pending (EPOLLERR); ``Socket/pendingError(_:)`` takes it.
    package static let error = Readiness(rawValue: 0x008)
    /// Both directions are closed (EPOLLHUP).
    package static let hangUp = Readiness(rawValue: 0x010)
    /// The peer will send no more (EPOLLRDHUP).
    package static let peerClosed = Readiness(rawValue: 0x2000)
}
