import EventLoop
import HTTPServer
import TestSupport
import Testing
import WebSockets

@Suite("WebSockets on the wire", .timeLimit(.minutes(1)))
struct WebSocketWireTests {
    @Test(
        "an invalid handshake gets an HTTP error",
        arguments: [
            ("GET /live HTTP/1.1\r\nHost: a\r\n\r\n", 426),
            ("GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 426),
            (
                "POST /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 426
            ),
            (
                "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 426
            ),
            (
                "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n", 400
            ),
            (
                "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\n\r\n", 400
            ),
        ])
    @Net func handshakes(request: String, status: Int) async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            let connection = try await RawConnection(to: server.http.boundAddress)
            try await connection.send(request)
            #expect(try await connection.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 \(status) "))
            connection.close()
        }
    }

    @Test("the handshake follows RFC 6455, without the compression that a browser offers")
    @Net func answer() async throws {
        try await WebSocketTestServer.with(subprotocols: ["chat"], handler: WebSocketTestServer.echo) { server in
            let plain = try await HostilePeer(to: server)
            #expect(plain.handshake.hasPrefix("HTTP/1.1 101 "))
            #expect(plain.handshake.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
            #expect(!plain.handshake.lowercased().contains("sec-websocket-protocol"))
            plain.close()
            let browser = try await HostilePeer(
                to: server,
                headers: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                    + "Sec-WebSocket-Protocol: chat, superchat\r\nCookie: \(String(repeating: "c", count: 9000))\r\n")
            let answer = browser.handshake.lowercased()
            #expect(!answer.contains("sec-websocket-extensions"))
            #expect(answer.contains("sec-websocket-protocol: chat\r\n"))
            // "Hello" compressed, from RFC 7692 §7.2.3.1.
            try await browser.send(0xC1, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00])
            try await expectEqual(browser.receiveClose(), 1002)
            browser.close()
        }
    }

    @Test("a frame sent with the handshake is not lost; fragments with pings in between are handled")
    @Net func frames() async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            let early = try await RawConnection(to: server.http.boundAddress)
            try await early.send(HostilePeer.request() + [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
            _ = try await early.receive(through: "\r\n\r\n")
            try await expectEqual(early.receive(count: 4), [0x81, 2, 0x68, 0x69])
            early.close()

            let socket = try await HostilePeer(to: server)
            try await socket.send(0x01, Array("he".utf8))
            try await socket.send(0x89, Array("ping".utf8))
            try await socket.send(0x00, Array("ll".utf8))
            try await socket.send(0x80, Array("o".utf8))
            let pong = try await socket.receive()
            #expect(pong.first == 0x8A && pong.payload == Array("ping".utf8))
            let message = try await socket.receive()
            #expect(message.first == 0x81 && message.payload == Array("hello".utf8))
            socket.close()
        }
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let head: UInt8
        let payload: [UInt8]
        let code: Int
    }

    @Test(
        "protocol errors close the connection with the right code",
        arguments: [
            Mistake(testDescription: "text that is not UTF-8", head: 0x81, payload: [0xC3, 0x28], code: 1007),
            Mistake(testDescription: "a surrogate", head: 0x81, payload: [0xED, 0xA0, 0x80], code: 1007),
            Mistake(testDescription: "half a character", head: 0x81, payload: [0xE2, 0x82], code: 1007),
            Mistake(testDescription: "a reserved bit", head: 0x91, payload: [], code: 1002),
            Mistake(testDescription: "an unknown opcode", head: 0x83, payload: [], code: 1002),
            Mistake(testDescription: "a close with a code", head: 0x88, payload: [0x0F, 0xA0, 0x78], code: 4000),
        ])
    @Net func mistakes(mistake: Mistake) async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            let socket = try await HostilePeer(to: server)
            try await socket.send(mistake.head, mistake.payload)
            try await expectEqual(socket.receiveClose(), mistake.code)
            socket.close()
        }
    }

    @Test(
        "an unmasked frame closes the connection with 1002 (RFC 6455 §5.1)",
        arguments: [
            [[0x81, 2, 0x68, 0x69]], [[0x81], [2, 0x68, 0x69]], [[0x89, 0]], [[0x88, 2, 3, 0xE8]],
            [[0x82, 126, 1, 0] + [UInt8](repeating: 0, count: 256)],
            // After a masked frame, in the same piece and cut within its payload.
            [[0x81, 0x81, 0, 0, 0, 0, 0x61, 0x81, 1, 0x62]], [[0x81, 0x82, 0, 0, 0, 0, 0x61], [0x62, 0x81, 1, 0x62]],
            [[0x81, 0xFE, 0, 126, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: 126), [0x80, 0]],
        ])
    @Net func unmasked(pieces: [[UInt8]]) async throws {
        let failure = Outcome<WebSocketError?>()
        try await WebSocketTestServer.with { socket in
            failure.set(await Heard.all(socket).error)
        } _: { server in
            let socket = try await HostilePeer(to: server)
            for piece in pieces { try await socket.write(piece) }
            try await expectEqual(socket.receiveClose(), 1002)
            socket.close()
            let error = try await failure.value()
            #expect(error?.code == .peerMistake && error?.message.contains("1002") == true)
        }
    }

    @Test("an unmasked frame sent with the handshake closes the connection too; masked ones before it count")
    @Net func unmaskedAtOnce() async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            let early = try await RawConnection(to: server.http.boundAddress)
            try await early.send(
                HostilePeer.request() + [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69, 0x81, 2, 0x6E, 0x6F])
            _ = try await early.receive(through: "\r\n\r\n")
            var received: [UInt8] = []
            while !received.contains(0x88) { received += try await early.receive(count: 1) }
            try await expectEqual(Array(early.receive(count: 3).dropFirst()), [0x03, 0xEA])
            early.close()
        }
    }

    @Test("a peer that doesn't respond to pings is considered lost")
    @Net func halfOpen() async throws {
        let failure = Outcome<WebSocketError.Code?>()
        var settings = WebSocketSettings()
        settings.pingInterval = .milliseconds(100)
        settings.deadline = .milliseconds(400)
        try await WebSocketTestServer.with(settings) { socket in
            failure.set(await Heard.all(socket).error?.code)
        } _: { server in
            let silent = try await HostilePeer(to: server)
            try await expectEqual(silent.receive().first, 0x89)
            try await expectEqual(failure.value(), .lost)
            silent.close()
        }
    }

    @Test("a peer that responds to pings stays connected")
    @Net func keptAlive() async throws {
        var settings = WebSocketSettings()
        settings.pingInterval = .milliseconds(50)
        settings.deadline = .milliseconds(400)
        try await WebSocketTestServer.with(settings, handler: WebSocketTestServer.echo) { server in
            let socket = try await HostilePeer(to: server)
            // Twenty pings take at least a second, more than two deadlines.
            for _ in 0..<20 {
                let (first, payload) = try await socket.receive()
                expectEqual(first, 0x89)
                try await socket.send(0x8A, payload)
            }
            try await socket.send(0x81, Array("hi".utf8))
            var frame = try await socket.receive()
            while frame.first == 0x89 { frame = try await socket.receive() }
            expectEqual(frame.payload, Array("hi".utf8))
            socket.close()
        }
    }

    @Test("a handler is notified when its client vanishes")
    @Net func vanished() async throws {
        let failure = Outcome<WebSocketError.Code?>()
        try await WebSocketTestServer.with { socket in
            failure.set(await Heard.all(socket).error?.code)
        } _: { server in
            let connection = try await RawConnection(to: server.http.boundAddress)
            try await connection.send(HostilePeer.request())
            _ = try await connection.receive(through: "\r\n\r\n")
            connection.close()
            try await expectEqual(failure.value(), .lost)
        }
    }
}
