import EventLoop
import HTTP
import HTTPServer
import Logging
import Primitives
import TestSupport
import Testing
import WebSockets

/// Also run under valgrind, see ``MemcheckTests``.
@Suite("Handshakes of the WebSocket client", .timeLimit(.minutes(1)))
struct HostileHandshakeTests {
    /// Connects to a server that closes at once; returns the head that it got, or why our client refused to connect.
    private static func head(
        _ client: WebSocketClient, _ path: String = "/live", headers: HTTPHeaders = [:], subprotocols: [String] = []
    ) async throws -> Result<String, WebSocketError> {
        let server = try await HostileServer()
        defer { EventLoop.shared.runIfNeeded { server.stop() } }
        async let greeting = {
            let peer = try await server.accept()
            let head = try await peer.greet()
            _ = try? await peer.receiveClose()
            await peer.close()
            return head
        }()
        do {
            let url = try HTTPURL("ws://127.0.0.1:\(server.port)\(path)")
            let socket = try await client.connect(url, headers: headers, subprotocols: subprotocols)
            await socket.close()
            return .success(try await greeting)
        } catch let error as WebSocketError {
            return .failure(error)
        }
    }

    @Test("long headers arrive as they are, or are refused before anything is sent")
    func headers() async throws {
        try await withClient { client in
            // Each line alone fits into the buffer of 16 KiB.
            var refused = 0, sent = 0
            for size in [3000, 15_000, 16_200, 16_384, 100_000] {
                for other in [0, 3700] {
                    let token = "Bearer " + String(repeating: "t", count: size)
                    let cookie = "x=" + String(repeating: "C", count: other)
                    switch try await Self.head(client, headers: ["Authorization": token, "Cookie": cookie]) {
                    case .success(let head):
                        sent += 1
                        #expect(head.contains("\r\nAuthorization: \(token)\r\n"), "\(size), \(other)")
                        #expect(head.contains("\r\nCookie: \(cookie)\r\n"), "\(size), \(other)")
                    case .failure(let error):
                        refused += 1
                        #expect(size + other > 15_000 && error.code == .connect, "\(size), \(other)")
                        #expect(error.message.contains("too long"), "\(error)")
                    }
                }
            }
            #expect(refused == 7 && sent == 3, "\(refused), \(sent)")
        }
    }

    @Test("at the end of the buffer, each length is sent whole or refused")
    func edge() async throws {
        try await withClient { client in
            func isSent(_ size: Int, besides other: String? = nil) async throws -> Bool {
                let value = String(repeating: "v", count: size)
                var headers: HTTPHeaders = ["X": value]
                if let other { headers.append("Y", other) }
                guard case .success(let head) = try await Self.head(client, headers: headers) else { return false }
                let second = other.map { "Y: \($0)\r\n" } ?? ""
                #expect(head.hasSuffix("\r\nX: \(value)\r\n\(second)\r\n"), "\(size)")
                return true
            }
            var (longest, refused) = (16_000, 16_384)
            while refused - longest > 1 {
                let middle = (longest + refused) / 2
                if try await isSent(middle) { longest = middle } else { refused = middle }
            }
            #expect(longest > 16_000)
            // A second line of 35 bytes begins where the first one ends.
            for size in [longest - 36, longest - 35, longest - 34, longest - 4, longest, longest + 1] {
                try await expectEqual(isSent(size, besides: String(repeating: "w", count: 30)), size <= longest - 35)
            }
        }
    }

    @Test("a path is sent whole or refused")
    func paths() async throws {
        try await withClient { client in
            for size in [1, 2000, 2031, 2032, 2033, 2047, 2048, 4000, 4096, 10_000, 100_000] {
                let path = "/" + String(repeating: "p", count: size - 1)
                switch try await Self.head(client, path) {
                case .success(let head): #expect(size <= 2032 && head.hasPrefix("GET \(path) HTTP/1.1\r\n"), "\(size)")
                case .failure(let error):
                    #expect(size > 2032 && error.code == .connect && error.message.contains("too long"), "\(error)")
                }
            }
        }
    }

    @Test("long names of hosts and subprotocols are sent whole or refused")
    func names() async throws {
        try await withClient { client in
            for size in [200, 250, 5000] {
                let host = String(repeating: "a.", count: size / 2) + "invalid"
                await #expect {
                    try await client.connect(HTTPURL("wss://\(host)/"))
                } throws: {
                    ($0 as? WebSocketError)?.message.contains("too long") == true
                }
            }
            for count in [1, 100, 1000, 20_000] {
                let names = (0..<count).map { "protocol\($0)" }
                switch try await Self.head(client, subprotocols: names) {
                case .success(let head):
                    #expect(
                        head.contains("\r\nSec-WebSocket-Protocol: \(names.joined(separator: ","))\r\n"), "\(count)")
                case .failure(let error):
                    #expect(count > 10 && error.code == .connect && error.message.contains("too long"), "\(error)")
                }
            }
        }
    }

    @Test("a redirect is an error: nothing is sent to where it points", arguments: [true, false])
    func redirects(isElsewhere: Bool) async throws {
        let seen = Protected(0)
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { target in
            let location = isElsewhere ? "ws://\(target.http.boundAddress?.description ?? "")/live" : "/live"
            let quiet = Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in })
            let http = HTTPServer(HTTPServerSettings(), logger: quiet) { request in
                seen.withLock { $0 += 1 }
                let status = Int(request.target.dropFirst()) ?? 500
                return HTTPServerResponse(HTTPStatus(status), headers: ["Location": location])
            }
            try await http.start()
            async let running: Void = http.run()
            let url = "ws://\(http.boundAddress?.description ?? "")"
            try await withClient { client in
                for status in [301, 302, 303, 307, 308] {
                    await #expect("\(status)") {
                        try await client.connect(HTTPURL("\(url)/\(status)"), headers: ["Authorization": "Bearer t"])
                    } throws: {
                        ($0 as? WebSocketError)?.code == .connect
                    }
                }
            }
            #expect(seen.withLock { $0 } == 5 && target.sockets.openCount == 0)
            await http.stop()
            try await running
        }
    }
}
