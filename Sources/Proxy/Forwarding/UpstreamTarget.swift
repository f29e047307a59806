package import HTTP

/// Where a request goes: the upstream's path for the client's. Pure.
package struct UpstreamTarget: Sendable, Equatable {
    /// Path and query as the upstream gets them.
    package var url: HTTPURL
    /// The path as it came, below the upstream's own; nil where ``url`` has it already. Some servers in the Copilot API's
    /// place keep OpenAI's `/v1`.
    package var unmapped: HTTPURL?
    /// Whether a model answers there: its request needs more headers, and its answer tells of usage.
    package var isModelRequest: Bool

    /// `path` begins with a slash (or is `*`), without the prefix that the proxy itself is mounted at.
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

    /// OpenAI's `/v1/…` is `/…` at the Copilot API.
    private static func withoutVersion(_ path: Substring) -> Substring {
        path.hasPrefix("/v1/") ? path.dropFirst(3) : path == "/v1" ? "/" : path
    }

    private static let modelPaths: Set<String> = [
        "/chat/completions", "/completions", "/responses", "/embeddings", "/messages",
    ]
}
