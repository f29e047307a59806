package import EventLoop
package import Primitives

/// A connection that the server has let go of: its descriptor, the request's head, and bytes that came behind it.
///
/// The descriptor is closed when nobody takes it.
package final class ConnectionHandover: Sendable {
    package let head: RequestHead
    /// Bytes that were read behind the head.
    package let extra: [UInt8]
    package let remoteAddress: SocketAddress?
    private let descriptor: Protected<Int32?>

    init(descriptor: consuming FileDescriptor, head: RequestHead, extra: [UInt8], remoteAddress: SocketAddress?) {
        self.descriptor = Protected(descriptor.release())
        self.head = head
        self.extra = extra
        self.remoteAddress = remoteAddress
    }

    deinit {
        _ = self.take()
    }

    /// The nonblocking socket, once.
    package func take() -> FileDescriptor? {
        let raw = self.descriptor.withLock { $0.take() }
        return if let raw { FileDescriptor(owning: raw) } else { nil }
    }
}
