internal import EventLoop
internal import Glibc
internal import Primitives

/// A lightweight client of the live protocol: it reads frames, extracts the times in their texts, and keeps nothing.
/// Its WebSocket code is independent of the measured one.
@Net final class LiveWatcher {
    /// The counts of all watchers of a run since the last reset.
    @Net final class Tally {
        /// Microseconds from when the model writes a chunk until it is read here.
        var lateness: [Int32] = []
        var frames = 0
        var ended = 0
        var gaps = 0
        var lost = 0

        init() { self.lateness.reserveCapacity(1 << 20) }
    }

    private let socket: FileDescriptor
    private let tally: Tally
    private var registration: Registration?
    private var rest: [UInt8] = []
    private var isOpen = false
    private var lastSequence = 0
    private(set) var hasText = false

    private init(socket: consuming FileDescriptor, tally: Tally) {
        self.socket = socket
        self.tally = tally
    }

    static func open(
        _ address: SocketAddress, host: String, token: String, thread: String, tally: Tally
    ) async throws -> LiveWatcher {
        let watcher = LiveWatcher(socket: try await Socket.connected(to: address), tally: tally)
        let request =
            "GET /api/v1/live HTTP/1.1\r\nHost: \(host)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Authorization: Bearer \(token)\r\n\r\n"
        try watcher.write(Array(request.utf8))
        try watcher.write(Self.frame(0x1, Array(#"{"subscribe_thread":"\#(thread)"}"#.utf8)))
        watcher.registration = try EventLoop.shared.watch(watcher.socket.rawValue, .readable) { [weak watcher] _ in
            watcher?.read()
        }
        return watcher
    }

    func close() {
        self.registration?.cancel()
        self.registration = nil
    }

    private func write(_ bytes: [UInt8]) throws {
        guard case .moved(bytes.count) = Socket.write(self.socket.rawValue, bytes) else {
            throw BenchFailure("a live socket did not accept \(bytes.count) bytes")
        }
    }

    /// A masked frame of fewer than 126 bytes; the mask is zero.
    private static func frame(_ opcode: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [0x80 | opcode, 0x80 | UInt8(bytes.count), 0, 0, 0, 0] + bytes
    }

    private func read() {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            switch Socket.read(self.socket.rawValue, into: buffer) {
            case .moved(0), .failed:
                self.tally.lost += 1
                self.close()
            case .moved(let count):
                self.rest.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                self.take()
            case .wouldBlock: break
            }
        }
    }

    private func take() {
        var start = 0
        if !self.isOpen {
            guard let end = self.rest.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
            self.isOpen = true
            start = end.upperBound
        }
        while let (opcode, payload) = self.nextFrame(from: start) {
            start = payload.upperBound
            switch opcode {
            case 0x1: self.take(self.rest[payload])
            case 0x9: try? self.write(Self.frame(0xA, Array(self.rest[payload])))
            default: break
            }
        }
        self.rest.removeSubrange(..<start)
    }

    private func nextFrame(from start: Int) -> (opcode: UInt8, payload: Range<Int>)? {
        guard self.rest.count >= start + 2 else { return nil }
        let short = Int(self.rest[start + 1])
        let head = short < 126 ? 2 : short == 126 ? 4 : 10
        guard self.rest.count >= start + head else { return nil }
        let length = short < 126 ? short : self.rest[(start + 2)..<(start + head)].reduce(0) { $0 << 8 | Int($1) }
        guard self.rest.count >= start + head + length else { return nil }
        return (self.rest[start] & 0x0F, (start + head)..<(start + head + length))
    }

    private func take(_ frame: ArraySlice<UInt8>) {
        let now = BenchClock.microseconds()
        self.tally.frames += 1
        guard let content = frame.firstRange(of: Array(#""content":""#.utf8)),
            let type = frame.firstRange(of: Array(#""type":""#.utf8))
        else { return }
        let kind = frame[type.upperBound]
        if kind == UInt8(ascii: "c") || (kind == UInt8(ascii: "e") && frame[type.upperBound + 1] == UInt8(ascii: "r")) {
            self.tally.ended += kind == UInt8(ascii: "c") ? 1 : 0
            self.tally.lost += kind == UInt8(ascii: "e") ? 1 : 0
            return
        }
        guard kind == UInt8(ascii: "e") else { return }
        self.hasText = true
        var time: Int64 = 0
        for byte in frame[content.upperBound...] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): time = time &* 10 &+ Int64(byte & 0x0F)
            case UInt8(ascii: " "):
                self.tally.lateness.append(Int32(clamping: now - time))
                time = 0
            default:
                self.check(frame)
                return
            }
        }
    }

    /// Counts gaps in the sequence.
    private func check(_ frame: ArraySlice<UInt8>) {
        guard let mark = frame.firstRange(of: Array(#""sequence":"#.utf8)) else { return }
        let sequence = frame[mark.upperBound...].prefix { $0 >= 0x30 && $0 <= 0x39 }
            .reduce(0) { $0 * 10 + Int($1 & 0x0F) }
        if sequence != self.lastSequence + 1 { self.tally.gaps += 1 }
        self.lastSequence = sequence
    }
}
