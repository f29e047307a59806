import EventLoop
import HTTPClient
import Primitives
import TestSupport
import Testing

@Suite("StreamConnection", .timeLimit(.minutes(1)))
@Net
struct StreamConnectionTests {
    private func connect(_ server: ScriptedServer) async throws -> StreamConnection {
        try await StreamConnection.connect(host: "127.0.0.1", port: server.port)
    }

    /// Gives a task time to begin its wait. The result must be the same if it hasn't.
    private static func letWait() async throws { try await EventLoop.shared.sleep(for: .milliseconds(10)) }

    @Test("bytes are exchanged until the peer's end")
    func crossing() async throws {
        let server = try ScriptedServer { connection in
            try await connection.write("hello\r\n")
            try await expectEqual(connection.read(), Array("NICK a\r\n".utf8))
            try await connection.write("bye")
        }
        let connection = try await self.connect(server)
        try await expectEqual(connection.read(), Array("hello\r\n".utf8))
        try await connection.write(Array("NICK a\r\n".utf8))
        try await expectEqual(connection.read(), Array("bye".utf8))
        try await expectEqual(connection.read(), nil)
        server.stop()
    }

    @Test("several connections work concurrently")
    func several() async throws {
        let server = try ScriptedServer { connection in
            while let bytes = try await connection.read() { try await connection.write(bytes) }
        }
        var connections: [StreamConnection] = []
        for _ in 0..<20 { connections.append(try await self.connect(server)) }
        for round in 0..<5 {
            for (number, connection) in connections.enumerated() {
                let line = Array("\(round) \(number)\r\n".utf8)
                try await connection.write(line)
                try await expectEqual(connection.read(), line)
            }
        }
        server.stop()
    }

    @Test("another owner takes over the socket: nothing is read twice, and nothing is lost")
    func another() async throws {
        let server = try ScriptedServer { connection in
            try await connection.write("one")
            try await expectEqual(connection.read(), Array("first".utf8))
            try await connection.write("two")
            try await expectEqual(connection.read(), Array("second".utf8))
            try await connection.write("three")
        }
        let first = try await self.connect(server)
        try await expectEqual(first.read(), Array("one".utf8))
        async let pending = first.read()
        try await Self.letWait()
        first.endReading()
        try await expectEqual(pending, nil)
        try await first.write(Array("first".utf8))
        let socket = try #require(await first.copyOfSocket()?.release())
        first.close()
        let second = try await StreamConnection.resume(FileDescriptor(owning: socket))
        try await expectEqual(second.read(), Array("two".utf8))
        try await second.write(Array("second".utf8))
        try await expectEqual(second.read(), Array("three".utf8))
        try await expectEqual(second.read(), nil)
        expectEqual(server.accepted, 1)
        server.stop()
    }

    @Test("a peer that reads nothing blocks the writer; a cancelled writer closes the connection")
    func pressure() async throws {
        let gone = Flag()
        let resume = Flag()
        let server = try ScriptedServer { connection in
            try await resume.wait()
            while try await connection.read() != nil {}
            gone.set()
        }
        let connection = try await self.connect(server)
        var sent = 0
        let writer = Task {
            while true {
                try await connection.write([UInt8](repeating: 1, count: 100_000))
                sent += 100_000
            }
        }
        var last = -1
        while sent != last || sent == 0 {
            last = sent
            try await EventLoop.shared.sleep(for: .milliseconds(50))
        }
        #expect(sent < 10_000_000)
        writer.cancel()
        await #expect(throws: CancellationError.self) { try await writer.value }
        resume.set()
        try await gone.wait()
        try await expectEqual(connection.read(), nil)
        server.stop()
    }

    @Test("a cancelled reader ends, and the connection remains usable")
    func cancelledReader() async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.read()
            try await connection.write("pong")
        }
        let connection = try await self.connect(server)
        let reader = Task { try await connection.read() }
        try await Self.letWait()
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        try await connection.write(Array("ping".utf8))
        try await expectEqual(connection.read(), Array("pong".utf8))
        server.stop()
    }

    @Test("closing ends a waiting reader, and releasing the connection closes it")
    func closing() async throws {
        let gone = Flag()
        let server = try ScriptedServer { connection in
            try await connection.peerGone()
            gone.set()
        }
        let connection = try await self.connect(server)
        let reader = Task { try await connection.read() }
        try await Self.letWait()
        connection.close()
        try await expectEqual(reader.value, nil)
        try await gone.wait()
        let dropped = Flag()
        let second = try ScriptedServer { connection in
            try await connection.peerGone()
            dropped.set()
        }
        _ = try await self.connect(second)
        try await dropped.wait()
        server.stop()
        second.stop()
    }

    @Test("a failed connection has the matching error code")
    func failures() async throws {
        let refused = await #expect(throws: HTTPClientError.self) {
            try await StreamConnection.connect(host: "127.0.0.1", port: 1)
        }
        expectEqual(refused?.code, .connect)
        let unknown = await #expect(throws: HTTPClientError.self) {
            try await StreamConnection.connect(host: "no-such-host.invalid", port: 6_667, timeout: .seconds(20))
        }
        expectEqual(unknown?.code, .resolve)
        for host in ["", "a b", "user@host", "host/path", "a\r\nb"] {
            let wrong = await #expect(throws: HTTPClientError.self) {
                try await StreamConnection.connect(host: host, port: 1)
            }
            expectEqual(wrong?.code, .invalidRequest)
        }
        let silent = try ScriptedServer { try await $0.peerGone() }
        let late = await #expect(throws: HTTPClientError.self) {
            try await StreamConnection.connect(
                host: "127.0.0.1", port: silent.port, tls: TLSSettings(), timeout: .milliseconds(60))
        }
        expectEqual(late?.code, .connectTimeout)
        silent.stop()
    }

    @Test("cancelling while connecting ends at once")
    func cancelledConnect() async throws {
        let silent = try ScriptedServer { try await $0.peerGone() }
        let task = Task {
            try await StreamConnection.connect(host: "127.0.0.1", port: silent.port, tls: TLSSettings())
        }
        try await Self.letWait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        silent.stop()
    }
}
