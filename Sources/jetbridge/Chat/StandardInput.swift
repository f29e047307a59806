internal import Glibc
internal import Primitives
internal import Terminals

/// Standard input, read on a dedicated thread: reading blocks, and files cannot be watched.
actor StandardInput {
    private let executor = ThreadExecutor(name: "stdin")
    private nonisolated let waiter = InputWaiter()
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    nonisolated var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// The next line without its line feed; nil at the end of the input, and when the task is cancelled.
    nonisolated func line() async -> String? {
        await withTaskCancellationHandler {
            await self.nextLine()
        } onCancel: {
            self.waiter.wake()
        }
    }

    private func nextLine() -> String? {
        while true {
            if let end = self.buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: self.buffer[..<end], as: UTF8.self)
                self.buffer.removeSubrange(...end)
                return line
            }
            if !self.fill() {
                defer { self.buffer = [] }
                return self.buffer.isEmpty ? nil : String(decoding: self.buffer, as: UTF8.self)
            }
        }
    }

    /// The rest of the input, at most `limit` bytes.
    func all(upTo limit: Int) -> String {
        while self.buffer.count < limit, self.fill() {}
        return String(decoding: self.buffer.prefix(limit), as: UTF8.self)
    }

    /// Whether input or its end arrives in time: a pipe without a writer must not block the command.
    func isReady(within milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    private func fill() -> Bool {
        guard !self.isAtEnd else { return false }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
            guard self.waiter.wait(for: STDIN_FILENO) else {
                self.isAtEnd = true
                return false
            }
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            if count > 0 {
                self.buffer += bytes.prefix(count)
                return true
            }
            if count < 0, errno == EINTR { continue }
            self.isAtEnd = true
            return false
        }
    }
}
