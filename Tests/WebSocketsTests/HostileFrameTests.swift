import EventLoop
import TestSupport
import Testing
import WebSockets

/// Also run under valgrind, see ``MemcheckTests``: a peer must not make the library write where it must not.
@Suite("Frames of hostile peers", .timeLimit(.minutes(1)))
struct HostileFrameTests {
    private static let tooBig = 1009
    /// Pongs of ten masked bytes, wherever one begins to read: the library drops what it has read when it closes.
    private static let behind = [UInt8](repeating: 0x8A, count: 20_000)

    @Test("a message over the default limit is refused, one up to it arrives", arguments: HostilePeer.Role.allCases)
    func defaultLimit(role: HostilePeer.Role) async throws {
        try await HostileScene.with(role) { scene in
            for size in [1_000_000, 1_048_576, 1_048_577, 1_060_000, 1_500_000, 3_000_000] {
                try await Self.meet(scene, size, limit: 1_048_576)
            }
        }
    }

    @Test("messages around a limit, and around multiples of it", arguments: HostilePeer.Role.allCases)
    func smallLimit(role: HostilePeer.Role) async throws {
        var settings = WebSocketSettings()
        settings.messageLimit = 8192
        try await HostileScene.with(role, settings) { scene in
            // The library hands messages on in pieces of 4096 bytes to a client, 1024 to a server.
            for size in [8191, 8192, 8193, 9216, 12_287, 12_288, 12_289, 16_384, 65_536] {
                try await Self.meet(scene, size, limit: 8192)
            }
        }
    }

    /// A message of `size` bytes, with a ping, a large message and a small one behind it.
    private static func meet(_ scene: HostileScene, _ size: Int, limit: Int) async throws {
        let payload = [UInt8](repeating: 0x61, count: size)
        let (heard, code) = try await scene.meet { peer in
            let behind = peer.frame(0x82, [UInt8](repeating: 7, count: min(limit, 20_000)))
            try? await peer.write(
                peer.frame(0x81, payload) + peer.frame(0x89, [1]) + behind + peer.frame(0x81, Array("end".utf8)))
            return try await peer.receiveClose()
        }
        if size <= limit {
            expectEqual(heard.messages.first, .text(String(decoding: payload, as: UTF8.self)), "\(size) of \(limit)")
            #expect(heard.messages.count == 2 && heard.error == nil && code == 1000, "\(size) of \(limit)")
        } else {
            #expect(heard.messages.isEmpty && code == Self.tooBig, "\(size) of \(limit)")
            expectEqual(heard.error?.code, .peerMistake, "\(size) of \(limit)")
        }
    }

    @Test("text that ends in invalid UTF-8 is refused, with frames behind it", arguments: HostilePeer.Role.allCases)
    func invalidText(role: HostilePeer.Role) async throws {
        try await HostileScene.with(role) { scene in
            for size in [2, 4096, 8192, 65_536] {
                for end: [UInt8] in [[0xFF], [0xE2, 0x82]] {
                    let (heard, code) = try await scene.meet { peer in
                        let text = [UInt8](repeating: 0x61, count: size - end.count) + end
                        try? await peer.write(peer.frame(0x81, text) + Self.behind)
                        return try await peer.receiveClose()
                    }
                    #expect(heard.messages.isEmpty && heard.error?.code == .peerMistake && code == 1007, "\(size)")
                }
            }
        }
    }

    @Test("a message refused in fragments, with pings between them", arguments: HostilePeer.Role.allCases)
    func fragments(role: HostilePeer.Role) async throws {
        var settings = WebSocketSettings()
        settings.messageLimit = 8192
        try await HostileScene.with(role, settings) { scene in
            for size in [3, 4096, 8193] {
                let (heard, code) = try await scene.meet { peer in
                    let part = [UInt8](repeating: 0x61, count: size)
                    var bytes = peer.frame(0x01, part)
                    for _ in 0..<15_000 / size { bytes += peer.frame(0x89, [0x21]) + peer.frame(0x00, part) }
                    try? await peer.write(bytes + peer.frame(0x80, part) + peer.frame(0x82, part))
                    return try await peer.receiveClose()
                }
                #expect(heard.messages.isEmpty && heard.error?.code == .peerMistake && code == Self.tooBig, "\(size)")
            }
        }
    }

