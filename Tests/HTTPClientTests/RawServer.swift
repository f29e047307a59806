import EventLoop
import Primitives
import Testing

/// A loopback server that sends exactly the bytes that a test specifies.
@Net
final class RawServer {
    let port: Int
    private(set) var accepted = 0
    private let listener: FileDescriptor
    private var registration: Registration?
    private var tasks: [Task<Void, Never>] = []

    init(_ handler: @escaping @Net @Sendable (RawConnection) async throws -> Void) throws {
        self.listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
        self.port = Int(try #require(Socket.localAddress(self.listener.rawValue)).port)
        self.registration = try EventLoop.shared.watch(self.listener.rawValue, .readable) { [weak self] _ in
            self?.accept(handler)
        }
    }

    private func accept(_ handler: @escaping @Net @Sendable (RawConnection) async throws -> Void) {
        while let socket = try? Socket.accept(on: self.listener.rawValue) {
            self.accepted += 1
            guard let connection = try? RawConnection(socket) else { continue }
            self.tasks.append(
                Task {
                    // Failures here show up in the client, which the test checks.
                    try? await handler(connection)
                    connection.close()
                })
        }
    }

    func stop() {
        self.registration?.cancel()
        self.registration = nil
        for task in self.tasks { task.cancel() }
        self.tasks = []
    }
}

@Net
final class RawConnection {
    private let socket: FileDescriptor
    private var registration: Registration?
    private let changed = WaitList()
    private var buffer: [UInt8] = []
    private var isPeerGone = false

    init(_ socket: consuming FileDescriptor) throws {
        self.socket = socket
        self.registration = try EventLoop.shared.watch(
            self.socket.rawValue, [.readable, .writable, .peerClosed, .edgeTriggered]
        ) { [weak self] readiness in
            if !readiness.isDisjoint(with: [.peerClosed, .hangUp, .error]) { self?.isPeerGone = true }
            self?.changed.wakeAll()
        }
    }

    /// The next bytes; `nil` at the end.
    func read() async throws -> [UInt8]? {
        if !self.buffer.isEmpty {
            defer { self.buffer = [] }
            return self.buffer
        }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            switch bytes.withUnsafeMutableBytes({ Socket.read(self.socket.rawValue, into: $0) }) {
            case .moved(0): return nil
            case .moved(let count): return Array(bytes.prefix(count))
            case .wouldBlock: try await self.changed.wait()
            case .failed(let code): throw SystemError("read", code: code)
            }
        }
    }

    /// The next request's head, including the empty line.
    func head() async throws -> String? {
        var head: [UInt8] = []
        while true {
            guard let bytes = try await self.read() else { return nil }
            let checked = max(0, head.count - 3)
            head += bytes
            for end in checked..<max(checked, head.count - 3)
            where head[end] == 0x0D && head[end + 1] == 0x0A && head[end + 2] == 0x0D && head[end + 3] == 0x0A {
                self.buffer = Array(head[(end + 4)...])
                return String(decoding: head[..<(end + 4)], as: UTF8.self)
            }
        }
    }

    func body(_ count: Int) async throws -> [UInt8] {
        var body: [UInt8] = []
        while body.count < count, let bytes = try await self.read() { body += bytes }
        self.buffer = Array(body.dropFirst(count))
        return Array(body.prefix(count))
    }

    func write(_ bytes: [UInt8]) async throws {
        var sent = 0
        while sent < bytes.count {
            switch Socket.write(self.socket.rawValue, bytes, from: sent) {
            case .moved(let count): sent += count
            case .wouldBlock: try await self.changed.wait()
            case .failed(let code): throw SystemError("write", code: code)
            }
        }
    }

    func write(_ text: String) async throws { try await self.write(Array(text.utf8)) }

    /// Waits until the client has closed.
    func peerGone() async throws {
        while !self.isPeerGone { try await self.changed.wait() }
    }

    func close() {
        self.registration?.cancel()
        self.registration = nil
        Socket.shutdownWrite(self.socket.rawValue)
    }
}
