internal import Glibc
internal import Primitives

/// Standard input, read on a thread of its own: it blocks, and files cannot be watched.
actor StandardInput {
    private let executor = ThreadExecutor(name: "stdin")
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    nonisolated var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// The next line without its end, or nil.
    func line() -> String? {
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

    /// Everything up to the end, but at most `limit` bytes.
    func all(upTo limit: Int) -> String {
        while self.buffer.count < limit, self.fill() {}
        return String(decoding: self.buffer.prefix(limit), as: UTF8.self)
    }

    /// Whether something comes, or the end, within the time: a pipe that nobody writes into must not hold us up.
    func isReady(within milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    private func fill() -> Bool {
        guard !self.isAtEnd else { return false }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
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
