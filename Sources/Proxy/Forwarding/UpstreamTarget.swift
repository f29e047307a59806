package import HTTP

/// The upstream URL for a request. Pure.
package struct UpstreamTarget: Sendable, Equatable {
    /// With the path and query sent upstream.
    package var url: HTTPURL
    /// The same with the client's path unchanged; nil if ``url`` has it already. Some upstreams other than the Copilot
    /// API expect OpenAI's `/v1`.
    package var unmapped: HTTPURL?
    /// Whether a model answers: the request needs more headers, and the answer reports usage.
    package var isModelRequest: Bool

    /// - Parameter path: Begins with a slash, or is `*`; without the proxy's prefix.
    package init(path: Substring, query: Substring?, upstream: HTTPURL) {
        let base = upstream.path.hasSuffix("/") ? String(upstream.path.dropLast()) : upstream.path
        var url = upstream
        url.query = query.map(String.init)
        let mapped = Self.withoutVersion(path)
        url.path = path == "*" ? "*" : base + mapped
        self.url = url
        self.isModelRequest = Self.modelPaths.contains(String(mapped))
        if mapped != path, path != "*", !base.hasSuffix("/v1") {
            url.path = base + path
            self.unmapped = url
        }
    }

    /// OpenAI's `/v1/…` is `/…` in the Copilot API.
    private static func withoutVersion(_ path: Substring) -> Substring {
        path.hasPrefix("/v1/") ? path.dropFirst(3) : path == "/v1" ? "/" : path
    }

    private static let modelPaths: Set<String> = [
        "/chat/completions", "/completions", "/responses", "/embeddings", "/messages",
    ]
}
