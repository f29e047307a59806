internal import HTTP
package import HTTPServer
internal import Primitives
package import Sessions

/// A path to which a platform delivers its events, bypassing the gateway's credentials. `respond` must verify the
/// platform's signature or secret before anything else.
package struct GatewayHook: Sendable {
    /// The usual maximum size of one delivery, in bytes.
    package static let bodyLimit = 1 << 20

    /// Such as `/hooks/slack/team`.
    package let path: String
    /// Whose host takes the deliveries.
    private let place: Place
    /// The maximum size of one delivery, in bytes.
    private let bodyLimit: Int
    private let respond: @Sendable (HTTPServerRequest) async -> HTTPServerResponse

    package init(
        path: String, of place: Place, bodyLimit: Int = Self.bodyLimit,
        respond: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    ) {
        self.path = path
        self.place = place
        self.bodyLimit = bodyLimit
        self.respond = respond
    }

    func dispatch(
        _ head: RequestHead, in room: HookRoom, headers: SecurityHeaders, forwarder: Forwarder? = nil
    ) -> HTTPDispatch {
        guard head.method == .post else {
            return HTTPDispatch(
                .immediate { _ in
                    var response = HTTPServerResponse.problem(
                        HTTPProblem(
                            .methodNotAllowed, "Deliver events here with POST.", headers: ["Allow": "POST"]))
                    headers.apply(to: &response)
                    return response
                })
        }
        let (respond, place, limit) = (self.respond, self.place, self.bodyLimit)
        return HTTPDispatch(
            .pool { request in
                var response: HTTPServerResponse
                do {
                    response = try await room.taking(request, upTo: limit) {
                        switch try await forwarder?.pass(request, about: place) ?? .here(request) {
                        case .answered(let answer): answer
                        case .here(let request): await respond(request)
                        }
                    }
                } catch let problem as HTTPProblem {
                    response = .problem(problem)
                }
                headers.apply(to: &response)
                return response
            }, bodyLimit: self.bodyLimit)
    }
}

/// The memory of deliveries, whose senders are known only once a body has been read and its signature is right.
struct HookRoom: Sendable {
    /// In bytes, of all together and of those from one address.
    private let (all, each): (RequestBudget, RequestBudget)
    private let patience: Duration

    /// - Parameters:
    ///   - wait: How long a delivery waits for room.
    ///   - patience: How long it may take. Platforms give up after 3 to 10 seconds.
    init(limit: Int = 64 << 20, wait: Duration = .seconds(5), patience: Duration = .seconds(30)) {
        self.all = RequestBudget(limit: limit, patience: wait)
        self.each = RequestBudget(limit: limit / 2, patience: wait)
        self.patience = patience
    }

    /// Throws ``HTTPProblem`` with 503 where too many deliveries are under way, and with 408 for one that takes too long.
    func taking(
        _ request: HTTPServerRequest, upTo limit: Int,
        _ body: @escaping @Sendable () async throws -> HTTPServerResponse
    ) async throws -> HTTPServerResponse {
        let bytes: Int =
            switch request.head.framing {
            case .none: 0
            case .length(let length): min(length, limit)
            case .chunked: limit
            }
        let peer = SignInRoutes.peer(of: request).name
        let shares: (RequestShare, RequestShare)
        do {
            shares = (try await self.each.reserve(bytes, for: peer), try await self.all.reserve(bytes, for: ""))
        } catch is HTTPProblem {
            throw HTTPProblem(
                .serviceUnavailable, "Too many deliveries are under way. Send this one again.",
                headers: ["Retry-After": "5"])
        }
        defer { withExtendedLifetime(shares) {} }
        guard let response = try await withDeadline(self.patience, body) else {
            throw HTTPProblem(HTTPStatus(408), "The delivery did not arrive in time. Send it again.")
        }
        return response
    }
}
