package import EventLoop
internal import Primitives

/// A client of a loopback server that sends exactly the given bytes.
@Net
package final class RawConnection {
    /// The connection ended before the expected bytes arrived.
    package struct Ended: Error {
        package init() {}
    }

    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private var received: [UInt8] = []
    /// Whether the end of the server's data was read.
    package private(set) var isEnded = false
    private let changed = WaitList()
    /// While `false` nothing is read, as with a client that hangs.
    package var isReading = true {
        didSet { self.update() }
    }
    private var isBlocked = false

    package init(to address: SocketAddress?) async throws {
        guard let address else { throw Ended() }
        let descriptor = try await Socket.connected(to: address)
        let number = descriptor.rawValue
        self.descriptor = consume descriptor
        self.registration = try EventLoop.shared.watch(number, .readable) { self.handle($0) }
    }

    private func update() {
        var interest: EpollEvents = []
        if self.isReading, !self.isEnded { interest.insert(.readable) }
        if self.isBlocked { interest.insert(.writable) }
        self.registration?.modify(interest)
    }

    private func handle(_ readiness: EpollEvents) {
        if readiness.contains(.writable) { self.isBlocked = false }
        if self.isReading, !self.isEnded, let registration = self.registration {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            switch buffer.withUnsafeMutableBytes({ Socket.read(registration.descriptor, into: $0) }) {
            case .moved(0), .failed: self.isEnded = true
            case .moved(let count): self.received += buffer[..<count]
            case .wouldBlock: break
            }
        }
        self.update()
        self.changed.wakeAll()
    }

    package func send(_ text: String) async throws {
        try await self.send(Array(text.utf8))
    }

    /// Returns when the kernel has accepted everything.
    package func send(_ bytes: [UInt8]) async throws {
        var start = 0
        while start < bytes.count {
            start += try self.sendSome(bytes, from: start)
            while self.isBlocked { try await self.changed.wait() }
        }
    }

    /// Sends as much as the kernel accepts now; returns the number of bytes.
    package func sendSome(_ bytes: [UInt8], from start: Int = 0) throws -> Int {
        guard let registration = self.registration else { throw Ended() }
        switch Socket.write(registration.descriptor, bytes, from: start) {
        case .moved(let count): return count
        case .failed: throw Ended()
        case .wouldBlock:
            self.isBlocked = true
            self.update()
            return 0
        }
    }

    /// Everything up to and including `mark`, which must come before the end.
    package func receive(through mark: String) async throws -> String {
        let mark = Array(mark.utf8)
        while true {
            if let end = self.end(of: mark) {
                defer { self.received.removeFirst(end) }
                return String(decoding: self.received[..<end], as: UTF8.self)
            }
            guard !self.isEnded else { throw Ended() }
            try await self.changed.wait()
        }
    }

    /// Everything up to the connection's end.
    package func receiveToEnd() async throws -> String {
        while !self.isEnded { try await self.changed.wait() }
        defer { self.received = [] }
        return String(decoding: self.received, as: UTF8.self)
    }

    /// Waits for `count` bytes and returns them.
    package func receive(count: Int) async throws -> [UInt8] {
        while self.received.count < count {
            guard !self.isEnded else { throw Ended() }
            try await self.changed.wait()
        }
        defer { self.received.removeFirst(count) }
        return Array(self.received[..<count])
    }

    package func finishSending() {
        guard let registration = self.registration else { return }
        Socket.shutdownWrite(registration.descriptor)
    }

    package func close() {
        self.registration?.cancel()
        self.registration = nil
        self.descriptor = nil
    }

    private func end(of mark: [UInt8]) -> Int? {
        guard self.received.count >= mark.count else { return nil }
        for start in 0...(self.received.count - mark.count)
        where self.received[start] == mark[0] && self.received[start..<start + mark.count].elementsEqual(mark) {
            return start + mark.count
        }
        return nil
    }
}
