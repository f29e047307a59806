internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Logging

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

/// Finds out whether the upstream can be reached.
@Net
final class UpstreamProbe {
    private let client: HTTPClient
    private let account: UpstreamAccount
    private var last: (problem: String?, at: LoopInstant)?
    private var asking: Task<String?, any Error>?

    /// How long a result is reused, so that nobody can make the proxy flood the upstream.
    private static let interval = Duration.seconds(2)
    private static let patience = Duration.seconds(5)

    nonisolated init(client: HTTPClient, account: UpstreamAccount) {
        self.client = client
        self.account = account
    }

    /// One line that says what is wrong; nil if the upstream answers. Throws `CancellationError`.
    func problem() async throws -> String? {
        if let last = self.last, last.at.duration(to: EventLoop.shared.now) < Self.interval { return last.problem }
        // Unstructured: concurrent callers share it, so it must not end with the first one.
        let task = self.asking ?? Task { try await self.ask() }
        self.asking = task
        defer { if self.asking == task { self.asking = nil } }
        let problem = try await task.value
        self.last = (problem, EventLoop.shared.now)
        return problem
    }

    private func ask() async throws -> String? {
        do {
            var url = try await self.account.current().url
            if url.path.isEmpty { url.path = "/" }
            // Any answer will do, so it needs no token.
            var request = HTTPClientRequest(.head, url)
            request.totalTimeout = Self.patience
            _ = try await self.client.execute(request)
            return nil
        } catch let error as CancellationError {
            throw error
        } catch let error as HTTPClientError {
            return Redaction.redact("the upstream cannot be reached: \(error.message)")
        } catch {
            return Redaction.redact("no token for the upstream: \(error)")
        }
    }
}
