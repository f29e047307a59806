internal import Glibc
internal import JSON
internal import Primitives

/// Writes whole lines to a descriptor without ever blocking the caller.
///
/// If the descriptor has room, a line is written at once by write(2), so that it survives a crash. If the reader is
/// slow, lines collect in a bounded buffer that a separate thread drains; lines that do not fit are dropped, and a
/// record reports how many.
@safe final class LineWriter: Sendable {
    static let standardError = LineWriter(descriptor: STDERR_FILENO) { count in
        Logger(label: "log").warning("records were lost because standard error was not read", ["count": JSON(count)])
    }

    private struct State {
        var pending: [UInt8] = []
        var isDraining = false
        var lost = 0
    }

    /// When poll(2) reports a pipe writable, it has room for this many bytes.
    private static let atomicWrite = 4_096

    private let state = Protected(State())
    private let descriptor: Int32
    private let capacity: Int
    private let reportLoss: @Sendable (Int) -> Void

    init(descriptor: Int32, capacity: Int = 1 << 20, reportLoss: @escaping @Sendable (Int) -> Void) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.reportLoss = reportLoss
    }

    func write(_ line: [UInt8]) {
        let mustDrain = self.state.withLock { state in
            if state.isDraining {
                if state.pending.count + line.count <= self.capacity {
                    state.pending += line
                } else {
                    state.lost += 1
                }
                return false
            }
            // Under the lock, so that lines of different threads do not mix; none of these calls blocks.
            let written = self.writeWhatFits(line)
            guard written < line.count else { return false }
            state.pending = Array(line[written...])
            state.isDraining = true
            return true
        }
        if mustDrain { self.startDraining() }
    }

    /// Waits until nothing is pending or the time is up. Blocks the thread.
    func flush(atMost milliseconds: Int) {
        for _ in 0..<max(1, milliseconds) {
            guard self.state.withLock({ $0.isDraining }) else { return }
            usleep(1_000)
        }
    }

    /// The number of bytes that are written, or discarded because the descriptor is broken.
    private func writeWhatFits(_ line: [UInt8]) -> Int {
        var offset = 0
        while offset < line.count {
            let events = self.poll(milliseconds: 0)
            guard events & Int16(POLLOUT) != 0 else { return events == 0 ? offset : line.count }
            let count = self.writeOnce(line, from: offset)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return errno == EAGAIN ? offset : line.count }
            offset += count
        }
        return offset
    }

    private func startDraining() {
        let status = startThread { self.drain() }
        if status != 0 { self.state.withLock { $0 = State() } }
    }

    /// The thread's body; returns when nothing is pending.
    private func drain() {
        while let (bytes, lost) = self.takePending() {
            var offset = 0
            while offset < bytes.count {
                _ = self.poll(milliseconds: -1)
                let count = self.writeOnce(bytes, from: offset)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                if count < 0 { break }
                offset += count
            }
            if lost > 0 { self.reportLoss(lost) }
        }
    }

    /// The pending bytes and the number of dropped lines; nil if there are neither.
    private func takePending() -> ([UInt8], lost: Int)? {
        self.state.withLock { state in
            guard !state.pending.isEmpty || state.lost > 0 else {
                state.isDraining = false
                return nil
            }
            defer { (state.pending, state.lost) = ([], 0) }
            return (state.pending, state.lost)
        }
    }

    private func poll(milliseconds: Int32) -> Int16 {
        var descriptor = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe Glibc.poll(&descriptor, 1, milliseconds) > 0 ? descriptor.revents : 0
    }

    private func writeOnce(_ line: [UInt8], from offset: Int) -> Int {
        unsafe line.withUnsafeBytes { bytes in
            var end = min(bytes.count, offset + Self.atomicWrite)
            // Whole lines, because other processes may write to the same pipe.
            if end < bytes.count, let last = unsafe bytes[offset..<end].lastIndex(of: 0x0A) { end = last + 1 }
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
            return unsafe Glibc.write(self.descriptor, rest.baseAddress, rest.count)
        }
    }
}
