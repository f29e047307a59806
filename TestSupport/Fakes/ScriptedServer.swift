package import EventLoop
internal import Primitives

/// A loopback server that sends exactly the bytes that a test specifies: a closure handles each connection.
@Net
package final class ScriptedServer {
    package typealias Handler = @Net @Sendable (Connection) async throws -> Void

    package nonisolated let port: Int
    package private(set) var accepted = 0
    private let listener: FileDescriptor
    private var registration: Registration?
    private let changed = WaitList()
    private var tasks: [Task<Void, Never>] = []

    package init(_ handler: @escaping Handler) throws {
        guard let any = SocketAddress(host: "127.0.0.1", port: 0) else { throw SystemError("listen", code: 22) }
        self.listener = try Socket.listen(on: any)
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

    private func accept(_ handler: @escaping Handler) {
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

    /// One connection to it. Nothing is read before the handler asks for it.
    @Net
    package final class Connection {
        private let socket: FileDescriptor
        private var registration: Registration?
        private let changed = WaitList()
        private var buffer: [UInt8] = []
        private var isPeerGone = false

        fileprivate init(_ socket: consuming FileDescriptor) throws {
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

        /// Everything up to and including `mark`; what is before the end if it does not come.
        package func read(through mark: String) async throws -> String {
            let mark = Array(mark.utf8)
            var text: [UInt8] = []
            while let bytes = try await self.read() {
                let checked = max(0, text.count - mark.count + 1)
                text += bytes
                guard let end = text[checked...].firstRange(of: mark)?.upperBound else { continue }
                self.buffer = Array(text[end...])
                text.removeLast(text.count - end)
                break
            }
            return String(decoding: text, as: UTF8.self)
        }

        /// The next request's head, including the empty line; nil if it does not come.
        package func head() async throws -> String? {
            let head = try await self.read(through: "\r\n\r\n")
            return head.hasSuffix("\r\n\r\n") ? head : nil
        }

        package func readToEnd() async throws -> String {
            var all: [UInt8] = []
            while let bytes = try await self.read() { all += bytes }
            return String(decoding: all, as: UTF8.self)
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

        /// Ends what is written; the peer may go on.
        package func finish() { Socket.shutdownWrite(self.socket.rawValue) }

        func close() {
            self.registration?.cancel()
            self.registration = nil
            self.finish()
        }
    }
}