    @Test("frames arrive whole however they are cut, also within their headers", arguments: HostilePeer.Role.allCases)
    func pieces(role: HostilePeer.Role) async throws {
        let sizes = [0, 1, 125, 126, 127, 1023, 1024, 1025, 4095, 4096, 4097, 8192, 65_535, 65_536]
        let expected = sizes.map { WebSocketMessage.binary([UInt8](repeating: UInt8($0 & 0xFF), count: $0)) }
        try await HostileScene.with(role) { scene in
            for pieces in [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4093], [3, 4096, 1, 2, 1024], [65_541]] {
                let (heard, code) = try await scene.meet { peer in
                    for size in sizes {
                        let payload = [UInt8](repeating: UInt8(size & 0xFF), count: size)
                        try await peer.write(peer.frame(0x82, payload), inPiecesOf: pieces)
                    }
                    try await peer.write(peer.frame(0x81, Array("end".utf8)), inPiecesOf: [1])
                    return try await peer.receiveClose()
                }
                #expect(heard == Heard(messages: expected) && code == 1000, "\(pieces)")
            }
        }
    }

    @Test(
        "a frame that breaks the protocol ends the connection, whatever is behind it",
        arguments: HostilePeer.Role.allCases)
    func broken(role: HostilePeer.Role) async throws {
        let starts: [(String, [UInt8])] = [
            ("a reserved bit", [0xC1, 0x01]), ("an unknown opcode", [0x83, 0x01]),
            ("a ping in fragments", [0x09, 0x01]),
            ("a long ping", [0x89, 0x7E, 0x01, 0x00]), ("a longer pong", [0x8A, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]),
            ("a continuation of nothing", [0x80, 0x01]), ("2^63 bytes", [0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ]
        try await HostileScene.with(role) { scene in
            for (name, start) in starts {
                let (heard, _) = try await scene.meet { peer in
                    let masked = role == .server ? [start[0], start[1] | 0x80] + start[2...] : start
                    try? await peer.write(masked + Self.behind)
                    // Our client ends the connection without a close frame.
                    _ = try? await peer.receiveClose()
                }
                #expect(heard.messages.isEmpty && heard.error != nil, "\(name): \(heard)")
            }
        }
    }

    @Test("a refusal stays one if the peer closes by itself right behind it", arguments: HostilePeer.Role.allCases)
    func closesBehind(role: HostilePeer.Role) async throws {
        var settings = WebSocketSettings()
        settings.messageLimit = 8192
        try await HostileScene.with(role, settings) { scene in
            for size in [8193, 12_288] {
                let (heard, _) = try await scene.meet { peer in
                    let long = peer.frame(0x82, [UInt8](repeating: 0, count: size))
                    try await peer.write(long + peer.frame(0x88, [0x03, 0xE8]) + long)
                    _ = try? await peer.receiveClose()
                }
                #expect(heard.messages.isEmpty && heard.error?.code == .peerMistake, "\(size)")
            }
        }
    }

    @Test(
        "a close waits for the peer's, so that a peer that still sends gets all", arguments: HostilePeer.Role.allCases)
    func closes(role: HostilePeer.Role) async throws {
        var settings = WebSocketSettings()
        settings.receiveCount = 4
        try await HostileScene.with(role, settings) { socket in
            // Nothing more is read from here on, so reading is paused.
            _ = try await socket.next()
            try await socket.send("last")
            await socket.close()
            return Heard()
        } _: { scene in
            let start = ContinuousClock.now
            let (_, end) = try await scene.meet { peer in
                for _ in 0..<10 { try await peer.send(0x82, [UInt8](repeating: 0, count: 20_000)) }
                try await expectEqual(peer.receive().first, 0x81)
                try await expectEqual(peer.receiveClose(), 1000)
                do throws(any Error) {
                    _ = try await peer.read(1)
                    return Int32(0)
                } catch {
                    return (error as? SystemError)?.code ?? -1
                }
            }
            expectEqual(end, HostilePeer.ended, "\(String(describing: end))")
            #expect(ContinuousClock.now - start < .seconds(4))
        }
    }

    // MARK: Refusals while this end writes

    /// More than the kernel takes for a peer that doesn't read.
    private static let long = 5_000_000

    /// Sends a long message, and reads.
    @concurrent @Sendable
    private static func talk(_ socket: WebSocket) async throws -> Heard {
        try await socket.send(.binary([UInt8](repeating: 0x78, count: Self.long)))
        return await Heard.all(socket)
    }

    @Test(
        "a close frame comes between two fragments of what is being sent, and ends it",
        arguments: HostilePeer.Role.allCases)
    func whileWriting(role: HostilePeer.Role) async throws {
        var settings = WebSocketSettings()
        settings.messageLimit = 8192
        try await HostileScene.with(role, settings, window: 32_768, handler: Self.talk) { scene in
            let (heard, code) = try await scene.meet { peer in
                let first = try await peer.receive()
                #expect(first.first == 0x02 && !first.payload.isEmpty)
                try await peer.send(0x82, [UInt8](repeating: 0, count: 8193))
                var count = first.payload.count
                while true {
                    let (first, payload) = try await peer.receive()
                    guard first == 0x00 else {
                        #expect(first == 0x88 && count < Self.long)
                        return Int(payload[0]) << 8 | Int(payload[1])
                    }
                    count += payload.count
                }
            }
            #expect(heard.error?.code == .peerMistake && code == Self.tooBig)
        }
    }

    @Test(
        "a peer that is refused and never reads is gone after the time for closing",
        arguments: HostilePeer.Role.allCases)
    func neverReads(role: HostilePeer.Role) async throws {
        var settings = WebSocketSettings()
        settings.messageLimit = 8192
        settings.closeSeconds = 1
        let isOver = Outcome<Void>()
        try await HostileScene.with(role, settings, window: 32_768) { socket in
            let heard = try await Self.talk(socket)
            isOver.set(())
            return heard
        } _: { scene in
            let start = ContinuousClock.now
            let (heard, _) = try await scene.meet { peer in
                _ = try await peer.receive()
                try await peer.send(0x82, [UInt8](repeating: 0, count: 8193))
                try await isOver.value()
            }
            expectEqual(heard.error?.code, .peerMistake)
            // Five seconds are the library's own limit.
            #expect(ContinuousClock.now - start < .seconds(4))
        }
    }
}
