internal import CSystem
internal import Glibc

/// Wakes threads that wait for a descriptor.
final class Bell: Sendable {
    let descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))

    deinit { close(self.descriptor) }

    func ring() {
        var one: UInt64 = 1
        _ = unsafe write(self.descriptor, &one, 8)
    }

    func silence() {
        var count: UInt64 = 0
        _ = unsafe read(self.descriptor, &count, 8)
    }

    /// Returns when it rings, or after `limit`. Blocks.
    func wait(upTo limit: Duration) {
        var descriptors = [pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)]
        _ = unsafe poll(&descriptors, 1, Int32(clamping: Int64(limit / .milliseconds(1)) + 1))
    }
}
