import EventLoop
import Glibc
import HTTP
import HTTPClient
import Primitives
import Processes
import TestSupport
import Testing

@Suite("TLS and HTTP/2 against real servers", .serialized, .timeLimit(.minutes(2)))
@Net
struct TLSTests {
    private static let made = Task { try await Certificates() }
    private let certificates: Certificates

    init() async throws {
        self.certificates = try await Self.made.value
    }

    private func client(trusting authority: String?, prefersHTTP1: Bool = false) -> HTTPClient {
        var settings = HTTPClientSettings()
        settings.caFile = authority
        settings.prefersHTTP1 = prefersHTTP1
        return HTTPClient(settings)
    }

    struct Refusal: Sendable {
        let certificate: String
        let authority: String?
        let code: HTTPClientError.Code
    }

    nonisolated static let refusals = [
        Refusal(certificate: "server", authority: "other.pem", code: .certificateUntrusted),
        Refusal(certificate: "server", authority: nil, code: .certificateUntrusted),
        Refusal(certificate: "expired", authority: "ca.pem", code: .certificateExpired),
        Refusal(certificate: "future", authority: "ca.pem", code: .certificateNotYetValid),
        Refusal(certificate: "wronghost", authority: "ca.pem", code: .certificateWrongHost),
        Refusal(certificate: "server", authority: "missing.pem", code: .badCertificateFile),
    ]

