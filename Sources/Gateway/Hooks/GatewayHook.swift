internal import HTTP
package import HTTPServer

/// A path to which a platform delivers its events, past the gateway's credentials: who calls is proved by the platform's
/// own signature or secret, which `respond` checks before it looks at anything else.
package struct GatewayHook: Sendable {
    /// The most bytes of one delivery.
    static let bodyLimit = 1 << 20

    /// Such as `/hooks/slack/team`.
    package let path: String
    private let respond: @Sendable (HTTPServerRequest) async -> HTTPServerResponse

    package init(path: String, respond: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse) {
        self.path = path
        self.respond = respond
    }

    func dispatch(_ head: RequestHead, headers: SecurityHeaders) -> HTTPDispatch {
        guard head.method == .post else {
            return HTTPDispatch(
                .immediate { _ in
                    var response = HTTPServerResponse.problem(
                        HTTPProblem(
                            .methodNotAllowed, "Events are delivered here by POST.", headers: ["Allow": "POST"]))
                    headers.apply(to: &response)
                    return response
                })
        }
        let respond = self.respond
        return HTTPDispatch(
            .pool { request in
                var response = await respond(request)
                headers.apply(to: &response)
                return response
            }, bodyLimit: Self.bodyLimit)
    }
}
