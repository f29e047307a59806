package import HTTP

/// An entry of a router's table.
package struct HTTPRoute: Sendable {
    package let method: HTTPMethod
    package let pattern: RoutePattern
    /// In bytes; `nil` means the server's default.
    package let bodyLimit: Int?
    package let documentation: RouteDocumentation?
    package let handler: HTTPDispatch.Handler

    package init(
        _ method: HTTPMethod, _ pattern: RoutePattern, bodyLimit: Int? = nil,
        documentation: RouteDocumentation? = nil, handler: HTTPDispatch.Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.bodyLimit = bodyLimit
        self.documentation = documentation
        self.handler = handler
    }

    /// A route whose handler runs on the pool.
    package init(
        _ method: HTTPMethod, _ pattern: RoutePattern, bodyLimit: Int? = nil,
        documentation: RouteDocumentation? = nil,
        handler: @escaping @concurrent @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) {
        self.init(method, pattern, bodyLimit: bodyLimit, documentation: documentation, handler: .pool(handler))
    }
}

/// A path with parameters: `/threads/{id}/messages`; a final `{path...}` matches the rest, which one literal segment may
/// end: `/files/{path...}/history`.
package struct RoutePattern: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case text(String)
        case parameter(String)
        /// One or more segments.
        case rest(String)
    }

    package let description: String
    let segments: [Segment]

    /// Patterns are written in code, so an invalid one stops the program: no leading slash, an empty or repeated name,
    /// or `...` before the end.
    package init(_ text: String) {
        precondition(text.hasPrefix("/"), "a route must start with /: \(text)")
        self.description = text
        self.segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .text(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
        let names = self.names
        precondition(!names.contains(""), "a route's parameter needs a name: \(text)")
        precondition(Set(names).count == names.count, "a route's parameters need different names: \(text)")
        let rest = self.segments.firstIndex { if case .rest = $0 { true } else { false } }
        let tail = rest.map { self.segments[($0 + 1)...] } ?? []
        precondition(
            tail.isEmpty || tail.count == 1 && { if case .text = tail.first { true } else { false } }(),
            "only one literal segment may follow a route's rest: \(text)")
    }

    package init(stringLiteral value: String) {
        self.init(value)
    }

    /// The parameters' names, in order.
    package var names: [String] {
        self.segments.compactMap { segment in
            switch segment {
            case .text: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    /// The pattern in OpenAPI syntax.
    var openAPIPath: String { self.description.replacing("...}", with: "}") }
}

/// The values of a route's pattern in a path, percent-decoded.
package struct PathParameters: Sendable, Hashable {
    private var values: [(name: String, value: String)] = []

    package init() {}

    package subscript(name: String) -> String? {
        self.values.first { $0.name == name }?.value
    }

    package mutating func append(_ name: String, _ value: String) {
        self.values.append((name, value))
    }

    package static func == (left: PathParameters, right: PathParameters) -> Bool {
        left.values.elementsEqual(right.values) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for (name, value) in self.values {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}
