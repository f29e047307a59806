internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives

/// The search APIs of SearXNG, Brave and Tavily on loopback, for tests: as strict as the real ones, by
/// https://docs.searxng.org/dev/search_api.html, https://api-dashboard.search.brave.com/app/documentation/web-search and
/// https://docs.tavily.com/documentation/api-reference/endpoint/search.
package final class LoopbackSearchServer: Sendable {
    /// What the next request meets; without one, the results.
    package enum Behavior: Sendable {
        case refusal(status: Int, body: String, retryAfter: Int? = nil)
        /// A body that no provider sends.
        case raw(String)
    }

    package struct Result: Sendable {
        package let title: String
        package let url: String
        package let excerpt: String

        package init(_ title: String, _ url: String, _ excerpt: String) {
            self.title = title
            self.url = url
            self.excerpt = excerpt
        }
    }

    private struct State {
        var queue: [Behavior] = []
        var queries: [String] = []
        var results: [Result] = []
        var hasJSON = true
    }

    package static let key = "search-key"
    package let port: UInt16
    private let server: HTTPServer
    private let state: Protected<State>

    package static func started() async throws -> LoopbackSearchServer {
        let state = Protected(State())
        let server = HTTPServer(.standIn(port: 0, bodyLimit: 1 << 20), name: "search server", logger: .silent) {
            await Self.answer($0, state)
        }
        try await server.start()
        return LoopbackSearchServer(server, server.boundAddress?.port ?? 0, state)
    }

    private init(_ server: HTTPServer, _ port: UInt16, _ state: Protected<State>) {
        self.server = server
        self.port = port
        self.state = state
    }

    package func stop() async { await self.server.stop() }

    package var baseURL: String { "http://127.0.0.1:\(self.port)" }
    /// Of the valid requests so far.
    package var queries: [String] { self.state.withLock { $0.queries } }

    package func enqueue(_ behaviors: Behavior...) { self.state.withLock { $0.queue += behaviors } }
    package func find(_ results: Result...) { self.state.withLock { $0.results = results } }
    /// As SearXNG is installed: its format `json` is not in `search.formats`.
    package func switchOffJSON() { self.state.withLock { $0.hasJSON = false } }

    private static func answer(_ request: HTTPServerRequest, _ state: Protected<State>) async -> HTTPServerResponse {
        let query = request.query
        func item(_ name: String) -> String? { query[name] }
        switch (request.method, String(request.path)) {
        case (.get, "/search"):
            guard let words = item("q"), !words.isEmpty else { return Self.text(400, "no query") }
            guard item("format") == "json", state.withLock({ $0.hasJSON }) else { return Self.text(403, "Forbidden") }
            return Self.found(words, state) { results in
                ["query": .string(words), "results": Self.list(results, "content"), "answers": [], "infoboxes": []]
            }
        case (.get, "/res/v1/web/search"):
            guard request.headers["x-subscription-token"] == Self.key else {
                return Self.text(
                    422,
                    #"{"type":"ErrorResponse","error":{"code":"SUBSCRIPTION_TOKEN_INVALID","detail":"The provided subscription token is invalid.","status":422}}"#
                )
            }
            guard let words = item("q"), 1...400 ~= words.count,
                item("count").flatMap({ Int($0) }).map({ 1...20 ~= $0 }) != false
            else { return Self.text(422, #"{"type":"ErrorResponse","error":{"code":"VALIDATION","status":422}}"#) }
            return Self.found(words, state) { results in
                results.isEmpty
                    ? ["type": "search", "query": ["original": .string(words)]]
                    : ["type": "search", "web": ["type": "search", "results": Self.list(results, "description")]]
            }
        case (.post, "/search"):
            guard request.headers["authorization"] == "Bearer \(Self.key)" else {
                return Self.text(401, #"{"detail":{"error":"Unauthorized: missing or invalid API key."}}"#)
            }
            guard let body = try? await request.body.collect(), let json = try? JSON.parse(body),
                let words = json["query"]?.stringValue, !words.isEmpty,
                0...20 ~= json["max_results"]?.intValue ?? 5
            else { return Self.text(400, #"{"detail":{"error":"Query is missing."}}"#) }
            return Self.found(words, state) { results in
                ["query": .string(words), "results": Self.list(results, "content"), "response_time": 0.2]
            }
        default: return Self.text(404, "Not Found")
        }
    }

    private static func found(
        _ query: String, _ state: Protected<State>, _ answer: ([Result]) -> JSON
    ) -> HTTPServerResponse {
        let (behavior, results) = state.withLock { state in
            state.queries.append(query)
            return (state.queue.isEmpty ? nil : state.queue.removeFirst(), state.results)
        }
        switch behavior {
        case .refusal(let status, let body, let retryAfter):
            var response = Self.text(status, body)
            if let retryAfter { response.headers["Retry-After"] = "\(retryAfter)" }
            return response
        case .raw(let text): return Self.text(200, text)
        case nil: return .json(answer(results), .ok)
        }
    }

    private static func list(_ results: [Result], _ excerpt: String) -> JSON {
        .array(
            results.map { result in
                .object(
                    JSONObject(members: [
                        ("title", .string(result.title)), ("url", .string(result.url)),
                        (excerpt, .string(result.excerpt)),
                    ]))
            })
    }

    private static func text(_ status: Int, _ text: String) -> HTTPServerResponse {
        HTTPServerResponse(HTTPStatus(status), body: .bytes(Array(text.utf8)))
    }
}
