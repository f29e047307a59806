import EventLoop
import Primitives
import Testing

/// An IRC server that implements just enough for one bot to connect, and then sends whatever a test wants.
@Net
final class RawIRCServer {
    struct Overdue: Error, CustomStringConvertible {
        let lines: [String]
        var description: String { "timed out; last: \(self.lines.suffix(8))" }
    }

    let port: Int
    /// Every line from the bot.
    private(set) var lines: [String] = []
    /// The number of connections made.
    private(set) var connections = 0
    private let listener: FileDescriptor
    private var socket: FileDescriptor?
    private var registrations: [Registration] = []
    private var rest: [UInt8] = []
    private var nick = "?"
    private let changed = WaitList()

    init() throws {
        self.listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
        self.port = Int(try #require(Socket.localAddress(self.listener.rawValue)).port)
        self.registrations.append(
            try EventLoop.shared.watch(self.listener.rawValue, .readable) { [weak self] _ in self?.accept() })
    }

    /// Sends bytes unchanged; returns when the kernel has accepted them.
    func send(_ bytes: [UInt8]) async throws {
        guard let descriptor = self.socket?.rawValue else { return }
        var start = 0
        while start < bytes.count {
            switch Socket.write(descriptor, bytes, from: start) {
            case .moved(let count): start += count
            case .wouldBlock: try await self.changed.wait()
            case .failed(let code): throw SystemError("write", code: code)
            }
        }
    }

    func send(_ line: String) async throws { try await self.send(Array(line.utf8) + [0x0D, 0x0A]) }

    /// Waits until the bot has sent a matching line.
    @discardableResult
    func wait(within limit: Duration = .seconds(20), for fits: @Sendable (String) -> Bool) async throws -> String {
        let deadline = ContinuousClock.now + limit
        let timer = EventLoop.shared.schedule(after: limit) { self.changed.wakeAll() }
        defer { timer.cancel() }
        while true {
            if let line = self.lines.last(where: fits) { return line }
            guard ContinuousClock.now < deadline else { throw Overdue(lines: self.lines) }
            try await self.changed.wait()
        }
    }

    func stop() {
        for registration in self.registrations { registration.cancel() }
        self.registrations = []
        self.socket = nil
    }

    private func accept() {
        guard let socket = try? Socket.accept(on: self.listener.rawValue) else { return }
        self.connections += 1
        let number = socket.rawValue
        self.socket = consume socket
        let registration = try? EventLoop.shared.watch(number, [.readable, .writable, .edgeTriggered]) {
            [weak self] _ in self?.read(number)
        }
        if let registration { self.registrations.append(registration) }
    }

    private func read(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case .moved(let count) = buffer.withUnsafeMutableBytes({ Socket.read(descriptor, into: $0) }), count > 0 {
            self.rest += buffer[..<count]
        }
        while let end = self.rest.firstIndex(of: 0x0A) {
            let line = String(decoding: self.rest[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            self.rest.removeSubrange(...end)
            self.lines.append(line)
            self.answer(line, descriptor)
        }
        self.changed.wakeAll()
    }

    private func answer(_ line: String, _ descriptor: Int32) {
        let words = line.split(separator: " ").map(String.init)
        var reply: [String] = []
        switch words.first {
        case "NICK": self.nick = words.last ?? "?"
        case "CAP" where words.contains("LS"): reply = ["CAP * LS :"]
        case "CAP" where words.contains("END"): reply = ["001 \(self.nick) :Hello", "422 \(self.nick) :No message"]
        case "PING": reply = ["PONG raw.test \(words.last ?? "")"]
        case "JOIN":
            reply = [
                "353 \(self.nick) = \(words[1]) :\(self.nick) alice", "366 \(self.nick) \(words[1]) :End",
            ]
            _ = Socket.write(descriptor, Array(":\(self.nick)!bot@local JOIN \(words[1])\r\n".utf8), from: 0)
        default: return
        }
        // Far smaller than a socket's buffer.
        for line in reply { _ = Socket.write(descriptor, Array(":raw.test \(line)\r\n".utf8), from: 0) }
    }
}