    @Test(
        "a server that fails verification is rejected with the reason, by every kind of connection", arguments: refusals
    )
    func refused(_ refusal: Refusal) async throws {
        let server = try await TLSServer(self.certificates, refusal.certificate, "-www")
        let authority = refusal.authority.map { self.certificates.path($0) }
        for prefersHTTP1 in [false, true] {
            let http = await #expect(throws: HTTPClientError.self) {
                try await self.client(trusting: authority, prefersHTTP1: prefersHTTP1)
                    .execute(HTTPClientRequest(.get, HTTPURL("https://localhost:\(server.port)/")))
            }
            expectEqual(http?.code, refusal.code, "\(String(describing: http))")
            expectEqual(http?.mayHaveReachedServer, false)
        }
        let stream = await #expect(throws: HTTPClientError.self) {
            try await StreamConnection.connect(
                host: "localhost", port: server.port, tls: TLSSettings(caFile: authority))
        }
        expectEqual(stream?.code, refusal.code, "\(String(describing: stream))")
        await server.stop()
    }

    @Test(
        "a server with a certificate of the configured authority is accepted, by name and by address",
        arguments: ["localhost", "127.0.0.1", "resolved.localhost"], [false, true])
    func accepted(host: String, prefersHTTP1: Bool) async throws {
        let server = try await TLSServer(self.certificates, "server", "-www")
        let response = try await self.client(trusting: self.certificates.authority, prefersHTTP1: prefersHTTP1)
            .execute(HTTPClientRequest(.get, HTTPURL("https://\(host):\(server.port)/")))
        expectEqual(response.status, .ok)
        let body = try await response.body.collect(upTo: 100_000)
        #expect(String(decoding: body, as: UTF8.self).contains("s_server"))
        await server.stop()
    }

    @Test("a server without TLS causes a TLS error", arguments: [false, true])
    func noTLS(prefersHTTP1: Bool) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.read()
            try await connection.write("HTTP/1.1 400 Bad Request\r\n\r\n")
        }
        try await expectEqual(self.failure(of: server, prefersHTTP1: prefersHTTP1).code, .tls)
        server.stop()
    }

    @Test("a server that ends the connection in the handshake causes a TLS error", arguments: [false, true])
    func endedHandshake(prefersHTTP1: Bool) async throws {
        let server = try ScriptedServer { _ = try await $0.read() }
        try await expectEqual(self.failure(of: server, prefersHTTP1: prefersHTTP1).code, .tls)
        server.stop()
    }

    @Test("a server that does not answer the handshake is given up", arguments: [false, true])
    func silentHandshake(prefersHTTP1: Bool) async throws {
        let server = try ScriptedServer { try await $0.peerGone() }
        try await expectEqual(self.failure(of: server, prefersHTTP1: prefersHTTP1).code, .connectTimeout)
        server.stop()
    }

    private func failure(of server: ScriptedServer, prefersHTTP1: Bool) async throws -> HTTPClientError {
        var settings = HTTPClientSettings()
        settings.prefersHTTP1 = prefersHTTP1
        settings.connectTimeout = .milliseconds(300)
        let client = HTTPClient(settings)
        return try #require(
            await #expect(throws: HTTPClientError.self) {
                try await client.execute(HTTPClientRequest(.get, HTTPURL("https://127.0.0.1:\(server.port)/")))
            })
    }

    @Test("a name that nobody has is said to be that", arguments: [false, true])
    func unknownName(prefersHTTP1: Bool) async throws {
        let client = self.client(trusting: self.certificates.authority, prefersHTTP1: prefersHTTP1)
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.execute(HTTPClientRequest(.get, HTTPURL("https://nobody.invalid/")))
        }
        expectEqual(error?.code, .resolve, "\(String(describing: error))")
    }

    // MARK: Raw connections

    @Test("lines are exchanged over TLS with a client certificate")
    func lines() async throws {
        let server = try await TLSServer(
            self.certificates, "server", "-rev", "-Verify", "1", "-verify_return_error", "-CAfile",
            self.certificates.authority)
        let connection = try await StreamConnection.connect(
            host: "localhost", port: server.port,
            tls: TLSSettings(
                caFile: self.certificates.authority, clientCertificate: self.certificates.certificate("client"),
                clientKey: self.certificates.key("client")))
        for number in 0..<50 {
            try await connection.write(Array("line \(number)\n".utf8))
            try await expectEqual(self.line(connection), String("line \(number)".reversed()))
        }
        connection.close()
        try await expectEqual(connection.read(), nil)
        await #expect(throws: HTTPClientError.self) { try await connection.write([1]) }
        await server.stop()
    }

    private func line(_ connection: StreamConnection) async throws -> String {
        var line: [UInt8] = []
        while line.last != 0x0A, let bytes = try await connection.read() { line += bytes }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }

    @Test("a server that requires a certificate closes a connection without one")
    func missingClientCertificate() async throws {
        let server = try await TLSServer(
            self.certificates, "server", "-rev", "-Verify", "1", "-verify_return_error", "-CAfile",
            self.certificates.authority)
        // With TLS 1.3 the rejection arrives after the client has completed its handshake.
        let error = await #expect(throws: HTTPClientError.self) {
            let connection = try await StreamConnection.connect(
                host: "localhost", port: server.port, tls: TLSSettings(caFile: self.certificates.authority))
            while try await connection.read() != nil {}
        }
        expectEqual(error?.code, .closed)
        await server.stop()
    }

    @Test("an unreadable certificate file is reported")
    func badClientCertificate() async throws {
        let server = try await TLSServer(self.certificates, "server", "-rev")
        let error = await #expect(throws: HTTPClientError.self) {
            try await StreamConnection.connect(
                host: "localhost", port: server.port,
                tls: TLSSettings(caFile: self.certificates.authority, clientCertificate: "/nonexistent.pem"))
        }
        expectEqual(error?.code, .badCertificateFile)
        await server.stop()
    }

    @Test("megabytes are exchanged over TLS in both directions at once, and the server's end is seen")
    func bulk() async throws {
        // The server's standard input and output are the other end.
        var plan = ProcessPlan(
            try #require(Process.find("openssl")),
            [
                "s_server", "-quiet", "-naccept", "1", "-accept", "0", "-cert", self.certificates.certificate("server"),
                "-key",
                self.certificates.key("server"),
            ])
        plan.standardInput = .pipe
        let port = try FreePorts.take()
        plan.arguments[5] = "\(port)"
        let process = try Process.spawn(plan)
        let connection = try await self.connect(port)
        let up = [UInt8](repeating: 1, count: 1_500_000) + [UInt8](repeating: 2, count: 1_500_000)
        let down = [UInt8](repeating: 3, count: 1_000_000) + [UInt8](repeating: 4, count: 1_000_000)
        async let written: Void = connection.write(up)
        async let fed: Void = process.input.write(down)
        async let received = self.read(down.count, from: connection)
        var arrived: [UInt8] = []
        while arrived.count < up.count, let bytes = try await process.output.read() { arrived += bytes }
        expectEqual(arrived, up)
        try await expectEqual(received, down)
        _ = try await (written, fed)
        process.signal(SIGKILL)
        // Without a TLS close notification, which IRC servers omit as well.
        try await expectEqual(connection.read(), nil)
        _ = try await process.exit()
    }

    private func read(_ count: Int, from connection: StreamConnection) async throws -> [UInt8] {
        var received: [UInt8] = []
        while received.count < count, let bytes = try await connection.read() { received += bytes }
        return received
    }

    /// Retries until the server listens.
    private func connect(_ port: Int) async throws -> StreamConnection {
        while true {
            do {
                return try await StreamConnection.connect(
                    host: "localhost", port: port, tls: TLSSettings(caFile: self.certificates.authority))
            } catch let error as HTTPClientError where error.code == .connect {
                try await EventLoop.shared.sleep(for: .milliseconds(5))
            }
        }
    }

    // MARK: nginx

    @Test("with nginx over HTTP/2, many requests share a connection and a slow one doesn't block the others")
    func http2() async throws {
        let upstream = try ScriptedServer { connection in
            let head = try await connection.head() ?? ""
            var count = 0
            while count < 2_000_000, let bytes = try await connection.read() { count += bytes.count }
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\(head.prefix(3))")
        }
        let port = try FreePorts.take()
        try self.certificates.write("big", String(repeating: "0123456789abcdef", count: 500_000))
        try self.certificates.write("small", "small")
        let nginx = try await self.nginx(
            on: port, "ssl http2",
            """
            location /connection { add_header X-Connection $connection; return 200 "ok"; }
            location /refused { client_max_body_size 50m; return 401 "refused"; }
            location /upload { client_max_body_size 50m; proxy_pass http://127.0.0.1:\(upstream.port); proxy_request_buffering off; }
            """)
        let client = self.client(trusting: self.certificates.authority)
        let base = try HTTPURL("https://localhost:\(port)/")

        // A big file that nobody reads yet, and many small responses on the same connection.
        let big = try await client.execute(HTTPClientRequest(.get, base.appending("big")))
        expectEqual(big.version, "2")
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<90 {
                group.addTask {
                    let response = try await client.execute(HTTPClientRequest(.get, base.appending("connection")))
                    guard try await response.body.collect(upTo: 10) == Array("ok".utf8) else { return nil }
                    return response.headers["x-connection"]
                }
            }
            var connections: Set<String?> = []
            for try await connection in group { connections.insert(connection) }
            expectEqual(connections.count, 1)
            #expect(!connections.contains(nil))
        }
        var count = 0
        for try await bytes in big.body { count += bytes.count }
        expectEqual(count, 8_000_000)

        let block = [UInt8](repeating: 7, count: 10_000)
        let streamed = HTTPClientRequest.Body.stream(length: 2_000_000) { writer in
            for _ in 0..<200 { try await writer.write(block) }
        }
        for body in [.bytes([UInt8](repeating: 7, count: 2_000_000)), streamed] {
            let upload = try await client.execute(HTTPClientRequest(.put, base.appending("upload"), body: body))
            try await expectEqual(upload.body.collect(upTo: 100), Array("PUT".utf8))
            // The rejection arrives before the body is complete.
            let refused = try await client.execute(HTTPClientRequest(.put, base.appending("refused"), body: body))
            expectEqual(refused.status, .unauthorized)
            try await expectEqual(refused.body.collect(upTo: 100), Array("refused".utf8))
        }
        upstream.stop()
        await nginx.stop(patience: .zero)
    }

    @Test("a connection of TLS that the server has closed while idle is not used again", arguments: [false, true])
    func closedWhileIdle(prefersHTTP1: Bool) async throws {
        let port = try FreePorts.take()
        let nginx = try await self.nginx(on: port, "ssl", "keepalive_timeout 1s; location / { return 200 ok; }")
        let client = self.client(trusting: self.certificates.authority, prefersHTTP1: prefersHTTP1)
        for pause in [0, 1_500, 1_500] {
            try await EventLoop.shared.sleep(for: .milliseconds(pause))
            // Only requests that may be repeated are, when a connection turns out to be closed.
            let request = HTTPClientRequest(.post, try HTTPURL("https://localhost:\(port)/"), body: .bytes([1]))
            try await expectEqual(client.execute(request).body.collect(upTo: 10), Array("ok".utf8))
        }
        await nginx.stop(patience: .zero)
    }

    @Test("a connection whose server ends TLS together with its answer is not used again")
    func endedWithAnswer() async throws {
        let program = """
            import socket, ssl, sys, threading
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            def serve(peer):
                came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
                tls = context.wrap_bio(came, goes, server_side=True)
                def step(action):
                    while True:
                        try: return action()
                        except ssl.SSLWantReadError:
                            peer.sendall(goes.read())
                            got = peer.recv(65536)
                            if not got: sys.exit()
                            came.write(got)
                step(tls.do_handshake)
                text = b""
                while not text.endswith(b"!"): text += step(lambda: tls.read(65536))
                tls.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
                try: tls.unwrap()
                except ssl.SSLWantReadError: pass
                peer.sendall(goes.read())
                while peer.recv(65536): pass
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            while True: threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()
            """
        let python = try Process.spawn(
            ProcessPlan(
                try #require(Process.find("python3")),
                ["-c", program, self.certificates.certificate("server"), self.certificates.key("server")]))
        let line = String(decoding: try #require(try await python.output.read()), as: UTF8.self)
        let port = try #require(Int(line.filter(\.isNumber)))
        let client = self.client(trusting: self.certificates.authority, prefersHTTP1: true)
        for _ in 1...3 {
            var request = HTTPClientRequest(
                .post, try HTTPURL("https://localhost:\(port)/"), body: .bytes(Array("!".utf8)))
            request.idleTimeout = .seconds(5)
            try await expectEqual(client.execute(request).body.collect(upTo: 10), Array("ok".utf8))
        }
        python.output.cancel()
        await python.stop(patience: .zero)
    }

    @Test("over HTTP/1.1, bodies of any length go both ways, connections are kept, and new ones resume the session")
    func http1() async throws {
        let upstream = try ScriptedServer { connection in
            while let head = try await connection.head() {
                let body = try await connection.body(head.contains("/upload") ? 2_000_000 : 0)
                let isWhole = body.indices.allSatisfy { $0 % 997 != 0 || body[$0] == UInt8(truncatingIfNeeded: $0) }
                try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(isWhole ? "1" : "0")")
            }
        }
        let port = try FreePorts.take()
        try self.certificates.write("big", String(repeating: "0123456789abcdef", count: 500_000))
        let nginx = try await self.nginx(
            on: port, "ssl http2",
            """
            location /small { add_header X-Connection $connection; add_header X-Session $ssl_session_reused; return 200 ok; }
            location /once { keepalive_timeout 0; add_header X-Session $ssl_session_reused; return 200 ok; }
            location /upload { client_max_body_size 50m; proxy_pass http://127.0.0.1:\(upstream.port); proxy_request_buffering off; }
            """)
        let client = self.client(trusting: self.certificates.authority, prefersHTTP1: true)
        let base = try HTTPURL("https://localhost:\(port)/")

        // Nobody reads it yet.
        let big = try await client.execute(HTTPClientRequest(.get, base.appending("big")))
        expectEqual(big.version, "1.1")
        var connections: Set<String?> = []
        for _ in 0..<5 {
            let small = try await client.execute(HTTPClientRequest(.get, base.appending("small")))
            try await expectEqual(small.body.collect(upTo: 10), Array("ok".utf8))
            connections.insert(small.headers["x-connection"])
        }
        #expect(connections.count == 1 && !connections.contains(nil))
        var count = 0
        for try await bytes in big.body { count += bytes.count }
        expectEqual(count, 8_000_000)

        let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let streamed = HTTPClientRequest.Body.stream(length: bytes.count) { writer in
            for start in stride(from: 0, to: bytes.count, by: 10_000) {
                try await writer.write(Array(bytes[start..<start + 10_000]))
            }
        }
        for body in [HTTPClientRequest.Body.bytes(bytes), streamed] {
            let upload = try await client.execute(HTTPClientRequest(.put, base.appending("upload"), body: body))
            try await expectEqual(upload.body.collect(upTo: 100), Array("1".utf8))
        }
        for _ in 0..<3 {
            let once = try await client.execute(HTTPClientRequest(.get, base.appending("once")))
            try await expectEqual(once.body.collect(upTo: 10), Array("ok".utf8))
            // The first two go over connections that were open.
        }
        let again = try await client.execute(HTTPClientRequest(.get, base.appending("once")))
        expectEqual(again.headers["x-session"], "r")
        upstream.stop()
        await nginx.stop(patience: .zero)
    }

    @Test("a handle that has streamed a body sends whole ones of any size, over HTTP/2")
    func handleOfUpload() async throws {
        let upstream = try ScriptedServer { connection in
            let head = try await connection.head() ?? ""
            let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.split(separator: " ").last ?? "") }
            var count = 0
            while count < length ?? 0, let bytes = try await connection.read() { count += bytes.count }
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        }
        let port = try FreePorts.take()
        let nginx = try await self.nginx(
            on: port, "ssl http2",
            "client_max_body_size 50m; location / { proxy_pass http://127.0.0.1:\(upstream.port); }")
        let client = self.client(trusting: self.certificates.authority)
        let base = try HTTPURL("https://localhost:\(port)/")
        let block = [UInt8](repeating: 7, count: 20_000)
        let streamed = HTTPClientRequest.Body.stream(length: 200_000) { writer in
            for _ in 0..<10 { try await writer.write(block) }
        }
        for (path, body, count) in [
            ("files", streamed, 3), ("chat", HTTPClientRequest.Body.bytes([UInt8](repeating: 7, count: 100_000)), 10),
        ] {
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<count {
                    group.addTask {
                        let request = HTTPClientRequest(.post, base.appending(path), body: body)
                        return try await client.execute(request).body.collect(upTo: 10)
                    }
                }
                for try await answer in group { expectEqual(answer, Array("ok".utf8)) }
            }
        }
        upstream.stop()
        await nginx.stop(patience: .zero)
    }

    @Test("a request over HTTP/2 that nobody waits for any more ends at once at the server", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        let ended = Flag()
        let upstream = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")
            while try await connection.read() != nil {}
            ended.set()
        }
        let port = try FreePorts.take()
        let nginx = try await self.nginx(
            on: port, "ssl http2",
            "location / { proxy_pass http://127.0.0.1:\(upstream.port); proxy_buffering off; }")
        let client = self.client(trusting: self.certificates.authority)
        let url = try HTTPURL("https://localhost:\(port)/")
        let reading = Task {
            for try await bytes in try await client.execute(HTTPClientRequest(.get, url)).body {
                expectEqual(bytes, Array("begin".utf8))
                return
            }
        }
        try await reading.value
        try await ended.wait()
        upstream.stop()
        await nginx.stop(patience: .zero)
    }

    /// Starts nginx with one server, and waits until it listens.
    private func nginx(on port: Int, _ form: String, _ directives: String) async throws -> Process {
        let folder = self.certificates.directory
        try self.certificates.write(
            "nginx.conf",
            """
            user root; daemon off; master_process off; pid \(self.certificates.path("nginx.pid")); error_log stderr;
            events { worker_connections 1000; }
            http {
              access_log off; client_body_temp_path \(folder); proxy_temp_path \(folder);
              fastcgi_temp_path \(folder); uwsgi_temp_path \(folder); scgi_temp_path \(folder);
              server {
                listen 127.0.0.1:\(port) \(form); root \(folder);
                ssl_certificate \(self.certificates.certificate("server")); ssl_certificate_key \(self.certificates.key("server"));
                \(directives)
              }
            }
            """)
        var plan = ProcessPlan(
            try #require(Process.find("nginx")), ["-e", "stderr", "-c", self.certificates.path("nginx.conf")])
        plan.standardError = .inherited
        let nginx = try Process.spawn(plan)
        try await self.connect(port).close()
        return nginx
    }
}
