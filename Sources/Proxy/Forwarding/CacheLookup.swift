internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer

/// One request's use of the cache.
@Net
final class CacheLookup {
    private let passage: Passage
    private let url: String
    /// The fields that select answers: those sent upstream, except the ones that differ in every request.
    private let fields: HTTPHeaders
    private var decision = CachePolicy.Decision.bypass

    init(_ passage: Passage, target: UpstreamTarget, fields: HTTPHeaders) {
        self.passage = passage
        self.url = passage.proxy.cache.isOff ? "" : target.url.target
        self.fields = fields
        let proxy = passage.proxy, method = passage.request.method
        guard !proxy.cache.isOff else { return }
        if CachePolicy.handles(method, fields) {
            self.decision = CachePolicy.decide(
                fields, entry: proxy.cache.entry(for: self.url, fields), now: proxy.now())
        } else if ![.get, .head, .options, .trace].contains(method), !target.isModelRequest {
            proxy.cache.invalidate(self.url)
        }
    }

    /// The cached answer, if it needs no request to the upstream.
    func answer() throws -> HTTPServerResponse? {
        switch self.decision {
        case .bypass, .miss, .revalidate: return nil
        case .notCached: throw ProxyRefusal.onlyIfCached
        case .hit(let entry): return self.answer(entry, state: "hit")
        }
    }

    /// Makes the request a revalidation of the cached answer.
    func makeConditional(_ headers: inout HTTPHeaders) {
        guard case .revalidate(let entry) = self.decision else { return }
        headers["if-none-match"] = entry.etag
        headers["if-modified-since"] = entry.etag == nil ? entry.lastModified : nil
    }

    /// The cached answer after the upstream's 304; nil if the client sent the condition itself.
    func confirmed(by headers: HTTPHeaders) -> HTTPServerResponse? {
        guard case .revalidate(let entry) = self.decision else { return nil }
        let fresh = CachePolicy.refreshed(
            entry, by: ForwardedHeaders.response(headers, isMounted: false), now: self.passage.proxy.now())
        self.passage.proxy.cache.keep(fresh, for: self.url, self.fields)
        return self.answer(fresh, state: "revalidated")
    }

    /// An entry without its body, for an answer that may be cached.
    func entry(for response: HTTPClientResponse) -> CacheEntry? {
        switch self.decision {
        case .bypass, .hit, .notCached: return nil
        case .miss, .revalidate:
            guard CachePolicy.mayCache(response.headers) else { return nil }
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
