internal import EventLoop
internal import HTTPServer

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
