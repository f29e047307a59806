internal import EventLoop
internal import HTTP
internal import JSON

/// A request to the API, as its handlers see it.
struct GitHubCall: Sendable {
    /// Percent-decoded.
    let path: String
    let query: HTTPQuery
    let headers: HTTPHeaders
    let body: JSON
    let actor: GitHubActor
    /// What the route's pattern found.
    var parameters: [String: String] = [:]
    /// Found by the route.
    var found: HubRepository?
    let now: Double

    var login: String { self.actor.login }

    /// The repository of the path.
    var repository: HubRepository {
        get throws {
            guard let found else { throw GitHubProblem.notFound }
            return found
        }
    }

    subscript(name: String) -> String { self.parameters[name] ?? "" }

    /// A number in the path.
    func number(_ name: String) throws -> Int {
        guard let number = Int(self[name]) else { throw GitHubProblem.notFound }
        return number
    }

    /// A required text of the body.
    func text(_ name: String) throws -> String {
        guard let value = self.body[name], !value.isNull else { throw GitHubProblem.missing(name) }
        guard let text = value.stringValue else {
            throw GitHubProblem(422, "Invalid request.\n\nFor 'properties/\(name)', \(value.text) is not a string.")
        }
        return text
    }

    func wants(_ media: String) -> Bool {
        (self.headers["accept"] ?? "").split(separator: ",").contains {
            let type = $0.split(separator: ";")[0]
            return type.contains(".\(media)+") || type.hasSuffix(".\(media)")
        }
    }

    var perPage: Int { max(1, min(100, self.query["per_page"].flatMap { Int($0) } ?? 30)) }
    var page: Int { max(1, self.query["page"].flatMap { Int($0) } ?? 1) }
}
