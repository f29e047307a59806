package import Primitives

/// A connection released by the server: its descriptor, the request's head, and the bytes received after it.
///
/// The descriptor is closed if nobody takes it.
package final class ConnectionHandover: Sendable {
    package let head: RequestHead
    /// Bytes received after the head.
    package let extra: [UInt8]
    private let descriptor: Protected<Int32?>

    init(descriptor: consuming FileDescriptor, head: RequestHead, extra: [UInt8]) {
        self.descriptor = Protected(descriptor.release())
        self.head = head
        self.extra = extra
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
