import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Logging
import Primitives
import TestSupport
import Testing

@Suite("The faulting proxy", .timeLimit(.minutes(3)))
struct FaultingProxyTests {
    /// An echo server, the proxy in front of it, and a client.
    private struct Setting {
        let server: HTTPServer
        let proxy: FaultingProxy
        let client = HTTPClient()
        let heard: Protected<[String]>

        static func run(_ body: (Setting) async throws -> Void) async throws {
            let heard = Protected<[String]>([])
            var settings = HTTPServerSettings()
            settings.bodyLimit = 64 << 20
            settings.deadlines.drain = .milliseconds(50)
            let silent = Logger(label: "echo", output: LogOutput(level: .error, format: .text, sink: { _ in }))
            let server = HTTPServer(settings, name: "echo", logger: silent) { request in
                heard.withLock { $0.append("\(request.method) \(request.target)") }
                if request.path == "/json" { return .json(["events": [1, 2, 3]]) }
                let bytes = try await request.body.collect()
                var response = HTTPServerResponse(
                    .created, headers: ["Content-Type": request.headers["Content-Type"] ?? "x/none", "X-Of": "server"],
                    body: .stream { writer in try await writer.write(bytes) })
                if request.path == "/sized" { response.headers.append("Content-Length", "\(bytes.count)") }
                return response
            }
            try await server.start()
            let upstream = try HTTPURL(server.loopbackURL)
            let proxy = try await FaultingProxy.started(before: upstream)
            try await body(Setting(server: server, proxy: proxy, heard: heard))
            await proxy.stop()
            await server.stop()
        }

        func ask(
            _ method: HTTPMethod = .post, _ target: String = "/echo?a=%20b", _ bytes: [UInt8] = Array("hello".utf8)
        ) async throws -> (response: HTTPClientResponse, body: [UInt8]) {
            let url = try await HTTPURL(self.proxy.url.origin + target)
            let request = HTTPClientRequest(
                method, url, headers: ["Content-Type": "text/plain"], body: method == .get ? .none : .bytes(bytes))
            let response = try await self.client.execute(request)
            return (response, try await response.body.collect(upTo: 64 << 20))
        }

        var heardCount: Int { self.heard.withLock { $0.count } }
    }

