internal import Chat
internal import HTTP
internal import HTTPServer
internal import Primitives
internal import Threads

/// Problems shared by several routes.
enum Problems {
    static let unauthorized = HTTPProblem(
        .unauthorized,
        "Sign in at / with a code, or send Authorization: Bearer with a token from `jetbridge token create`.",
        headers: ["WWW-Authenticate": "Bearer realm=\"jetbridge\""])
    static let forbiddenOrigin = HTTPProblem(
        .forbidden,
        "The request comes from a page of another site. "
            + "If that page belongs to this host, set gateway.public_url to its address.")

    static func foreignHost(_ name: String, url: String) -> HTTPProblem {
        HTTPProblem(
            .misdirectedRequest,
            "This host does not answer under the name \(name.beginning(bytes: 260)). Open \(url), "
                + "or set gateway.public_url to the address that people use.", title: "Wrong address")
    }

    static func missing(_ what: String) -> HTTPProblem {
        HTTPProblem(.notFound, "There is no such \(what), or you may not see it.")
    }

    static func missingScope(_ scopes: Set<Scope>) -> HTTPProblem {
        let names = scopes.map(\.rawValue).sorted().joined(separator: " or ")
        return HTTPProblem(.forbidden, "This needs a token with the scope \(names), or a sign-in that has it.")
    }

    static func missingRole(_ needed: Role, held: Role) -> HTTPProblem {
        let who = needed == .owner ? "owners" : "members and owners"
        return HTTPProblem(
            .forbidden,
            "This is for \(who), and you are a \(held.rawValue). Ask an owner for the role \(needed.rawValue).")
    }

    /// For somebody who may see a thread.
    static func missingRight(_ needed: ThreadRight) -> HTTPProblem {
        HTTPProblem(
            .forbidden,
            needed == .own
                ? "This is for the person who began the conversation, and for owners."
                : "This conversation is shared with you to read. Ask the person who shared it to let you join.")
    }

    static func tooManyRequests(_ seconds: Int) -> HTTPProblem {
        HTTPProblem(
            .tooManyRequests, "Too many requests: try again in \(seconds) s.", headers: ["Retry-After": String(seconds)]
        )
    }
}
