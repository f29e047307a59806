import EventLoop
import Primitives
import Testing

/// A loopback server whose connections a test's closure handles.
@Net
final class ScriptedServer {
    let port: Int
    private(set) var accepted = 0
    private let listener: FileDescriptor
    private var registration: Registration?
    private var tasks: [Task<Void, Never>] = []

    /// One connection to it.
    @Net final class Connection {
        private let descriptor: Int32
        private let owner: FileDescriptor
        private var registration: Registration?
        private let changed = WaitList()
        private var received: [UInt8] = []

        init(_ descriptor: consuming FileDescriptor) throws {
            self.descriptor = descriptor.rawValue
            self.owner = descriptor
            self.registration = try EventLoop.shared.watch(
                self.descriptor, [.readable, .writable, .peerClosed, .edgeTriggered]
            ) { [weak self] _ in self?.changed.wakeAll() }
        }

        isolated deinit { self.registration?.cancel() }

        /// The next bytes; nil at the end.
        func read() async throws -> String? {
            if !self.received.isEmpty {
                defer { self.received = [] }
                return String(decoding: self.received, as: UTF8.self)
            }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                switch bytes.withUnsafeMutableBytes({ Socket.read(self.descriptor, into: $0) }) {
                case .moved(0): return nil
                case .moved(let count): return String(decoding: bytes.prefix(count), as: UTF8.self)
                case .wouldBlock: try await self.changed.wait()
                case .failed(let code): throw SystemError("read", code: code)
                }
            }
        }

        func read(through mark: String) async throws -> String {
            var text = ""
            while !text.contains(mark) {
                guard let piece = try await self.read() else { return text }
                text += piece
            }
            let end = text.range(of: mark)
            self.received = Array(text[end...].utf8)
            return String(text[..<end])
        }

        func readToEnd() async throws -> String {
            var text = ""
            while let piece = try await self.read() { text += piece }
            return text
        }

        func write(_ text: String) async throws {
            let bytes = Array(text.utf8)
            var sent = 0
            while sent < bytes.count {
                switch Socket.write(self.descriptor, bytes, from: sent) {
                case .moved(let count): sent += count
                case .wouldBlock: try await self.changed.wait()
                case .failed(let code): throw SystemError("write", code: code)
                }
            }
        }

        func finish() { Socket.shutdownWrite(self.descriptor) }
    }

    init(_ handler: @escaping @Net @Sendable (Connection) async throws -> Void) throws {
        self.listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
        self.port = Int(try #require(Socket.localAddress(self.listener.rawValue)).port)
        self.registration = try EventLoop.shared.watch(self.listener.rawValue, .readable) { [weak self] _ in
            self?.accept(handler)
        }
    }

    private func accept(_ handler: @escaping @Net @Sendable (Connection) async throws -> Void) {
        while let socket = try? Socket.accept(on: self.listener.rawValue) {
            self.accepted += 1
            guard let connection = try? Connection(socket) else { continue }
            // Failures here show up in the client, which the test checks.
            self.tasks.append(Task { try? await handler(connection) })
        }
    }

    func stop() {
        self.registration?.cancel()
        for task in self.tasks { task.cancel() }
        self.tasks = []
    }
}

extension String {
    /// The index after the first occurrence of `mark`; the end if there is none.
    fileprivate func range(of mark: String) -> Index {
        var start = self.startIndex
        while start < self.endIndex {
            if self[start...].hasPrefix(mark) { return self.index(start, offsetBy: mark.count) }
            start = self.index(after: start)
        }
        return self.endIndex
    }
}
