internal import HTTP
package import HTTPServer
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

    func dispatch(_ head: RequestHead, headers: SecurityHeaders, forwarder: Forwarder? = nil) -> HTTPDispatch {
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
        let (respond, place) = (self.respond, self.place)
        return HTTPDispatch(
            .pool { request in
                var response: HTTPServerResponse
                do {
                    switch try await forwarder?.pass(request, about: place) ?? .here(request) {
                    case .answered(let answer): response = answer
                    case .here(let request): response = await respond(request)
                    }
                } catch let problem as HTTPProblem {
                    response = .problem(problem)
                }
                headers.apply(to: &response)
                return response
            }, bodyLimit: self.bodyLimit)
    }
}
