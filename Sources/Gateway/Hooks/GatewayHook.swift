internal import HTTP
package import HTTPServer

/// A path to which a platform delivers its events, bypassing the gateway's credentials. `respond` must verify the
/// platform's signature or secret before anything else.
package struct GatewayHook: Sendable {
    /// The usual maximum size of one delivery, in bytes.
    package static let bodyLimit = 1 << 20

    /// Such as `/hooks/slack/team`.
    package let path: String
    /// The maximum size of one delivery, in bytes.
    private let bodyLimit: Int
    private let respond: @Sendable (HTTPServerRequest) async -> HTTPServerResponse

    package init(
        path: String, bodyLimit: Int = Self.bodyLimit,
        respond: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    ) {
        self.path = path
        self.bodyLimit = bodyLimit
        self.respond = respond
    }

    func dispatch(_ head: RequestHead, headers: SecurityHeaders) -> HTTPDispatch {
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
        let respond = self.respond
        return HTTPDispatch(
            .pool { request in
                var response = await respond(request)
                headers.apply(to: &response)
                return response
            }, bodyLimit: self.bodyLimit)
    }
}
