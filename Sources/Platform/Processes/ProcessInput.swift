package import EventLoop
internal import Glibc
internal import Primitives

@Net
package final class ProcessInput {
    private var descriptor: Int32?
    private var isWriting = false
    private let turn = WaitList()
    private let changed = WaitList()

    init(_ descriptor: consuming FileDescriptor?) {
        self.descriptor = descriptor?.release()
    }

    /// Writes all of `bytes`, waiting for room; concurrent calls queue.
    ///
    /// Throws a ``ProcessError`` if the process no longer reads. Cancellation may leave only part of the bytes written.
    package func write(_ bytes: [UInt8]) async throws {
        while self.isWriting { try await self.turn.wait() }
        self.isWriting = true
        defer {
            self.isWriting = false
            self.turn.wakeFirst()
        }
        var sent = 0
        while sent < bytes.count {
            guard let descriptor = self.descriptor else {
                throw ProcessError(.inputClosed, "the process's input is closed")
            }
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent)
            }
            if count >= 0 {
                sent += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try await self.room(descriptor)
            default:
                let reason = SystemError.last("write to process").message
                self.close()
                throw ProcessError(.inputClosed, reason)
            }
        }
    }

    /// Sends the end of input. A pending write fails.
    package func close() {
        if let descriptor = self.descriptor { _ = Glibc.close(descriptor) }
        self.descriptor = nil
        self.changed.wakeAll()
    }

    private func room(_ descriptor: Int32) async throws {
        let registration = try EventLoop.shared.watch(descriptor, .writable) { [changed] _ in changed.wakeAll() }
        defer { registration.cancel() }
        try await self.changed.wait()
    }
}
