import EventLoop
import Glibc
import HTTP
import HTTPServer
import Primitives
import Processes
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
            let (nginx, port) = try await Self.startNginx(directory.path, certificate, upstream: "\(upstream)")
            var settings = WebSocketClientSettings()
            settings.caFile = certificate.certificate
            try await withClient(settings) { client in
                for host in ["localhost", "127.0.0.1"] {
                    let socket = try await client.connect(HTTPURL("wss://\(host):\(port)/live"))
                    try await socket.send("through")
                    #expect(try await socket.next() == .text("through"))
                    await socket.close()
                }
                // The certificate doesn't cover this address.
                await Self.expectRefusal(client, "wss://127.0.0.2:\(port)/live")
            }
            try await withClient { await Self.expectRefusal($0, "wss://localhost:\(port)/live") }
            settings.caFile = other.certificate
            try await withClient(settings) { await Self.expectRefusal($0, "wss://localhost:\(port)/live") }
            await nginx.stop(patience: .zero)
        }
    }

    private static func expectRefusal(_ client: WebSocketClient, _ url: String) async {
        await #expect("not rejected: \(url)") {
            try await client.connect(HTTPURL(url))
        } throws: { error in
            (error as? WebSocketError)?.code == .connect
        }
    }

    /// A running nginx and its port.
    @Net private static func startNginx(
        _ directory: String, _ certificate: TestCertificate, upstream: String
    ) async throws -> (Process, port: UInt16) {
        let port = UInt16(try FreePorts.take())
        let configuration = """
            worker_processes 1; pid \(directory)/nginx.pid; error_log stderr; daemon off;
            events {}
            http {
              access_log off;
              client_body_temp_path \(directory)/a; proxy_temp_path \(directory)/b; fastcgi_temp_path \(directory)/c;
              uwsgi_temp_path \(directory)/d; scgi_temp_path \(directory)/e;
              server {
                listen 127.0.0.1:\(port) ssl; listen 127.0.0.2:\(port) ssl;
                ssl_certificate \(certificate.certificate); ssl_certificate_key \(certificate.key);
                location / {
                  proxy_pass http://\(upstream); proxy_http_version 1.1;
                  proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Connection upgrade;
                }
              }
            }
            """
        let path = "\(directory)/nginx.conf"
        let file = try #require(fopen(path, "w"))
        fputs(configuration, file)
        fclose(file)
        let program = Process.find("nginx") ?? "/usr/sbin/nginx"
        let process = try Process.spawn(ProcessPlan(program, ["-c", path, "-p", directory, "-e", "stderr"]))
        // nginx doesn't report when it starts listening.
        let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
        for _ in 0..<500 {
            if (try? await RawConnection(to: address).close()) != nil { return (process, port) }
            try await EventLoop.shared.sleep(for: .milliseconds(10))
        }
        throw RawConnection.Ended()
    }
}
