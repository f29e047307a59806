import EventLoop
import Glibc
import HTTP
import HTTPServer
import Primitives
import TestSupport
import Testing

/// The real `curl` as the client.
@Suite("curl", .timeLimit(.minutes(1)))
struct CurlTests {
    /// Runs `curl` on a separate thread.
    actor Shell {
        private let thread = ThreadExecutor(name: "curl")
        nonisolated var unownedExecutor: UnownedSerialExecutor { self.thread.asUnownedSerialExecutor() }

        func run(_ arguments: String) -> String {
            guard let pipe = popen("curl -sS --max-time 20 \(arguments) 2>&1", "r") else { return "no curl" }
            var output: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
            pclose(pipe)
            return String(decoding: output, as: UTF8.self)
        }

        deinit { self.thread.stop() }
    }

    @Test("GET, POST, streams, Expect and an early rejection work")
    func curl() async throws {
        var settings = HTTPServerSettings()
        settings.bodyLimit = 3_000_000
        let handler = HTTPDispatch.Handler.pool { request in
            switch request.path {
            case "/count": .text("\(try await request.body.collect().count)")
            case "/echo":
                HTTPServerResponse(
                    body: .stream { writer in for try await piece in request.body { try await writer.write(piece) } })
            default: .text("\(request.method) \(request.target)")
            }
        }
        try await withServer(settings: settings, handler) { server in
            let base = "http://\(try #require(server.boundAddress))"
            let shell = Shell()
            await expectEqual(shell.run("\(base)/a?b=c"), "GET /a?b=c")
            #expect(await shell.run("-I \(base)/").contains("Content-Length: 6\r\n"))
            await expectEqual(shell.run("-0 \(base)/x"), "GET /x")
            await expectEqual(shell.run("-X PROPFIND --path-as-is \(base)/a/../b"), "PROPFIND /a/../b")
            await expectEqual(shell.run("\(base)/1 \(base)/2 -w '%{num_connects}'"), "GET /11GET /20")
            await expectEqual(shell.run("-d hello \(base)/count"), "5")
            await expectEqual(shell.run("-d hello -H 'Transfer-Encoding: chunked' \(base)/echo"), "hello")
            // Above 1 MB curl sends Expect: 100-continue by default.
            let large = "head -c 2000000 /dev/zero | curl -sS --max-time 20 -H 'Expect: 100-continue' --data-binary @- "
            await expectEqual(shell.run("--version >/dev/null; \(large) \(base)/count"), "2000000")
            #expect(await shell.run("--version >/dev/null; \(large) \(base)/echo | wc -c").contains("2000000"))
            await expectEqual(
                shell.run(
                    "--version >/dev/null; head -c 9000000 /dev/zero | curl -sS --max-time 20 -o /dev/null "
                        + "-w '%{http_code}' -H Expect: --data-binary @- \(base)/count"), "413")
        }
    }
}
