import Copilot
import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Logging
import Primitives
import Telemetry
import TestSupport

@testable import Proxy

/// An upstream, the proxy in front of it and a client, all on loopback.
@Net
final class ProxyScene {
    let upstream: HTTPServer
    let server: ProxyServer
    let proxy: ReverseProxy
    let tokens: RotatingToken
    let client = HTTPClient()
    nonisolated let log = Protected<[String]>([])
    nonisolated let used = Protected<[ProxyUsage]>([])
    /// Requests to a model that failed.
    nonisolated let failed = Protected<[ProxyUsage]>([])
    nonisolated let clock = Protected<Int64>(1_790_000_000_000)
    private var running: [Task<Void, any Error>] = []

    nonisolated static let key = "jb_good"

    init(
        prefix: String = "", keys: [String: ClientKeyFinding] = [:],
        othersUse: @escaping DailyUseLookup = { _, _ in 0 }, spending: SpendingLookup? = nil, tracer: Tracer? = nil,
        change: (inout ProxySettings) -> Void = { _ in },
        handler: @escaping @Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) async throws {
        var upstream = HTTPServerSettings()
        upstream.bodyLimit = 64 << 20
        upstream.deadlines.drain = .milliseconds(100)
        self.upstream = HTTPServer(upstream, dispatcher: LoopDispatcher(handler: handler))
        try self.upstream.start()
        self.tokens = RotatingToken(
            try HTTPURL("http://127.0.0.1:\(self.upstream.boundAddress?.port ?? 0)"))
        var settings = ProxySettings(port: 0)
        settings.drain = .milliseconds(100)
        change(&settings)
        let log = self.log, used = self.used, failed = self.failed, clock = self.clock
        let logger = Logger(
            label: "proxy",
            output: LogOutput(level: .info, format: .json) { line in
                log.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            })
        self.proxy = ReverseProxy(
            settings, source: self.tokens, prefix: prefix,
            lookup: { secret in
                keys[secret] ?? (secret == ProxyScene.key ? .valid(ClientKey(id: "k1"), until: nil) : .unknown)
            },
            usage: { usage in (usage.error == nil ? used : failed).withLock { $0.append(usage) } },
            othersUse: othersUse, spending: spending, tracer: tracer,
            logger: logger, now: { clock.withLock { $0 } })
        self.server = ProxyServer(self.proxy, logger: logger)
        try await self.server.start()
        let server = self.server, upstreamServer = self.upstream
        self.running = [Task { try await server.run() }, Task { try await upstreamServer.run() }]
    }

    var base: String { "http://127.0.0.1:\(self.server.boundAddress?.port ?? 0)" }

    func stop() async {
        await self.server.stop()
        await self.upstream.stop()
        for task in self.running { _ = await task.result }
    }

    /// Sends a request through the proxy and collects the answer.
    func ask(
        _ method: HTTPMethod = .get, _ target: String, _ headers: HTTPHeaders = [:],
        _ body: HTTPClientRequest.Body = .none
    ) async throws -> (status: Int, headers: HTTPHeaders, body: [UInt8]) {
        let response = try await self.client.execute(
            HTTPClientRequest(method, HTTPURL(self.base + target), headers: headers, body: body))
        return (response.status.code, response.headers, try await response.body.collect(upTo: 64 << 20))
    }

    func connection() async throws -> RawConnection { try await RawConnection(to: self.server.boundAddress) }
}

struct LoopDispatcher: HTTPDispatcher {
    let handler: @Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse

    func dispatch(_ head: RequestHead) -> HTTPDispatch { HTTPDispatch(.loop(self.handler)) }
}

/// `token-1` until it is rejected, then `token-2`, and so on.
final class RotatingToken: CopilotTokenSource {
    private let url: HTTPURL
    private let number = Protected(1)
    /// If set, a rejected token is not replaced.
    let isFixed = Protected(false)

    init(_ url: HTTPURL) { self.url = url }

    var rejections: Int { self.number.withLock { $0 - 1 } }

    func token() async throws -> CopilotToken {
        CopilotToken(
            value: Secret("token-\(self.number.withLock { $0 })"), expiresAt: .max, apiURL: self.url)
    }

    func reject(_ token: CopilotToken) async {
        guard !self.isFixed.withLock({ $0 }) else { return }
        self.number.withLock { if token.value == Secret("token-\($0)") { $0 += 1 } }
    }
}

extension HTTPServerResponse {
    /// The request as the upstream received it, as JSON.
    static func echo(_ request: HTTPServerRequest, _ body: [UInt8]) -> HTTPServerResponse {
        .json([
            "method": .string(request.method.rawValue), "target": .string(request.target),
            "headers": .array(request.headers.map { .string("\($0.name): \($0.value)") }),
            "length": .integer(Int64(body.count)), "sum": .integer(body.reduce(0) { $0 &+ Int64($1) }),
        ])
    }
}
