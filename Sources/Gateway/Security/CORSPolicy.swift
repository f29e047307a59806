internal import HTTP
internal import HTTPServer

/// Pages of other sites that may call the API with a token: the Fetch standard's CORS protocol. They never get the
/// cookie. Pure.
struct CORSPolicy: Sendable {
    /// In lower case.
    private let origins: Set<String>

    init(origins: [String]) { self.origins = Set(origins.map { $0.lowercased() }) }

    private func origin(of headers: HTTPHeaders) -> String? {
        guard let origin = headers["origin"], self.origins.contains(origin.lowercased()) else { return nil }
        return origin
    }

    /// Lets the page of a configured origin read the answer.
    func apply(to response: inout HTTPServerResponse, for headers: HTTPHeaders) {
        guard !self.origins.isEmpty else { return }
        if case .upgrade = response.body { return }
        response.headers["Vary"] = response.headers["vary"].map { "\($0), Origin" } ?? "Origin"
        guard let origin = self.origin(of: headers) else { return }
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After, X-Request-Id"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    }

    /// Answers OPTIONS for a path with these methods: to a page that asks whether it may, and to programs.
    func answer(allow: String, for headers: HTTPHeaders) -> HTTPServerResponse {
        var response = HTTPServerResponse(.noContent, headers: ["Allow": allow])
        self.apply(to: &response, for: headers)
        guard headers.contains("access-control-request-method"), self.origin(of: headers) != nil else {
            return response
        }
        response.headers["Access-Control-Allow-Methods"] = allow
        response.headers["Access-Control-Allow-Headers"] =
            "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID"
        response.headers["Access-Control-Max-Age"] = "600"
        return response
    }
}
