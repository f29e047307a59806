package import HTTP

/// The upstream URLs for a request. A class, because each step of a request would copy a dozen strings.
package final class UpstreamTarget: Sendable, Equatable {
    /// With the path and query sent upstream.
    package let url: HTTPURL
    /// The same with OpenAI's `/v1` in the path; nil if the client did not write it, or if ``url`` has it already. Some
    /// upstreams other than the Copilot API expect it, and that one for the Messages API.
    package let unmapped: HTTPURL?
    /// Without `/v1` and the upstream's own path: what ``UpstreamMemory`` knows paths by.
    package let path: String
    /// Whether a model answers: the request needs more headers, and the answer reports usage.
    package let isModelRequest: Bool
    /// Both URLs, the one with `/v1` first or last.
    private let urls: (first: [HTTPURL], last: [HTTPURL])

    /// - Parameter path: Begins with a slash, or is `*`; without the proxy's prefix.
    package init(path: Substring, query: Substring?, upstream: HTTPURL) {
        let base = upstream.path.hasSuffix("/") ? String(upstream.path.dropLast()) : upstream.path
        var url = upstream
        url.query = query.map(String.init)
        let mapped = Self.withoutVersion(path)
        self.path = String(mapped)
        url.path = path == "*" ? "*" : base + mapped
        self.url = url
        self.isModelRequest = Self.modelPaths.contains(self.path)
        if mapped != path, path != "*", !base.hasSuffix("/v1") {
            url.path = base + path
            self.unmapped = url
            self.urls = ([url, self.url], [self.url, url])
        } else {
            self.unmapped = nil
            self.urls = ([self.url], [self.url])
        }
    }

    package static func == (one: UpstreamTarget, other: UpstreamTarget) -> Bool {
        one.url == other.url && one.unmapped == other.unmapped
    }

    /// The URLs in the order in which they are tried.
    ///
    /// - Parameter keepsVersion: Whether the upstream expects `/v1`; nil if unknown.
    package func urls(keepsVersion: Bool?) -> [HTTPURL] {
        // The Copilot API has the Messages API at /v1/messages, and all others without a version.
        keepsVersion ?? self.path.hasPrefix("/messages") ? self.urls.first : self.urls.last
    }

    /// OpenAI's `/v1/…` is `/…` in the Copilot API.
    private static func withoutVersion(_ path: Substring) -> Substring {
        path.hasPrefix("/v1/") ? path.dropFirst(3) : path == "/v1" ? "/" : path
    }

    private static let modelPaths: Set<String> = [
        "/chat/completions", "/completions", "/responses", "/embeddings", "/messages", "/messages/count_tokens",
    ]
}
