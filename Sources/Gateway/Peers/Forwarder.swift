internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions
internal import Store

/// Passes requests on to the hosts that have what they are about.
///
/// Such a request has passed all checks here but takes its credential along, which the other host finds in the same store.
struct Forwarder: Sendable {
    /// Names the host that has passed a request on: the next one does not do so again.
    static let hop = "x-jetbridge-hop"

    private let peers: GatewayPeers
    private let bridge: Bridge
    private let authenticator: Authenticator
    private let client: HTTPClient
    private let logger: Logger

    /// How long a place may take to get from one host to another.
    private static let patience = Duration.seconds(8)
    private static let pause = Duration.milliseconds(50)
    /// Between two looks whether a host that does not answer still has a place.
    private static let look = Duration.seconds(1)
    /// Larger bodies are not kept for a second try.
    private static let keptBody = 2 << 20
    private static let shortAnswer = 16 << 20

    init(_ peers: GatewayPeers, bridge: Bridge, authenticator: Authenticator, logger: Logger) {
        self.peers = peers
        self.bridge = bridge
        self.authenticator = authenticator
        self.logger = logger
        var settings = HTTPClientSettings()
        // The hosts of a cluster share a private network; see docs/cluster.md.
        settings.allowsPlainHTTP = true
        settings.connectTimeout = .seconds(2)
        settings.idleTimeout = nil
        settings.userAgent = "jetbridge"
        self.client = HTTPClient(settings)
    }

    enum Outcome {
        /// By the host that has the place.
        case answered(HTTPServerResponse)
        /// This host has it, and answers this request, which may hold what was read of the first one.
        case here(HTTPServerRequest)
    }

    /// Passes a request on if another host has `place`.
    func pass(_ request: HTTPServerRequest, about place: Place) async throws -> Outcome {
        var request = request
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if self.bridge.serves(place) { return .here(request) }
            do {
                if let gateway = try await self.peers.gateway(place) {
                    if request.headers.contains(Self.hop) { throw Self.moving }
                    request = try await Self.kept(request)
                    return .answered(try await self.forward(request, about: place, to: gateway))
                }
            } catch let error as HTTPClientError {
                self.logger.warning("another host does not answer", ["error": .string(error.message)])
                guard !error.mayHaveReachedServer else { throw Self.moving }
            } catch is PlaceLost {}
            guard ContinuousClock.now < deadline else { throw Self.moving }
            if self.bridge.serves(place) { continue }
            // Its places come to another host, or to this one.
            try await EventLoop.shared.sleep(for: Self.pause)
        }
    }

    static let moving = HTTPProblem(
        .serviceUnavailable, "The host that serves this is being replaced. Repeat the request in a moment.",
        headers: ["Retry-After": "1"])

    /// The request with its body in memory, for a second try, unless it is long.
    private static func kept(_ request: HTTPServerRequest) async throws -> HTTPServerRequest {
        guard request.body.arrived == nil, case .length(let length) = request.head.framing, length <= Self.keptBody
        else { return request }
        return HTTPServerRequest(
            head: request.head, body: RequestBody(try await request.body.collect(upTo: Self.keptBody)),
            remoteAddress: request.remoteAddress, parameters: request.parameters)
    }

    private static func body(of request: HTTPServerRequest) -> HTTPClientRequest.Body {
        if let bytes = request.body.arrived { return bytes.isEmpty ? .none : .bytes(bytes) }
        var length: Int?
        if case .length(let known) = request.head.framing { length = known }
        return .stream(length: length) { writer in
            for try await bytes in request.body { try await writer.write(bytes) }
        }
    }

    private func forward(
        _ request: HTTPServerRequest, about place: Place, to gateway: HTTPURL
    ) async throws -> HTTPServerResponse {
        var headers = request.headers
        for name in Self.own { headers.remove(name) }
        for (name, value) in self.authenticator.credential(of: request.headers) { headers.append(name, value) }
        headers.append(Self.hop, self.peers.name)
        let url = try HTTPURL(gateway.origin + request.target)
        let passed = HTTPClientRequest(request.method, url, headers: headers, body: Self.body(of: request))
        let answer = try await withThrowingTaskGroup(of: HTTPClientResponse.self) { group in
            group.addTask { try await self.client.execute(passed) }
            group.addTask { try await self.fail(whenLeaving: gateway, place) }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw Self.moving }
            return answer
        }
        var response = HTTPServerResponse(answer.status)
        for (name, value) in answer.headers where !Self.ofConnection.contains(name.lowercased()) {
            response.headers.append(name, value)
        }
        // What is asked for within this program has no client to stream to.
        guard request.remoteAddress != nil else {
            response.body = .bytes(try await answer.body.collect(upTo: Self.shortAnswer))
            return response
        }
        response.body = .stream { writer in
            for try await bytes in answer.body { try await writer.write(bytes) }
        }
        return response
    }

    /// Throws when `gateway` no longer has the place: a host that hangs answers nobody, and what it still tries to store is
    /// refused.
    private func fail(whenLeaving gateway: HTTPURL, _ place: Place) async throws -> HTTPClientResponse {
        while true {
            try await EventLoop.shared.sleep(for: Self.look)
            let current: HTTPURL?
            do { current = try await self.peers.gateway(place) } catch is PlaceLost { throw Self.moving } catch {
                // Without the store nobody knows.
                continue
            }
            if current?.origin != gateway.origin { throw Self.moving }
        }
    }

    /// What is about the connection, and what was checked here: the page's site is another one there.
    private static let own = [
        "host", "authorization", "cookie", "origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest",
        "sec-fetch-user", "connection", "keep-alive", "te", "upgrade", "expect", "transfer-encoding", "content-length",
        "accept-encoding",
    ]
    private static let ofConnection: Set<String> = ["connection", "keep-alive", "transfer-encoding", "date", "server"]
}
