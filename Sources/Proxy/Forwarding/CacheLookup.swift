internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer

/// One request's use of the cache.
@Net
final class CacheLookup {
    private let passage: Passage
    /// Where the request is sent first.
    private let url: String
    /// The places of a request that may change what is there; empty for others.
    private var changed: [HTTPURL] = []
    /// Of the account whose answers these are.
    private let generation: Int
    /// The fields that select answers: those sent upstream, except the ones that differ in every request.
    private let fields: HTTPHeaders
    private var decision = CachePolicy.Decision.bypass

    init(_ passage: Passage, _ urls: [HTTPURL], isModelRequest: Bool, fields: HTTPHeaders, for access: UpstreamAccess) {
        self.passage = passage
        self.url = passage.proxy.cache.isOff ? "" : urls[0].target
        self.generation = access.generation
        self.fields = fields
        let proxy = passage.proxy, method = passage.request.method
        guard !proxy.cache.isOff else { return }
        if CachePolicy.handles(method, fields) {
            self.decision = CachePolicy.decide(
                fields, entry: proxy.cache.entry(for: self.url, fields), now: proxy.now())
        } else if ![.get, .head, .options, .trace].contains(method), !isModelRequest {
            self.changed = urls
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
        let (fresh, mayStay) = CachePolicy.refreshed(
            entry, by: ForwardedHeaders.response(headers, isMounted: false), request: self.fields,
            now: self.passage.proxy.now())
        if mayStay { self.keep(fresh) } else { self.passage.proxy.cache.invalidate(self.url) }
        return self.answer(fresh, state: "revalidated")
    }

    /// Forgets what a successful change has made outdated (RFC 9111 §4.4).
    func noteAnswer(_ status: HTTPStatus) {
        guard !self.changed.isEmpty, (200..<400).contains(status.code) else { return }
        for url in self.changed { self.passage.proxy.cache.invalidate(url.target) }
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

    /// Keeps an answer, unless another account's answers are kept by now.
    func keep(_ entry: CacheEntry) {
        guard self.generation == self.passage.proxy.cacheGeneration else { return }
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
