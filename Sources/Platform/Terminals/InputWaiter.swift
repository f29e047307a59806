internal import CSystem
internal import Glibc
internal import Primitives

/// Waits for input on a dedicated thread, and can be woken from any other one.
package final class InputWaiter: Sendable {
    private let wakeup: FileDescriptor

    package init() {
        let number = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        precondition(number >= 0, "eventfd: error \(errno)")
        self.wakeup = FileDescriptor(owning: number)
    }

    /// Makes the current or the next ``wait(for:)`` return false.
    package func wake() {
        var one: UInt64 = 1
        _ = unsafe write(self.wakeup.rawValue, &one, 8)
    }

    /// Forgets an earlier ``wake()``.
    package func reset() {
        var count: UInt64 = 0
        _ = unsafe read(self.wakeup.rawValue, &count, 8)
    }

    /// Blocks until the descriptor has input or its end; false if woken first.
    package func wait(for descriptor: Int32) -> Bool {
        var descriptors = [
            pollfd(fd: self.wakeup.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe poll(&descriptors, 2, -1) < 0, errno == EINTR {}
        guard descriptors[0].revents == 0 else {
            self.reset()
            return false
        }
        return true
    }
}
