internal import HTTP
internal import HTTPServer

/// The refusals that several routes share.
enum Problems {
    static let unauthorized = HTTPProblem(
        .unauthorized,
        "Sign in at / with a code, or send Authorization: Bearer with a token of `jetbridge token create`.",
        headers: ["WWW-Authenticate": "Bearer realm=\"jetbridge\""])
    static let forbiddenOrigin = HTTPProblem(
        .forbidden,
        "The request comes from a page of another site. If that page is this host's own, set gateway.public_url to its address."
    )

    static func missing(_ what: String) -> HTTPProblem {
        HTTPProblem(.notFound, "There is no such \(what), or you may not see it.")
    }

    static func missingScope(_ scopes: Set<Scope>) -> HTTPProblem {
        let names = scopes.map(\.rawValue).sorted().joined(separator: " or ")
        return HTTPProblem(.forbidden, "This needs a token with the scope \(names), or a sign-in that has it.")
    }

    static func tooManyRequests(_ seconds: Int) -> HTTPProblem {
        HTTPProblem(
            .tooManyRequests, "Too many requests: try again in \(seconds) s.", headers: ["Retry-After": String(seconds)]
        )
    }
}
