internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer

/// The cache's part in one request.
@Net
final class CacheLookup {
    private let passage: Passage
    private let url: String
    /// The fields by which answers are chosen: those that the upstream gets, save what differs in each request.
    private let fields: HTTPHeaders
    private var decision = CachePolicy.Decision.bypass

    init(_ passage: Passage, target: UpstreamTarget, fields: HTTPHeaders) {
        self.passage = passage
        self.url = passage.proxy.cache.isOff ? "" : target.url.target
        self.fields = fields
        let proxy = passage.proxy, method = passage.request.method
        guard !proxy.cache.isOff else { return }
        if CachePolicy.takesPart(method, fields) {
            self.decision = CachePolicy.decide(
                fields, entry: proxy.cache.entry(for: self.url, fields), now: proxy.now())
        } else if ![.get, .head, .options, .trace].contains(method), !target.isModelRequest {
            proxy.cache.invalidate(self.url)
        }
    }

    /// The answer where the upstream needn't be asked.
    func answer() throws -> HTTPServerResponse? {
        switch self.decision {
        case .bypass, .miss, .revalidate: return nil
        case .notCached: throw ProxyRefusal.onlyIfCached
        case .hit(let entry): return self.answer(entry, state: "hit")
        }
    }

    /// Asks the upstream whether what is kept still holds.
    func makeConditional(_ headers: inout HTTPHeaders) {
        guard case .revalidate(let entry) = self.decision else { return }
        headers["if-none-match"] = entry.etag
        headers["if-modified-since"] = entry.etag == nil ? entry.lastModified : nil
    }

    /// The kept answer, now that the upstream said that it holds; nil where the client asked for itself.
    func confirmed(by headers: HTTPHeaders) -> HTTPServerResponse? {
        guard case .revalidate(let entry) = self.decision else { return nil }
        let fresh = CachePolicy.refreshed(
            entry, by: ForwardedHeaders.response(headers, isMounted: false), now: self.passage.proxy.now())
        self.passage.proxy.cache.keep(fresh, for: self.url, self.fields)
        return self.answer(fresh, state: "revalidated")
    }

    /// The entry for an answer that may be kept, without its body.
    func entry(for response: HTTPClientResponse) -> CacheEntry? {
        switch self.decision {
        case .bypass, .hit, .notCached: return nil
        case .miss, .revalidate:
            return CachePolicy.entry(
                for: response.status, ForwardedHeaders.response(response.headers, isMounted: false),
                request: self.fields, now: self.passage.proxy.now())
        }
    }

    func keep(_ entry: CacheEntry) {
        self.passage.proxy.cache.keep(entry, for: self.url, self.fields)
    }

    private func answer(_ entry: CacheEntry, state: String) -> HTTPServerResponse {
        let isKnown = CachePolicy.clientHas(entry, self.fields)
        var response = HTTPServerResponse(isKnown ? .notModified : entry.status, headers: entry.headers)
        response.headers["age"] = "\(entry.age(at: self.passage.proxy.now()))"
        response.headers["Cache-Status"] = state == "hit" ? "jetbridge; hit" : "jetbridge; fwd=stale; fwd-status=304"
        response.headers["X-Request-Id"] = self.passage.record.trace
        if isKnown {
            response.headers.remove("content-length")
        } else {
            response.body = .bytes(entry.body)
        }
        self.passage.record.cache = state
        self.passage.record.firstByte = self.passage.elapsed()
        self.passage.record.responseBytes = isKnown ? 0 : entry.body.count
        self.passage.end(.complete, status: response.status.code)
        return response
    }
}
