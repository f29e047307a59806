import EventLoop
import Glibc
import Primitives
import TestSupport
import Testing

@Suite("Sockets", .timeLimit(.minutes(1)))
@Net
struct SocketTests {
    private static func listener() throws -> FileDescriptor {
        try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
    }

    /// The two ends of a connection.
    private func pair() async throws -> (client: Int32, server: Int32) {
        let listener = try Self.listener()
        let address = try #require(Socket.localAddress(listener.rawValue))
        let client = try await Socket.connected(to: address)
        let readable = WaitList()
        let registration = try EventLoop.shared.watch(listener.rawValue, .readable) { _ in readable.wakeAll() }
        defer { registration.cancel() }
        while true {
            if let server = try Socket.accept(on: listener.rawValue) { return (client.release(), server.release()) }
            try await readable.wait()
        }
    }

    private func received(_ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1024)
        guard case .moved(let count) = buffer.withUnsafeMutableBytes({ Socket.read(descriptor, into: $0) }) else {
            return nil
        }
        return Array(buffer.prefix(count))
    }

    @Test("bytes arrive, the end is seen, and a peer's departure is reported before its bytes are read")
    func crossing() async throws {
        let (client, server) = try await self.pair()
        let a = FileDescriptor(owning: client)
        let b = FileDescriptor(owning: server)
        expectEqual(Socket.remoteAddress(b.rawValue), Socket.localAddress(a.rawValue))
        let changed = WaitList()
        var seen: EpollEvents = []
        let registration = try EventLoop.shared.watch(b.rawValue, [.readable, .peerClosed]) { readiness in
            seen.formUnion(readiness)
            changed.wakeAll()
        }
        expectEqual(Socket.write(a.rawValue, Array("xhello".utf8), from: 1), .moved(5))
        while seen.isEmpty { try await changed.wait() }
        expectEqual(seen, .readable)
        registration.modify([.peerClosed])
        Socket.shutdownWrite(a.rawValue)
        while !seen.contains(.peerClosed) { try await changed.wait() }
        expectEqual(self.received(b.rawValue), Array("hello".utf8))
        expectEqual(self.received(b.rawValue), [])
        registration.cancel()
    }

    @Test("small writes of both sides leave at once")
    func noDelay() async throws {
        let (client, server) = try await self.pair()
        let a = FileDescriptor(owning: client)
        let b = FileDescriptor(owning: server)
        for socket in [a.rawValue, b.rawValue] {
            var isOn: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            expectEqual(getsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, &size), 0)
            #expect(isOn != 0)
        }
    }

    @Test("a full socket would block, and becomes writable once the peer has read")
    func wouldBlock() async throws {
        let (client, server) = try await self.pair()
        let a = FileDescriptor(owning: client)
        let b = FileDescriptor(owning: server)
        let block = [UInt8](repeating: 1, count: 1 << 20)
        var sent = 0
        while case .moved(let count) = Socket.write(a.rawValue, block) { sent += count }
        expectEqual(Socket.write(a.rawValue, block), .wouldBlock)
        let changed = WaitList()
        var isWritable = false
        let registration = try EventLoop.shared.watch(a.rawValue, [.writable]) { _ in
            isWritable = true
            changed.wakeAll()
        }
        var received = 0
        while received < sent { received += self.received(b.rawValue)?.count ?? 0 }
        while !isWritable { try await changed.wait() }
        registration.cancel()
    }

    @Test("a refused connection is an error that names the address")
    func refused() async throws {
        let listener = try Self.listener()
        let address = try #require(Socket.localAddress(listener.rawValue))
        _ = consume listener
        let error = await #expect(throws: SystemError.self) { _ = try await Socket.connected(to: address).rawValue }
        expectEqual(error?.message, "connect to \(address): Connection refused")
    }

    @Test("cancelling a registration drops its pending event, even for a new registration of the descriptor")
    func staleEvents() async throws {
        let (client, server) = try await self.pair()
        let a = FileDescriptor(owning: client)
        let b = FileDescriptor(owning: server)
        expectEqual(Socket.write(a.rawValue, [1]), .moved(1))
        expectEqual(Socket.write(b.rawValue, [1]), .moved(1))
        let loop = EventLoop.shared
        let changed = WaitList()
        var calls: [String] = []
        var first: Registration?
        var second: Registration?
        // Both are ready in the same batch, in no fixed order; the first replaces the other.
        func handler(
            _ name: String, cancelling other: @escaping @Net () -> Registration?
        ) -> @Net (EpollEvents) -> Void {
            { _ in
                calls.append(name)
                if let other = other(), other.isActive {
                    other.cancel()
                    let renewed = try? loop.watch(other.descriptor, [.peerClosed]) { _ in calls.append("stale") }
                    loop.schedule(after: .milliseconds(5)) {
                        renewed?.cancel()
                        changed.wakeAll()
                    }
                }
                first?.cancel()
                second?.cancel()
            }
        }
        first = try loop.watch(a.rawValue, [.readable], handler: handler("a") { second })
        second = try loop.watch(b.rawValue, [.readable], handler: handler("b") { first })
        try await changed.wait()
        expectEqual(calls.count, 1)
        #expect(!calls.contains("stale"))
    }

    @Test("watching a closed descriptor is an error, cancelling after closing is harmless")
    func closedDescriptor() async throws {
        #expect(throws: SystemError.self) { try EventLoop.shared.watch(-1, .readable) { _ in } }
        #expect(throws: SystemError.self) { try EventLoop.shared.watch(1_000_000, .readable) { _ in } }
        let listener = try Self.listener()
        let registration = try EventLoop.shared.watch(listener.rawValue, .readable) { _ in }
        _ = consume listener
        registration.cancel()
        registration.modify(.writable)
        #expect(!registration.isActive)
    }

    @Test(
        "addresses are parsed and formatted",
        arguments: [
            ("127.0.0.1", 80, "127.0.0.1:80", true), ("127.8.9.1", 0, "127.8.9.1:0", true),
            ("10.0.0.1", 65_535, "10.0.0.1:65535", false), ("::1", 6_697, "[::1]:6697", true),
            ("[::1]", 1, "[::1]:1", true), ("2001:db8::5", 443, "[2001:db8::5]:443", false),
            ("::ffff:127.0.0.1", 9, "[::ffff:127.0.0.1]:9", true),
        ] as [(String, UInt16, String, Bool)])
    nonisolated func addresses(host: String, port: UInt16, text: String, isLoopback: Bool) throws {
        let address = try #require(SocketAddress(host: host, port: port))
        expectEqual(address.description, text)
        expectEqual(address.port, port)
        expectEqual(address.isLoopback, isLoopback)
    }

    @Test(
        "anything but a numeric address is rejected",
        arguments: ["", "localhost", "127.1", "1.2.3.4.5", "::g", "[::1", "300.1.1.1"])
    nonisolated func noAddress(host: String) {
        expectEqual(SocketAddress(host: host, port: 1), nil)
    }
}
