internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions

/// Passes requests on to the hosts that have what they are about.
///
/// Such a request has passed all checks here but keeps its credential, which the other host finds in the same store.
struct Forwarder: Sendable {
    /// Names the host that has passed a request on: the next one does not do so again.
    static let hop = "x-jetbridge-hop"

    private let peers: GatewayPeers
    private let bridge: Bridge
    private let client: HTTPClient
    private let logger: Logger

    /// How long a place may take to get from one host to another.
    private static let patience = Duration.seconds(8)
    private static let pause = Duration.milliseconds(50)
    /// Larger bodies are not kept for a second try.
    private static let keptBody = 2 << 20

    init(_ peers: GatewayPeers, bridge: Bridge, logger: Logger) {
        self.peers = peers
        self.bridge = bridge
        self.logger = logger
        var settings = HTTPClientSettings()
        // The hosts of a cluster share a private network; see docs/cluster.md.
        settings.allowsPlainHTTP = true
        settings.connectTimeout = .seconds(2)
        settings.idleTimeout = nil
        settings.userAgent = "jetbridge"
        self.client = HTTPClient(settings)
    }

    /// The answer of the host that has `place`; nil if this one answers.
    func response(to request: HTTPServerRequest, about place: Place) async throws -> HTTPServerResponse? {
        if self.bridge.serves(place) { return nil }
        if request.headers.contains(Self.hop) { throw Self.moving }
        let deadline = ContinuousClock.now + Self.patience
        let body = try await self.body(of: request)
        while true {
            do {
                guard let gateway = try await self.peers.gateway(place) else {
                    if self.bridge.serves(place) { return nil }
                    throw PlaceLost([place])
                }
                return try await self.forward(request, body, to: gateway)
            } catch let error as HTTPClientError {
                self.logger.warning("another host does not answer", ["error": .string(error.message)])
                guard !error.mayHaveReachedServer, ContinuousClock.now < deadline else { throw Self.moving }
            } catch is PlaceLost {
                guard ContinuousClock.now < deadline else { throw Self.moving }
            }
            // Its places come to another host, or to this one.
            try await EventLoop.shared.sleep(for: Self.pause)
        }
    }

    private static let moving = HTTPProblem(
        .serviceUnavailable, "The host that serves this is being replaced. Repeat the request in a moment.",
        headers: ["Retry-After": "1"])

    private func body(of request: HTTPServerRequest) async throws -> HTTPClientRequest.Body {
        switch request.head.framing {
        case .none: return .none
        case .length(let length) where length > Self.keptBody: return Self.stream(request.body, length: length)
        case .chunked: return Self.stream(request.body, length: nil)
        case .length: return .bytes(try await request.body.collect(upTo: Self.keptBody))
        }
    }

    private static func stream(_ body: RequestBody, length: Int?) -> HTTPClientRequest.Body {
        .stream(length: length) { writer in
            for try await bytes in body { try await writer.write(bytes) }
        }
    }

    private func forward(
        _ request: HTTPServerRequest, _ body: HTTPClientRequest.Body, to gateway: HTTPURL
    ) async throws -> HTTPServerResponse {
        var headers = request.headers
        for name in Self.own { headers.remove(name) }
        headers.append(Self.hop, self.peers.name)
        let url = try HTTPURL(gateway.origin + request.target)
        let answer = try await self.client.execute(
            HTTPClientRequest(request.method, url, headers: headers, body: body))
        var response = HTTPServerResponse(answer.status)
        for (name, value) in answer.headers where !Self.ofConnection.contains(name.lowercased()) {
            response.headers.append(name, value)
        }
        response.body = .stream { writer in
            for try await bytes in answer.body { try await writer.write(bytes) }
        }
        return response
    }

    /// What is about the connection, and what was checked here: the page's site is another one there.
    private static let own = [
        "host", "origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user",
        "connection", "keep-alive", "te", "upgrade", "expect", "transfer-encoding", "content-length", "accept-encoding",
    ]
    private static let ofConnection: Set<String> = ["connection", "keep-alive", "transfer-encoding", "date", "server"]
}
