internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON

/// What a standalone proxy answers itself, for monitoring: `/healthz`, `/readyz` and `/metrics`.
struct ProxyEndPoints: Sendable {
    private let probe: UpstreamProbe
    private let gatekeeper: Gatekeeper
    private let exposition: @Sendable () -> String
    private let now: @Sendable () -> Int64

    init(
        client: HTTPClient, account: UpstreamAccount, gatekeeper: Gatekeeper,
        exposition: @escaping @Sendable () -> String, now: @escaping @Sendable () -> Int64
    ) {
        self.probe = UpstreamProbe(client: client, account: account)
        self.gatekeeper = gatekeeper
        self.exposition = exposition
        self.now = now
    }

    /// Nil for requests that are forwarded.
    func dispatch(_ head: RequestHead) -> HTTPDispatch? {
        guard head.method == .get || head.method == .head else { return nil }
        switch head.path {
        case "/healthz": return HTTPDispatch(.immediate { _ in .json(["status": "ok"]) })
        case "/readyz": return HTTPDispatch(.loop { _ in try await self.readiness() })
        case "/metrics": return HTTPDispatch(.loop { request in try await self.metrics(request) })
        default: return nil
        }
    }

    @Net private func readiness() async throws -> HTTPServerResponse {
        let problem = try await self.probe.problem()
        return .json(
            [
                "status": problem == nil ? "ok" : "unavailable",
                "checks": ["upstream": .string(problem ?? "ok")],
            ], problem == nil ? .ok : .serviceUnavailable)
    }

    /// Metrics about clients are not for everyone who can reach the proxy.
    @Net private func metrics(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        do {
            _ = try await self.gatekeeper.admit(request.headers, at: self.now())
        } catch let refusal as ProxyRefusal {
            return refusal.response(at: request.path)
        }
        return HTTPServerResponse(
            .ok, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
            body: .bytes(Array(self.exposition().utf8)))
    }
}
