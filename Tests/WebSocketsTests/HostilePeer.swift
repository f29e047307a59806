import EventLoop
import Glibc
import HTTP
import HTTPServer
import Primitives
import Testing
import WebSockets

@testable import TestSupport

/// The other end of one of our WebSockets: sends exactly the bytes that a test specifies.
@Net
final class HostilePeer {
    /// Which end is ours.
    enum Role: String, Sendable, CaseIterable {
        case client, server
    }

    /// The error of a read at the connection's end, which isn't that of a reset.
    nonisolated static let ended = EPIPE

    private let socket: FileDescriptor
    private let isClient: Bool
    private var registration: Registration?
    private let changed = WaitList()
    /// Made once: an unoptimised program takes long for that.
    private var scratch = [UInt8](repeating: 0, count: 65_536)
    private var buffer: [UInt8] = []
    private var start = 0
    /// The head of our server's answer.
    private(set) var handshake = ""

    init(_ socket: consuming FileDescriptor, isClient: Bool) throws {
        self.socket = socket
        self.isClient = isClient
        self.registration = try EventLoop.shared.watch(
            self.socket.rawValue, [.readable, .writable, .peerClosed, .edgeTriggered]
        ) { [weak self] _ in self?.changed.wakeAll() }
    }

    /// Shakes hands with our server.
    ///
    /// - Parameter window: Limits the bytes that the kernel takes for a peer that doesn't read.
    convenience init(to server: WebSocketTestServer, headers: String = "", window: Int32? = nil) async throws {
        let socket = try await Socket.connected(to: #require(server.http.boundAddress))
        if let window { HostileServer.limit(socket.rawValue, SO_RCVBUF, window) }
        try self.init(socket, isClient: true)
        try await self.write(Self.request(headers: headers))
        self.handshake = try await self.head()
    }

    /// A client's handshake.
    nonisolated static func request(headers: String = "") -> [UInt8] {
        Array(
            ("GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(headers)\r\n").utf8)
    }

    func close() {
        self.registration?.cancel()
        self.registration = nil
        Socket.shutdownWrite(self.socket.rawValue)
    }

    // MARK: Handshake

    /// Answers our client's handshake, and returns its head.
    @discardableResult
    func greet() async throws -> String {
        let head = try await self.head()
        let key = head.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst(19) ?? ""
        try await self.write(WebSocketFrames.handshake(key: String(key)))
        return head
    }

    private func head() async throws -> String {
        var (count, line) = (0, 0)
        while true {
            try await self.fill(count + 1)
            let byte = self.buffer[self.start + count]
            count += 1
            line = byte == 10 ? 0 : line + 1
            // The empty line.
            if byte == 13, line == 1 { return String(decoding: try await self.read(count + 1), as: UTF8.self) }
        }
    }

    // MARK: Bytes

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

    /// Writes pieces of these sizes, over and over.
    func write(_ bytes: [UInt8], inPiecesOf sizes: [Int]) async throws {
        var rest = bytes[...]
        var turn = 0
        while !rest.isEmpty {
            try await self.write(Array(rest.prefix(sizes[turn % sizes.count])))
            rest = rest.dropFirst(sizes[turn % sizes.count])
            turn += 1
        }
    }

    func read(_ count: Int) async throws -> ArraySlice<UInt8> {
        try await self.fill(count)
        defer { self.start += count }
        return self.buffer[self.start..<self.start + count]
    }

    /// Waits for that many bytes.
    private func fill(_ count: Int) async throws {
        while self.buffer.count - self.start < count {
            switch self.scratch.withUnsafeMutableBytes({ Socket.read(self.socket.rawValue, into: $0) }) {
            case .moved(0): throw SystemError("read to the end", code: Self.ended)
            case .moved(let count):
                self.buffer = Array(self.buffer[self.start...]) + self.scratch[..<count]
                self.start = 0
            case .wouldBlock: try await self.changed.wait()
            case .failed(let code): throw SystemError("read", code: code)
            }
        }
    }

    // MARK: Frames

    func send(_ first: UInt8, _ payload: [UInt8]) async throws {
        try await self.write(self.frame(first, payload))
    }

    /// A frame as this end sends it.
    func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var bytes = [first]
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count))
        case ..<65_536: bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: bytes += [127] + (0..<8).map { UInt8((payload.count >> (56 - 8 * $0)) & 0xFF) }
        }
        guard self.isClient else { return bytes + payload }
        bytes[1] |= 0x80
        // An unoptimised test takes long for each byte.
        guard payload.count < 20_000 else { return bytes + [0, 0, 0, 0] + payload }
        let mask: [UInt8] = [0x5A, 0, 0xFF, 0x13]
        return bytes + mask + payload.indices.map { payload[$0] ^ mask[$0 & 3] }
    }

    /// The payload of a data frame stays masked.
    func receive() async throws -> (first: UInt8, payload: [UInt8]) {
        let start = Array(try await self.read(2))
        // RFC 6455, section 5.1: a client masks its frames, a server does not.
        try #require((start[1] & 0x80 == 0) == self.isClient)
        var length = Int(start[1] & 0x7F)
        if length > 125 {
            length = try await self.read(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let mask = start[1] & 0x80 == 0 ? nil : Array(try await self.read(4))
        let payload = Array(try await self.read(length))
        guard let mask, start[0] & 0x08 != 0 else { return (start[0], payload) }
        return (start[0], payload.indices.map { payload[$0] ^ mask[$0 & 3] })
    }

    /// Waits for the close frame, answers it, and returns its code. Before it, only pongs and whole fragments may come.
    func receiveClose() async throws -> Int {
        while true {
            let (first, payload) = try await self.receive()
            guard first == 0x88 else {
                try #require([0x8A, 0x01, 0x00, 0x80, 0x81, 0x02, 0x82].contains(first), "\(first)")
                continue
            }
            // Our end may be gone already.
            try? await self.write(self.frame(0x88, Array(payload.prefix(2))))
            return payload.count < 2 ? 1005 : Int(payload[0]) << 8 | Int(payload[1])
        }
    }
}

/// Waits for connections of our client.
@Net
final class HostileServer {
    let port: Int
    private let listener: FileDescriptor
    private var registration: Registration?
    private let changed = WaitList()

    /// - Parameter window: Limits the bytes that the kernel takes for a peer that doesn't read.
    init(window: Int32? = nil) throws {
        self.listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
        self.port = Int(try #require(Socket.localAddress(self.listener.rawValue)).port)
        if let window { HostileServer.limit(self.listener.rawValue, SO_RCVBUF, window) }
        self.registration = try EventLoop.shared.watch(self.listener.rawValue, .readable) { [weak self] _ in
            self?.changed.wakeAll()
        }
    }

    nonisolated static func limit(_ socket: Int32, _ option: Int32, _ bytes: Int32) {
        var bytes = bytes
        setsockopt(socket, SOL_SOCKET, option, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    nonisolated var url: HTTPURL {
        get throws { try HTTPURL("ws://127.0.0.1:\(self.port)/live") }
    }

    func accept() async throws -> HostilePeer {
        while true {
            if let socket = try Socket.accept(on: self.listener.rawValue) {
                return try HostilePeer(socket, isClient: false)
            }
            try await self.changed.wait()
        }
    }

    func stop() {
        self.registration?.cancel()
        self.registration = nil
    }
}

/// What our end made of a peer.
struct Heard: Sendable, Equatable {
    var messages: [WebSocketMessage] = []
    /// Nil after a closing handshake.
    var error: WebSocketError?

    /// Reads until the end, or a message "end", and closes.
    @concurrent @Sendable
    static func all(_ socket: WebSocket) async -> Heard {
        var heard = Heard()
        do {
            while let message = try await socket.next(), message != .text("end") { heard.messages.append(message) }
        } catch {
            heard.error = error as? WebSocketError
        }
        await socket.close()
        return heard
    }
}

/// A client or a server of ours, which meets one hostile peer after the other.
struct HostileScene: Sendable {
    typealias Handler = @concurrent @Sendable (WebSocket) async throws -> Heard

    private enum End {
        case client(WebSocketClient, HostileServer)
        case server(WebSocketTestServer, AsyncStream<Heard>)
    }

    private let ours: End
    private let handler: Handler
    private let window: Int32?

    /// - Parameters:
    ///   - window: Limits the bytes that the kernel takes for a peer that doesn't read.
    ///   - handler: What our end does with each connection.
    static func with(
        _ role: HostilePeer.Role, _ settings: WebSocketSettings = WebSocketSettings(), window: Int32? = nil,
        handler: @escaping Handler = Heard.all, _ body: (HostileScene) async throws -> Void
    ) async throws {
        switch role {
        case .client:
            let server = try await HostileServer(window: window)
            var clientSettings = WebSocketClientSettings()
            clientSettings.socket = settings
            try await withClient(clientSettings) { client in
                try await body(HostileScene(ours: .client(client, server), handler: handler, window: window))
            }
            await server.stop()
        case .server:
            let (handled, continuation) = AsyncStream.makeStream(of: Heard.self)
            try await WebSocketTestServer.with(settings) { socket in
                continuation.yield(try await handler(socket))
            } _: { server in
                try await body(HostileScene(ours: .server(server, handled), handler: handler, window: window))
            }
        }
    }

    /// Lets `script` play a peer; returns its result and what our end made of it.
    func meet<Result: Sendable>(
        _ script: @escaping @Net @Sendable (HostilePeer) async throws -> Result
    ) async throws -> (Heard, Result) {
        switch self.ours {
        case .client(let client, let server):
            async let played = Self.play(script) {
                let peer = try await server.accept()
                try await peer.greet()
                return peer
            }
            let heard = try await self.handler(client.connect(server.url))
            return (heard, try await played)
        case .server(let server, let handled):
            let result = try await Self.play(script) {
                try await HostilePeer(to: server, window: self.window)
            }
            for await heard in handled { return (heard, result) }
            throw CancellationError()
        }
    }

    @Net private static func play<Result: Sendable>(
        _ script: @Net @Sendable (HostilePeer) async throws -> Result,
        as peer: @Net @Sendable () async throws -> HostilePeer
    ) async throws -> Result {
        let peer = try await peer()
        defer { peer.close() }
        return try await script(peer)
    }
}
