internal import EventLoop
internal import HTTP

/// Finds a request's route by method and path, in a tree of segments.
///
/// Literal segments take precedence over parameters, parameters over rests, rests with a last segment over others. Segments are matched and passed to handlers
/// percent-decoded, so an encoded slash stays inside its segment. A path with a `.` or `..` segment matches no route
/// (404), because clients and proxies interpret it differently. The GET route answers HEAD; an unknown method gets 405
/// with `Allow`; `OPTIONS *` gets the methods of all routes.
package struct Router: HTTPDispatcher {
    private final class Node: Sendable {
        let texts: [String: Node]
        let parameter: Node?
        /// The routes that end here, by method, and those that match the rest.
        let routes: [HTTPMethod: HTTPRoute]
        let rests: [HTTPMethod: HTTPRoute]
        /// Those that match the rest up to a last segment, by that segment.
        let tails: [String: [HTTPMethod: HTTPRoute]]

        init(_ routes: [(rest: ArraySlice<RoutePattern.Segment>, route: HTTPRoute)]) {
            var texts: [String: [(ArraySlice<RoutePattern.Segment>, HTTPRoute)]] = [:]
            var parameters: [(ArraySlice<RoutePattern.Segment>, HTTPRoute)] = []
            var ending: [HTTPMethod: HTTPRoute] = [:]
            var rests: [HTTPMethod: HTTPRoute] = [:]
            var tails: [String: [HTTPMethod: HTTPRoute]] = [:]
            for (segments, route) in routes {
                switch segments.first {
                case .text(let text): texts[text, default: []].append((segments.dropFirst(), route))
                case .parameter: parameters.append((segments.dropFirst(), route))
                case .rest:
                    if case .text(let tail)? = segments.dropFirst().first {
                        tails[tail, default: [:]][route.method] = route
                    } else {
                        rests[route.method] = route
                    }
                case nil: ending[route.method] = route
                }
            }
            self.texts = texts.mapValues { Node($0.map { (rest: $0.0, route: $0.1) }) }
            self.parameter = parameters.isEmpty ? nil : Node(parameters.map { (rest: $0.0, route: $0.1) })
            self.routes = ending
            self.rests = rests
            self.tails = tails
        }
    }

    package let routes: [HTTPRoute]
    private let root: Node

    /// Stops the program if two routes have the same method and pattern shape.
    package init(_ routes: [HTTPRoute]) {
        var seen: Set<String> = []
        for route in routes {
            let shape = route.pattern.segments.map { segment in
                switch segment {
                case .text(let text): text
                case .parameter: "{}"
                case .rest: "{...}"
                }
            }
            precondition(
                seen.insert("\(route.method) \(shape)").inserted, "two routes for \(route.method) \(route.pattern)")
        }
        self.routes = routes
        self.root = Node(routes.map { (rest: $0.pattern.segments[...], route: $0) })
    }

    package func dispatch(_ head: RequestHead) -> HTTPDispatch {
        if head.method == .options, head.path == "*" { return Self.options(Set(self.routes.map(\.method))) }
        guard let segments = Self.segments(of: head.path) else { return Self.notFound }
        var search = Search(method: head.method, segments: segments)
        search.visit(self.root, 0)
        guard let route = search.found else {
            return search.allowed.isEmpty ? Self.notFound : Self.notAllowed(search.allowed)
        }
        return HTTPDispatch(
            route.handler, bodyLimit: route.bodyLimit, parameters: Self.parameters(of: route, in: segments))
    }

    /// The decoded segments; `nil` for an unsafe path.
    private static func segments(of path: Substring) -> [String]? {
        guard path.utf8.first == 0x2F else { return nil }
        var segments: [String] = []
        for part in path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
            guard let text = PercentEncoding.decode(Substring(part)), !text.utf8.elementsEqual(".".utf8),
                !text.utf8.elementsEqual("..".utf8), !text.utf8.contains(0)
            else { return nil }
            segments.append(text)
        }
        return segments
    }

    private static func parameters(of route: HTTPRoute, in segments: [String]) -> PathParameters {
        var parameters = PathParameters()
        for (index, segment) in route.pattern.segments.enumerated() {
            switch segment {
            case .text: break
            case .parameter(let name): parameters.append(name, segments[index])
            case .rest(let name):
                let after = route.pattern.segments.count - index - 1
                parameters.append(name, segments[index...].dropLast(after).joined(separator: "/"))
            }
        }
        return parameters
    }

    private static let notFound = HTTPDispatch(
        .immediate { _ in .problem(HTTPProblem(.notFound, "there is nothing at this path")) })

    /// The answer to `OPTIONS *`, which asks about the server as a whole (RFC 9110 §9.3.7).
    private static func options(_ methods: Set<HTTPMethod>) -> HTTPDispatch {
        let response = HTTPServerResponse(.noContent, headers: ["Allow": Self.allow(methods.union([.options]))])
        return HTTPDispatch(.immediate { _ in response })
    }

    private static func allow(_ methods: Set<HTTPMethod>) -> String {
        (methods.contains(.get) ? methods.union([.head]) : methods).map(\.rawValue).sorted().joined(separator: ", ")
    }

    private static func notAllowed(_ methods: Set<HTTPMethod>) -> HTTPDispatch {
        let allow = Self.allow(methods)
        let problem = HTTPProblem(
            .methodNotAllowed, "this path supports only \(allow)", headers: ["Allow": allow])
        return HTTPDispatch(.immediate { _ in .problem(problem) })
    }

    private struct Search {
        /// In bytes. No pattern has a longer text, and looking one up takes long if it consists of combining marks.
        static let longestText = 255

        let method: HTTPMethod
        let segments: [String]
        var found: HTTPRoute?
        var allowed: Set<HTTPMethod> = []

        mutating func visit(_ node: Node, _ index: Int) {
            if index == self.segments.count {
                self.take(node.routes)
            } else {
                let segment = self.segments[index]
                if let next = Self.find(segment, in: node.texts) { self.visit(next, index + 1) }
                if self.found == nil, !segment.isEmpty, let next = node.parameter { self.visit(next, index + 1) }
                guard self.found == nil else { return }
                let last = self.segments[self.segments.count - 1]
                let tail = index + 1 < self.segments.count ? Self.find(last, in: node.tails) : nil
                // What ends so is a resource of its own, whatever is asked of it.
                self.take(tail ?? node.rests)
            }
        }

        private static func find<Value>(_ segment: String, in texts: [String: Value]) -> Value? {
            segment.utf8.count <= Self.longestText ? texts[segment] : nil
        }

        private mutating func take(_ routes: [HTTPMethod: HTTPRoute]) {
            self.found = routes[self.method] ?? (self.method == .head ? routes[.get] : nil)
            if self.found == nil { self.allowed.formUnion(routes.keys) }
        }
    }
}
