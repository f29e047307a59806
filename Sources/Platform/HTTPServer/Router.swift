internal import EventLoop
internal import HTTP

/// Finds the route of a request by method and path: a table as a tree of segments.
///
/// Texts go before parameters, parameters before rests. Segments are compared and given to handlers percent-decoded, so
/// an encoded slash stays inside its segment; a path with a segment `.` or `..` is no route's (404), for what a client
/// or proxy makes of it differs. HEAD is answered by the GET route; an unknown method gets 405 with `Allow`.
package struct Router: HTTPDispatcher {
    private final class Node: Sendable {
        let texts: [String: Node]
        let parameter: Node?
        /// The routes that end here, by method; and those that take the rest.
        let routes: [HTTPMethod: Route]
        let rests: [HTTPMethod: Route]

        init(_ routes: [(rest: ArraySlice<RoutePattern.Segment>, route: Route)]) {
            var texts: [String: [(ArraySlice<RoutePattern.Segment>, Route)]] = [:]
            var parameters: [(ArraySlice<RoutePattern.Segment>, Route)] = []
            var ending: [HTTPMethod: Route] = [:]
            var rests: [HTTPMethod: Route] = [:]
            for (segments, route) in routes {
                switch segments.first {
                case .text(let text): texts[text, default: []].append((segments.dropFirst(), route))
                case .parameter: parameters.append((segments.dropFirst(), route))
                case .rest: rests[route.method] = route
                case nil: ending[route.method] = route
                }
            }
            self.texts = texts.mapValues { Node($0.map { (rest: $0.0, route: $0.1) }) }
            self.parameter = parameters.isEmpty ? nil : Node(parameters.map { (rest: $0.0, route: $0.1) })
            self.routes = ending
            self.rests = rests
        }
    }

    package let routes: [Route]
    private let root: Node

    /// Two routes with one method and the same places stop the program.
    package init(_ routes: [Route]) {
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
        guard let segments = Self.segments(of: head.path) else { return Self.notFound }
        var search = Search(method: head.method, segments: segments)
        search.visit(self.root, 0)
        guard let route = search.found else {
            return search.allowed.isEmpty ? Self.notFound : Self.notAllowed(search.allowed)
        }
        return HTTPDispatch(
            route.handler, bodyLimit: route.bodyLimit, parameters: Self.parameters(of: route, in: segments))
    }

    /// The decoded segments; `nil` where there is something to distrust.
    private static func segments(of path: Substring) -> [String]? {
        guard path.utf8.first == 0x2F else { return nil }
        var segments: [String] = []
        for part in path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
            guard let text = PercentEncoding.decode(Substring(part)), text != ".", text != "..",
                !text.utf8.contains(0)
            else { return nil }
            segments.append(text)
        }
        return segments
    }

    private static func parameters(of route: Route, in segments: [String]) -> PathParameters {
        var parameters = PathParameters()
        for (index, segment) in route.pattern.segments.enumerated() {
            switch segment {
            case .text: break
            case .parameter(let name): parameters.append(name, segments[index])
            case .rest(let name): parameters.append(name, segments[index...].joined(separator: "/"))
            }
        }
        return parameters
    }

    private static let notFound = HTTPDispatch(
        .immediate { _ in .problem(HTTPProblem(.notFound, "there is nothing at this path")) })

    private static func notAllowed(_ methods: Set<HTTPMethod>) -> HTTPDispatch {
        var names = methods.map(\.rawValue)
        if methods.contains(.get), !methods.contains(.head) { names.append(HTTPMethod.head.rawValue) }
        let allow = names.sorted().joined(separator: ", ")
        let problem = HTTPProblem(
            .methodNotAllowed, "this path answers \(allow) only", headers: ["Allow": allow])
        return HTTPDispatch(.immediate { _ in .problem(problem) })
    }

    private struct Search {
        let method: HTTPMethod
        let segments: [String]
        var found: Route?
        var allowed: Set<HTTPMethod> = []

        mutating func visit(_ node: Node, _ index: Int) {
            if index == self.segments.count {
                self.take(node.routes)
            } else {
                let segment = self.segments[index]
                if let next = node.texts[segment] { self.visit(next, index + 1) }
                if self.found == nil, !segment.isEmpty, let next = node.parameter { self.visit(next, index + 1) }
                if self.found == nil { self.take(node.rests) }
            }
        }

        private mutating func take(_ routes: [HTTPMethod: Route]) {
            self.found = routes[self.method] ?? (self.method == .head ? routes[.get] : nil)
            if self.found == nil { self.allowed.formUnion(routes.keys) }
        }
    }
}
