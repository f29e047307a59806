package import HTTP
internal import HTTPServer
package import JSON

/// How the handler of the Model Context Protocol reaches the API: within the gateway, or over HTTP from `jetbridge mcp`.
/// Either way a call passes the checks of the API's route: credential, scopes, role, limits.
package protocol MCPBackend: Sendable {
    /// The base of links, without a slash at its end.
    var pageURL: String { get }
    /// Throws ``MCPRefusal`` where the API cannot be reached.
    func send(_ call: MCPCall) async throws -> MCPAnswer
}

/// A request to a route of the API.
package struct MCPCall: Sendable {
    /// Says that a request is made for a client of the Model Context Protocol; its value is ``via``.
    package static let header = "x-jetbridge-via"
    package static let via = "mcp"

    let route: APIRoute
    let parameters: PathParameters
    /// The path with the query.
    package let target: String
    package let body: JSON?

    package var method: HTTPMethod { self.route.method }

    /// - Parameters:
    ///   - operation: The route's; it must exist.
    ///   - parameters: Of its pattern, in the pattern's order.
    ///   - query: What is nil is left out.
    init(
        _ operation: String, _ parameters: String..., query: [(name: String, value: String?)] = [], body: JSON? = nil
    ) {
        let route = Self.route(operation)
        self.route = route
        self.body = body
        var values = PathParameters()
        var path = route.pattern
        for (name, value) in zip(RoutePattern(route.pattern).names, parameters) {
            values.append(name, value)
            path = path.replacing("{\(name)}", with: PercentEncoding.encode(value))
            let rest = value.split(separator: "/", omittingEmptySubsequences: false)
            path = path.replacing(
                "{\(name)...}", with: rest.map { PercentEncoding.encode(String($0)) }.joined(separator: "/"))
        }
        self.parameters = values
        let items = query.compactMap { item in item.value.map { HTTPQuery.Item(name: item.name, value: $0) } }
        self.target = items.isEmpty ? path : "\(path)?\(HTTPQuery(items).encoded)"
    }

    private static let routes = Dictionary(
        APITable.routes.map { ($0.operation, $0) }, uniquingKeysWith: { first, _ in first })

    /// A tool that names a route that is missing is a mistake of the program, which the tests find.
    static func route(_ operation: String) -> APIRoute {
        guard let route = Self.routes[operation] else { preconditionFailure("no operation \(operation)") }
        return route
    }
}

package struct MCPAnswer: Sendable {
    package let status: Int
    let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Why a tool did nothing, in a line for the model and its person.
package struct MCPRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    package let text: String
    let status: Int?

    package init(_ text: String, status: Int? = nil) {
        self.text = text
        self.status = status
    }

    package var description: String { self.text }
}

extension MCPBackend {
    /// The answer's document. Throws ``MCPRefusal`` with the API's own line if it refuses.
    func json(_ call: MCPCall) async throws -> JSON {
        let answer = try await self.send(call)
        guard 200..<300 ~= answer.status else { throw answer.refusal }
        return answer.body.isEmpty ? .null : try JSON.parse(answer.body)
    }
}

extension MCPAnswer {
    var refusal: MCPRefusal {
        let detail = (try? JSON.parse(self.body))?["detail"]?.stringValue
        return MCPRefusal(detail ?? "The host answered \(self.status). Try again.", status: self.status)
    }
}
