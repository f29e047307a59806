internal import Primitives

/// A bounded pipe of bytes on the loop, for back-pressure between libcurl, sockets, child processes and tasks.
///
/// Each end has a callback and a task interface. Producer: callbacks use ``offer(_:)-(Span<UInt8>)``, ``onDrain`` and
/// ``onCancel``; a task uses ``write(_:)``. Consumer: callbacks use ``take(into:)``, ``takeAll()`` and ``onReadable``;
/// a task uses ``read()``.
@Net
package final class BytePipe {
    /// Thrown by ``write(_:)`` after the consumer has cancelled.
    package struct Closed: Error, Sendable, Hashable {
        package init() {}
    }

    private enum State {
        case open
        case finished
        case failed(any Error)
        case cancelled
    }

    /// The number of bytes at which the producer must stop. Later offers are still kept: a callback can't return bytes.
    package let highWater: Int

    /// The pipe has drained enough for a stopped producer to continue. Called inside the consumer's call.
    package var onDrain: (@Net () -> Void)?
    /// The consumer has cancelled; called once.
    package var onCancel: (@Net () -> Void)?
    /// Bytes or the end arrived in an empty pipe. Called inside the producer's call.
    package var onReadable: (@Net () -> Void)?

    private var state = State.open
    private var buffer: [UInt8] = []
    private var head = 0
    private var isHeld = false
    /// Nil until a task waits: most pipes are used by callbacks alone.
    private var readers: WaitList?
    private var writers: WaitList?

    package nonisolated init(highWater: Int = 256 * 1024) {
        self.highWater = highWater
    }

    /// The number of buffered bytes.
    package var count: Int { self.buffer.count - self.head }
    package var hasRoom: Bool { self.count < self.highWater }

    // MARK: Producer

    /// Adds bytes. `false` means: stop until ``onDrain``.
    @discardableResult
    package func offer(_ bytes: Span<UInt8>) -> Bool {
        guard case .open = self.state, !bytes.isEmpty else { return self.mayContinue() }
        let wasEmpty = self.count == 0
        self.compact()
        self.buffer.append(contentsOf: bytes)
        return self.offered(wasEmpty: wasEmpty)
    }

    /// Adds bytes, without a copy if the pipe is empty. `false` means: stop until ``onDrain``.
    @discardableResult
    package func offer(_ bytes: [UInt8]) -> Bool {
        guard case .open = self.state, !bytes.isEmpty else { return self.mayContinue() }
        let wasEmpty = self.count == 0
        if wasEmpty {
            self.buffer = bytes
            self.head = 0
        } else {
            self.compact()
            self.buffer += bytes
        }
        return self.offered(wasEmpty: wasEmpty)
    }

    /// Waits for room and adds bytes.
    ///
    /// Throws ``Closed`` if the consumer has cancelled or the pipe has ended, `CancellationError` if the task is
    /// cancelled.
    package func write(_ bytes: [UInt8]) async throws {
        while case .open = self.state, !self.hasRoom { try await Self.list(&self.writers).wait() }
        guard case .open = self.state else { throw Closed() }
        self.offer(bytes)
        if self.hasRoom { self.writers?.wakeFirst() }
    }

    /// Ends the pipe: the consumer gets the buffered bytes, then the end or the error. Only the first call counts.
    package func finish(throwing error: (any Error)? = nil) {
        guard case .open = self.state else { return }
        self.state = error.map { .failed($0) } ?? .finished
        self.writers?.wakeAll()
        self.readers?.wakeAll()
        if self.count == 0 { self.onReadable?() }
        self.onDrain = nil
    }

    private func offered(wasEmpty: Bool) -> Bool {
        if wasEmpty {
            self.readers?.wakeFirst()
            self.onReadable?()
        }
        return self.mayContinue()
    }

    private func mayContinue() -> Bool {
        guard case .open = self.state else { return false }
        if !self.hasRoom { self.isHeld = true }
        return self.hasRoom
    }

    // MARK: Consumer

    /// Takes all buffered bytes; `nil` if there are none.
    package func takeAll() -> [UInt8]? {
        guard self.count > 0 else { return nil }
        let taken = self.head == 0 ? self.buffer : Array(self.buffer[self.head...])
        self.buffer = []
        self.head = 0
        self.drained()
        return taken
    }

    /// Moves up to `target.count` bytes and returns the number moved; for 0, see ``end``.
    package func take(into target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, self.count)
        guard count > 0 else { return 0 }
        unsafe self.buffer.withUnsafeBytes {
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[self.head..<self.head + count]))
        }
        self.head += count
        if self.head == self.buffer.count {
            self.buffer.removeAll(keepingCapacity: self.buffer.capacity <= self.highWater)
            self.head = 0
        }
        self.drained()
        return count
    }

    /// How the pipe ended, once all bytes have been taken; `nil` while more may come.
    package var end: Result<Void, any Error>? {
        guard self.count == 0 else { return nil }
        return switch self.state {
        case .open: nil
        case .finished: .success(())
        case .failed(let error): .failure(error)
        case .cancelled: .failure(Closed())
        }
    }

    /// Waits for bytes and takes all of them; `nil` at the end.
    ///
    /// Throws the producer's error, ``Closed`` after ``cancel()``, `CancellationError` if the task is cancelled.
    package func read() async throws -> [UInt8]? {
        while true {
            if let bytes = self.takeAll() { return bytes }
            if let end = self.end {
                try end.get()
                return nil
            }
            try await Self.list(&self.readers).wait()
        }
    }

    private static func list(_ list: inout WaitList?) -> WaitList {
        if let list { return list }
        let new = WaitList()
        list = new
        return new
    }

    /// Drops the buffered bytes and notifies the producer that the consumer wants no more.
    package func cancel() {
        switch self.state {
        case .cancelled: return
        case .finished, .failed: self.state = .cancelled
        case .open:
            self.state = .cancelled
            self.onCancel?()
        }
        self.buffer = []
        self.head = 0
        self.onCancel = nil
        self.onDrain = nil
        self.onReadable = nil
        self.writers?.wakeAll()
        self.readers?.wakeAll()
    }

    private func drained() {
        self.writers?.wakeFirst()
        // Half, so that small reads don't make the producer stop and start repeatedly.
        guard self.isHeld, self.count <= self.highWater / 2, case .open = self.state else { return }
        self.isHeld = false
        self.onDrain?()
    }

    /// Reclaims the space before `head` once it is more than half.
    private func compact() {
        guard self.head > 4096, self.head > self.buffer.count / 2 else { return }
        self.buffer.removeFirst(self.head)
        self.head = 0
    }
}
