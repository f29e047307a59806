internal import CSystem
package import EventLoop
internal import Glibc
internal import Primitives

/// A thread that the kernel runs soon after it wakes, even while a jail's programs keep every processor busy.
@safe package final class UrgentThread: Sendable {
    /// Readable once the thread must end.
    private let ended: FileDescriptor

    /// Starts the thread, which runs `body` once.
    ///
    /// - Parameter name: Appears in `top -H`; the kernel keeps its first 15 bytes.
    package init(name: String, _ body: @escaping @Sendable (UrgentThread) -> Void) throws(SystemError) {
        let number = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard number >= 0 else { throw .last("eventfd") }
        self.ended = FileDescriptor(owning: number)
        let status = startThread {
            unsafe csystem_name_thread(name)
            csystem_hasten_thread()
            body(self)
        }
        guard status == 0 else { throw SystemError("pthread_create", code: status) }
    }

    /// On the thread: returns after `duration`, or at once, and with false, when it was cancelled.
    package func sleep(for duration: Duration) -> Bool {
        let (seconds, attoseconds) = duration.components
        return csystem_wait_readable(self.ended.rawValue, seconds * 1_000_000_000 + attoseconds / 1_000_000_000) <= 0
    }

    /// Ends the thread's next sleep, and each one after it.
    package func cancel() { _ = eventfd_write(self.ended.rawValue, 1) }
}
