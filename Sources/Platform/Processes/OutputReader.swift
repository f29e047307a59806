internal import EventLoop
internal import Glibc
internal import Primitives

/// Moves a process's output into a ``BytePipe``, no faster than it is consumed.
@Net
final class OutputReader {
    let pipe: BytePipe
    private var descriptor: Int32?
    private var registration: Registration?

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor.release()
        self.pipe = BytePipe()
        self.pipe.onDrain = { [weak self] in self?.resume() }
        // Cancelling the pipe closes the output: the process gets SIGPIPE, as in a shell.
        self.pipe.onCancel = { [weak self] in self?.close() }
    }

    var isOpen: Bool { self.descriptor != nil }
    /// Whether reading is paused until the consumer takes more.
    var isHeld: Bool { self.isOpen && self.registration == nil }

    func resume() {
        guard let descriptor = self.descriptor, self.registration == nil else { return }
        do {
            self.registration = try EventLoop.shared.watch(descriptor, .readable) { [weak self] _ in self?.read() }
        } catch {
            self.end(throwing: error)
        }
    }

    /// Stops reading; bytes already read can still be taken.
    func end(throwing error: (any Error)? = nil) {
        self.close()
        self.pipe.finish(throwing: error)
    }

    private func read() {
        guard let descriptor = self.descriptor else { return }
        // A pipe holds 64 KB by default, so one read empties it.
        let isHungry = unsafe withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            switch unsafe Socket.read(descriptor, into: buffer) {
            case .wouldBlock: return true
            case .failed(let code):
                self.end(throwing: SystemError("read from process", code: code))
                return true
            case .moved(0):
                self.end()
                return true
            case .moved(let count):
                return unsafe buffer.withMemoryRebound(to: UInt8.self) {
                    self.pipe.offer(unsafe Span(_unsafeElements: $0).extracting(first: count))
                }
            }
        }
        // Not `modify([])`: the hang-up of an ended process would be reported repeatedly.
        if !isHungry { self.pause() }
    }

    private func pause() {
        self.registration?.cancel()
        self.registration = nil
    }

    private func close() {
        self.pause()
        if let descriptor = self.descriptor { _ = Glibc.close(descriptor) }
        self.descriptor = nil
    }
}
