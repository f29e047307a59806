internal import HTTP

/// A path with parameters: `/threads/{id}/messages`; a final `{path...}` matches the rest.
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
        precondition(
            !self.segments.dropLast().contains { if case .rest = $0 { true } else { false } },
            "only a route's last segment takes the rest: \(text)")
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