    @Test("forwards requests and answers, whatever their size and framing", arguments: ["/echo", "/sized"])
    func passes(_ path: String) async throws {
        try await Setting.run { setting async throws in
            for size in [0, 5, 700_000] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                let (response, body) = try await setting.ask(.put, "\(path)?a=%20b", bytes)
                expectEqual(response.status, .created)
                expectEqual(response.headers["X-Of"], "server")
                expectEqual(response.headers["Content-Type"], "text/plain")
                expectEqual(body, bytes)
            }
            #expect(setting.heard.withLock { $0 }.allSatisfy { $0 == "PUT \(path)?a=%20b" })
            await expectEqual(setting.proxy.requests.map(\.status), [201, 201, 201])
        }
    }

    @Test("answers matching requests itself, as often as requested")
    func answers() async throws {
        try await Setting.run { setting async throws in
            let id = await setting.proxy.inject(
                .answer(.tooManyRequests, headers: ["Retry-After": "2"], body: ["errcode": "M_LIMIT_EXCEEDED"]),
                for: HTTPFaultRule(.post, prefix: "/echo", infix: "a=", skip: 1, count: 2))
            try await expectEqual(setting.ask().response.status, .created)
            try await expectEqual(setting.ask(.put).response.status, .created)
            try await expectEqual(setting.ask(.post, "/sized").response.status, .created)
            for _ in 0..<2 {
                let (response, body) = try await setting.ask()
                expectEqual(response.status, .tooManyRequests)
                expectEqual(response.headers["Retry-After"], "2")
                try expectEqual(JSON.parse(body)["errcode"], "M_LIMIT_EXCEEDED")
            }
            try await expectEqual(setting.ask().response.status, .created)
            await expectEqual(setting.proxy.count(of: id), 2)
            expectEqual(setting.heardCount, 4)
        }
    }

    @Test("cuts, before and after the server has the request", arguments: [false, true])
    func cuts(_ isHeard: Bool) async throws {
        try await Setting.run { setting async throws in
            await setting.proxy.inject(isHeard ? .loseAnswer : .cut)
            let error = await #expect(throws: HTTPClientError.self) { try await setting.ask() }
            expectEqual(error?.code, .closed)
            expectEqual(setting.heardCount, isHeard ? 1 : 0)
            try await expectEqual(setting.ask().response.status, .created)
        }
    }

    @Test("cuts in the middle of an answer", arguments: ["/echo", "/sized"])
    func cutsAnswer(_ path: String) async throws {
        try await Setting.run { setting async throws in
            await setting.proxy.inject(.cutAnswer(after: 3))
            let error = await #expect(throws: HTTPClientError.self) { try await setting.ask(.post, path) }
            expectEqual(error?.code, .closed)
            expectEqual(setting.heardCount, 1)
        }
    }

    @Test("holds a request, or its answer, until it is released", arguments: [false, true])
    func holds(_ isHeard: Bool) async throws {
        try await Setting.run { setting async throws in
            let id = await setting.proxy.inject(isHeard ? .holdAnswer : .hold)
            async let answer = setting.ask()
            try await setting.proxy.wait(for: id)
            if isHeard {
                try await eventually("the server has the request") { setting.heardCount > 0 }
            } else {
                expectEqual(setting.heardCount, 0)
            }
            // Other requests pass.
            try await expectEqual(setting.ask(.put).response.status, .created)
            await setting.proxy.release()
            let status = try await answer.response.status
            expectEqual(status, .created)
            expectEqual(setting.heardCount, 2)
        }
    }

    @Test("a client may give up on a held request")
    func givesUp() async throws {
        try await Setting.run { setting async throws in
            let id = await setting.proxy.inject(.hold)
            let request = HTTPClientRequest(.get, await setting.proxy.url)
            let asking = Task { try await setting.client.execute(request) }
            try await setting.proxy.wait(for: id)
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
            // Released before the proxy has noticed, the request would be passed on.
            try await eventually("the proxy has noticed") { await setting.proxy.waitingRequests == 0 }
            await setting.proxy.release()
            try await expectEqual(setting.ask().response.status, .created)
            expectEqual(setting.heardCount, 1)
        }
    }

    @Test("delays")
    func delays() async throws {
        try await Setting.run { setting async throws in
            await setting.proxy.inject(.delay(.milliseconds(30)))
            let start = ContinuousClock.now
            try await expectEqual(setting.ask().response.status, .created)
            #expect(ContinuousClock.now - start >= .milliseconds(30))
        }
    }

    @Test("rewrites a JSON answer")
    func rewrites() async throws {
        try await Setting.run { setting async throws in
            await setting.proxy.inject(
                .rewrite { answer in ["events": .array((answer["events"]?.arrayValue ?? []).reversed())] },
                for: HTTPFaultRule(.get))
            try await expectEqual(setting.ask(.get, "/json").body, Array(#"{"events":[3,2,1]}"#.utf8))
            try await expectEqual(setting.ask(.get, "/json").body, Array(#"{"events":[1,2,3]}"#.utf8))
        }
    }

    @Test("while it is away nothing is answered, not even current requests")
    func away() async throws {
        try await Setting.run { setting async throws in
            let id = await setting.proxy.inject(.hold)
            async let held = Result { try await setting.ask() }
            try await setting.proxy.wait(for: id)
            await setting.proxy.setAway(true)
            let outcome = await held
            #expect(throws: HTTPClientError.self) { try outcome.get() }
            await #expect(throws: HTTPClientError.self) { try await setting.ask() }
            await setting.proxy.setAway(false)
            try await expectEqual(setting.ask().response.status, .created)
            await setting.server.stop()
            await #expect(throws: HTTPClientError.self) { try await setting.ask() }
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
