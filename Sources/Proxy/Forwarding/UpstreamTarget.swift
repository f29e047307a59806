internal import EventLoop
package import HTTP
internal import HTTPServer

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
        self.isModelRequest = ModelSource.bodyPaths.contains(self.path)
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
}

/// A request's target, taken apart.
final class RequestedPath: Sendable {
    /// As received.
    fileprivate let target: String
    /// With the proxy's prefix, for the log.
    let whole: String
    /// Without the proxy's prefix.
    let path: Substring
    let query: Substring?
    /// The form in which a request with this path asks a model.
    let api: ModelAPI?

    fileprivate init(_ head: RequestHead, prefix: String) {
        self.target = head.target
        let whole = head.path
        let path = whole.dropFirst(prefix.count)
        self.whole = String(whole)
        self.path = path.isEmpty ? "/" : path
        self.query = head.query
        self.api = ModelAPI(path: self.path)
    }
}

/// The last request's path and its place at the upstream: most clients ask for the same path again and again.
@Net
final class PathMemory {
    private var path: RequestedPath?
    private var place: (path: RequestedPath, generation: Int, target: UpstreamTarget)?

    nonisolated init() {}

    /// - Parameter prefix: Removed from the path.
    func path(of head: RequestHead, without prefix: String) -> RequestedPath {
        if let path = self.path, path.target == head.target { return path }
        let path = RequestedPath(head, prefix: prefix)
        self.path = path
        return path
    }

    func target(of path: RequestedPath, by access: UpstreamAccess) -> UpstreamTarget {
        if let place = self.place, place.path === path, place.generation == access.generation { return place.target }
        let target = UpstreamTarget(path: path.path, query: path.query, upstream: access.url)
        self.place = (path, access.generation, target)
        return target
    }
}
