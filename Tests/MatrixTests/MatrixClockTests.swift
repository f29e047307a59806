import Chat
import EventLoop
import HTTP
import HTTPClient
import JSON
import Logging
import Matrix
import Primitives
import TestSupport
import Testing

@Suite("Matrix: the homeserver's clock", .timeLimit(.minutes(1)))
struct MatrixClockTests {
    /// Answers one connection with a date.
    @Net private final class DatedServer {
        nonisolated let url: String
        private let listener: FileDescriptor
        private var connection: FileDescriptor?
        private var registrations: [Registration] = []

        init(_ header: @escaping @Sendable () -> String) throws {
            self.listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
            let listener = self.listener.rawValue
            self.url = "http://127.0.0.1:\(try #require(Socket.localAddress(listener)).port)"
            self.registrations.append(
                try EventLoop.shared.watch(listener, .readable) { [weak self] _ in
                    guard let self, let socket = try? Socket.accept(on: listener) else { return }
                    let number = socket.rawValue
                    self.connection = consume socket
                    let registration = try? EventLoop.shared.watch(number, .readable) { [weak self] _ in
                        let answer = "HTTP/1.1 200 OK\r\n\(header())Content-Length: 2\r\n\r\n{}"
                        _ = Socket.write(number, Array(answer.utf8), from: 0)
                        self?.stop()
                    }
                    self.registrations += registration.map { [$0] } ?? []
                })
        }

        private func stop() {
            for registration in self.registrations { registration.cancel() }
            self.registrations = []
        }
    }

    private static func clockAhead(_ header: @escaping @Sendable () -> String) async throws -> Int? {
        let server = try await DatedServer(header)
        defer { withExtendedLifetime(server) {} }
        return await MatrixHTTPTransport(homeserver: try HTTPURL(server.url), client: HTTPClient()).clockAhead()
    }

    @Test("the difference is that between the answer's date and the clock here", arguments: [-7_200, 0, 90])
    func difference(seconds: Int) async throws {
        let ahead = try await Self.clockAhead {
            "Date: \(HTTPDate.format(Int(WallClock.now() / 1_000) - seconds))\r\n"
        }
        // A date has no fractions, and the answer may come in the next second.
        #expect((seconds - 1...seconds + 1).contains(try #require(ahead)))
    }

    @Test("without a date, with a broken one, or without a server, nothing is known")
    func unknown() async throws {
        try await expectEqual(Self.clockAhead { "" }, nil)
        try await expectEqual(Self.clockAhead { "Date: yesterday\r\n" }, nil)
        let nobody = try HTTPURL("http://127.0.0.1:\(try FreePorts.take())")
        await expectEqual(MatrixHTTPTransport(homeserver: nobody, client: HTTPClient()).clockAhead(), nil)
    }

    @Test("an answer that is longer than its request allows is not read")
    func longAnswer() async throws {
        let server = try await DatedServer { "" }
        defer { withExtendedLifetime(server) {} }
        var request = MatrixRequest.backupVersion
        request.answerLimit = 1
        let transport = MatrixHTTPTransport(homeserver: try HTTPURL(server.url), client: HTTPClient())
        guard case .refused(let refusal) = try await transport.send(request, token: nil) else {
            Issue.record("it was read")
            return
        }
        #expect(refusal.isTooLong)
    }

    @Test("the state of a connection's keys contains it, and doctor's words follow")
    func status() async throws {
        let directory = try TemporaryDirectory()
        let files = MatrixKeyFiles(database: directory.path + "/keys", key: directory.path + "/key")
        let server = ScriptedHomeserver()
        server.setClock(ahead: 300)
        server.answering {
            $0.purpose == .whoAmI
                ? .success(["user_id": .string(MatrixTranscript.me), "device_id": "DEVICE"]) : nil
        }
        let adapter = MatrixAdapter(
            MatrixTranscript.settings(), keys: files, transport: server, mayInvite: nil, logger: .silent)
        server.sync(["next_batch": "s1"])
        let sink = RecordingSink()
        // A run makes the keys.
        try await withRunning(adapter, sink) { await sink.wait(for: .up) }
        let keys = LiveMatrixKeys(
            MatrixAdapter(MatrixTranscript.settings(), transport: server, logger: .silent), keys: files)
        let status = await keys.status()
        expectEqual(status.clockAhead, 300, "\(status)")
        #expect(MatrixKeyFindings.findings(of: status).contains { $0.text.contains("clock is 300 s ahead") })
    }
}
