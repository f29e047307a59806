import HTTP
import HTTPServer
import TestSupport
import Testing
import WebSockets

/// Behind nginx with TLS, as in a public installation.
@Suite("WebSockets behind a front proxy", .timeLimit(.minutes(1)))
struct FrontProxyTests {
    @Test("TLS is verified against the given authority and the host name")
    func verified() async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            let directory = try TemporaryDirectory()
            let certificate = try await TestCertificate.make(in: directory.path)
            let other = try await TestCertificate.make(in: directory.path, name: "other")
            let upstream = try #require(server.http.boundAddress)
            let nginx = try await TLSFront.started(in: directory.path, certificate, before: "\(upstream)")
            let port = nginx.port
            var settings = WebSocketClientSettings()
            settings.caFile = certificate.certificate
            try await withClient(settings) { client in
                for host in ["localhost", "127.0.0.1"] {
                    let socket = try await client.connect(HTTPURL("wss://\(host):\(port)/live"))
                    try await socket.send("through")
                    try await expectEqual(socket.next(), .text("through"))
                    await socket.close()
                }
                // The certificate doesn't cover this address.
                await Self.expectRefusal(client, "wss://127.0.0.2:\(port)/live")
            }
            try await withClient { await Self.expectRefusal($0, "wss://localhost:\(port)/live") }
            settings.caFile = other.certificate
            try await withClient(settings) { await Self.expectRefusal($0, "wss://localhost:\(port)/live") }
            await nginx.stop()
        }
    }

    private static func expectRefusal(_ client: WebSocketClient, _ url: String) async {
        await #expect("not rejected: \(url)") {
            try await client.connect(HTTPURL(url))
        } throws: { error in
            (error as? WebSocketError)?.code == .connect
        }
    }
}
