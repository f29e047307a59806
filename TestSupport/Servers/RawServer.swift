package import EventLoop
internal import Primitives

/// A loopback server that sends exactly the bytes that a test specifies.
@Net
package final class RawServer {
    package nonisolated let port: Int
    package private(set) var accepted = 0
    private let listener: FileDescriptor
    private var registration: Registration?
    private let changed = WaitList()
    private var tasks: [Task<Void, Never>] = []

    package init(_ handler: @escaping @Net @Sendable (Connection) async throws -> Void) throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: 0) else { throw CancellationError() }
        self.listener = try Socket.listen(on: address)
        self.port = Int(Socket.localAddress(self.listener.rawValue)?.port ?? 0)
        self.registration = try EventLoop.shared.watch(self.listener.rawValue, .readable) { [weak self] _ in
            self?.accept(handler)
        }
    }

    /// Sends each connection the same, says nothing more, and leaves it open.
    package convenience init(sending text: String = "") throws {
        try self.init { connection in
            try await connection.write(text)
            try await connection.peerGone()
        }
    }

    isolated deinit { self.registration?.cancel() }

    private func accept(_ handler: @escaping @Net @Sendable (Connection) async throws -> Void) {
        while let socket = try? Socket.accept(on: self.listener.rawValue) {
            self.accepted += 1
            self.changed.wakeAll()
            guard let connection = try? Connection(socket) else { continue }
            self.tasks.append(
                // Ended by `stop()`. Failures show up in the client, which the test checks.
                Task {
                    try? await handler(connection)
                    connection.close()
                })
        }
    }

    package func wait(forConnections count: Int) async throws {
        while self.accepted < count { try await self.changed.wait() }
    }

    package func stop() {
        self.registration?.cancel()
        self.registration = nil
        for task in self.tasks { task.cancel() }
        self.tasks = []
    }
}

extension RawServer {
    @Net
    package final class Connection {
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
        package func read() async throws -> [UInt8]? {
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
        package func head() async throws -> String? {
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

        package func body(_ count: Int) async throws -> [UInt8] {
            var body: [UInt8] = []
            while body.count < count, let bytes = try await self.read() { body += bytes }
            self.buffer = Array(body.dropFirst(count))
            return Array(body.prefix(count))
        }

        package func write(_ bytes: [UInt8]) async throws {
            var sent = 0
            while sent < bytes.count {
                switch Socket.write(self.socket.rawValue, bytes, from: sent) {
                case .moved(let count): sent += count
                case .wouldBlock: try await self.changed.wait()
                case .failed(let code): throw SystemError("write", code: code)
                }
            }
        }

        package func write(_ text: String) async throws { try await self.write(Array(text.utf8)) }

        /// Waits until the client has closed.
        package func peerGone() async throws {
            while !self.isPeerGone { try await self.changed.wait() }
        }

        package func close() {
            self.registration?.cancel()
            self.registration = nil
            Socket.shutdownWrite(self.socket.rawValue)
        }
    }
}
