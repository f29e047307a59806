import EventLoop
import Glibc
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// `proxy.workers`, with the real program.
@Suite("The proxy's workers", .serialized, .timeLimit(.minutes(2)))
@Net
struct ProxyWorkerTests {
    /// Notes through which processes requests came.
    private struct Upstream: HTTPDispatcher {
        let vias: Protected<Set<String>>

        func dispatch(_ head: RequestHead) -> HTTPDispatch {
            HTTPDispatch(
                .loop { request in
                    if let via = request.headers["via"] { _ = self.vias.withLock { $0.insert(via) } }
                    return .json(["model": "small", "usage": ["prompt_tokens": 3, "completion_tokens": 4]])
                })
        }
    }

    private let vias = Protected<Set<String>>([])

    private func upstream() throws -> HTTPServer {
        let server = HTTPServer(HTTPServerSettings(), dispatcher: Upstream(vias: self.vias))
        try server.start()
        return server
    }

    /// Asks on a connection of its own.
    private func ask(_ url: String, _ key: String) async throws -> (status: Int, text: String) {
        let client = HTTPClient()
        let response = try await client.execute(
            HTTPClientRequest(.get, try HTTPURL(url), headers: ["Authorization": "Bearer \(key)"]))
        let body = try await response.body.collect(upTo: 1 << 20)
        return (response.status.code, String(decoding: body, as: UTF8.self))
    }

    private func key(_ proxy: ProxyProcess) async throws -> String {
        let result = try await proxy.run("token", "create", "--scope", "proxy", "--json")
        return try #require(try JSON.parse(result.output)["token"]?.stringValue)
    }

    /// Waits until so many sockets listen on the proxy's port.
    private func wait(for count: Int, at proxy: ProxyProcess) async throws {
        let port = try #require(proxy.address?.port)
        let digits = String(port, radix: 16, uppercase: true)
        let local = "0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits
        let end = ContinuousClock.now + .seconds(30)
        while true {
            let lines = String(decoding: ProcessTable.read("/proc/net/tcp"), as: UTF8.self).split(separator: "\n")
            let listening = lines.count { line in
                let fields = line.split(separator: " ")
                return fields.count > 3 && fields[1] == local && fields[3] == "0A"
            }
            if listening == count { return }
            try #require(ContinuousClock.now < end, "\(listening) of \(count) listen: \(proxy.log)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("they share the port, a key's limit and the counts; one that dies is replaced; TERM ends all")
    func shared() async throws {
        let server = try self.upstream()
        let proxy = try await ProxyProcess(
            upstream: server.loopbackURL,
            configuration: "proxy: {workers: 3, require_key: true, requests_per_minute: 10}")
        try await self.wait(for: 3, at: proxy)
        let workers = proxy.workers
        expectEqual(workers.count, 2)

        let key = try await self.key(proxy)
        let start = ContinuousClock.now
        var statuses: [Int: Int] = [:]
        for _ in 0..<30 { statuses[try await self.ask(proxy.base + "/chat/completions", key).status, default: 0] += 1 }
        // One more every six seconds.
        let more = Int((ContinuousClock.now - start) / .seconds(6))
        let passed = statuses[200, default: 0]
        #expect((10...10 + more).contains(passed) && statuses[429] == 30 - passed, "\(statuses)")
        #expect(self.vias.withLock { $0.count } > 1)

        let other = try await self.key(proxy)
        for _ in 0..<5 {
            let text = try await self.ask(proxy.base + "/metrics", other).text
            #expect(text.contains(#"jetbridge_proxy_requests_total{status="200"} \#(passed)"#), "\(text)")
            #expect(text.contains(#"jetbridge_proxy_requests_total{status="429"} \#(30 - passed)"#), "\(text)")
            #expect(text.contains(#"jetbridge_model_tokens_total{direction="out",model="small"} \#(4 * passed)"#))
        }

        kill(workers[0], SIGKILL)
        try await proxy.waitForLog("a worker ended and is started again")
        try await self.wait(for: 3, at: proxy)
        #expect(Set(proxy.workers).isDisjoint(with: [workers[0]]) && proxy.workers.count == 2)
        let third = try await self.key(proxy)
        for _ in 0..<10 { try await expectEqual(self.ask(proxy.base + "/chat/completions", third).status, 200) }

        let last = proxy.workers
        try await expectEqual(proxy.terminate(), .exited(0))
        #expect(last.allSatisfy { ProcessTable.arguments(of: $0).isEmpty })
        let usage = try JSON.parse(try await proxy.run("usage", "--json").output)
        #expect("\(usage)".contains("small"))
        await server.stop()
    }

    @Test("they end with the first process, also when it is killed; nobody else gets their port")
    func killed() async throws {
        let server = try self.upstream()
        let proxy = try await ProxyProcess(upstream: server.loopbackURL, configuration: "proxy: {workers: 2}")
        try await self.wait(for: 2, at: proxy)
        let workers = proxy.workers
        expectEqual(workers.count, 1)
        let address = try #require(proxy.address)
        let second = try await HostProcess.run(
            [
                "proxy", "--listen", "\(address)", "--config", proxy.directory.path + "/jetbridge.yaml", "--data-dir",
                proxy.directory.path + "/data",
            ], in: proxy.directory.path,
            environment: ["COPILOT_TOKEN": ProxyProcess.token, "JETBRIDGE_PROXY_UPSTREAM": server.loopbackURL])
        #expect(second.status != .exited(0) && second.errorText.contains("can't listen"), "\(second.errorText)")

        proxy.signal(SIGKILL)
        let end = ContinuousClock.now + .seconds(20)
        while !workers.allSatisfy({ ProcessTable.arguments(of: $0).isEmpty }), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(workers.allSatisfy { ProcessTable.arguments(of: $0).isEmpty })
        await server.stop()
    }
}
